-- Problem 1: the log-derivative trick for VAE.
--
--   grad_phi E_q[log(h(Z) / q(Z))] = E_q[(grad_phi log q(Z)) log(h(Z) / q(Z))],   Z ~ q = q_phi,  h > 0.
--
-- The dependence of the integrand on phi adds nothing on the right, since E_q[grad_phi log q(Z)] = 0; for the same reason a
-- baseline b, (grad log q) (log(h/q) - b), changes the variance and not the mean.
--
-- Left: the expectation as a quadrature on a grid, then autodiff through it; for the flow, which lives in the plane, a
-- reparameterized estimate, autodiff through the draws. Right: the mean over draws of the score times log(h/q). Each
-- comparison is a z-score: the difference over its standard error.
--
--   luaflow run scripts/problem1_log_derivative.lua --samples 20000 --h quadratic
local autodiff = require "autodiff"
local distribution = require "distribution"
local figure = require "homework.figure"
local host = require "host"
local montecarlo = require "montecarlo"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

-- Some h > 0, given by log h. z has shape (N), or (N, 2) for the flow: h then multiplies over the coordinates.
local hs = {}
function hs.gaussian(z) return -0.5 * (z - 1) ^ 2 end                      -- an unnormalised posterior
function hs.quadratic(z) return (1 + z ^ 2):log() end                      -- grows
function hs.wave(z) return (2 + (3 * z):sin()):log() end                   -- many humps

