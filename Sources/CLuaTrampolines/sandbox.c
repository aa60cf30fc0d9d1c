// The library as it is for other people's scripts.
//
// Libraries are opened by name, and what is not allowed is removed before a script runs: what does not exist cannot be
// reached. lf_seal comes last, when the host's modules are in place.
#include "library.h"

#include <stdio.h>
#include <string.h>

static void keep_only(lua_State *L, const char *library, const char *const *names) {
    lua_getglobal(L, library);
    lua_newtable(L);
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, library);
    lua_pop(L, 1);
    lua_setglobal(L, library);
    lua_pop(L, 1);
}

// ---------------------------------------------------------------- load, collectgarbage, setmetatable

// Binary chunks can crash the interpreter: only text is loaded.
static int load_text(lua_State *L) {
    const char *mode = luaL_optstring(L, 3, "t");
    if (!strchr(mode, 't')) {
        luaL_pushfail(L);
        lua_pushfstring(L, "attempt to load a chunk (mode is '%s'); the sandbox loads text only", mode);
        return 2;
    }
    // The number of arguments matters to load: an explicit nil is an environment.
    if (lua_gettop(L) < 3) lua_settop(L, 3);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    return lf_call_original(L);
}

static int collect_some(lua_State *L) {
    const char *option = luaL_optstring(L, 1, "collect");
    if (strcmp(option, "collect") && strcmp(option, "count") && strcmp(option, "step"))
        return luaL_error(
            L, "collectgarbage(\"%s\"): the sandbox has \"collect\", \"count\" and \"step\" only", option);
    return lf_call_original(L);
}

// Finalisers run with hooks off, beyond the deadline's reach, and call whatever __gc is in the metatable by then. An
// object whose metatable has no __gc when it is set never gets a finaliser.
static int setmetatable_without_gc(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    bool hidden = false;
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        hidden = lua_rawget(L, 2) != LUA_TNIL;
        lua_insert(L, 1);  // __gc, object, metatable
    } else {
        lua_pushnil(L);
        lua_insert(L, 1);
    }
    if (hidden) {
        lua_pushliteral(L, "__gc");
        lua_pushnil(L);
        lua_rawset(L, 3);
    }
    lua_pushvalue(L, 3);
    lua_setmetatable(L, 2);
    if (hidden) {
        lua_pushliteral(L, "__gc");
        lua_pushvalue(L, 1);
        lua_rawset(L, 3);
    }
    lua_settop(L, 2);
    return 1;
}

// ---------------------------------------------------------------- io: writing to the terminal

static void show(lua_State *L, FILE *file, const char *text, size_t length) {
    lf_state *s = lf_state_of(L);
    lf_write_visible(file == stdout ? &s->shown_output : &s->shown_errors, file, text, length);
    if (file == stdout) lf_note_output(s, text, length);
}

static int write_to(lua_State *L, int first) {
    FILE *file = lua_touserdata(L, lua_upvalueindex(1));
    int last = lua_gettop(L);
    for (int i = first; i <= last; i++) {
        size_t length;
        const char *text = luaL_checklstring(L, i, &length);
        show(L, file, text, length);
    }
    return 0;
}

// Lua's own print, with control characters made visible.
static int print_visibly(lua_State *L) {
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++) {
        size_t length;
        const char *text = luaL_tolstring(L, i, &length);
        if (i > 1) show(L, stdout, "\t", 1);
        show(L, stdout, text, length);
        lua_pop(L, 1);
    }
    show(L, stdout, "\n", 1);
    fflush(stdout);
    return 0;
}

// ---------------------------------------------------------------- warn: off until "@on", as in lua

static void warn_off(void *state, const char *message, int continues);

