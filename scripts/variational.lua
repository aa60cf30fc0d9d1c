-- Variational inference: the q of a family that is nearest to an unnormalised density h, by climbing the lower bound
--
--   ELBO(phi) = E_q[log(h(Z) / q(Z))] = log(integral of h) - KL(q, h / integral of h),   Z ~ q = q_phi.
--
-- Its gradient is problem 1's: the dependence of the integrand on phi adds nothing in the mean, so that the loss is
-- log(q / h) with phi held fixed, and each estimator of montecarlo differentiates the draws alone. For the
-- reparameterized one this is worth most: the noise of the score, which is left out, is all that it has at the optimum.
--
-- Two posteriors with known integrals, three families: a normal distribution with independent components, one with any
-- covariance, and a flow (m:fit_to). For each estimator: the bound, how far below the truth it is, the variance of the
-- gradient, and k-hat of the weights h / q, which says whether q may serve for importance sampling.
--
--   luaflow run scripts/variational.lua --steps 2000 --flow-steps 2000
local autodiff = require "autodiff"
local distribution = require "distribution"
local figure = require "homework.figure"
local flow = require "flow"
local host = require "host"
local montecarlo = require "montecarlo"
local optim = require "optim"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Fits normal distributions and a flow to two posteriors, with every gradient estimator.",
  rest = "posteriors",
  {"steps", 300, "of Adam, for each estimator", integer = true, min = 1, max = 1000000},
  {"samples", 16, "draws in a step", integer = true, min = 2, max = 100000},
  {"lr", 0.05, "the step size, which goes down to 0 by a cosine", min = 0, max = 1},
  {"flow_steps", 300, "of Adam, for the flow", integer = true, min = 0, max = 1000000},
  {"draws", 4000, "for the results and the comparison of gradients", integer = true, min = 1000, max = 1000000},
  {"seed", 0, "of all draws", integer = true},
  {"out", "variational.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
random.manual_seed(options.seed)
local float64 = {dtype = "float64"}

-- The posteriors: log h of points (N, 2), and log of h's integral.
local posteriors = {
  {
    name = "gaussian", log_evidence = -2, low = {-3, -5}, high = {5, 4},
    mean = {1, 0}, covariance = {{1, 0.9}, {0.9, 1.2}},
  },
  {
    name = "banana", log_evidence = 1, low = {-3.5, -3}, high = {3.5, 7},
    -- z1 is standard normal, and z2 is normal around z1^2 - 1 with standard deviation 1/2.
    log_h = function(z)
      local z1, z2 = z[{{}, 1}], z[{{}, 2}]
      return 1 - math.log(math.pi) - z1 ^ 2 / 2 - 2 * (z2 - z1 ^ 2 + 1) ^ 2
    end,
  },
}
local gaussian = posteriors[1]
gaussian.truth = distribution.MultivariateNormal(gaussian.mean, gaussian.covariance, float64)
function gaussian.log_h(z) return gaussian.truth:log_prob(z) + gaussian.log_evidence end

local names = {gaussian = posteriors[1], banana = posteriors[2]}
if #options.rest > 0 then
  posteriors = {}
  for k, name in ipairs(options.rest) do
    posteriors[k] = names[name] or host.refuse(name, "no posterior; there are banana and gaussian")
  end
end

-- The families: a distribution of the parameters, and what training begins with.
local families = {
  {
    name = "independent", begin = {{0, 0}, {0, 0}},
    distribution = function(mu, s) return distribution.Normal(mu, s:exp()) end,
    log_prob = function(z, mu, s) return distribution.Normal(mu, s:exp()):log_prob(z):sum(2) end,
    estimators = {"score", "score, baseline", "path", "path and score", "measure-valued"},
  }, {
    name = "any covariance", begin = {{0, 0}, {{0, 0}, {0, 0}}},
    estimators = {"score, baseline", "path"},
  },
}
-- A lower triangular matrix with a positive diagonal: e to the power of A's diagonal, and what A has below it.
local function triangular(A) return A:tril(-1) + A:diag():exp():diag() end
local correlated = families[2]
function correlated.distribution(mu, A) return distribution.MultivariateNormal(mu, {scale_tril = triangular(A)}) end
function correlated.log_prob(z, mu, A) return correlated.distribution(mu, A):log_prob(z) end

-- The estimators of the gradient of -ELBO: a method of the library, and whether the loss sees phi or holds it fixed.
local estimators = {
  ["score"] = {call = montecarlo.score_function},
  ["score, baseline"] = {call = montecarlo.score_function, baseline = "leave_one_out"},
  ["path"] = {call = montecarlo.reparameterization},
  ["path and score"] = {call = montecarlo.reparameterization, whole = true},
  ["measure-valued"] = {call = montecarlo.measure_valued},
}

-- An estimate at the parameters; `own` has samples, generator, statistics, surrogate.
local function estimate(name, family, posterior, params, own)
  local e = estimators[name]
  local held = {}
  for k, p in ipairs(params) do held[k] = p:detach() end
  own.distribution, own.params, own.baseline = family.distribution, params, e.baseline
  if e.whole then
    function own.loss(z, ...) return family.log_prob(z, ...) - posterior.log_h(z) end
  else
    function own.loss(z) return family.log_prob(z, table.unpack(held)) - posterior.log_h(z) end
  end
  return e.call(own)
end

local function parameters(family)
  local params = {}
  for k, values in ipairs(family.begin) do params[k] = tensor(values, float64) end
  return params
end

-- Problem 1's identity: at the start all estimators have one mean, minus the gradient of the bound, which is exact for
-- the gaussian: log h's integral minus the divergence of q from it.
local function exact_gradient(family)
  local function bound(...)
    local q = family.distribution(...)
    if q.name == "Normal" then
      local mu, s = ...
      q = distribution.MultivariateNormal(mu, {scale_tril = s:exp():diag()})
    end
    return gaussian.log_evidence - distribution.kl_divergence(q, gaussian.truth):sum()
  end
  local params = parameters(family)
  return {autodiff.grad(bound, params[1], params[2], {argnums = {1, 2}})}
end
print(("the gradient of -ELBO at the start, %d draws; variance of one draw"):format(options.draws))
print(("%-15s %-15s %10s %10s %12s"):format("family", "estimator", "largest |z|", "variance", "evaluations"))
for index, family in ipairs(families) do
  local exact = exact_gradient(family)
  for _, name in ipairs(family.estimators) do
    local r = estimate(name, family, gaussian, parameters(family), {
      samples = options.draws, generator = random.generator(options.seed, index)})
    local worst, variance = 0, 0
    for k, gradient in ipairs(r.gradients) do
      local got, se, truth = gradient:reshape(-1), r.standard_errors[k]:reshape(-1), -exact[k]:reshape(-1)
      for i = 1, #got do
        local what = ("%s, %s, component %d of parameter %d"):format(family.name, name, i, k)
        worst = math.max(worst, math.abs(verdict.z(what, got[{i}], se[{i}], truth[{i}])))
      end
      variance = variance + r.variances[k]:sum():item()
    end
    print(("%-15s %-15s %11.2f %10.3g %12d"):format(family.name, name, worst, variance, r.evaluations))
  end
end

-- What draws of a fitted q say: the bound, and k-hat of the weights h / q.
local function result(posterior, z, log_q)
  local log_w = (posterior.log_h(z) - log_q):detach():to("float64")
  local elbo, se = log_w:mean():item(), montecarlo.standard_error(log_w)
  return {elbo = elbo, se = se, below = posterior.log_evidence - elbo, khat = montecarlo.khat(log_w)}
end

-- Adam on -ELBO.
local function fit(name, family, posterior)
  local params = parameters(family)
  for _, p in ipairs(params) do p:requires_grad_() end
  local opt = optim.Adam(params, {lr = options.lr})
  local rate = optim.schedule.cosine(options.lr, options.steps)
  local g = random.generator(options.seed, 10)
  local curve, start = {}, host.clock()
  for k = 1, options.steps do
    local r = estimate(name, family, posterior, params, {
      samples = options.samples, generator = g, statistics = false, surrogate = true})
    opt:zero_grad()
    r.surrogate:backward()
    opt.lr = rate(k)
    opt:step()
    curve[k] = -r.value
  end
  local seconds = host.clock() - start
  for k, p in ipairs(params) do params[k] = p:detach() end
  local q = family.distribution(table.unpack(params))
  local z = q:sample({options.draws}, {generator = random.generator(options.seed, 11)})
  local r = result(posterior, z, family.log_prob(z, table.unpack(params)))
  local last = estimate(name, family, posterior, params, {
    samples = options.draws, generator = random.generator(options.seed, 12)})
  r.variance = last.variances[1]:sum():item() + last.variances[2]:sum():item()
  r.curve, r.seconds, r.params = curve, seconds, params
  return r
end

local function row(posterior, family, name, r)
  -- Above the truth by more than chance would be a fault.
  local se = math.max(r.se, 1e-12)
  verdict.z(("%s, %s, %s: the bound is no bound"):format(posterior.name, family, name), math.max(-r.below, 0), se, 0)
  print(("%-15s %-15s %9.4f %8.4f %8.4f %9s %7.2f %5.1f"):format(
    family, name, r.elbo, r.se, r.below, r.variance and ("%.2g"):format(r.variance) or "", r.khat, r.seconds))
end

for _, posterior in ipairs(posteriors) do
  print(("\n%s, log of the integral %g; %d steps of %d draws"):format(
    posterior.name, posterior.log_evidence, options.steps, options.samples))
  print(("%-15s %-15s %9s %8s %8s %9s %7s %5s"):format(
    "family", "estimator", "ELBO", "s.e.", "below", "variance", "k-hat", "s"))
  posterior.fitted = {}
  for _, family in ipairs(families) do
    posterior.fitted[family.name] = {}
    for _, name in ipairs(family.estimators) do
      local r = fit(name, family, posterior)
      posterior.fitted[family.name][name] = r
      row(posterior, family.name, name, r)
    end
  end
  -- A flow: zuko's NSF, by the path alone.
  local m = flow.NSF{features = 2, transforms = 2, hidden_features = {32, 32}}
  local start = host.clock()
  m:fit_to(posterior.log_h, {
    steps = options.flow_steps, samples = 128, lr = 5e-3, schedule = "cosine", seed = options.seed, progress = false})
  local seconds = host.clock() - start
  local z = m:sample(options.draws, {generator = random.generator(options.seed, 13)})
  local r = result(posterior, z, m:log_prob(z))
  r.seconds, posterior.draws = seconds, z
  row(posterior, "flow", "path and score", r)
end
print("\n" .. "k-hat above 0.7: q leaves out what matters, and is no proposal for importance sampling")

-- The figure: each posterior with the fitted normal distributions, with the flow's draws, and how the bound climbed.
local panels, n = {}, 121
local function moving_mean(curve)
  local x, y, width = {}, {}, math.max(1, #curve // 50)
  for k = width, #curve, width do
    local sum = 0
    for i = k - width + 1, k do sum = sum + curve[i] end
    x[#x + 1], y[#y + 1] = k, sum / width
  end
  return x, y
end
for _, posterior in ipairs(posteriors) do
  local low, high = posterior.low, posterior.high
  local x, y = tensor.linspace(low[1], high[1], n, float64), tensor.linspace(low[2], high[2], n, float64)
  local X, Y = x:reshape(1, n):expand(n, n):reshape(-1), y:reshape(n, 1):expand(n, n):reshape(-1)
  local surface = (posterior.log_h(tensor.stack({X, Y}, 2)) - posterior.log_evidence):exp():reshape(n, n)
  -- A curve of one density of a normal distribution: two standard deviations around its mean.
  local angle = tensor.linspace(0, 2 * math.pi, 100, float64)
  local circle = 2 * tensor.stack({angle:cos(), angle:sin()}, 2)
  local rings = {}
  for k, style in ipairs{{"independent", "vermillion", "--"}, {"any covariance", "blue", "-"}} do
    local params = posterior.fitted[style[1]].path.params
    local mu, shape = params[1], params[2]
    local ring
    if k == 1 then ring = circle * shape:exp() + mu
    else ring = circle:matmul(triangular(shape):t()) + mu end
    rings[k] = {x = ring[{{}, 1}], y = ring[{{}, 2}], label = style[1], color = style[2], style = style[3]}
  end
  local top = surface:max():item()
  local levels = {0.02 * top, 0.1 * top, 0.3 * top, 0.6 * top, 0.9 * top}
  local bounds = {x = {low[1], high[1]}, y = {low[2], high[2]}, levels = levels}
  panels[#panels + 1] = plot.contour{surface, x = bounds.x, y = bounds.y, levels = levels, series = rings,
    title = posterior.name .. ": 2 deviations of q", xlabel = "z1", ylabel = "z2"}
  local shown = posterior.draws[{{1, 500}}]
  panels[#panels + 1] = plot.contour{surface, x = bounds.x, y = bounds.y, levels = levels,
    title = "draws of the flow", xlabel = "z1", ylabel = "z2",
    series = {{x = shown[{{}, 1}], y = shown[{{}, 2}], style = "points", color = "grey", markersize = 2}}}
  local curves = {}
  for _, style in ipairs{{"score", "vermillion", "-"}, {"score, baseline", "orange", "--"}, {"path", "blue", "-."},
    {"measure-valued", "green", ":"}} do
    local a, b = moving_mean(posterior.fitted.independent[style[1]].curve)
    curves[#curves + 1] = {x = a, y = b, label = style[1], color = style[2], linestyle = style[3]}
  end
  local a, b = moving_mean(posterior.fitted["any covariance"].path.curve)
  curves[#curves + 1] = {x = a, y = b, label = "any covariance, path", color = "purple", linestyle = "--"}
  curves[#curves + 1] = {x = {1, options.steps}, y = {posterior.log_evidence, posterior.log_evidence}, color = "black",
    label = "log of the integral"}
  panels[#panels + 1] = plot.line{series = curves, title = "the bound, " .. posterior.name, xlabel = "step",
    ylabel = "ELBO", legend = "bottomright", ylim = {posterior.log_evidence - 3, posterior.log_evidence + 0.3}}
end
plot.figure{columns = 3, panels = panels}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
