// Userdata that hold Swift's objects. Their metatables are made in object.c.
#include "values.h"

static const char box_mark, closure_mark;

// About what an object takes besides the memory that is charged for it: a small tensor's objects in Swift.
static const int64_t object_bytes = 384;

// The box at `index`; null for any other value, also for a userdata whose metatable debug.setmetatable has replaced.
lf_box *lf_to_box(lua_State *L, int index) {
    lf_box *box = lua_touserdata(L, index);  // null for what is none; a light one has no size
    if (!box || lua_rawlen(L, index) != sizeof(lf_box)) return NULL;
    if (box->magic != &box_mark || !lua_getmetatable(L, index)) return NULL;
    bool same = lua_topointer(L, -1) == box->type->identity;
    lua_pop(L, 1);
    return same ? box : NULL;
}

// While the state closes, new objects are refused: their finalisers would not run any more.
static void check_open(lua_State *L) {
    if (atomic_load(&lf_state_of(L)->closing)) luaL_error(L, "the interpreter is closing");
}

void lf_push_box(lua_State *L, lf_op *op) {
    check_open(L);
    op->object.type->push_metatable(L, op->object.type);
    lf_box *box = lua_newuserdatauv(L, sizeof *box, op->small);
    *box = (lf_box){&box_mark, op->object.type, {{NULL, NULL}}};
    lf_state_of(L)->debt += object_bytes;
    lua_insert(L, -2);
    lua_setmetatable(L, -2);
    box->object = op->object.object;
    op->object.object.words[0] = NULL;
}

// A box to put an object into; null, with nothing pushed, where the object must be pushed under a protected call.
lf_box *lf_push_empty_box(lua_State *L, lf_type *type) {
    if (type->metatable == LUA_NOREF || atomic_load(&lf_state_of(L)->closing)) return NULL;
    lf_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (lf_box){&box_mark, type, {{NULL, NULL}}};
    lf_state_of(L)->debt += object_bytes;
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

void lf_open_boxes(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, closure_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &closure_mark);
}
