-- Problem 3's loop and nothing else, for the clock: the twin of peers/inpainting.py.
--   luaflow run scripts/bench/inpainting.lua [MODEL] [DIGIT] [STEPS] [LR]
-- Same digit, mask, start, steps and step size; same order of the two constraints, which do not interfere.
local autodiff = require "autodiff"
local data = require "data"
local flow = require "flow"
local host = require "host"
local projection = require "projection"
local tensor = require "tensor"

-- Wall time where the host has it; os.clock adds up the processor time of all threads.
local clock = host.clock or os.clock
local started = clock()

local model = flow.load(arg[1] or "models/nice-mnist.safetensors")
local digit = math.tointeger(tonumber(arg[2] or 1))
local steps = math.tointeger(tonumber(arg[3] or 300))
local lr = tonumber(arg[4] or 1e-3)

local truth = data.digits().images[digit]:clone()
local mask = tensor.ones(28, 28)
mask[{{6, 12}, {6, 20}}] = 0
local image = truth:where(mask, tensor.ones(28, 28))
local P = projection.Intersection{projection.Box(0, 1), projection.Observed(mask, truth)}

local value_and_grad = autodiff.value_and_grad(function(x) return -model:log_prob(x) end)
local x = image
local loaded = clock()

for _ = 1, steps do
  local _, gradient = value_and_grad(x)
  x = P(x - lr * gradient)
end
local finished = clock()

print(("-log p %.3f -> %.3f"):format(-model:log_prob(image):item(), -model:log_prob(x):item()))
print(("load %.3f s, loop %.3f s, total %.3f s"):format(loaded - started, finished - loaded, clock() - started))