local options = host.arguments{
  about = "Checks the log-derivative identity for several q and h by Monte Carlo (problem 1).",
  {"samples", 20000, "draws per estimate, N"},
  {"h", "gaussian", "the h of the table in full: " .. host.names(hs)},
  {"seed", 0, "of the draws"},
  {"out", "problem1.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local shown = host.pick("h", hs, options.h, {text = 2}) and options.h
local N = host.check("--samples", options.samples, {integer = true, min = 1000, max = 1000000})
local seed = host.check("--seed", options.seed, {integer = true})
random.manual_seed(seed)
local float64 = {dtype = "float64"}

-- Midpoints of M cells from a to b, and their width. An edge lies at every kink and pole when a and b are chosen well.
local function midpoints(a, b, M)
  local w = (b - a) / M
  return tensor.linspace(a + w / 2, b - w / 2, M, float64), w
end

-- The families: phi's names and value, log q(phi, z), draws, and a grid that holds all but 1e-12 of the mass.
local families = {
  {
    name = "Gaussian", names = {"mu", "log s"}, phi = {0.3, -0.2}, grid = {-8, 9},
    distribution = function(phi) return distribution.Normal(phi[1], phi[2]:exp()) end,
  }, {
    name = "Gamma", names = {"log a", "log b"}, phi = {1, 0.4}, grid = {0, 40},
    distribution = function(phi) return distribution.Gamma(phi[1]:exp(), phi[2]:exp()) end,
  }, {
    name = "Laplace", names = {"mu", "log b"}, phi = {-0.5, -0.3}, grid = {-25.5, 24.5},
    distribution = function(phi) return distribution.Laplace(phi[1], phi[2]:exp()) end,
  }, {
    name = "mixture", names = {"logit", "m1", "m2"}, phi = {0.4, -1.5, 1}, grid = {-10, 10},
    -- Two Gaussians of weights sigmoid(+-logit), with standard deviations 0.6 and 0.9, written out.
    ---@param phi tensor
    log_q = function(phi, z)
      ---@type tensor
      local logit = phi[1]
      local first = distribution.Normal(phi[2], 0.6, float64):log_prob(z) - (-logit):softplus()
      local second = distribution.Normal(phi[3], 0.9, float64):log_prob(z) - logit:softplus()
      return tensor.stack({first, second}, 1):logsumexp(1)
    end,
    draw = function(phi, n, g)
      local which = random.bernoulli({n}, phi[1]:sigmoid():item(), {dtype = "float64", generator = g})
      local e = random.normal({n}, {dtype = "float64", generator = g})
      return which * (phi[2] + 0.6 * e) + (1 - which) * (phi[3] + 0.9 * e)
    end,
  }, {
    name = "flow", names = {"shift", "log s", "bend"}, phi = {0.2, -0.3, 0.7},
    -- An affine coupling in the plane: z1 = e1, z2 = e2 exp(log s + bend tanh z1) + shift z1.
    to_data = function(phi, e)
      local z1, e2 = e[{{}, 1}], e[{{}, 2}]
      return tensor.stack({z1, e2 * (phi[2] + phi[3] * z1:tanh()):exp() + phi[1] * z1}, 2)
    end,
    ---@param phi tensor
    log_q = function(phi, z)
      local z1, z2 = z[{{}, 1}], z[{{}, 2}]
      ---@type tensor
      local log_s = phi[2] + phi[3] * z1:tanh()
      local e2 = (z2 - phi[1] * z1) * (-log_s):exp()
      return -0.5 * (z1 ^ 2 + e2 ^ 2) - math.log(2 * math.pi) - log_s
    end,
  },
}
for _, q in ipairs(families) do
  q.phi = tensor(q.phi, float64)
  if q.distribution then
    q.log_q = function(phi, z) return q.distribution(phi):log_prob(z) end
    q.draw = function(phi, n, g) return q.distribution(phi):sample({n}, {generator = g}) end
  elseif q.to_data then
    q.draw = function(phi, n, g) return q.to_data(phi, random.normal({n, 2}, {dtype = "float64", generator = g})) end
  end
end

local function log_h(name, z)
  local values = hs[name](z)
  return z:dim() == 2 and values:sum(2) or values
end

-- The derivatives of f(phi), of shape (N), along each phi_j: (N) each, by one forward derivative.
local function derivatives(f, phi)
  local columns = {}
  for j = 1, #phi do
    local along = tensor.zeros(#phi, float64)
    along[j] = 1
    local _, d = autodiff.jvp(f, phi, along)
    columns[j] = d
  end
  return columns
end

local function mean_and_se(x) return x:mean():item(), x:std():item() / math.sqrt(#x) end

-- The left side: for each phi_j a number and its standard error (0 for a quadrature).
local function left(q, h)
  if q.grid then
    local z, w = midpoints(q.grid[1], q.grid[2], 200000)
    local function expectation(phi)
      local log_q = q.log_q(phi, z)
      return (log_q:exp() * (log_h(h, z) - log_q)):sum() * w
    end
    local g = autodiff.grad(expectation, q.phi):tolist()
    local sides = {}
    for j = 1, #g do sides[j] = {g[j], 0} end
    return sides
  end
  local e = random.normal({N, 2}, float64)
  local columns = derivatives(function(phi)
    local z = q.to_data(phi, e)
    return log_h(h, z) - q.log_q(phi, z)
  end, q.phi)
  local sides = {}
  for j, column in ipairs(columns) do sides[j] = {mean_and_se(column)} end
  return sides
end

-- The right side, draw by draw: the score and log(h/q).
local function right(q, h, g)
  local z = q.draw(q.phi, N, g)
  return derivatives(function(phi) return q.log_q(phi, z) end, q.phi), log_h(h, z) - q.log_q(q.phi, z)
end

-- The same by the library, whose loss is log(h/q) with phi held fixed.
local function by_library(q, h, g)
  return montecarlo.score_function{
    distribution = function(phi)
      return {sample = function(n, g) return q.draw(phi, n, g) end, log_prob = function(z) return q.log_q(phi, z) end}
    end,
    loss = function(z) return log_h(h, z) - q.log_q(q.phi, z) end,
    params = q.phi, samples = N, generator = g, statistics = false,
  }.gradients[1]
end

print(("Z ~ q, N = %d draws; left - right and E[score] in standard errors (z)"):format(N))
print("variance of (score)(log(h/q) - b) for b = 0, the mean of the other draws, the")
print(("best constant; h = %s\n"):format(shown))
print(("%-8s %-5s %8s %8s %6s %5s %7s %8s %8s %8s"):format("q", "phi", "left", "right", "s.e.", "z", "z score", "b = 0", "mean", "best"))

local stream = 0
local worst, bars = {}, {left = {}, right = {}, se = {}, plain = {}, mean = {}, best = {}}
local all = {}
for h in pairs(hs) do all[#all + 1] = h end
table.sort(all)
for _, q in ipairs(families) do
  worst[q.name] = {}
  for _, h in ipairs(all) do
    stream = stream + 1
    local lefts = left(q, h)
    local scores, ratio = right(q, h, random.generator(seed, stream))
    local library = by_library(q, h, random.generator(seed, stream))
    local b = (ratio:sum() - ratio) / (N - 1)
    worst[q.name][h] = 0
    for j, score in ipairs(scores) do
      local what = ("%s, h %s, d/d %s"):format(q.name, h, q.names[j])
      local plain, reduced = score * ratio, score * (ratio - b)
      local mean, se = mean_and_se(plain)
      local mean_b, se_b = mean_and_se(reduced)
      local both = math.sqrt(se ^ 2 + lefts[j][2] ^ 2)
      local z = verdict.z(what, mean, both, lefts[j][1])
      local z_b = verdict.z(what .. ", with a baseline", mean_b, math.sqrt(se_b ^ 2 + lefts[j][2] ^ 2), lefts[j][1])
      verdict.exact(what .. ", by montecarlo.score_function", library[{j}], mean, 1e-9 * (1 + math.abs(mean)))
      local mean_score, se_score = mean_and_se(score)
      local z_score = verdict.z(what .. ", E[score]", mean_score, se_score, 0)
      for _, value in ipairs{z, z_b, z_score} do worst[q.name][h] = math.max(worst[q.name][h], math.abs(value)) end
      if h == shown then
        -- score is a control variate of mean 0: the best b is cov(score ratio, score) / var(score).
        local best = plain:var():item() - ((plain - mean) * score):mean():item() ^ 2 / score:var():item()
        print(("%-8s %-5s %8.4f %8.4f %6.4f %5.2f %7.2f %8.3f %8.3f %8.3f"):format(
          j == 1 and q.name or "", q.names[j], lefts[j][1], mean, both, z, z_score, plain:var():item(), reduced:var():item(), best))
        local k = #bars.left + 1
        bars.left[k], bars.right[k], bars.se[k] = lefts[j][1], mean, both
        bars.plain[k], bars.mean[k], bars.best[k] = plain:var():item(), reduced:var():item(), best
      end
    end
  end
end

-- All q and h: the largest |z| over the parameters, with and without the baseline, and of E[score].
print("\nlargest |z|  " .. (("%11s"):rep(#all)):format(table.unpack(all)))
for _, q in ipairs(families) do
  local cells = {}
  for k, h in ipairs(all) do cells[k] = ("%11.2f"):format(worst[q.name][h]) end
  print(("%-13s"):format(q.name) .. table.concat(cells))
end

-- The figure: the densities; left against right; the variances.
local x = midpoints(-4, 6, 400)
local curves = {}
for _, q in ipairs(families) do
  if q.grid then
    local z = q.name == "Gamma" and midpoints(0, 6, 240) or x
    curves[#curves + 1] = {x = z, y = q.log_q(q.phi, z):exp(), label = q.name}
  end
end
local difference, places, firsts, names = {}, {}, {}, {}
for k, right_side in ipairs(bars.right) do difference[k], places[k] = right_side - bars.left[k], k end
do
  local k = 1
  for _, q in ipairs(families) do
    -- A family's name stands under the middle of its parameters.
    firsts[#firsts + 1], names[#names + 1] = k + (#q.names - 1) / 2, q.name
    k = k + #q.names
  end
end
local dashes = {"-", "--", "-.", ":"}
for k, curve in ipairs(curves) do curve.linestyle = dashes[(k - 1) % #dashes + 1] end
local least, most = math.min(table.unpack(bars.plain)), math.max(table.unpack(bars.plain))
plot.figure{columns = 3, panels = {
  plot.line{series = curves, title = "the q on the line", xlabel = "z", ylabel = "density"},
  plot.errorbar{x = places, y = difference, yerr = bars.se, label = "right - left, s.e.",
    title = "the two sides, h = " .. shown, xlabel = "q, a point for each parameter", ylabel = "right - left",
    xlim = {0, #places + 1}, xticks = {firsts, names},
    series = {{x = {0, #places + 1}, y = {0, 0}, style = "--", color = "grey", label = "equal"}}},
  plot.scatter{x = bars.plain, y = bars.mean, label = "b = mean of the others",
    title = "variance, h = " .. shown, xlabel = "variance with b = 0", ylabel = "variance with b",
    logx = true, logy = true, series = {
    {x = bars.plain, y = bars.best, label = "b = best constant", color = "vermillion", marker = "x"},
    {x = {least, most}, y = {least, most}, style = "--", color = "grey", label = "no difference"}}},
}}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
