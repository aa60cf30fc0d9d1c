-- Sums and the like along either axis of a matrix, and the sum with its transpose: the twin of reductions.py.
return function(t)
  local x = t.x
  return {
    ["sum along dimension 1"] = function() return x:sum(1) end,
    ["sum along dimension 2"] = function() return x:sum(2) end,
    ["max along dimension 1"] = function() return (x:max(1)) end,
    ["max along dimension 2"] = function() return (x:max(2)) end,
    ["logsumexp along dimension 1"] = function() return x:logsumexp(1) end,
    ["logsumexp along dimension 2"] = function() return x:logsumexp(2) end,
    ["x + x:t()"] = function() return x + x:t() end,
  }
end
