-- How often each of the 256 grey levels occurs in images, and levels in bins. MNIST has few levels: 0 and 252 to 255
-- are most of its pixels.
local tensor = require "tensor"

local levels = {}

-- Counts of levels 0 to 255 in images of k / 255, one more for each, so that none is 0.
function levels.counts(images)
  local k = (images * 255):round():reshape(-1)
  local found = tensor.zeros(256):scatter_add(1, k + 1, tensor.ones(#k))
  local counts = {}
  for i = 1, 256 do counts[i] = found[{i}] + 1 end
  return counts
end

-- The first level of every bin, and 256 at the end: 0 and 252 to 255 have one of their own, the rest is divided into
-- bins of about the same count.
function levels.edges(counts, bins)
  local inner, total = bins - 5, 0
  for level = 1, 251 do total = total + counts[level + 1] end
  local edges, below, last = {0, 1}, 0, 0
  for level = 1, 251 do
    local count = counts[level + 1]
    local bin = math.min(inner - 1, math.floor((below + count / 2) / total * inner))
    if bin > last then edges[#edges + 1], last = level, bin end
    below = below + count
  end
  for level = 252, 256 do edges[#edges + 1] = level end
  return edges
end

return levels
