-- One flow for all ten digits: p(x | label), told the label as a context of ten numbers (one of them 1).
--
-- Of each picture the flow sees its 40 largest principal components, where digits fill the space and some seconds of
-- training are enough. Two uses: draws of a digit that is asked for, and Bayes' rule: the label under which an unseen
-- picture is the most probable.
--
--   luaflow run scripts/conditional.lua --steps 2000 --patience 20        # until the unseen pictures say stop
local data = require "data"
local flow = require "flow"
local host = require "host"
local figure = require "homework.figure"
local plot = require "plot"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "Trains a flow of digits given their labels, draws digits by label, and tells labels apart.",
  {"components", 40, "principal components that are modelled", integer = true, min = 2, max = 400},
  {"steps", 400, "of Adam", integer = true, min = 0, max = 1000000},
  {"batch", 100, "pictures in a step", integer = true, min = 1, max = 1600},
  {"hidden", 128, "units of a hidden layer", integer = true, min = 1, max = 4096},
  {"transforms", 3, "masked autoregressive ones", integer = true, min = 1, max = 20},
  {"lr", 2e-3, "the step size, which goes down to 0 by a cosine", min = 0, max = 1},
  {"patience", 0, "looks at the unseen pictures without a better one after which training ends; 0: any number",
    integer = true, min = 0},
  {"temperature", 0.8, "of the draws: noise is made so many times as long", min = 0, max = 2},
  {"seed", 0, "of everything", integer = true},
  {"out", "conditional.png", "the figure: .png, .svg or .pdf"},
}
figure.check(options.out)
random.manual_seed(options.seed)

local digits = data.digits()
local n, d = #digits.images, options.components
local pictures = digits.images:reshape(n, 784)
-- Ten numbers a label, counted from 0.
local codes = tensor.eye(10)
local context = codes:index_select(1, digits.labels + 1)
-- The last 400 are not trained on.
local seen, rest = {1, 1600}, {1601, n}

-- Principal components of the first 1600, each made to have variance 1. eigh gives the smallest first.
local mean = pictures[{seen}]:mean(1, true)
local centred = (pictures[{seen}] - mean):to("float64")
local values, vectors = (centred:t():matmul(centred) / 1600):eigh()
local scale = values[{{785 - d, 784}}]:sqrt():to("float32")
local basis = vectors[{{}, {785 - d, 784}}]:to("float32")
local function encode(x) return (x - mean):matmul(basis) / scale end
local function decode(z) return (z * scale):matmul(basis:t()) + mean end
local x = encode(pictures)

local m = flow.MAF{
  features = d, context = 10, transforms = options.transforms, hidden_features = {options.hidden, options.hidden}}
local start = host.clock()
local history = m:fit(x[{seen}], {
  context = context[{seen}], steps = options.steps, batch_size = options.batch, lr = options.lr, schedule = "cosine",
  clip_norm = 50, seed = options.seed, validation = {x[{rest}], context[{rest}]},
  patience = options.patience > 0 and options.patience or nil})
print(("%d steps in %.1f s"):format(history.steps, host.clock() - start))
if history.validation then
  print(("-log p(x | label), unseen: %.2f nats, best %.2f after %d steps"):format(
    history.validation[#history.validation], history.best, history.best_step))
end

-- Bayes' rule with equally many of all digits: log p(x | label) for every label, and the largest.
local unseen, scores = x[{rest}], {}
for label = 1, 10 do scores[label] = m:log_prob(unseen, codes[label]):detach() end
local _, found = tensor.stack(scores, 2):max(2)
local right = (found - 1):eq(digits.labels[{rest}]):to("float32"):mean():item()
print(("labels found by Bayes' rule: %.1f %% of %d unseen pictures"):format(100 * right, #unseen))

-- Eight draws of each digit.
local noise = options.temperature * random.normal({80, d})
local labels = {}
for i = 0, 79 do labels[i + 1] = i % 10 + 1 end
local wanted = codes:index_select(1, tensor(labels, {dtype = "int64"}))
local draws = decode(m:to_data(noise, wanted):detach()):clamp(0, 1):reshape(80, 28, 28)
local panels = {}
for i = 1, 80 do panels[i] = plot.image{draws[i], vmin = 0, vmax = 1, title = i <= 10 and tostring(i - 1) or ""} end
plot.figure{columns = 10, panels = panels}:save(options.out, {width = 900})
print(options.out)
