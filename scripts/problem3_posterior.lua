-- Problem 3 as a question of probability: not the most likely filling of a hole, but how likely every filling is.
--
-- A flow has a density p(picture). Hold the known pixels and look at it as a function of the hidden ones: up to a
-- constant that is p(hidden | known), the posterior. A single optimum says nothing of it: it is neither typical (draws
-- of a normal distribution in 105 dimensions are 105 / 2 nats less likely than its peak, in the mean) nor does it say
-- what is certain. Draws do: their mean is the filling with the least squared error, their deviations say where the
-- flow does not know, and each of them is a picture that the flow holds for possible. The box 0 <= x <= 1 is left out,
-- as the flow itself does not know it.
--
--   luaflow run scripts/problem3_posterior.lua --digit 4 --mask left
--
-- How draws are made: Hamiltonian Monte Carlo, a chain of pictures. Give the picture a random push, follow the
-- gradient of log p for some steps like a ball that rolls without friction, and choose a point of its way in proportion
-- to its density: then the chain visits pictures as often as they are likely. Several chains run side by side, from
-- different noise in the hole and never from the truth. Two numbers say whether to believe them:
--   R-hat  compares the chains: about 1 when all have found the same distribution; above 1.01 they have not.
--   ess    how many independent draws would say as much, since a draw resembles the one before.
-- The pictures shown are as many steps apart as makes them nearly independent. A run that is too short says so, and
-- leaves with status 1. So it is as it stands, which takes some two minutes of processor time: the 8 chains stay at
-- fillings of their own for their 100 steps (log p is 2153 nats over all of them, give or take 29), and R-hat is 3.7.
-- It is for a look at the fillings.
--
-- A flow of digits as train_digits.lua makes them has densities with steps, which no gradient sees, but it draws pixel
-- after pixel. So particles fill in what is hidden as the flow would, and are weighed by how likely it then holds what
-- is known (digits/particles.lua); every filling that a chain is offered is a new one:
--
--   luaflow run scripts/problem3_posterior.lua --model models/digits-coupling.safetensors --sampler particles:64 \
--     --warmup 4 --steps 200
--
-- That takes some six minutes of processor time: the mean of the fillings is 20.7 dB from the truth, and R-hat 1.11, as
-- a chain keeps a filling that explains the known pixels unusually well for long.
--
-- Whether the sampler is right on the whole can be tested, since the flow can draw pictures whose truth is known. This
-- hides pixels of 200 drawn pictures and asks how often the truth has which rank among draws
-- (inpainting/calibration.lua), here with a small flow of one's own; with --files it may be ended and called again:
--
--   luaflow run scripts/train_nice.lua --steps 400 --lr 0.02 --clip 100 --out out/small.safetensors
--   luaflow run scripts/problem3_posterior.lua --model out/small.safetensors --calibrate 200 --sampler flow:3 \
--     --accept 0.8 --warmup 30 --steps 150 --files out/rectangle
--
-- That gave p-values from 0.034 to 0.98 for six numbers of the hidden pixels; with --warmup 6 --steps 8 the smallest is
-- 8e-19, and the run says so. With --mask random:75 (594 hidden pixels) and 100 steps of flow:5 the smallest of 150
-- pictures is 0.0006, as log p still rises along the chains; with --warmup 60 --steps 600 the smallest of 200 is 0.14,
-- in three minutes. The shipped flow takes some ten times as long for a gradient, and its chains smaller steps. Samplers
-- and masks are in scripts/inpainting.
local calibration = require "inpainting.calibration"
local data = require "data"
local figure = require "homework.figure"
local host = require "host"
local masks = require "inpainting.masks"
local mcmc = require "mcmc"
local method = require "inpainting.method"
local plot = require "plot"
local posterior = require "inpainting.posterior"
local random = require "random"
local samplers = require "inpainting.samplers"
local tensor = require "tensor"

