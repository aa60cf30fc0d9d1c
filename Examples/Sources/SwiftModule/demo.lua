-- A Swift module beside the built-in ones.
local running = require "running"
local random = require "random"

local evens, odds = running.of(2, 4, 6), running.of(1, 3, 5)
local all = evens + odds
print(all, all.variance)

-- Tensors cross as well: a hundred thousand draws, a thousand at a time, none of them kept.
random.manual_seed(0)
local r = running.of()
for i = 1, 100 do r:add(random.normal({1000})) end
assert(#r == 100000 and math.abs(r.mean) < 0.02 and math.abs(r.variance - 1) < 0.02)

-- What is wrong is an error of the script's, with its line.
print(select(2, pcall(function() return r:add("seven") end)))
