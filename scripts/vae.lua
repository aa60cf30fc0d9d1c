-- A variational autoencoder (Kingma and Welling 2014) of the shipped digits, trained by either of two estimators:
-- problem 1's log-derivative trick, or the path through the draws.
--
-- A digit's pixels are drawn black or white with their brightness as probability. The model: z has `latent` independent
-- standard normal numbers, and given z every pixel is white with a probability that the decoder, a network, makes of z.
-- The encoder makes of a digit x the normal distribution q(z | x), and both are trained on the bound
--
--   ELBO = E_q[log w],  log w = log p(x | z) + log p(z) - log q(z | x),  never above log p(x).
--
-- The gradient by the encoder is taken through the draws (reparameterized), or by the score: (grad log q) (log w - b),
-- b the mean log w of the digit's other draws. Nothing else differs. The score needs several draws of z for each digit,
-- and still is far noisier: the script prints by how much.
--
--   luaflow run scripts/vae.lua --estimator score
local autodiff = require "autodiff"
local data = require "data"
local figure = require "homework.figure"
local host = require "host"
local image = require "image"
local montecarlo = require "montecarlo"
local nn = require "nn"
local optim = require "optim"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "Trains a variational autoencoder on digits, with either gradient estimator.",
  {"estimator", "reparameterized", "of the encoder's gradient", choices = {"reparameterized", "score"}},
  {"steps", 1000, "of Adam", integer = true, min = 1},
  {"batch", 100, "digits in a step", integer = true, min = 1, max = 1600},
  {"draws", 4, "of z for each digit in a step", integer = true, min = 2, max = 1000},
  {"latent", 10, "numbers in z", integer = true, min = 1, max = 1000},
  {"hidden", 200, "units of the hidden layers", integer = true, min = 1, max = 10000},
  {"lr", 2e-3, "the step size, which goes down to 0 by a cosine", min = 0, max = 1},
  {"seed", 0, "of everything", integer = true},
  {"out", "vae.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
random.manual_seed(options.seed)

local digits = data.digits().images:reshape(-1, 784)
-- The last 400 are not trained on, and are drawn black and white once.
local seen = digits[{{1, 1600}}]
local unseen = random.bernoulli(digits[{{1601, 2000}}])

local encoder = nn.MLP(784, 2 * options.latent, {hidden_features = {options.hidden}})
local decoder = nn.MLP(options.latent, 784, {hidden_features = {options.hidden}})

-- Log-densities in nats, summed over the last dimension: of a normal with mean mu and log of the deviation s; of pixels
-- whose probabilities are the sigmoid of the logits.
local function log_normal(z, mu, s)
  return (-0.5 * ((z - mu) * (-s):exp()) ^ 2 - s - 0.5 * math.log(2 * math.pi)):sum(-1)
end
local function log_pixels(x, logits) return (x * logits - logits:softplus()):sum(-1) end

-- q(z | x): means and logs of deviations, (digits, latent).
local function encode(x)
  local both = encoder(x)
  return both[{{}, {1, options.latent}}], both[{{}, {options.latent + 1, 2 * options.latent}}]
end

-- log w and log q of n draws for each digit, both (n, digits). With `held` the draws are numbers and not functions of
-- the encoder, and log w has the encoder's numbers held fixed.
local function weights(x, n, held)
  local mu, s = encode(x)
  local z = mu + s:exp() * random.normal({n, #x, options.latent})
  if held then z = z:detach() end
  local log_q = log_normal(z, mu, s)
  local log_p = log_pixels(x, decoder(z)) + log_normal(z, tensor.zeros(1), tensor.zeros(1))
  return log_p - (held and log_q:detach() or log_q), log_q
end

-- A number whose gradient is the estimate of the gradient of -ELBO, and the estimate of -ELBO.
local losses = {}
function losses.reparameterized(x, n)
  local log_w = weights(x, n, false)
  return -log_w:mean(), -log_w:detach():mean()
end
function losses.score(x, n)
  local log_w, log_q = weights(x, n, true)
  local signal = log_w:detach()
  local baseline = (signal:sum(1, true) - signal) / (n - 1)
  return -((signal - baseline) * log_q + log_w):mean(), -signal:mean()
end

-- The mean bound of unseen digits and its standard error, by 5 draws each; and with 20 draws the tighter bound
-- log(mean w) of Burda, Grosse and Salakhutdinov (2016).
local function evaluate(x)
  return autodiff.no_grad(function()
    local bound = weights(x, 5, true):mean(1):to("float64")
    local tight = weights(x, 20, true):to("float64"):logsumexp(1) - math.log(20)
    local function summary(v) return v:mean():item(), montecarlo.standard_error(v) end
    local mean, se = summary(bound)
    local tighter, tighter_se = summary(tight)
    return {mean = mean, se = se, tighter = tighter, tighter_se = tighter_se}
  end)
end

local params = encoder:parameters()
for _, p in ipairs(decoder:parameters()) do params[#params + 1] = p end
local opt = optim.Adam(params, {lr = options.lr})

-- How noisy is each estimator? The variance of the encoder's gradient, all its numbers together, over some batches of
-- draws for the same digits.
local function noise(loss)
  local x, sum, squares, repeats = seen[{{1, math.min(options.batch, 100)}}]:round(), nil, nil, 10
  for _ = 1, repeats do
    opt:zero_grad()
    loss(x, options.draws):backward()
    local g = encoder[1].weight.grad:detach():clone()
    sum = sum and sum + g or g
    squares = squares and squares + g ^ 2 or g ^ 2
  end
  opt:zero_grad()
  return ((squares - sum ^ 2 / repeats) / (repeats - 1)):sum():item()
end

local rate = optim.schedule.cosine(options.lr, options.steps)
local start, xs, ys, sum, count = host.clock(), {}, {}, 0, 0
local every = math.max(1, options.steps // 10)
for k = 1, options.steps do
  local rows = random.randint(1, #seen, {options.batch})
  local x = random.bernoulli(seen:index_select(1, rows))
  opt:zero_grad()
  local surrogate, loss = losses[options.estimator](x, options.draws)
  surrogate:backward()
  opt.lr = rate(k)
  opt:step()
  local bound = -loss:item()
  if not (math.abs(bound) < math.huge) then
    host.refuse(("--lr %g"):format(options.lr), ("the bound is %g at step %d; try a smaller one"):format(bound, k))
  end
  sum, count = sum + bound, count + 1
  if k % every == 0 or k == options.steps then
    xs[#xs + 1], ys[#ys + 1] = k, sum / count
    print(("step %5d  ELBO %8.2f nats a digit, %4.0f s"):format(k, sum / count, host.clock() - start))
    sum, count = 0, 0
  end
end

local r = evaluate(unseen)
print(("%s: ELBO of %d unseen digits %.2f nats a digit, s.e. %.2f"):format(options.estimator, #unseen, r.mean, r.se))
print(("log p by 20 draws each, a bound too: %.2f, s.e. %.2f"):format(r.tighter, r.tighter_se))
local by_score, by_path = noise(losses.score), noise(losses.reparameterized)
print(("variance of the encoder's gradient: score %.3g, reparameterized %.3g (a ratio of %.0f)"):format(
  by_score, by_path, by_score / by_path))

-- The figure: unseen digits above what the decoder makes of them; draws; the bound.
local shown = unseen[{{1, 32}}]
local function grid(x) return image.grid(x:detach():clamp(0, 1):reshape(-1, 28, 28), {columns = 8}) end
local again = decoder((encode(shown))):sigmoid()
local draws = decoder(random.normal({32, options.latent})):sigmoid()
local panels = {
  plot.image{grid(shown), title = "unseen digits", vmin = 0, vmax = 1},
  plot.image{grid(again), title = "the decoder's, from the encoder's mean", vmin = 0, vmax = 1},
  plot.image{grid(draws), title = "the decoder's, of draws of z", vmin = 0, vmax = 1},
}
if #xs > 1 then
  panels[4] = plot.line{x = xs, y = ys, label = "seen", title = "the bound, " .. options.estimator, xlabel = "step",
    ylabel = "nats a digit", legend = "bottomright", series = {
    {x = {1, options.steps}, y = {r.mean, r.mean}, label = "unseen, in the end", color = "vermillion", linestyle = "--"},
  }}
end
plot.figure{columns = 2, panels = panels}:save(options.out, {width = 900})
print("figure " .. options.out)
