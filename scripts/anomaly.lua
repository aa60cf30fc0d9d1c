-- Is this a digit? A flow that knows the density of digits says of a picture how probable it is; what is less probable
-- than the mean minus three standard deviations is taken for something else.
--
-- Half of the digits give the threshold, the other half the digits that are refused (errors of the first kind). What
-- should be refused is Fashion-MNIST (test images: t10k-images-idx3-ubyte.gz), where Debian's package
-- dataset-fashion-mnist puts it or in the folder that is given; where there is none, the digits themselves, upside down,
-- in negative, and with pixels in random order:
--
--   luaflow run scripts/anomaly.lua --limit 10000
--   luaflow run scripts/anomaly.lua --fashion ""
--
-- The figure: both distributions of log p with the threshold, the ROC curve over all thresholds, and what was missed.
local data = require "data"
local host = require "host"
local image = require "image"
local figure = require "homework.figure"
local method = require "inpainting.method"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"

local debian = "/usr/share/datasets/fashion-mnist"
local options = host.arguments{
  about = "Refuses what is no digit by a threshold on a flow's log-density.",
  {"fashion", debian, "a folder of Fashion-MNIST's IDX files; changed digits where it is empty"},
  {"model", "", "a flow's file; the NICE that ships where it is empty"},
  {"limit", 1000, "pictures of each kind at most", integer = true, min = 10, max = 10000},
  {"deviations", 3, "below the mean, where the threshold is", min = 0, max = 20},
  {"seed", 0, "of the noise and the order of pixels", integer = true},
  {"out", "anomaly.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local fashion = options.fashion ~= "" and options.fashion .. "/t10k-images-idx3-ubyte.gz"
if options.fashion == debian and not pcall(host.check, "--fashion", fashion, {reads = true}) then
  print("no " .. fashion .. ": changed digits in its place")
  fashion = false
end
if fashion then host.check("--fashion", fashion, {reads = true}) end
local noise = random.generator(options.seed)
local m = method.flow(options.model)

-- log p of pictures in [0, 1], in nats, with the noise that makes their 256 levels continuous.
local function scores(images)
  local parts = {}
  for batch in data.batches(data.dequantize(images:reshape(-1, 784), {generator = noise}), 500) do
    parts[#parts + 1] = m:log_prob(batch):detach():to("float64")
  end
  return tensor.cat(parts)
end
local function some(images) return images[{{1, math.min(options.limit, #images)}}] end

local digits = data.digits().images
local half = #digits // 2
local known, unseen = scores(some(digits[{{1, half}}])), scores(some(digits[{{half + 1, #digits}}]))
local threshold = known:mean():item() - options.deviations * known:std():item()
print(("digits: %.1f nats, standard deviation %.1f; refused below %.1f"):format(
  known:mean():item(), known:std():item(), threshold))
local refused = unseen:lt(threshold):to("float32"):mean():item()
print(("first kind:  %5.1f %% of %d digits are refused"):format(100 * refused, #unseen))

local others = {}
if fashion then
  others[1] = {"fashion", some(data.idx(fashion) / 255)}
else
  local base = some(digits[{{half + 1, #digits}}])
  local order = random.permutation(784, {generator = noise})
  others[1] = {"upside down", base:flip(2)}
  others[2] = {"negative", 1 - base}
  others[3] = {"shuffled", base:reshape(-1, 784):index_select(2, order):reshape(-1, 28, 28)}
end

-- The area under the ROC curve is the probability that a digit is more probable than one of the others.
local function roc(low, high)
  local sorted, n = high:sort(), #high
  local x, y, area = {0}, {0}, 0
  local all = tensor.cat({low, high}):sort()
  local values = all:tolist()
  local lows, highs = low:sort():tolist(), sorted:tolist()
  local i, j = 0, 0
  for _, value in ipairs(values) do
    while i < #lows and lows[i + 1] <= value do i = i + 1 end
    local before = j
    while j < n and highs[j + 1] <= value do j = j + 1 end
    area = area + (j - before) / n * i / #lows
    x[#x + 1], y[#y + 1] = j / n, i / #lows
  end
  return x, y, area
end

-- A bar chart of numbers as a curve: shares per bin.
local edges = 60
local low, high = math.huge, -math.huge
local results = {{"digits", unseen}}
for _, other in ipairs(others) do results[#results + 1] = {other[1], scores(other[2])} end
for _, result in ipairs(results) do
  -- Far ones are many: the axis ends where nine tenths of each kind lie within.
  local sorted = result[2]:sort()
  low = math.min(low, sorted[{math.max(1, #sorted // 10)}])
  high = math.max(high, sorted[{#sorted}])
end
low = math.max(low, threshold - 4 * (high - threshold))
local histograms, curves = {}, {{x = {0, 1}, y = {0, 1}, color = "grey", linestyle = ":"}}
for index, result in ipairs(results) do
  local label, values = result[1], result[2]
  local x, y = {}, {}
  for bin = 1, edges do
    local from = low + (bin - 1) * (high - low) / edges
    x[bin] = from + (high - low) / edges / 2
    y[bin] = (values:ge(from) * values:lt(from + (high - low) / edges)):to("float32"):mean():item()
  end
  local outside = values:lt(low):to("float32"):mean():item()
  histograms[index] = {
    x = x, y = y, style = "steps",
    label = label .. (outside > 0.005 and (", %.0f %% further left"):format(100 * outside) or "")}
  if index > 1 then
    local missed = values:ge(threshold):to("float32"):mean():item()
    local fx, fy, area = roc(values, unseen)
    print(("second kind: %5.1f %% of %d (%s) are taken for digits; area under the ROC curve %.4f"):format(
      100 * missed, #values, label, area))
    curves[#curves + 1] = {x = fx, y = fy, label = ("%s, area %.3f"):format(label, area)}
  end
end
histograms[#histograms + 1] = {
  x = {threshold, threshold}, y = {0, 0.2}, color = "black", linestyle = "--", label = "threshold"}

-- The most digit-like of the others, and the least digit-like digits.
local function extremes(images, values, largest)
  local _, places = values:topk(math.min(16, #values), 1, largest)
  return images:index_select(1, places)
end
plot.figure{columns = 2, panels = {
  plot.line{series = histograms, title = "log p", xlabel = "nats", ylabel = "share", legend = "topleft"},
  plot.line{series = curves, title = "ROC", xlabel = "digits refused", ylabel = "others refused", aspect = "equal"},
  plot.image{
    image.grid(extremes(others[1][2], results[2][2], true), {columns = 8}), title = "most probable: " .. others[1][1]},
  plot.image{
    image.grid(extremes(some(digits[{{half + 1, #digits}}]), unseen, false), {columns = 8}),
    title = "least probable digits"},
}}:save(options.out, {width = 1100, height = 620})
print(options.out)
