-- Samplers of problem 3's posterior: how chains move over the hidden pixels. A sampler is a function of
--   p          the posterior (posterior.lua): p.n hidden pixels, p:log_prob(h), p:flow_scale(count, generator)
--   generator  random numbers for what it prepares
--   text       what stands behind a colon: `--sampler hmc:64`; nil without one
-- and returns a kernel of module mcmc, and S (n, n) if the chains should move in coordinates u with h = u S instead of
-- the pixels h themselves. Add one here, and `--sampler its_name` finds it.
local mcmc = require "mcmc"

local samplers = {}

local function leapfrogs(name, text, usual)
  local count = math.tointeger(tonumber(text or usual))
  if not count or count < 1 or count > 1024 then
    error(("%s:%s: a whole number of leapfrog steps from 1 to 1024 expected"):format(name, text), 0)
  end
  return count
end

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

return samplers
