-- Trains a flow of 28 x 28 digits by maximum likelihood, with m:fit: a picture in phases, each pixel by a histogram of
-- grey levels whose bins a network weighs (scripts/digits/flows.lua).
--
-- As it stands: a small one on the 2000 digits that ship, in some twenty seconds. On MNIST (a folder with
-- train-images-idx3-ubyte.gz; images 6001 to 60000 are trained on, the first 6000 are for validation), in some hours:
--
--   luaflow run scripts/train_digits.lua --data mnist --channels 32 --blocks 3 --hidden 256 --steps 12000 \
--     --average 0.998 --seed 1 --checkpoint digits.ckpt --out digits.safetensors
--
-- Stopped or killed, the same line goes on from the checkpoint, with the same numbers bit for bit.
local data = require "data"
local flows = require "digits.flows"
local host = require "host"
local image = require "image"
local levels = require "digits.levels"
local random = require "random"

local options = host.arguments{
  about = "Trains a flow of digits by maximum likelihood.",
  {"data", "", "a folder of MNIST's IDX files; the digits that ship where it is empty"},
  {"kind", "coupling", "one pass both ways, or pixel by pixel", choices = {"coupling", "autoregressive"}},
  {"smooth", false, "densities without jumps, for gradients: splines in place of piecewise linear maps"},
  {"channels", 8, "of the networks; 32 for MNIST", integer = true, min = 1, max = 1024},
  {"blocks", 1, "gated residual blocks of a network; 3 for MNIST", integer = true, min = 1, max = 64},
  {"hidden", 32, "units of the last 7 x 7 pixels' perceptron; 256 for MNIST", integer = true, min = 9, max = 10000},
  {"bins", 32, "of grey levels; 256 for one each", integer = true, min = 6, max = 256},
  {"from", "", "weights to begin with, from a file that --out or m:fit's checkpoint made"},
  {"steps", 150, "of AdamW, counted from the beginning", integer = true, min = 0},
  {"batch", 32, "images in a step", integer = true, min = 1},
  {"lr", 4e-3, "the step size, after the warm-up", min = 0},
  {"warmup", 100, "steps in which the step size goes up from 0", integer = true, min = 0},
  {"average", 0.99, "the decay of a moving average of the weights; 0: none", min = 0, max = 0.99999},
  {"validate", 0, "steps between two validations; 0: at the end", integer = true, min = 0},
  {"rows", 1000, "images that these look at", integer = true, min = 1},
  {"checkpoint", "", "a file that an interrupted run goes on from"},
  {"out", "", "where the flow goes: .safetensors"},
  {"shown", 6000, "validation images that are looked at in the end, at most", integer = true, min = 1},
  {"pictures", "", "where draws go: .png"},
  {"draws", 32, "how many", integer = true, min = 1, max = 1024},
  {"test", false, "looks at MNIST's test images in the end, once"},
  {"log", 0, "steps between two lines on standard error; 0: a bar, in a terminal", integer = true, min = 0},
  {"seed", 0, "of everything", integer = true},
}
-- What could not be read or written is refused before the work, not after it.
local function check(name, bounds)
  if options[name] ~= "" then host.check("--" .. name, options[name], bounds) end
end
check("from", {reads = true})
check("checkpoint", {writes = true})
check("out", {writes = {"safetensors"}})
check("pictures", {writes = {"png"}})
if options.test and options.data == "" then host.refuse("--test", "needs --data") end
local function mnist(part)
  local path = ("%s/%s-images-idx3-ubyte.gz"):format(options.data, part)
  return host.check("--data", path, {reads = true})
end
local test_images = options.test and mnist("t10k")
random.manual_seed(options.seed)

-- (N, 1, 28, 28) in [0, 1], and those that are only looked at.
local images, validation
if options.data ~= "" then
  local all = data.idx(mnist("train")):unsqueeze(2) / 255
  images, validation = all[{{6001, 60000}}], all[{{1, 6000}}]
else
  local all = data.digits().images:unsqueeze(2)
  images, validation = all[{{1, 1600}}], all[{{1601, 2000}}]
end

local counts = levels.counts(images[{{1, math.min(#images, 10000)}}])
local m = flows.make(options.kind, {
  counts = counts, edges = levels.edges(counts, options.bins), smooth = options.smooth, channels = options.channels,
  blocks = options.blocks, hidden = options.hidden,
})
local size = 0
for _, parameter in ipairs(m:parameters()) do size = size + parameter:numel() end
print(m, size .. " parameters")

if options.from ~= "" then flows.read(m, options.from) end

local function given(number) return number > 0 and number or nil end
local function bits(nats) return 8 - nats / (784 * math.log(2)) end

local start = host.clock()
local history = m:fit(images, {
  steps = options.steps, batch_size = options.batch, lr = options.lr, dequantize = 256, clip_norm = 1,
  optimizer = {name = "adamw", betas = {0.9, 0.99}, weight_decay = 0.01},
  schedule = {kind = "cosine", warmup = math.min(options.warmup, options.steps)}, average = given(options.average),
  validation = validation[{{1, math.min(options.rows, #validation)}}],
  validate_every = given(options.validate) or math.max(options.steps, 1),
  checkpoint = options.checkpoint ~= "" and options.checkpoint or nil, seed = options.seed,
  progress = given(options.log) or true,
  callback = function(k, now)
    if now.validation then
      print(("step %6d, %7.0f s: validation %.4f bits/dim"):format(k, host.clock() - start, bits(-now.validation)))
    end
  end,
})
print(("%d steps in %.1f s, ended by %s"):format(history.steps, host.clock() - start, history.ended))

-- The mean over images and its standard error; the noise of dequantisation is drawn once.
local function report(name, x)
  local noise, sum, squares = random.generator(1), 0, 0
  for batch in data.batches(data.dequantize(x, {levels = 256, generator = noise}), 250) do
    local each = m:bits_per_dim(batch):detach():to("float64")
    sum, squares = sum + each:sum():item(), squares + (each * each):sum():item()
  end
  local mean = sum / #x
  local deviation = math.sqrt(math.max(squares / #x - mean * mean, 0) / #x)
  print(("%-10s %.4f bits/dim, s.e. %.4f; %d images"):format(name, mean, deviation, #x))
end
report("validation", validation[{{1, math.min(options.shown, #validation)}}])
if options.test then
  report("test", data.idx(test_images):unsqueeze(2) / 255)
end
if options.pictures ~= "" then
  -- Without a record of its steps: pixel by pixel there are hundreds.
  local x = m:sample(options.draws):reshape(-1, 28, 28)
  local draws = {}
  for i = 1, options.draws do draws[i] = x[i] end
  image.save(options.pictures, image.grid(draws, {columns = 8}))
  print(options.pictures)
end
if options.out ~= "" then
  m:save(options.out)
  print(options.out)
end
-- `luaflow run --capsule FILE` keeps a digest of what a script returns: which weights came out.
return m:state_dict()
