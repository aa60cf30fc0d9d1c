// coroutine.resume, wrap and close: as Lua's own, but they tell the host which coroutine runs.
//
// An interrupt sets a hook on the running coroutine, so that the state must know which one it is; a permanent hook
// would make every script more than twice as slow. Results, messages and the order of closing are those of lcorolib.c.
#include "library.h"

// The most nested calls of finish, which __close handlers make. Lua before 5.4.6 does not count them among its C calls,
// and each takes some of the C stack: about as many as Lua allows of other C calls (LUAI_MAXCCALLS).
enum { deepest_finish = 190 };

// Closes co. Unless it returns LUA_OK, an error value is on the top of L; where closes are too deep in each other, co
// stays as it was then.
static int finish(lf_state *s, lua_State *co, lua_State *L) {
    if (s->finishing >= deepest_finish) {
        lua_pushliteral(L, "C stack overflow");
        return LUA_ERRERR;
    }
    s->finishing++;
    lf_switch(s, co);
#if LUA_VERSION_RELEASE_NUM >= 50406
    int status = lua_closethread(co, L);
#else
    int status = lua_resetthread(co);
#endif
    lf_switch(s, L);
    s->finishing--;
    if (status != LUA_OK) lua_xmove(co, L, 1);
    return status;
}

static lua_State *to_coroutine(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "thread");
    return co;
}

// The number of results, or -1 with an error value on the top of L.
static int resume(lua_State *L, lua_State *co, int arguments) {
    lf_state *s = lf_state_of(L);
    if (!lua_checkstack(co, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, arguments);
    int results = 0;
    lf_switch(s, co);
    int status = lua_resume(co, L, arguments, &results);
    lf_switch(s, L);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, results + 1)) {
            lua_pop(co, results);
            lua_pushliteral(L, "too many results to resume");
            return -1;
        }
        lua_xmove(co, L, results);
        return results;
    }
    lua_xmove(co, L, 1);  // lua_resume left two copies; the other is for close
    return -1;
}

static int co_resume(lua_State *L) {
    lua_State *co = to_coroutine(L);
    int results = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    if (results < 0) {
        lua_insert(L, -2);
        return 2;
    }
    lua_insert(L, -(results + 1));
    return results + 1;
}

static int wrapped(lua_State *L) {
    lf_state *s = lf_state_of(L);
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    luaL_argexpected(L, co, 1, "thread");
    int results = resume(L, co, lua_gettop(L));
    if (results >= 0) return results;
    if (lf_is_stop(L, -1)) return lua_error(L);  // see co_close
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = finish(s, co, L);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int co_wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

static const char *state_name(lua_State *L, lua_State *co) {
    if (L == co) return "running";
    switch (lua_status(co)) {
    case LUA_YIELD:
        return NULL;
    case LUA_OK: {
        lua_Debug frame;
        return lua_getstack(co, 0, &frame) ? "normal" : NULL;
    }
    default:
        return NULL;
    }
}

static int co_close(lua_State *L) {
    lua_State *co = to_coroutine(L);
    const char *name = state_name(L, co);
    if (name) return luaL_error(L, "cannot close a %s coroutine", name);
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD && lf_is_stop(co, -1)) {
        // It was stopped inside the hook: hooks stay off in it, so that its __close handlers could never be stopped.
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "interrupted");
        return 2;
    }
    lf_state *s = lf_state_of(L);
    status = finish(s, co, L);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK) return 1;
    lua_insert(L, -2);
    return 2;
}

void lf_open_coroutines(lua_State *L) {
    static const luaL_Reg functions[] = {{"resume", co_resume}, {"wrap", co_wrap}, {"close", co_close}, {NULL, NULL}};
    lua_getglobal(L, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}

// ---------------------------------------------------------------- finalisers

// Calls function(object), both on the top of L, in a separate coroutine; returns false with an error value on the top.
// Lua runs finalisers with hooks off, but a coroutine has hooks of its own.
bool lf_run_finalizer(lua_State *L) {
    lf_state *s = lf_state_of(L);
    bool shared = s->finalizer && !s->finalizing;
    lua_State *co = s->finalizer;
    if (shared) {
        s->finalizing = true;
    } else {
        co = lua_newthread(L);  // inside another finaliser
        lua_insert(L, -3);
    }
    lua_xmove(L, co, 2);
    int results = 0;
    lf_switch(s, co);
    int status = lua_resume(co, L, 1, &results);
    lf_switch(s, L);
    bool stopped = false;
    if (status == LUA_OK) {
        lua_settop(co, 0);
    } else if (status == LUA_YIELD) {
        if (finish(s, co, L) != LUA_OK) lua_pop(L, 1);
        if (lua_status(co) == LUA_OK) lua_settop(co, 0);
        lua_pushliteral(L, "attempt to yield from outside a coroutine");
    } else {
        stopped = lf_is_stop(co, -1);
        if (stopped) lua_xmove(co, L, 1);
        else finish(s, co, L);
    }
    if (shared) {
        s->finalizing = false;
        // Its hooks are off for ever, see co_close, or it could not be closed: the next one is new.
        if (stopped || lua_status(co) != LUA_OK) s->finalizer = NULL;
    }
    return status == LUA_OK;
}
