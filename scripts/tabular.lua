-- The density of a table: a neural spline flow (flow.NSF) of the rows of a CSV or .npy file.
--
-- What that takes is done: columns that are no numbers, or constant, are left out; columns of few different values,
-- whose density would have no bound, get uniform noise as wide as the smallest gap; every column is given mean 0 and
-- variance 1; rows are divided into those that are trained on, those that say when to stop, and those that are looked
-- at once, in the end. A normal distribution with any covariance stands beside the flow: a table on which the flow is
-- no better is too small for it, or normal.
--
--   luaflow run scripts/tabular.lua --data breast_cancer.npy --out density.safetensors
local checkpoint = require "checkpoint"
local data = require "data"
local distribution = require "distribution"
local figure = require "homework.figure"
local flow = require "flow"
local host = require "host"
local montecarlo = require "montecarlo"
local plot = require "plot"
local random = require "random"
local table_of = require "homework.table"
local tensor = require "tensor"

local options = host.arguments{
  about = "Trains a spline flow on the rows of a table, and says how well it does on unseen rows.",
  {"data", "", "a CSV or .npy file; 20 principal components of the shipped digits where it is empty"},
  {"columns", "", "which, such as 1-30 or 1,4,7-9; all where it is empty"},
  {"transforms", 2, "of the flow", integer = true, min = 1, max = 50},
  {"hidden", 64, "units of its two hidden layers", integer = true, min = 1, max = 4096},
  {"bins", 8, "of a spline", integer = true, min = 2, max = 100},
  {"steps", 3000, "of AdamW at most", integer = true, min = 0, max = 10000000},
  {"seconds", 0, "of processor time at most; 0: any", min = 0},
  {"batch", 64, "rows in a step", integer = true, min = 1},
  {"lr", 2e-3, "the step size", min = 0, max = 1},
  {"weight_decay", 0.1, "decoupled, as in AdamW", min = 0},
  {"patience", 15, "epochs without a better validation after which training ends", integer = true, min = 1},
  {"validation", 0.15, "the share of rows that say when to stop", min = 0.01, max = 0.5},
  {"test", 0.2, "the share of rows that are looked at in the end", min = 0.01, max = 0.5},
  {"seed", 0, "of everything", integer = true},
  {"save", "", "where the rows as the flow sees them go, and log p of the test rows: .npz"},
  {"model", "", "where the flow goes: .safetensors"},
  {"out", "tabular.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
if options.save ~= "" then host.check("--save", options.save, {writes = {"npz"}}) end
if options.model ~= "" then host.check("--model", options.model, {writes = {"safetensors"}}) end
random.manual_seed(options.seed)

local rows, names
if options.data ~= "" then
  host.check("--data", options.data, {reads = true})
  rows, names = table_of.read(options.data, options.columns)
else
  local pictures = data.digits().images:reshape(-1, 784):to("float64")
  local centred = pictures - pictures:mean(1, true)
  local _, vectors = centred:t():matmul(centred):eigh()
  rows, names = centred:matmul(vectors[{{}, {765, 784}}]), {}
  for k = 1, 20 do names[k] = "component " .. 21 - k end
end
local prepared = table_of.prepare(rows, names, options.validation, options.test)
for _, line in ipairs(prepared.said) do print(line) end
local train, validation, test = prepared.train, prepared.validation, prepared.test
local D = #train[1]
print(("%d rows to train on, %d to say when to stop, %d unseen; %d columns"):format(#train, #validation, #test, D))

local m = flow.NSF{
  features = D, transforms = options.transforms, bins = options.bins,
  hidden_features = {options.hidden, options.hidden}}
local start, wall = os.clock(), host.clock()
local history = m:fit(train, {
  steps = options.steps, batch_size = math.min(options.batch, #train), lr = options.lr, clip_norm = 10,
  optimizer = {name = "adamw", weight_decay = options.weight_decay}, validation = validation,
  patience = options.patience, seed = options.seed, progress = false,
  callback = function() return options.seconds == 0 or os.clock() - start < options.seconds end})
print(("%d steps, %.1f s of processor time, %.1f s; ended by %s; best validation after step %s"):format(
  history.steps, os.clock() - start, host.clock() - wall, history.ended, history.best_step or "-"))

-- Held-out nats: the mean of -log p over the unseen rows and its standard error. In the table's own units it is higher
-- by the logarithms of the columns' deviations.
local function report(name, log_p)
  local nats = -log_p:to("float64")
  local mean, se = nats:mean():item(), montecarlo.standard_error(nats)
  print(("%-24s %9.4f nats, s.e. %.4f; in the table's units %.4f"):format(name, mean, se, mean + prepared.log_scale))
end
print("\n-log p of an unseen row")
local log_p = m:log_prob(test):detach()
report("spline flow", log_p)
local centre, covariance = table_of.moments(train)
local normal = distribution.MultivariateNormal(centre, covariance)
local log_normal = normal:log_prob(test:to("float64"))
report("normal distribution", log_normal)
local gain = log_p:to("float64") - log_normal
print(("%-24s %9.4f nats, s.e. %.4f, of the same rows"):format(
  "the flow is better by", gain:mean():item(), montecarlo.standard_error(gain)))

if options.save ~= "" then
  checkpoint.save(options.save, {train = train, validation = validation, test = test, log_prob = log_p})
end
if options.model ~= "" then m:save(options.model) end

-- The figure: while it was trained; row by row against the normal distribution; two columns, true and drawn.
local draws = m:sample(math.min(#test * 3, 1000))
local panels = {}
if #history.loss > 1 then
  panels[1] = plot.line{title = "-log p while training", xlabel = "step", ylabel = "nats", series = {
    {x = tensor.arange(1, #history.loss, 1), y = history.loss, label = "batches", color = "grey", linewidth = 1},
    #history.validation > 1 and {x = history.validation_steps, y = history.validation, label = "validation"} or nil}}
end
-- Outliers lie far outside: the panel shows what is above the 5 % quantiles.
local both = tensor.cat({log_normal, log_p:to("float64")})
local low, high = both:quantile(0.05):item(), both:max():item()
panels[#panels + 1] = plot.scatter{x = log_normal, y = log_p, label = "unseen rows", title = "log p, row by row",
  xlabel = "normal distribution", ylabel = "spline flow", markersize = 3, xlim = {low, high}, ylim = {low, high},
  series = {{x = {low, high}, y = {low, high}, style = "--", color = "grey", label = "equal"}}}
local a, b = 1, math.min(2, D)
panels[#panels + 1] = plot.scatter{x = draws[{{}, a}], y = draws[{{}, b}], label = "draws", color = "orange",
  markersize = 3,
  title = "two columns, standardised", xlabel = prepared.names[a], ylabel = prepared.names[b],
  series = {{x = test[{{}, a}], y = test[{{}, b}], label = "unseen rows", color = "blue", marker = "x",
    markersize = 3}}}
plot.figure{columns = 3, panels = panels}:save(options.out)
print("figure " .. options.out)
