-- Problem 5 with proposals whose chance of winning depends on the game and on the balance.
--
-- A proposal is a table Q of shape (games, goal + 1): Q[{t, b + 1}] is the chance with which game t is won at
-- balance b. Column 1 (balance 0) is 0 and the last one (the goal) is 1: a run that is over stays where it is.
local random = require "random"
local tensor = require "tensor"

local ruin = {}
local float64 = {dtype = "float64"}

-- The problem: chance p, balance at the start, goal, games. `slopes` are the cells of the learned proposal.
function ruin.problem(p, start, goal, games)
  return {p = p, start = start, goal = goal, games = games, slopes = 10}
end

-- Backwards over the games: V after t games at balance b is win V(t + 1, b + 1) + lose V(t + 1, b - 1); it is 1 at the
-- goal, and 0 at 0 and where the games are over. `win` and `lose` are tables as Q is. Returns a list of vectors, from
-- V[0] to V[games].
--   win = p,       lose = 1 - p                  the probability h of reaching the goal from there
--   win = p^2 / Q, lose = (1 - p)^2 / (1 - Q)    E_Q[hit w^2], w the likelihood ratio up to the boundary
function ruin.backwards(problem, win, lose)
  local goal, K = problem.goal, problem.games
  local zero, one = tensor.zeros(1, float64), tensor.ones(1, float64)
  win, lose = win[{{}, {2, goal}}], lose[{{}, {2, goal}}]
  local V = {[K] = tensor.cat({tensor.zeros(goal, float64), one})}
  for t = K, 1, -1 do
    local after = V[t]
    V[t - 1] = tensor.cat({zero, win[t] * after[{{3, goal + 1}}] + lose[t] * after[{{1, goal - 1}}], one})
  end
  return V
end

-- A table with one number within, and what belongs at the two ends.
local function full(problem, chance)
  local Q = tensor.full({problem.games, problem.goal + 1}, chance, float64)
  Q[{{}, 1}], Q[{{}, problem.goal + 1}] = 0, 1
  return Q
end
ruin.constant = full

-- Doob's h-transform: win with probability p h(t, b + 1) / h(t - 1, b), the true chance of a win among the runs that
-- reach the goal. On every path the factors p / Q = h(before) / h(after) cancel but for the first, h at the start,
-- which is the answer: all runs hit, and all weights are the same number. It needs h, so it checks, and does not solve.
function ruin.doob(problem)
  local p, goal = problem.p, problem.goal
  local h = ruin.backwards(problem, full(problem, p), full(problem, 1 - p))
  local Q = full(problem, 0)
  for t = 1, problem.games do
    local before, up = h[t - 1][{{2, goal}}], h[t][{{3, goal + 1}}]
    -- Where the goal is out of reach no run comes.
    Q[{t, {2, goal}}] = (p * up / before):where(before:gt(0), 0)
  end
  return Q, h[0][{problem.start + 1}]
end

-- n runs by Q: the balances before each game and after the last, (games + 1, n).
function ruin.play(problem, Q, n, generator)
  local place = tensor.full({n}, problem.start + 1, {dtype = "int64"})
  local places = {place}
  for t = 1, problem.games do
    local won = random.uniform({n}, 0, 1, {dtype = "float64", generator = generator}):lt(Q[t]:index_select(1, place))
    place = (place + 2 * won - 1):clamp(1, problem.goal + 1)
    places[t + 1] = place
  end
  return tensor.stack(places) - 1
end

-- log f/g of every game of runs, (games, n): 0 after the end. And which games were won, and which were played.
function ruin.log_ratios(problem, Q, balances)
  local before, after = balances[{{1, -2}}], balances[{{2, -1}}]
  local q = Q:gather(2, before + 1)
  local won, played = after:gt(before), after:ne(before)
  local p = problem.p
  local ratio = (p / q):where(won, (1 - p) / (1 - q))
  return ratio:where(played, 1):log(), won, played
end

-- What an estimate needs of n runs by Q: whether they hit, and log w.
function ruin.runs(problem, Q, n, generator)
  local balances = ruin.play(problem, Q, n, generator)
  return {hit = balances[-1]:eq(problem.goal), log_w = ruin.log_ratios(problem, Q, balances):sum(1)}
end

-- The variance of one run's hit w. What Q excludes (chance 0) must be what never hits, as with Doob's.
function ruin.variance(problem, Q, exact)
  local p = problem.p
  local win, lose = (p ^ 2 / Q):where(Q:gt(0), 0), ((1 - p) ^ 2 / (1 - Q)):where(Q:lt(1), 0)
  return ruin.backwards(problem, win, lose)[0][{problem.start + 1}] - exact ^ 2
end

-- The proposal that has the chance q[k] where the slope that is still needed, (goal - balance) / (games left), lies
-- between (k - 1) / #q and k / #q.
function ruin.by_slope(problem, q)
  local goal, K = problem.goal, problem.games
  local left = tensor.arange(K, 1, -1, float64):reshape(K, 1)
  local slope = (goal - tensor.arange(0, goal, 1, float64)):reshape(1, goal + 1) / left
  local cell = (slope * #q):floor():clamp(0, #q - 1):to("int64") + 1
  local Q = q:index_select(1, cell:reshape(-1)):reshape(K, goal + 1)
  Q[{{}, 1}], Q[{{}, goal + 1}] = 0, 1
  return Q, cell
end

-- The cross-entropy method: of n runs the tenth that came highest are the elite, and q[k] becomes the share of games in
-- cell k that they won before they got there, each run counted by its likelihood ratio f/g. That is the proposal of
-- this kind that is nearest to the true paths of the elite in Kullback-Leibler divergence. Begins with p; once a tenth
-- of the runs reach the goal they all are the elite, and three such rounds are the last. Returns Q, q, and the levels
-- of the rounds.
function ruin.learn(problem, n, rounds, generator)
  local q = tensor.full({problem.slopes}, problem.p, float64)
  local levels, arrived = {}, 0
  for round = 1, rounds do
    local Q, cells = ruin.by_slope(problem, q)
    local balances = ruin.play(problem, Q, n, generator)
    local highest = balances:max(1)
    local tenth = math.floor(highest:to("float64"):quantile(0.9):item())
    local level = math.min(math.max(tenth, problem.start + 1), highest:max():item())
    local log_ratio, won, played = ruin.log_ratios(problem, Q, balances)
    -- Games before the level was reached count.
    played = played * (1 - balances:ge(level):cumsum(1)[{{1, -2}}]:gt(0))
    local log_w = (log_ratio * played):sum(1)
    local elite = highest:ge(level)
    local w = (log_w - log_w:masked_select(elite):max()):exp() * elite
    -- Sums over all games of a cell, of weights.
    local cell = cells:gather(2, balances[{{1, -2}}] + 1):reshape(-1)
    local function total(mask) return tensor.zeros(#q, float64):scatter_add(1, cell, (mask * w):reshape(-1)) end
    local wins, games = total(played * won), total(played)
    -- A cell with hardly any game keeps what it had.
    local few = 1e-3 * games:sum() / #q + 1e-9
    q = ((wins + few * q) / (games + few)):clamp(0.01, 0.99)
    levels[round] = level
    if level == problem.goal then arrived = arrived + 1 end
    if arrived == 3 then break end
  end
  return ruin.by_slope(problem, q), q, levels
end

return ruin
