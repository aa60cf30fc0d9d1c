-- A transform of your own, in Lua: written, checked, used in a flow, trained a little, saved and loaded.
--
-- z = asinh(e^a x) draws in heavy tails, feature by feature: large |x| count by their logarithm. With y = e^a x,
--   log |dz/dx| = a - log(1 + y^2) / 2
-- and the way back is x = e^-a sinh(z). Data of Student's t distribution, whose tails a normal base does not have, show
-- what it is good for: the same flow is trained with it and without.
--
--   luaflow run scripts/my_transform.lua --steps 300
local distribution = require "distribution"
local figure = require "homework.figure"
local flow = require "flow"
local host = require "host"
local optim = require "optim"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "A transform written in Lua: checked, used in a flow, trained, saved and loaded.",
  {"points", 1000, "of the data, for training; as many are held out"},
  {"steps", 300, "of Adam"},
  {"seed", 0, "of everything drawn"},
  {"out", "my_transform.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local points = host.check("--points", options.points, {integer = true, min = 2, max = 100000})
local steps = host.check("--steps", options.steps, {integer = true, min = 1, max = 100000})
random.manual_seed(host.check("--seed", options.seed, {integer = true}))

-- 1. Written: a function that makes the two directions, each with its own log |det|, one number per row of x (B, n).
-- log1p and expm1 keep the digits of small numbers; half_log is log(1 + y^2) / 2 without squares of large ones.
local function heavy_tail(n)
  local a = tensor.zeros(n):requires_grad_(true)
  local function half_log(y)
    local small, large = y:abs():minimum(1), y:abs():maximum(1)
    return large:log() + (small ^ 2 + large ^ -2):log() / 2
  end
  return {
    to_latent = function(x)
      local a = a:to(x.dtype)
      local y = x * a:exp()
      local size = y:abs()
      local z = y:sign() * (size + y * y / (1 + (1 + y * y):sqrt())):log1p()
      return z, (a - half_log(y)):sum(2)
    end,
    to_data = function(z)
      local a = a:to(z.dtype)
      local y = (z:expm1() - (-z):expm1()) / 2
      return y * (-a):exp(), (half_log(y) - a):sum(2)
    end,
    parameters = {log_scale = a},
  }
end

-- 2. Named: from here on it is flow.HeavyTail(n), also for flow.load. In a file of its own, given to luaflow by
-- --plugins, it is there for every script. The lines with three dashes tell an editor with lua-language-server.
---@class flowlib
---@field HeavyTail fun(n: number): transform
host.register{transforms = {HeavyTail = heavy_tail}}

-- 3. Checked, in float64: the way back, the two log-determinants, and the dense Jacobian by automatic differentiation.
local t = flow.HeavyTail(2)
t:parameters().log_scale.data[{}] = tensor{0.5, -1}
local report = t:check(random.normal{20, 2} * 10)
print(("checked           round trip %.0e, log |det| %.0e"):format(report.round_trip, report.log_det_dense))
verdict.exact("to_data(to_latent(x))", report.round_trip, 0, 1e-9)
verdict.exact("log |det| beside the dense Jacobian", report.log_det_dense, 0, 1e-9)

-- 4. Used: data x = A t, t two numbers of Student's t with 2 degrees of freedom; their density is known.
local A = tensor({{1, 0.5}, {-1, 1}})
local student = distribution.StudentT(2, 0, 1)
local function draw(n) return student:sample{n, 2}:matmul(A:t()) end
local function truth(x)
  local _, log_det = A:slogdet()
  return (student:log_prob(x:matmul(A:inverse():t())):sum(2) - log_det):mean():item()
end
local train, test = draw(points), draw(points)

local function fit(transforms)
  local m = flow.Flow("normal", transforms, {dim = 2})
  local adam = optim.Adam(m:parameters(), {lr = 0.03})
  local losses = {}
  for step = 1, steps do
    adam:zero_grad()
    local loss = -m:log_prob(train):mean()
    loss:backward()
    adam:step()
    losses[step] = loss:item()
  end
  return m, losses
end

local plain, plain_losses = fit{flow.LULinear(2), flow.ActNorm(2)}
local heavy, heavy_losses = fit{flow.LULinear(2), flow.HeavyTail(2), flow.ActNorm(2)}
print(("held out          %.3f nats without it, %.3f with it, %.3f in truth"):format(
  -plain:log_prob(test):mean():item(), -heavy:log_prob(test):mean():item(), -truth(test)))

-- 5. Saved and loaded: the file names HeavyTail, and flow.load looks the name up among what is registered.
local path = options.out:gsub("%.%w+$", "") .. ".safetensors"
heavy:save(path)
local again = flow.load(path)
local difference = (again:log_prob(test) - heavy:log_prob(test)):abs():max():item()
print("saved             " .. path)
print(("loaded            %s"):format(again))
print(("                  log-densities differ by %g"):format(difference))
verdict.exact("log-densities of the loaded flow", difference, 0, 0)

plot.figure{columns = 2, panels = {
  plot.scatter{x = train[{{}, 1}], y = train[{{}, 2}], title = "data", xlabel = "x1", ylabel = "x2"},
  plot.line{title = "training", xlabel = "step", ylabel = "nats per point", series = {
    {y = tensor(plain_losses), label = "without HeavyTail"}, {y = tensor(heavy_losses), label = "with HeavyTail"},
  }},
}}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
