-- Trains a small Glow (Kingma, Dhariwal 2018) on the digits that ship, with m:fit, and draws from it.
--
-- As it stands in some twenty seconds. More steps, more channels and a longer chain of steps make better digits:
--
--   luaflow run scripts/train_glow.lua --steps 5000 --depth 8 --channels 64 --checkpoint glow.ckpt --save glow.safetensors
--
-- Stopped or killed, the same line goes on from the checkpoint, with the same numbers bit for bit.
local data = require "data"
local flow = require "flow"
local host = require "host"
local image = require "image"
local random = require "random"

local options = host.arguments{
  about = "Trains a small Glow on the digits that ship.",
  {"steps", 300, "of Adam, counted from the beginning", integer = true, min = 0},
  {"batch", 32, "images in a step", integer = true, min = 1},
  {"lr", 2e-3, "the step size, after the warm-up", min = 0},
  {"warmup", 30, "steps in which the step size goes up from 0", integer = true, min = 0},
  {"levels", 2, "squeezes and splits: 28 x 28, 14 x 14, 7 x 7", integer = true, min = 1, max = 2},
  {"depth", 4, "steps of ActNorm, 1x1 convolution and coupling on each level", integer = true, min = 1, max = 64},
  {"channels", 32, "of the couplings' networks", integer = true, min = 1, max = 1024},
  {"coupling", "affine", "the map of a coupling", choices = {"affine", "spline"}},
  {"temperature", 0.7, "the noise of the draws is multiplied by it", min = 0},
  {"checkpoint", "", "a file that an interrupted run goes on from"},
  {"save", "", "where the flow goes: .safetensors"},
  {"out", "", "where the draws go: .png; without it they are shown in the terminal"},
  {"log", 0, "steps between two lines on standard error; 0: a bar, in a terminal", integer = true, min = 0},
  {"seed", 0, "of everything", integer = true},
}
random.manual_seed(options.seed)

-- (N, 1, 28, 28) in [0, 1]; the last 400 are only looked at.
local all = data.digits().images:unsqueeze(2)
local images, validation = all[{{1, 1600}}], all[{{1601, 2000}}]

local m = flow.Glow{
  shape = {1, 28, 28}, levels = options.levels, steps = options.depth, channels = options.channels,
  coupling = options.coupling,
}
-- Each ActNorm begins with outputs of mean 0 and variance 1, section 3.1 of the paper.
m:initialize(data.dequantize(images[{{1, 256}}], {levels = 256}))
print(m)

local start = host.clock()
local history = m:fit(images, {
  steps = options.steps, batch_size = options.batch, lr = options.lr, clip_norm = 50, dequantize = 256,
  schedule = {kind = "cosine", warmup = math.min(options.warmup, options.steps)}, validation = validation,
  checkpoint = options.checkpoint ~= "" and options.checkpoint or nil, seed = options.seed,
  progress = options.log > 0 and options.log or true,
})
print(("%d steps in %.1f s, ended by %s"):format(history.steps, host.clock() - start, history.ended))

-- The noise of dequantisation is drawn once.
local noise, sum = random.generator(1), 0
for batch in data.batches(data.dequantize(validation, {levels = 256, generator = noise}), 100) do
  sum = sum + m:bits_per_dim(batch):detach():sum():item()
end
print(("validation %.3f bits/dim; %d images"):format(sum / #validation, #validation))

-- Draws of a lower temperature are more likely digits, and less various (section 6 of the paper).
local z = random.normal({16, 784}) * options.temperature
local draws = {}
local x = m:to_data(z):detach():clamp(0, 1):reshape(16, 28, 28)
for i = 1, 16 do draws[i] = x[i] end
local grid = image.grid(draws, {columns = 8})
if options.out ~= "" then
  image.save(options.out, grid)
  print(options.out)
else
  image.show(grid)
end
if options.save ~= "" then
  m:save(options.save)
  print(options.save)
end
