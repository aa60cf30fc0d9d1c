-- Kills a training run at random moments (kill -9), a hundred times by default, and lets each next one go on from the
-- checkpoint. The weights in the end must be those of a run that was never killed, bit for bit: SHA-256 of both files.
--
--   luaflow run scripts/tools/kills.lua --kills 100 --steps 3000
--
-- Needs a POSIX shell. A run that ends before it is killed is compared as well, and training begins anew.
local checkpoint = require "checkpoint"
local flow = require "flow"
local host = require "host"
local random = require "random"
local tensor = require "tensor"

local options = host.arguments{
  about = "Kills a training run at random moments and compares its weights with those of a run that was left alone.",
  {"kills", 100, "how often", integer = true, min = 1, max = 100000},
  {"steps", 3000, "of training, counted from the beginning", integer = true, min = 1},
  {"longest", 1, "seconds until a run is killed, at most", min = 0.01, max = 1000},
  {"every", 5, "steps between two saves", integer = true, min = 1},
  {"seed", 1, "of the moments", integer = true},
  {"train", "", "trains in this folder and does nothing else: what is started and killed"},
}

-- All that a checkpoint is made of: moments, a schedule, averages, validation, clipping, noise from the generator.
if options.train ~= "" then
  random.manual_seed(7)
  local x = random.normal({400, 4})
  x[{{}, 2}] = x[{{}, 2}] + x[{{}, 1}] ^ 2
  local m = flow.MAF{features = 4, transforms = 2, hidden_features = {24, 24}}
  m:fit(x, {
    steps = options.steps, batch_size = 32, lr = 1e-2, optimizer = {name = "adamw", weight_decay = 0.01},
    schedule = {kind = "cosine", warmup = 20}, validation = 0.2, average = 0.9, clip_norm = 2, progress = false,
    transform = function(batch, g) return batch + 0.05 * random.normal(batch.shape, {generator = g}) end,
    checkpoint = options.train .. "/run.ckpt", checkpoint_every = options.every,
  })
  checkpoint.save(options.train .. "/weights.safetensors", m:state_dict())
  os.exit(0)
end

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end
-- What a shell command prints, without the end of the line.
local function output(command)
  local pipe <close> = assert(io.popen(command, "r"))
  return (pipe:read("a"):gsub("%s+$", ""))
end
local function exists(path)
  local file <close> = io.open(path, "rb")
  return file ~= nil
end
local function sha256(path)
  return output(("{ sha256sum %s || shasum -a 256 %s; } 2>/dev/null"):format(quoted(path), quoted(path))):match("^%x+")
end

local folder = output("mktemp -d")
if folder == "" then error("mktemp made no folder", 0) end
local calm, hunted = folder .. "/calm", folder .. "/hunted"
os.execute(("mkdir %s %s"):format(quoted(calm), quoted(hunted)))
local function command(where)
  local words = {arg[-2] or "luaflow", "run", arg[0], "--steps", options.steps, "--every", options.every, "--train", where}
  for k, word in ipairs(words) do words[k] = quoted(tostring(word)) end
  return table.concat(words, " ")
end

local start = host.clock()
if not os.execute(command(calm)) then error("training failed", 0) end
local whole = sha256(calm .. "/weights.safetensors")
if not whole then error("neither sha256sum nor shasum is installed", 0) end
print(("never killed:  %s, %.1f s"):format(whole, host.clock() - start))

local moments = random.generator(options.seed)
local kills, finished, wrong = 0, 0, 0
local places, before_first = {}, 0
local function compare()
  finished = finished + 1
  local own = sha256(hunted .. "/weights.safetensors")
  if own ~= whole then
    wrong = wrong + 1
    print(("after %d kills: %s"):format(kills, own or "no weights"))
  end
  os.remove(hunted .. "/weights.safetensors")
  os.remove(hunted .. "/run.ckpt")
end
-- kill says whether there was something to kill; the shell's own word about it is not shown.
local hunt = "%s & child=$!; sleep %.3f; kill -9 $child && killed=yes; wait $child; test -n \"$killed\""
for _ = 1, 20 * options.kills do
  if kills == options.kills then break end
  local seconds = options.longest * random.uniform({1}, 0, 1, {generator = moments})[{1}]
  local line = hunt:format(command(hunted), seconds)
  os.execute("sh -c " .. quoted(line) .. " 2>/dev/null")
  if exists(hunted .. "/weights.safetensors") then
    compare()
  else
    kills = kills + 1
    if exists(hunted .. "/run.ckpt") then
      places[#places + 1] = #checkpoint.load(hunted .. "/run.ckpt")["history.loss"]
    else
      before_first = before_first + 1
    end
  end
end
if not os.execute(command(hunted)) then error("training failed", 0) end
compare()
os.execute("rm -rf " .. quoted(folder))

-- Where the last save stood when a run was killed.
if #places > 0 then
  local sorted = tensor(places):sort():tolist()
  print(("the saves stood at step %d to %d, in the middle %d; %d kills came before the first"):format(
    sorted[1], sorted[#sorted], sorted[(#sorted + 1) // 2], before_first))
end
print(("%d kills, %d runs that came to their end, %d with other weights; %.0f s"):format(
  kills, finished, wrong, host.clock() - start))
if wrong > 0 or kills < options.kills then os.exit(1) end
