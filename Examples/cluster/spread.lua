-- Work that is no m:fit and no mcmc.sample, spread by hand: each rank takes every mpi.size-th task, and all add what they found.
-- Runs alone, too:   luaflow run spread.lua      mpirun -n 4 luaflow-mpi run spread.lua
local data = require "data"
local flow = require "flow"
local host = require "host"
local mpi = require "mpi"
local tensor = require "tensor"

local m = flow.load(host.resource("nice-mnist.safetensors"))
local digits = data.digits().images
local results = tensor.zeros(16)
for i = mpi.rank + 1, #results, mpi.size do
  results[i] = m:log_prob(digits[i]:reshape(1, 784)):item()
end
results = mpi.allreduce(results, "sum")
print(("log p of %d digits: mean %.1f nats, by %d ranks"):format(#results, results:mean():item(), mpi.size))
