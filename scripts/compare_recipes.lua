-- How well problem 3's presets fill in: every preset on every mask, over as many shipped digits as one asks for.
--
--   luaflow run scripts/compare_recipes.lua --digits 32
--
-- For every preset and mask the mean over the digits, and behind ± the standard error of that mean:
--   PSNR    peak signal-to-noise ratio over the missing pixels, in dB
--   gain    the same minus that of the first preset on the same digits: their difficulty drops out of the difference
--   SSIM    structural similarity of the whole picture, 1 for the true one
--   -log p  of the picture that is returned, in nats
--   time    seconds a picture, in batches of --batch digits under all masks
-- `particles:64` among the presets is none: the mean of so many fillings that the flow draws itself, one after another,
-- by weight (digits/particles.lua); it needs a flow of train_digits.lua:
--
--   luaflow run scripts/compare_recipes.lua --model models/digits-coupling.safetensors --presets adam,particles:256
--
-- Presets were tuned on digits 1 to 1000, so the digits are drawn from 1001 to 2000, unless --from and --to say otherwise.
-- Under mpirun the ranks share the digits.
local data = require "data"
local figure = require "homework.figure"
local host = require "host"
local image = require "image"
local masks = require "inpainting.masks"
local method = require "inpainting.method"
local montecarlo = require "montecarlo"
local mpi = require "mpi"
local plot = require "plot"
local quality = require "inpainting.quality"
local random = require "random"
local tensor = require "tensor"
local parts = {
  presets = require "inpainting.presets", schedules = require "inpainting.schedules",
  noises = require "inpainting.noises",
}

