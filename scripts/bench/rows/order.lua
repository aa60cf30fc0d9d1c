-- Sorting and running sums, and decompositions: the twin of order.py.
return function(t)
  local x, A, symmetric = t.x, t.A, t.symmetric
  return {
    ["sort 1e6"] = function() return (x:sort()) end,
    ["cumsum 1e6"] = function() return x:cumsum(1) end,
    ["inverse 200, float64"] = function() return A:inverse() end,
    ["svd 200, float64"] = function() return (select(2, A:svd())) end,
    ["eigh 200, float64"] = function() return (symmetric:eigh()) end,
  }
end
