// Which line of which script is running, for messages that are written later.
#include "private.h"

#include <stdio.h>

typedef struct {
    char *text;
    size_t capacity;
    bool found;
} query;

static int find(lua_State *L) {
    query *q = lua_touserdata(L, 1);
    lua_Debug frame;
    // Level 0 is this function; the first frame with lines is the script's.
    for (int level = 1; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline <= 0) continue;
        snprintf(q->text, q->capacity, "%s:%d", frame.short_src, frame.currentline);
        q->found = true;
        return 0;
    }
    return 0;
}

bool lf_location(lf_state *s, char *text, size_t capacity) {
    lua_State *L = atomic_load(&s->running);
    query q = {text, capacity, false};
    if (!L || !lua_checkstack(L, 3)) return false;
    lua_pushcfunction(L, find);
    lua_pushlightuserdata(L, &q);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        lua_pop(L, 1);
        return false;
    }
    return q.found;
}
