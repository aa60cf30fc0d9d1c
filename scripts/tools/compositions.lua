-- Random compositions of transforms, each held to the laws by t:check: to_data undoes to_latent, the two
-- log-determinants cancel, and log |det| is that of the dense Jacobian. A failure is shrunk, transform by transform,
-- and printed as a line of Lua that fails by itself:
--
--   luaflow run scripts/tools/compositions.lua --count 1000000 --seed 1
--   luaflow -e 'THE LINE'
--
-- Composition number k of a seed is the same whatever the count is. --also adds a transform to those that are drawn, a
-- Lua expression in which n is the number of features:
--
--   luaflow run scripts/tools/compositions.lua --also 'flow.Scaling(tensor.zeros(n))'
local flow = require "flow"
local host = require "host"
local nn = require "nn"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "Checks random compositions of transforms; failures shrink to one line of Lua.",
  {"count", 1000, "how many compositions"},
  {"seed", 1, "of everything drawn"},
  {"first", 1, "the number of the first composition"},
  {"also", "", "one more transform, as a Lua expression in which n is the number of features"},
}
local count = host.check("--count", options.count, {integer = true, min = 1, max = 1000000000})
local seed = host.check("--seed", options.seed, {integer = true})
local first = host.check("--first", options.first, {integer = true, min = 1})

-- What lines may name.
local names = {flow = flow, nn = nn, random = random, tensor = tensor, math = math, pairs = pairs}

