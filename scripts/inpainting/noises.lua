-- Noise added to every step, to leave poor local minima. A noise is a function of
--   k      the step, from 1
--   alpha  the step size of this step
--   steps  what --steps says
--   text   what stands behind a colon: `--noise name:text`; nil without one
-- and returns the standard deviation of the Gaussian noise. Add one here, and `--noise its_name` finds it.
local noises = {}

-- The problem sheet's: no noise.
function noises.none(k, alpha, steps)
  return 0
end

-- The same at every step: 0.01, or what `gaussian:0.05` says.
function noises.gaussian(k, alpha, steps, sigma)
  local number = tonumber(sigma or 0.01)
  if not number or number < 0 then error("gaussian:" .. sigma .. ": a number from 0 expected", 0) end
  return number
end

-- The NICE paper's (section 5.2): x + alpha (gradient + N(0, 1)).
function noises.nice(k, alpha, steps)
  return alpha
end

-- Strong at first, none in the last third.
function noises.annealed(k, alpha, steps)
  return 0.1 * math.max(0, 1 - 1.5 * (k - 1) / steps)
end

-- Langevin dynamics: sqrt(2 alpha), which samples from p instead of climbing it, as far as the steps are small.
function noises.langevin(k, alpha, steps)
  return math.sqrt(2 * alpha)
end

return noises
