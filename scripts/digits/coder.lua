-- An arithmetic coder: symbols become bytes, each as many bits as its probability asks for. A message is a number in
-- [0, 1); every symbol narrows the interval it lies in to the symbol's part of it.
--
-- Bounds are whole numbers: symbol s of a distribution has the part from low to high of `coder.total`.
local coder = {total = 1 << 24}

-- The interval is [low, low + range), 48 bits behind the bytes that are written; one more is written when range is
-- small.
local most, least, mask = 1 << 48, 1 << 40, (1 << 48) - 1

-- An encoder: encoder:put(low, high), then encoder:finish() for the bytes.
function coder.encoder()
  local low, range, bytes, count = 0, most, {}, 0
  local self = {}

  -- low has passed the end of its 48 bits: one more for what was written.
  local function carry()
    local i = count
    while bytes[i] == 255 do
      bytes[i] = 0
      i = i - 1
    end
    bytes[i] = bytes[i] + 1
  end

  local function write()
    count = count + 1
    bytes[count] = low >> 40
    low = (low << 8) & mask
    range = range << 8
  end

  function self:put(from, to)
    local unit = range // coder.total
    low, range = low + unit * from, unit * (to - from)
    if low > mask then
      low = low & mask
      carry()
    end
    while range < least do write() end
  end

  -- The shortest number in the interval.
  function self:finish()
    for bits = 40, 0, -8 do
      local step = 1 << bits
      local value = (low + step - 1) // step * step
      if value < low + range then
        low = value
        if low > mask then
          low = low & mask
          carry()
        end
        for _ = bits, 40, 8 do write() end
        break
      end
    end
    local parts = {}
    for i = 1, count, 4096 do parts[#parts + 1] = string.char(table.unpack(bytes, i, math.min(i + 4095, count))) end
    return table.concat(parts)
  end
  return self
end

-- A decoder of such bytes: decoder:place() says where in 0 ... total - 1 the message lies; decoder:take(low, high) goes
-- on behind the symbol that lies there.
function coder.decoder(text)
  local range, code, position = most, 0, 0
  local self, unit = {}, nil
  local function read()
    position = position + 1
    return text:byte(position) or 0
  end
  for _ = 1, 6 do code = code << 8 | read() end

  -- Whether more was read than the encoder wrote: no message of that many symbols.
  function self:ended() return position > #text + 6 end

  -- code is counted from low.
  function self:place()
    unit = range // coder.total
    return math.min(code // unit, coder.total - 1)
  end

  function self:take(from, to)
    code, range = code - unit * from, unit * (to - from)
    while range < least do
      code = code << 8 | read()
      range = range << 8
    end
  end
  return self
end

return coder
