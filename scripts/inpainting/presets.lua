-- Presets of problem 3: the whole method under one name, `--preset best`. A preset is a table:
--   start     what missing pixels are at first, from 0 (black) to 1 (white)      instead of it: --start
--   steps     how many                                                          --steps
--   lr        the step size that the schedule starts from                       --lr
--   schedule  a name from schedules.lua, or a function as there                 --schedule
--   noise     a name from noises.lua, or a function as there                    --noise
--   update    the rule of a step, a function of
--               x         the picture
--               gradient  of -log p at x, or of the preset's own objective
--               alpha     the step size of this step
--               k         the step, from 1
--               memory    a table, empty at first, for what the preset keeps from one step to the next
--             It returns where to go. The noise is added to that, and the sum is projected on the constraints.
--   objective what to minimise instead of -log p: a function of the flow m, x, k and memory that returns one number, a
--             tensor with a gradient. Reported is -log p nevertheless.
-- What is left out is the homework's. Change one, or add your own here, and `--preset its_name` finds it; what is changed
-- while problem 3 runs counts from the next step on. A function of the text behind a colon that returns such a table
-- is a preset, too. (compare_recipes.lua hands over several pictures at once, x of shape (batch, height, width): what
-- treats every pixel by itself, and sums objectives over pictures, need not care.)
local random = require "random"

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

-- -log p as a short-sighted observer knows it.
--
-- The flow turns a picture into latents z_i that are independent and logistic, each about 2 from 0: -log p is the sum of
-- z_i + 2 log(1 + e^-z_i), and a constant. It grows like |z_i|, so a latent's pull on the picture is its slope, dz_i/dx.
-- In this flow slopes go from 6, in the middle of the picture, to 1400, at its edge, where every digit is black: noise of
-- a thousandth in such a pixel, which nobody sees, moves its latent by 1. These latents say little about digits, yet they
-- shout down the rest, and -log p is full of cliffs with minima between them.
--
-- So we say how well pixels need to be known: up to `blur`. Copies of the first picture with noise of that size have
-- latents that differ by d_i (their standard deviation), and a latent is then taken as z_i with an uncertainty of
-- sqrt(1 + d_i^2) in place of 1: divided by it. Now no latent pulls harder than 1 / blur or so. What is left is a smooth
-- valley, which Adam's steps follow to its floor. Its minimum is not that of -log p; it is nearer to the true picture.
--
-- A flow of pictures in [0, 1] (train_digits.lua makes such) has no logistic latents: there it is -log p itself.
local function blurred(blur)
  return function(m, x, k, memory)
    if m:support() ~= "real" then return -m:log_prob(x):sum() end
    if memory.blur ~= blur then
      memory.blur = blur
      local z, square, copies = m:to_latent(x.data), 0, 8
      for _ = 1, copies do
        square = square + (m:to_latent(x.data + blur * random.normal(x.shape)) - z) ^ 2 / copies
      end
      memory.scale = (1 + square):sqrt()
    end
    local z = m:to_latent(x) / memory.scale
    return (z + 2 * (-z):softplus()):sum()
  end
end

-- The problem sheet's. A step of 1e-3 is too long for most masks: -log p swings between two values.
presets.homework = {start = 1, lr = 1e-3, schedule = "constant", noise = "none", update = gradient_step}

-- The NICE paper's (section 5.2): x + alpha_k (gradient of log p + N(0, 1)), alpha_k = 10 / (100 + k). Its 0.1 at the
-- first step belongs to its own model; on this landscape the same decrease has to start from a ten-thousandth of that.
presets.nice = {start = 0, lr = 1e-5, schedule = "nice", noise = "nice", update = gradient_step}

-- The maximum of p, by Adam's rule. Black is what most pixels of a digit are.
presets.adam = {start = 0, lr = 0.05, schedule = "cosine", noise = "none", update = adam(0.9, 0.99)}

-- What fills in best: see the table in the README. The same of the blurred density.
presets.best = {
  start = 0, lr = 0.1, schedule = "cosine", noise = "none", update = adam(0.9, 0.99), objective = blurred(0.05),
}

-- The same in a third of the steps.
presets.quick = {
  start = 0, steps = 100, lr = 0.2, schedule = "cosine", noise = "none", update = adam(0.9, 0.99),
  objective = blurred(0.05),
}

return presets
