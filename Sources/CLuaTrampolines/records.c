// Tables made by native functions, with named values or lists: print(x) shows their contents instead of an address.
// Otherwise they are ordinary tables.
#include "tables.h"

static const char record_key;  // registry key of their metatable

static const char source[] =
    "local tostring, type, next, rawlen, mathtype = tostring, type, next, rawlen, math.type\n"
    "local sort, concat = table.sort, table.concat\n"
    "local format, find, sub, gsub = string.format, string.find, string.sub, string.gsub\n"
    "local shown\n"
    "local function key(name)\n"
    "  if type(name) == 'string' and find(name, '^[%a_][%w_]*$') then return name end\n"
    "  return '[' .. (type(name) == 'string' and format('%q', name) or tostring(name)) .. ']'\n"
    "end\n"
    "local function contents(value, indent, around)\n"
    "  if indent >= 8 or around[value] then return '{...}' end\n"
    "  around[value] = true\n"
    "  local parts, names, length = {}, {}, rawlen(value)\n"
    "  for i = 1, length < 20 and length or 20 do parts[i] = shown(value[i], indent + 2, around) end\n"
    "  if length > 20 then parts[21] = '... ' .. length - 20 .. ' more' end\n"
    "  for name in next, value do\n"
    "    if not (mathtype(name) == 'integer' and name >= 1 and name <= length) then names[#names + 1] = name end\n"
    "  end\n"
    "  sort(names, function(a, b) return tostring(a) < tostring(b) end)\n"
    "  for i = 1, #names < 100 and #names or 100 do\n"
    "    parts[#parts + 1] = key(names[i]) .. ' = ' .. shown(value[names[i]], indent + 2, around)\n"
    "  end\n"
    "  if #names > 100 then parts[#parts + 1] = '... ' .. #names - 100 .. ' more' end\n"
    "  around[value] = nil\n"
    "  local line = '{' .. concat(parts, ', ') .. '}'\n"
    "  if #line + indent <= 78 and not find(line, '\\n', 1, true) then return line end\n"
    "  local margin = ('\\n'):rep(1) .. (' '):rep(indent + 2)\n"
    "  return '{' .. margin .. concat(parts, ',' .. margin) .. ',\\n' .. (' '):rep(indent) .. '}'\n"
    "end\n"
    "function shown(value, indent, around)\n"
    "  if type(value) == 'table' then return contents(value, indent, around) end\n"
    "  if type(value) == 'string' then return (gsub(format('%q', value), '\\\\\\n', '\\\\n')) end\n"
    "  local text = tostring(value)\n"
    "  if type(value) == 'number' or (#text <= 70 and not find(text, '\\n', 1, true)) then return text end\n"
    "  return sub(gsub(text, '%s+', ' '), 1, 67) .. '...'\n"
    "end\n"
    "return {__tostring = function(value) return contents(value, 0, {}) end, __record = true}\n";

// Called before anything is removed from the libraries.
void lf_open_records(lua_State *L) {
    if (luaL_loadbufferx(L, source, sizeof source - 1, "=luaflow", "t") != LUA_OK) lua_error(L);
    lua_call(L, 0, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &record_key);
}

// Whether a table is such a record, without a metatable set by a script.
bool lf_is_record(lua_State *L, int index) {
    if (!lua_getmetatable(L, index)) return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
    bool is_one = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_one;
}

// Makes the table on the top a record.
void lf_mark_record(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key) == LUA_TTABLE) lua_setmetatable(L, -2);
    else lua_pop(L, 1);
}
