-- Masks: 1 where a pixel is observed, 0 where it is missing. A mask is a function of the image's height and width, and of
-- the text behind a colon (`--mask random:30` calls random(28, 28, "30")), and returns a (height, width) tensor.
-- Add one here, and `--mask its_name` finds it.
local image = require "image"
local random = require "random"
local tensor = require "tensor"

local masks = {}

-- The problem sheet's: rows 6 to 12, columns 6 to 20 are missing.
function masks.rectangle(height, width)
  local mask = tensor.ones(height, width)
  mask[{{6, 12}, {6, 20}}] = 0
  return mask
end

-- One half is missing.
function masks.top(height, width)
  local mask = tensor.ones(height, width)
  mask[{{1, height // 2}, {}}] = 0
  return mask
end

function masks.bottom(height, width)
  return 1 - masks.top(height, width)
end

function masks.left(height, width)
  return masks.top(width, height):t()
end

function masks.right(height, width)
  return 1 - masks.left(height, width)
end

-- Every second pixel is missing.
function masks.checkerboard(height, width)
  local mask = tensor.ones(height, width)
  mask[{{1, -1, 2}, {1, -1, 2}}] = 0
  mask[{{2, -1, 2}, {2, -1, 2}}] = 0
  return mask
end

-- How many of `size` rows or columns `text` asks for, and the first of so many in the middle.
local function band(name, text, size)
  local count = math.tointeger(tonumber(text or 8))
  if not count or count < 1 or count >= size then
    error(("%s:%s: a whole number of %s from 1 to %d expected"):format(name, text, name, size - 1), 0)
  end
  return count, (size - count) // 2 + 1
end

-- The middle rows are missing: 8, or as many as `rows:12` says.
function masks.rows(height, width, text)
  local count, first = band("rows", text, height)
  local mask = tensor.ones(height, width)
  mask[{{first, first + count - 1}, {}}] = 0
  return mask
end

-- The middle columns are missing.
function masks.columns(height, width, text)
  local count, first = band("columns", text, width)
  local mask = tensor.ones(height, width)
  mask[{{}, {first, first + count - 1}}] = 0
  return mask
end

-- A random part is missing: half of the pixels, or the percentage that `random:80` says. --seed decides which.
function masks.random(height, width, text)
  local percentage = tonumber(text or 50)
  if not percentage or percentage < 0 or percentage > 100 then
    error("random:" .. text .. ": a percentage from 0 to 100 expected", 0)
  end
  return random.uniform({height, width}):ge(percentage / 100)
end

-- A picture: pixels darker than half are missing. `--mask png:my.png`, or just `--mask my.png`.
function masks.png(height, width, path)
  local picture = image.load(path or error("png: a path expected, as in --mask png:my.png", 0))
  if picture:dim() == 3 then picture = picture:mean(1) end
  return picture:ge(0.5)
end

return masks
