-- The posterior of scripts/inpainting on a flow where it is known in closed form: z = A x with z standard normal, so
-- that hidden pixels given the known ones are normal with precision P = (A^T A) of the hidden ones, and mean
-- -P^-1 (A^T A)_(hidden, known) known. Arguments: the folder of the scripts, and what to check.
package.path = arg[1] .. "/?.lua;" .. package.path
local calibration = require "inpainting.calibration"
local flow = require "flow"
local flows = require "digits.flows"
local mcmc = require "mcmc"
local method = require "inpainting.method"
local particles = require "digits.particles"
local posterior = require "inpainting.posterior"
local random = require "random"
local samplers = require "inpainting.samplers"
local tensor = require "tensor"

-- Pictures of 4 by 4, five pixels of which are hidden.
local dim, hidden = 16, {2, 3, 7, 10, 16}
local g = random.generator(1)
local layer = flow.LULinear(dim)
local m = flow.Flow("normal", {layer}, {dim = dim})
for name in pairs(m:state_dict()) do
  m:load_state_dict{[name] = random.normal({dim, dim}, {generator = g}) / 4 + 1.5 * tensor.eye(dim)}
end
m:requires_grad_(false)
local mask, known = tensor.ones(dim), {}
for _, place in ipairs(hidden) do mask[{place}] = 0 end
for place = 1, dim do
  if mask[{place}] == 1 then known[#known + 1] = place end
end
local x = m:sample(1, {generator = g})

-- How long a step is: a kernel in a perfect metric turns all pixels alike, and 6 steps of 1 would be one whole turn.
local texts = {hmc = "4", flow = "2"}
local checks = {}

-- Mean and covariance of the draws, within 5 standard errors.
function checks.moments(name)
  local A = (m:to_latent(tensor.eye(dim)) - m:to_latent(tensor.zeros(1, dim))):to("float64")
  local precision = A:matmul(A:t()):index_select(1, tensor(hidden))
  local covariance = precision:index_select(2, tensor(hidden)):inverse()
  local mean = -covariance:matmul(precision:index_select(2, tensor(known)))
    :matmul(x[1]:to("float64"):index_select(1, tensor(known)))

  -- Of a linear flow the scale is the root of the covariance itself, whatever pictures it is taken at.
  local scale = posterior.new(m, x, mask, 1):flow_scale(2, g)
  assert((scale:matmul(scale:t()) - covariance):abs():max():item() < 2e-3 * covariance:abs():max():item())

  -- Two pictures in a batch: the second is another one, whose chains must not be taken for the first's.
  local pictures = tensor.cat({x, m:sample(1, {generator = g})})
  local chains = 8
  local p = posterior.new(m, pictures, mask, chains)
  local r = p:sample(samplers[name], {text = texts[name], descent = 40, warmup = 100, steps = 200, generator = g})
  local draws = r.samples[{{1, chains}}]:to("float64")
  local s = mcmc.summary(draws)
  assert(s.ess_bulk:min():item() > 60, ("%s: ess %g"):format(name, s.ess_bulk:min():item()))
  local z = ((s.mean - mean) / s.mcse_mean):abs():max():item()
  assert(z < 5, ("%s: a mean is %g standard errors off"):format(name, z))
  local off = draws - mean
  for i = 1, #hidden do
    for j = 1, i do
      local product = off[{{}, {}, i}] * off[{{}, {}, j}]
      local estimate = mcmc.summary(product)
      local error = (estimate.mean:item() - covariance[{i, j}]) / estimate.mcse_mean:item()
      assert(math.abs(error) < 5, ("%s: covariance %d, %d is %g, %g standard errors off"):format(
        name, i, j, estimate.mean:item(), error))
    end
  end
  -- log_prob is that of the whole picture, with the known pixels where they were.
  local pixels = p:pictures(r.samples[{{}, 200}])
  assert((pixels[{1, known[1]}] - x[{1, known[1]}]) == 0 and pixels:size(1) == 2 * chains)
  assert((m:log_prob(pixels) - r.log_prob[{{}, 200}]):abs():max():item() < 1e-4)
end

-- Chains start from noise and not from what was hidden: another truth in the hole changes nothing.
function checks.start()
  local other = x:clone()
  for _, place in ipairs(hidden) do other[{1, place}] = 100 end
  local a = posterior.new(m, x, mask, 3):starts(5, random.generator(2))
  local b = posterior.new(m, other, mask, 3):starts(5, random.generator(2))
  assert((a - b):abs():max():item() == 0)
end

-- Ranks are uniform if chains are long enough, and seen not to be if they are too short.
function checks.calibration()
  local function test(warmup, steps)
    local calls = 0
    local result = calibration.run(m, mask, 200, {
      sampler = samplers.flow, text = "2", warmup = warmup, steps = steps, thin = 1, descent = 30, seed = 3, lot = 100,
      settings = "toy", callback = function() calls = calls + 1 end,
    })
    assert(calls == 2 * (warmup + steps))
    return result
  end
  local result = test(20, 60)
  local fine, worst = calibration.verdict(result, 0.01)
  assert(result.repeats == 200 and #result.summaries == 6 and result.kept >= 9)
  assert(fine, ("%s: p = %g"):format(worst.name, worst.p))
  assert(not calibration.verdict(test(1, 4), 0.01))
end

-- The same of a flow that is not linear: a NICE with random weights, made larger so that it bends.
function checks.nonlinear()
  local nice = flow.NICE{dim = dim, hidden = 16, layers = 2, couplings = 4, generator = random.generator(4)}
  local weights = {}
  for name, values in pairs(nice:state_dict()) do weights[name] = name:find "weight" and 1.7 * values or values end
  nice:load_state_dict(weights)
  nice:requires_grad_(false)
  local result = calibration.run(nice, mask, 200, {
    sampler = samplers.flow, text = "3", warmup = 30, steps = 80, thin = 1, descent = 40, target_accept = 0.8, seed = 7,
    lot = 200, settings = "nonlinear",
  })
  local fine, worst = calibration.verdict(result, 0.01)
  assert(fine and result.kept >= 9, ("%s: p = %g, %d draws"):format(worst.name, worst.p, result.kept))
end

-- A run that was ended goes on from its files, to the same ranks; files of other settings are refused.
function checks.files(folder)
  local function test(repeats, settings)
    return calibration.run(m, mask, repeats, {
      sampler = samplers.flow, text = "2", warmup = 5, steps = 12, thin = 1, descent = 10, seed = 3, lot = 10,
      settings = settings, files = folder .. "/lot",
    })
  end
  test(10, "a")
  local parts = test(20, "a")
  os.remove(folder .. "/lot-1.safetensors")
  local whole = test(20, "a")
  for s, summary in ipairs(whole.summaries) do
    assert(table.concat(summary.ranks, " ") == table.concat(parts.summaries[s].ranks, " "), summary.name)
  end
  local ok, message = pcall(test, 20, "b")
  assert(not ok and message:find("is of another run", 1, true) and message:find("lot-1", 1, true), message)
end

-- Pearson's statistic of counts 4, 6 is 0.4 with one degree of freedom.
function checks.chi_square()
  local p, counts = calibration.chi_square({0, 0, 1, 1, 2, 2, 3, 3, 3, 2}, 3, 2)
  assert(counts[1] == 4 and counts[2] == 6 and math.abs(p - 0.52708925686553) < 1e-6, p)
end

-- Particles of the shipped coupling flow. What is known altogether is estimated as the flow's own density; with one
-- pixel hidden the estimate is right on average (the sum over its levels is the truth), also of a pixel whose lookahead
-- says much; chains move, and keep what is known.
function checks.particles(models)
  local digits = method.flow(models .. "/digits-coupling.safetensors")
  local sweep = particles.filter(flows.load(models .. "/digits-coupling.safetensors"))
  local pictures = digits:sample(2, {generator = random.generator(5)})
  local everything = tensor.ones(1, 1, 28, 28)
  local same, estimate, mean = sweep(pictures, everything, 2, random.generator(1))
  assert((estimate - digits:log_prob(pictures)):abs():max():item() < 2e-3)
  assert((same - pictures):abs():max():item() == 0 and (mean - pictures):abs():max():item() < 1e-6)
  -- A pixel that the flow draws early, and one that it draws later.
  for _, place in ipairs{13, 14} do
    local x, one = pictures[{{1, 1}}], everything:clone()
    one[{1, 1, place, place}] = 0
    local levels = x:expand(512, 1, 28, 28):clone()
    levels[{{}, 1, place, place}] = (tensor.arange(0, 511) + 0.5) / 512
    local truth = digits:log_prob(levels):to("float64"):logsumexp():item() - math.log(512)
    local runs = 400
    local _, found = sweep(x:expand(runs, 1, 28, 28), one, 4, random.generator(2))
    local ratio = (found:to("float64") - truth):exp()
    local error = ratio:std():item() / math.sqrt(runs)
    assert(math.abs(ratio:mean():item() - 1) < 5 * error + 0.02, ("%g, s.e. %g"):format(ratio:mean():item(), error))
  end
  local hole = everything:clone()
  hole[{1, 1, {10, 13}, {10, 13}}] = 0
  local p = posterior.new(digits, pictures:reshape(2, 784), hole:reshape(784), 2)
  local seen = 0
  local r = p:sample(samplers.particles, {
    text = "8", warmup = 1, steps = 6, thin = 2, generator = random.generator(3),
    callback = function() seen = seen + 1 end,
  })
  assert(table.concat(r.samples.shape, " ") == "4 3 16" and table.concat(r.log_prob.shape, " ") == "4 3" and seen == 7)
  assert(r.accept_rate > 0 and r.samples:min():item() >= 0 and r.samples:max():item() < 1)
  assert((digits:log_prob(p:pictures(r.samples[{{}, 3}])) - r.log_prob[{{}, 3}]):abs():max():item() < 1e-3)
  local ok, message = pcall(samplers.particles, posterior.new(m, x, mask, 1), g, "8")
  assert(not ok and message:find("a flow of digits", 1, true), message)
  ok, message = pcall(particles.filter, flows.load(models .. "/digits-coupling-smooth.safetensors"))
  assert(not ok and message:find("without --smooth", 1, true), message)
end

checks[arg[2]](arg[3])
