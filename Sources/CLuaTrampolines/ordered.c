// pairs in an order that is equal in every run.
//
// Lua hashes strings with a seed of its own (the time, addresses) that no host can set, so that the order in which
// pairs visits them changes from run to run. Runs that must be reproducible use a sorted copy of the keys: numbers
// first, then strings, then booleans; keys that are objects come last, in Lua's order, as nothing about them is equal
// in the next run. Values are read when it is their turn, and keys that are gone by then are skipped: as with Lua's own
// pairs, a loop may change and remove fields.
#include "library.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    enum { NUMBER, TEXT, BOOLEAN, OBJECT } rank;
    bool is_integer;
    lua_Integer integer;
    lua_Number number;
    const char *bytes;      // of a text, which the table of keys keeps
    size_t length;
    lua_Integer place;      // in Lua's order
} entry;

static int compare_numbers(const entry *a, const entry *b) {
    if (a->is_integer && b->is_integer) return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->number > b->number) - (a->number < b->number);
}

static int compare(const void *left, const void *right) {
    const entry *a = left, *b = right;
    int order = (int)a->rank - (int)b->rank;
    if (order == 0 && (a->rank == NUMBER || a->rank == BOOLEAN)) order = compare_numbers(a, b);
    if (order == 0 && a->rank == TEXT) {
        order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
        if (order == 0) order = (a->length > b->length) - (a->length < b->length);
    }
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static entry described(lua_State *L, int index, lua_Integer place) {
    entry e = {.rank = OBJECT, .place = place};
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        e.rank = NUMBER;
        e.is_integer = lua_isinteger(L, index);
        if (e.is_integer) e.integer = lua_tointeger(L, index);
        e.number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        e.rank = TEXT;
        e.bytes = lua_tolstring(L, index, &e.length);
        break;
    case LUA_TBOOLEAN:
        e.rank = BOOLEAN;
        e.number = lua_toboolean(L, index);
        break;
    default:
        break;
    }
    return e;
}

// How many keys the table at 1 has, and whether Lua's own order is 1, 2, ...
static lua_Integer count(lua_State *L, bool *is_list) {
    lua_Integer keys = 0;
    *is_list = true;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        keys++;
        *is_list = *is_list && lua_isinteger(L, -2) && lua_tointeger(L, -2) == keys;
        lua_pop(L, 1);
    }
    return keys;
}

// Called with the table and the last key, which only tells whether a traversal begins. Upvalues: the sorted keys, and
// how many of them were visited.
static int next_in_order(lua_State *L) {
    lua_settop(L, 2);
    lua_Integer place = lua_isnil(L, 2) ? 0 : lua_tointeger(L, lua_upvalueindex(2));
    for (;;) {
        if (lua_rawgeti(L, lua_upvalueindex(1), ++place) == LUA_TNIL) return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) break;
        lua_pop(L, 2);
    }
    lua_pushinteger(L, place);
    lua_replace(L, lua_upvalueindex(2));
    return 2;
}

// The results of pairs for the table at 1; none where Lua's own order is as good.
int lf_ordered_pairs(lua_State *L) {
    luaL_checkstack(L, 8, NULL);
    lua_settop(L, 1);
    lua_Integer keys, again;
    bool is_list;
    entry *entries;
    do {
        lua_settop(L, 1);
        keys = count(L, &is_list);
        if (is_list) return 0;
        lua_createtable(L, (int)(keys < INT32_MAX ? keys : INT32_MAX), 0);  // 2: the keys
        lua_createtable(L, (int)(keys < INT32_MAX ? keys : INT32_MAX), 0);  // 3: in order
        entries = lua_newuserdatauv(L, (size_t)keys * sizeof *entries, 0);
        again = count(L, &is_list);  // a finaliser may have changed it
    } while (again != keys);

    lua_Integer objects = 0, place = 0;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        entries[place] = described(L, lua_gettop(L), place);
        objects += entries[place].rank == OBJECT;
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, ++place);
    }
    if (objects > 1) lf_state_of(L)->order_open = true;
    qsort(entries, (size_t)keys, sizeof *entries, compare);
    for (lua_Integer i = 0; i < keys; i++) {
        lua_rawgeti(L, 2, entries[i].place + 1);
        lua_rawseti(L, 3, i + 1);
    }
    lua_pushvalue(L, 3);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_in_order, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

// `next` stays Lua's. That a script continued with it from a key that is no number is recorded, except in our own Lua
// code.
static int next_noting(lua_State *L) {
    lf_state *s = lf_state_of(L);
    int type = lua_type(L, 2);
    if (!s->order_open && type != LUA_TNONE && type != LUA_TNIL && type != LUA_TNUMBER) {
        lua_Debug caller;
        if (lua_getstack(L, 1, &caller) && lua_getinfo(L, "S", &caller) && strncmp(caller.source, "=host.", 6) != 0)
            s->order_open = true;
    }
    return lf_call_original(L);
}

static int order(lua_State *L) {
    lf_state *s = lf_state_of(L);
    if (s->ordered) return 0;
    s->ordered = true;
    lua_pushglobaltable(L);
    lua_pushliteral(L, "next");
    if (lua_rawget(L, -2) == LUA_TFUNCTION) {
        lua_pushcclosure(L, next_noting, 1);
        lua_setfield(L, -2, "next");
    }
    return 0;
}

bool lf_order_pairs(lf_state *s, lf_failure *failure) { return lf_protect(s, order, NULL, 0, NULL, failure); }

bool lf_order_was_open(const lf_state *s) { return s->order_open; }
