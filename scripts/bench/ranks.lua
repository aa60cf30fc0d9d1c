-- How long a step of training takes among ranks, and what of it is their exchange: docs/scaling.md.
--
--   mpirun -n 4 luaflow-mpi run scripts/bench/ranks.lua --hidden 1000 --layers 5
local flow = require "flow"
local host = require "host"
local mpi = require "mpi"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "Time and bytes of a training step among ranks.",
  {"hidden", 1000, "units of every hidden layer of a NICE", integer = true, min = 1},
  {"layers", 5, "hidden layers of every coupling", integer = true, min = 1},
  {"batch", 200, "images in a step, all ranks' together", integer = true, min = 1},
  {"steps", 10, "that are timed, after two that are not", integer = true, min = 1},
}
random.manual_seed(0)
local x = random.uniform({options.batch, 784})
local m = flow.NICE{dim = 784, hidden = options.hidden, layers = options.layers, couplings = 4}
local parameters = 0
for _, p in ipairs(m:parameters()) do parameters = parameters + p:numel() end

-- Seconds from the third step to the last one.
local first, last
m:fit(x, {
  steps = options.steps + 2, batch_size = options.batch, lr = 1e-4, progress = false,
  callback = function(k)
    if k == 2 then first = host.clock() end
    last = host.clock()
  end,
})
local step = (last - first) / options.steps

-- The median time of n calls that all ranks begin together.
local function median(n, f)
  local times = {}
  for i = 1, n do
    mpi.barrier()
    local start = host.clock()
    f()
    times[i] = host.clock() - start
  end
  table.sort(times)
  return times[(n + 1) // 2]
end
local gradient = tensor.zeros(parameters)
local sum = median(5, function() mpi.allreduce(gradient, "sum") end)
local number = median(51, function() mpi.allreduce(1, "sum") end)
local barrier = median(51, function() mpi.barrier() end)

-- What a rank sends for a sum: a share to each other rank, and its own share's sum to each.
local n = mpi.size
local bytes = 2 * (n - 1) / n * 4 * parameters
print(("%d ranks, %d rows each: %.2f million parameters, %.1f MB sent a rank and step"):format(
  n, options.batch // n, parameters / 1e6, bytes / 1e6))
print(("step %.1f ms; sum of the gradient %.1f ms, of a number %.3f ms, barrier %.3f ms"):format(
  1e3 * step, 1e3 * sum, 1e3 * number, 1e3 * barrier))
