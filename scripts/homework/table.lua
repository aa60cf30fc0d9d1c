-- Tables of numbers from files, made ready for a flow.
local checkpoint = require "checkpoint"
local host = require "host"
local random = require "random"
local tensor = require "tensor"

local module = {}

-- The fields of a line, without the quotes around them. Separated by commas, semicolons or tabs; a separator between
-- quotes is a part of its field.
local function fields(line, separator)
  local list, quoted = {}, nil
  for field in (line .. separator):gmatch("(.-)" .. separator) do
    if quoted then field = quoted .. separator .. field end
    quoted = field:match('^%s*"') and not field:match('^%s*".*"%s*$') and field or nil
    if not quoted then list[#list + 1] = field:match('^%s*"?(.-)"?%s*$') end
  end
  if quoted then list[#list + 1] = quoted end
  return list
end

-- The rows of a CSV file as lists of texts, and the header if there is one: a first line that is not of numbers alone,
-- or has another number of fields than the second.
local function read_csv(path)
  local rows, header, separator = {}, nil, nil
  local number = 0
  for line in io.lines(path) do
    number = number + 1
    -- The mark of UTF-8 that spreadsheets write before the first line.
    if number == 1 then line = line:gsub("^\xEF\xBB\xBF", "") end
    if line:match("%S") then
      separator = separator or line:match("\t") or line:match(";") or ","
      local row = fields(line, separator)
      if rows[2] and #row ~= #rows[2] then
        host.refuse("--data " .. path, ("line %d has %d fields, others have %d"):format(number, #row, #rows[2]))
      end
      rows[#rows + 1] = row
    end
  end
  if #rows < 2 then host.refuse("--data " .. path, "no two lines with numbers") end
  local numbers = #rows[1] == #rows[2]
  for _, field in ipairs(rows[1]) do numbers = numbers and tonumber(field) ~= nil end
  if not numbers then
    if #rows[1] == #rows[2] then header = rows[1] end
    table.remove(rows, 1)
  end
  return rows, header
end

-- "1-30" or "1,4,7-9": a list of positions.
local function positions(text, count)
  local list = {}
  for part in text:gmatch("[^,]+") do
    local from, to = part:match("^%s*(%d+)%s*%-%s*(%d+)%s*$")
    if not from then from = part:match("^%s*(%d+)%s*$") to = from end
    from, to = tonumber(from), tonumber(to)
    if not from or from < 1 or to > count or from > to then
      host.refuse("--columns " .. text, ("positions from 1 to %d expected, such as 1-%d"):format(count, count))
    end
    for k = from, to do list[#list + 1] = k end
  end
  return list
end

-- A file's numbers, (rows, columns) in float64 with NaN for what is none, and the columns' names.
function module.read(path, columns)
  local x, names
  if path:match("%.npy$") then
    local fine, found = pcall(checkpoint.load, path)
    if not fine then host.refuse("--data " .. path, (tostring(found):gsub("^.*checkpoint%.load: ", ""))) end
    x = found.array:to("float64")
    if x:dim() ~= 2 then
      host.refuse("--data " .. path, ("an array of 2 dimensions expected, not %d"):format(x:dim()))
    end
  else
    local rows, header = read_csv(path)
    for _, row in ipairs(rows) do
      for k, field in ipairs(row) do row[k] = tonumber(field) or (0 / 0) end
    end
    x, names = tensor(rows, {dtype = "float64"}), header
  end
  local chosen = positions(columns ~= "" and columns or ("1-%d"):format(#x[1]), #x[1])
  local kept = {}
  for k, column in ipairs(chosen) do kept[k] = names and names[column] or ("column %d"):format(column) end
  return x:index_select(2, chosen), kept
end

-- Means and covariance of rows, in float64.
function module.moments(rows)
  local x = rows:to("float64")
  local mean = x:mean(1, true)
  local centred = x - mean
  local covariance = centred:t():matmul(centred) / (#x - 1) + 1e-6 * tensor.eye(#x[1], nil, {dtype = "float64"})
  return mean[1], covariance
end

-- Rows that a flow can be trained on: see scripts/tabular.lua. `said` tells what was done.
function module.prepare(rows, names, validation_share, test_share)
  local said = {}
  local function say(...) said[#said + 1] = string.format(...) end
  -- Nor is what overflows, 1e999, a number.
  rows = rows:where(rows:abs():lt(math.huge), 0 / 0)
  -- Columns without a number anywhere in a tenth of the rows, or of one number alone, go; then rows with a gap.
  local columns = {}
  for k = 1, #rows[1] do
    local column = rows[{{}, k}]
    local known = column:masked_select(column:eq(column))
    if #known < 0.9 * #column then
      say("%s is left out: %d of %d fields are no numbers", names[k], #column - #known, #column)
    elseif known:max():item() == known:min():item() then
      say("%s is left out: it is %g everywhere", names[k], known[{1}])
    else columns[#columns + 1] = k end
  end
  if #columns < 2 then host.refuse("--data", ("two columns of numbers expected, found %d"):format(#columns)) end
  local x, kept = rows:index_select(2, columns), {}
  for k, column in ipairs(columns) do kept[k] = names[column] end
  local whole = x:eq(x):to("float64"):sum(2):eq(#columns)
  local places = tensor.arange(1, #x, 1, {dtype = "int64"}):masked_select(whole)
  if #places < #x then say("%d rows with missing numbers are left out", #x - #places) end
  x = x:index_select(1, places)
  if #x < 20 then host.refuse("--data", ("at least 20 rows expected, found %d"):format(#x)) end
  -- Few different values: noise.
  for k = 1, #columns do
    local sorted = x[{{}, k}]:sort()
    local gaps = sorted[{{2, -1}}] - sorted[{{1, -2}}]
    local steps = gaps:masked_select(gaps:gt(0))
    if #steps + 1 <= math.max(20, 0.05 * #x) then
      local width = steps:min():item()
      say("%s has %d different values: noise of width %g is added", kept[k], #steps + 1, width)
      x[{{}, k}] = x[{{}, k}] + width * (random.uniform({#x}, 0, 1, {dtype = "float64"}) - 0.5)
    end
  end
  -- The parts, and the scale of the first.
  x = x:index_select(1, random.permutation(#x))
  local tests, validations = math.ceil(test_share * #x), math.ceil(validation_share * #x)
  local seen = #x - tests - validations
  if seen < 2 then host.refuse("--validation, --test", ("of %d rows %d are left to train on"):format(#x, seen)) end
  local train = x[{{1, seen}}]
  local mean, scale = train:mean(1, true), train:std(1, true)
  -- A column may be constant in this part.
  scale = scale:where(scale:gt(0), 1)
  x = ((x - mean) / scale):to("float32")
  return {
    said = said, names = kept, log_scale = scale:log():sum():item(),
    train = x[{{1, seen}}], validation = x[{{seen + 1, seen + validations}}], test = x[{{seen + validations + 1, #x}}],
  }
end

return module
