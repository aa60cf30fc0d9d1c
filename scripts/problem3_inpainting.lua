-- Problem 3: image inpainting with a flow model.
--
--   minimize    -log p(X)
--   subject to  M * X = M * X_true,   0 <= X <= 1,
--
-- by the projected gradient method, X <- P(X - alpha * gradient), 300 steps of 1e-3 from missing pixels at 1.
--
--   luaflow run scripts/problem3_inpainting.lua --digit 4 --mask left --preset best
--
-- Presets (whole methods), step sizes, noises and masks are in scripts/inpainting: change them there, or add your own. What
-- is changed while this runs counts from the next step on. Ctrl-C pauses: look at x, change lr, :rewind 50, :continue, or
-- :stop with the best x.
local data = require "data"
local figure = require "homework.figure"
local host = require "host"
local image = require "image"
local method = require "inpainting.method"
local plot = require "plot"
local progress = require "inpainting.progress"
local projection = require "projection"
local random = require "random"
local masks = host.live "inpainting/masks.lua"
local noises = host.live "inpainting/noises.lua"
local presets = host.live "inpainting/presets.lua"
local schedules = host.live "inpainting/schedules.lua"
local parts = {presets = presets, schedules = schedules, noises = noises}

local options = host.arguments{
  about = "Fills in the missing pixels of an MNIST digit by maximum likelihood under a flow (problem 3).",
  {"digit", 1, "which of the shipped digits, from 1"},
  {"mask", "rectangle", "what is missing: " .. host.names(masks, "masks") .. ", or the path of a PNG; NAME:TEXT hands TEXT to the mask"},
  {"preset", "homework", "the method: " .. host.names(presets, "presets") .. "; the next five options change parts of it"},
  {"schedule", nil, "the step sizes: " .. host.names(schedules, "schedules")},
  {"noise", nil, "the noise of every step: " .. host.names(noises, "noises")},
  {"lr", nil, "the step size that the schedule starts from, a number"},
  {"start", nil, "what missing pixels are at first, from 0 (black) to 1 (white)"},
  {"steps", nil, "how many, a whole number; 300 by default, where the preset says nothing else"},
  {"seed", 0, "of noise and random masks"},
  {"model", "", "a .safetensors or .pt file; the shipped flow by default"},
  {"out", "inpainting.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local how = method.find(options, parts)
local covers = "--mask " .. options.mask
local mask, parameter = method.plainly(covers, host.pick, "masks", masks, (options.mask:gsub("^[^:]*%.png$", "png:%0")), {text = 3})
local steps = how.steps
random.manual_seed(host.check("--seed", options.seed, {integer = true}))

-- The picture, what of it is observed, and the flow.
local images = data.digits().images
local X_true = images[host.check("--digit", options.digit, {integer = true, min = 1, max = #images})]
local height, width = X_true:size(1), X_true:size(2)
local M, corrupted, P

local function observe()
  M = method.called(covers, parameter, mask, height, width, parameter)
  if getmetatable(M) ~= "tensor" then
    method.refuse(covers, "a tensor of 0 and 1 expected, got " .. (M == nil and "nil" or "a " .. type(M)))
  end
  if M:dim() ~= 2 or M:size(1) ~= height or M:size(2) ~= width then
    method.refuse(covers, ("shape (%s) where the picture has (%d, %d)"):format(table.concat(M.shape, ", "), height, width))
  end
  corrupted = method.plainly(covers, X_true.where, X_true, M, 1)
  if M:min():item() > 0 then method.refuse(covers, "nothing is missing; a 0 marks a missing pixel") end

  -- The constraints. Both are given pixel by pixel, so one projection after the other is the projection on both ...
  P = projection.Intersection{projection.Box(0, 1), projection.Observed(M, X_true)}
  -- ... and it is problem 2's, for every pixel: x1 = a where observed, 0 <= x2 <= 1 where missing.
  local P2 = projection.Box(M * X_true, M * X_true + (1 - M))
  local anywhere = random.normal({height, width}, {generator = random.generator(1)})
  assert((P(anywhere) - P2(anywhere)):abs():max():item() == 0)
end
observe()
local m = method.flow(options.model)

-- -log p and its gradient; for the picture that was asked for last they are known.
local known
local function evaluate(x)
  if known and (x - known.x):abs():max():item() == 0 then return known.loss, known.gradient end
  local X = x:clone():requires_grad_(how.descends_log_p)
  local loss = -m:log_prob(X)
  if how.descends_log_p then loss:backward() end
  known = {x = X.data, loss = loss:item(), gradient = X.grad}
  return known.loss, known.gradient
end

-- The gradient for step k from x. A preset may descend an objective of its own; then -log p is only watched.
local function descent(x, k, memory)
  local _, gradient = evaluate(x)
  return gradient or method.gradient(how, m, x, k, memory)
end

-- The projected gradient method. What a pause shows and may change is in `state`; trace[k] is -log p after step k.
local state = {x = X_true:where(M, how.start), trace = {}, lr = how.lr, memory = {}}
local before = evaluate(state.x)
local sigma = 0
for k in host.steps(steps, state, {label = "-log p ", value = "after"}) do
  if host.reloaded(masks) then observe() end
  if host.reloaded(presets) then how, state.lr = method.reload(how, state.lr, options, parts) end
  local gradient = descent(state.x, k, state.memory)
  local alpha = method.step_size(how, k, state.lr, steps)
  sigma = method.noise_level(how, k, alpha, steps)
  local Y = how.update(state.x, gradient, alpha, k, state.memory)
  if sigma > 0 then Y = Y + sigma * random.normal({height, width}) end
  state.x = P(Y)
  state.trace[k] = evaluate(state.x)
  if state.trace[k] ~= state.trace[k] then
    method.refuse(("--lr %g"):format(state.lr), ("-log p is not a number at step %d; try a smaller one"):format(k))
  end
end
---@type tensor
local inpainted = state.x

-- How it went. The picture is the last iterate, as the sheet has it; after :stop it is the best. 300 steps of 1e-3 are
-- chaotic on this landscape: two runs that differ in rounding (float32 and float64, or two machines) part by up to 0.5 in
-- single pixels. Compare the means of -log p and PSNR over many digits, not pixels.
local after = evaluate(inpainted)
local difference = inpainted - X_true
local error2 = ((1 - M) * difference ^ 2):sum() / (1 - M):sum()
local psnr = 10 * math.log(1 / error2:item(), 10)
local violation = math.max((M * difference):abs():max():item(), (-inpainted):max():item(), (inpainted - 1):max():item(), 0)

image.show({X_true, corrupted, inpainted}, {captions = {"original", "corrupted", "inpainted"}})
print(("-log p            %.1f before, %.1f after %d steps"):format(before, after, state.k))
print(("PSNR              %.2f dB over the %d missing pixels"):format(psnr, (1 - M):sum():item()))
print(("largest violation %g"):format(violation))
local low, high = progress.swings(state.trace)
if low then
  print(("%s: -log p swings between %.1f and %.1f in the last steps; try %s"):format(
    progress.is_noisy(sigma) and "the noise does not end" or "oscillates", low, high, progress.advice(how, options, sigma)))
end

local panels = {
  plot.image{X_true, title = "original"},
  plot.image{figure.covered(X_true, M), title = "mask " .. options.mask},
  plot.image{inpainted, title = ("inpainted, %.1f dB"):format(psnr)},
}
if #state.trace > 0 then
  -- The first steps may come from tens of thousands of nats above; the axis shows the last 3000.
  local bottom, top = math.min(table.unpack(state.trace)), math.max(table.unpack(state.trace))
  top = math.min(top, bottom + 3000)
  local margin = 0.05 * (top - bottom)
  panels[4] = plot.line{state.trace, title = ("-log p(X): %s, %s from %g"):format(how.name, how.schedule_name, state.lr),
    xlabel = "step", ylabel = "nats", linewidth = 1, ylim = margin > 0 and {bottom - margin, top + margin} or nil}
end
plot.figure{panels = panels}:save(options.out)
print("figure            " .. options.out)
