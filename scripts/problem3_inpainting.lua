-- Problem 3: image inpainting with a flow model.
--
--   minimize    -log p(X)
--   subject to  M * X = M * X_true,   0 <= X <= 1,
--
-- by the projected gradient method, X <- P(X - alpha * gradient), 300 steps of 1e-3 from missing pixels at 1.
--
--   luaflow run scripts/problem3_inpainting.lua --digit 4 --mask left --schedule cosine
--
-- Step sizes, noises and masks are in scripts/inpainting: change them there, or add your own. What is changed while this
-- runs counts from the next step on. Ctrl-C pauses: look at x, change lr, :rewind 50, :continue, or :stop with the best x.
local data = require "data"
local flow = require "flow"
local host = require "host"
local image = require "image"
local plot = require "plot"
local projection = require "projection"
local random = require "random"
local masks = host.live "inpainting/masks.lua"
local noises = host.live "inpainting/noises.lua"
local schedules = host.live "inpainting/schedules.lua"

local options = host.arguments{
  about = "Fills in the missing pixels of an MNIST digit by maximum likelihood under a flow (problem 3).",
  {"digit", 1, "which of the shipped digits, from 1"},
  {"mask", "rectangle", "what is missing: " .. host.names(masks, "masks") .. ", or the path of a PNG; NAME:TEXT hands TEXT to the mask"},
  {"schedule", "constant", "the step sizes: " .. host.names(schedules, "schedules")},
  {"noise", "none", "the noise of every step: " .. host.names(noises, "noises")},
  {"steps", 300, "how many"},
  {"lr", 1e-3, "the step size that the schedule starts from"},
  {"seed", 0, "of noise and random masks"},
  {"model", "", "a .safetensors or .pt file; the shipped flow by default"},
  {"out", "inpainting.png", "the figure: .png, .svg or .pdf"},
}
local schedule = host.pick("schedules", schedules, options.schedule)
local noise = host.pick("noises", noises, options.noise)
local mask, parameter = host.pick("masks", masks, (options.mask:gsub("^[^:]*%.png$", "png:%0")))
local steps = host.check("--steps", options.steps, {integer = true, min = 0})
random.manual_seed(host.check("--seed", options.seed, {integer = true}))

-- The flow, the picture, and what of it is observed.
local m = flow.load(options.model ~= "" and options.model or host.resource("nice-mnist.safetensors"))
local images = data.digits().images
local X_true = images[host.check("--digit", options.digit, {integer = true, min = 1, max = #images})]
local height, width = X_true:size(1), X_true:size(2)
local M, corrupted, P

local function observe()
  M = mask(height, width, parameter)
  assert(getmetatable(M) == "tensor", ("--mask %s: a tensor of 0 and 1 expected, got %s")
    :format(options.mask, M == nil and "nil" or "a " .. type(M)))
  assert(M:dim() == 2 and M:size(1) == height and M:size(2) == width,
    ("--mask %s: shape (%s) where the picture has (%d, %d)"):format(options.mask, table.concat(M.shape, ", "), height, width))
  corrupted = X_true:where(M, 1)

  -- The constraints. Both are given pixel by pixel, so one projection after the other is the projection on both ...
  P = projection.Intersection{projection.Box(0, 1), projection.Observed(M, X_true)}
  -- ... and it is problem 2's, for every pixel: x1 = a where observed, 0 <= x2 <= 1 where missing.
  local P2 = projection.Box(M * X_true, M * X_true + (1 - M))
  assert(M:min():item() == 0, ("--mask %s: nothing is missing; a 0 marks a missing pixel"):format(options.mask))
  local anywhere = random.normal({height, width}, {generator = random.generator(1)})
  assert((P(anywhere) - P2(anywhere)):abs():max():item() == 0)
end
observe()

-- The projected gradient method. What a pause shows and may change is in `state`.
local state = {x = corrupted, trace = {}, lr = options.lr}
for k in host.steps(steps, state, {label = "-log p "}) do
  if host.reloaded(masks) then observe() end
  local X = state.x:detach():requires_grad_(true)
  local loss = -m:log_prob(X)
  loss:backward()

  local alpha = host.check(options.schedule .. " at step " .. k, schedule(k, state.lr, steps), {min = 0})
  local sigma = host.check(options.noise .. " at step " .. k, noise(k, alpha, steps), {min = 0})
  local Y = X.data - alpha * X.grad
  if sigma > 0 then Y = Y + sigma * random.normal({height, width}) end
  state.x = P(Y)
  state.trace[k] = loss:item()
end
---@type tensor
local inpainted = state.x

-- How it went. 300 steps of 1e-3 are chaotic on this landscape: two runs that differ in rounding (float32 and float64, or
-- two machines) part by up to 0.5 in single pixels. Compare the means of -log p and PSNR over many digits, not pixels.
local difference = inpainted - X_true
local error2 = ((1 - M) * difference ^ 2):sum() / (1 - M):sum()
local psnr = 10 * math.log(1 / error2:item(), 10)
local violation = math.max((M * difference):abs():max():item(), (-inpainted):max():item(), (inpainted - 1):max():item(), 0)

image.show({X_true, corrupted, inpainted}, {captions = {"original", "corrupted", "inpainted"}})
print(("-log p            %.1f before, %.1f after %d steps"):format(-m:log_prob(corrupted):item(), -m:log_prob(inpainted):item(), state.k))
print(("PSNR              %.2f dB over the %d missing pixels"):format(psnr, (1 - M):sum():item()))
print(("largest violation %g"):format(violation))

local panels = {
  plot.image{X_true, title = "original"},
  plot.image{corrupted, title = "corrupted"},
  plot.image{inpainted, title = "inpainted"},
}
if #state.trace > 0 then panels[4] = plot.line{state.trace, title = "-log p(X)", xlabel = "step", ylabel = "nats"} end
plot.figure{panels = panels}:save(options.out)
print("figure            " .. options.out)
