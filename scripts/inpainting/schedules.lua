-- Step sizes. A schedule is a function of
--   k      the step, from 1
--   lr     what --lr says (the problem sheet's 1e-3)
--   steps  what --steps says (300)
--   text   what stands behind a colon: `--schedule name:text`; nil without one
-- and returns the step size of step k. Add one here, and `--schedule its_name` finds it.
local schedules = {}

-- The problem sheet's: the same step size throughout.
function schedules.constant(k, lr, steps)
  return lr
end

-- Halved after every quarter of the run.
function schedules.step(k, lr, steps)
  return lr * 0.5 ^ (4 * (k - 1) // steps)
end

-- Straight down to (almost) zero.
function schedules.linear(k, lr, steps)
  return lr * (1 - (k - 1) / steps)
end

-- By the same factor at every step, to a hundredth of lr in the end.
function schedules.exponential(k, lr, steps)
  return lr * 0.01 ^ ((k - 1) / steps)
end

-- Half a cosine, from lr to zero (Loshchilov & Hutter, SGDR, 2017, equation 5).
function schedules.cosine(k, lr, steps)
  return lr / 2 * (1 + math.cos(math.pi * (k - 1) / steps))
end

-- The same, started again four times (SGDR's warm restarts, periods of equal length).
function schedules.warm_restarts(k, lr, steps)
  local period = math.max(1, steps // 4)
  return schedules.cosine((k - 1) % period + 1, lr, period)
end

-- The NICE paper's for its own inpainting (section 5.2), 10 / (100 + k) where lr is 0.1: half of lr after 100 steps.
function schedules.nice(k, lr, steps)
  return lr * 100 / (100 + k)
end

return schedules
