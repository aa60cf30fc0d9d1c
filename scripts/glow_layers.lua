-- Glow, layer by layer: problem 4 grown up.
--
-- The layers of the sheet's problem 4 as transforms of the module flow, put together by flow.Chain as in the paper:
-- squeeze; a step of ActNorm, 1x1 convolution A = P L (U + diag(s)) and coupling; another step, whose coupling is that
-- of problem 4(d), written here in Lua; split; and a third step on the half of the channels that is left.
--
-- Every layer's log |det| is held against the log-determinant of its dense Jacobian, at the data that reach it, and
-- against the sheet's formula where it has one; their sum against the whole chain and against the chain's own Jacobian.
-- The bound that a row states is the one of problem4_glow.lua: four times n eps kappa(J), for the error of a
-- log-determinant that is computed from a Jacobian.
--
--   luaflow run scripts/glow_layers.lua --size 4 --hidden 16
local autodiff = require "autodiff"
local data = require "data"
local figure = require "homework.figure"
local flow = require "flow"
local host = require "host"
local nn = require "nn"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "A Glow put together from problem 4's layers, every log-determinant against a dense Jacobian.",
  {"size", 4, "height and width of the pictures, a multiple of 4"},
  {"hidden", 16, "channels in the networks of the couplings"},
  {"seed", 0, "of everything drawn"},
  {"out", "glow_layers.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local size = host.check("--size", options.size, {integer = true, min = 4, max = 12})
if size % 4 ~= 0 then verdict.stop("luaflow: --size %d: a multiple of 4 expected, as it is halved twice", size) end
local hidden = host.check("--hidden", options.hidden, {integer = true, min = 1, max = 256})
random.manual_seed(host.check("--seed", options.seed, {integer = true}))
local eps = 2.0 ^ -52

-- The middle of some digits, made continuous, in float64.
local from = 15 - size // 2
local digits = data.digits().images[{{1, 64}, {from, from + size - 1}, {from, from + size - 1}}]
local x = ((digits * 255 + random.uniform{64, size, size}) / 256):reshape(64, 1, size, size):to("float64")

-- log|det J| from a dense J, and the bound on its error.
local function dense(J)
  local _, log_det = J:slogdet()
  return log_det:item(), 4 * #J * eps * ((J:norm() * J:inverse():norm()):item() + math.abs(log_det:item()))
end

-- The Jacobian of t at one point of shape {...}, as a matrix.
local function jacobian(t, point)
  local function image(v) return (t:to_latent(v:reshape(1, table.unpack(point.shape)))):flatten() end
  return autodiff.jacobian(image, point:flatten())
end

local function row(what, formula, value, bound)
  local off = verdict.exact(what, formula, value, bound)
  print(("%-34s %13.8f %13.8f %8.1e %8.1e"):format(what, formula, value, off, bound))
end

-- A network of couplings, as the paper's, with fewer channels.
local function network(inputs, outputs)
  return nn.Sequential{
    nn.Conv2d(inputs, hidden, 3, {padding = 1}), nn.ReLU(), nn.Conv2d(hidden, hidden, 1), nn.ReLU(),
    nn.Conv2d(hidden, outputs, 3, {padding = 1}),
  }:to("float64")
end

-- The paper's coupling: the first half of the channels passes, and decides scale and shift of the other half.
local function affine(channels)
  local half = channels // 2
  local mask = tensor.cat({tensor.ones(half, 1, 1), tensor.zeros(channels - half, 1, 1)}, 1)
  return flow.AffineCoupling{mask = mask, net = network(half, 2 * (channels - half))}
end

-- Problem 4(d): the second half of the channels goes through a 1x1 convolution whose L, U and s a network makes of the
-- first half. log |det| = m n sum log |s|, of each picture its own.
local function plu_coupling(channels)
  local C = channels // 2
  local eye = tensor.eye(C, {dtype = "float64"})
  local net = network(C, C * C)
  local function halves(X) return X[{{}, {1, C}}], X[{{}, {C + 1, 2 * C}}] end
  local function matrix(X1)
    local M = net(X1):mean(4):mean(3):reshape(#X1, C, C)
    local log_s = (M * eye):sum(3)
    return (M:tril(-1) + eye):matmul(M:triu(1) + eye * log_s:exp():unsqueeze(2)), log_s:sum(2)
  end
  local function apply(X, f)
    local X1, X2 = halves(X)
    local A, log_s = matrix(X1)
    local places = X.shape[3] * X.shape[4]
    return tensor.cat({X1, f(A, X2:reshape(#X, C, places)):reshape(table.unpack(X2.shape))}, 2), places * log_s
  end
  return flow.Transform{
    name = "PLUCoupling", modules = {net = net},
    to_latent = function(X) return apply(X, function(A, v) return A:matmul(v) end) end,
    to_data = function(Z)
      local X, log_det = apply(Z, function(A, v) return A:solve(v) end)
      return X, -log_det
    end,
  }
end

-- The chain, as a list of names and layers. ActNorm starts from the data that reach it.
local layers = {
  {"squeeze", flow.Squeeze()},
  {"1: ActNorm", flow.ActNorm(4)}, {"1: 1x1 convolution", flow.Conv1x1(4)}, {"1: affine coupling", affine(4)},
  {"2: ActNorm", flow.ActNorm(4)}, {"2: 1x1 convolution", flow.Conv1x1(4)},
  {"2: PLU coupling (problem 4d)", plu_coupling(4)},
  {"split", flow.Split()},
  {"3: ActNorm", flow.ActNorm(2)}, {"3: 1x1 convolution", flow.Conv1x1(2)}, {"3: affine coupling", affine(2)},
}

print(("%-34s %13s %13s %8s %8s"):format("log |det| at the first picture", "layer", "dense", "off by", "bound"))
local value, sum, error_bound = x, 0, 0
local pictures = {}
for _, layer in ipairs(layers) do
  local name, t = layer[1], layer[2]
  if name == "split" then
    -- Half of the channels is finished: log |det| is 0.
    value = value[{{}, {1, value.shape[2] // 2}}]
  else
    if name:find("ActNorm") then t:initialize(value) end
    local z, log_det = t:to_latent(value)
    local log = log_det:dim() == 0 and log_det:item() or log_det[{1}]
    local J = jacobian(t, value[1])
    local by_jacobian, bound = dense(J)
    row(name, log, by_jacobian, bound)
    local places = value.shape[3] * value.shape[4]
    if name:find("1x1") then
      local log_s = t:parameters().log_s:to("float64"):sum():item()
      row("   m n sum log|s|, problem 4(c)", places * log_s, by_jacobian, bound)
    elseif name:find("ActNorm") then
      local log_scale = t:parameters().log_scale:to("float64"):sum():item()
      row("   m n sum log_scale", places * log_scale, by_jacobian, bound)
    end
    if name:find("^2: 1x1") or name:find("^2: PLU") then pictures[#pictures + 1] = {J, name} end
    value, sum, error_bound = z, sum + log, error_bound + bound
  end
end

-- Put together: one bijection from (1, size, size) to a vector.
local parts = {shape = {1, size, size}}
for k, layer in ipairs(layers) do parts[k] = layer[2] end
local glow = flow.Chain(parts)
local z, log_det = glow:to_latent(x)
local J = jacobian(glow, x[1])
local by_jacobian, bound = dense(J)
row("flow.Chain, the sum of its layers", log_det[{1}], sum, error_bound)
row("flow.Chain, and its own Jacobian", log_det[{1}], by_jacobian, bound)
local back, other = glow:to_data(z)
row("to_data: the other direction", -other[{1}], log_det[{1}], bound)
local off = (back - x):abs():max():item()
verdict.exact("to_data(to_latent(x)) - x", off, 0, bound)
print(("%-34s %13s %13s %8.1e %8.1e"):format("to_data(to_latent(x)) - x", "", "", off, bound))

-- A flow of it: log p(x) = log p(z) + log |det|.
local m = flow.Flow("normal", {glow}, {dim = {1, size, size}})
local normal = -(z ^ 2 + math.log(2 * math.pi)):sum(2) / 2
row("flow.Flow: log p(x), first picture", m:log_prob(x)[{1}], (normal + log_det)[{1}], bound)

local function picture(J, title)
  local top = J:abs():max():item()
  return plot.image{J, title = title, colormap = "diverging", vmin = -top, vmax = top, colorbar = true}
end
local panels = {}
for _, p in ipairs(pictures) do panels[#panels + 1] = picture(p[1], p[2]) end
panels[#panels + 1] = picture(J, "the whole chain")
plot.figure{columns = 3, panels = panels}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
