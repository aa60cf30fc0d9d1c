// Reports what a script writes to standard output: print, io.write, and write of io.stdout. Only in states whose host
// asks for it; others keep Lua's own functions.
#include "library.h"

#include <stdio.h>

void lf_note_output(lf_state *s, const char *bytes, size_t length) {
    if (s->callbacks.note_output) s->callbacks.note_output(s->callbacks.output, bytes, length);
}

static void note(lua_State *L, const char *bytes, size_t length) { lf_note_output(lf_state_of(L), bytes, length); }

static void put(lua_State *L, const char *bytes, size_t length) {
    fwrite(bytes, 1, length, stdout);
    note(L, bytes, length);
}

// As Lua's own print.
static int print_noting(lua_State *L) {
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++) {
        size_t length;
        const char *text = luaL_tolstring(L, i, &length);
        if (i > 1) put(L, "\t", 1);
        put(L, text, length);
        lua_pop(L, 1);
    }
    put(L, "\n", 1);
    fflush(stdout);
    return 0;
}

// Reports the arguments from `first` on, up to one that write would refuse.
static void note_arguments(lua_State *L, int first) {
    int count = lua_gettop(L);
    for (int i = first; i <= count && lua_isstring(L, i); i++) {
        size_t length;
        lua_pushvalue(L, i);  // a number stays one
        const char *text = lua_tolstring(L, -1, &length);
        note(L, text, length);
        lua_pop(L, 1);
    }
}

static bool is_stdout(lua_State *L, int index) {
    luaL_Stream *stream = luaL_testudata(L, index, LUA_FILEHANDLE);
    return stream && stream->closef && stream->f == stdout;
}

static int write_noting(lua_State *L) {
    luaL_checkstack(L, 3, "too many arguments");
    lua_getfield(L, LUA_REGISTRYINDEX, "_IO_output");  // where io keeps its default output
    bool noted = is_stdout(L, -1);
    lua_pop(L, 1);
    if (noted) note_arguments(L, 1);
    return lf_call_original(L);
}

static int file_write_noting(lua_State *L) {
    luaL_checkstack(L, 3, "too many arguments");
    if (is_stdout(L, 1)) note_arguments(L, 2);
    return lf_call_original(L);
}

static int record(lua_State *L) {
    if (lf_state_of(L)->sandboxed) return 0;  // what writes in the sandbox tells it anyway
    lua_pushcfunction(L, print_noting);
    lua_setglobal(L, "print");
    if (lua_getglobal(L, LUA_IOLIBNAME) == LUA_TTABLE) lf_wrap(L, "write", write_noting);
    lua_pop(L, 1);
    if (luaL_getmetatable(L, LUA_FILEHANDLE) == LUA_TTABLE && lua_getfield(L, -1, "__index") == LUA_TTABLE)
        lf_wrap(L, "write", file_write_noting);
    return 0;
}

bool lf_record_output(lf_state *s, void (*note_output)(void *, const char *, size_t), void *output,
                      lf_failure *failure) {
    s->callbacks.note_output = note_output;
    s->callbacks.output = output;
    return lf_protect(s, record, NULL, 0, NULL, failure);
}

const char *lf_lua_release(void) { return LUA_RELEASE; }
