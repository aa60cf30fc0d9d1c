-- Presets of problem 3: the whole method under one name, `--preset best`. A preset is a table:
--   start     what missing pixels are at first, from 0 (black) to 1 (white)      instead of it: --start
--   lr        the step size that the schedule starts from                       --lr
--   schedule  a name from schedules.lua, or a function as there                 --schedule
--   noise     a name from noises.lua, or a function as there                    --noise
--   update    the rule of a step, a function of
--               x         the picture
--               gradient  of -log p at x
--               alpha     the step size of this step
--               k         the step, from 1
--               memory    a table, empty at first, for what the rule keeps from one step to the next
--             It returns where to go. The noise is added to that, and the sum is projected on the constraints.
-- What is left out is the homework's. Change one, or add your own here, and `--preset its_name` finds it; what is changed
-- while problem 3 runs counts from the next step on. A function of the text behind a colon that returns such a table
-- is a preset, too.
local presets = {}

-- The gradient method's rule.
local function gradient_step(x, gradient, alpha)
  return x - alpha * gradient
end

-- Adam's rule (Kingma & Ba, 2015, algorithm 1): every pixel has a step size of its own, alpha over the root mean square
-- of its gradients, so that steep and flat directions move alike. Here -log p is up to 10^5 times steeper along one
-- direction than along another, and one step size for all either swings in the steep ones or stands still in the flat.
--
-- Projecting afterwards is right: dividing pixel i by d_i is a gradient step in the metric sum_i d_i x_i^2, and the
-- point of the constraints that is nearest to y in it minimises sum_i d_i (x_i - y_i)^2. That is one problem for
-- every pixel, whose weight d_i > 0 does not move its minimum: y_i clamped, as without weights.
local function adam(beta1, beta2)
  return function(x, gradient, alpha, k, memory)
    memory.m = beta1 * (memory.m or 0) + (1 - beta1) * gradient
    memory.v = beta2 * (memory.v or 0) + (1 - beta2) * gradient ^ 2
    local mean, variance = memory.m / (1 - beta1 ^ k), memory.v / (1 - beta2 ^ k)
    return x - alpha * mean / (variance:sqrt() + 1e-8)
  end
end

-- The problem sheet's. A step of 1e-3 is too long for most masks but its own: -log p swings between two values.
presets.homework = {start = 1, lr = 1e-3, schedule = "constant", noise = "none", update = gradient_step}

-- The NICE paper's (section 5.2): x + alpha_k (gradient of log p + N(0, 1)), alpha_k = 10 / (100 + k). Its 0.1 at the
-- first step belongs to its own model; on this landscape the same decrease has to start from a ten-thousandth of that.
presets.nice = {start = 0, lr = 1e-5, schedule = "nice", noise = "nice", update = gradient_step}

-- What fills in best: see the table in the README. Black is what most pixels of a digit are.
presets.best = {start = 0, lr = 0.1, schedule = "cosine", noise = "none", update = adam(0.9, 0.99)}

return presets
