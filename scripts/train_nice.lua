-- Trains a NICE (Dinh, Krueger, Bengio 2015) on handwritten digits by maximum likelihood, with m:fit.
--
-- As it stands: a small one on the 2000 digits that ship, in some fifteen seconds. The problem sheet's own, on MNIST (a folder
-- with train-images-idx3-ubyte.gz; images 6001 to 60000 are trained on, the first 6000 are for validation), in some
-- hours:
--
--   luaflow run scripts/train_nice.lua --data mnist --hidden 1000 --layers 5 --steps 30000 --batch 200 --lr 1e-3 \
--     --schedule cosine --shift 0.7 --average 0.999 --checkpoint nice.ckpt --out nice.safetensors
--
-- Stopped or killed, the same line goes on from the checkpoint, with the same numbers bit for bit.
local checkpoint = require "checkpoint"
local data = require "data"
local flow = require "flow"
local host = require "host"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "Trains a NICE on digits by maximum likelihood.",
  {"data", "", "a folder of MNIST's IDX files; the digits that ship where it is empty"},
  {"from", "", "weights to begin with, such as models/nice-mnist.safetensors; new ones where it is empty"},
  {"hidden", 100, "units of every hidden layer; 1000 on the problem sheet", integer = true, min = 1, max = 10000},
  {"layers", 2, "hidden layers of every coupling; 5 on the problem sheet", integer = true, min = 1, max = 20},
  {"dropout", 0, "the probability that a hidden unit is left out of a step", min = 0, max = 0.99},
  {"couplings", 4, "additive couplings", integer = true, min = 1, max = 20},
  {"steps", 800, "of Adam, counted from the beginning", integer = true, min = 0},
  {"batch", 100, "images in a step", integer = true, min = 1},
  {"lr", 5e-3, "the step size; 1e-3 for large ones", min = 0},
  {"weight_decay", 0, "decoupled, as in AdamW", min = 0},
  {"schedule", "cosine", "of the step size", choices = {"constant", "linear", "cosine"}},
  {"warmup", 0, "steps in which the step size goes up from 0", integer = true, min = 0},
  {"shift", 0, "the probability that an image is shifted by up to a pixel in each direction", min = 0, max = 1},
  {"average", 0, "the decay of a moving average of the weights; 0: none", min = 0, max = 0.99999},
  {"clip", 0, "the most that the gradient's norm may be; 0: any", min = 0},
  {"patience", 0, "validations without a better one after which training ends; 0: any number", integer = true, min = 0},
  {"validate", 0, "steps between two validations; 0: an epoch", integer = true, min = 0},
  {"checkpoint", "", "a file that an interrupted run goes on from"},
  {"out", "", "where the flow goes: .safetensors"},
  {"half", false, "writes weights in float16"},
  {"test", false, "looks at MNIST's test images in the end, once"},
  {"log", 0, "steps between two lines on standard error; 0: a bar, in a terminal", integer = true, min = 0},
  {"seed", 0, "of everything", integer = true},
}
random.manual_seed(options.seed)

-- Images in [0, 1], one in a row, and those that are only looked at.
local images, validation
if options.data ~= "" then
  local all = data.idx(options.data .. "/train-images-idx3-ubyte.gz"):reshape(-1, 784) / 255
  images, validation = all[{{6001, 60000}}], all[{{1, 6000}}]
else
  local all = data.digits().images:reshape(-1, 784)
  images, validation = all[{{1, 1600}}], all[{{1601, 2000}}]
end

local m
if options.from ~= "" then
  -- Through float32: what ships is in float16, which is for evaluating.
  local weights = checkpoint.load(options.from)
  local hidden, half = table.unpack(weights["coupling.0.in_block.0.weight"].shape)
  local couplings, layers = 0, 1
  while weights[("coupling.%d.in_block.0.weight"):format(couplings)] do couplings = couplings + 1 end
  while weights[("coupling.0.mid_block.%d.0.weight"):format(layers - 1)] do layers = layers + 1 end
  m = flow.NICE{
    dim = 2 * half, hidden = hidden, layers = layers, couplings = couplings, dropout = options.dropout}
  m:load_state_dict(weights)
else
  m = flow.NICE{
    dim = 784, hidden = options.hidden, layers = options.layers, couplings = options.couplings,
    dropout = options.dropout}
end
print(m)

-- Some images moved by up to a pixel in each direction, black coming in from the border.
local function shifted(batch, generator)
  local n = #batch
  local moved = random.uniform({n}, 0, 1, {generator = generator}):lt(options.shift)
  local offsets = random.randint(1, 3, {n, 2}, {generator = generator})
  local padded = tensor.zeros(n, 30, 30)
  padded[{{}, {2, 29}, {2, 29}}] = batch:reshape(n, 28, 28)
  local result = batch:clone():reshape(n, 28, 28)
  for i = 1, n do
    if moved[{i}] == 1 then
      local y, x = offsets[{i, 1}], offsets[{i, 2}]
      result[i] = padded[{i, {y, y + 27}, {x, x + 27}}]
    end
  end
  return result:reshape(n, 784)
end

local function given(number) return number > 0 and number or nil end

local start = host.clock()
local history = m:fit(images, {
  steps = options.steps, batch_size = options.batch, lr = options.lr,
  optimizer = options.weight_decay > 0 and {name = "adamw", weight_decay = options.weight_decay} or "adam",
  schedule = {kind = options.schedule, warmup = options.warmup}, dequantize = 256,
  transform = options.shift > 0 and shifted or nil, clip_norm = given(options.clip), average = given(options.average),
  validation = validation, validate_every = given(options.validate), patience = given(options.patience),
  checkpoint = options.checkpoint ~= "" and options.checkpoint or nil, seed = options.seed,
  progress = given(options.log) or true,
})
local seconds = host.clock() - start

-- The mean of log p over images, its standard error, and bits per dimension: the noise of dequantisation is drawn once.
local function report(name, x)
  local noise, sum, squares = random.generator(1), 0, 0
  for batch in data.batches(data.dequantize(x, {levels = 256, generator = noise}), 500) do
    local nats = m:log_prob(batch):detach():to("float64")
    sum, squares = sum + nats:sum():item(), squares + (nats * nats):sum():item()
  end
  local n = #x
  local mean = sum / n
  local deviation = math.sqrt(math.max(squares / n - mean * mean, 0) / n)
  print(("%-10s %9.1f nats, s.e. %.1f; %.3f bits/dim; %d images"):format(
    name, mean, deviation, 8 - mean / (784 * math.log(2)), n))
end
print(("%d steps in %.1f s, ended by %s"):format(history.steps, seconds, history.ended))
report("validation", validation)
if options.test then
  if options.data == "" then error("--test needs --data", 0) end
  report("test", data.idx(options.data .. "/t10k-images-idx3-ubyte.gz"):reshape(-1, 784) / 255)
end
if options.out ~= "" then
  (options.half and m:half() or m):save(options.out)
  print(options.out)
end
-- `luaflow run --capsule FILE` keeps a digest of what a script returns: which weights came out.
return m:state_dict()
