-- Grey levels of digits to bytes and back, without loss: each level is coded by its probability under a flow of digits
-- given what is known of the picture already, in -log2 p bits.
--
-- Unpacking repeats the networks' numbers bit for bit, so it needs the same flow and the same batch, and a processor
-- whose kernels round alike: `sum` tells whether the levels that came back are those that were packed. The file has a
-- checksum of its own bytes, too: what is damaged is refused before anything is decoded.
local coder = require "digits.coder"
local flow = require "flow"
local tensor = require "tensor"

local codec = {}

-- Pictures in phases and back.
local phases = flow.Chain{flow.Squeeze(), flow.Permute{1, 4, 2, 3}}

-- Of the levels of a bin, by their counts: bounds[i], bounds[i + 1] of the i-th, up to coder.total.
local function inside(counts, first, last)
  local total, below, bounds = 0, 0, {0}
  for level = first, last do total = total + counts[level + 1] end
  local width = last - first + 1
  for i = 1, width do
    below = below + counts[first + i]
    bounds[i + 1] = math.floor(below / total * (coder.total - width)) + i
  end
  bounds[width + 1] = coder.total
  return total, bounds
end

-- Walks over all pixels of a batch, from the flow's last step to its first, so that each is coded given those that are
-- known already. code(upper, level) says a pixel's level, which it is told where it is known. Packing and unpacking
-- take the same way with the same numbers. truth: levels (B, 1, 28, 28), or nil; returns the levels.
local function walk(steps, bounds, bins, code, rows, truth)
  local known = {}
  if truth then
    known[14] = phases:to_latent(truth)
    known[7] = phases:to_latent(known[14][{{}, {1, 1}}])
  end
  local found = {[7] = tensor.zeros(rows, 4, 7, 7), [14] = tensor.zeros(rows, 4, 14, 14)}
  for s = #steps, 1, -1 do
    local step = steps[s]
    local size, channel = step.size, step.known + 1
    if size == 14 and channel == 2 then found[14][{{}, {1, 1}}] = phases:to_data(found[7]) end
    -- Pixels of one order are coded together.
    local groups = {}
    for place = 0, size * size - 1 do
      local i, j = place // size + 1, place % size + 1
      local order = step.order and step.order[channel][i][j] or 1
      groups[order] = groups[order] or {}
      table.insert(groups[order], place)
    end
    local target = known[size] and known[size][{{}, channel}]:reshape(rows, -1):tolist()
    for _, places in ipairs(groups) do
      -- What is not known yet is black, here and there.
      local seen = found[size][{{}, {1, step.channels}}]
      local mask = tensor.zeros(1, step.channels, 1, 1)
      mask[{1, {1, channel}}] = 1
      local upper = bounds(step.net((seen + 0.5) / 256 * mask)):reshape(rows, size * size, bins)
      local levels = found[size][{{}, channel}]:reshape(rows, -1):clone()
      for row = 1, rows do
        local picked = upper[row]:index_select(1, tensor(places) + 1):tolist()
        for k, place in ipairs(places) do
          levels[{row, place + 1}] = code(picked[k], target and math.tointeger(target[row][place + 1]))
        end
      end
      found[size][{{}, channel}] = levels:reshape(rows, size, size)
    end
  end
  return phases:to_data(found[14])
end

