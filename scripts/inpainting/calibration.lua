-- Whether a sampler's posteriors are right, by simulation-based calibration (Talts et al., 2018): the flow draws a
-- picture, some of it is hidden, and the posterior is sampled as if nobody knew what was there. The hidden truth is
-- then one more draw of the same posterior, so that its rank among L independent draws is as likely to be 0 as 1, ...
-- or L. That holds for every number that a picture has, and on average over pictures for nothing but a sampler that
-- is right and ran for long enough: too narrow draws give ranks at both ends, too wide ones in the middle, shifted
-- ones on one side.
local checkpoint = require "checkpoint"
local mcmc = require "mcmc"
local plot = require "plot"
local posterior = require "inpainting.posterior"
local random = require "random"
local special = require "special"
local tensor = require "tensor"

local calibration = {}

-- The numbers whose ranks are looked at.
local names = {
  "log p", "mean of hidden pixels", "a pixel in the middle", "projection 1", "projection 2", "projection 3",
}

-- Of each: what it is of the draws, (repeats, draws), and of the truths, (repeats).
local function summaries(p, r, truths, directions)
  local h, middle = p:hidden(truths), (p.n + 1) // 2
  local found = {
    {r.log_prob, p:log_prob(h)},
    {r.samples:mean(3), h:mean(2)},
    {r.samples[{{}, {}, middle}], h[{{}, middle}]},
  }
  for k = 1, 3 do
    local direction = directions[k]:to(h.dtype) / math.sqrt(p.n)
    found[#found + 1] = {(r.samples * direction):sum(3), (h * direction):sum(2)}
  end
  return found
end

-- How many steps apart draws are nearly independent: steps over the effective sample size, the median of the repeats.
-- A chain too short to have forgotten its start cannot know that, and says too little.
function calibration.lag(values)
  local repeats, draws = values:size(1), values:size(2)
  local ess = mcmc.ess(values:t():reshape(1, draws, repeats), {kind = "mean"}):median():item()
  return math.min(draws, math.max(1, math.ceil(draws / ess)))
end

-- The p-value of ranks (from 0 to `draws`) under the uniform distribution by Pearson's chi-square in equal bins, and
-- the counts. With expected counts from 5 on the p-value is good to a few percent of itself.
function calibration.chi_square(ranks, draws, bins)
  local counts, expected, x2 = {}, #ranks / bins, 0
  for b = 1, bins do counts[b] = 0 end
  for _, rank in ipairs(ranks) do
    local b = rank * bins // (draws + 1) + 1
    counts[b] = counts[b] + 1
  end
  for b = 1, bins do x2 = x2 + (counts[b] - expected) ^ 2 / expected end
  return special.gammaincc((bins - 1) / 2, x2 / 2):item(), counts
end

-- Ranks of the truths among every lag-th draw, and their p-values. Ten bins, or as many as there are ranks.
local function judge(found, lag)
  local draws = found[1][2]:size(2)
  local kept = draws // lag
  local bins = math.min(10, kept + 1)
  kept = bins * ((kept + 1) // bins) - 1
  local result = {lag = lag, kept = kept, bins = bins, summaries = {}}
  for s, summary in ipairs(found) do
    local name, values, truth = table.unpack(summary)
    local thinned = values[{{}, {draws - (kept - 1) * lag, draws, lag}}]
    local ranks = {}
    for row, rank in ipairs(thinned:lt(truth:reshape(#truth, 1)):to("float64"):sum(2):tolist()) do
      ranks[row] = math.tointeger(rank)
    end
    local p, counts = calibration.chi_square(ranks, kept, bins)
    result.summaries[s] = {name = name, ranks = ranks, counts = counts, p = p}
  end
  return result
end

-- One lot: `count` pictures drawn by the flow, one chain each, all of them one batch. Returns tensors by name: 1.draws
-- (count, draws), 1.truth (count), ... of each summary, and numbers of the run.
local function lot(m, mask, count, options, number)
  local generator = random.generator(options.seed, number)
  local truths = m:sample(count, {generator = generator}):reshape(count, #mask).data
  local p = posterior.new(m, truths, mask, 1)
  local expected = p:log_prob(p:hidden(truths)):mean():item()
  local r = p:sample(options.sampler, {
    text = options.text, descent = options.descent, warmup = options.warmup, steps = options.steps, thin = options.thin,
    target_accept = options.target_accept, generator = generator,
    callback = function(k, _, log_p)
      if options.callback then options.callback(k, log_p:mean():item() - expected, number) end
    end,
  })
  local directions = random.normal({3, p.n}, {generator = random.generator(0)}):sign()
  local found = {run = tensor({options.descent + r.n_gradients / count, r.accept_rate, r.step_size, r.divergences})}
  for s, summary in ipairs(summaries(p, r, truths, directions)) do
    found[s .. ".draws"], found[s .. ".truth"] = summary[1].data:clone(), summary[2].data:clone()
  end
  return found
end

-- The same from a file, where it is there; and else into it, so that a run that was ended goes on with the next lot.
local function remembered(path, settings, make)
  local file = path and io.open(path, "rb")
  if not file then
    local made = make()
    if path then checkpoint.save(path, made, {metadata = {settings = settings}}) end
    return made
  end
  file:close()
  local found, metadata = checkpoint.load(path)
  if metadata.settings ~= settings then
    local text = "%s is of another run (%s, and not %s); remove it, or name another"
    error(text:format(path, metadata.settings, settings), 0)
  end
  return found
end

-- The test on `repeats` pictures that the flow m draws, whose pixels are hidden by mask (dim).
--   options  sampler (a function as in samplers.lua) and text, steps, warmup, thin, descent (steps uphill before),
--            target_accept, seed, lot (how many pictures are a batch), files (the beginning of their names; nil: none),
--            settings (a text: files of another are refused), callback (k, distance of log p from the truths', lot)
-- Returns judge's table, with repeats, and the gradients of a chain, accept_rate and divergences.
function calibration.run(m, mask, repeats, options)
  local parts, done, sums = {}, 0, tensor.zeros(4)
  while done < repeats do
    local number, count = #parts + 1, math.min(options.lot, repeats - done)
    local path = options.files and ("%s-%d.safetensors"):format(options.files, number)
    local settings = ("%s, lot %d of %d pictures, seed %d"):format(options.settings, number, count, options.seed)
    parts[number] = remembered(path, settings, function()
      return lot(m, mask, count, options, number)
    end)
    local share = parts[number].run * tensor({count / repeats, count / repeats, count / repeats, 1})
    sums = sums + share
    done = done + count
  end
  local found = {}
  for s, name in ipairs(names) do
    local draws, truths = {}, {}
    for k, part in ipairs(parts) do draws[k], truths[k] = part[s .. ".draws"], part[s .. ".truth"] end
    found[s] = {name, tensor.cat(draws), tensor.cat(truths)}
  end
  local lag = 1
  for _, summary in ipairs(found) do lag = math.max(lag, calibration.lag(summary[2])) end
  local result = judge(found, lag)
  result.repeats, result.gradients, result.accept_rate, result.divergences = repeats, sums[{1}], sums[{2}], sums[{4}]
  return result
end

-- Whether any summary's p-value is too small to be chance: below `level` over the number of them.
function calibration.verdict(result, level)
  local worst = result.summaries[1]
  for _, summary in ipairs(result.summaries) do
    if summary.p < worst.p then worst = summary end
  end
  return worst.p >= level / #result.summaries, worst
end

-- Histograms of ranks, one a summary; about 95 % of the bars of a sampler that is right end between the dashed lines.
function calibration.figure(result, title)
  local mean = result.repeats / result.bins
  local half = 1.96 * math.sqrt(mean * (1 - 1 / result.bins))
  local panels = {}
  for s, summary in ipairs(result.summaries) do
    -- The outline of the bars.
    local x, y = {-0.5}, {0}
    for b, count in ipairs(summary.counts) do
      local left = x[#x]
      local right = b * (result.kept + 1) / result.bins - 0.5
      x[#x + 1], x[#x + 2], y[#y + 1], y[#y + 2] = left, right, count, count
    end
    x[#x + 1], y[#y + 1] = x[#x], 0
    local ends = {-0.5, result.kept + 0.5}
    panels[s] = plot.line{
      series = {
        {x = x, y = y, color = "blue"},
        {x = ends, y = {mean - half, mean - half}, color = "black", linestyle = "dashed", linewidth = 1},
        {x = ends, y = {mean + half, mean + half}, color = "black", linestyle = "dashed", linewidth = 1},
      },
      title = ("%s, p = %.2g"):format(summary.name, summary.p), xlabel = "rank of the truth", ylabel = "repeats",
      ylim = {0, math.max(2 * mean, 1.1 * math.max(table.unpack(summary.counts)))},
    }
  end
  return plot.figure{panels = panels, columns = 3, title = title}
end

return calibration
