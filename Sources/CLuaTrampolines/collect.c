// Makes Lua's collector account for native memory, which it does not see: to it, a tensor is a few bytes.
#include "protect.h"

// How many native bytes may be charged before the collector works for them.
static const int64_t step_bytes = 256 << 10;
// Up to this size of Lua's heap, it works in whole cycles.
static const size_t whole_bytes = 16 << 20;

static void collect_all(lf_state *s, lua_State *L) {
    lua_gc(L, LUA_GCCOLLECT);
    s->since_full = 0;
    s->debt = 0;
    s->live = s->callbacks.live_bytes(s->callbacks.context);
    s->after_full = s->live + (int64_t)s->used;
}

static int collect_body(lua_State *L) {
    collect_all(lf_state_of(L), L);
    return 0;
}

void lf_collect(lf_state *s) {
    lf_failure failure;
    if (!lf_protect(s, collect_body, NULL, 0, NULL, &failure)) lf_failure_clear(&failure);
}

// When Lua runs out of memory it collects garbage but calls no finalisers, so that no native memory is freed. Therefore
// room is made before a native call when little is left.
void lf_before_call(lf_state *s, lua_State *L) {
    if (!s->limit) return;
    int64_t limit = (int64_t)s->limit;
    int64_t held = s->live + (int64_t)s->used;
    // A full collection is repeated only after a twentieth of the limit was allocated since. Fixed costs of small
    // objects count as held, but not as allocated.
    if (held > limit / 10 * 8 && (s->since_full > limit / 20 || held - s->after_full > limit / 20)) collect_all(s, L);
}

// A small heap is collected whole, for every `step_bytes` or for as many as it has itself if that is more. That costs
// little, and the memory of dead tensors is used again while it is in the processor's cache: additions of small
// tensors take 0.57 of the time that they take with steps. For a large heap, steps keep pace with allocation. The
// ceiling limits what accumulates during a slow cycle. It follows the live bytes that a full collection leaves, so that
// a script that needs much memory does not collect at every call.
void lf_after_call(lf_state *s, lua_State *L, int64_t charged, int64_t live) {
    s->live = live;
    s->debt += charged;
    s->since_full += charged;
    if (s->live > s->ceiling) {
        collect_all(s, L);
        s->ceiling = s->live / 5 * 7;
        if (s->ceiling < INT64_C(64) << 20) s->ceiling = INT64_C(64) << 20;
    } else if (s->debt >= step_bytes && s->used <= whole_bytes) {
        if (s->debt >= (int64_t)s->used) collect_all(s, L);
    } else if (s->debt >= step_bytes) {
        int64_t kilobytes = s->debt >> 10;
        s->debt = 0;
        lua_gc(L, LUA_GCSTEP, (int)(kilobytes > 1 << 20 ? 1 << 20 : kilobytes));
    }
}
