-- Steps of training with Adam, the shipped flow and a small network: the twin of training.py.
local flow = require "flow"
local host = require "host"
local optim = require "optim"
local tensor = require "tensor"

-- A function that takes one step and returns the loss before it.
local function flow_step(t)
  local m = flow.NICE{}
  m:load_state_dict(flow.load(host.resource("nice-mnist.safetensors")):state_dict())
  local adam = optim.Adam(m:parameters(), {lr = 1e-5})
  return function()
    adam:zero_grad()
    local loss = -m:log_prob(t.pictures):mean()
    loss:backward()
    adam:step()
    return loss:detach()
  end
end

local function small_step(t)
  local layers, parameters = {}, {}
  for k = 1, 4 do
    local W, b = t["W" .. k]:clone(), t["b" .. k]:clone()
    layers[k] = {W, b}
    parameters[2 * k - 1], parameters[2 * k] = W, b
  end
  local adam = optim.Adam(parameters, {lr = 1e-3})
  return function()
    adam:zero_grad()
    local h = t.x
    for k, layer in ipairs(layers) do
      h = h:linear(layer[1], layer[2])
      if k < #layers then h = h:relu() end
    end
    local loss = ((h - t.y) ^ 2):mean()
    loss:backward()
    adam:step()
    return loss:detach()
  end
end

-- The losses of the first steps from the start.
local function losses(make, t)
  local step, found = make(t), {}
  for k = 1, 3 do found[k] = step() end
  return tensor.stack(found)
end

return function(t)
  local large, small = nil, small_step(t)
  local function large_step()
    -- Made when it is first asked for: its parameters, gradients and moments are 300 MB.
    large = large or flow_step(t)
    return large()
  end
  local function small_losses() return losses(small_step, t) end
  return {
    ["training step, 19 M parameters, B = 200, Adam"] =
      {run = large_step, check = function() return losses(flow_step, t) end},
    ["small network, 3 layers of 64, B = 256, step with Adam"] = {run = small, check = small_losses},
    ["memory over 10 000 steps of the small network"] = {run = small, check = small_losses},
  }
end
