// Reading tables without metamethods.
#include "private.h"

typedef struct {
    lf_reference *table;
    int64_t index;
    const char *key;
    size_t length;
} read;

// debug.getregistry lets a script overwrite our slots: look before reading.
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

static int entries_body(lua_State *L) {
    read *r = lua_touserdata(L, 1);
    if (!push_table(L, r->table)) return luaL_error(L, "not a table any more");
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        // Key and value stay; a copy of the key goes on.
        luaL_checkstack(L, 4, "a table with too many entries");
        lua_pushvalue(L, -2);
    }
    return lua_gettop(L) - table;
}

bool lf_table_entries(lf_state *s, lf_reference *table, lf_values *result, lf_failure *failure) {
    read r = {.table = table};
    return lf_protect(s, entries_body, &r, LUA_MULTRET, result, failure);
}

// These need no protection: nothing in them allocates.
int64_t lf_table_length(lf_state *s, lf_reference *table) {
    lua_State *L = atomic_load(&s->running);
    if (!L || !lua_checkstack(L, 3)) return 0;
    int64_t length = push_table(L, table) ? (int64_t)lua_rawlen(L, -1) : 0;
    // Lua's length is some border: of {[1] = 1, [2] = 1, [4] = 1, ...} one beyond any memory. Then the first one.
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
    // The key that came too much, if the walk was left.
    lua_pop(L, is_list ? 1 : 2);
    return is_list && left == 0;
}
