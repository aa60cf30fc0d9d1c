-- Where a figure goes.
local host = require "host"

local figure = {}

-- A figure that could not be saved is refused before the work, not after it: one line, and status 2.
function figure.check(path)
  return host.check("--out", path, {writes = {"png", "svg", "pdf"}})
end

return figure
