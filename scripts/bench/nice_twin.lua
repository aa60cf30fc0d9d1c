-- m:fit of the problem sheet's NICE on MNIST for so many seconds of processor time, then the test images' nats.
--
--   luaflow run scripts/bench/nice_twin.lua --data mnist --seconds 600
--   python3 scripts/bench/peers/nice_twin.py --data mnist --seconds 600
--
-- Both take the same images, batches, noise of dequantisation, optimiser and constant step size, on one thread, and stop by
-- the processor's clock. Test images are seen once, in the end.
local data = require "data"
local flow = require "flow"
local host = require "host"
local random = require "random"

local options = host.arguments{
  about = "Trains a NICE for some seconds of processor time and prints what the test images' nats are then.",
  {"data", "mnist", "a folder of MNIST's IDX files"},
  {"seconds", 600, "of processor time", min = 0},
  {"hidden", 1000, "units of every hidden layer", integer = true, min = 1},
  {"layers", 5, "hidden layers of every coupling", integer = true, min = 1},
  {"batch", 200, "images in a step", integer = true, min = 1},
  {"lr", 1e-3, "the step size", min = 0},
  {"seed", 0, "of everything", integer = true},
}
host.threads(1)
random.manual_seed(options.seed)
local function images(name) return data.idx(("%s/%s-images-idx3-ubyte.gz"):format(options.data, name)):reshape(-1, 784) / 255 end
local train, test = images("train"), images("t10k")

local m = flow.NICE{dim = 784, hidden = options.hidden, layers = options.layers, couplings = 4}
local start = os.clock()
local history = m:fit(train, {
  steps = 1000000, batch_size = options.batch, lr = options.lr, dequantize = 256, seed = options.seed, progress = false,
  callback = function() return os.clock() - start < options.seconds end})
local seconds = os.clock() - start

local noise, sum, squares = random.generator(1), 0, 0
for batch in data.batches(data.dequantize(test, {levels = 256, generator = noise}), 500) do
  local nats = m:log_prob(batch):detach():to("float64")
  sum, squares = sum + nats:sum():item(), squares + (nats ^ 2):sum():item()
end
local n = #test
local mean = sum / n
print(("luaflow  %d steps in %.0f s, %.0f images a second; test %.1f nats, s.e. %.1f"):format(
  history.steps, seconds, history.steps * options.batch / seconds, mean, math.sqrt((squares / n - mean ^ 2) / n)))
