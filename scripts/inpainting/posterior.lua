-- What was under the mask, as a distribution: given the pixels that are known, a flow's density p(picture) says how
-- likely every filling of the hidden ones is,
--
--   p(hidden | known) = p(known and hidden together) / p(known),
--
-- and the denominator is a number that no chain needs. Chains move over the hidden pixels only; a batch of chains is
-- one evaluation of the flow. Pictures are vectors here, (dim), masks too: 1 where a pixel is known, 0 where it is
-- hidden.
local mcmc = require "mcmc"
local random = require "random"
local tensor = require "tensor"

local Posterior = {}
Posterior.__index = Posterior

local posterior = {}

-- The posterior of each of `pictures` (G, dim) under the flow m, with `chains` chains for each: row r of a batch is a
-- chain of picture ceil(r / chains). What the pictures have at hidden places is never read.
function posterior.new(m, pictures, mask, chains)
  local places = {}
  for place, known in ipairs(mask:tolist()) do
    if known == 0 then places[#places + 1] = place end
  end
  local owners = {}
  for row = 1, #pictures * chains do owners[row] = (row - 1) // chains + 1 end
  local self = {m = m, n = #places, rows = #owners, chains = chains, mask = mask}
  self.places = tensor(places):to("int64")
  self.index = self.places:reshape(1, self.n):expand(self.rows, self.n)
  -- Some flows have a density between two numbers only, and refuse others: of them, chains stay there.
  local told, kind, low, high = pcall(m.support, m)
  if told and kind ~= "real" and low > -math.huge and high < math.huge then self.low, self.high = low, high end
  self.known = (pictures * mask):index_select(1, tensor(owners)).data
  return setmetatable(self, Posterior)
end

-- The pictures whose hidden pixels are h (rows, n): (rows, dim).
function Posterior:pictures(h)
  return self.known:scatter(2, self.index, h)
end

-- What chains sample: log p(picture) in nats, which is log p(hidden | known) up to a constant. Without the box: a
-- flow's own pixels may lie a little outside 0 to 1.
function Posterior:log_prob(h)
  if not self.low then return self.m:log_prob(self:pictures(h)) end
  local inside = h:clamp(self.low, self.high)
  local lost = inside:detach():ne(h:detach()):to(h.dtype):sum(2):gt(0)
  return self.m:log_prob(self:pictures(inside)):masked_fill(lost, -math.huge)
end

-- The hidden pixels of pictures (N, dim): (N, n).
function Posterior:hidden(pictures)
  return pictures:index_select(2, self.places)
end

-- Where chains start: noise between 0 and 1 in the hole, then `steps` steps of the preset `best` uphill, so that a
-- chain begins with a picture and not a billion times outside of what is likely. Every chain has noise of its own:
-- only chains that began apart can disagree. Nothing here has seen the truth.
function Posterior:starts(steps, generator)
  local update = require "inpainting.presets".best.update
  local h, memory = random.uniform({self.rows, self.n}, {generator = generator}):to(self.known.dtype), {}
  for k = 1, steps do
    local H = h:clone():requires_grad_(true)
    local loss = -self:log_prob(H):sum()
    loss:backward()
    local alpha = 0.1 / 2 * (1 + math.cos(math.pi * (k - 1) / steps))
    h = update(h, H.grad, alpha, k, memory).data
    if self.low then h = h:clamp(self.low, self.high) end
  end
  return h
end

-- The shape of the posterior as the flow itself gives it. J (dim by n) says how fast the latent picture moves with
-- each hidden pixel; the latent noise has the same width everywhere, so (J^T J)^-1 would be the posterior's covariance
-- up to a factor, were the flow linear. It is not, and J differs from place to place: what is stiff here is slack
-- there. So this is the mean of the logarithms of J^T J over `count` pictures that the flow draws itself, which
-- depends on the mask and not on the digit. J is taken by differences over a hundredth of brightness. Returns S (n,
-- n), symmetric, whose square that covariance is: in coordinates u with h = u S all directions are about equally wide.
function Posterior:flow_scale(count, generator)
  local width, logarithm = 0.01, 0
  local units = tensor.zeros(self.n, #self.mask):to(self.known.dtype)
    :scatter(2, self.places:reshape(self.n, 1), width)
  local pictures = self:draw(count, generator)
  for k = 1, count do
    local x = pictures[k]:reshape(1, #self.mask)
    local J = ((self.m:to_latent(x + units) - self.m:to_latent(x)).data / width):to("float64")
    local w, V = J:matmul(J:t()):eigh()
    if w:min():item() <= 0 then error("the flow's latent picture does not move with every hidden pixel", 0) end
    logarithm = logarithm + (V * w:log()):matmul(V:t()) / count
  end
  local w, V = logarithm:eigh()
  return (V * (-w / 2):exp()):matmul(V:t())
end

-- Pictures that the flow draws, (count, dim).
function Posterior:draw(count, generator)
  return self.m:sample(count, {generator = generator}):reshape(count, #self.mask).data
end

-- Runs chains by a sampler (samplers.lua) from such starts. Options are those of mcmc.sample, and descent (steps uphill
-- before), text (for the sampler). Returns what mcmc.sample does, its samples being hidden pixels: (rows, draws, n).
function Posterior:sample(sampler, options)
  local generator, dtype = options.generator, self.known.dtype
  local kernel, scale = sampler(self, generator, options.text)
  if type(kernel) == "function" then return kernel(options) end
  local start = self:starts(options.descent, generator)
  local S = scale and scale:to(dtype)
  local function pixels(u) return S and u:matmul(S) or u end
  if S then start = start:matmul(scale:inverse():to(dtype)) end
  local r = mcmc.sample(kernel, function(u) return self:log_prob(pixels(u)) end, start, {
    warmup = options.warmup, steps = options.steps, thin = options.thin, target_accept = options.target_accept,
    generator = generator, callback = options.callback,
  })
  r.samples = pixels(r.samples)
  return r
end

return posterior
