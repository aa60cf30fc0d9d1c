-- Packs digits that ship without loss, by a flow that train_digits.lua made, and unpacks them again: the file's size is
-- the proof of the density. Each grey level is coded by its probability given what is known of the picture already, in
-- -log2 p bits (an arithmetic coder, scripts/digits/coder.lua).
--
--   luaflow run scripts/compress_digits.lua --from digits.safetensors --channels 32 --blocks 3 --hidden 256
--
-- Without --from the flow has no weights yet: every pixel then costs what the histogram of grey levels says.
local coder = require "digits.coder"
local data = require "data"
local flow = require "flow"
local flows = require "digits.flows"
local host = require "host"
local levels = require "digits.levels"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Packs digits by a flow, unpacks them, and holds the size against the flow's bits per dimension.",
  {"from", "", "the flow's weights, as --out of train_digits.lua writes them, or a checkpoint of training"},
  {"data", "", "a folder of MNIST's IDX files: the flow was trained on it, with its levels' counts"},
  {"kind", "coupling", "as in training", choices = {"coupling", "autoregressive"}},
  {"channels", 8, "as in training", integer = true, min = 1, max = 1024},
  {"blocks", 1, "as in training", integer = true, min = 1, max = 64},
  {"hidden", 32, "as in training", integer = true, min = 9, max = 10000},
  {"bins", 32, "as in training", integer = true, min = 6, max = 256},
  {"count", 200, "how many digits, the last of those that ship", integer = true, min = 1, max = 2000},
  {"batch", 100, "digits that are coded side by side", integer = true, min = 1},
  {"out", "digits.flow", "the packed file"},
}
host.check("--out", options.out, {writes = true})
if options.from ~= "" then host.check("--from", options.from, {reads = true}) end

local all = data.digits().images:unsqueeze(2)
local images = all[{{math.max(#all - options.count + 1, 1), #all}}]
local trained = all[{{1, 1600}}]
if options.data ~= "" then
  local path = host.check("--data", options.data .. "/train-images-idx3-ubyte.gz", {reads = true})
  trained = data.idx(path):unsqueeze(2)[{{6001, 16000}}] / 255
end
local counts = levels.counts(trained)
local edges = levels.edges(counts, options.bins)
local m, steps = flows.make(options.kind, {
  counts = counts, edges = edges, smooth = false, channels = options.channels, blocks = options.blocks,
  hidden = options.hidden,
})
if options.from ~= "" then flows.read(m, options.from) end

-- The parts of the interval: of bins by the network, of the levels in a bin by their counts.
local bins = #edges - 1
local shares, inside = {}, {}
for bin = 1, bins do
  local total, below = 0, 0
  for level = edges[bin], edges[bin + 1] - 1 do total = total + counts[level + 1] end
  shares[bin], inside[bin] = math.log(total), {0}
  local width = edges[bin + 1] - edges[bin]
  for i = 1, width do
    below = below + counts[edges[bin] + i]
    inside[bin][i + 1] = math.floor(below / total * (coder.total - width)) + i
  end
  inside[bin][width + 1] = coder.total
end
shares = tensor(shares, {dtype = "float64"}):reshape(1, bins, 1, 1)

-- Whole numbers that rise by one at least from bin to bin, up to coder.total: (pixels, bins).
local function bounds(logits)
  local p = (logits:detach():to("float64") + shares):softmax(2):permute(1, 3, 4, 2):reshape(-1, bins)
  local sums = (p:cumsum(2) * (coder.total - bins)):floor()
  return sums + tensor.arange(1, bins, {dtype = "float64"})
end

local function encoding()
  local encoder, ideal = coder.encoder(), 0
  local function put(low, high)
    encoder:put(low, high)
    ideal = ideal - math.log((high - low) / coder.total, 2)
  end
  -- A pixel: the upper bounds of its bins, and its level.
  return function(upper, level)
    local bin = 1
    while edges[bin + 1] <= level do bin = bin + 1 end
    put(bin > 1 and upper[bin - 1] or 0, bin < bins and upper[bin] or coder.total)
    local i = level - edges[bin] + 1
    if edges[bin + 1] - edges[bin] > 1 then put(inside[bin][i], inside[bin][i + 1]) end
    return level
  end, function() return encoder:finish(), ideal end
end

local function decoding(text)
  local decoder = coder.decoder(text)
  return function(upper)
    local place, bin = decoder:place(), 1
    while bin < bins and upper[bin] <= place do bin = bin + 1 end
    decoder:take(bin > 1 and upper[bin - 1] or 0, bin < bins and upper[bin] or coder.total)
    local i = 1
    if edges[bin + 1] - edges[bin] > 1 then
      place = decoder:place()
      while inside[bin][i + 1] <= place do i = i + 1 end
      decoder:take(inside[bin][i], inside[bin][i + 1])
    end
    return edges[bin] + i - 1
  end
end

-- Pictures in phases and back.
local phases = flow.Chain{flow.Squeeze(), flow.Permute{1, 4, 2, 3}}

-- Walks over all pixels of a batch, from the flow's last step to its first, so that each is coded given those that are
-- known already. code(upper, level) says a pixel's level, which it is told where it is known. Packing and unpacking
-- take the same way with the same numbers. truth: levels (B, 1, 28, 28), or nil; returns the levels.
local function walk(code, rows, truth)
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
      local levels_found = found[size][{{}, channel}]:reshape(rows, -1):clone()
      for row = 1, rows do
        local picked = upper[row]:index_select(1, tensor(places) + 1):tolist()
        for k, place in ipairs(places) do
          levels_found[{row, place + 1}] = code(picked[k], target and math.tointeger(target[row][place + 1]))
        end
      end
      found[size][{{}, channel}] = levels_found:reshape(rows, size, size)
    end
  end
  return phases:to_data(found[14])
end

local function batches(n)
  local list = {}
  for first = 1, n, options.batch do list[#list + 1] = {first, math.min(first + options.batch - 1, n)} end
  return list
end

local original = (images * 255):round()
local n = #images
local start = host.clock()
local code, finish = encoding()
for _, range in ipairs(batches(n)) do walk(code, range[2] - range[1] + 1, original[{range}]) end
local text, ideal = finish()
local file = assert(io.open(options.out, "wb"))
file:write(text)
file:close()
local packed = host.clock() - start

start = host.clock()
file = assert(io.open(options.out, "rb"))
local read = file:read("a")
file:close()
local decode, wrong = decoding(read), 0
for _, range in ipairs(batches(n)) do
  local again = walk(decode, range[2] - range[1] + 1)
  wrong = wrong + again:ne(original[{range}]):sum():item()
end
local unpacked = host.clock() - start

-- The density's bits, dequantised as in training.
local stated = 0
for batch in data.batches(data.dequantize(images, {levels = 256, generator = random.generator(1)}), 100) do
  stated = stated + m:bits_per_dim(batch):detach():sum():item()
end
local pixels = n * 784
local size = #text * 8 / pixels
print(("%d digits of 784 bytes: %d bytes in %s"):format(n, #text, options.out))
print(("bits per pixel    %.4f in the file, %.4f by the levels' probabilities, %.4f by the density"):format(
  size, ideal / pixels, stated / n))
print(("time              packed in %.1f s, unpacked in %.1f s"):format(packed, unpacked))
verdict.exact("pixels that came back different", wrong, 0, 0)
verdict.exact("the file's size beside the density, of it", size / (stated / n), 1, 0.01)
verdict.finish()
