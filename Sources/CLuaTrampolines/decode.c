// From Lua's stack to what Swift reads. Nothing here raises.
#include "values.h"

#include <string.h>

const char lf_name_key;

int lf_reference_needs(lua_State *L, int index) {
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
    case LUA_TFUNCTION:
    case LUA_TTHREAD:
    case LUA_TLIGHTUSERDATA:
        return 1;
    case LUA_TUSERDATA:
        return 1;  // most are ours and take none: what is not taken stays free
    default:
        return 0;
    }
}

static void decode_foreign(lua_State *L, int index, lf_value *value) {
    value->kind = LF_FOREIGN;
    value->passed = lf_reference_take(lf_state_of(L), L, index);
    value->bytes = lua_typename(L, lua_type(L, index));
    value->length = strlen(value->bytes);
    if (!lua_getmetatable(L, index)) return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &lf_name_key);  // "__name", kept there because pushing it could allocate
    lua_rawget(L, -2);
    if (lua_type(L, -1) == LUA_TSTRING) value->bytes = lua_tolstring(L, -1, &value->length);
    lua_pop(L, 2);
}

// A value for which lf_reference_needs is true takes a slot, which the caller has reserved. Needs three free stack
// slots.
void lf_decode(lua_State *L, int index, lf_value *value) {
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        value->kind = LF_NIL;
        break;
    case LUA_TBOOLEAN:
        value->kind = LF_BOOLEAN;
        value->integer = lua_toboolean(L, index);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            value->kind = LF_INTEGER;
            value->integer = lua_tointeger(L, index);
        } else {
            value->kind = LF_NUMBER;
            value->number = lua_tonumber(L, index);
        }
        break;
    case LUA_TSTRING:
        value->kind = LF_STRING;
        value->bytes = lua_tolstring(L, index, &value->length);
        break;
    case LUA_TTABLE:
    case LUA_TFUNCTION:
        value->kind = lua_type(L, index) == LUA_TTABLE ? LF_TABLE : LF_FUNCTION;
        value->address = lua_topointer(L, index);
        value->reference = lf_reference_take(lf_state_of(L), L, index);
        break;
    case LUA_TUSERDATA: {
        lf_box *box = lf_to_box(L, index);
        if (box && box->object.words[0]) {
            value->kind = LF_OBJECT;
            value->object = &box->object;
            break;
        }
        decode_foreign(L, index, value);
        if (box) {  // its finaliser ran, or it was used from one
            value->bytes = "released object";
            value->length = strlen(value->bytes);
        }
        break;
    }
    default:
        decode_foreign(L, index, value);
    }
}

void lf_open_decoding(lua_State *L) {
    lua_pushliteral(L, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &lf_name_key);
}
