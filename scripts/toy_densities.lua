-- Flows on six densities of the plane that are known: how far is each model from the truth after so many steps?
--
-- A density is a formula up to a factor. On a grid of fine cells it is summed up (the quadrature that normalises it)
-- and drawn from: a cell in proportion to its mass, then a point in the cell. So truth and draws belong together
-- exactly, and the divergence KL(truth, model) is a sum over cells. The figure: truth, and of each model its density,
-- its draws, and the map from noise to data as a grid that it deforms.
--
--   luaflow run scripts/toy_densities.lua --steps 1200        # better fits, four times as long
local checkpoint = require "checkpoint"
local flow = require "flow"
local host = require "host"
local figure = require "homework.figure"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"

local densities = {"moons", "rings", "eight", "spiral", "checkers", "waves"}
-- Three transforms with networks of 64 x 64, as zuko makes them.
local models = {
  RealNVP = function() return flow.RealNVP{features = 2, transforms = 3, hidden_features = {64, 64}} end,
  MAF = function() return flow.MAF{features = 2, transforms = 3, hidden_features = {64, 64}} end,
  NSF = function() return flow.NSF{features = 2, transforms = 3, hidden_features = {64, 64}} end,
}
local options = host.arguments{
  about = "Trains flows on six known densities of the plane and compares them with the truth.",
  rest = "densities",
  {"models", "RealNVP,MAF,NSF", "which, in this order"},
  {"steps", 300, "of Adam for each", integer = true, min = 0, max = 1000000},
  {"batch", 256, "points in a step", integer = true, min = 1},
  {"lr", 2e-3, "the step size, which goes down to 0 by a cosine", min = 0, max = 1},
  {"points", 20000, "drawn to train on", integer = true, min = 100, max = 1000000},
  {"seed", 0, "of everything", integer = true},
  {"out", "toy_densities.png", "the figure: .png, .svg or .pdf"},
  {"save", "", "a folder where densities and points go, as NAME.npz: for scripts/bench/peers/toys.py"},
}
figure.check(options.out)
if #options.rest > 0 then densities = options.rest end

-- Log-densities up to a constant, of x and y, tensors of coordinates.
local formulas = {}
function formulas.moons(x, y)
  local function arc(x, y)  -- a half circle of radius 2, thick 0.2
    local radius = (x * x + y * y):sqrt()
    return -0.5 * ((radius - 2) / 0.2) ^ 2 - 8 * (-y):relu() ^ 2
  end
  return tensor.stack({arc(x + 1, y + 0.5), arc(1 - x, 0.5 - y)}):logsumexp(1)
end
function formulas.rings(x, y)
  local radius = (x * x + y * y):sqrt()
  return tensor.stack({-0.5 * ((radius - 1) / 0.15) ^ 2, -0.5 * ((radius - 3) / 0.15) ^ 2}):logsumexp(1)
end
function formulas.eight(x, y)
  local parts = {}
  for k = 1, 8 do
    local angle = k * math.pi / 4
    parts[k] = -0.5 * ((x - 3 * math.cos(angle)) ^ 2 + (y - 3 * math.sin(angle)) ^ 2) / 0.3 ^ 2
  end
  return tensor.stack(parts):logsumexp(1)