local options = host.arguments{
  about = "Draws fillings of a masked digit from a flow's posterior, and says how far to trust them (problem 3).",
  {"digit", 1, "which of the shipped digits, from 1"},
  {"mask", "rectangle", "what is missing: " .. host.names(masks, "masks") .. "; NAME:TEXT hands it TEXT"},
  {"sampler", "nuts", "how chains move: " .. host.names(samplers, "samplers") .. "; flow:16: 16 steps a push"},
  {"chains", 8, "how many, from 2"},
  {"warmup", 40, "steps in which the step size is found; they do not count"},
  {"steps", 100, "steps of each chain after that"},
  {"thin", 1, "every how manieth of them is kept"},
  {"accept", 0.7, "the mean probability of acceptance by which the step size is found; 0: the sampler's own"},
  {"ess", 400, "the least effective sample size to be content with"},
  {"seed", 0, "of noise and random masks"},
  {"model", "", "a .safetensors or .pt file; the shipped flow by default"},
  {"calibrate", 0, "instead: test the sampler on so many pictures that the flow draws, one chain each"},
  {"files", "", "with --calibrate: how files begin that are kept, so that a run that was ended goes on"},
  {"out", "posterior.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local covers = "--mask " .. options.mask
local mask, parameter = method.plainly(covers, host.pick, "masks", masks, options.mask, {text = 3})
local words = "--sampler " .. options.sampler
local sampler, text = method.plainly(words, host.pick, "samplers", samplers, options.sampler, {text = 3})
local chains = host.check("--chains", options.chains, {integer = true, min = 2, max = 1024})
local warmup = host.check("--warmup", options.warmup, {integer = true, min = 1, max = 1e6})
local steps = host.check("--steps", options.steps, {integer = true, min = 4, max = 1e6})
local thin = host.check("--thin", options.thin, {integer = true, min = 1, max = steps // 4})
local accept = host.check("--accept", options.accept, {min = 0, max = 0.99})
local wanted = host.check("--ess", options.ess, {min = 1})
local repeats = host.check("--calibrate", options.calibrate, {integer = true, min = 0, max = 1e5})
local seed = host.check("--seed", options.seed, {integer = true})
random.manual_seed(seed)
local generator = random.generator(seed)
local descent = 150

local m = method.flow(options.model)
local images = data.digits().images
local height, width = images:size(2), images:size(3)
local M = method.called(covers, parameter, mask, height, width, parameter):to("float32"):reshape(height * width)
if M:min():item() > 0 then method.refuse(covers, "nothing is missing; a 0 marks a missing pixel") end

local target = accept > 0 and accept or nil
local function prepared(...) return method.called(words, text, sampler, ...) end

-- Ends the script where its answer is not to be believed.
local function doubt(reason)
  io.stdout:flush()
  io.stderr:write(reason, "\n")
  os.exit(1)
end

-- The settings of the run, for titles.
local function settings()
  return {("mask %s, sampler %s"):format(options.mask, options.sampler), warmup = warmup, steps = steps, seed = seed}
end

-- The test of the sampler, in lots of 50 pictures.
local function calibrate()
  local files = options.files ~= "" and options.files or nil
  if files then host.check("--files", files .. "-1.safetensors", {writes = true}) end
  local bar <close> = host.progress((warmup + steps) * math.ceil(repeats / 50))
  local result = method.called("--files " .. options.files, nil, calibration.run, m, M, repeats, {
    sampler = prepared, text = text, warmup = warmup, steps = steps, thin = thin, descent = descent, lot = 50,
    target_accept = target, seed = seed, files = files,
    settings = ("%s, mask %s, sampler %s, %d + %d steps, thin %d, accept %g"):format(
      options.model ~= "" and options.model or "the shipped flow", options.mask, options.sampler, warmup, steps, thin, accept),
    callback = function(k, distance, number)
      bar:update((number - 1) * (warmup + steps) + k, ("log p is %.1f from the truths'"):format(distance))
    end,
  })
  bar:close()
  print(("%d repeats, %.0f gradients each, accepted %.2f, %d divergences"):format(
    repeats, result.gradients, result.accept_rate, result.divergences))
  print(("draws %d steps apart, %d of them: ranks 0 to %d in %d bins"):format(
    result.lag * thin, result.kept, result.kept, result.bins))
  for _, summary in ipairs(result.summaries) do
    print(("%-22s p = %-8.3g %s"):format(summary.name, summary.p, table.concat(summary.counts, " ")))
  end
  calibration.figure(result, settings()):save(options.out, {width = 1000, height = 560})
  print("figure            " .. options.out)
  local fine, worst = calibration.verdict(result, 0.01)
  if not fine then
    doubt(("not calibrated: ranks of %s are not uniform, p = %.2g: too short (--steps, --warmup), or wrong"):format(
      worst.name, worst.p))
  end
  print(("calibrated        no p-value below 0.01 / %d"):format(#result.summaries))
end
if repeats > 0 then return calibrate() end

-- The chains.
local digit = host.check("--digit", options.digit, {integer = true, min = 1, max = #images})
local truth = images[digit]:reshape(1, height * width)
local p = posterior.new(m, truth, M, chains)
local bar <close> = host.progress(warmup + steps)
local r = p:sample(prepared, {
  text = text, descent = descent, warmup = warmup, steps = steps, thin = thin, target_accept = target,
  generator = generator,
  callback = function(k, _, log_p) bar:update(k, ("log p %.1f"):format(log_p:mean():item())) end,
})
bar:close()

-- How far to trust them: the worst pixel, and log p.
local draws = r.samples:size(2)
local summary, of_log_p = mcmc.summary(r.samples), mcmc.summary(r.log_prob)
local rhat = math.max(summary.r_hat:max():item(), of_log_p.r_hat:item())
-- Chains that stand still have none.
local shown_rhat = rhat == rhat and ("%.3f"):format(rhat) or "nan"
local ess = math.min(summary.ess_bulk:min():item(), of_log_p.ess_bulk:item())
local gradients = r.n_gradients - r.warmup_gradients
local apart = math.max(1, math.ceil(chains * draws / ess))

-- Nearly independent ones, the last first, chain by chain; of these fifteen to look at, or as many as fill rows of six
-- behind three other pictures.
local independent = {}
for draw = draws, 1, -apart do
  for chain = 1, chains do independent[#independent + 1] = {chain, draw} end
end
if #independent < 3 then independent = {{1, draws}, {2, draws}, {1, draws // 2}} end
local shown = #independent >= 15 and 15 or #independent >= 9 and 9 or 3

-- A picture with numbers of the hidden pixels in their places.
local function in_place(numbers, base)
  return base:to("float32"):scatter(1, p.places, numbers:to("float32")):reshape(height, width)
end
local known = truth[1] * M
local panels = {
  plot.image{figure.covered(known:reshape(height, width), M:reshape(height, width)), title = "mask " .. options.mask},
  plot.image{in_place(summary.mean, known):clamp(0, 1), title = "mean", vmin = 0, vmax = 1},
  plot.image{in_place(summary.sd, tensor.zeros(height * width)), title = "standard deviation", colormap = "viridis",
    colorbar = true, vmin = 0, vmax = math.max(summary.sd:max():item(), 1e-6)},
}
for k = 1, shown do
  local chain, draw = table.unpack(independent[1 + (k - 1) * (#independent - 1) // (shown - 1)])
  panels[3 + k] = plot.image{in_place(r.samples[chain][draw], known):clamp(0, 1), vmin = 0, vmax = 1,
    title = ("%.0f nats"):format(r.log_prob[{chain, draw}])}
end
local traces = {}
for chain = 1, chains do traces[chain] = {y = r.log_prob[chain], linewidth = 0.8} end
panels[#panels + 1] = plot.line{
  series = traces, title = "log p of each chain", xlabel = "draw", ylabel = "nats", legend = "none"}
local faults = {}
if not (rhat <= 1.01) then faults[#faults + 1] = ("R-hat is %s (at most 1.01)"):format(shown_rhat) end
if not (ess >= wanted) then faults[#faults + 1] = ("ess is %.0f (at least %g)"):format(ess, wanted) end
local title = settings()
if #faults > 0 then title[1] = title[1] .. ": too short, not to be trusted" end
title["R-hat"], title.ess = shown_rhat, ("%.0f"):format(ess)
plot.figure{panels = panels, columns = 6, title = title}:save(options.out, {
  width = 1200, height = 200 * (3 + shown) // 6 + 320})

local hidden = p:hidden(truth)[1]
local function psnr(guess) return -10 * math.log(((guess - hidden) ^ 2):mean():item(), 10) end
print(("%s: %d hidden pixels, %d chains of %d draws, accepted %.2f%s"):format(
  r.kernel, p.n, chains, draws, r.accept_rate, r.step_size > 0 and (", step size %.3g"):format(r.step_size) or ""))
print(("log p             %.1f, standard deviation %.1f; with the truth in the hole %.1f"):format(
  of_log_p.mean:item(), of_log_p.sd:item(), m:log_prob(truth):item()))
print(("PSNR              %.2f dB of the mean, %.2f dB of a draw"):format(
  psnr(summary.mean), psnr(r.samples[chains][draws])))
print(("R-hat             %s at most"):format(shown_rhat))
print(("ess               %.0f at least, %.3g per 1000 %s; draws %d steps apart are nearly independent"):format(
  ess, 1000 * ess / gradients, r.unit or "gradients", apart * thin))
print("figure            " .. options.out)

if #faults > 0 then
  doubt(("too short: %s: mean, deviations and shares of draws are not to be trusted; try --steps %d"):format(
    table.concat(faults, " and "), steps * math.max(2, math.min(100, math.ceil(wanted / ess)))))
end
