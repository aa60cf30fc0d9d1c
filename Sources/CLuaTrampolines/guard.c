// Places where Lua runs a script's code with hooks off, so that no interrupt could stop it.
//
// xpcall's handler: when the hook raises an error, the handler runs inside the hook; the guard does not call it for an
// interrupt. Finalisers: the collector turns hooks off for them. setmetatable replaces a function __gc by a guard that
// runs it in a coroutine. (A __gc that replaces another one in the metatable later is not guarded, as Lua takes it from
// there directly. In the sandbox scripts have no finalisers at all.)
#include "library.h"

static int guarded_handler(lua_State *L) {
    if (lf_is_stop(L, 1)) return 1;
    // debug.traceback and the like are called in this frame, so that they see no additional level.
    lua_CFunction plain = lua_tocfunction(L, lua_upvalueindex(1));
    if (plain && !lua_getupvalue(L, lua_upvalueindex(1), 1)) return plain(L);
    if (plain) lua_pop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static const char finalizer_thread_key;

static int guarded_finalizer(lua_State *L) {
    lf_state *s = lf_state_of(L);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (!s->finalizer && !s->finalizing) {
        lua_State *co = lua_newthread(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &finalizer_thread_key);
        s->finalizer = co;
    }
    if (!lf_run_finalizer(L)) return lua_error(L);
    return 0;
}

static int xpcall_guarded(lua_State *L) {
    if (lua_type(L, 2) == LUA_TFUNCTION) {
        lua_pushvalue(L, 2);
        lua_pushcclosure(L, guarded_handler, 1);
        lua_replace(L, 2);
    }
    return lf_call_original(L);
}

static int setmetatable_guarded(lua_State *L) {
    if (lua_type(L, 2) == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        int type = lua_rawget(L, 2);
        bool callable = type == LUA_TFUNCTION || type == LUA_TTABLE || type == LUA_TUSERDATA;
        if (callable && lua_tocfunction(L, -1) != guarded_finalizer) {
            lua_pushcclosure(L, guarded_finalizer, 1);
            lua_pushliteral(L, "__gc");
            lua_insert(L, -2);
            lua_rawset(L, 2);
        } else {
            lua_pop(L, 1);
        }
    }
    return lf_call_original(L);
}

// A hook set by a script would replace the interrupt's: that one is set again.
static int sethook_guarded(lua_State *L) {
    int results = lf_call_original(L);
    lf_state *s = lf_state_of(L);
    if (lf_is_stopping(s)) lf_arm(s);
    return results;
}

// ipairs over an object with a length ends at that length, because objects raise an error for an index past it instead
// of returning nil.
static int next_element(lua_State *L) {
    lua_Integer index = luaL_checkinteger(L, 2) + 1;
    if (index > lua_tointeger(L, lua_upvalueindex(1))) return 0;
    lua_pushinteger(L, index);
    lua_geti(L, 1, index);
    return 2;
}

static int ipairs_bounded(lua_State *L) {
    if (lua_type(L, 1) != LUA_TUSERDATA || luaL_getmetafield(L, 1, "__len") == LUA_TNIL) return lf_call_original(L);
    lua_pushinteger(L, luaL_len(L, 1));
    lua_pushcclosure(L, next_element, 1);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

// Lua's own message for an object of ours would mention an iterator that the script does not contain.
static int pairs_named(lua_State *L) {
    if (lf_state_of(L)->ordered && lua_type(L, 1) == LUA_TTABLE) {
        if (luaL_getmetafield(L, 1, "__pairs") == LUA_TNIL) {
            int results = lf_ordered_pairs(L);
            if (results) return results;
        } else {
            lua_pop(L, 1);
        }
    }
    lf_box *box = lf_to_box(L, 1);
    if (!box || luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) return lf_call_original(L);
    bool has_elements = luaL_getmetafield(L, 1, "__len") != LUA_TNIL;
    return luaL_error(L, "pairs: a table expected, got %s%s", box->type->name,
                      has_elements ? "; ipairs goes through its elements" : "");
}

void lf_open_guards(lua_State *L) {
    lua_pushglobaltable(L);
    lf_wrap(L, "xpcall", xpcall_guarded);
    lf_wrap(L, "setmetatable", setmetatable_guarded);
    lf_wrap(L, "ipairs", ipairs_bounded);
    lf_wrap(L, "pairs", pairs_named);
    lua_pop(L, 1);
    if (lua_getglobal(L, LUA_DBLIBNAME) == LUA_TTABLE) {
        lf_wrap(L, "setmetatable", setmetatable_guarded);
        lf_wrap(L, "sethook", sethook_guarded);
    }
    lua_pop(L, 1);
}
