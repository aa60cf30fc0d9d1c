-- Samplers of problem 3's posterior: how chains move over the hidden pixels. A sampler is a function of
--   p          the posterior (posterior.lua): p.n hidden pixels, p:log_prob(h), p:flow_scale(count, generator)
--   generator  random numbers for what it prepares
--   text       what stands behind a colon: `--sampler hmc:64`; nil without one
-- and returns a kernel of module mcmc, and S (n, n) if the chains should move in coordinates u with h = u S instead of
-- the pixels h themselves; or a function of posterior:sample's options that runs the chains itself. Add one here, and
-- `--sampler its_name` finds it.
local autodiff = require "autodiff"
local mcmc = require "mcmc"
local method = require "inpainting.method"
local tensor = require "tensor"

local samplers = {}

local function whole(name, text, what, most)
  local count = math.tointeger(tonumber(text))
  if not count or count < 1 or count > most then
    error(("%s:%s: a whole number of %s from 1 to %d expected"):format(name, text, what, most), 0)
  end
  return count
end

local function leapfrogs(name, text, usual) return whole(name, text or usual, "leapfrog steps", 1024) end

-- One step along the gradient and noise, then Metropolis' test. Pixels have very different scales (one of the border
-- may move by 1/256, one of the ink by 1), so each has a scale of its own, found in the warm-up from where chains
-- have been.
function samplers.mala(p, generator)
  return mcmc.MALA{}
end

-- Hamiltonian dynamics with such a diagonal metric: a random push, then so many steps along the gradient without
-- another.
function samplers.hmc(p, generator, text)
  return mcmc.HMC{leapfrog_steps = leapfrogs("hmc", text, 32)}
end

-- Hamiltonian dynamics in the coordinates of the flow's Jacobian, which knows that neighbouring pixels belong
-- together. All directions are about equally wide there, so a few steps go as far as it makes sense: half a turn, pi
-- over the step size, comes back to where it began but mirrored, and a whole turn is for nothing. Nothing but the step
-- size is left to find, so a short warm-up does.
function samplers.flow(p, generator, text)
  return mcmc.HMC{leapfrog_steps = leapfrogs("flow", text, 4), metric = "identity"}, p:flow_scale(16, generator)
end

-- Trajectories in these coordinates that find their own length, and go on from any of their points: less is lost where
-- a trajectory meets a stiff place. Chains of one batch wait for the longest.
function samplers.nuts(p, generator)
  return mcmc.NUTS{max_depth = 6, metric = "identity"}, p:flow_scale(16, generator)
end

-- Fillings drawn by a flow of train_digits.lua itself, pixel after pixel in its own order, by so many particles
-- (digits/particles.lua). No gradients, so densities with steps are as good as others. The fewer particles, the longer a
-- chain keeps a filling.
function samplers.particles(p, generator, text)
  local n = whole("particles", text or "64", "particles", 4096)
  local path = method.files[p.m]
  if not path then error("particles need a flow of digits: --model digits-coupling.safetensors", 0) end
  local particles = require "digits.particles"
  local sweep = particles.filter(require "digits.flows".load(path))
  local x, mask = p.known:to("float32"):reshape(-1, 1, 28, 28), p.mask:to("float32"):reshape(1, 1, 28, 28)
  return function(options)
    local draws, logs, count = {}, {}, 0
    local taken = autodiff.no_grad(function()
      return particles.chains(sweep, x, mask, n, generator, options.warmup, options.steps, function(k, picture)
        local h = p:hidden(picture:reshape(-1, 784))
        local log_p = p:log_prob(h)
        if options.callback then options.callback(k, h, log_p) end
        if k <= options.warmup or (k - options.warmup) % (options.thin or 1) > 0 then return end
        count = count + 1
        draws[count], logs[count] = h:unsqueeze(2), log_p:unsqueeze(2)
      end)
    end)
    return {
      kernel = "particles", samples = tensor.cat(draws, 2), log_prob = tensor.cat(logs, 2), accept_rate = taken,
      step_size = 0, divergences = 0, unit = "evaluations",
      n_gradients = (options.warmup + options.steps + 1) * n, warmup_gradients = (options.warmup + 1) * n,
    }
  end
end

return samplers