local function pick(list) return list[math.random(#list)] end
local function number(low, high) return ("%.3g"):format(low + (high - low) * math.random()) end
local function numbers(n, low, high)
  local list = {}
  for k = 1, n do list[k] = number(low, high) end
  return table.concat(list, ", ")
end
local function order(n)
  local list = {}
  for k = 1, n do table.insert(list, math.random(k), k) end
  return table.concat(list, ", ")
end
local function net(inputs, outputs)
  local activation = pick{"relu", "tanh", "elu"}
  return ("nn.MLP(%d, %d, {hidden_features = {5}, activation = %q})"):format(inputs, outputs, activation)
end

-- Moves the parameters of a transform that has one, from a start that tests nothing.
local jitter = "local function j(t) for _, p in pairs(t:parameters()) do "
  .. "p.data[{}] = p.data + random.uniform(p.shape, -0.4, 0.4) end return t end "

local function coupling_of(mask, conv)
  return ("flow.AffineCoupling{mask = tensor({%s}), net = %s}"):format(table.concat(mask, ", "), conv)
end

-- Each makes a transform of data {n} (or (n, 2, 2), where it takes images) whose numbers are at most `reach` large, and
-- says how large they are behind it. What is not known well is said too large.
local kinds = {
  {"Permute", "any", function(n, reach) return ("flow.Permute{%s}"):format(order(n)), reach end},
  {"Reverse", "any", function(n, reach) return ("flow.Reverse(%d)"):format(n), reach end},
  {"ActNorm", "any", function(n, reach)
    local rows = ("{%s}, {%s}"):format(numbers(n, -2, -0.4), numbers(n, 0.4, 2))
    return ("flow.ActNorm(%d):initialize(tensor({%s}))"):format(n, rows), 2.5 * reach + 5
  end},
  {"LULinear", "any", function(n, reach) return ("j(flow.LULinear(%d))"):format(n), 2 * n * reach end},
  {"Householder", "any", function(n, reach)
    return ("flow.Householder(%d, %d)"):format(n, math.random(3)), math.sqrt(n) * reach
  end},
  {"Conv1x1", "any", function(n, reach) return ("flow.Conv1x1(%d)"):format(n), math.sqrt(n) * reach end},
  {"Sigmoid", "any", function(n, reach) return "flow.Sigmoid()", 1, 4 end},
  {"Sigmoid, Logit", "any", function(n, reach)
    return ("flow.Sigmoid(), flow.Logit{alpha = %s}"):format(number(0, 0.2)), reach, 4
  end},
  {"Sigmoid, Histogram, Logit", "any", function(n, reach)
    local smooth = pick{"true", "false"}
    local text = "flow.Sigmoid(), flow.Histogram{counts = {%s}, smooth = %s}, flow.Logit{alpha = 0.01}"
    return text:format(numbers(math.random(2, 5), 1, 9), smooth), reach + 5, 4
  end},
  {"Tanh", "any", function(n, reach) return "flow.Tanh()", 1, 2.5 end},
  {"Softplus", "any", function(n, reach) return "flow.Softplus()", reach + 1, 4 end},
  {"Scaling", "vector", function(n, reach) return ("flow.Scaling{%s}"):format(numbers(n, -0.7, 0.7)), 2.1 * reach end},
  {"Planar", "vector", function(n, reach) return ("flow.Planar(%d)"):format(n), reach + 1 end},
  {"Radial", "vector", function(n, reach) return ("flow.Radial(%d)"):format(n), n > 1 and 4 * reach + 4 or nil end},
  {"coupling", "vector", function(n, reach)
    if n < 2 then return end
    local ones, passing = {}, math.random(n - 1)
    for k = 1, n do table.insert(ones, math.random(k), k <= passing and 1 or 0) end
    local mask = table.concat(ones, ", ")
    local kind = pick{"Additive", "Affine", "Spline"}
    local each, more = kind == "Additive" and 1 or kind == "Affine" and 2 or 8, kind == "Spline" and ", bins = 3" or ""
    local text = ("flow.%sCoupling{mask = {%s}, net = %s%s}")
    return text:format(kind, mask, net(passing, each * (n - passing)), more), 3 * reach + 3
  end},
  {"Autoregressive", "vector", function(n, reach)
    if n < 2 then return end
    local map = pick{'"affine"', '"spline", bins = 3', '"mixture", components = 2'}
    return ("flow.Autoregressive{features = %d, hidden_features = {5}, univariate = %s}"):format(n, map), 5 * reach + 5
  end},
  {"coupling of images", "image", function(n, reach)
    if n < 2 then return end
    local passing, mask = math.random(n - 1), {}
    for k = 1, n do mask[k] = k <= passing and "{{1}}" or "{{0}}" end
    local conv = ("nn.Conv2d(%d, %d, 3, {padding = 1})"):format(passing, 2 * (n - passing))
    return coupling_of(mask, conv), 3 * reach + 3
  end},
  {"checkerboard", "image", function(n, reach)
    local plane, mask = pick{"{{1, 0}, {0, 1}}", "{{0, 1}, {1, 0}}"}, {}
    for k = 1, n do mask[k] = plane end
    local conv = ("nn.Conv2d(%d, %d, 3, {padding = 1})"):format(n, 2 * n)
    return coupling_of(mask, conv), 3 * reach + 3
  end},
}
if options.also ~= "" then
  kinds[#kinds + 1] = {"--also", "any", function(n, reach)
    return (options.also:gsub("%f[%w_]n%f[^%w_]", tostring(n))), 2 * reach
  end}
end

-- A composition: its seed, the shape of its data, and its transforms as texts.
local function compose(k)
  math.randomseed(seed, k)
  local isImage = math.random(4) == 1
  local n = math.random(isImage and 2 or 4)
  local shape = isImage and ("{2, %d, 2, 2}"):format(n) or ("{2, %d}"):format(n)
  local composition = {seed = math.random(1000000), shape = shape}
  local reach, wanted = 1.5, math.random(5)
  while #composition < wanted do
    local kind = pick(kinds)
    if kind[2] == "any" or (kind[2] == "image") == isImage then
      local text, after, most = kind[3](n, reach)
      -- Where numbers saturate nobody could come back: they are made smaller before.
      if text and after and most and reach > most then
        local function row(x) return (("%.4g, "):format(x)):rep(n):sub(1, -3) end
        local rows = ("{%s}, {%s}"):format(row(-reach / 2), row(reach / 2))
        text = ("flow.ActNorm(%d):initialize(tensor({%s})), "):format(n, rows) .. text
      end
      if text and after then
        composition[#composition + 1] = text
        reach = after
      end
    end
  end
  return composition
end

local function line(composition)
  local text = table.concat(composition, ", ")
  return ("random.manual_seed(%d) %slocal t = flow.Chain{%s} t:check(random.uniform(%s, -1.5, 1.5))"):format(
    composition.seed, text:find("j%(") and jitter or "", text, composition.shape)
end

-- nil, or what is wrong.
local function fault(composition)
  local run, message = load(line(composition), "=line", "t", names)
  if not run then return message end
  local ok, problem = pcall(run)
  return not ok and tostring(problem) or nil
end

local function without(composition, k)
  local shorter = {seed = composition.seed, shape = composition.shape}
  for j, text in ipairs(composition) do if j ~= k then shorter[#shorter + 1] = text end end
  return shorter
end

-- Leaves out what the failure does not need: of a few seeds, as other transforms draw other numbers.
local function shrunk(composition)
  local message = fault(composition)
  local k = 1
  while k <= #composition and #composition > 1 do
    local found
    for try = 0, 19 do
      local shorter = without(composition, k)
      shorter.seed = composition.seed + try
      local problem = fault(shorter)
      if problem then found, message = shorter, problem break end
    end
    if found then composition = found else k = k + 1 end
  end
  return composition, message
end

local failures, checked = 0, 0
local bar <close> = host.progress(count)
for k = first, first + count - 1 do
  local composition = compose(k)
  checked = checked + 1
  if fault(composition) then
    failures = failures + 1
    local small, message = shrunk(composition)
    print(("composition %d of seed %d fails: %s"):format(k, seed, message))
    print(line(small))
    if failures == 10 then print("and no more is looked for") break end
  end
  if k % 1000 == 0 then bar:update(k - first + 1) end
end
print(("%d compositions checked, %d failures"):format(checked, failures))
if failures > 0 then os.exit(1) end
