-- Matrix products of a layer's size: the twin of products.py.
return function(t)
  local few, many, weights, bias = t.few, t.many, t.weights, t.bias
  local many64, weights64 = many:double(), weights:double()
  return {
    ["matmul 64 x 1000 x 1000"] = function() return few:matmul(weights) end,
    ["matmul 200 x 1000 x 1000"] = function() return many:matmul(weights) end,
    ["matmul 200 x 1000 x 1000, float64"] = function() return many64:matmul(weights64) end,
    ["linear and relu, 200 x 1000 x 1000"] = function() return many:linear(weights, bias):relu() end,
  }
end
