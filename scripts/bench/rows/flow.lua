-- The shipped flow, density and gradient of batches, samples, and problem 3's loop: the twin of flow.py.
local autodiff = require "autodiff"
local data = require "data"
local flow = require "flow"
local host = require "host"
local projection = require "projection"
local tensor = require "tensor"

return function(t)
  local m = flow.load(host.resource("nice-mnist.safetensors"))
  local value_and_gradient = autodiff.value_and_grad(function(x) return m:log_prob(x):sum() end)

  local truth = data.digits().images[1]:clone()
  local mask = tensor.ones(28, 28)
  mask[{{6, 12}, {6, 20}}] = 0
  local image = truth:where(mask, tensor.ones(28, 28))
  local P = projection.Intersection{projection.Box(0, 1), projection.Observed(mask, truth)}
  local loss = autodiff.value_and_grad(function(x) return -m:log_prob(x) end)

  local function inpaint(steps)
    local x = image
    for _ = 1, steps do
      local _, gradient = loss(x)
      x = P(x - 1e-3 * gradient)
    end
    return x:reshape(1, 784)
  end

  local rows = {
    ["sample 1000"] = {run = function() return m:sample(1000) end, check = function() return (m:to_data(t.z)) end},
    ["problem 3, 300 steps"] = {run = function() return inpaint(300) end, check = function() return inpaint(3) end},
  }
  for _, batch in ipairs{1, 4, 8, 16, 64, 256, 1024, 4096} do
    local x = t.pictures[{{1, batch}}]:clone()
    rows["log_prob and gradient, B = " .. batch] = function() return value_and_gradient(x) end
  end
  return rows
end
