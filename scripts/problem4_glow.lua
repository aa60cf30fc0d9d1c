-- Problem 4: the determinants in Glow.
--
-- A = P L (U + diag(s)), P a permutation, L lower triangular with ones on the diagonal, U strictly upper triangular:
--   (a) log|det A| = sum log|s_i|
--   (b) |dh/dX| of h: R^{a x b x c} -> R^{a x b x c} does not depend on how X and h(X) are made vectors
--   (c) the 1x1 convolution with filter A on a C x m x n picture: m n sum log|s_i|
--   (d) the coupling whose L, U and s are computed from the other half of the channels: m n sum log|s_i|
-- each against the log-determinant of a dense Jacobian from autodiff; and a matrix factored into P, L, U, s and back.
--
-- These are identities, not estimates: they hold to rounding. A log-determinant from a computed Jacobian J (n x n, in
-- float64) is wrong by about |tr(J^-1 dJ)| <= n eps kappa(J), kappa in the Frobenius norm. Four times that, for the
-- roundings in J, in its factors and in the sum, is the bound that every row states.
--
--   luaflow run scripts/problem4_glow.lua --channels 3 --height 4 --width 3
local autodiff = require "autodiff"
local figure = require "homework.figure"
local host = require "host"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Checks the log-determinants of Glow's layers against dense Jacobians (problem 4).",
  {"channels", 3, "C; the coupling has 2 C"},
  {"height", 4, "m"},
  {"width", 3, "n"},
  {"hidden", 16, "hidden units of the coupling's network"},
  {"reshapes", 5, "random vectorisations in (b)"},
  {"seed", 0, "of everything drawn"},
  {"out", "problem4.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local C = host.check("--channels", options.channels, {integer = true, min = 1, max = 16})
local m = host.check("--height", options.height, {integer = true, min = 1, max = 16})
local n = host.check("--width", options.width, {integer = true, min = 1, max = 16})
local hidden = host.check("--hidden", options.hidden, {integer = true, min = 1, max = 1000})
local reshapes = host.check("--reshapes", options.reshapes, {integer = true, min = 1, max = 100})
if 2 * C * m * n > 600 then
  verdict.stop("luaflow: --channels %d: 2 x %d of them, %d x %d, make a dense Jacobian of %d rows; at most 600 are sensible",
    C, C, m, n, 2 * C * m * n)
end
random.manual_seed(host.check("--seed", options.seed, {integer = true}))
local float64 = {dtype = "float64"}
local eps = 2.0 ^ -52

-- log|det J| from a dense J, and the bound on its error.
local function dense(J)
  local _, logdet = J:slogdet()
  return logdet:item(), 4 * #J * eps * ((J:norm() * J:inverse():norm()):item() + math.abs(logdet:item()))
end

local function row(what, size, formula, J)
  local value, bound = dense(J)
  local difference = verdict.exact(what, formula, value, bound)
  print(("%-36s %4d %13.8f %9.1e %9.1e"):format(what, size, formula, difference, bound))
  return value
end

-- The factors of an A.
local function permutation(c) return tensor.eye(c, float64):index_select(1, random.permutation(c)) end
local function unit_lower(M) return M:tril(-1) + tensor.eye(#M, float64) end
local function strictly_upper(M) return M:triu(1) end
local function compose(P, L, U, s) return P:matmul(L):matmul(U + s:diag()) end
local function formula(s) return s:abs():log():sum():item() end

local function factors(c)
  local M = random.normal({c, c}, float64) / math.sqrt(c)
  local sign = 2 * random.bernoulli({c}, 0.5, float64) - 1
  return permutation(c), unit_lower(M), strictly_upper(M), sign * random.normal({c}, float64):exp()
end

print(("%-36s %4s %13s %9s %9s"):format("", "size", "formula", "off by", "bound"))

-- (a) f1(x) = A x: the Jacobian is A.
for _, c in ipairs{1, 2, 4, 8, 16, 32} do
  local P, L, U, s = factors(c)
  local A = compose(P, L, U, s)
  row("(a) sum log|s|, x -> A x", c, formula(s), autodiff.jacobian(function(x) return A:mv(x) end, random.normal({c}, float64)))
end

-- (b) A curved h, and its determinant under random vectorisations r: |d r(h(X)) / d r(X)| at one X. The first is
-- row-major order; every other one is a random one-to-one map of the a b c places.
local a, b, c = C, m, n
local W = random.normal({a * b * c, a * b * c}, float64) / math.sqrt(a * b * c)
local function h(X) return X + W:mv(X:flatten()):tanh():reshape(a, b, c) * 0.5 + 0.1 * X ^ 3 end
local X0 = random.normal({a, b, c}, float64)
local function jacobian_under(places)
  local back = tensor.zeros(#places, float64)
  for k = 1, #places do back[places[{k}]] = k end
  local function r(X) return X:flatten():index_select(1, places) end
  local function r_inverse(x) return x:index_select(1, back):reshape(a, b, c) end
  return autodiff.jacobian(function(x) return r(h(r_inverse(x))) end, r(X0))
end
local row_major = dense(jacobian_under(tensor.arange(1, a * b * c, 1, float64)))
for k = 1, reshapes do
  row(("(b) curved h, random reshape %d"):format(k), a * b * c, row_major, jacobian_under(random.permutation(a * b * c)))
end

-- (c) The 1x1 convolution: w_ij11 = A_ij.
local P, L, U, s = factors(C)
local function f2(X, L, U, s) return X:conv2d(compose(P, L, U, s):reshape(C, C, 1, 1)) end
local X = random.normal({C, m, n}, float64)
local N = C * m * n
local J_conv = autodiff.jacobian(function(X) return f2(X, L, U, s) end, X):reshape(N, N)
row("(c) m n sum log|s|, 1x1 convolution", N, m * n * formula(s), J_conv)

-- (d) The coupling: a small network makes L, U and s of the first C channels.
local W1, b1 = random.normal({hidden, N}, float64) / math.sqrt(N), random.normal({hidden}, float64)
local W2 = random.normal({C * C, hidden}, float64) / math.sqrt(hidden)
local sign = 2 * random.bernoulli({C}, 0.5, float64) - 1
local function network(X1)
  local M = W2:mv((W1:mv(X1:flatten()) + b1):tanh()):reshape(C, C)
  return unit_lower(M), strictly_upper(M), sign * M:diag():exp()
end
local function coupling(X)
  local X1, X2 = X[{{1, C}}], X[{{C + 1, 2 * C}}]
  return tensor.cat({X1, f2(X2, network(X1))}, 1)
end
local Y = random.normal({2 * C, m, n}, float64)
local J_coupling = autodiff.jacobian(coupling, Y):reshape(2 * N, 2 * N)
local _, _, s_Y = network(Y[{{1, C}}])
row("(d) m n sum log|s|, coupling", 2 * N, m * n * formula(s_Y), J_coupling)

-- A random matrix factored, and back: A = P L U', s the diagonal of U'.
local A = random.normal({C + 5, C + 5}, float64)
local P_A, L_A, U_A = A:lu()
local s_A = U_A:diag()
row("factored: sum log|s| of a random A", C + 5, formula(s_A), A)
local back = compose(P_A, unit_lower(L_A), strictly_upper(U_A), s_A)
local bound = 4 * (C + 5) * eps * (L_A:norm() * U_A:norm()):item()
local off = verdict.exact("factored and composed again, |difference|", (back - A):norm():item(), 0, bound)
print(("%-36s %4d %13s %9.1e %9.1e"):format("          |P L (U + diag(s)) - A|", C + 5, "0", off, bound))

-- The figure: where the Jacobians are not zero. (c) in row-major order, and in the solution's order (all channels of a
-- pixel together), where it is block diagonal; (d) in row-major order: I and 0 above, D and (c)'s pattern below.
-- Logarithms tell a small entry from 0, which is the darkest.
local pixels = tensor.arange(1, N, 1, float64):reshape(C, m, n):permute(2, 3, 1):flatten()
local J_pixels = J_conv:index_select(1, pixels):index_select(2, pixels)
local function picture(J, title)
  local size = J:abs():clamp(1e-4, 1e9):log() / math.log(10)
  return plot.image{size, title = title .. ", log10 |J|", colormap = "viridis", vmin = -4, vmax = size:max():item(),
    colorbar = true}
end
plot.figure{columns = 3, panels = {
  picture(J_conv, "(c) row-major"), picture(J_pixels, "(c) pixel by pixel"), picture(J_coupling, "(d) coupling"),
}}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
