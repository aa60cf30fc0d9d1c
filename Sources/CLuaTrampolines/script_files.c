// Lua files in the sandbox: loadfile, dofile and require open only what the host allows.
#include "library.h"

#include <string.h>
#include <unistd.h>

typedef struct {
    int descriptor;
    bool begun;
    char bytes[4096];
} source;

// Skips a byte order mark, and a first line that begins with #, for the shell.
static const char *begin(const char *bytes, size_t *count) {
    if (*count >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        *count -= 3;
    }
    if (*count == 0 || *bytes != '#') return bytes;
    const char *line = memchr(bytes, '\n', *count);
    if (line) {
        *count -= (size_t)(line - bytes);
        return line;
    }
    *count = 3;  // a line longer than the buffer: as a comment of Lua's it goes on to its end
    return "-- ";
}

static const char *next_bytes(lua_State *L, void *data, size_t *count) {
    (void)L;
    source *s = data;
    ssize_t got = read(s->descriptor, s->bytes, sizeof s->bytes);
    *count = got > 0 ? (size_t)got : 0;
    if (s->begun) return s->bytes;
    s->begun = true;
    return begin(s->bytes, count);
}

enum { LOADED, NOT_OPENED, NOT_LUA };

// Pushes the chunk, or an error message.
static int load_file(lua_State *L, const char *path) {
    lf_state *s = lf_state_of(L);
    char message[1024] = "";
    const char *name = lua_pushfstring(L, "@%s", path);
    source file = {.descriptor = s->callbacks.open_script(path, message, sizeof message)};
    if (file.descriptor < 0) {
        lua_pop(L, 1);
        lua_pushstring(L, message);
        return NOT_OPENED;
    }
    int status = lua_load(L, next_bytes, &file, name, "t");  // raises nothing: a failure is a status
    close(file.descriptor);
    lua_remove(L, -2);
    return status == LUA_OK ? LOADED : NOT_LUA;
}

static int loadfile_allowed(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    bool has_environment = !lua_isnone(L, 3);
    if (load_file(L, path) != LOADED) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, 3);
        if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
    }
    return 1;
}

static int dofile_allowed(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    if (load_file(L, path) != LOADED) return lua_error(L);
    lua_call(L, 0, LUA_MULTRET);
    return lua_gettop(L) - 1;
}

// The searcher for Lua files; upvalue 1 is the `package` that scripts see.
static int search(lua_State *L) {
    const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
    lua_pushliteral(L, "path");
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TSTRING) return luaL_error(L, "package.path must be a string");
    const char *templates = lua_tostring(L, -1);
    lua_pushliteral(L, "");
    int tried = lua_gettop(L);  // what was looked at in vain
    while (*templates) {
        size_t length = strcspn(templates, ";");
        lua_pushlstring(L, templates, length);
        templates += length + (templates[length] == ';');
        if (length == 0) {
            lua_settop(L, tried);
            continue;
        }
        const char *path = luaL_gsub(L, lua_tostring(L, -1), "?", name);
        switch (load_file(L, path)) {
        case LOADED:
            lua_pushstring(L, path);
            return 2;
        case NOT_LUA:
            return luaL_error(
                L, "error loading module '%s' from file '%s':\n\t%s", lua_tostring(L, 1), path, lua_tostring(L, -1));
        }
        const char *before = lua_tostring(L, tried);
        lua_pushfstring(L, "%s%s%s", before, *before ? "\n\t" : "", lua_tostring(L, -1));
        lua_replace(L, tried);
        lua_settop(L, tried);
    }
    return *lua_tostring(L, tried) ? 1 : 0;
}

// package.searchpath(name, path): the first file that may be opened.
static int search_path(lua_State *L) {
    const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
    const char *templates = luaL_checkstring(L, 2);
    while (*templates) {
        size_t length = strcspn(templates, ";");
        lua_pushlstring(L, templates, length);
        templates += length + (templates[length] == ';');
        const char *path = luaL_gsub(L, lua_tostring(L, -1), "?", name);
        char message[2];
        int descriptor = length ? lf_state_of(L)->callbacks.open_script(path, message, sizeof message) : -1;
        if (descriptor >= 0) {
            close(descriptor);
            return 1;
        }
        lua_pop(L, 2);
    }
    luaL_pushfail(L);
    lua_pushfstring(L, "no file for '%s' that may be loaded", lua_tostring(L, 1));
    return 2;
}

// ---------------------------------------------------------------- require

// The registry's own table of loaded modules contains the host's libraries themselves; error messages and tracebacks
// look up names of functions there. Scripts see read-only stand-ins, in a separate table.
static const char loaded_key, searchers_key;

void lf_push_loaded(lua_State *L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key); }

// Gives names to the functions of one of the host's modules.
static void name_functions(lua_State *L, const char *module) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    bool is_host = lua_getfield(L, -1, module) != LUA_TNIL;
    lua_pop(L, 2);
    if (!is_host) return;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lf_push_loaded(L);
    if (lua_getfield(L, -1, module) == LUA_TTABLE && lf_push_target(L, -1)) lua_setfield(L, -4, module);
    lua_pop(L, 3);
}

