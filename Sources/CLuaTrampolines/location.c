// Which line of which script is running, or defines a function, for messages.
#include "stop.h"

#include <stdio.h>

typedef struct {
    lf_reference *function;  // null: ask for the line that runs
    bool whole;
    char *text;
    size_t capacity;
    bool found;
    int parameters;
} query;

static void answer(query *q, const lua_Debug *frame, int line) {
    // short_src is cut at 60 characters, after which two files may look the same.
    const char *file = q->whole && *frame->source == '@' ? frame->source + 1 : frame->short_src;
    snprintf(q->text, q->capacity, "%s:%d", file, line);
    q->found = true;
}

static int find(lua_State *L) {
    query *q = lua_touserdata(L, 1);
    lua_Debug frame;
    if (q->function) {
        lf_reference_push(L, q->function);
        if (!lua_isfunction(L, -1)) return 0;
        lua_getinfo(L, ">Su", &frame);
        if (frame.linedefined < 0) return 0;
        q->parameters = frame.isvararg ? -1 : frame.nparams;
        answer(q, &frame, frame.linedefined);
        return 0;
    }
    // Level 0 is this function; the first frame with lines is the script's.
    for (int level = 1; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline <= 0) continue;
        answer(q, &frame, frame.currentline);
        return 0;
    }
    return 0;
}

static bool ask(lf_state *s, query *q) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 3)) return false;
    lua_pushcfunction(L, find);
    lua_pushlightuserdata(L, q);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        lua_pop(L, 1);
        return false;
    }
    return q->found;
}

bool lf_location(lf_state *s, bool whole, char *text, size_t capacity) {
    query q = {.whole = whole, .text = text, .capacity = capacity};
    return ask(s, &q);
}

bool lf_definition(lf_state *s, lf_reference *function, char *text, size_t capacity) {
    query q = {.function = function, .whole = true, .text = text, .capacity = capacity};
    return ask(s, &q);
}

int lf_parameters(lf_state *s, lf_reference *function) {
    char text[8];
    query q = {.function = function, .text = text, .capacity = sizeof text, .parameters = -1};
    return ask(s, &q) ? q.parameters : -1;
}

// Called just before a stop is raised; finding the line pushes and allocates nothing.
void lf_note_stop(lua_State *L) {
    lf_state *s = lf_state_of(L);
    query q = {.whole = true, .text = s->stopped_at, .capacity = sizeof s->stopped_at};
    lua_Debug frame;
    for (int level = 0; !s->stopped_at[0] && lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline > 0) answer(&q, &frame, frame.currentline);
    }
}

bool lf_stopped_at(lf_state *s, char *text, size_t capacity) {
    snprintf(text, capacity, "%s", s->stopped_at);
    return text[0] != 0;
}