static void warn_on(void *state, const char *message, int continues) {
    lua_State *L = state;
    lf_state *s = lf_state_of(L);
    if (!s->warning && !continues && message[0] == '@') {
        if (!strcmp(message, "@off")) lua_setwarnf(L, warn_off, L);
        return;
    }
    if (!s->warning) show(L, stderr, "Lua warning: ", 13);
    show(L, stderr, message, strlen(message));
    if (!continues) show(L, stderr, "\n", 1);
    s->warning = continues;
}

static void warn_off(void *state, const char *message, int continues) {
    if (!continues && !strcmp(message, "@on")) lua_setwarnf(state, warn_on, state);
}

static int io_write(lua_State *L) { return write_to(L, 1); }

static int file_write(lua_State *L) {
    write_to(L, 2);
    lua_settop(L, 1);
    return 1;
}

static int file_flush(lua_State *L) {
    fflush(lua_touserdata(L, lua_upvalueindex(1)));
    lua_settop(L, 1);
    return 1;
}

static void put_file(lua_State *L, const char *name, FILE *file) {
    static const luaL_Reg methods[] = {{"write", file_write}, {"flush", file_flush}, {NULL, NULL}};
    lua_newtable(L);
    lua_pushlightuserdata(L, file);
    luaL_setfuncs(L, methods, 1);
    lua_setfield(L, -2, name);
}

static int open_io(lua_State *L) {
    lua_newtable(L);
    lua_pushlightuserdata(L, stdout);
    lua_pushcclosure(L, io_write, 1);
    lua_setfield(L, -2, "write");
    put_file(L, "stdout", stdout);
    put_file(L, "stderr", stderr);
    return 1;
}

static int open_debug(lua_State *L) {
    lua_pushcfunction(L, luaopen_debug);
    lua_call(L, 0, 1);
    lua_newtable(L);
    lua_getfield(L, -2, "traceback");
    lua_setfield(L, -2, "traceback");
    return 1;
}

// ---------------------------------------------------------------- opening and sealing

void lf_open_sandboxed(lua_State *L) {
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_LOADLIBNAME, luaopen_package}, {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_OSLIBNAME, luaopen_os},        {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_IOLIBNAME, open_io},
        {LUA_DBLIBNAME, open_debug},     {NULL, NULL}};
    for (const luaL_Reg *library = libraries; library->func; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    static const char *const os_names[] = {"clock", "date", "difftime", "time", NULL};
    keep_only(L, LUA_OSLIBNAME, os_names);
    lua_getglobal(L, LUA_STRLIBNAME);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_pop(L, 1);
    lua_pushcfunction(L, print_visibly);
    lua_setglobal(L, "print");
    lua_setwarnf(L, warn_off, L);
    lf_open_require(L);
}

// getmetatable("") and getmetatable(_G) reveal nothing and cannot be changed.
static void hide_metatable(lua_State *L) {
    if (!lua_getmetatable(L, -1)) return;
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

static int seal_body(lua_State *L) {
    static const char *const libraries[] = {
        LUA_COLIBNAME, LUA_TABLIBNAME, LUA_OSLIBNAME, LUA_STRLIBNAME, LUA_MATHLIBNAME, LUA_UTF8LIBNAME, LUA_IOLIBNAME,
        LUA_DBLIBNAME, NULL};
    lua_pushliteral(L, "");
    hide_metatable(L);
    lua_pushglobaltable(L);
    hide_metatable(L);
    lf_wrap(L, "load", load_text);
    lf_wrap(L, "collectgarbage", collect_some);
    lf_wrap(L, "setmetatable", setmetatable_without_gc);
    lua_settop(L, 0);
    lf_open_readonly(L);
    lf_open_script_files(L);
    lf_push_loaded(L);
    for (const char *const *name = libraries; *name; name++) {
        lua_getglobal(L, *name);
        lf_make_readonly(L, true);
        lua_pushvalue(L, -1);
        lua_setfield(L, 1, *name);
        lua_setglobal(L, *name);
    }
    return 0;
}

bool lf_seal(lf_state *state, lf_failure *failure) {
    return lf_protect(state, seal_body, NULL, 0, NULL, failure);
}
