// Userdata of Swift objects, and their metatables.
#include "private.h"

#include <stdlib.h>
#include <string.h>

static const char box_mark, closure_mark;
const char lf_name_key;

// The box at `index`, or null for anything else. debug.setmetatable may have given it another metatable.
lf_box *lf_to_box(lua_State *L, int index) {
    lf_box *box = lua_touserdata(L, index);  // null for what is none; a light one has no size
    if (!box || lua_rawlen(L, index) != sizeof(lf_box)) return NULL;
    if (box->magic != &box_mark || !lua_getmetatable(L, index)) return NULL;
    bool same = lua_topointer(L, -1) == box->type->identity;
    lua_pop(L, 1);
    return same ? box : NULL;
}

static int box_gc(lua_State *L) {
    lf_box *box = lf_to_box(L, 1);
    if (!box || !box->object.words[0]) return 0;
    lf_state *s = lf_state_of(L);
    lf_object object = box->object;
    box->object.words[0] = NULL;  // a second call, or use from a finaliser, finds nothing
    s->callbacks.release_object(s->callbacks.context, &object);
    lf_let_go(L, 1);
    s->live = s->callbacks.live_bytes(s->callbacks.context);
    return 0;
}

static int box_equal(lua_State *L) {
    lf_box *a = lf_to_box(L, 1), *b = lf_to_box(L, 2);
    lua_pushboolean(L, a && b && a->object.words[0] && a->object.words[0] == b->object.words[0]);
    return 1;
}

static int box_tostring(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

enum { UPVALUE_MEMBERS = 1, UPVALUE_PROPERTIES, UPVALUE_TYPE };

// Methods are found without entering Swift.
static int box_index(lua_State *L) {
    lf_type *type = lua_touserdata(L, lua_upvalueindex(UPVALUE_TYPE));
    if (!type) return luaL_error(L, "not a type any more");
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING)
        return lf_invoke(L, type->natives.index ? type->natives.index : type->natives.missing);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(UPVALUE_MEMBERS)) != LUA_TNIL) return 1;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(UPVALUE_PROPERTIES)) == LUA_TLIGHTUSERDATA) {
        const lf_native *getter = lua_touserdata(L, -1);
        lua_settop(L, 1);
        return lf_invoke(L, getter);
    }
    lua_settop(L, 2);
    return lf_invoke(L, type->natives.missing);
}

static int box_newindex(lua_State *L) {
    lf_type *type = lua_touserdata(L, lua_upvalueindex(UPVALUE_TYPE));
    if (!type) return luaL_error(L, "not a type any more");
    lua_settop(L, 3);
    if (lua_type(L, 2) != LUA_TSTRING)
        return lf_invoke(L, type->natives.newindex ? type->natives.newindex : type->natives.unassignable);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(UPVALUE_MEMBERS)) == LUA_TLIGHTUSERDATA) {
        const lf_native *setter = lua_touserdata(L, -1);
        lua_settop(L, 3);
        lua_remove(L, 2);
        return lf_invoke(L, setter);
    }
    lua_settop(L, 3);
    return lf_invoke(L, type->natives.unassignable);
}

// Pushes the type's metatable, made for its first object.
static void push_metatable(lua_State *L, lf_type *type) {
    if (type->metatable != LUA_NOREF) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, type->metatable);
        return;
    }
    luaL_checkstack(L, 12, NULL);
    int top = lua_gettop(L);
    lf_list_push(L, type->members, 0);
    int methods = top + 1, properties = top + 2, setters = top + 3, meta = top + 4;
    lua_pushvalue(L, methods);
    lua_pushvalue(L, properties);
    lua_pushlightuserdata(L, type);
    lua_pushcclosure(L, box_index, 3);
    lua_setfield(L, meta, "__index");
    lua_pushvalue(L, setters);
    lua_pushnil(L);
    lua_pushlightuserdata(L, type);
    lua_pushcclosure(L, box_newindex, 3);
    lua_setfield(L, meta, "__newindex");
    lua_pushcfunction(L, box_gc);
    lua_setfield(L, meta, "__gc");
    lua_pushstring(L, type->name);
    lua_pushvalue(L, -1);
    lua_setfield(L, meta, "__name");
    lua_setfield(L, meta, "__metatable");
    if (lua_getfield(L, meta, "__eq") == LUA_TNIL) {
        lua_pushcfunction(L, box_equal);
        lua_setfield(L, meta, "__eq");
    }
    if (lua_getfield(L, meta, "__tostring") == LUA_TNIL) {
        lua_pushstring(L, type->name);
        lua_pushcclosure(L, box_tostring, 1);
        lua_setfield(L, meta, "__tostring");
    }
    lua_settop(L, meta);
    lua_pushvalue(L, meta);
    int reference = luaL_ref(L, LUA_REGISTRYINDEX);
    type->identity = lua_topointer(L, meta);
    type->metatable = reference;
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
}

// While the state closes, new objects get no finaliser: they would be lost.
static void check_open(lua_State *L) {
    if (atomic_load(&lf_state_of(L)->closing)) luaL_error(L, "the interpreter is closing");
}

void lf_push_box(lua_State *L, lf_op *op) {
    check_open(L);
    push_metatable(L, op->object.type);
    lf_box *box = lua_newuserdatauv(L, sizeof *box, op->small);
    *box = (lf_box){&box_mark, op->object.type, {{NULL, NULL}}};
    lua_insert(L, -2);
    lua_setmetatable(L, -2);
    box->object = op->object.object;
    op->object.object.words[0] = NULL;
}

// A box that an object may be put into; null, and nothing pushed, where that is to be done another way.
lf_box *lf_push_empty_box(lua_State *L, lf_type *type) {
    if (type->metatable == LUA_NOREF || atomic_load(&lf_state_of(L)->closing)) return NULL;
    lf_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (lf_box){&box_mark, type, {{NULL, NULL}}};
    lua_rawgeti(L, LUA_REGISTRYINDEX, type->metatable);
    lua_setmetatable(L, -2);
    return box;
}

// ---------------------------------------------------------------- closures' native functions

static int closure_gc(lua_State *L) {
    lf_native *native = lua_touserdata(L, 1);
    if (lua_rawlen(L, 1) != sizeof *native || !native->context) return 0;
    void *context = native->context;
    native->context = NULL;
    native->magic = NULL;
    lf_state_of(L)->callbacks.release_native(context);
    return 0;
}

void lf_push_native_box(lua_State *L, lf_native *native) {
    check_open(L);
    lf_native *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = *native;
    box->context = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &closure_mark);
    lua_setmetatable(L, -2);
    box->context = native->context;
    native->context = NULL;
}

int lf_open_objects(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, closure_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &closure_mark);
    lua_pushliteral(L, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &lf_name_key);
    return 0;
}

// ---------------------------------------------------------------- types

lf_type *lf_type_new(lf_state *s, const char *name, size_t length, lf_type_natives natives) {
    lf_type *type = lf_allocate_zeroed(s, 1, sizeof *type);
    if (!type) return NULL;
    type->state = s;
    type->natives = natives;
    type->metatable = LUA_NOREF;
    type->name = lf_allocate_zeroed(s, 1, length + 1);
    type->members = lf_list_new(s);
    if (!type->name || !type->members) {
        free(type->name);
        lf_list_free(type->members);
        free(type);
        return NULL;
    }
    memcpy(type->name, name, length);
    type->next = s->types;
    s->types = type;
    return type;
}

lf_list *lf_type_members(lf_type *type) { return type->members; }
