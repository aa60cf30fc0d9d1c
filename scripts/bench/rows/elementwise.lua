-- Functions of a million numbers, and a million random ones: the twin of elementwise.py.
local random = require "random"
local tensor = require "tensor"

-- Mean, variance and fourth moment of the draws: 0, 1 and 3, up to the error of a million draws.
local function moments()
  local draws = random.normal({1000, 1000})
  return tensor.stack{draws:mean(), (draws ^ 2):mean(), (draws ^ 4):mean()}
end

return function(t)
  local x, y, positive = t.x, t.y, t.positive
  return {
    ["softmax 1e6"] = function() return x:softmax(2) end,
    ["exp-sin-tanh-sum 1e6"] = function() return x:exp():sin():tanh():sum() end,
    ["erf 1e6"] = function() return x:erf() end,
    ["pow 1e6"] = function() return positive ^ 1.7 end,
    ["pow 1e6, of tensors"] = function() return positive ^ y end,
    ["randn 1e6"] = {run = function() return random.normal({1000, 1000}) end, check = moments},
    ["add 1e6"] = function() return x + y end,
  }
end
