-- Simulation-based calibration of mcmc's samplers (Talts et al. 2018): parameters are drawn from the prior, data from the
-- parameters, draws from the posterior by a sampler. Among its draws the parameters' ranks are uniform if the sampler is
-- right. All repeats are one batch: every chain has data of its own.
--
-- Two conjugate models. regression: y = X theta + noise with theta ~ N(0, I) in two dimensions. rate: counts that are
-- Poisson with a rate ~ Gamma(2, 1), sampled on the positive numbers. The line "exact" has independent draws of the known
-- posterior in the sampler's place, and tests the test; "ULA, long steps" is wrong, and has to be seen.
--
--   luaflow run scripts/tools/sbc.lua --repeats 2000 --thin 20
local distribution = require "distribution"
local host = require "host"
local mcmc = require "mcmc"
local random = require "random"
local special = require "special"
local tensor = require "tensor"

local options = host.arguments{
  about = "Tests the samplers by the ranks of parameters among their draws.",
  {"repeats", 500, "parameters drawn from the prior", integer = true, min = 50, max = 100000},
  {"draws", 63, "of each chain, which are compared with its parameters", integer = true, min = 7, max = 10000},
  {"thin", 10, "steps from one of these draws to the next: ranks need independent ones", integer = true, min = 1},
  {"warmup", 300, "steps before", integer = true, min = 1},
  {"bins", 16, "of ranks", integer = true, min = 2, max = 100},
  {"seed", 0, "of everything", integer = true},
  {"quick", false, "100 repeats and 15 draws"},
}
if options.quick then options.repeats, options.draws, options.bins, options.warmup = 100, 15, 8, 150 end
local n, draws = options.repeats, options.draws
-- A bin without a rank would expect none, and its chi-squared be no number.
host.check("--bins", options.bins, {integer = true, min = 2, max = draws + 1})
local generator = random.generator(options.seed)
local float64 = {generator = generator, dtype = "float64"}

-- A model: theta (n, d), where chains start (draws of the prior), log_prob of a batch, exact(count): draws (n, count, d).
local models = {}
do
  local X = tensor({{1, 0.5}, {1, 1}, {1, 1.5}, {1, 2}, {1, 3}}, {dtype = "float64"})
  local scale = 0.8
  local theta = random.normal({n, 2}, float64)
  local y = theta:matmul(X:t()) + scale * random.normal({n, 5}, float64)
  local precision = tensor.eye(2, {dtype = "float64"}) + X:t():matmul(X) / scale ^ 2
  local covariance = precision:inverse()
  local mean = (y:matmul(X) / scale ^ 2):matmul(covariance)
  models[1] = {
    name = "regression", theta = theta, names = {"intercept", "slope"},
    start = function() return random.normal({n, 2}, float64) end,
    log_prob = function(x) return -0.5 * (x ^ 2):sum(2) - 0.5 * (((y - x:matmul(X:t())) / scale) ^ 2):sum(2) end,
    exact = function(count)
      local z = random.normal({n, count, 2}, float64)
      return mean:unsqueeze(2) + z:matmul(covariance:cholesky():t())
    end,
  }
end
do
  local prior = distribution.Gamma(2, 1)
  local theta = prior:sample({n}, {generator = generator}):to("float64")
  local exposure = 3
  local y = distribution.Poisson(exposure * theta):sample({generator = generator}):to("float64")
  models[2] = {
    name = "rate", theta = theta:unsqueeze(2), names = {"rate"}, support = "positive",
    start = function() return prior:sample({n}, {generator = generator}):to("float64") end,
    log_prob = function(x) return ((y + 1) * x:log() - (1 + exposure) * x) end,
    exact = function(count)
      local posterior = distribution.Gamma(2 + y, tensor.full({n}, 1 + exposure, {dtype = "float64"}))
      return posterior:sample({count}, {generator = generator}):t():unsqueeze(3):to("float64")
    end,
  }
end

local kernels = {
  {"NUTS", mcmc.NUTS{}}, {"HMC", mcmc.HMC{leapfrog_steps = 5, jitter = 0.3}}, {"MALA", mcmc.MALA{}}, {"Barker", mcmc.Barker{}},
  {"RandomWalk", mcmc.RandomWalk{}, 5}, {"exact"}, {"ULA, long steps", mcmc.ULA{step_size = 0.05}},
}

-- The probability of ranks that are no more uniform than these: Pearson's chi-squared over bins.
local function p_value(ranks)
  local counts, chi = {}, 0
  for bin = 1, options.bins do counts[bin] = 0 end
  for _, rank in ipairs(ranks:tolist()) do
    local bin = math.min(rank * options.bins // (draws + 1) + 1, options.bins)
    counts[math.tointeger(bin)] = counts[math.tointeger(bin)] + 1
  end
  for bin = 1, options.bins do
    -- How many of the ranks 0 to draws fall into the bin.
    local ranks_of_bin = 0
    for rank = 0, draws do
      if rank * options.bins // (draws + 1) + 1 == bin then ranks_of_bin = ranks_of_bin + 1 end
    end
    local expected = n * ranks_of_bin / (draws + 1)
    chi = chi + (counts[bin] - expected) ^ 2 / expected
  end
  return special.gammaincc((options.bins - 1) / 2, chi / 2):item(), chi
end

local smallest, tests = 1, 0
print(("%-12s %-16s %-10s %8s %8s %10s"):format("model", "sampler", "of", "chi^2", "p", "lag 1"))
for _, model in ipairs(models) do
  local d = model.theta.shape[2]
  for _, entry in ipairs(kernels) do
    local name, kernel, longer = entry[1], entry[2], entry[3] or 1
    local samples
    if kernel then
      local thin = options.thin * longer
      samples = mcmc.sample(kernel, model.log_prob, model.start(), {
        steps = draws * thin, thin = thin, warmup = options.warmup, support = model.support, generator = generator}).samples
      samples = samples:reshape(n, draws, d)
    else
      samples = model.exact(draws)
    end
    for k, of in ipairs(model.names) do
      local own = samples[{{}, {}, k}]:to("float64")
      local ranks = own:lt(model.theta[{{}, k}]:unsqueeze(2)):to("float64"):sum(2)
      local p, chi = p_value(ranks)
      -- The correlation of a draw with the next one, about the chain's own mean: near 0 when thin is large enough.
      local centred = own - own:mean(2, true)
      local products = centred[{{}, {1, draws - 1}}] * centred[{{}, {2, draws}}]
      local lag = products:sum():item() / (centred ^ 2):sum():item()
      print(("%-12s %-16s %-10s %8.1f %8.4f %10.2f"):format(model.name, name, of, chi, p, lag))
      if not name:find("ULA") then tests, smallest = tests + 1, math.min(smallest, p) end
    end
  end
end
-- The smallest of so many p-values is below s with probability 1 - (1 - s)^tests, if all samplers are right.
local all = 1 - (1 - smallest) ^ tests
print(("the smallest p of %d (without ULA's) is %.4f, which has a probability of %.3f"):format(tests, smallest, all))
if all < 1e-3 then os.exit(1) end