end
function formulas.spiral(x, y)
  -- Two arms: points around a curve whose radius grows with the angle.
  local parts = {}
  for k = 1, 60 do
    local t = 0.5 + 3 * math.sqrt(k / 60)
    for _, sign in ipairs{1, -1} do
      local u, v = sign * t * math.cos(2 * t), sign * t * math.sin(2 * t)
      parts[#parts + 1] = -0.5 * ((x - u) ^ 2 + (y - v) ^ 2) / 0.18 ^ 2
    end
  end
  return tensor.stack(parts):logsumexp(1)
end
function formulas.checkers(x, y)
  -- Fields of 2 x 2, black ones e^8 times as dense, edges a little soft.
  local wave = (math.pi / 2 * x):sin() * (math.pi / 2 * y):sin()
  return 8 * (20 * wave):sigmoid() - 2 * ((x:abs() - 3.8):relu() + (y:abs() - 3.8):relu()) / 0.05
end
function formulas.waves(x, y)
  return -0.5 * ((y - 2 * (math.pi / 2 * x):sin()) / 0.3) ^ 2 - 0.5 * (x / 1.8) ^ 2
end

for _, name in ipairs(densities) do
  if not formulas[name] then host.refuse(name, "no density; there are " .. host.names(formulas)) end
end
local chosen = {}
for name in options.models:gmatch("[^,]+") do
  if not models[name] then host.refuse("--models " .. name, "no model; there are " .. host.names(models)) end
  chosen[#chosen + 1] = name
end

-- Cells of [-5, 5] x [-5, 5].
local side, reach = 300, 5
local step = 2 * reach / side
local centres = tensor.linspace(-reach + step / 2, reach - step / 2, side)
local X = centres:reshape(1, side):expand(side, side):reshape(side * side)
local Y = centres:reshape(side, 1):expand(side, side):reshape(side * side)
local cells = tensor.stack({X, Y}, 2)

-- log p in every cell: the formula less the logarithm of its integral.
local function truth(formula)
  local log_p = formula(X:to("float64"), Y:to("float64"))
  return log_p - log_p:logsumexp() - 2 * math.log(step)
end
local function draw(log_p, n)
  local rows = random.choice(side * side, n, {weights = log_p:exp()})
  return cells:index_select(1, rows) + step * (random.uniform({n, 2}) - 0.5)
end
-- The log-density of a model in the cells' centres.
local function log_density(m)
  local parts = {}
  for i, rows in ipairs(cells:split(10000)) do parts[i] = m:log_prob(rows):detach():to("float64") end
  return tensor.cat(parts)
end
-- Lines of the noise's plane, carried to the data's.
local function deformed(m)
  local lines, t = {}, tensor.linspace(-2.5, 2.5, 60)
  for k = -5, 5 do
    local c = tensor.full({60}, k / 2)
    for _, z in ipairs{tensor.stack({c, t}, 2), tensor.stack({t, c}, 2)} do
      local x = m:to_data(z):detach()
      lines[#lines + 1] = {x = x[{{}, 1}], y = x[{{}, 2}], color = "grey", linewidth = 0.5}
    end
  end
  return lines
end

local view = {-4.5, 4.5}
local function picture(log_p, title)
  local p = log_p:exp():reshape(side, side):to("float32")
  return plot.image{p, title = title, vmin = 0, vmax = p:max():item(), colormap = "viridis", aspect = "equal",
    xrange = {-reach, reach}, yrange = {-reach, reach}, xlim = view, ylim = view}
end

local panels = {}
print(("%-10s %-10s %8s %8s %8s"):format("density", "model", "KL", "loss", "seconds"))
for _, name in ipairs(densities) do
  random.manual_seed(options.seed)
  local log_p = truth(formulas[name])
  local x = draw(log_p, options.points)
  local mass = (log_p:exp() * step ^ 2)
  panels[#panels + 1] = picture(log_p, name)
  if options.save ~= "" then
    checkpoint.save(("%s/%s.npz"):format(options.save, name), {log_p = log_p, cells = cells, x = x})
  end
  for _, kind in ipairs(chosen) do
    random.manual_seed(options.seed + 1)
    local m = models[kind]()
    local start = os.clock()  -- seconds of the processor, whatever else it does meanwhile
    local history = m:fit(x, {
      steps = options.steps, batch_size = math.min(options.batch, #x), lr = options.lr, schedule = "cosine"})
    local seconds = os.clock() - start
    local log_q = log_density(m)
    -- In nats; cells without mass count nothing.
    local divergence = (mass * (log_p - log_q)):where(mass:gt(0), 0):sum():item()
    local loss = history.loss[#history.loss] or (0 / 0)
    print(("%-10s %-10s %8.3f %8.3f %8.1f"):format(name, kind, divergence, loss, seconds))
    panels[#panels + 1] = picture(log_q, ("%s  KL %.3f"):format(kind, divergence))
    local points = m:sample(1500)
    local series = deformed(m)
    series[#series + 1] = {
      x = points[{{}, 1}], y = points[{{}, 2}], style = "points", markersize = 1.5, color = "blue", alpha = 0.5}
    panels[#panels + 1] = plot.line{
      series = series, title = "draws, map", aspect = "equal", xlim = view, ylim = view, legend = "none", grid = false}
  end
end
local sheet = plot.figure{columns = 1 + 2 * #chosen, panels = panels}
sheet:save(options.out, {width = 300 * (1 + 2 * #chosen), height = 300 * #densities})
print(options.out)
