// Calls from Lua into native functions, and the way back.
#include "native.h"

static const char native_mark;

lf_native lf_native_make(void *context, int32_t bound, int32_t skip, int32_t limit) {
    return (lf_native){&native_mark, context, bound, skip, limit, NULL};
}

// Runs under a protected call: pushes the frame's results, and before them the call's values if an instruction needs
// these.
static int push_results(lua_State *L) {
    lf_frame *frame = lua_touserdata(L, 1);
    int before = lua_gettop(L);
    lf_list_push(L, frame->results, 2);
    return lua_gettop(L) - before;
}

// Runs under a protected call: leaves the error value on the stack.
static int make_error(lua_State *L) {
    lf_frame *frame = lua_touserdata(L, 1);
    if (frame->error) {
        lf_reference_push(L, frame->error);
        if (frame->message) lf_remember_traceback(L, -1, frame->message, frame->message_length);
        return 1;
    }
    luaL_where(L, 2);  // 0 is this function, 1 the native one, 2 its caller
    if (frame->message) lua_pushlstring(L, frame->message, frame->message_length);
    else lua_pushliteral(L, "not enough memory");
    lua_concat(L, 2);
    return 1;
}

// Results that neither allocate nor nest are pushed without a protected call.
static int push_simple(lua_State *L, lf_frame *frame, int first, int bound) {
    const lf_list *list = frame->results;
    for (size_t i = 0; i < list->count; i++) {
        const lf_op *op = &list->ops[i];
        switch (op->code) {
        case OP_BOOLEAN: lua_pushboolean(L, (int)op->integer); break;
        case OP_INTEGER: lua_pushinteger(L, op->integer); break;
        case OP_NUMBER: lua_pushnumber(L, op->number); break;
        case OP_REFERENCE: lf_reference_push(L, op->reference); break;
        case OP_ARGUMENT:
            lua_pushvalue(L, op->small < bound ? lua_upvalueindex(2 + op->small) : first + op->small - bound);
            break;
        default: lua_pushnil(L);
        }
    }
    return (int)list->count;
}

// The type of the result, if it is a single new object that holds no script values; else null.
static lf_type *made_type(const lf_list *list) {
    const lf_op *op = list->ops;
    return list->count == 1 && !list->failed && op->code == OP_OBJECT && !op->small ? op->object.type : NULL;
}

// The index of the i-th value of a call: bound ones first, then the arguments.
static int value_index(const lf_native *native, int i) {
    return i < native->bound ? lua_upvalueindex(2 + i) : native->skip + 1 + i - native->bound;
}

int lf_invoke(lua_State *L, const lf_native *native) {
    lf_state *s = lf_state_of(L);
    // ---- Nothing is held yet: raising errors is allowed.
    int arguments = lua_gettop(L) - native->skip;
    if (arguments < 0) arguments = 0;
    if (native->limit && arguments > native->limit) arguments = native->limit;
    int count = native->bound + arguments;
    luaL_checkstack(L, LUA_MINSTACK, "too many arguments");
    lf_drain(s, L);
    lf_before_call(s, L);
    int references = 0;
    for (int i = 0; i < count; i++) references += lf_reference_needs(L, value_index(native, i));
    if (references) lf_reserve(L, references);
    // A function that returned a new object last time probably does again: its userdata is made now, where raising an
    // error is allowed, which saves a protected call later.
    lf_box *box = native->makes ? lf_push_empty_box(L, native->makes) : NULL;
    const int box_index = box ? lua_gettop(L) : 0;
    lf_frame *frame = lf_frame_take(s, (size_t)count);
    if (!frame) return luaL_error(L, "not enough memory");

    // ---- Calls Swift. Nothing from here to `give` may raise an error.
    for (int i = 0; i < count; i++) lf_decode(L, value_index(native, i), &frame->storage[i]);
    s->invocations++;
    int outcome = s->callbacks.call(native->context, frame);
    s->invocations--;
    lf_after_call(s, L, frame->charged, frame->live);

    int status = LUA_OK;
    int results = 0;
    lf_list *list = frame->results;
    lf_type *made = outcome == LF_RETURN ? made_type(list) : NULL;
    if (box && made == box->type) {
        box->object = list->ops[0].object.object;
        list->ops[0].object.object.words[0] = NULL;
        lua_pushvalue(L, box_index);
        results = 1;
    } else if (outcome == LF_RETURN && !list->complex && lua_checkstack(L, list->most + 3)) {
        results = push_simple(L, frame, native->skip + 1, native->bound);
    } else if (outcome != LF_STOP) {
        bool raises = outcome != LF_RETURN;
        int top = lua_gettop(L);
        int values = !raises && list->uses_arguments ? count : 0;
        if (lua_checkstack(L, values + 4)) {
            lua_pushcfunction(L, raises ? make_error : push_results);
            lua_pushlightuserdata(L, frame);
            for (int i = 0; i < values; i++) lua_pushvalue(L, value_index(native, i));
            status = lua_pcall(L, 1 + values, raises ? 1 : LUA_MULTRET, 0);
            results = lua_gettop(L) - top;
            if (raises) status = LUA_ERRRUN;
        } else {
            status = LUA_ERRMEM;
        }
    }
    if (native->makes != made) ((lf_native *)native)->makes = made;
    lf_frame_give(s, frame);

    // ---- Nothing is held any more.
    lf_drain(s, L);
    lf_drop_anchors(s, L);
    if (outcome == LF_STOP) return lf_raise_stop(L);
    if (status == LUA_ERRMEM && results == 0) return luaL_error(L, "stack overflow");
    if (status != LUA_OK) return lua_error(L);
    return results;
}

int lf_trampoline(lua_State *L) {
    const lf_native *native = lua_touserdata(L, lua_upvalueindex(1));
    if (!native || native->magic != &native_mark) return luaL_error(L, "not a native function any more");
    return lf_invoke(L, native);
}
