-- Many operations on little, what a call costs: the twin of small.py.
local autodiff = require "autodiff"

return function(t)
  local a, b, x = t.a, t.b, t.x
  local gradient = autodiff.grad(function(leaf) return leaf * leaf:sin() end)
  return {
    ["100 000 additions of 3 numbers"] = function()
      local c
      for _ = 1, 100000 do c = a + b end
      return c
    end,
    ["10 000 gradients of x sin x"] = function()
      local g
      for _ = 1, 10000 do g = gradient(x) end
      return g
    end,
  }
end
