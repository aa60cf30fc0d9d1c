// Lua values that Swift holds: slots of one table in the registry.
//
// Not luaL_ref: that may raise when it needs a new slot. Here slots are made in advance (lf_reserve, which may raise,
// before anything else is held), so taking and giving one back never allocates.
#include "private.h"

#include <stdlib.h>

static void add_block(lua_State *L, lf_state *s, lua_Integer count) {
    // The table first: when it cannot grow, nothing was made.
    luaL_checkstack(L, 3, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->slots);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_pushboolean(L, 0);  // false and not nil: the key must stay
        lua_rawseti(L, -2, s->slot_count + i);
    }
    lua_pop(L, 1);
    lf_reference *block = lf_allocate_zeroed(s, (size_t)count, sizeof *block);
    if (!block) luaL_error(L, "not enough memory");
    block->block_next = s->blocks;
    s->blocks = block;
    for (lua_Integer i = 0; i < count; i++) {
        block[i].state = s;
        block[i].index = s->slot_count + i + 1;
        block[i].next = s->free_slots;
        s->free_slots = &block[i];
    }
    s->slot_count += count;
    s->free_count += count;
}

void lf_reserve(lua_State *L, lua_Integer count) {
    lf_state *s = lf_state_of(L);
    if (s->free_count >= count) return;
    lua_Integer wanted = count - s->free_count;
    if (wanted < s->slot_count) wanted = s->slot_count;
    if (wanted < 16) wanted = 16;
    add_block(L, s, wanted);
}

// A slot for the value at `index`. The caller has reserved one and has two free stack slots.
lf_reference *lf_reference_take(lf_state *s, lua_State *L, int index) {
    lf_reference *reference = s->free_slots;
    if (!reference) return NULL;
    index = lua_absindex(L, index);
    s->free_slots = reference->next;
    s->free_count--;
    reference->next = NULL;
    atomic_store(&reference->count, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->slots);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, reference->index);
    lua_pop(L, 1);
    return reference;
}

// Pushes the value; needs two free stack slots.
void lf_reference_push(lua_State *L, lf_reference *reference) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference->state->slots);
    lua_rawgeti(L, -1, reference->index);
    lua_remove(L, -2);
}

void lf_reference_retain(lf_reference *reference) { atomic_fetch_add(&reference->count, 1); }

void lf_reference_release(lf_reference *reference) {
    if (!reference || atomic_fetch_sub(&reference->count, 1) != 1) return;
    // Maybe another thread, maybe a finaliser inside the collector: only note it. lf_drain does the rest.
    _Atomic(lf_reference *) *list = &reference->state->dropped;
    lf_reference *head = atomic_load(list);
    do {
        reference->next = head;
    } while (!atomic_compare_exchange_weak(list, &head, reference));
}

// Frees the slots that were released meanwhile. Raises nothing; needs two free stack slots.
void lf_drain(lf_state *s, lua_State *L) {
    if (!atomic_load_explicit(&s->dropped, memory_order_relaxed)) return;
    lf_reference *reference = atomic_exchange(&s->dropped, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->slots);
    while (reference) {
        lf_reference *next = reference->next;
        lua_pushboolean(L, 0);
        lua_rawseti(L, -2, reference->index);
        reference->next = s->free_slots;
        s->free_slots = reference;
        s->free_count++;
        reference = next;
    }
    lua_pop(L, 1);
}
