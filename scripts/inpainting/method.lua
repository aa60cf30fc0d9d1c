-- The method that options ask for: a preset's parts, and in their place those that options name.
local autodiff = require "autodiff"
local flow = require "flow"
local host = require "host"
local projection = require "projection"
local random = require "random"
local tensor = require "tensor"

-- The homework's, for what a preset leaves out.
local homework = {
  start = 1, steps = 300, lr = 1e-3, schedule = "constant", noise = "none",
  objective = function(m, x) return -m:log_prob(x) end,
  update = function(x, gradient, alpha) return x - alpha * gradient end,
}

local method = {}

-- The files of the flows that method.flow loaded; not of the shipped one.
method.files = setmetatable({}, {__mode = "k"})

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

-- The flow of --model, one of pictures of 28 x 28, or the shipped one where it is empty. Flows of train_digits.lua need
-- their networks by name.
function method.flow(path)
  if path == "" then return flow.load(host.resource("nice-mnist.safetensors")) end
  require "digits.nets"
  local words = "--model " .. path
  local m = method.plainly(words, flow.load, host.check("--model", path, {reads = true}))
  if m.dim ~= 784 then
    host.refuse(words, ("a flow of %d numbers; one of 784, pictures of 28 x 28, expected"):format(m.dim))
  end
  -- What else it asks for, such as a context, it says itself.
  method.plainly(words, function() return m:log_prob(tensor.zeros(1, 28, 28)) end)
  method.files[m] = path
  return m
end

-- {start =, steps =, lr =, schedule = f, noise = f, objective = f, update = f, schedule_text =, noise_text =, name = for titles,
-- descends_log_p = whether the objective is -log p itself}.
-- `parts` holds the tables presets, schedules and noises; `options` the names, and nil where the preset's counts.
function method.find(options, parts)
  local title = "--preset " .. options.preset
  local function refuse(...) host.refuse(title, (...):format(select(2, ...))) end
  local preset, text = method.plainly(title, host.pick, "presets", parts.presets, options.preset, {text = 1})
  if type(preset) == "function" then preset = method.called(title, text, preset, text) end
  if type(preset) ~= "table" then refuse("a table expected, got %s", preset == nil and "nil" or "a " .. type(preset)) end
  for key in pairs(preset) do
    if homework[key] == nil then refuse("%s is no part of a preset; start, steps, lr, schedule, noise, objective and update are", tostring(key)) end
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
  found.steps = number("steps", {min = 0, integer = true})
  found.schedule, found.schedule_text, found.schedule_name, found.schedule_words = part("schedules", "schedule")
  found.noise, found.noise_text, found.noise_name, found.noise_words = part("noises", "noise")
  for _, key in ipairs{"update", "objective"} do
    found[key] = of_preset(key)
    if type(found[key]) ~= "function" then refuse("%s: a function expected, got a %s", key, type(found[key])) end
  end
  found.descends_log_p = found.objective == homework.objective
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

-- The gradient of the preset's own objective at x.
function method.gradient(how, m, x, k, memory)
  local X = x:clone():requires_grad_(true)
  local value = how.objective(m, X, k, memory)
  local kind = getmetatable(value) == "tensor" and "a tensor without a gradient" or value == nil and "nil" or "a " .. type(value)
  if getmetatable(value) == "tensor" and value.requires_grad then
    value:sum():backward()
    if X.grad then return X.grad end
    kind = "a tensor that does not depend on x"
  end
  host.refuse("--preset " .. how.name, ("objective: a tensor made of x expected, got %s at step %d"):format(kind, k))
end

-- Problem 3's loop and nothing else, for measuring: what is filled in where M is 0 in the pictures X_true, of shape
-- (batch, height, width). The update rule sees the batch as x.
function method.fill_in(how, m, X_true, M)
  if how.fill then return how.fill(X_true, M) end
  local P = projection.Intersection{projection.Box(0, 1), projection.Observed(M, X_true)}
  local x, memory = X_true:where(M, how.start), {}
  for k = 1, how.steps do
    local gradient = method.gradient(how, m, x, k, memory)
    local alpha = method.step_size(how, k, how.lr, how.steps)
    local sigma = method.noise_level(how, k, alpha, how.steps)
    local Y = how.update(x, gradient, alpha, k, memory)
    if sigma > 0 then Y = Y + sigma * random.normal(x.shape) end
    x = P(Y)
  end
  return x
end

-- `particles:N` in place of a preset: {fill = f}, f(X_true, M) being the mean of N particles of the flow m that fill in
-- what is hidden (digits/particles.lua); nil for another name.
function method.particles(name, m)
  local text = name:match "^particles:?(.*)$"
  if not text then return nil end
  local count = text == "" and 64 or tonumber(text) or text
  local n = host.check("--presets " .. name, count, {integer = true, min = 1, max = 4096})
  local path = method.files[m]
  if not path then host.refuse("--presets " .. name, "needs a flow of train_digits.lua as --model") end
  local sweep = method.plainly("--model " .. path, function()
    return require "digits.particles".filter(require "digits.flows".load(path))
  end)
  local generator = random.generator(0)
  return {fill = function(X_true, M)
    local X = X_true:clone()
    for r = 1, #X do
      local x, mask = X_true[r]:reshape(1, 1, 28, 28), M[r]:reshape(1, 1, 28, 28)
      local _, _, mean = autodiff.no_grad(sweep, x, mask, n, generator)
      X[r] = X_true[r]:where(M[r], mean:reshape(28, 28))
    end
    return X
  end}
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
