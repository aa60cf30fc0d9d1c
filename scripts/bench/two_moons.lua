-- Two moons by flow.RealNVP, MAF and NSF with m:fit, beside zuko's: scripts/bench/peers/two_moons.py makes the data.
--
--   luaflow run scripts/bench/two_moons.lua --data two_moons.npz --steps 1200
local checkpoint = require "checkpoint"
local flow = require "flow"
local host = require "host"
local random = require "random"

local options = host.arguments{
  about = "Trains three flows on two moons, and prints seconds and the held-out loss.",
  {"data", "two_moons.npz", "of peers/two_moons.py", reads = true},
  {"steps", 1200, "of Adam", integer = true, min = 1},
  {"batch", 256, "points in a step", integer = true, min = 1},
  {"lr", 1e-3, "the step size", min = 0},
  {"seeds", 1, "how many runs", integer = true, min = 1},
  {"only", "RealNVP,MAF,NSF", "which flows"},
  {"starts", "", "a folder with zuko's initial weights to begin with, written by peers/two_moons.py --starts"},
}
local tensors = checkpoint.load(options.data)
for name in options.only:gmatch("[^,]+") do
  for seed = 0, options.seeds - 1 do
    random.manual_seed(seed)
    local m = options.starts ~= "" and flow.load(("%s/%s-%d.pt"):format(options.starts, name, seed))
      or flow[name]{features = 2, transforms = 3, hidden_features = {64, 64}}
    local start = host.clock()
    m:fit(tensors.train, {steps = options.steps, batch_size = options.batch, lr = options.lr, seed = seed, progress = false})
    local seconds = host.clock() - start
    local held_out = -m:log_prob(tensors.test):mean():item()
    print(("luaflow  %-8s seed %d  %6.2f s  held out %.4f nats"):format(name, seed, seconds, held_out))
  end
end