local options = host.arguments{
  about = "Compares problem 3's presets on shipped digits: one table, one figure.",
  {"digits", 4, "how many"},
  {"from", 1001, "the first of the shipped digits that they are drawn from"},
  {"to", 2000, "the last one"},
  {"seed", 0, "of which digits are drawn, of random masks and of noise"},
  {"steps", nil, "how many, a whole number; what each preset says by default"},
  {"presets", "homework,nice,adam,quick,best", "which, with commas between them; the first is what gains are over"},
  {"masks", "rectangle,left,top,rows,random:75,checkerboard", "which, with commas between them"},
  {"model", "", "a .safetensors or .pt file; the shipped flow by default"},
  {"batch", 8, "how many digits at a time"},
  {"out", "recipes.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local images = data.digits().images
local height, width = images:size(2), images:size(3)
local first = host.check("--from", options.from, {integer = true, min = 1, max = #images})
local last = host.check("--to", options.to, {integer = true, min = first, max = #images})
local count = host.check("--digits", options.digits, {integer = true, min = 1, max = last - first + 1})
local batch = host.check("--batch", options.batch, {integer = true, min = 1})
local seed = host.check("--seed", options.seed, {integer = true})
local m = method.flow(options.model)

local function listed(option, text)
  local words = {}
  for word in text:gmatch "[^,]+" do words[#words + 1] = word end
  if #words == 0 then host.refuse("--" .. option, "nothing is listed") end
  return words
end
local names, cases = listed("presets", options.presets), listed("masks", options.masks)
local methods, covers = {}, {}
for p, name in ipairs(names) do
  methods[p] = method.particles(name, m) or method.find({preset = name, steps = options.steps}, parts)
end
for c, case in ipairs(cases) do
  local mask, text = method.plainly("--mask " .. case, host.pick, "masks", masks, case, {text = 3})
  random.manual_seed(seed)
  covers[c] = method.called("--mask " .. case, text, mask, height, width, text)
  if covers[c]:min():item() > 0 then host.refuse("--mask " .. case, "nothing is missing; a 0 marks a missing pixel") end
end

-- The digits, the same for every number of ranks; this rank's are every mpi.size-th of them.
local drawn = random.permutation(last - first + 1, {generator = random.generator(seed)})
local mine = {}
for i = mpi.rank + 1, count, mpi.size do mine[#mine + 1] = i end

-- PSNR, SSIM, -log p and seconds: measured[p, c, quantity, i] of preset p, mask c and digit i, 0 where another rank
-- measures. --batch digits are filled in at a time, under all masks.
local measured = tensor.zeros(#methods, #cases, 4, count)
local shown = {}
for p, how in ipairs(methods) do
  for at = 1, #mine, batch do
    local truth, M, place = {}, {}, {}
    for b = at, math.min(at + batch - 1, #mine) do
      local digit = images[first - 1 + drawn[mine[b]]:item()]
      for c = 1, #cases do
        truth[#truth + 1], M[#M + 1], place[#place + 1] = digit, covers[c], {p, c, {}, mine[b]}
      end
    end
    local X_true = tensor.stack(truth)
    M = tensor.stack(M)
    random.manual_seed(seed + mine[at])
    local since = host.clock()
    local x = method.fill_in(how, m, X_true, M)
    local seconds = (host.clock() - since) / #place
    local psnr, ssim, log_p = quality.psnr(x, X_true, M), quality.ssim(x, X_true), m:log_prob(x):reshape(-1)
    for r = 1, #place do
      measured[place[r]] = tensor{psnr[r]:item(), ssim[r]:item(), -log_p[r]:item(), seconds}
      if at == 1 and r <= #cases then shown[#shown + 1] = x[r] end
    end
  end
end
measured = mpi.allreduce(measured, "sum")
if mpi.rank > 0 then return end

-- The mean over the digits, and its standard error.
local function summary(values)
  return values:mean():item(), count > 1 and montecarlo.standard_error(values) or 0 / 0
end

-- One row: preset p on the masks `which`; over several, a digit's number is its mean over them.
local function row(p, which, title)
  local function of(preset, quantity)
    local total = 0
    for _, c in ipairs(which) do total = total + measured[{preset, c, quantity, {}}] end
    return total / #which
  end
  local psnr, psnr_se = summary(of(p, 1))
  local gain, gain_se = summary(of(p, 1) - of(1, 1))
  local ssim, ssim_se = summary(of(p, 2))
  local nats, nats_se = summary(of(p, 3))
  local text = ("%-13s %-10s %6.2f ±%5.2f  %6.2f ±%5.2f  %6.3f ±%6.3f  %8.0f ±%5.0f  %7.2f"):format(
    title, names[p], psnr, psnr_se, gain, gain_se, ssim, ssim_se, nats, nats_se, (summary(of(p, 4))))
  print((text:gsub("[- ]nan", "   -")))
  return psnr, psnr_se, gain, gain_se
end

print(("%d of digits %d to %d, seed %d; gain over %s on the same digits"):format(count, first, last, seed, names[1]))
print(("%-13s %-10s %13s  %13s  %14s  %15s  %7s"):format(
  "mask", "preset", "PSNR (dB)", "gain (dB)", "SSIM", "-log p (nats)", "time (s)"))
local all, bars, gains = {}, {}, {}
local colors = {"blue", "orange", "green", "purple", "vermillion", "sky", "black", "grey", "yellow"}
for p, name in ipairs(names) do
  bars[p] = {y = {}, yerr = {}, label = name, color = colors[(p - 1) % #colors + 1]}
  gains[p] = {y = {}, yerr = {}, label = name, color = bars[p].color}
end
for c, case in ipairs(cases) do
  all[c] = c
  for p in ipairs(names) do
    bars[p].y[c], bars[p].yerr[c], gains[p].y[c], gains[p].yerr[c] = row(p, {c}, case)
  end
end
for p in ipairs(names) do row(p, all, "mean") end

-- The figure: the means, the paired differences, and what became of one of the digits.
local function panel(series, title)
  for _, s in ipairs(series) do
    if count == 1 then s.yerr = nil end
  end
  return plot.bar{x = cases, series = series, title = title, ylabel = "dB", legend = "outside"}
end
local pictures, rows = {}, {"true", "corrupted", table.unpack(names)}
local digit = images[first - 1 + drawn[1]:item()]
for _ = 1, #cases do pictures[#pictures + 1] = digit end
for c = 1, #cases do pictures[#pictures + 1] = digit:where(covers[c], 0.5) end
for i = 1, #shown do pictures[#pictures + 1] = shown[i] end
local panels = {panel(bars, "PSNR over the missing pixels")}
if #names > 1 then panels[2] = panel({table.unpack(gains, 2)}, "gain over " .. names[1]) end
panels[#panels + 1] = plot.image{image.grid(tensor.stack(pictures), {columns = #cases}), title = table.concat(rows, ", ")}
plot.figure{panels = panels, columns = 1, title = {"Problem 3's presets", digits = count, seed = seed}}:save(options.out)
print("figure " .. options.out)
