-- How well problem 3's presets fill in: the mean PSNR in dB over the missing pixels of the first digits, mask by mask, its
-- standard error, and how far -log p swings in the last two steps, in nats. From the folder scripts:
--
--   luaflow run bench/presets.lua --digits 64
local data = require "data"
local flow = require "flow"
local host = require "host"
local method = require "inpainting.method"
local projection = require "projection"
local random = require "random"
local parts = {
  presets = require "inpainting.presets", schedules = require "inpainting.schedules", noises = require "inpainting.noises",
}
local masks = require "inpainting.masks"

local options = host.arguments{
  about = "Measures problem 3's presets on shipped digits.",
  {"digits", 8, "how many, from the first"},
  {"steps", 300, "how many"},
  {"presets", "homework,nice,best", "which, with commas between them"},
}
local digits = host.check("--digits", options.digits, {integer = true, min = 1, max = 2000})
local steps = host.check("--steps", options.steps, {integer = true, min = 2})
local cases = {"rectangle", "left", "top", "rows", "random:75", "checkerboard"}

local m = flow.load(host.resource("nice-mnist.safetensors"))
local images = data.digits().images

-- PSNR of the last iterate, and the last change of -log p.
local function inpaint(how, X_true, M)
  local P = projection.Intersection{projection.Box(0, 1), projection.Observed(M, X_true)}
  local x, memory, before, loss = X_true:where(M, how.start), {}, nil, nil
  for k = 1, steps do
    local X = x:clone():requires_grad_(true)
    local value = -m:log_prob(X)
    value:backward()
    before, loss = loss, value:item()
    local alpha = how.schedule(k, how.lr, steps)
    local sigma = how.noise(k, alpha, steps)
    local Y = how.update(x, X.grad, alpha, k, memory)
    if sigma > 0 then Y = Y + sigma * random.normal(M.shape) end
    x = P(Y)
  end
  local hidden = 1 - M
  local error2 = (hidden * (x - X_true) ^ 2):sum() / hidden:sum()
  return -10 * math.log(error2:item(), 10), math.abs(loss - before)
end

local methods = {}
for name in options.presets:gmatch "[^,]+" do methods[#methods + 1] = method.find({preset = name}, parts) end
print(("%-10s %s"):format("PSNR (dB)", (("%13s"):rep(#cases)):format(table.unpack(cases))))
for _, how in ipairs(methods) do
  local cells, errors, swings = {}, {}, {}
  for c, case in ipairs(cases) do
    local psnr, squares, swing = 0, 0, 0
    for digit = 1, digits do
      random.manual_seed(0)
      local mask, text = host.pick("masks", masks, case)
      local found, moved = inpaint(how, images[digit], mask(28, 28, text))
      psnr, squares, swing = psnr + found / digits, squares + found ^ 2 / digits, swing + moved / digits
    end
    -- Of the mean over digits: the deviation of single ones over the root of how many there are.
    local se = digits > 1 and math.sqrt(math.max(squares - psnr ^ 2, 0) / (digits - 1)) or 0 / 0
    cells[c], errors[c], swings[c] = ("%13.1f"):format(psnr), ("%13.2f"):format(se), ("%13.1f"):format(swing)
  end
  print(("%-10s %s"):format(how.name, table.concat(cells)))
  print(("%-10s %s"):format("  s.e.", table.concat(errors)))
  print(("%-10s %s"):format("  swing", table.concat(swings)))
  io.stdout:flush()
end
