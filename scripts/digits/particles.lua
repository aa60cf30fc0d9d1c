-- Draws of hidden pixels given the known ones from a flow of digits (flows.lua), without gradients: by particles, which
-- walk over the picture in the order in which the flow itself draws it. At a hidden pixel every particle draws from the
-- flow; at a known one it takes what is there, and its weight is multiplied by how likely the flow held that. Particles
-- that did not foresee what is known are replaced by copies of those that did (the bootstrap filter: Gordon, Salmond,
-- Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", 1993). What they cannot foresee is told
-- them by lookahead.lua.
local flow = require "flow"
local lookahead = require "digits.lookahead"
local random = require "random"
local tensor = require "tensor"

local particles = {}

-- Pictures in phases and back.
local phases = flow.Chain{flow.Squeeze(), flow.Permute{1, 4, 2, 3}}

-- Elements of the vector at these places, counted from 0, in their shape.
local function at(vector, places)
  return vector:index_select(1, places:reshape(-1):to("int64") + 1):reshape(places.shape)
end

-- How grey levels lie in bins: {bin, logs, score, draw}, of logits (N, bins, K) that a network gives for K pixels.
local function histogram(counts, edges)
  local bins = #edges - 1
  local totals, bin_of, inside = {}, {}, {}
  for bin = 1, bins do
    local total = 0
    for level = edges[bin], edges[bin + 1] - 1 do total = total + counts[level + 1] end
    totals[bin] = math.log(total)
    for level = edges[bin], edges[bin + 1] - 1 do
      -- A level is 1/256 wide: its density is 256 times its probability.
      bin_of[level + 1], inside[level + 1] = bin - 1, math.log(256 * counts[level + 1] / total)
    end
  end
  totals, bin_of, inside = tensor(totals):reshape(1, bins, 1), tensor(bin_of), tensor(inside)
  local ends = tensor(edges)
  local above = tensor(counts, {dtype = "float64"}):cumsum(1)
  local below = tensor.cat{tensor.zeros(1, {dtype = "float64"}), above}
  local self = {}

  -- The bin of each number, from 0.
  function self.bin(x) return at(bin_of, (256 * x):floor():clamp(0, 255)) end

  -- log p of the bins.
  function self.logs(logits) return (logits + totals):log_softmax(2) end

  -- log of the density, in nats, of numbers x (N, K).
  function self.score(logs, x)
    return self.of_bin(logs, x) + at(inside, (256 * x):floor():clamp(0, 255))
  end

  -- The logs (N, bins, K) of the bins of numbers x (N, K).
  function self.of_bin(logs, x) return logs:gather(2, self.bin(x):to("int64"):unsqueeze(2) + 1):squeeze(2) end

  -- Numbers (N, K): a bin by its probability, a level of it by its count, a place in the level.
  function self.draw(logs, generator)
    local n, k = logs:size(1), logs:size(3)
    local function uniform(...) return random.uniform({...}, {generator = generator}) end
    local sums = logs:exp():cumsum(2)
    local bin = sums:lt(uniform(n, 1, k) * sums[{{}, {bins, bins}}]):to("float32"):sum(2):clamp(0, bins - 1)
    local low, high = at(below, at(ends, bin)), at(below, at(ends, bin + 1))
    local place = low + (high - low) * uniform(n, k):to("float64")
    local level = above:reshape(1, 1, 256):le(place:unsqueeze(3)):to("float32"):sum(3)
    level = level:maximum(at(ends, bin)):minimum(at(ends, bin + 1) - 1)
    return (level + uniform(n, k)) / 256
  end
  return self
end

-- The pixels of a step by their order in it: lists of places, row by row from 1.
local function in_order(step)
  local groups, channel = {}, step.known + 1
  for place = 0, step.size * step.size - 1 do
    local order = step.order and step.order[channel][place // step.size + 1][place % step.size + 1] or 1
    groups[order] = groups[order] or {}
    table.insert(groups[order], place + 1)
  end
  return groups
end

-- What flows.load gives, {steps, counts, edges}: a function of
--   x          pictures (G, 1, 28, 28), numbers in [0, 1]; what is hidden in them is never read
--   mask       (1, 1, 28, 28), 1 where a pixel is known
--   n          particles for each picture
--   generator  random numbers
-- that returns pictures (G, 1, 28, 28) with hidden pixels drawn; an estimate of log p(known), in nats, (G), whose
-- exponential is right on average; and the mean of the particles by weight, (G, 1, 28, 28).
function particles.filter(made)
  if made.smooth then error("particles need a flow of digits without --smooth", 0) end
  local levels, bins = histogram(made.counts, made.edges), #made.edges - 1
  local walk = {}
  for s = #made.steps, 1, -1 do
    local step = made.steps[s]
    local own = tensor.zeros(1, step.channels, 1, 1)
    own[{1, {1, step.known + 1}}] = 1
    for order, places in ipairs(in_order(step)) do
      local list = tensor(places)
      walk[#walk + 1] = {
        net = step.net, size = step.size, channels = step.channels, channel = step.known + 1, own = own,
        places = list, index = list:to("int64"):unsqueeze(1), first = order == 1,
      }
    end
  end
  -- Numbers (N, K) in their places.
  local function put(all, part, value)
    local size, channel = part.size, part.channel
    local row = all[size][{{}, channel}]:reshape(#value, -1):scatter(2, part.index:expand(#value, #part.places), value)
    all[size][{{}, channel}] = row:reshape(#value, size, size)
  end

  local turns = {[7] = tensor.zeros(1, 4, 7, 7), [14] = tensor.zeros(1, 4, 14, 14)}
  for t, part in ipairs(walk) do put(turns, part, tensor.zeros(1, #part.places) + t) end
  turns[14][{{}, {1, 1}}] = phases:to_data(turns[7])
  local look = lookahead.make(phases:to_data(turns[14]), levels.bin, bins)

  return function(x, mask, n, generator)
    local G = #x
    local N = G * n
    local function in_phases(images)
      local large = phases:to_latent(images)
      return {[14] = large, [7] = phases:to_latent(large[{{}, {1, 1}}])}
    end
    -- Hidden pixels are of no distribution here: black.
    local given = in_phases((x * mask):unsqueeze(2):expand(G, n, 1, 28, 28):reshape(N, 1, 28, 28))
    local hidden = in_phases(1 - mask)
    local found = {[7] = tensor.zeros(N, 4, 7, 7), [14] = tensor.zeros(N, 4, 14, 14)}
    -- What the lookahead says of bins, and at which turn it is taken back; ahead: what it said of the bins drawn.
    local told, last = look(x * mask, mask)
    told = in_phases(told:reshape(G * bins, 1, 28, 28))
    last = in_phases(last)
    local ahead = {[7] = tensor.zeros(N, 4, 7, 7), [14] = tensor.zeros(N, 4, 14, 14)}
    local weights, evidence = tensor.zeros(G, n), tensor.zeros(G)
    local first, numbers = tensor.arange(0, G - 1):unsqueeze(2) * n, tensor.arange(0, n - 1):unsqueeze(1)

    -- Which particle each one becomes, by weights, for pictures whose weights have become uneven: n equally spaced
    -- places in the sum of weights (systematic resampling).
    local function resample()
      local p = weights:softmax(2)
      local uneven = (1 / (p * p):sum(2)):lt(n / 2):to("float32"):unsqueeze(2)
      if uneven:max():item() == 0 then return end
      local sums = p:cumsum(2)
      local u = (random.uniform({G, 1}, {generator = generator}) + numbers) / n * sums[{{}, {n, n}}]
      local pick = sums:unsqueeze(2):lt(u:unsqueeze(3)):to("float32"):sum(3):clamp(0, n - 1)
      pick = uneven * pick + (1 - uneven) * numbers
      local rows = (first + pick):reshape(-1):to("int64") + 1
      for size = 7, 14, 7 do
        found[size], ahead[size] = found[size]:index_select(1, rows), ahead[size]:index_select(1, rows)
      end
      evidence = evidence + (uneven * (weights:logsumexp(2, true) - math.log(n))):squeeze(2)
      weights = (1 - uneven) * weights
    end

    for turn, part in ipairs(walk) do
      local size, channel, places = part.size, part.channel, part.places
      -- The first phase of 14 x 14 is the four of 7 x 7.
      if size == 14 and channel == 2 and part.first then found[14][{{}, {1, 1}}] = phases:to_data(found[7]) end
      local seen = found[size][{{}, {1, part.channels}}]
      local logits = part.net(seen * part.own):reshape(N, bins, size * size):index_select(3, places)
      local logs = levels.logs(logits)
      local value = given[size][{{}, channel}]:reshape(N, -1):index_select(2, places)
      local open = hidden[size][{1, channel}]:reshape(-1):index_select(1, places):unsqueeze(1)
      weights = weights + (levels.score(logs, value) * (1 - open)):sum(2):reshape(G, n)
      if open:max():item() > 0 then
        local guess = told[size]:reshape(G, bins, 4, -1)[{{}, {}, channel}]:index_select(3, places)
        guess = guess:unsqueeze(2):expand(G, n, bins, #places):reshape(N, bins, #places)
        local guided = logs + guess
        local total = guided:logsumexp(2)
        local drawn = levels.draw(guided - total:unsqueeze(2), generator)
        value = open * drawn + (1 - open) * value
        weights = weights + (open * total):sum(2):reshape(G, n)
        put(ahead, part, open * levels.of_bin(guess, drawn))
      end
      put(found, part, value)
      for s = 7, 14, 7 do
        local due = last[s]:eq(turn):to("float32")
        if due:max():item() > 0 then weights = weights - (ahead[s] * due):reshape(N, -1):sum(2):reshape(G, n) end
      end
      resample()
    end
    -- One of each picture's, by weight.
    local p, pictures = weights:softmax(2), phases:to_data(found[14])
    local sums = p:cumsum(2)
    local u = random.uniform({G, 1}, {generator = generator}) * sums[{{}, {n, n}}]
    local pick = sums:lt(u):to("float32"):sum(2, true):clamp(0, n - 1)
    local picture = pictures:index_select(1, (first + pick):reshape(-1):to("int64") + 1)
    local mean = (p:unsqueeze(3) * pictures:reshape(G, n, 784)):sum(2):reshape(G, 1, 28, 28)
    return picture, evidence + weights:logsumexp(2) - math.log(n), mean
  end
end

-- A chain for each of G pictures: particle independent Metropolis-Hastings (Andrieu, Doucet, Holenstein, "Particle
-- Markov chain Monte Carlo methods", 2010, section 4.2). A step fills the hidden pixels anew. The new filling is taken
-- where its estimate of p(known) is the larger one, and else with the ratio of the two as its probability. The chain's
-- distribution is p(hidden | known) however few particles there are; with few, it stays where it is for long.
--   sweep      particles.filter's function
--   callback   called with the number of the step and the filling that is there
-- Returns the share of fillings that were taken after the warm-up.
function particles.chains(sweep, x, mask, n, generator, warmup, steps, callback)
  local picture, estimate = sweep(x, mask, n, generator)
  local taken = 0
  for k = 1, warmup + steps do
    local next_picture, next_estimate = sweep(x, mask, n, generator)
    local u = random.uniform({#x}, {generator = generator})
    local takes = u:log():lt(next_estimate - estimate):to("float32")
    if k > warmup then taken = taken + takes:mean():item() / steps end
    estimate = takes * next_estimate + (1 - takes) * estimate
    takes = takes:reshape(-1, 1, 1, 1)
    picture = takes * next_picture + (1 - takes) * picture
    callback(k, picture)
  end
  return taken
end

return particles
