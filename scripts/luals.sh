#!/bin/sh
# Checks the definitions for editors with lua-language-server: scripts/luals.sh [path/to/lua-language-server]
#
# Writes what `luaflow doc --luacats` writes, every documented example as a file of its own, the scripts and the Lua files
# of Examples and Sources into a scratch folder, and lets the server check all of it: a diagnostic is a fault of the
# definitions, or of the script.
# lua-language-server: https://github.com/LuaLS/lua-language-server/releases, unpacked anywhere.
set -u
server=${1:-lua-language-server}
here=$(cd "$(dirname "$0")/.." && pwd)
luaflow=${LUAFLOW:-$here/.build/release/luaflow}
[ -x "$luaflow" ] || { echo "luals: no program at $luaflow; make build" >&2; exit 2; }
command -v "$server" > /dev/null || { echo "luals: no program $server; name it: make luals LUALS=path" >&2; exit 2; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/project/examples" "$scratch/home"
# Nobody's plugins.
export XDG_CONFIG_HOME="$scratch/home"
cd "$scratch/project" || exit 2
cp -R "$here/scripts" .
(cd "$here" && find Examples Sources -name '*.lua' -not -path '*/.build/*' | tar cf - -T -) | tar xf -
"$luaflow" doc --luacats . > /dev/null || exit 1

# An example has every module as a global; in a file of its own it requires those that it names.
cat > "$scratch/examples.lua" <<'LUA'
local modules, names = {}, io.popen("ls luacats")
for file in names:lines() do
  local name = file:match("^(%w+)%.lua$")
  if name ~= "types" then modules[#modules + 1] = name end
end
local count = 0
for _, module in ipairs{"types", table.unpack(modules)} do
  local example, last
  for line in io.lines("luacats/" .. module .. ".lua") do
    if line == "---```lua" then
      example = {}
    elseif line == "---```" then
      last, example = example, nil
    elseif example then
      example[#example + 1] = line:sub(4)
    end
    local name = line:match("^function ([%w_.:]+)%(")
    if name and last then
      local text, head = table.concat(last, "\n") .. "\n", ""
      for _, used in ipairs(modules) do
        if text:find("%f[%w_]" .. used .. "%f[^%w_]") then head = head .. ("local %s = require %q\n"):format(used, used) end
      end
      local file <close> = assert(io.open("examples/" .. module .. "-" .. name:gsub(":", "-") .. ".lua", "w"))
      file:write(head, text)
      count, last = count + 1, nil
    end
  end
end
print(count .. " examples")
LUA
"$luaflow" run "$scratch/examples.lua" || exit 1

"$server" --check=. --checklevel=Warning --check_format=json --check_out_path="$scratch/found.json" \
    --logpath="$scratch/log" --metapath="$scratch/meta" > "$scratch/out" 2>&1
if [ -s "$scratch/found.json" ] && grep -q '"message"' "$scratch/found.json"; then
    # One line each: file:line: message (kind).
    awk -v place="file://$scratch/project/" '
        /^    "file:/ { file = $0; sub(/^ *"/, "", file); sub(/": \[$/, "", file); sub(place, "", file) }
        /"code":/ { code = $2; gsub(/[",]/, "", code) }
        /"message":/ {
            message = $0; sub(/^ *"message": "/, "", message); sub(/",$/, "", message); sub(/\\n.*/, "", message) }
        /"start":/ { starts = 1 }
        /"line":/ && starts { print file ":" $2 + 1 ": " message " (" code ")"; starts = 0 }' "$scratch/found.json"
    exit 1
fi
grep -qi 'no problems found' "$scratch/out" || { cat "$scratch/out"; echo "luals: the server did not finish" >&2; exit 1; }
echo "lua-language-server finds nothing"
