// Accounting of memory: Lua's, and what this target allocates besides.
#include "state.h"

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

void *lf_allocate(void *context, void *block, size_t old, size_t new) {
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
        // Only growth is limited: Lua relies on shrinking to succeed.
        if (s->cap && (new > s->cap || s->used - old + s->listed + native > s->cap - new)) return NULL;
    }
    void *moved = realloc(block, new);
    if (moved) s->used += new - old;
    return moved;
}

// The first run that finds no room may fail, and the next one too; but a run must be able to begin and to release
// something. So a part of the limit is kept back, and a run that begins with less than that may use an eighth of what
// is left. So what scripts accumulate can never fill everything.
size_t lf_run_cap(const lf_state *s) {
    if (!s->limit) return 0;
    size_t kept = s->limit / 16 < (4 << 20) ? s->limit / 16 : 4 << 20;
    size_t full = s->used + (s->live > 0 ? (size_t)s->live : 0);
    size_t slice = full < s->limit ? full + (s->limit - full) / 8 : s->limit;
    return slice > s->limit - kept ? slice : s->limit - kept;
}

size_t lf_used_bytes(const lf_state *s) { return s->used; }
long lf_allocation_count(const lf_state *s) { return s->allocations; }

void lf_fail(lf_state *s, long nth, bool once) {
    s->allocations = 0;
    s->fail_at = nth;
    s->fail_once = once;
}
