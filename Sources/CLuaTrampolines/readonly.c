// Tables that scripts can read but not change: an empty table stands for the real one.
//
// The real table is in the metatable under a key that no script can name; __metatable hides the metatable, and rawset
// refuses. So every script sees the libraries as they were.
#include "tables.h"

static const char target_key;

// Pushes the table behind the one at `index`; false, and nothing pushed, for any other value.
bool lf_push_target(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) return false;
    lua_rawgetp(L, -1, &target_key);
    lua_remove(L, -2);
    if (lua_type(L, -1) == LUA_TTABLE) return true;
    lua_pop(L, 1);
    return false;
}

static int refuse(lua_State *L) {
    const char *key = lua_isstring(L, 2) ? lua_tostring(L, 2) : luaL_typename(L, 2);
    return luaL_error(L, "the sandbox's libraries cannot be changed (field '%s')", key);
}

static int length(lua_State *L) {
    lua_pushinteger(L, lf_push_target(L, 1) ? (lua_Integer)lua_rawlen(L, -1) : 0);
    return 1;
}

// `next`, which looks into the real table.
static int next_behind(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lf_push_target(L, 1)) lua_replace(L, 1);
    if (lua_next(L, 1)) return 2;
    lua_pushnil(L);
    return 1;
}

static int pairs_behind(lua_State *L) {
    lua_pushcfunction(L, next_behind);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int rawset_guarded(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    if (lf_push_target(L, 1)) return refuse(L);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

static void copy_field(lua_State *L, const char *name, int from, int to) {
    lua_pushstring(L, name);
    lua_rawget(L, from);
    lua_pushstring(L, name);
    lua_insert(L, -2);
    lua_rawset(L, to);
}

// Makes the table on the top read-only; `deep`: and the tables in it.
void lf_make_readonly(lua_State *L, bool deep) {
    luaL_checkstack(L, 10, NULL);
    int table = lua_gettop(L);
    if (lf_push_target(L, table)) {  // it is already
        lua_pop(L, 1);
        return;
    }
    // Tables inside it first. Existing fields may be set during a traversal.
    if (deep) lua_pushnil(L);
    while (deep && lua_next(L, table)) {
        if (lua_type(L, -1) == LUA_TTABLE && !lua_rawequal(L, -1, table)) {
            lf_make_readonly(L, true);
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, table);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_newtable(L);
    lua_createtable(L, 0, 8);
    int meta = lua_gettop(L);
    if (lua_getmetatable(L, table)) {  // a module that can be called goes on being so
        int own = lua_gettop(L);
        copy_field(L, "__call", own, meta);
        copy_field(L, "__name", own, meta);
        lua_settop(L, meta);
    }
    lua_pushvalue(L, table);
    lua_rawsetp(L, meta, &target_key);
    lua_pushvalue(L, table);
    lua_setfield(L, meta, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, meta, "__metatable");
    static const luaL_Reg events[] = {
        {"__newindex", refuse}, {"__len", length}, {"__pairs", pairs_behind}, {NULL, NULL}};
    luaL_setfuncs(L, events, 0);
    lua_setmetatable(L, -2);
    lua_replace(L, table);
}

void lf_open_readonly(lua_State *L) {
    lua_pushglobaltable(L);
    lua_pushcfunction(L, rawset_guarded);
    lua_setfield(L, -2, "rawset");
    lua_pushcfunction(L, next_behind);
    lua_setfield(L, -2, "next");
    lua_pop(L, 1);
}
