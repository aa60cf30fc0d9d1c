-- NAME: finds mean and scale of a normal distribution from numbers drawn from it. Put your own experiment in its place.
--
--   luaflow run NAME.lua --steps 500 --lr 0.02
local distribution = require "distribution"
local host = require "host"
local optim = require "optim"
local random = require "random"
local tensor = require "tensor"

-- What can be said on the command line: name, default, help. `--help` prints it.
local options = host.arguments{
  about = "Fits a normal distribution by maximum likelihood.",
  {"steps", 300, "how many steps of Adam"},
  {"lr", 0.05, "the step size"},
  {"seed", 0, "of the numbers drawn"},
}
local steps = host.check("--steps", options.steps, {integer = true, min = 1})
local lr = host.check("--lr", options.lr, {min = 0})
random.manual_seed(host.check("--seed", options.seed, {integer = true}))

-- The data, and what is to be found. The logarithm of the scale may be any number.
local data = distribution.Normal(3, 2):sample({1000})
local mean = tensor.zeros(1):requires_grad_(true)
local log_scale = tensor.zeros(1):requires_grad_(true)

local optimizer = optim.Adam({mean, log_scale}, {lr = lr})
do
  local bar <close> = host.progress(steps)
  for k = 1, steps do
    local loss = -distribution.Normal(mean, log_scale:exp()):log_prob(data):mean()
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
    bar:update(k, ("%.4f nats"):format(loss:item()))
  end
end

print(("found  mean %.3f  scale %.3f"):format(mean:item(), log_scale:exp():item()))
print(("data   mean %.3f  scale %.3f"):format(data:mean():item(), data:std():item()))
