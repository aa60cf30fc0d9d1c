-- Problem 6: SGD with two gradients.
--
--   minimize  F(mu, tau) = E[X sin X] + (mu - 1)^2 / 2 + e^tau - tau,   X ~ N(mu, sigma^2),  sigma = e^tau,
--
-- by (a) the log-derivative trick and (b) the reparameterization trick, each written twice: by hand from the sheet's
-- formulas, and by the library from the distribution and the loss X sin X alone (montecarlo, autodiff, optim.SGD).
--
-- E[X sin X] = e^(-sigma^2/2) (mu sin mu + sigma^2 cos mu) is exact, so every gradient estimate is judged by its
-- standard error, and the two local minima are known.
--
-- Beyond the sheet: the same estimates with less variance (homework/reductions.lua). Differences are taken at common
-- draws, and polynomials of the noise whose mean is known are taken away.
--
--   luaflow run scripts/problem6_sgd.lua --steps 200 --batch 16 --lr 1e-2
local autodiff = require "autodiff"
local distribution = require "distribution"
local figure = require "homework.figure"
local host = require "host"
local montecarlo = require "montecarlo"
local optim = require "optim"
local plot = require "plot"
local random = require "random"
local reductions = require "homework.reductions"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Minimises E[X sin X] + ... by SGD with the log-derivative and the reparameterization trick (problem 6).",
  {"mu", 0, "where SGD starts"},
  {"tau", 0, "where SGD starts; sigma = e^tau"},
  {"lr", 1e-2, "the step size"},
  {"batch", 16, "draws per step, B"},
  {"steps", 200, "of SGD"},
  {"draws", 50000, "for the comparison of the gradients' variances"},
  {"seed", 0, "of all draws"},
  {"out", "problem6.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local mu0 = host.check("--mu", options.mu, {min = -10, max = 10})
local tau0 = host.check("--tau", options.tau, {min = -5, max = 3})
local lr = host.check("--lr", options.lr, {min = 0, max = 1})
local B = host.check("--batch", options.batch, {integer = true, min = 2, max = 100000})
local steps = host.check("--steps", options.steps, {integer = true, min = 1, max = 20000})
local R = host.check("--draws", options.draws, {integer = true, min = 1000, max = 1000000})
local seed = host.check("--seed", options.seed, {integer = true})
random.manual_seed(seed)
local float64 = {dtype = "float64"}
local function number(x) return tensor(x, float64) end

-- The objective: the part in closed form beside the expectation, and the expectation in closed form.
local function rest(mu, tau) return (mu - 1) ^ 2 / 2 + tau:exp() - tau end
---@param mu tensor
---@param tau tensor
local function expectation(mu, tau)
  local variance = (2 * tau):exp()
  return (-variance / 2):exp() * (mu * mu:sin() + variance * mu:cos())
end
local function F(mu, tau) return expectation(mu, tau) + rest(mu, tau) end

-- (a) by hand: the sheet's terms, one number per draw X ~ N(mu, e^2tau), with a baseline b instead of 0 if wanted.
local function log_derivative(mu, tau, X, b)
  local f = X * X:sin() - (b or 0)
  local score_mu = (X - mu) / math.exp(2 * tau)
  local score_tau = -1 + (X - mu) ^ 2 / math.exp(2 * tau)
  return f * score_mu + (mu - 1), f * score_tau + (math.exp(tau) - 1)
end
-- (b) by hand: one number per draw Z ~ N(0, 1).
local function reparameterization(mu, tau, Z)
  local X = math.exp(tau) * Z + mu
  local slope = X * X:cos() + X:sin()
  return slope + (mu - 1), math.exp(tau) * Z * slope + (math.exp(tau) - 1)
end

-- By the library: the distribution of X and the loss, and a trick's name.
local function normal(mu, tau) return distribution.Normal(mu, tau:exp()) end
local function loss(x) return x * x:sin() end

-- The mean of the other draws' losses is a baseline that leaves the estimate unbiased; x has shape (batches, B).
local function leave_one_out(x)
  local f = loss(x)
  return (f:sum(2, true) - f) / (#x[1] - 1)
end

-- The gradients' means and variances at a point, against the exact gradient.
local function compare(title, mu, tau, stream)
  local m, t = number(mu), number(tau)
  local exact = {autodiff.grad(F, m, t, {argnums = {1, 2}})}
  local of_rest = {autodiff.grad(rest, m, t, {argnums = {1, 2}})}
  local batches = R // B
  local Z = random.normal({batches * B}, {dtype = "float64", generator = random.generator(seed, stream)}):reshape(batches, B)
  local X = mu + math.exp(tau) * Z

  local f = loss(X)
  local se = f:std():item() / math.sqrt(f:numel())
  local z = verdict.z("closed form of E[X sin X] at " .. title, f:mean():item(), se, expectation(m, t):item())
  print(("\n%s: F = %.6f, grad F = (%.5f, %.5f); E[X sin X]: z = %.2f"):format(title, F(m, t):item(), exact[1]:item(), exact[2]:item(), z))
  print(("%-31s %8s %7s %5s %8s %7s %5s"):format(("variance of a mean of %d"):format(B), "mu", "s.e.", "z", "tau", "s.e.", "z"))
  local function row(name, means, errors, variances)
    local cells = {}
    for k, parameter in ipairs{"mu", "tau"} do
      local z = verdict.z(("%s at %s, d/d%s"):format(name, title, parameter), means[k], errors[k], exact[k]:item())
      cells[k] = ("%8.4f %7.4f %5.2f"):format(variances[k], errors[k], z)
    end
    print(("%-31s %s"):format(name, table.concat(cells, " ")))
  end
  -- By hand. Draws of one batch share a baseline: batches are what is independent.
  local function hand(name, ...)
    local means, errors, variances = {}, {}, {}
    for k, g in ipairs{...} do
      local of_batches = g:mean(2)
      means[k], variances[k] = of_batches:mean():item(), of_batches:var():item()
      errors[k] = math.sqrt(variances[k] / batches)
    end
    row(name, means, errors, variances)
    return means
  end
  -- By the library, at the same draws: the same numbers, up to rounding.
  local function library(name, by_hand, options)
    options.distribution, options.loss, options.params, options.samples = normal, loss, {m, t}, batches * B
    options.generator = random.generator(seed, stream)
    local r = montecarlo[name](options)
    local means, errors, variances = {}, {}, {}
    for k = 1, 2 do
      means[k], errors[k] = (r.gradients[k] + of_rest[k]):item(), r.standard_errors[k]:item()
      variances[k] = r.variances[k]:item() / B
      if by_hand then
        verdict.exact(("%s at %s: by hand and by montecarlo"):format(name, title), means[k], by_hand[k], 1e-10 * (1 + math.abs(means[k])))
      end
    end
    row("  montecarlo." .. name, means, errors, variances)
  end
  library("score_function", hand("log-derivative", log_derivative(mu, tau, X)), {})
  hand("log-derivative, leave-one-out", log_derivative(mu, tau, X, leave_one_out(X)))
  -- The library takes the baseline over all draws.
  local all = {log_derivative(mu, tau, X, leave_one_out(X:reshape(1, batches * B)):reshape(batches, B))}
  library("score_function", {all[1]:mean():item(), all[2]:mean():item()}, {baseline = "leave_one_out"})
  library("reparameterization", hand("reparameterization", reparameterization(mu, tau, Z)), {})
  library("measure_valued", nil, {})                -- at two more losses per draw and parameter
end

print("F(mu, tau) = E[X sin X] + (mu - 1)^2 / 2 + e^tau - tau, X ~ N(mu, e^2tau)")
compare("start", mu0, tau0, 2)
compare("second minimum", 1.3667, 0.6741, 3)

-- A step size that is too long: SGD leaves, and never comes back.
local function check_step(k, mu, tau)
  if math.abs(mu) <= 1e3 and math.abs(tau) <= 30 then return end
  verdict.stop("luaflow: SGD diverged at step %d (mu = %.3g, tau = %.3g, scale e^tau = %.3g); try a smaller --lr than %g",
    k, mu, tau, math.exp(tau), lr)
end

-- SGD by hand. `gradient(mu, tau, Z)` returns one number per draw for each parameter.
local function by_hand(gradient)
  local g, mu, tau, path = random.generator(seed, 1), mu0, tau0, {{mu0, tau0}}
  for k = 1, steps do
    local dmu, dtau = gradient(mu, tau, random.normal({B}, {dtype = "float64", generator = g}))
    mu, tau = mu - lr * dmu:mean():item(), tau - lr * dtau:mean():item()
    check_step(k, mu, tau)
    path[k + 1] = {mu, tau}
  end
  return path
end
-- SGD by the library: the surrogate's gradients are the estimate.
local function by_library(trick, baseline)
  local g = random.generator(seed, 1)
  local mu, tau = number(mu0):requires_grad_(), number(tau0):requires_grad_()
  local opt = optim.SGD({mu, tau}, {lr = lr})
  local path = {{mu0, tau0}}
  for k = 1, steps do
    local estimate = trick{
      distribution = normal, loss = loss, params = {mu, tau}, samples = B, generator = g, baseline = baseline,
      statistics = false, surrogate = true,
    }
    opt:zero_grad();
    (estimate.surrogate + rest(mu, tau)):backward()
    opt:step()
    check_step(k, mu:item(), tau:item())
    path[k + 1] = {mu:item(), tau:item()}
  end
  return path
end

local paths = {
  {name = "(a) log-derivative", color = "vermillion", linestyle = "-", hand = by_hand(function(mu, tau, Z)
    return log_derivative(mu, tau, mu + math.exp(tau) * Z)
  end), library = by_library(montecarlo.score_function)},
  {name = "(a) with a baseline", color = "orange", linestyle = "--", hand = by_hand(function(mu, tau, Z)
    local X = mu + math.exp(tau) * Z
    return log_derivative(mu, tau, X, leave_one_out(X:reshape(1, B))[1])
  end), library = by_library(montecarlo.score_function, "leave_one_out")},
  {name = "(b) reparameterization", color = "blue", linestyle = ":", hand = by_hand(reparameterization), library = by_library(montecarlo.reparameterization)},
}
print(("\nSGD from (%g, %g): %d steps of %g, B = %d"):format(mu0, tau0, steps, lr, B))
for _, path in ipairs(paths) do
  local last = path.hand[steps + 1]
  local line = ("%-24s (%8.5f, %8.5f)  F = %.5f"):format(path.name, last[1], last[2], F(number(last[1]), number(last[2])):item())
  local same = path.library[steps + 1]
  local apart = math.max(math.abs(same[1] - last[1]), math.abs(same[2] - last[2]))
  verdict.exact(path.name .. ": SGD by hand and by optim.SGD", apart, 0, 1e-9)
  print(line .. ("  library: %.0e apart"):format(apart))
end

-- The local minima of F: gradient descent on the closed form from different starts.
print("\nminima by gradient descent on the closed form")
local minima = {}
for _, case in ipairs{
  {start = {-1, -1}, known = {0.4423, -0.5001, 1.69617}},
  {start = {2, 0.5}, known = {1.3667, 0.6741, 1.66440}},
} do
  local function f(x) return F(x[1], x[2]) end
  local x = tensor(case.start, float64)
  local value, grad
  for _ = 1, 500 do
    value, grad = autodiff.value_and_grad(f, x)
    x = x - 0.2 * grad
  end
  local curvature = autodiff.hessian(f, x):eigh()
  local found = {x[{1}], x[{2}], value:item()}
  print(("from (%g, %g): (%.4f, %.4f), F = %.5f, |grad| %.0e, curved %.2f, %.2f"):format(
    case.start[1], case.start[2], found[1], found[2], found[3], grad:norm():item(), curvature[{1}], curvature[{2}]))
  for k, name in ipairs{"mu", "tau", "F"} do
    verdict.exact(("minimum from (%g, %g), %s"):format(case.start[1], case.start[2], name), found[k], case.known[k], k < 3 and 5e-5 or 5e-6)
  end
  verdict.exact("the gradient there", grad:norm():item(), 0, 1e-9)
  verdict.exact("the curvature there, if negative", math.min(curvature[{1}], 0), 0, 0)
  minima[#minima + 1] = found
end

-- Common random numbers: differences of E[X sin X] between two points, X = mu + e^tau Z with the same Z at both. Near
-- points are worth it; far apart, X sin X at the two may go up and down against each other, and own draws are better.
local M = math.max(R, 20000)
local draws = {}
for k = 1, 2 do
  draws[k] = random.normal({M}, {dtype = "float64", generator = random.generator(seed, 10 + k)})
end
local function values(point, Z) return loss(point[1] + math.exp(point[2]) * Z) end
local function exact_value(point) return expectation(number(point[1]), number(point[2])):item() end
print(("\ncommon random numbers: differences of E[X sin X], %d draws"):format(M))
print(("%-25s %9s %9s %6s %9s %6s %9s"):format("", "exact", "s.e.", "z", "own draws", "z", "variance"))
for _, case in ipairs{
  {"mu 0.01 above the start", {mu0 + 0.01, tau0}, {mu0, tau0}},
  {"tau 0.01 above the start", {mu0, tau0 + 0.01}, {mu0, tau0}},
  {"the ends of (b) and (a)", paths[3].hand[steps + 1], paths[1].hand[steps + 1]},
  {"one minimum and the other", minima[2], minima[1]},
} do
  local name, one, two = table.unpack(case)
  local r = reductions.common(values(one, draws[1]), values(two, draws[1]), values(two, draws[2]))
  local exact = exact_value(one) - exact_value(two)
  local z = verdict.z(name .. ", common draws", r.common.mean, r.common.se, exact)
  local z_own = verdict.z(name .. ", own draws", r.independent.mean, r.independent.se, exact)
  print(("%-25s %9.5f %9.1e %6.2f %9.1e %6.2f %9s"):format(
    name, exact, r.common.se, z, r.independent.se, z_own, ("/ %.3g"):format(r.ratio)))
end

-- Control variates: He_1 to He_4 of Z, with coefficients from other draws. Their tails are long: draws are many.
print("\ncontrol variates: four polynomials of Z, coefficients from other draws")
print(("%-30s %9s %9s %9s %9s %6s"):format("variance of one draw", "exact", "without", "with", "", "z"))
local without, with = {}, {}
local H, pilot_H = reductions.hermite(draws[1], 4), reductions.hermite(draws[2], 4)
local estimated = {"E[X sin X]", "log-derivative, mu", "log-derivative, tau", "reparameterization, mu", "reparameterization, tau"}
for _, case in ipairs{{"start", mu0, tau0}, {"second minimum", 1.3667, 0.6741}} do
  local title, mu, tau = table.unpack(case)
  local m, t = number(mu), number(tau)
  local dmu, dtau = autodiff.grad(F, m, t, {argnums = {1, 2}})
  local exact = {expectation(m, t), dmu, dtau, dmu, dtau}
  local function all(Z)
    local X = mu + math.exp(tau) * Z
    local score_mu, score_tau = log_derivative(mu, tau, X)
    return {loss(X), score_mu, score_tau, reparameterization(mu, tau, Z)}
  end
  local g, pilot_g = all(draws[1]), all(draws[2])
  for k, what in ipairs(estimated) do
    local plain = reductions.summary(g[k])
    local controlled = reductions.summary((reductions.control(g[k], H, pilot_g[k], pilot_H)))
    local name = ("%s at %s, with control variates"):format(what, title)
    local z = verdict.z(name, controlled.mean, controlled.se, exact[k]:item())
    print(("%-30s %9.5f %9.4f %9.2e %9s %6.2f"):format(
      (k == 1 and title .. ": " or "  ") .. what, exact[k]:item(), plain.variance, controlled.variance,
      ("/ %.3g"):format(plain.variance / controlled.variance), z))
    without[#without + 1], with[#with + 1] = plain.variance, controlled.variance
  end
end

-- Which way ends lower? Pairs of runs of SGD, all at once: mu and tau are (runs, 1), the noise is (runs, B).
local runs, short = 200, math.min(steps, 200)
local function ends(way, rate, stream)
  local g = random.generator(seed, stream)
  local mu, tau = tensor.full({runs, 1}, mu0, float64), tensor.full({runs, 1}, tau0, float64)
  for _ = 1, short do
    local Z = random.normal({runs, B}, {dtype = "float64", generator = g})
    local sigma = tau:exp()
    local X = mu + sigma * Z
    local dmu, dtau
    if way == "b" then
      local slope = X * X:cos() + X:sin()
      dmu, dtau = slope, sigma * Z * slope
    else
      local f = way == "a" and loss(X) or loss(X) - leave_one_out(X)
      dmu, dtau = f * Z / sigma, f * (Z ^ 2 - 1)
    end
    mu, tau = mu - rate * (dmu:mean(2, true) + mu - 1), tau - rate * (dtau:mean(2, true) + sigma - 1)
  end
  return F(mu, tau):reshape(-1)
end
print(("\nF after %d steps, difference of %d pairs of runs"):format(short, runs))
print(("%-35s %10s %9s %9s %9s"):format("", "mean", "s.e.", "own draws", "variance"))
local b = ends("b", lr, 20)
for _, case in ipairs{
  {"(b) with lr less a tenth - (b)", ends("b", 0.9 * lr, 20), b, ends("b", lr, 21)},
  {"(a) - (a) with a baseline", ends("a", lr, 20), ends("a baseline", lr, 20), ends("a baseline", lr, 21)},
  {"(a) with a baseline - (b)", ends("a baseline", lr, 20), b, ends("b", lr, 21)},
} do
  local r = reductions.common(case[2], case[3], case[4])
  if math.abs(r.common.mean) < math.huge then
    print(("%-35s %10.2e %9.1e %9.1e %9s"):format(
      case[1], r.common.mean, r.common.se, r.independent.se, ("/ %.3g"):format(r.ratio)))
  else
    print(("%-35s a run diverged"):format(case[1]))
  end
end

-- The figure: paths over F's contours; F along them; the gradients' variances along (b)'s path.
local low, high = {mu0, tau0}, {mu0, tau0}
local function include(p, margin)
  for k = 1, 2 do low[k], high[k] = math.min(low[k], p[k] - margin), math.max(high[k], p[k] + margin) end
end
for _, p in ipairs(minima) do include(p, 0.45) end
for _, path in ipairs(paths) do for _, p in ipairs(path.hand) do include(p, 0.1) end end
local n = 101
local surface = F(tensor.linspace(low[1], high[1], n, float64):reshape(1, n), tensor.linspace(low[2], high[2], n, float64):reshape(n, 1))
local function column(path, k)
  local values = {}
  for i, p in ipairs(path) do values[i] = p[k] end
  return tensor(values, float64)
end
local over, along, ks = {}, {}, {}
for k = 0, steps do ks[k + 1] = k end
for _, path in ipairs(paths) do
  local mu, tau = column(path.hand, 1), column(path.hand, 2)
  over[#over + 1] = {x = mu, y = tau, label = path.name, color = path.color, style = path.linestyle}
  along[#along + 1] = {x = ks, y = F(mu, tau), label = path.name, color = path.color, linestyle = path.linestyle}
end
over[#over + 1] = {x = {minima[1][1], minima[2][1]}, y = {minima[1][2], minima[2][2]}, label = "local minima",
  color = "black", style = "points", marker = "D", markersize = 7}

local curves, at = {{}, {}, {}}, {}
for k = 0, 20 do
  local p = paths[3].hand[1 + (k * steps) // 20]
  local Z = random.normal({1000, B}, float64)
  local X = p[1] + math.exp(p[2]) * Z
  at[#at + 1] = (k * steps) // 20
  for i, in_mu in ipairs{
    (log_derivative(p[1], p[2], X)), (log_derivative(p[1], p[2], X, leave_one_out(X))), (reparameterization(p[1], p[2], Z)),
  } do
    curves[i][#at] = in_mu:mean(2):var():item()
  end
end
local most = 0
for _, curve in ipairs(curves) do most = math.max(most, table.unpack(curve)) end
local smallest, largest = math.min(table.unpack(without)), math.max(table.unpack(without))
local first = {{}, {}}
for k = 1, #estimated do first[1][k], first[2][k] = without[#estimated + k], with[#estimated + k] end
plot.figure{columns = 2, panels = {
  plot.contour{surface, x = {low[1], high[1]}, y = {low[2], high[2]}, levels = {1.67, 1.69, 1.72, 1.8, 1.9, 2, 2.2, 2.5, 3, 4},
    title = ("SGD over the exact F, step size %g"):format(lr), xlabel = "µ", ylabel = "τ", series = over,
    -- Light contours: the paths stand out in print, too.
    colormap = "grey", vmin = -8, vmax = 5, legend = "bottomright"},
  plot.line{series = along, title = "F along the paths", xlabel = "step", ylabel = "F"},
  plot.line{title = ("variance of a gradient in µ, B = %d"):format(B), xlabel = "step of (b)", ylabel = "variance",
    ylim = {0, 1.6 * most}, legend = "topright", series = {  -- with room for it
    {x = at, y = curves[1], label = paths[1].name, color = paths[1].color, linestyle = "-", marker = "o"},
    {x = at, y = curves[2], label = paths[2].name, color = paths[2].color, linestyle = "--", marker = "s"},
    {x = at, y = curves[3], label = paths[3].name, color = paths[3].color, linestyle = ":", marker = "^"}}},
  plot.scatter{x = {table.unpack(without, 1, #estimated)}, y = {table.unpack(with, 1, #estimated)}, label = "start",
    title = "variance with control variates", xlabel = "without", ylabel = "with", logx = true, logy = true, series = {
    {x = first[1], y = first[2], label = "second minimum", color = "vermillion", marker = "x"},
    {x = {smallest, largest}, y = {smallest, largest}, style = "--", color = "grey", label = "no difference"}}},
}}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
