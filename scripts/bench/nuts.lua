-- NUTS: the smallest bulk ess over the gradients of the draws, the mean of some seeds with its standard error; what that
-- is made of, ess per draw and gradients per draw; and ess a second, of the whole run with its warm-up.
--
--   luaflow run scripts/bench/nuts.lua
--
-- Beside BlackJAX: scripts/bench/peers/nuts.py has the same posteriors, the same options and the same table. There every
-- chain finds its own step size and metric; here the chains of a run find them together, unless --alone is given.
local host = require "host"
local mcmc = require "mcmc"
local random = require "random"
local tensor = require "tensor"
local montecarlo = require "montecarlo"

local options = host.arguments{
  about = "Measures NUTS on five posteriors.",
  {"seeds", 10, "runs", integer = true, min = 1},
  {"warmup", 500, "steps of each chain before the draws", integer = true, min = 0},
  {"draws", 500, "of each chain", integer = true, min = 8},
  {"chains", 4, "of a run", integer = true, min = 2},
  {"step_size", 0, "given, with the identity as metric and no warm-up; 0: found in the warm-up", min = 0},
  {"alone", false, "every chain has a warm-up of its own"},
  {"only", "", "one of the posteriors"},
}

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

local settings = {warmup = options.warmup, steps = options.draws}
local given = options.step_size > 0
if given then settings.warmup = 0 end

-- (samples, gradients of the draws, the mean step size)
local function run(log_prob, x0, generator)
  settings.generator = generator
  local kernel = given and mcmc.NUTS{step_size = options.step_size} or mcmc.NUTS{}
  local r = mcmc.sample(kernel, log_prob, x0, settings)
  return r.samples, r.n_gradients - (r.warmup_gradients or 0), r.step_size
end

print(("%-12s %28s %12s %12s %10s %14s"):format(
  "posterior", "ess per gradient", "per draw", "gradients", "step", "ess a second"))
for _, posterior in ipairs(posteriors) do
  local name, dimension, log_prob = table.unpack(posterior)
  if options.only == "" or options.only == name then
    local values, total, gradients, size = {}, 0, 0, 0
    local started = os.clock()
    for seed = 0, options.seeds - 1 do
      local g = random.generator(seed)
      local x0 = random.normal({options.chains, dimension}, {generator = g, dtype = "float64"})
      local samples, own, step
      if options.alone then
        local parts = {}
        own, step = 0, 0
        for chain = 1, options.chains do
          local part, n, e = run(log_prob, x0[{{chain, chain}, {}}], g)
          parts[chain], own, step = part, own + n, step + e / options.chains
        end
        samples = tensor.cat(parts, 1)
      else
        samples, own, step = run(log_prob, x0, g)
      end
      local ess = mcmc.ess(samples):min():item()
      values[#values + 1] = ess / own
      total, gradients, size = total + ess, gradients + own, size + step / options.seeds
    end
    local seconds = os.clock() - started
    local n = options.seeds * options.chains * options.draws
    print(("%-12s %18.4f +- %.4f %12.3f %12.2f %10.3f %14.0f"):format(
      name, tensor(values):mean():item(), #values > 1 and montecarlo.standard_error(values) or 0 / 0, total / n,
      gradients / n, size, total / seconds))
  end
end
