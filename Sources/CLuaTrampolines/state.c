// Making and ending a state, and its memory.
#include "private.h"

#include <stdlib.h>

// For tests, see lf_fail.
static bool fails(lf_state *s) {
    s->allocations++;
    if (!s->fail_at) return false;
    return s->fail_once ? s->allocations == s->fail_at : s->allocations >= s->fail_at;
}

void *lf_reallocate(lf_state *s, void *block, size_t size) { return fails(s) ? NULL : realloc(block, size ? size : 1); }

void *lf_allocate_zeroed(lf_state *s, size_t count, size_t size) {
    return fails(s) ? NULL : calloc(count ? count : 1, size);
}

static void *allocate(void *context, void *block, size_t old, size_t new) {
    lf_state *s = context;
    if (!block) old = 0;  // then `old` is the kind of object
    if (new == 0) {
        free(block);
        s->used -= old;
        return NULL;
    }
    if (new > old) {
        if (fails(s)) return NULL;
        size_t native = s->live > 0 ? (size_t)s->live : 0;
        // Growth only is bounded: Lua takes for granted that shrinking works.
        if (s->cap && (new > s->cap || s->used - old + s->listed + native > s->cap - new)) return NULL;
    }
    void *moved = realloc(block, new);
    if (moved) s->used += new - old;
    return moved;
}

// The first run that finds no room may end in an error, and so may the next: but a run must be able to begin, and to let
// go of something. So a part of the limit is kept back, and a run that begins with less than that has an eighth of what
// is left for itself. What scripts let pile up can never fill all of it.
size_t lf_run_cap(const lf_state *s) {
    if (!s->limit) return 0;
    size_t kept = s->limit / 16 < (4 << 20) ? s->limit / 16 : 4 << 20;
    size_t full = s->used + (s->live > 0 ? (size_t)s->live : 0);
    size_t slice = full < s->limit ? full + (s->limit - full) / 8 : s->limit;
    return slice > s->limit - kept ? slice : s->limit - kept;
}

static int open_body(lua_State *L) {
    lf_state *s = lf_state_of(L);
    if (s->sandboxed) lf_open_sandboxed(L);
    else luaL_openlibs(L);
    lua_newtable(L);
    s->slots = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    s->held_slots = luaL_ref(L, LUA_REGISTRYINDEX);
    lf_open_objects(L);
    lf_open_records(L);
    lf_open_coroutines(L);
    lf_open_guards(L);
    lf_open_exit(L);
    if (!s->sandboxed) lf_open_files(L);  // in the sandbox every Lua file is opened by the host
    return 0;
}

lf_state *lf_open(lf_callbacks callbacks, size_t limit, bool sandboxed) {
    lf_state *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->callbacks = callbacks;
    s->sandboxed = sandboxed;
    s->ceiling = INT64_C(64) << 20;
    s->L = lua_newstate(allocate, s);
    if (!s->L) {
        free(s);
        return NULL;
    }
    *(lf_state **)lua_getextraspace(s->L) = s;
    atomic_store(&s->running, s->L);
    lua_pushcfunction(s->L, open_body);
    if (lua_pcall(s->L, 0, 0, 0) != LUA_OK) {
        lf_close(s);
        lf_free(s);
        return NULL;
    }
    s->limit = limit;
    s->cap = lf_run_cap(s);
    return s;
}

void lf_close(lf_state *s) {
    lua_State *L = s->L;
    if (!L) return;
    s->fail_at = 0;
    s->limit = s->cap = 0;
    atomic_store(&s->closing, true);
    lf_leave_if_pressed(s);
    atomic_store(&s->stop, 0);
    atomic_store(&s->running, L);
    // Finalisers run in here, some of them scripts'; they may call native functions.
    lua_close(L);
    s->L = NULL;
    atomic_store(&s->running, NULL);
    lf_leave_thread(s);
}

void lf_free(lf_state *s) {
    while (s->frames) {
        lf_frame *frame = s->frames;
        s->frames = frame->next;
        lf_list_free(frame->results);
        free(frame->storage);
        free(frame);
    }
    while (s->types) {
        lf_type *type = s->types;
        s->types = type->next;
        lf_list_free(type->members);
        free(type->name);
        free(type);
    }
    while (s->blocks) {
        lf_reference *block = s->blocks;
        s->blocks = block->block_next;
        free(block);
    }
    free(s);
}

size_t lf_used_bytes(const lf_state *s) { return s->used; }
long lf_allocation_count(const lf_state *s) { return s->allocations; }

void lf_fail(lf_state *s, long nth, bool once) {
    s->allocations = 0;
    s->fail_at = nth;
    s->fail_once = once;
}