// As Lua's own require. Upvalues: the loaded modules, the searchers.
static int require_shown(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, lua_upvalueindex(1), name);
    if (lua_toboolean(L, 2)) return 1;
    lua_settop(L, 1);
    lua_pushliteral(L, "");  // where it was looked for in vain
    for (lua_Integer i = 1;; i++) {
        if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
            return luaL_error(L, "module '%s' not found:%s", name, lua_tostring(L, 2));
        lua_pushvalue(L, 1);
        lua_call(L, 1, 2);
        if (lua_isfunction(L, -2)) break;
        if (lua_isstring(L, -2)) {
            lua_pushfstring(L, "%s\n\t%s", lua_tostring(L, 2), lua_tostring(L, -2));
            lua_replace(L, 2);
        }
        lua_settop(L, 2);
    }
    lua_insert(L, 3);      // name, tried, where it was found, loader
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1)) lua_setfield(L, lua_upvalueindex(1), name);
    lua_settop(L, 3);
    if (lua_getfield(L, lua_upvalueindex(1), name) == LUA_TNIL) {
        lua_pushboolean(L, 1);
        lua_replace(L, -2);
        lua_pushvalue(L, -1);
        lua_setfield(L, lua_upvalueindex(1), name);
    }
    name_functions(L, name);
    lua_insert(L, 3);
    return 2;
}

void lf_open_require(lua_State *L) {
    lua_newtable(L);
    int shown = lua_gettop(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, shown);
    }
    lua_settop(L, shown);
    lua_pushvalue(L, shown);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
    lua_newtable(L);  // the first searcher: what the host put there
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "searchers");
    lua_rawgeti(L, -1, 1);
    lua_rawseti(L, shown + 1, 1);
    lua_settop(L, shown + 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &searchers_key);
    lua_pushcclosure(L, require_shown, 2);
    lua_setglobal(L, "require");
}

// ---------------------------------------------------------------- package

// package.loaded: names may be removed and set, except those of the host's own modules. Upvalue 1: the real table, 2:
// those names, 3: the real package.preload.
static int set_loaded(lua_State *L) {
    lua_settop(L, 3);
    for (int upvalue = 2; upvalue <= 3; upvalue++) {
        lua_pushvalue(L, 2);
        if (!lua_isnil(L, 2) && lua_rawget(L, lua_upvalueindex(upvalue)) != LUA_TNIL)
            return luaL_error(L, "package.loaded: the host's own modules cannot be replaced");
        lua_settop(L, 3);
    }
    lua_rawset(L, lua_upvalueindex(1));
    return 0;
}

static void push_loaded(lua_State *L) {
    lf_push_loaded(L);
    int loaded = lua_gettop(L);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, loaded)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, loaded + 1);
    }
    lua_pushvalue(L, loaded);
    lf_make_readonly(L, false);
    lua_getmetatable(L, -1);
    lua_pushvalue(L, loaded);
    lua_pushvalue(L, loaded + 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcclosure(L, set_loaded, 3);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 1);
    lua_replace(L, loaded);
    lua_settop(L, loaded);
}

// Gives scripts a `package` with a path and a view of the loaded modules.
static void replace_package(lua_State *L) {
    lua_getglobal(L, LUA_LOADLIBNAME);
    int real = lua_gettop(L);
    lua_newtable(L);
    int shown = lua_gettop(L);
    static const char *const kept[] = {"path", "config"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, real, kept[i]);
        lua_setfield(L, shown, kept[i]);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &searchers_key);
    lua_pushvalue(L, shown);
    lua_pushcclosure(L, search, 1);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 1);

    lua_pushcfunction(L, search_path);
    lua_setfield(L, shown, "searchpath");

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, shown);
    lua_setfield(L, -2, LUA_LOADLIBNAME);
    lua_pop(L, 1);
    lf_push_loaded(L);
    lua_pushvalue(L, shown);
    lua_setfield(L, -2, LUA_LOADLIBNAME);
    lua_pop(L, 1);
    push_loaded(L);
    lua_setfield(L, shown, "loaded");
    lua_pushvalue(L, shown);
    lua_setglobal(L, LUA_LOADLIBNAME);
    lua_settop(L, real - 1);
}

void lf_open_script_files(lua_State *L) {
    replace_package(L);
    lua_pushcfunction(L, loadfile_allowed);
    lua_setglobal(L, "loadfile");
    lua_pushcfunction(L, dofile_allowed);
    lua_setglobal(L, "dofile");
}

// Sets the path that require searches, whatever scripts did to their globals.
static int set_path_body(lua_State *L) {
    const char *path = lua_touserdata(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushliteral(L, LUA_LOADLIBNAME);
    if (lua_rawget(L, -2) != LUA_TTABLE) return 0;  // a script took its package away: it has no path
    lua_pushliteral(L, "path");
    lua_pushstring(L, path);
    lua_rawset(L, -3);
    return 0;
}

bool lf_set_path(lf_state *state, const char *path, lf_failure *failure) {
    return lf_protect(state, set_path_body, (void *)path, 0, NULL, failure);
}
