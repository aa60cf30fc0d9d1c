-- Where a figure goes.
local figure = {}

-- A figure that could not be saved is refused before the work, not after it: one line, and status 2.
function figure.check(path)
  local ending = path:lower():match("%.(%w+)$")
  if ending == "png" or ending == "svg" or ending == "pdf" then return end
  io.stderr:write(("luaflow: --out %s: a name that ends in .png, .svg or .pdf expected\n"):format(path))
  os.exit(2)
end

return figure
