-- Problem 5: gambler's ruin by importance sampling.
--
-- Start with $100, bet $1 a game, win with probability p = 18/37, stop at $0, at $200 or after K = 600 games. How
-- likely is it to leave with 200$? About 2e-6: hopeless by plain simulation, easy when the games are drawn with
-- q = 0.55 instead and every run counts by its likelihood ratio,
--
--   P = E_g[hit(Y) w(Y)],   w(Y) = f(Y) / g(Y) = product of (p/q)^Y_i ((1-p)/(1-q))^(1-Y_i).
--
-- The hint weighs all K games. The games after the boundary decide nothing: stopping the product there leaves the
-- mean as it is and lowers the variance. The exact probability, and the exact variance of both estimators at any q,
-- come from a dynamic programme over (games, balance), so each estimate is judged by its true standard error.
--
-- Beyond the sheet: chances of winning that depend on the game and the balance (homework/ruin.lua). Doob's h-transform
-- has no variance at all: every run's weight is P, to rounding. It needs the answer; the cross-entropy method learns from
-- runs alone, and comes near it.
--
--   luaflow run scripts/problem5_gamblers_ruin.lua --samples 3000 --q 0.55
local figure = require "homework.figure"
local host = require "host"
local montecarlo = require "montecarlo"
local plot = require "plot"
local random = require "random"
local ruin = require "homework.ruin"
local tensor = require "tensor"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Estimates the probability of doubling $100 at roulette by importance sampling (problem 5).",
  {"samples", 3000, "simulated runs, N"},
  {"games", 600, "games a run has at most, K"},
  {"start", 100, "the balance at the start; the goal is twice that"},
  {"q", 0.55, "the probability of winning that games are drawn with"},
  {"p", 18 / 37, "the true one"},
  {"seed", 0, "of the games"},
  {"out", "problem5.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
local N = host.check("--samples", options.samples, {integer = true, min = 100, max = 50000})
local K = host.check("--games", options.games, {integer = true, min = 1, max = 2000})
local start = host.check("--start", options.start, {integer = true, min = 1, max = 1000})
local q0 = host.check("--q", options.q, {min = 0.01, max = 0.99})
local p = host.check("--p", options.p, {min = 0.01, max = 0.99})
if K < start then verdict.stop("luaflow: --games %d: the goal is %d wins away", K, start) end
local seed = host.check("--seed", options.seed, {integer = true})
random.manual_seed(seed)
local goal = 2 * start
local float64 = {dtype = "float64"}

-- The dynamic programme: mass moves up by `win` and down by `lose` a game, and stays at 0 and at the goal. Returns the
-- sum over games t of (mass that reaches the goal at game t) * rest^(K - t).
--   win = p,     lose = 1 - p                           the probability itself
--   win = p^2/q, lose = (1-p)^2/(1-q)                   E_g[hit w^2], w stopped at the boundary
--   ..., rest = p^2/q + (1-p)^2/(1-q)                   E_g[hit w^2], w over all K games
local function programme(win, lose, rest)
  local mass, reached = {}, 0
  for b = 0, goal do mass[b] = 0 end
  mass[start] = 1
  for t = 1, K do
    local new = {[0] = 0, [goal] = 0}
    for b = 1, goal - 1 do new[b] = 0 end
    for b = 1, goal - 1 do
      local m = mass[b]
      if m > 0 then
        new[b + 1] = new[b + 1] + m * win
        new[b - 1] = new[b - 1] + m * lose
      end
    end
    reached = reached + new[goal] * rest ^ (K - t)
    mass = new
  end
  return reached
end
local exact = programme(p, 1 - p, 1)
if exact < 1e-290 then verdict.stop("luaflow: nothing could be judged: the probability, %.3g, is too small for numbers", exact) end

-- The exact standard errors of both estimators from N runs at q.
local function standard_errors(q)
  local win, lose = p ^ 2 / q, (1 - p) ^ 2 / (1 - q)
  local stopped, full = programme(win, lose, 1), programme(win, lose, win + lose)
  return math.sqrt(math.max(stopped - exact ^ 2, 0) / N), math.sqrt(math.max(full - exact ^ 2, 0) / N)
end

-- N runs of K games at q, all at once: hit (N), and the number of games and wins until the run is over.
local function simulate(q)
  local Y = random.bernoulli({N, K}, q, float64)
  local wins = Y:cumsum(2)
  local games = tensor.arange(1, K, 1, float64)
  local balance = start + 2 * wins - games
  -- The first game at a boundary; argmax gives the first of ties, and of a run without one game 1, which is no hit.
  local function first(mask)
    local at = mask:argmax(2, true):to("float64")
    return at:where(mask:gather(2, at), K + 1)
  end
  local goal_at, ruin_at = first(balance:ge(goal)), first(balance:le(0))
  local hit = goal_at:lt(ruin_at)[{{}, 1}]
  local over = goal_at:minimum(ruin_at):minimum(K)
  return {hit = hit, games = over[{{}, 1}], wins = wins:gather(2, over)[{{}, 1}], all_wins = wins[{{}, K}], balance = balance}
end

-- log w after so many games, of which so many were won.
local function log_weight(q, games, wins)
  return wins * math.log(p / q) + (games - wins) * math.log((1 - p) / (1 - q))
end

-- An estimate from terms hit * w: mean and standard error; and of the weights of the hits the effective sample size and
-- Pareto's k-hat, which warns from 0.7 on (infinite: too few hits to say).
local function estimate(run, log_w)
  local term = run.hit * log_w:exp()
  local of_hits = log_w:masked_select(run.hit)
  local hits = #of_hits
  return {
    mean = term:mean():item(), se = montecarlo.standard_error(term), hits = hits,
    ess = hits > 0 and montecarlo.ess(of_hits) or 0, khat = hits >= 25 and montecarlo.khat(of_hits) or math.huge,
  }
end

local function number(x, format) return math.abs(x) < math.huge and format:format(x) or "-" end

-- Judges an estimate by z if its true relative error is small: a skewed estimate is far from normal. One that cannot be
-- judged so is doubted aloud where it is the one that was asked for.
local function judge(name, e, se, asked)
  if se < 0.25 * exact then return ("%.2f"):format(verdict.z(name, e.mean, se, exact)) end
  if asked then verdict.doubt(name, ("its true s.e. is %.3g times the probability"):format(se / exact)) end
  return "-"
end

local function row(name, e, se, asked)
  print(("%-18s %11.4e %10.2e %10.2e %6s %5.0f %6.0f %6s"):format(
    name, e.mean, e.se, se, judge(name, e, se, asked), e.hits, e.ess, number(e.khat, "%.2f")))
end

-- The problem sheet's estimate.
print(("exact probability %.6e (dynamic programme; p = %.4f, $%d, %d games)"):format(exact, p, start, K))
print(("%d runs; true s.e. by dynamic programme; ESS and k-hat of the hits' weights\n"):format(N))
print(("%-18s %11s %10s %10s %6s %5s %6s %6s"):format("", "estimate", "s.e.", "true s.e.", "z", "hits", "ESS", "k-hat"))
local se_stopped, se_full = standard_errors(q0)
local run = simulate(q0)
local name = ("q = %.2f, "):format(q0)
local full = estimate(run, log_weight(q0, K, run.all_wins))
local stopped = estimate(run, log_weight(q0, run.games, run.wins))
row(name .. "all K", full, se_full, true)
row(name .. "stopped", stopped, se_stopped, true)

-- Plain Monte Carlo: the same with q = p and no weights.
local plain = simulate(p)
row("plain (q = p)", estimate(plain, tensor.zeros(N, float64)), math.sqrt(exact * (1 - exact) / N))

-- A chance to win that depends on the game and the balance: learned, and Doob's.
local problem, learning = ruin.problem(p, start, goal, K), math.min(N, 1000)
local learned, learned_q, levels = ruin.learn(problem, learning, 15, random.generator(seed, 1))
local learned_variance = math.max(ruin.variance(problem, learned, exact), 0)
local doob, h = ruin.doob(problem)
local off
do
  local runs = ruin.runs(problem, learned, N, random.generator(seed, 2))
  row("learned q(slope)", estimate(runs, runs.log_w), math.sqrt(learned_variance / N))
  runs = ruin.runs(problem, doob, N, random.generator(seed, 3))
  off = (runs.log_w:exp() / exact - 1):abs():max():item()
  local e = estimate(runs, runs.log_w)
  print(("%-18s %11.4e %10.2e %10.2e %6s %5.0f %6.0f %6s"):format(
    "Doob's h-transform", e.mean, e.se, 0, "-", e.hits, e.ess, "-"))
  local bound = 1e-13 * math.max(10, -math.log(exact))
  verdict.exact("the h-transform's h at the start, over P", h / exact, 1, 1e-12)
  verdict.exact("the largest error of a weight of the h-transform, over P", off, 0, bound)
  verdict.exact("the runs of the h-transform that hit", e.hits, N, 0)
end
-- What the weights say of themselves, without the truth.
print()
for _, case in ipairs{{"all K", full}, {"stopped", stopped}} do
  local says = case[2].hits >= 25 and montecarlo.khat_verdict(case[2].khat) or ("only %d hits: too few to say anything"):format(case[2].hits)
  print(("%-18s %s"):format(name .. case[1], says))
end
local plain_variance = exact * (1 - exact)
if N * se_stopped ^ 2 >= plain_variance then
  print(("\nplain Monte Carlo hits once in %.0f runs, and still errs less than q = %.2f"):format(1 / exact, q0))
else
  print(("\nplain Monte Carlo hits once in %.0f runs; for the s.e. of q = %.2f, stopped,"):format(1 / exact, q0))
  print(("it needs %.1e runs. Stopping saves %.1f%% of the variance of all K."):format(
    plain_variance / se_stopped ^ 2, 100 * (1 - (se_stopped / se_full) ^ 2)))
end
print(("\nlearned in %d rounds of %d runs, up to the balances %s:"):format(
  #levels, learning, table.concat(levels, " ")))
print(("its variance is that of q = %.2f, stopped, over %.3g"):format(q0, N * se_stopped ^ 2 / learned_variance))
print(("Doob's: every run hits, and every weight is P to %.0e of it"):format(off))

-- The sweep over q, the one that was asked for among them. The true standard errors are curves; the estimates, their ESS and k-hat are points.
print("\n         stopped: rel.                           all K: rel.")
print("   q    estimate  s.e.   true     z  ESS  k-hat    s.e.       true  hits")
local qs, curve_stopped, curve_full, means, bars, ess, khats, khat_qs = {}, {}, {}, {}, {}, {}, {}, {}
local hit_qs, rel_stopped, rel_full = {}, {}, {}
local swept, is_swept = {}, false
for k = 1, 9 do
  swept[k] = 0.51 + 0.02 * (k - 1)
  is_swept = is_swept or math.abs(swept[k] - q0) < 1e-9
end
if not is_swept then swept[#swept + 1] = q0 end
table.sort(swept)
for k, q in ipairs(swept) do
  local a, b = standard_errors(q)
  local r = simulate(q)
  local s, f = estimate(r, log_weight(q, r.games, r.wins)), estimate(r, log_weight(q, K, r.all_wins))
  local z = judge(("sweep, q = %.2f"):format(q), s, a)
  qs[k], curve_stopped[k], curve_full[k] = q, a / exact, b / exact
  means[k], bars[k], ess[k] = s.mean * 1e6, s.se * 1e6, s.ess
  if s.mean > 0 then hit_qs[#hit_qs + 1], rel_stopped[#hit_qs + 1], rel_full[#hit_qs + 1] = q, s.se / s.mean, f.se / f.mean end
  if s.khat < math.huge then khats[#khats + 1], khat_qs[#khat_qs + 1] = s.khat, q end
  print(("%.2f %11.4e %5s %6.3g %5s %4.0f %6s   %5s %10.3g %5.0f"):format(
    q, s.mean, number(s.se / s.mean, "%.3f"), a / exact, z, s.ess, number(s.khat, "%.2f"), number(f.se / f.mean, "%.3f"), b / exact, s.hits))
end

-- The figure: some runs; the estimates; what they cost; what their weights say about themselves.
local shown, runs = 12, {}
for k = 1, shown do
  local games = math.min(math.floor(run.games[{k}]), K)
  local hit = run.hit[{{k, k}}]:sum():item() > 0
  runs[k] = {x = tensor.arange(1, games, 1, float64), y = run.balance[{k, {1, games}}], linewidth = hit and 2 or 1,
    color = hit and "vermillion" or "grey", alpha = hit and 1 or 0.5}
end
runs[#runs + 1] = {x = {1, K}, y = {goal, goal}, color = "black", linewidth = 1}
runs[#runs + 1] = {x = {1, K}, y = {0, 0}, color = "black", linewidth = 1}
local function bounded(curve) local t = {} for k, v in ipairs(curve) do t[k] = math.min(math.max(v, 1e-9), 1e99) end return t end
local errors = {
  {x = qs, y = bounded(curve_full), label = "all K games, true", color = "vermillion", linestyle = "--"},
  {x = qs, y = bounded(curve_stopped), label = "stopped, true", color = "blue"},
}
if #hit_qs > 0 then
  errors[3] = {x = hit_qs, y = bounded(rel_full), label = "all K games, estimated", color = "vermillion", style = "points", marker = "s"}
  errors[4] = {x = hit_qs, y = bounded(rel_stopped), label = "stopped, estimated", color = "blue", style = "points"}
end
local panels = {
  plot.line{series = runs, title = ("%d runs at q = %g"):format(shown, q0), xlabel = "game", ylabel = "balance"},
  plot.line{title = ("estimates from %d runs, stopped"):format(N), xlabel = "q", ylabel = "P (millionths)", series = {
    {x = {qs[1], qs[#qs]}, y = {exact * 1e6, exact * 1e6}, label = "exact", color = "black", linewidth = 1},
    {x = qs, y = means, yerr = bars, style = "points", label = "estimate, s.e.", color = "vermillion",
      markersize = 4}}},
  plot.line{title = "relative standard error", xlabel = "q", ylabel = "s.e. / P", logy = true, series = errors},
  plot.line{x = qs, y = ess, style = "both", title = "effective sample size of the hits", xlabel = "q", ylabel = "ESS", label = "stopped"},
}
if #khats > 1 then
  panels[#panels + 1] = plot.line{x = khat_qs, y = khats, style = "both", title = "k-hat", xlabel = "q", ylabel = "k-hat", label = "stopped",
    series = {{x = {qs[1], qs[#qs]}, y = {0.7, 0.7}, color = "black", linestyle = "--", label = "trusted below"}}}
end
do
  -- Doob's chances at three times, at the balances from which the goal can be reached, beside the learned ones. Near 0
  -- Doob's go up to 1 to avoid ruin; hardly any run comes there, and the panel leaves it out.
  local x, y = {}, {}
  for k = 1, #learned_q do
    x[#x + 1], y[#y + 1] = (k - 1) / #learned_q, learned_q[{k}]
    x[#x + 1], y[#y + 1] = k / #learned_q, learned_q[{k}]
  end
  local chances = {{x = x, y = y, label = "learned", color = "black"}}
  for k, style in ipairs{{0, "blue", "--"}, {0.5, "vermillion", "-."}, {0.9, "orange", ":"}} do
    local t = math.floor(style[1] * K)
    local from = math.max(goal // 10 + 1, goal - (K - t))
    local slope = (goal - tensor.arange(from, goal - 1, 1, float64)) / (K - t)
    chances[k + 1] = {x = slope, y = doob[{t + 1, {from + 1, goal}}], color = style[2], linestyle = style[3],
      label = ("Doob's, game %d"):format(t + 1)}
  end
  panels[#panels + 1] = plot.line{title = "the proposals' chance to win",
    xlabel = "slope needed, (goal - balance) / games left", ylabel = "chance", legend = "bottomright", series = chances}
end
plot.figure{columns = 2, panels = panels}:save(options.out)
print("figure            " .. options.out)
verdict.finish()
