// Lua values that Swift holds: slots of one table in the registry.
//
// Not by luaL_ref, which may raise an error when it needs a new slot. Here slots are made in advance (by lf_reserve,
// which may raise, before anything else is held), so that taking and releasing one never allocates.
//
// A slot is a root for the collector: a function that Swift holds for an object, and that refers to this object, would
// never be freed. So values that an object holds are kept by its userdata, in a table that is its user value, and the
// slot holds false; a weak table then finds the value. When the last such userdata is collected and something in Swift
// still holds the value (the tape, another object), the finaliser puts it back into its slot.
#include "values.h"

#include <stdlib.h>

static void add_block(lua_State *L, lf_state *s, lua_Integer count) {
    // The table first: if it cannot grow, nothing has been made.
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

static void push_from(lua_State *L, int table, lf_reference *reference) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, table);
    lua_rawgeti(L, -1, reference->index);
    lua_remove(L, -2);
}

// Pushes the value; needs two free stack slots.
void lf_reference_push(lua_State *L, lf_reference *reference) {
    const lf_state *s = reference->state;
    push_from(L, s->slots, reference);
    if (!reference->owners || lua_toboolean(L, -1)) return;
    lua_pop(L, 1);
    push_from(L, s->held_slots, reference);
    if (!lua_isnil(L, -1)) return;
    // Its userdata is dead but not yet finalised; the finaliser will put the value back.
    lua_pop(L, 1);
    lua_gc(L, LUA_GCCOLLECT);
    push_from(L, s->slots, reference);
}

// From now on the userdata on the top keeps the value alive. May raise an error, and then nothing has changed; needs
// six free stack slots.
void lf_hold(lua_State *L, lf_reference *reference) {
    const lf_state *s = reference->state;
    int box = lua_gettop(L);
    if (lua_getiuservalue(L, box, 1) != LUA_TTABLE) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, box, 1);
    }
    int held = lua_gettop(L);
    if (lua_rawgetp(L, held, reference) == LUA_TNIL) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, s->held_slots);
        lf_reference_push(L, reference);
        lua_rawseti(L, -2, reference->index);
        lf_reference_push(L, reference);
        lua_rawsetp(L, held, reference);
        reference->owners++;
        lua_rawgeti(L, LUA_REGISTRYINDEX, s->slots);
        lua_pushboolean(L, 0);
        lua_rawseti(L, -2, reference->index);
    }
    lua_settop(L, box);
}

void lf_reference_retain(lf_reference *reference) { atomic_fetch_add(&reference->count, 1); }

// May be called on another thread or in a finaliser inside the collector, so that it only records the release. lf_drain
// does the rest.
static void drop(lf_reference *reference) {
    _Atomic(lf_reference *) *list = &reference->state->dropped;
    lf_reference *head = atomic_load(list);
    do {
        reference->next = head;
    } while (!atomic_compare_exchange_weak(list, &head, reference));
}

void lf_reference_release(lf_reference *reference) {
    if (reference && atomic_fetch_sub(&reference->count, 1) == 1) drop(reference);
}

// The userdata at `box` is being finalised. Raises no error: all keys exist.
void lf_let_go(lua_State *L, int box) {
    if (lua_getiuservalue(L, box, 1) != LUA_TTABLE) return;
    int held = lua_gettop(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, lf_state_of(L)->slots);
    lua_pushnil(L);
    while (lua_next(L, held)) {
        lf_reference *reference = lua_touserdata(L, -2);
        if (reference && --reference->owners == 0) {
            if (reference->orphaned) {
                reference->orphaned = false;
                drop(reference);
            } else if (atomic_load(&reference->count) > 0) {
                lua_pushvalue(L, -1);
                lua_rawseti(L, held + 1, reference->index);
            }
        }
        lua_pop(L, 1);
    }
    lua_settop(L, held - 1);
}

// Frees the slots that were released meanwhile. Raises no error; needs two free stack slots.
void lf_drain(lf_state *s, lua_State *L) {
    if (!atomic_load_explicit(&s->dropped, memory_order_relaxed)) return;
    lf_reference *reference = atomic_exchange(&s->dropped, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->slots);
    while (reference) {
        lf_reference *next = reference->next;
        if (reference->owners) {
            // A userdata still refers to it: lf_let_go releases it later.
            reference->orphaned = true;
            reference = next;
            continue;
        }
        lua_pushboolean(L, 0);
        lua_rawseti(L, -2, reference->index);
        reference->next = s->free_slots;
        s->free_slots = reference;
        s->free_count++;
        reference = next;
    }
    lua_pop(L, 1);
}

// ---------------------------------------------------------------- what Lua returned to a native call
//
// When a userdata goes, what its functions refer to goes with it: Lua finalises all of it in one cycle, though Swift
// still holds the object and the finaliser puts the functions back. So an object that keeps functions alive and that
// Lua returns to a native call (a network, to the call that makes a flow of it) stays until that call has returned,
// with a userdata that keeps the same functions. Of very many the last ones stay.

enum { LF_ANCHORS = 1024 };

void lf_open_anchors(lua_State *L) {
    lua_createtable(L, LF_ANCHORS, 0);
    for (int i = 1; i <= LF_ANCHORS; i++) {
        lua_pushboolean(L, 0);  // the key must stay, so that nothing is allocated later
        lua_rawseti(L, -2, i);
    }
    lf_state_of(L)->anchors = luaL_ref(L, LUA_REGISTRYINDEX);
}

// Raises no error.
void lf_anchor(lf_state *s, lua_State *L, int index) {
    if (!s->invocations || lua_type(L, index) != LUA_TUSERDATA || !lua_checkstack(L, 3)) return;
    if (lua_getiuservalue(L, index, 1) == LUA_TTABLE) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, s->anchors);
        lua_pushvalue(L, index);
        lua_rawseti(L, -2, s->anchor_count++ % LF_ANCHORS + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// When the outermost native call has returned. Raises no error.
void lf_drop_anchors(lf_state *s, lua_State *L) {
    if (s->invocations || !s->anchor_count || !lua_checkstack(L, 2)) return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->anchors);
    for (lua_Integer i = 1; i <= LF_ANCHORS && i <= s->anchor_count; i++) {
        lua_pushboolean(L, 0);
        lua_rawseti(L, -2, i);
    }
    lua_pop(L, 1);
    s->anchor_count = 0;
}
