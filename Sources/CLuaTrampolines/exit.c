// os.exit ends the run, not the process, as the host may have more to do. Like an interrupt it cannot be caught.
#include "library.h"

void lf_request_exit(lf_state *s, int32_t code) {
    s->exiting = true;
    s->exit_code = code;
}

static int os_exit(lua_State *L) {
    int code = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? 0 : 1) : (int)luaL_optinteger(L, 1, 0);
    lf_request_exit(lf_state_of(L), code);
    return lf_raise_stop(L);
}

bool lf_is_exiting(const lf_state *s, int32_t *code) {
    *code = s->exit_code;
    return s->exiting;
}

void lf_open_exit(lua_State *L) {
    if (lua_getglobal(L, LUA_OSLIBNAME) == LUA_TTABLE) {
        lua_pushcfunction(L, os_exit);
        lua_setfield(L, -2, "exit");
    }
    lua_pop(L, 1);
}
