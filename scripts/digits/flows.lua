-- Flows of handwritten digits, made of phases: a picture is divided into four of every second pixel and row, a at
-- (0, 0), b at (1, 1), c at (0, 1), d at (1, 0), and a into four of its own. p(d | a, b, c) p(c | a, b) p(b | a) and so
-- on, each pixel by a histogram whose bins a network weighs.
local checkpoint = require "checkpoint"
local distribution = require "distribution"
local flow = require "flow"
local nets = require "digits.nets"
local nn = require "nn"

local flows = {}

-- The channel behind the known ones is mapped, given these; those behind pass.
local function coupling(given, step)
  local mask = {}
  for i = 1, step.channels do mask[i] = {{i == step.known + 1 and 0 or 1}} end
  return flow.HistogramCoupling{
    mask = mask, net = step.net, counts = given.counts, edges = given.edges, smooth = given.smooth,
  }
end

-- Numbers of the channel behind the known ones, row by row from 1; 0 everywhere else.
local function ordered(known, channels, size, order)
  local result = {}
  for c = 1, channels do
    result[c] = {}
    for i = 1, size do
      result[c][i] = {}
      for j = 1, size do result[c][i][j] = c == known + 1 and order((i - 1) * size + j) or 0 end
    end
  end
  return result
end

local function autoregressive(given, step)
  return flow.MaskedAutoregressive{
    order = step.order, net = step.net, univariate = "histogram", counts = given.counts, edges = given.edges,
    smooth = given.smooth,
  }
end

-- {counts, edges, smooth, channels, blocks, hidden}: kind "coupling" maps a phase in one pass both ways (the last 7 x 7
-- pixels in ten), "autoregressive" pixel by pixel on the way to data. Returns the flow, and its steps from data to
-- noise: {net, known, channels, size, order}, order as flow.MaskedAutoregressive has it, or nil.
function flows.make(kind, given)
  local bins = #given.edges - 1
  given.outputs = given.smooth and 2 * bins - 1 or bins
  local transforms, steps = {}, {}
  local function add(known, channels, size)
    local step = {known = known, channels = channels, size = size}
    if known == 0 and kind == "coupling" then
      local groups = nets.grouped(size, 10)
      step.net = nn.DigitGroups{size = size, groups = 10, outputs = given.outputs, hidden = given.hidden}
      step.order = ordered(0, 1, size, function(place) return groups[place] + 1 end)
    else
      local make = kind == "coupling" and nn.DigitContext or nn.DigitPixels
      step.net = make{
        known = known, size = size, outputs = given.outputs, channels = given.channels, blocks = given.blocks,
      }
      if kind ~= "coupling" then step.order = ordered(known, channels, size, function(place) return place end) end
    end
    transforms[#transforms + 1] = step.order and autoregressive(given, step) or coupling(given, step)
    steps[#steps + 1] = step
  end
  for _, size in ipairs{14, 7} do
    -- Squeeze makes the channels (0, 0), (0, 1), (1, 0), (1, 1).
    transforms[#transforms + 1] = flow.Squeeze()
    transforms[#transforms + 1] = flow.Permute{1, 4, 2, 3}
    add(3, 4, size)
    add(2, 4, size)
    transforms[#transforms + 1] = flow.Split()
    add(1, 2, size)
    transforms[#transforms + 1] = flow.Split()
  end
  add(0, 1, 7)
  return flow.Flow(distribution.Uniform(0, 1), transforms, {dim = {1, 28, 28}}), steps
end

-- Takes the weights from a flow's file, or from a checkpoint of training: then the averages where there are some.
function flows.read(m, path)
  local weights, state = checkpoint.load(path), m:state_dict()
  for name in pairs(state) do
    local found = weights[name] or weights["average." .. name] or weights["model." .. name]
    -- Masks and orders follow from the options.
    if not found and not name:find("mask$") and not name:find("order$") then
      error(path .. " has no " .. name .. ": it was made with other options", 0)
    end
    state[name] = found or state[name]
  end
  m:load_state_dict(state)
end

-- A flow of digits from the file that m:save wrote, with what flows.make was told: {flow, steps, counts, edges,
-- smooth}. The file's recipe says it, in JSON.
function flows.load(path)
  local _, written = checkpoint.load(path)
  local recipe = written.recipe or ""
  local function list(name)
    local found = {}
    for number in (recipe:match('"' .. name .. '":%[([%d.,]+)%]') or ""):gmatch("[%d.]+") do
      found[#found + 1] = tonumber(number) // 1 | 0
    end
    return found
  end
  local function number(name) return math.tointeger(tonumber(recipe:match('"' .. name .. '":(%d+)'))) end
  local made = {
    counts = list "counts", edges = list "edges", smooth = recipe:find('"smooth":true', 1, true) ~= nil,
  }
  local pixels = recipe:find("nn.DigitPixels", 1, true)
  local channels, blocks, hidden = number "channels", number "blocks", number "hidden"
  if #made.counts ~= 256 or #made.edges < 2 or not channels or not blocks or not (hidden or pixels) then
    error(path .. ": no flow of digits that train_digits.lua wrote", 0)
  end
  made.flow, made.steps = flows.make(pixels and "autoregressive" or "coupling", {
    counts = made.counts, edges = made.edges, smooth = made.smooth, channels = channels, blocks = blocks,
    hidden = hidden,
  })
  flows.read(made.flow, path)
  return made
end

return flows
