-- Packs pictures of digits without loss by a flow of digits, and unpacks them again: the file's size is the proof of
-- the density. Each grey level is coded by its probability given what is known of the picture already, in -log2 p bits
-- (scripts/digits/codec.lua; an arithmetic coder, scripts/digits/coder.lua).
--
--   luaflow compress                                      digits that ship; packed, unpacked, held against the density
--   luaflow compress --images train-images.gz --out train.flow
--   luaflow compress --unpack train.flow --out train.idx
--
-- `luaflow compress` is this file: copy it, change it, and run yours with luaflow run.
local codec = require "digits.codec"
local data = require "data"
local flows = require "digits.flows"
local host = require "host"
local random = require "random"
local verdict = require "homework.verdict"

local options = host.arguments{
  about = "Packs pictures of digits without loss by a flow, unpacks them, and holds the size against the density.",
  {"model", "", "a flow that train_digits.lua wrote; the one that ships where it is empty"},
  {"images", "", "pictures of 28 x 28 bytes, an IDX file; the digits that ship where it is empty"},
  {"count", 0, "how many: the last of those that ship, or the first of --images; 0: 100, or all", integer = true,
    min = 0, max = 1000000},
  {"batch", 100, "pictures that are coded side by side", integer = true, min = 1, max = 100000},
  {"unpack", "", "unpacks this file into --out, an IDX file"},
  {"out", "", "the packed file; digits.flow where it is empty. With --unpack: the pictures, digits.idx"},
}
local function given(name) return options[name] ~= "" and options[name] or nil end
local unpacks = given "unpack"
local out = given "out" or unpacks and "digits.idx" or "digits.flow"
if unpacks and given "images" then host.refuse("--unpack and --images", "one of the two expected") end
for name, usual in pairs{count = 0, batch = 100} do
  if unpacks and options[name] ~= usual then
    host.refuse("--unpack and --" .. name, "the packed file says how many pictures it holds, and in which batches")
  end
end
if out == options.images or out == options.unpack then host.refuse("--out", out .. ": the file that is read") end
host.check("--out", out, {writes = true})
for _, name in ipairs{"model", "images", "unpack"} do
  if given(name) then host.check("--" .. name, options[name], {reads = true}) end
end

local readable, made = pcall(flows.load, given "model" or host.resource("digits-coupling.safetensors"))
if not readable then host.refuse("--model", tostring(made)) end
if made.smooth then
  host.refuse("--model", "has densities without jumps, whose levels are not coded: train one without --smooth")
end
local coded = codec.make(made)

local function write(path, ...)
  local file = assert(io.open(path, "wb"))
  assert(file:write(...))
  assert(file:close())
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

-- The levels in a packed file; refuses one that is damaged or was packed otherwise.
local function unpacked(path)
  local bytes, n, batch, sum = codec.read(read(path))
  if not bytes then host.refuse(path, n) end
  local levels = coded:unpack(bytes, n, batch)
  if not levels or codec.sum(levels) ~= sum then
    host.refuse(path, "the pictures that come out are not those that were packed: by another flow, or on a processor "
      .. "that rounds otherwise")
  end
  return assert(levels)
end

if unpacks then
  local levels = unpacked(unpacks)
  local bytes = {}
  for i = 1, #levels do
    local picture = levels[i]:reshape(-1):tolist()
    for k = 1, #picture do picture[k] = math.tointeger(picture[k]) end
    bytes[i] = string.char(table.unpack(picture))
  end
  -- IDX: unsigned bytes in three dimensions.
  write(out, (">I4I4I4I4"):pack(0x0803, #levels, 28, 28), table.concat(bytes))
  print(("%d pictures in %s"):format(#levels, out))
  return
end

local images
if given "images" then
  local whole, found = pcall(data.idx, options.images)
  if not whole then host.refuse("--images", (tostring(found):gsub("^data%.idx: ", ""))) end
  images = found
  local shape = images.shape
  if #shape ~= 3 or shape[2] ~= 28 or shape[3] ~= 28 then
    host.refuse("--images", ("%s holds numbers of shape (%s): (N, 28, 28) expected"):format(
      options.images, table.concat(shape, ", ")))
  end
  if shape[1] == 0 then host.refuse("--images", options.images .. " holds no pictures") end
  if options.count > 0 then images = images[{{1, math.min(options.count, #images)}}] end
  local low, high = images:min():item(), images:max():item()
  -- What is not a number is in no range.
  if not (low >= 0 and high <= 255) or images:ne(images:round()):sum():item() > 0 then
    host.refuse("--images", options.images .. " holds no grey levels: whole numbers from 0 to 255 expected")
  end
  images = images:to("float32"):unsqueeze(2) / 255
else
  local count = options.count > 0 and options.count or 100
  images = data.digits().images:unsqueeze(2)
  images = images[{{math.max(#images - count + 1, 1), #images}}]
end
local n, levels = #images, (images * 255):round()

local start = host.clock()
local bytes, ideal = coded:pack(levels, options.batch)
local file = codec.file(bytes, n, options.batch, codec.sum(levels))
write(out, file)
local packed = host.clock() - start

start = host.clock()
local wrong = unpacked(out):ne(levels):sum():item()
local taken = host.clock() - start

-- The density's bits, dequantised as in training.
local stated = 0
for batch in data.batches(data.dequantize(images, {levels = 256, generator = random.generator(1)}), 100) do
  stated = stated + made.flow:bits_per_dim(batch):detach():sum():item()
end
local pixels = n * 784
local size = #file * 8 / pixels
print(("%d digits of 784 bytes: %d bytes in %s"):format(n, #file, out))
print(("bits per pixel    %.4f in the file, %.4f by the levels' probabilities, %.4f by the density"):format(
  size, ideal / pixels, stated / n))
print(("time              packed in %.1f s, unpacked in %.1f s"):format(packed, taken))
verdict.exact("pixels that came back different", wrong, 0, 0)
-- A few pictures are little beside the file's first bytes.
verdict.exact("the file's size beside the density, of it", size / (stated / n), 1, 0.01 + 64 / #file)
verdict.finish()
