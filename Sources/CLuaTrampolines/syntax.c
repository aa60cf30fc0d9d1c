// What Lua's compiler says of a text.
#include "trampolines.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

// Lua loads under protection, and nothing else here raises errors.
char *lf_syntax_error(const char *text, size_t length) {
    lua_State *L = luaL_newstate();
    if (!L) return NULL;
    char *message = NULL;
    if (luaL_loadbufferx(L, text, length, "=", "t") != LUA_OK) message = strdup(lua_tostring(L, -1));
    lua_close(L);
    return message;
}