-- A codec of {steps, counts, edges}, as flows.load gives them: codec:pack(levels, batch) -> bytes, bits by the
-- probabilities; codec:unpack(bytes, n, batch) -> levels. Levels are (N, 1, 28, 28), whole from 0 to 255.
function codec.make(given)
  local steps, counts, edges = given.steps, given.counts, given.edges
  local bins = #edges - 1
  local shares, parts = {}, {}
  for bin = 1, bins do
    local total
    total, parts[bin] = inside(counts, edges[bin], edges[bin + 1] - 1)
    shares[bin] = math.log(total)
  end
  shares = tensor(shares, {dtype = "float64"}):reshape(1, bins, 1, 1)

  -- Whole numbers that rise by one at least from bin to bin, up to coder.total: (pixels, bins).
  local function bounds(logits)
    local p = (logits:detach():to("float64") + shares):softmax(2):permute(1, 3, 4, 2):reshape(-1, bins)
    local sums = (p:cumsum(2) * (coder.total - bins)):floor()
    return sums + tensor.arange(1, bins, {dtype = "float64"})
  end

  local function part(upper, bin) return bin > 1 and upper[bin - 1] or 0, bin < bins and upper[bin] or coder.total end
  local self = {}

  function self:pack(levels, batch)
    local encoder, bits = coder.encoder(), 0
    local function put(low, high)
      encoder:put(low, high)
      bits = bits - math.log((high - low) / coder.total, 2)
    end
    local function code(upper, level)
      local bin = 1
      while edges[bin + 1] <= level do bin = bin + 1 end
      put(part(upper, bin))
      local i = level - edges[bin] + 1
      if edges[bin + 1] - edges[bin] > 1 then put(parts[bin][i], parts[bin][i + 1]) end
      return level
    end
    for first = 1, #levels, batch do
      local last = math.min(first + batch - 1, #levels)
      walk(steps, bounds, bins, code, last - first + 1, levels[{{first, last}}])
    end
    return encoder:finish(), bits
  end

  -- nil where the bytes end long before the pictures do.
  function self:unpack(bytes, n, batch)
    local decoder, levels = coder.decoder(bytes), {}
    local function code(upper)
      local place, bin = decoder:place(), 1
      while bin < bins and upper[bin] <= place do bin = bin + 1 end
      decoder:take(part(upper, bin))
      local i = 1
      if edges[bin + 1] - edges[bin] > 1 then
        place = decoder:place()
        while parts[bin][i + 1] <= place do i = i + 1 end
        decoder:take(parts[bin][i], parts[bin][i + 1])
      end
      return edges[bin] + i - 1
    end
    for first = 1, n, batch do
      levels[#levels + 1] = walk(steps, bounds, bins, code, math.min(batch, n - first + 1))
      if decoder:ended() then return nil end
    end
    return tensor.cat(levels, 1)
  end
  return self
end

-- A checksum of numbers from 0 to 255, which comes piece by piece: Adler-32 (RFC 1950).
local function adler()
  local a, b = 1, 0
  return function(numbers)
    for i = 1, #numbers do
      a = (a + numbers[i]) % 65521
      b = (b + a) % 65521
    end
    return b << 16 | a
  end
end

-- The checksum of levels.
function codec.sum(levels)
  local add, sum = adler(), 1
  for i = 1, #levels do sum = add(levels[i]:reshape(-1):to("int64"):tolist()) end
  return sum
end

local function sum_of_bytes(text)
  local add, sum = adler(), 1
  for i = 1, #text, 4096 do sum = add{text:byte(i, i + 4095)} end
  return sum
end

-- The packed file: what it is, a checksum of all bytes behind it, how many pictures, the batch, the levels' checksum,
-- then the coder's bytes.
local kind, version, header = "LuaFlow digits ", "2\n", "<I4I4I4"

function codec.file(bytes, n, batch, sum)
  local rest = header:pack(n, math.min(batch, n), sum) .. bytes
  return kind .. version .. ("<I4"):pack(sum_of_bytes(rest)) .. rest
end

-- Of such a file: bytes, n, batch, sum; nil and what is wrong with it.
function codec.read(text)
  if text:sub(1, #kind) ~= kind then return nil, "no file that luaflow compress made" end
  local from = #kind + #version + 1
  if text:sub(#kind + 1, from - 1) ~= version then
    return nil, "packed by an earlier or later version of luaflow compress: pack the pictures again"
  end
  if #text < from + 4 + header:packsize() then return nil, "it is cut short" end
  local rest = text:sub(from + 4)
  local n, batch, sum, start = header:unpack(rest)
  if sum_of_bytes(rest) ~= ("<I4"):unpack(text, from) or n < 1 or batch < 1 or batch > math.min(n, 100000) then
    return nil, "it is damaged or cut short: its checksum does not match"
  end
  return rest:sub(start), n, batch, sum
end

return codec
