-- A convolution of 16 pictures and its gradients: the twin of convolution.py.
local autodiff = require "autodiff"

return function(t)
  local x, filters, bias, cotangent = t.x, t.filters, t.bias, t.cotangent
  local function loss(a, w, b) return (a:conv2d(w, b, {padding = 1}) * cotangent):sum() end
  return {
    ["conv2d 16 x 8 x 28 x 28, 16 of 3 x 3"] = function() return x:conv2d(filters, bias, {padding = 1}) end,
    ["conv2d and its gradients"] = function()
      return autodiff.grad(loss, x, filters, bias, {argnums = {1, 2, 3}})
    end,
  }
end
