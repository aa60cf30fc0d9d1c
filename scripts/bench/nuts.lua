-- NUTS: the smallest bulk ess over the gradients of the draws, the mean of some seeds with its standard error.
--
--   luaflow run scripts/bench/nuts.lua [SEEDS] [WARMUP] [DRAWS] [CHAINS]
--
-- Beside BlackJAX: scripts/bench/peers/nuts.py has the same posteriors and the same table.
local mcmc = require "mcmc"
local random = require "random"
local tensor = require "tensor"
local montecarlo = require "montecarlo"

local seeds, warmup, draws, chains = tonumber(arg[1]) or 10, tonumber(arg[2]) or 500, tonumber(arg[3]) or 500, tonumber(arg[4]) or 4

local scales = tensor.linspace(-2, 2, 10, {dtype = "float64"}):exp()
local posteriors = {
  {"correlated", 2, function(x) return -0.5 * (x[{{}, 1}] ^ 2 + (x[{{}, 2}] - 0.9 * x[{{}, 1}]) ^ 2 / 0.19) end},
  {"scales", 10, function(x) return -0.5 * ((x / scales) ^ 2):sum(2) end},
  {"funnel", 3, function(x)
    return -0.5 * (x ^ 2):sum(2) - 0.5 * (x[{{}, 2}] * (0.5 * x[{{}, 1}]):exp() - 1) ^ 2
  end},
  {"banana", 2, function(x) return -0.5 * (x[{{}, 1}] ^ 2 + (x[{{}, 2}] - x[{{}, 1}] ^ 2) ^ 2 / 0.25) end},
  {"mixture", 2, function(x)
    local a = x[{{}, 1}]
    local parts = tensor.stack({math.log(0.3) - 0.5 * (a + 1.5) ^ 2, math.log(0.7) - 0.5 * (a - 1.5) ^ 2}, 1)
    return parts:logsumexp(1) - 0.5 * x[{{}, 2}] ^ 2
  end},
}

for _, posterior in ipairs(posteriors) do
  local name, dimension, log_prob = table.unpack(posterior)
  local values, started = {}, os.clock()
  local gradients = 0
  for seed = 0, seeds - 1 do
    local g = random.generator(seed)
    local x0 = random.normal({chains, dimension}, {generator = g, dtype = "float64"})
    local r = mcmc.sample(mcmc.NUTS{}, log_prob, x0, {warmup = warmup, steps = draws, generator = g})
    values[#values + 1] = mcmc.ess(r):min():item() / (r.n_gradients - r.warmup_gradients)
    gradients = gradients + r.n_gradients
  end
  local mean = 0
  for _, value in ipairs(values) do mean = mean + value / seeds end
  local error = seeds > 1 and montecarlo.standard_error(values) or 0 / 0
  print(("%-12s ess per gradient %.4f +- %.4f   %.0f gradients a second"):format(
    name, mean, error, gradients / (os.clock() - started)))
end
