// Tells the host which files a script reads and writes: those it required, ran, loaded or opened.
//
// Lua's own functions do the work. A name is reported before the file is loaded, so that a file with an error is known,
// too.
#include "library.h"

#include <string.h>
#include <sys/stat.h>

static void note(lua_State *L, int kind, const char *path, size_t length) {
    lf_callbacks *callbacks = &lf_state_of(L)->callbacks;
    if (callbacks->note_file) callbacks->note_file(callbacks->files, kind, path, length);
}

static void note_argument(lua_State *L, int kind, int index) {
    if (lua_type(L, index) != LUA_TSTRING) return;  // a number is a name as well, but a conversion here might confuse
    size_t length;
    const char *path = lua_tolstring(L, index, &length);
    note(L, kind, path, length);
}

static int load_noting(lua_State *L) {
    note_argument(L, LF_FILE_LUA, 1);
    return lf_call_original(L);
}

static int lines_noting(lua_State *L) {
    note_argument(L, LF_FILE_DATA, 1);
    return lf_call_original(L);
}

static int open_noting(lua_State *L) {
    const char *mode = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "r";
    bool reads = mode[0] == 'r', writes = mode[0] != 'r' || strchr(mode, '+');
    if (reads) note_argument(L, LF_FILE_DATA, 1);
    if (writes) note_argument(L, LF_FILE_WRITTEN, 1);
    return lf_call_original(L);
}

static int output_noting(lua_State *L) {
    note_argument(L, LF_FILE_WRITTEN, 1);
    return lf_call_original(L);
}

// os.rename and os.remove: these changes of files are the script's own.
static int replacing_noting(lua_State *L) {
    note_argument(L, LF_FILE_WRITTEN, 1);
    note_argument(L, LF_FILE_WRITTEN, 2);
    return lf_call_original(L);
}

// ---------------------------------------------------------------- require

// The places where a missing module was looked for: a file may be created there later.
static void note_missing(lua_State *L, const char *name, const char *path) {
    name = luaL_gsub(L, name, ".", LUA_DIRSEP);
    path = luaL_gsub(L, path, "?", name);
    while (*path) {
        size_t length = strcspn(path, ";");
        if (length) note(L, LF_FILE_MISSING, path, length);
        path += length + (path[length] == ';');
    }
    lua_pop(L, 2);
}

// Whether the module would be found in a named pipe: Lua's search opens and closes what it finds, so that it would wait
// for a writer and then lose what was written. Pushes the name.
static bool finds_pipe(lua_State *L, const char *name, const char *path) {
    name = luaL_gsub(L, name, ".", LUA_DIRSEP);
    path = luaL_gsub(L, path, "?", name);
    while (*path) {
        size_t length = strcspn(path, ";");
        struct stat status;
        lua_pushlstring(L, path, length);
        if (length && stat(lua_tostring(L, -1), &status) == 0) {
            if (S_ISFIFO(status.st_mode)) return true;
            lua_pop(L, 3);
            return false;
        }
        lua_pop(L, 1);
        path += length + (path[length] == ';');
    }
    lua_pop(L, 2);
    return false;
}

// Lua's searcher for Lua files, which also reports the name. Upvalues: package, package.searchpath.
static int lua_searcher(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    lua_getfield(L, lua_upvalueindex(1), "path");
    const char *path = lua_tostring(L, -1);
    if (!path) return luaL_error(L, "'package.path' must be a string");
    if (finds_pipe(L, name, path))
        return luaL_error(L, "error loading module '%s' from file '%s':\n\tit is a pipe, not a file", name,
                          lua_tostring(L, -1));
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2)) {
        note_missing(L, name, path);
        return 1;  // why
    }
    lua_pop(L, 1);
    const char *file = lua_tostring(L, -1);
    note_argument(L, LF_FILE_LUA, -1);
    if (luaL_loadfilex(L, file, NULL) != LUA_OK)
        return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file, lua_tostring(L, -1));
    lua_insert(L, -2);
    return 2;
}

// The searchers for C libraries, whose second result is the library's name.
static int library_searcher(lua_State *L) {
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, LUA_MULTRET);
    if (lua_gettop(L) == 2 && lua_type(L, 1) == LUA_TFUNCTION) note_argument(L, LF_FILE_LIBRARY, 2);
    return lua_gettop(L);
}

// ---------------------------------------------------------------- putting it in place

static void wrap_searchers(lua_State *L) {
    int package = lua_gettop(L);
    if (lua_getfield(L, package, "searchers") == LUA_TTABLE) {
        lua_pushvalue(L, package);
        lua_getfield(L, package, "searchpath");
        lua_pushcclosure(L, lua_searcher, 2);
        lua_rawseti(L, -2, 2);
        for (int place = 3; place <= 4; place++) {
            lua_rawgeti(L, -1, place);
            lua_pushcclosure(L, library_searcher, 1);
            lua_rawseti(L, -2, place);
        }
    }
    lua_pop(L, 1);
}

void lf_open_files(lua_State *L) {
    lua_pushglobaltable(L);
    lf_wrap(L, "loadfile", load_noting);
    lf_wrap(L, "dofile", load_noting);
    lua_pop(L, 1);
    if (lua_getglobal(L, LUA_IOLIBNAME) == LUA_TTABLE) {
        lf_wrap(L, "open", open_noting);
        lf_wrap(L, "lines", lines_noting);
        lf_wrap(L, "input", lines_noting);
        lf_wrap(L, "output", output_noting);
    }
    lua_pop(L, 1);
    if (lua_getglobal(L, LUA_OSLIBNAME) == LUA_TTABLE) {
        lf_wrap(L, "rename", replacing_noting);
        lf_wrap(L, "remove", replacing_noting);
    }
    lua_pop(L, 1);
    if (lua_getglobal(L, LUA_LOADLIBNAME) == LUA_TTABLE) wrap_searchers(L);
    lua_pop(L, 1);
}
