-- Trains a small flow and prints what came of it, for Tests/mpi/run.sh. `arg`: steps, a checkpoint, milliseconds a step.
local mpi, random, flow, host = require "mpi", require "random", require "flow", require "host"
local tensor = require "tensor"
local steps, path, pause = tonumber(arg[1]), arg[2], tonumber(arg[3] or 0)
random.manual_seed(7)
local x = random.normal({200, 4}) * 0.5 + 1
local m = flow.MAF{features = 4, transforms = 2, hidden_features = {32}}
local h = m:fit(x, {
  steps = steps, batch_size = 64, lr = 1e-2, validation = 0.2, average = 0.9, clip_norm = 5,
  checkpoint = path, checkpoint_every = path and 1 or nil, progress = false,
  callback = pause > 0 and function(k)
    if k == 5 then print("five steps") io.stdout:flush() end
    local start = host.clock()
    while host.clock() - start < pause / 1000 do end
  end or nil,
})
local sum = 0
for i, value in ipairs(h.loss) do sum = sum + value * i end
print(("%d steps, loss %.4f, validation %.4f, all losses %.2f"):format(
  h.steps, h.loss[#h.loss], h.validation[#h.validation], sum))
-- The same bits on every rank?
local digest = 0
for _, p in ipairs(m:parameters()) do digest = digest + p:detach():to("float64"):abs():sum():item() end
local least, most = mpi.allreduce(tensor({digest}, {dtype = "float64"}), "min"), mpi.allreduce(tensor({digest}, {dtype = "float64"}), "max")
assert(least:item() == most:item(), "ranks have other weights")
if arg[4] then print(("%a"):format(digest)) end
