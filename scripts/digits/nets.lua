-- Networks that look at a part of a digit and decide the distribution of further pixels. They are registered, so that
-- flow.load finds them by name: a script that loads such a flow requires this file.
--
-- Images are (B, channels, H, W) with numbers (k + u) / 256. Channels are phases of a picture: every second pixel of
-- every second row, beginning at one of four places. `known` of them may be looked at.
local host = require "host"
local nn = require "nn"
local tensor = require "tensor"

-- A network that sees 2 x - 1 only cannot tell grey levels apart; those that occur most get a step each.
local steps = {1, 252, 253, 254, 255}
local per_pixel = 2 + #steps

local function features(x)
  local list = {2 * x - 1, (8 * x):tanh()}
  for _, level in ipairs(steps) do list[#list + 1] = (16 * (256 * x - level)):sigmoid() end
  return tensor.cat(list, 2)
end

-- Of each picture six numbers: how many of its bright pixels have each of the levels 251 to 255 (most pictures have a
-- few of them), and how many pixels are bright.
local function brightness(x)
  local rows = #x
  local above, list = {}, {}
  for level = 251, 255 do above[level] = (16 * (256 * x - level)):sigmoid():reshape(rows, -1):sum(2) end
  for level = 251, 255 do
    list[#list + 1] = ((above[level] - (above[level + 1] or 0)) / (above[251] + 1)):unsqueeze(2)
  end
  list[#list + 1] = (above[251] / #x:reshape(rows, -1)[1]):unsqueeze(2)
  return tensor.cat(list, 2)
end

-- The last layer's zeros make the histogram.
local function zeros(layer)
  nn.init.zeros_(layer.weight)
  nn.init.zeros_(layer.bias)
  return layer
end

-- A gated residual step: h + a sigmoid(b), a and b by one convolution.
local function gated(h, convolution, channels)
  local y = convolution(h:relu())
  return h + y[{{}, {1, channels}}] * y[{{}, {channels + 1, 2 * channels}}]:sigmoid()
end

-- What the known channels say about every place: {known, size, outputs, channels, blocks}; (B, outputs, size, size).
local function context(given)
  local known, size, channels = given.known, given.size, given.channels
  local modules = {
    first = nn.Conv2d(per_pixel * known, channels, 3, {padding = 1}),
    picture = nn.Linear(6, channels, {bias = false}),
    last = zeros(nn.Conv2d(channels, given.outputs, 1)),
  }
  for i = 1, given.blocks do modules["block" .. i] = nn.Conv2d(channels, 2 * channels, 3, {padding = 1}) end
  return nn.Module{
    modules = modules, parameters = {position = tensor.zeros(channels, size, size)},
    forward = function(self, x)
      x = x[{{}, {1, known}}]
      local h = self.first(features(x)) + self.position + self.picture(brightness(x)):reshape(#x, channels, 1, 1)
      for i = 1, given.blocks do h = gated(h, self["block" .. i], channels) end
      return self.last(h:relu())
    end,
  }
end

-- A convolution that sees the rows above and the pixels to the left only; with `itself`, its own pixel, too.
local function causal(inputs, outputs, size, itself)
  local mask = tensor.zeros(1, 1, size, size)
  local middle = size // 2 + 1
  for i = 1, size do
    for j = 1, size do
      if i < middle or i == middle and (j < middle or itself and j == middle) then mask[{1, 1, i, j}] = 1 end
    end
  end
  return nn.Module{
    modules = {convolution = nn.Conv2d(inputs, outputs, size, {padding = size // 2})},
    forward = function(self, x)
      local layer = self.convolution
      return tensor.conv2d(x, layer.weight * mask, layer.bias, {padding = size // 2})
    end,
  }
end

-- As context, and the pixels of channel known + 1 that come before, row by row (PixelCNN). known may be 0.
local function pixels(given)
  local known, size, channels = given.known, given.size, given.channels
  local modules = {
    own = causal(per_pixel, channels, 5, false),
    last = zeros(nn.Conv2d(channels, given.outputs, 1)),
  }
  if known > 0 then
    modules.first = nn.Conv2d(per_pixel * known, channels, 3, {padding = 1})
    modules.picture = nn.Linear(6, channels, {bias = false})
    for i = 1, given.blocks do modules["block" .. i] = nn.Conv2d(channels, 2 * channels, 3, {padding = 1}) end
  end
  for i = 1, given.blocks do modules["causal" .. i] = causal(channels, 2 * channels, 3, true) end
  return nn.Module{
    modules = modules, parameters = {position = tensor.zeros(channels, size, size)},
    forward = function(self, x)
      local h = self.position
      if known > 0 then
        local seen = x[{{}, {1, known}}]
        h = h + self.first(features(seen)) + self.picture(brightness(seen)):reshape(#x, channels, 1, 1)
        for i = 1, given.blocks do h = gated(h, self["block" .. i], channels) end
      end
      h = h + self.own(features(x[{{}, {known + 1, known + 1}}]))
      for i = 1, given.blocks do h = gated(h, self["causal" .. i], channels) end
      return self.last(h:relu())
    end,
  }
end

-- Which of `groups` groups each pixel of a small image is in, row by row, from 0: pixels of one group lie apart.
local function grouped(size, groups)
  local list = {}
  for i = 0, size - 1 do
    for j = 0, size - 1 do list[#list + 1] = (i + 3 * j) % groups end
  end
  return list
end

-- 1 where a number of group a may see one of group b: those before, and with `own` those of its own.
local function mask(outputs, inputs, own)
  local rows = {}
  for i, a in ipairs(outputs) do
    rows[i] = {}
    for j, b in ipairs(inputs) do rows[i][j] = (a > b or own and a == b) and 1 or 0 end
  end
  return tensor(rows)
end

local function repeated(list, times)
  local result = {}
  for _ = 1, times do table.move(list, 1, #list, #result + 1, result) end
  return result
end

-- A masked perceptron of a small image (B, 1, size, size): the pixels of a group given those of the groups before.
-- {size, groups, outputs, hidden}
local function groups(given)
  local size, pixel = given.size, grouped(given.size, given.groups)
  local hidden = {}
  for i = 1, given.hidden do hidden[i] = (i - 1) % (given.groups - 1) end
  return nn.Module{
    modules = {
      first = nn.MaskedLinear(mask(hidden, repeated(pixel, per_pixel), true)),
      second = nn.MaskedLinear(mask(hidden, hidden, true)),
      last = zeros(nn.MaskedLinear(mask(repeated(pixel, given.outputs), hidden, false))),
    },
    forward = function(self, x)
      local h = self.first(features(x):reshape(#x, -1))
      h = h + self.second(h:relu())
      return self.last(h:relu()):reshape(#x, given.outputs, size, size)
    end,
  }
end

-- The lines with three dashes tell lua-language-server what is registered.
---@class nnlib
---@field DigitContext fun(options: table): module
---@field DigitPixels fun(options: table): module
---@field DigitGroups fun(options: table): module
host.register{modules = {DigitContext = context, DigitPixels = pixels, DigitGroups = groups}}

return {grouped = grouped}
