// Standard streams of a state that the host provides: what print and io write, and what io reads, instead of the
// process's own. They are C streams without a descriptor, so that all functions of io work on them.
#define _GNU_SOURCE  // fopencookie
#include "library.h"

#include <errno.h>

// A stream's cookie is an address in the state, from which the state and the stream's number follow.
static lf_state *state_of(void *cookie, int32_t *stream) {
    lf_stream *one = cookie;
    *stream = one->number;
    return one->state;
}

#if defined(__GLIBC__)

static ssize_t put(void *cookie, const char *bytes, size_t length) {
    int32_t stream;
    lf_state *s = state_of(cookie, &stream);
    s->callbacks.write_stream(stream, bytes, length);
    return (ssize_t)length;
}

static ssize_t get(void *cookie, char *bytes, size_t most) {
    int32_t stream;
    lf_state *s = state_of(cookie, &stream);
    int64_t count = s->callbacks.read_stream(bytes, most);
    if (count < 0) errno = EINTR;
    return (ssize_t)count;
}

static FILE *open_stream(lf_stream *one, bool reads) {
    cookie_io_functions_t functions = {.read = reads ? get : NULL, .write = reads ? NULL : put};
    return fopencookie(one, reads ? "r" : "w", functions);
}

#elif defined(__APPLE__)

static int put(void *cookie, const char *bytes, int length) {
    int32_t stream;
    lf_state *s = state_of(cookie, &stream);
    s->callbacks.write_stream(stream, bytes, (size_t)length);
    return length;
}

static int get(void *cookie, char *bytes, int most) {
    int32_t stream;
    lf_state *s = state_of(cookie, &stream);
    int64_t count = s->callbacks.read_stream(bytes, (size_t)most);
    if (count < 0) errno = EINTR;
    return (int)count;
}

static FILE *open_stream(lf_stream *one, bool reads) {
    return funopen(one, reads ? get : NULL, reads ? NULL : put, NULL, NULL);
}

#else

static FILE *open_stream(lf_stream *one, bool reads) {
    (void)one;
    (void)reads;
    return NULL;
}

#endif

// As with Lua's own standard files, closing is refused.
static int keep_open(lua_State *L) {
    luaL_Stream *stream = lua_touserdata(L, 1);
    stream->closef = keep_open;
    luaL_pushfail(L);
    lua_pushliteral(L, "cannot close standard file");
    return 2;
}

// Pushes one of the state's own files.
static void push_file(lua_State *L, FILE *file) {
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    stream->closef = NULL;
    stream->f = file;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    stream->closef = keep_open;
}

// Lua's own print.
static int print_taken(lua_State *L) {
    lf_state *s = lf_state_of(L);
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length;
    const char *bytes = lua_tolstring(L, -1, &length);
    // What io wrote into a buffer set by the script comes first.
    lf_flush_streams(s);
    s->callbacks.write_stream(1, bytes, length);
    return 0;
}

static int take(lua_State *L) {
    lf_state *s = lf_state_of(L);
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    // Registry keys under which io keeps its default files.
    static const char *const defaults[] = {"_IO_input", "_IO_output"};
    if (lua_getglobal(L, LUA_IOLIBNAME) != LUA_TTABLE) return luaL_error(L, "io is no library");
    for (int i = 0; i < 3; i++) {
        push_file(L, s->streams[i].file);
        if (i < 2) {
            lua_pushvalue(L, -1);
            lua_setfield(L, LUA_REGISTRYINDEX, defaults[i]);
        }
        lua_setfield(L, -2, names[i]);
    }
    lua_pop(L, 1);
    lua_pushcfunction(L, print_taken);
    lua_setglobal(L, "print");
    return 0;
}

bool lf_take_streams(
    lf_state *s, void (*write)(int32_t stream, const char *bytes, size_t length),
    int64_t (*read)(char *bytes, size_t most), lf_failure *failure) {
    s->callbacks.write_stream = write;
    s->callbacks.read_stream = read;
    for (int i = 0; i < 3; i++) {
        lf_stream *one = &s->streams[i];
        if (one->file) continue;
        *one = (lf_stream){.state = s, .number = i};
        one->file = open_stream(one, i == 0);
        // Unbuffered in C, so that output arrives in the order in which it is written.
        if (one->file && i > 0) setvbuf(one->file, NULL, _IONBF, 0);
        if (!one->file) return false;
    }
    return lf_protect(s, take, NULL, 0, NULL, failure);
}

void lf_flush_streams(lf_state *s) {
    for (int i = 1; i < 3; i++) {
        if (s->streams[i].file) fflush(s->streams[i].file);
    }
}

void lf_close_streams(lf_state *s) {
    for (int i = 0; i < 3; i++) {
        if (s->streams[i].file) fclose(s->streams[i].file);
        s->streams[i].file = NULL;
    }
}
