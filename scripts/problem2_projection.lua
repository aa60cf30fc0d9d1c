-- Problem 2: the projection on C = {x in R^2 : x1 = a, 0 <= x2 <= 1}.
--
--   P_C(y) = argmin over x in C of ||x - y||^2 = (a, min{max{y2, 0}, 1}).
--
-- The closed form is held against a search over C, against the condition that characterises the nearest point of a
-- convex set, and against the library's projection.Box; then it drives the projected gradient method,
-- x <- P_C(x - alpha grad f(x)), on a quadratic whose minimum over C is known.
--
--   luaflow run scripts/problem2_projection.lua --a 0.5 --points 1000
local autodiff = require "autodiff"
local figure = require "homework.figure"
local host = require "host"
local plot = require "plot"
local projection = require "projection"
local random = require "random"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Checks the projection on a segment and runs the projected gradient method with it (problem 2).",
  {"a", 0.5, "where the segment stands"},
  {"points", 1000, "how many random points are projected"},
  {"grid", 2001, "how many points of C the search tries"},
  {"steps", 40, "of the projected gradient method"},
  {"seed", 0, "of the random points"},
  {"out", "problem2.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local a = host.check("--a", options.a, {min = -100, max = 100})
local N = host.check("--points", options.points, {integer = true, min = 10, max = 20000})
local M = host.check("--grid", options.grid, {integer = true, min = 2, max = 10001})
local steps = host.check("--steps", options.steps, {integer = true, min = 1, max = 10000})
random.manual_seed(host.check("--seed", options.seed, {integer = true}))
local float64 = {dtype = "float64"}
local eps = 2.0 ^ -52

-- The closed form, for the rows of y.
local function P_C(y)
  local y2 = y[{{}, 2}]
  return tensor.stack({tensor.full({#y}, a, float64), y2:maximum(0):minimum(1)}, 2)
end

-- Random points around C, and some on its line, beyond its ends and on it.
local y = random.normal({N, 2}, float64) * 2 + tensor({a, 0.5}, float64)
y[1], y[2], y[3] = tensor({a, 0}, float64), tensor({a, 1}, float64), tensor({a, 0.25}, float64)
y[4], y[5], y[6] = tensor({a, 7}, float64), tensor({a, -7}, float64), tensor({a + 3, 1}, float64)
local Py = P_C(y)

-- 1. Search: the distances of every y to M points of C. The nearest of them is at most half a spacing from the nearest
-- point of C, and no nearer to y.
local t = tensor.linspace(0, 1, M, float64)
local distance2 = (y[{{}, {1, 1}}] - a) ^ 2 + (y[{{}, {2, 2}}] - t) ^ 2                   -- (N, M)
local found = t:index_select(1, distance2:argmin(2))
local half = 0.5 / (M - 1)
local nearest = tensor.stack({tensor.full({N}, a, float64), found}, 2)
local apart = ((Py - nearest) ^ 2):sum(2):sqrt():max():item()
verdict.exact("search: distance of the two answers", apart, 0, half + 4 * eps)
local own2, scale = ((y - Py) ^ 2):sum(2), (y ^ 2):sum():item() + a ^ 2
local nearer = math.max((own2 - distance2:min(2)):max():item(), 0)
verdict.exact("search: a nearer point by", nearer, 0, 4 * eps * scale)

-- 2. Optimality: <y - Py, z - Py> <= 0 for all z in C. It is linear in z: the random z, and the ends of C.
local z = tensor.stack({tensor.full({M}, a, float64), random.uniform({M}, 0, 1, float64)}, 2)
z[1], z[2] = tensor({a, 0}, float64), tensor({a, 1}, float64)
local inner = (y - Py):matmul(z:t()) - ((y - Py) * Py):sum(2, true)                        -- (N, M)
local worst = inner:max():item()
verdict.exact("optimality: largest <y - Py, z - Py>", math.max(worst, 0), 0, 4 * eps * scale)

-- 3. The library's box with equal bounds in the first place, and that it is a projection at all: in C, and idempotent.
local Box = projection.Box({a, 0}, {a, 1})
verdict.exact("projection.Box", (Box(y) - Py):abs():max():item(), 0, 0)
verdict.exact("P(P(y)) - P(y)", (P_C(Py) - Py):abs():max():item(), 0, 0)

print(("C = {x1 = %g, 0 <= x2 <= 1}; %d random points y, %d points of C"):format(a, N, M))
local below, above = y[{{}, 2}]:lt(0):sum():item(), y[{{}, 2}]:gt(1):sum():item()
print(("the sheet's cases %d with y2 < 0, %d with 0 <= y2 <= 1, %d with y2 > 1"):format(below, N - below - above, above))
print(("search            the answers are %.2g apart (half a spacing: %.2g)"):format(apart, half))
print(("optimality        max <y - Py, z - Py> = %.2g over %d pairs (y, z)"):format(worst, N * M))
print("projection.Box    the same numbers to the last bit")

-- The projected gradient method: f(x) = 1/2 (x - c)^T H (x - c) with c outside C, alpha = 1 / (largest eigenvalue).
local H, c = tensor({{2, 1.2}, {1.2, 1}}, float64), tensor({a + 1.2, -0.85}, float64)
local function f(x) return 0.5 * (x - c):dot(H:mv(x - c)) end
local grad = autodiff.grad(f)
local w = H:eigh()
local alpha = 1 / w:max():item()

local x = tensor({a - 1.2, 1.6}, float64)
local path, gap = {x:tolist()}, {}
-- On C f is a parabola in x2, so the minimum over C is the parabola's vertex, moved into [0, 1].
local vertex = c[{2}] - H[{1, 2}] / H[{2, 2}] * (a - c[{1}])
local x_star = tensor({a, math.min(math.max(vertex, 0), 1)}, float64)
for k = 1, steps do
  local step = x - alpha * grad(x)
  x = P_C(step:reshape(1, 2))[1]
  path[#path + 1], path[#path + 2] = step:tolist(), x:tolist()
  gap[k] = math.max((x - x_star):norm():item(), 1e-17)
end
-- f restricted to C contracts by 1 - alpha H22 a step, from at most 1.
local bound = math.max((1 - alpha * H[{2, 2}]) ^ (steps - 1), 8 * eps * (1 + math.abs(a)))
local off = verdict.exact("projected gradient: ||x - x*||", (x - x_star):norm():item(), 0, bound)
local stays = (P_C((x - alpha * grad(x)):reshape(1, 2))[1] - x):norm():item()

print(("projected grad.   x = (%.6f, %.6f) after %d steps, f = %.6f"):format(x[{1}], x[{2}], steps, f(x):item()))
print(("                  ||x - x*|| = %.2g (bound %.2g); one more step: %.2g"):format(off, bound, stays))

-- The figure: points and their projections; the path, step and projection in turn, over f; the convergence.
local segment = {x = {a, a}, y = {0, 1}, label = "C", color = "black", style = "line", linewidth = 4}
local arrows = {segment}
for k = 7, math.min(N, 46) do
  arrows[#arrows + 1] = {x = {y[{k, 1}], a}, y = {y[{k, 2}], Py[{k, 2}]}, color = "sky", linewidth = 1}
end
local some = {7, math.min(N, 46)}
arrows[#arrows + 1] = {x = y[{some, 1}], y = y[{some, 2}], color = "blue", style = "points", label = "y"}
arrows[#arrows + 1] = {x = Py[{some, 1}], y = Py[{some, 2}], color = "vermillion", style = "points", marker = "s", label = "P(y)"}
local n, x1, x2 = 81, {a - 1.4, a + 1.4}, {-1, 1.9}
local across = tensor.linspace(x1[1], x1[2], n, float64):reshape(1, n):expand(n, n)
local up = tensor.linspace(x2[1], x2[2], n, float64):reshape(n, 1):expand(n, n)
local u = tensor.stack({across, up}, 3):reshape(n * n, 2) - c
local surface = (0.5 * (u:matmul(H) * u):sum(2)):reshape(n, n)
local xs, ys = {}, {}
for k, p in ipairs(path) do xs[k], ys[k] = p[1], p[2] end
plot.figure{columns = 3, panels = {
  plot.line{series = arrows, title = "points and their projections", xlabel = "x1", ylabel = "x2", aspect = "equal"},
  plot.contour{surface, x = x1, y = x2, levels = {0.02, 0.08, 0.2, 0.4, 0.7, 1.2, 2, 3, 4.5, 6.5},
    -- Light contours: the path stands out in print, too.
    colormap = "grey", vmin = -14, vmax = 8,
    title = "projected gradient", xlabel = "x1", ylabel = "x2", aspect = "equal", series = {
    segment,
    {x = xs, y = ys, color = "vermillion", style = "line", label = "steps, projections", linewidth = 1},
    {x = {x_star[{1}]}, y = {x_star[{2}]}, color = "sky", style = "points", marker = "D", markersize = 8,
      label = "minimum over C"},
  }},
  plot.line{gap, title = "distance from the minimum", xlabel = "step", ylabel = "||x - x*||", logy = true},
}}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
