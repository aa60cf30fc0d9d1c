// Functions of ours that replace Lua's and call them.
#include "library.h"

// Calls the function in upvalue 1 with the present arguments.
int lf_call_original(lua_State *L) {
    lua_CFunction original = lua_tocfunction(L, lua_upvalueindex(1));
    return original ? original(L) : luaL_error(L, "a guarded function was lost");
}

void lf_wrap(lua_State *L, const char *name, lua_CFunction wrapper) {
    if (lua_getfield(L, -1, name) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        return;
    }
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}
