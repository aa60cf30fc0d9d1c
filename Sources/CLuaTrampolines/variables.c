// The variables of running functions, which a prompt inside a run shows and changes.
//
// The functions of a paused run have frames on the stack, which stay there until the prompt ends. Until then four
// functions access the variables: names(), read(name), write(name, value), and close(), which ends the access. They do
// not need the library `debug`, which sandboxed scripts lack.
#include "library.h"

#include <string.h>

enum { MOST_FRAMES = 64, MOST_LEVELS = 1000 };

typedef struct {
    lua_State *L;  // whose frames they are
    int count;     // 0 once it is closed
    lua_Debug frames[MOST_FRAMES];
} scope;

static bool is_host(const char *source) {
    return strcmp(source, "=luaflow") == 0 || strcmp(source, "=host.steps") == 0 || strcmp(source, "=host.live") == 0;
}

// Whether one function is defined inside another.
static bool encloses(const lua_Debug *outer, const lua_Debug *inner) {
    if (strcmp(outer->source, inner->source) != 0 || strcmp(inner->what, "main") == 0) return false;
    if (strcmp(outer->what, "main") == 0) return true;
    return outer->linedefined <= inner->linedefined && outer->lastlinedefined >= inner->lastlinedefined;
}

// The script's functions: the one that waits first, then those that contain its definition, then those that called it.
static void collect(lua_State *L, scope *s) {
    lua_Debug found[MOST_FRAMES];
    int count = 0;
    bool taken[MOST_FRAMES] = {false};
    for (int level = 0; level < MOST_LEVELS && count < MOST_FRAMES; level++) {
        lua_Debug frame;
        if (!lua_getstack(L, level, &frame)) break;
        lua_getinfo(L, "S", &frame);
        if (*frame.what == 'C') continue;
        if (is_host(frame.source)) {
            // The loop of host.steps calls the function that waits; functions between are the host's own.
            if (strcmp(frame.source, "=host.steps") == 0) count = 0;
            continue;
        }
        found[count++] = frame;
    }
    s->L = L;
    s->count = 0;
    int inner = -1;
    for (int i = 0; i < count; i++) {
        if (inner >= 0 && !encloses(&found[i], &found[inner])) continue;
        s->frames[s->count++] = found[i];
        taken[i] = true;
        inner = i;
    }
    for (int i = 0; i < count; i++) if (!taken[i]) s->frames[s->count++] = found[i];
}

// A variable: a local of the frame, or an upvalue that its function shares with those around it.
typedef struct {
    lua_Debug *frame;
    int index;
    bool is_upvalue;
} place;

static bool is_named(const char *name) { return *name && *name != '(' && strcmp(name, "_ENV") != 0; }

// Calls visit for every variable, the nearest first; of a function's locals of the same name the last one counts. Stops
// when visit returns true.
static bool walk(scope *s, bool (*visit)(place, const char *name, void *argument), void *argument) {
    lua_State *L = s->L;
    const char *name;
    if (s->count && !lua_checkstack(L, 4)) return false;
    for (int i = 0; i < s->count; i++) {
        lua_Debug *frame = &s->frames[i];
        int last = 0;
        while ((name = lua_getlocal(L, frame, last + 1))) {
            lua_pop(L, 1);
            if (strcmp(name, "(temporary)") == 0) break;
            last++;
        }
        for (int n = last; n > 0; n--) {
            name = lua_getlocal(L, frame, n);
            if (!name) continue;
            lua_pop(L, 1);
            if (is_named(name) && visit((place){frame, n, false}, name, argument)) return true;
        }
        lua_getinfo(L, "f", frame);
        for (int n = 1; (name = lua_getupvalue(L, -1, n)); n++) {
            lua_pop(L, 1);
            if (is_named(name) && visit((place){frame, n, true}, name, argument)) {
                lua_pop(L, 1);
                return true;
            }
        }
        lua_pop(L, 1);
    }
    return false;
}

typedef struct {
    const char *name;
    place found;
} wanted;

static bool is_wanted(place here, const char *name, void *argument) {
    wanted *w = argument;
    if (strcmp(name, w->name) != 0) return false;
    w->found = here;
    return true;
}

static scope *open_scope(lua_State *L) { return lua_touserdata(L, lua_upvalueindex(1)); }

static bool find(lua_State *L, scope *s, place *found) {
    if (lua_type(L, 1) != LUA_TSTRING) return false;
    wanted w = {.name = lua_tostring(L, 1)};
    if (!walk(s, is_wanted, &w)) return false;
    *found = w.found;
    return true;
}

static int read_variable(lua_State *L) {
    scope *s = open_scope(L);
    place at;
    if (!find(L, s, &at)) return 0;
    lua_pushboolean(L, 1);
    if (!at.is_upvalue) {
        lua_getlocal(s->L, at.frame, at.index);
    } else {
        lua_getinfo(s->L, "f", at.frame);
        lua_getupvalue(s->L, -1, at.index);
        lua_remove(s->L, -2);
    }
    if (s->L != L) lua_xmove(s->L, L, 1);
    return 2;
}

static int write_variable(lua_State *L) {
    scope *s = open_scope(L);
    lua_settop(L, 2);
    place at;
    if (!find(L, s, &at)) return 0;
    if (at.is_upvalue) lua_getinfo(s->L, "f", at.frame);
    lua_pushvalue(L, 2);
    if (s->L != L) lua_xmove(L, s->L, 1);
    if (at.is_upvalue) {
        lua_setupvalue(s->L, -2, at.index);
        lua_pop(s->L, 1);
    } else {
        lua_setlocal(s->L, at.frame, at.index);
    }
    lua_pushboolean(L, 1);
    return 1;
}

typedef struct {
    char (*texts)[64];
    int count, most;
} names;

static bool add_name(place here, const char *name, void *argument) {
    (void)here;
    names *list = argument;
    if (list->count == list->most) return true;
    size_t length = strlen(name);
    if (length < sizeof *list->texts) memcpy(list->texts[list->count++], name, length + 1);
    return false;
}

// Names are copied first, as the frames' stack may be this one.
static int list_names(lua_State *L) {
    names list = {.most = 1000};
    list.texts = lua_newuserdatauv(L, (size_t)list.most * sizeof *list.texts, 0);
    walk(open_scope(L), add_name, &list);
    lua_createtable(L, list.count, 0);
    for (int i = 0; i < list.count; i++) {
        lua_pushstring(L, list.texts[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int close_scope(lua_State *L) {
    open_scope(L)->count = 0;
    return 0;
}

static int variables_body(lua_State *L) {
    static const lua_CFunction functions[] = {list_names, read_variable, write_variable, close_scope};
    scope *s = lua_newuserdatauv(L, sizeof *s, 0);
    collect(L, s);
    int made = lua_gettop(L);
    for (int i = 0; i < 4; i++) {
        lua_pushvalue(L, made);
        lua_pushcclosure(L, functions[i], 1);
    }
    return 4;
}

bool lf_variables(lf_state *s, lf_values *results, lf_failure *failure) {
    return lf_protect(s, variables_body, NULL, LUA_MULTRET, results, failure);
}
