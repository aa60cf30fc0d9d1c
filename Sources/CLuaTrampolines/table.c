// Reading tables without metamethods.
#include "tables.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    lf_reference *table;
    int64_t index;
    const char *key;
    size_t length;
    lf_value *items;
    size_t count;
} read;

// A script can overwrite our slots through debug.getregistry: check before reading.
static bool push_table(lua_State *L, lf_reference *reference) {
    lf_reference_push(L, reference);
    return lua_istable(L, -1);
}

static int at_body(lua_State *L) {
    read *r = lua_touserdata(L, 1);
    if (!push_table(L, r->table)) return luaL_error(L, "not a table any more");
    lua_rawgeti(L, -1, r->index);
    return 1;
}

bool lf_table_at(lf_state *s, lf_reference *table, int64_t index, lf_values *result, lf_failure *failure) {
    read r = {.table = table, .index = index};
    return lf_protect(s, at_body, &r, 1, result, failure);
}

static int field_body(lua_State *L) {
    read *r = lua_touserdata(L, 1);
    if (!push_table(L, r->table)) return luaL_error(L, "not a table any more");
    lua_pushlstring(L, r->key, r->length);
    lua_rawget(L, -2);
    return 1;
}

bool lf_table_field(
    lf_state *s, lf_reference *table, const char *key, size_t length, lf_values *result, lf_failure *failure) {
    read r = {.table = table, .key = key, .length = length};
    return lf_protect(s, field_body, &r, 1, result, failure);
}

// Whether the key below the top is one of the positions to leave out.
static bool is_skipped(lua_State *L, const read *r) {
    if (r->index <= 0 || !lua_isinteger(L, -2)) return false;
    lua_Integer key = lua_tointeger(L, -2);
    return key >= 1 && key <= r->index;
}

// Counts the pairs and the slots that they need. Allocates nothing.
static void count(lua_State *L, const read *r, size_t *pairs, lua_Integer *references) {
    int table = lua_gettop(L);
    *pairs = 0;
    *references = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (!is_skipped(L, r)) {
            ++*pairs;
            *references += lf_reference_needs(L, -2) + lf_reference_needs(L, -1);
        }
        lua_pop(L, 1);
    }
}

// Into plain memory, as Lua's stack is limited.
static int entries_body(lua_State *L) {
    read *r = lua_touserdata(L, 1);
    if (!push_table(L, r->table)) return luaL_error(L, "not a table any more");
    int table = lua_gettop(L);
    size_t pairs;
    lua_Integer references;
    for (;;) {
        count(L, r, &pairs, &references);
        if (references <= lf_state_of(L)->free_count) break;
        lf_reserve(L, references);  // a collection in here may run finalisers, and they may change the table
    }
    if (pairs == 0) return 0;
    r->items = lf_reallocate(lf_state_of(L), NULL, 2 * pairs * sizeof *r->items);
    if (!r->items) return luaL_error(L, "not enough memory");
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (!is_skipped(L, r)) {
            lf_decode(L, lua_gettop(L) - 1, &r->items[r->count++]);
            lf_decode(L, lua_gettop(L), &r->items[r->count++]);
        }
        lua_pop(L, 1);
    }
    return 0;
}

bool lf_table_entries(lf_state *s, lf_reference *table, int64_t skipped, lf_values *result, lf_failure *failure) {
    read r = {.table = table, .index = skipped};
    memset(result, 0, sizeof *result);
    if (!lf_protect(s, entries_body, &r, 0, NULL, failure)) return false;
    *result = (lf_values){.items = r.items, .count = r.count};
    return true;
}

// These need no protection, as they allocate nothing.
int64_t lf_table_length(lf_state *s, lf_reference *table) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 3)) return 0;
    int64_t length = push_table(L, table) ? (int64_t)lua_rawlen(L, -1) : 0;
    // Lua's length may be any border: for {[1] = 1, [2] = 1, [4] = 1, ...} one beyond all memory. Then the first border
    // is used.
    if ((uint64_t)length > s->used / 8) {
        length = 0;
        while (lua_rawgeti(L, -1, length + 1) != LUA_TNIL) {
            lua_pop(L, 1);
            length++;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return length;
}

bool lf_table_numbers(lf_state *s, lf_reference *table, double *numbers, int64_t count) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 4)) return false;
    bool all = push_table(L, table);
    for (int64_t i = 0; all && i < count; i++) {
        all = lua_rawgeti(L, -1, i + 1) == LUA_TNUMBER;
        if (all) numbers[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return all;
}

bool lf_table_is_list(lf_state *s, lf_reference *table) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 5)) return false;
    if (!push_table(L, table)) {
        lua_pop(L, 1);
        return false;
    }
    lua_Unsigned left = lua_rawlen(L, -1);
    bool is_list = true;
    lua_pushnil(L);
    while (is_list && lua_next(L, -2)) {
        lua_pop(L, 1);
        is_list = left > 0;
        left--;
    }
    // The key that is left on the stack if the traversal ended early.
    lua_pop(L, is_list ? 1 : 2);
    return is_list && left == 0;
}

bool lf_table_has_metatable(lf_state *s, lf_reference *table) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 5)) return false;
    bool has = push_table(L, table) && !lf_is_record(L, -1) && lua_getmetatable(L, -1);
    lua_pop(L, has ? 2 : 1);
    return has;
}

const void *lf_address(lf_state *s, lf_reference *value) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 3)) return NULL;
    lf_reference_push(L, value);
    const void *address = lua_topointer(L, -1);
    lua_pop(L, 1);
    return address;
}

int64_t lf_table_packed(
    lf_state *s, lf_reference *table, int64_t first, int64_t count, uint64_t *bits, uint8_t *kinds) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 4)) return 0;
    int64_t done = 0;
    bool all = push_table(L, table);
    while (all && done < count) {
        int type = lua_rawgeti(L, -1, first + done);
        if (type == LUA_TNUMBER && lua_isinteger(L, -1)) {
            bits[done] = (uint64_t)lua_tointeger(L, -1);
            kinds[done] = LF_INTEGER;
        } else if (type == LUA_TNUMBER) {
            double number = lua_tonumber(L, -1);
            memcpy(&bits[done], &number, sizeof number);
            kinds[done] = LF_NUMBER;
        } else if (type == LUA_TBOOLEAN) {
            bits[done] = (uint64_t)lua_toboolean(L, -1);
            kinds[done] = LF_BOOLEAN;
        } else {
            all = false;
        }
        if (all) done++;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return done;
}
