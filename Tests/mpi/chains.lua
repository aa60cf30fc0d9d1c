-- Chains of a correlated normal distribution, for Tests/mpi/run.sh: a digest of all bits.
local mcmc, random = require "mcmc", require "random"
local function log_prob(x)
  local a, b = x[{{}, 1}], x[{{}, 2}]
  return -0.5 * (a * a + (b - 0.9 * a) * (b - 0.9 * a) / 0.19)
end
local x0 = random.normal({6, 2}, {generator = random.generator(1), dtype = "float64"})
local r = mcmc.sample(mcmc.NUTS{}, log_prob, x0, {steps = 30, warmup = 30, generator = random.generator(2)})
print(("%s, step %a, sum %a"):format(r.kernel, r.step_size, (r.samples:abs():sum()):item()))
