-- The method that options ask for: a preset's parts, and in their place those that options name.
local host = require "host"

-- The homework's, for what a preset leaves out.
local homework = {
  start = 1, lr = 1e-3, schedule = "constant", noise = "none",
  update = function(x, gradient, alpha) return x - alpha * gradient end,
}

local method = {}

-- Ends the script by what was wrong in the words `what` that it was called with: one line, which begins with them.
function method.refuse(what, reason)
  -- Names an option itself, as host.check does.
  if reason:sub(1, 2) == "--" then host.refuse(reason:match "^(%-%-[^\n]-): (.*)$") end
  -- The place of a call into the library is nothing to whoever typed the words; that of a function's own fault is.
  reason = reason:match "^[^\n]-%.lua:%d+: ([%a_]+[.:][%a_]+: .*)$" or reason
  local word = (what:match "%S+$" or "") .. ": "
  local first, last = reason:find(word, 1, true)
  if first and (first == 1 or reason:sub(1, first - 1):find "^%l+: $") then reason = reason:sub(last + 1) end
  host.refuse(what, reason)
end

-- What f returns; an error of it, which is about the words `what` of the command line, ends the script.
function method.plainly(what, f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  method.refuse(what, tostring(results[2]))
end

-- The same of a part's own function: what it says of the text behind the colon is about the words, and so is what it says
-- without its place, by error(text, 0). Other errors are mistakes in it.
function method.called(what, text, f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local message = results[2]
  if type(message) ~= "string" or not text and message:find "^[^\n]-%.lua:%d+: " then error(message, 0) end
  method.refuse(what, message)
end

-- {start =, lr =, schedule = f, noise = f, update = f, schedule_text =, noise_text =, name = for titles}.
-- `parts` holds the tables presets, schedules and noises; `options` the names, and nil where the preset's counts.
function method.find(options, parts)
  local title = "--preset " .. options.preset
  local function refuse(...) host.refuse(title, (...):format(select(2, ...))) end
  local preset, text = method.plainly(title, host.pick, "presets", parts.presets, options.preset, {text = 1})
  if type(preset) == "function" then preset = method.called(title, text, preset, text) end
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
    local what = choice and ("--%s %s"):format(key, choice) or ("%s: %s"):format(title, key)
    if choice == nil then choice = of_preset(key) end
    if type(choice) == "function" then return choice, nil, key, what end
    if type(choice) ~= "string" then refuse("%s: a name or a function expected, got a %s", key, type(choice)) end
    local f, text = method.plainly(what, host.pick, kind, parts[kind], choice, {text = 4})
    return f, text, choice, what
  end

  local found = {name = options.preset, lr = number("lr", {min = 0, max = 1e6}), start = number("start", {min = 0, max = 1})}
  found.schedule, found.schedule_text, found.schedule_name, found.schedule_words = part("schedules", "schedule")
  found.noise, found.noise_text, found.noise_name, found.noise_words = part("noises", "noise")
  found.update = of_preset "update"
  if type(found.update) ~= "function" then refuse("update: a function expected, got a %s", type(found.update)) end
  return found
end

-- The step size and the noise of step k: numbers from 0.
function method.step_size(how, k, lr, steps)
  local value = method.called(how.schedule_words, how.schedule_text, how.schedule, k, lr, steps, how.schedule_text)
  return method.plainly(how.schedule_words, host.check, ("--lr %g, %s at step %d"):format(lr, how.schedule_name, k), value, {min = 0})
end

function method.noise_level(how, k, alpha, steps)
  local value = method.called(how.noise_words, how.noise_text, how.noise, k, alpha, steps, how.noise_text)
  return method.plainly(how.noise_words, host.check, ("--noise %s at step %d"):format(how.noise_name, k), value, {min = 0})
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
