-- LuaFlow's side of the benchmark: reads commands of bench.py from standard input, answers each in one line.
--
--   group FILE INPUTS    loads rows/NAME.lua and the tensors that its rows work on
--   check FILE ROW       does the row's work once and writes what came out
--   time COUNT ROW       does it COUNT times: the seconds by the wall
--
-- Answers: "ok ...", "missing" where there is no such row, "error ...".
local checkpoint = require "checkpoint"
local host = require "host"
local tensor = require "tensor"

local rows = {}
local commands = {}

function commands.group(file, inputs)
  rows = {}
  collectgarbage()
  rows = dofile(file)((checkpoint.load(inputs)))
  return "ok"
end

-- The row's function to time, and the one whose results are compared.
local function functions(name)
  local row = rows[name]
  if type(row) == "function" then return row, row end
  return row and row.run, row and row.check
end

function commands.check(file, name)
  local _, check = functions(name)
  if not check then return "missing" end
  local results = {}
  for k, value in ipairs{check()} do
    results["r" .. k] = type(value) == "number" and tensor(value, {dtype = "float64"}) or value
  end
  checkpoint.save(file, results)
  return "ok"
end

function commands.time(count, name)
  local run = functions(name)
  if not run then return "missing" end
  count = math.tointeger(tonumber(count))
  collectgarbage()
  local from = host.clock()
  for _ = 1, count do run() end
  return ("ok %.9f"):format(host.clock() - from)
end

for line in io.lines() do
  local command, first, second = line:match("^(%a+)\t([^\t]*)\t(.*)$")
  local done, answer = pcall(commands[command], first, second)
  if not done then answer = "error " .. tostring(answer):gsub("\n.*", "") end
  io.write(answer, "\n")
  io.flush()
end
