// Carries out a list of instructions. May raise an error at every step: what does not belong to Lua yet stays in the
// list, which its owner clears.
#include "list.h"

#include <stdlib.h>

// `first_argument` is the stack index of the call's first value, for values that are pushed again.
void lf_list_push(lua_State *L, lf_list *list, int first_argument) {
    if (list->failed) luaL_error(L, "not enough memory");
    // Six more for what single instructions need.
    luaL_checkstack(L, list->most + 6, "too many results");
    // A pushed object moves into its userdata, and a string is copied: each instruction then releases what it held.
    for (size_t i = 0; i < list->count; i++) {
        lf_op *op = &list->ops[i];
        // No hook runs during C code, so that the flag is checked here.
        if ((i & 0xffff) == 0xffff && lf_is_stopping(list->state)) lf_raise_stop(L);
        switch (op->code) {
        case OP_NIL: lua_pushnil(L); break;
        case OP_BOOLEAN: lua_pushboolean(L, (int)op->integer); break;
        case OP_INTEGER: lua_pushinteger(L, op->integer); break;
        case OP_NUMBER: lua_pushnumber(L, op->number); break;
        case OP_STRING: lua_pushlstring(L, op->string.bytes, op->string.length); break;
        case OP_OBJECT: lf_push_box(L, op); break;
        case OP_ARGUMENT: lua_pushvalue(L, first_argument + op->small); break;
        case OP_REFERENCE: lf_reference_push(L, op->reference); break;
        case OP_NATIVE:
            lua_pushlightuserdata(L, (void *)op->native);
            lua_pushcclosure(L, list->state->trampoline, 1);
            break;
        case OP_ADDRESS: lua_pushlightuserdata(L, (void *)op->native); break;
        case OP_CLOSURE: lf_push_native_box(L, &op->closure); break;
        case OP_END_CLOSURE: lua_pushcclosure(L, list->state->trampoline, op->small + 1); break;
        case OP_TABLE: lua_createtable(L, op->small, (int)op->integer); break;
        case OP_SET_INDEX: lua_rawseti(L, -2, op->integer); break;
        case OP_SET_FIELD:
            lua_pushlstring(L, op->string.bytes, op->string.length);
            lua_insert(L, -2);
            lua_rawset(L, -3);
            break;
        case OP_SET_METATABLE: lua_setmetatable(L, -2); break;
        case OP_RECORD: lf_mark_record(L); break;
        case OP_HELD: lf_hold(L, op->reference); break;
        case OP_READONLY: lf_make_readonly(L, true); break;
        }
    }
}
