-- Where a figure goes.
local host = require "host"
local tensor = require "tensor"

local figure = {}

-- A figure that could not be saved is refused before the work, not after it: one line, and status 2.
function figure.check(path)
  return host.check("--out", path, {writes = {"png", "svg", "pdf"}})
end

-- A picture (H, W) in shades of grey, the pixels that a mask hides (0) in orange, which is not taken for ink.
function figure.covered(picture, mask)
  local channels = {}
  for k, part in ipairs{0.90, 0.62, 0.0} do channels[k] = picture.where(picture, mask, part) end
  return tensor.stack(channels)
end

return figure
