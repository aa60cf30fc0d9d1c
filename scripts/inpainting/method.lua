-- The method that options ask for: a preset's parts, and in their place those that options name.
local host = require "host"

-- The homework's, for what a preset leaves out.
local homework = {
  start = 1, lr = 1e-3, schedule = "constant", noise = "none",
  update = function(x, gradient, alpha) return x - alpha * gradient end,
}

local method = {}

-- Ends the script by what was wrong in the words that it was called with: one line.
function method.refuse(text, ...)
  io.stderr:write("luaflow: ", text:format(...), "\n")
  os.exit(2)
end

-- {start =, lr =, schedule = f, noise = f, update = f, schedule_text =, noise_text =, name = for titles}.
-- `parts` holds the tables presets, schedules and noises; `options` the names, and nil where the preset's counts.
function method.find(options, parts)
  local title = "--preset " .. options.preset
  local function refuse(...) error(title .. ": " .. (...):format(select(2, ...)), 0) end
  local preset, text = host.pick("presets", parts.presets, options.preset, {text = 1})
  if type(preset) == "function" then preset = preset(text) end
  if type(preset) ~= "table" then refuse("a table expected, got %s", preset == nil and "nil" or "a " .. type(preset)) end
  for key in pairs(preset) do
    if homework[key] == nil then refuse("%s is no part of a preset; start, lr, schedule, noise and update are", tostring(key)) end
  end
  local function of_preset(key)
    if preset[key] == nil then return homework[key] end
    return preset[key]
  end
  local function number(key, bounds)
    local given = options[key]
    if given ~= nil then return host.check("--" .. key, tonumber(given) or given, bounds) end
    return host.check(title .. ": " .. key, of_preset(key), bounds)
  end
  -- A function by its name, with the text behind the name's colon and what it is called.
  local function part(kind, key)
    local choice = options[key]
    if choice == nil then choice = of_preset(key) end
    if type(choice) == "function" then return choice, nil, key end
    if type(choice) ~= "string" then refuse("%s: a name or a function expected, got a %s", key, type(choice)) end
    local f, text = host.pick(kind, parts[kind], choice, {text = 4})
    return f, text, choice
  end

  local found = {name = options.preset, lr = number("lr", {max = 1e6}), start = number("start", {min = 0, max = 1})}
  found.schedule, found.schedule_text, found.schedule_name = part("schedules", "schedule")
  found.noise, found.noise_text, found.noise_name = part("noises", "noise")
  found.update = of_preset "update"
  if type(found.update) ~= "function" then refuse("update: a function expected, got a %s", type(found.update)) end
  return found
end

-- What f returns; an error of it, which is about the command line, ends the script.
function method.plainly(f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  -- Its place in these files is nothing to whoever typed the options.
  method.refuse("%s", (tostring(results[2]):gsub("^[^\n]-%.lua:%d+: ", "")))
end

-- A number from 0 that a schedule or noise returned; `what` and the rest say whose it is.
function method.checked(value, what, ...)
  return method.plainly(host.check, what:format(...), value, {min = 0})
end

-- The method after presets.lua was changed, and the step size: a preset that is broken now is told, and the former stays.
function method.reload(former, lr, options, parts)
  local fine, found = pcall(method.find, options, parts)
  if not fine then
    io.stderr:write(tostring(found), "; the former version stays in use\n")
    return former, lr
  end
  return found, found.lr ~= former.lr and found.lr or lr
end

return method
