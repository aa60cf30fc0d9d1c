-- The log-likelihood of a flow on MNIST's test images, as models/README.md says it: the mean over three seeds of
-- dequantisation, its spread, and the standard error over images. Look once per finished model.
--
--   luaflow run scripts/log_likelihood.lua --data mnist --model models/nice-mnist.safetensors
local data = require "data"
local host = require "host"
local method = require "inpainting.method"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "A flow's log-likelihood on MNIST images.",
  {"data", "", "a folder of MNIST's IDX files; the last 400 digits that ship where it is empty"},
  {"part", "t10k", "which of them", choices = {"t10k", "train"}},
  {"to", 0, "the first so many images; 0: all", integer = true, min = 0},
  {"model", "", "a .safetensors or .pt file; the shipped NICE by default"},
  {"seeds", 3, "of the noise that makes levels continuous", integer = true, min = 1},
}
local images
if options.data == "" then
  images = data.digits().images[{{1601, 2000}}]
else
  local path = ("%s/%s-images-idx3-ubyte.gz"):format(options.data, options.part)
  images = data.idx(host.check("--data", path, {reads = true})) / 255
  local shape = images.shape
  if #shape ~= 3 or shape[1] == 0 or shape[2] ~= 28 or shape[3] ~= 28 then
    host.refuse("--data", ("%s holds numbers of shape (%s): (N, 28, 28) expected"):format(
      path, table.concat(shape, ", ")))
  end
end
if options.to > 0 then images = images[{{1, math.min(options.to, #images)}}] end
local m = method.flow(options.model)

local n, means, all = #images, {}, 0
for seed = 1, options.seeds do
  local noise, parts = random.generator(seed), {}
  for batch in data.batches(data.dequantize(images, {levels = 256, generator = noise}), 250) do
    parts[#parts + 1] = m:log_prob(batch):detach():to("float64")
  end
  local each = tensor.cat(parts, 1)
  means[seed] = each:mean():item()
  all = all + each / options.seeds
end
local mean, low, high = all:mean():item(), math.min(table.unpack(means)), math.max(table.unpack(means))
-- One image has no spread.
local error = n > 1 and (all:var() / n):sqrt():item()
local function told(format, number) return error and (", standard error " .. format):format(number * error) or "" end
print(("%d images, %d seeds from %.2f to %.2f nats"):format(n, options.seeds, low, high))
print(("%.2f nats%s"):format(mean, told("%.2f", 1)))
print(("%.4f bits per dimension%s"):format(8 - mean / (784 * math.log(2)), told("%.4f", 1 / (784 * math.log(2)))))
