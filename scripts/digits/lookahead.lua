-- What known pixels that come later say about a hidden pixel, for particles.lua: a flow of digits draws a hidden pixel
-- before it gets to known ones beside it, and a particle that did not foresee them is lost. So each hidden pixel is
-- drawn by p(bin | before) · p(neighbours | bin), where the second factor was counted on digits that ship: how often a
-- pixel of each bin of grey levels has known neighbours of each mean brightness. It is a guess, which the weights take
-- back when the flow has judged the neighbours itself, so it decides how good the particles are and not what is right
-- (a twisted particle filter: Guarniero, Johansen, Lee, "The iterated auxiliary particle filter", 2017, section 2).
local data = require "data"
local tensor = require "tensor"

local lookahead = {}

-- Brightnesses that are told apart, and the digits that are counted: those that presets were tuned on.
local grades, counted = 12, 1000

-- f of an image's (N, 1, 28, 28) eight neighbours, one after the other, black beyond the edge: f(image, weight); those
-- that touch it by an edge weigh twice as much.
local function neighbours(x, f)
  local large = tensor.zeros(#x, 1, 30, 30)
  large[{{}, {}, {2, 29}, {2, 29}}] = x
  for i = 1, 3 do
    for j = 1, 3 do
      local weight = (i == 2 or j == 2) and 2 or 1
      if i ~= 2 or j ~= 2 then f(large[{{}, {}, {i, i + 27}, {j, j + 27}}], weight) end
    end
  end
end

-- turns (1, 1, 28, 28): when the flow draws each pixel. bin_of(x): the bin of each number, from 0; `bins` of them.
-- Returns a function of pictures x (G, 1, 28, 28) whose hidden pixels are black and a mask (1, 1, 28, 28), that returns
-- log p(neighbours | bin), (G, bins, 28, 28), and the turn of the last of these neighbours, (1, 1, 28, 28), 0 for known
-- pixels and for those without.
function lookahead.make(turns, bin_of, bins)
  local digits = data.digits().images[{{1, counted}}]:unsqueeze(2)
  local key = bin_of(digits) * grades
  local remembered = {}

  -- How often bins (rows) and grades (columns) come together, for this mask; which neighbours count, and when.
  local function learn(mask)
    local covers, total, last = {}, tensor.zeros(1, 1, 28, 28), tensor.zeros(1, 1, 28, 28)
    local known = {}
    neighbours(mask, function(near) known[#known + 1] = near end)
    neighbours(turns, function(near, weight)
      local later = known[#covers + 1] * near:gt(turns):to("float32") * (1 - mask)
      covers[#covers + 1] = weight * later
      total, last = total + weight * later, last:maximum(near * later)
    end)
    local function grade(x)
      local sum, k = tensor.zeros(#x, 1, 28, 28), 0
      neighbours(x, function(near)
        k = k + 1
        sum = sum + covers[k] * near
      end)
      return (sum / total:maximum(1) * grades):floor():clamp(0, grades - 1)
    end
    local told = total:gt(0):to("float32")
    local places = (key + grade(digits)):reshape(-1):to("int64") + 1
    local counts = tensor.zeros(bins * grades):scatter_add(1, places, told:expand(counted, 1, 28, 28):reshape(-1))
    counts = counts:reshape(bins, grades) + 0.5
    return {mask = mask, grade = grade, told = told, last = last, logs = (counts / counts:sum(2, true)):log():t()}
  end

  return function(x, mask)
    -- Counting takes longer than a picture; masks mostly stay.
    if not remembered.mask or remembered.mask:ne(mask):sum():item() > 0 then remembered = learn(mask) end
    local grade = remembered.grade(x):reshape(-1):to("int64") + 1
    local logs = remembered.logs:index_select(1, grade):reshape(#x, 28, 28, bins):permute(1, 4, 2, 3)
    return logs * remembered.told, remembered.last
  end
end

return lookahead
