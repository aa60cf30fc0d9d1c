// Protected calls from Swift into Lua, and the record of a failure.
#include "protect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Registry keys: the traceback of the error that is propagating, and its value.
static const char traceback_key, value_key;

void lf_remember_traceback(lua_State *L, int value, const char *bytes, size_t length) {
    value = lua_absindex(L, value);
    lua_pushlstring(L, bytes, length);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_pushvalue(L, value);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &value_key);
}

void lf_forget_traceback(lua_State *L) {
    // Setting nil creates no key, so that this cannot fail.
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &value_key);
}

// Leaves the error value unchanged. Never calls a script's __tostring, which might not return.
int lf_message_handler(lua_State *L) {
    // A system call that the interrupt's signal woke up may raise an error of its own about it.
    if (lf_is_stopping(lf_state_of(L))) lf_note_stop(L);
    if (lf_is_stop(L, 1)) return 1;
    // An error that comes through a native function already has its traceback.
    lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &value_key);
    if (lua_type(L, -2) == LUA_TSTRING && lua_rawequal(L, -1, 1)) {
        lua_settop(L, 1);
        return 1;
    }
    lua_settop(L, 1);
    luaL_traceback(L, L, NULL, 1);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    lf_remember_traceback(L, 1, text, length);
    lua_settop(L, 1);
    return 1;
}

static char *copy(lf_state *s, const char *bytes, size_t length) {
    char *block = lf_reallocate(s, NULL, length + 1);
    if (!block) return NULL;
    memcpy(block, bytes, length);
    block[length] = 0;
    return block;
}

static void set_message(lf_state *s, lf_failure *failure, const char *bytes, size_t length) {
    failure->message = copy(s, bytes, length);
    failure->message_length = failure->message ? length : 0;
}

// Whether it is Lua's or the host's `not enough memory`, after a position and an operation if there are any.
static bool says_memory(const char *message) {
    const char *found = strstr(message, "not enough memory");
    return found && (found == message || (found - message >= 2 && strncmp(found - 2, ": ", 2) == 0));
}

static int reserve_one(lua_State *L) {
    lf_reserve(L, 1);
    return 0;
}

// Fills the failure from the error value on the top.
static void describe(lf_state *s, lua_State *L, int status, lf_failure *failure) {
    memset(failure, 0, sizeof *failure);
    if (lf_is_stop(L, -1)) {
        failure->kind = s->exiting ? LF_FAILURE_EXIT : LF_FAILURE_STOP;
        failure->exit_code = s->exit_code;
        return;
    }
    failure->kind = status == LUA_ERRMEM ? LF_FAILURE_MEMORY : LF_FAILURE_RUNTIME;
    if (lua_type(L, -1) == LUA_TSTRING) {
        size_t length;
        const char *bytes = lua_tolstring(L, -1, &length);
        set_message(s, failure, bytes, length);
        if (failure->message && says_memory(failure->message)) failure->kind = LF_FAILURE_MEMORY;
    } else if (lua_type(L, -1) == LUA_TNUMBER) {
        char text[64];
        int length = lua_isinteger(L, -1) ? snprintf(text, sizeof text, LUA_INTEGER_FMT, lua_tointeger(L, -1))
                                          : snprintf(text, sizeof text, LUA_NUMBER_FMT, lua_tonumber(L, -1));
        set_message(s, failure, text, (size_t)length);
    } else {
        char text[64];
        int length = snprintf(text, sizeof text, "(error object is a %s value)", lua_typename(L, lua_type(L, -1)));
        set_message(s, failure, text, (size_t)length);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &value_key);
    if (lua_type(L, -2) == LUA_TSTRING && lua_rawequal(L, -1, -3)) {
        size_t length;
        const char *bytes = lua_tolstring(L, -2, &length);
        failure->traceback = copy(s, bytes, length);
        failure->traceback_length = failure->traceback ? length : 0;
    }
    if (failure->kind == LF_FAILURE_MEMORY) s->starved = true;
    lua_pop(L, 2);
    lua_pushcfunction(L, reserve_one);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) failure->value = lf_reference_take(s, L, -1);
    else lua_pop(L, 1);
}

static int reserve_many(lua_State *L) {
    lf_reserve(L, *(lua_Integer *)lua_touserdata(L, 1));
    return 0;
}

// Decodes the values above `top`.
static bool decode_results(lf_state *s, lua_State *L, int top, lf_values *values) {
    int count = lua_gettop(L) - top;
    lua_Integer references = 0;
    for (int i = 1; i <= count; i++) references += lf_reference_needs(L, top + i);
    if (references > s->free_count) {
        lua_pushcfunction(L, reserve_many);
        lua_pushlightuserdata(L, &references);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK) return false;
    }
    values->items = count ? lf_reallocate(s, NULL, (size_t)count * sizeof *values->items) : NULL;
    if (count && !values->items) {
        lua_pushliteral(L, "not enough memory");
        return false;
    }
    for (int i = 0; i < count; i++) {
        lf_decode(L, top + 1 + i, &values->items[i]);
        lf_anchor(s, L, top + 1 + i);
    }
    values->count = (size_t)count;
    return true;
}

// Calls body(argument) with the traceback handler; its results stay on the stack for `values` (null: they are dropped).
bool lf_protect(lf_state *s, lua_CFunction body, void *argument, int results, lf_values *values, lf_failure *failure) {
    lua_State *L = atomic_load(&s->running);
    if (values) memset(values, 0, sizeof *values);
    memset(failure, 0, sizeof *failure);
    if (!L || !lua_checkstack(L, LUA_MINSTACK)) {
        const char *text = L ? "stack overflow" : "the interpreter was closed";
        set_message(s, failure, text, strlen(text));
        return false;
    }
    int top = lua_gettop(L);
    lf_drain(s, L);
    lua_pushcfunction(L, lf_message_handler);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, argument);
    int status = lua_pcall(L, 1, values ? results : 0, top + 1);
    // The error may have been raised in a coroutine or a native call.
    lf_switch(s, L);
    if (status == LUA_OK && values) {
        values->top = top;
        values->stack = L;
        if (lua_checkstack(L, LUA_MINSTACK) && decode_results(s, L, top + 1, values)) return true;
        status = LUA_ERRMEM;
    } else if (status == LUA_OK) {
        lua_settop(L, top);
        return true;
    }
    describe(s, L, status, failure);
    lua_settop(L, top);
    return false;
}

static int error_text(lua_State *L) {
    lf_reference_push(L, lua_touserdata(L, 1));
    if (!luaL_callmeta(L, -1, "__tostring") || lua_type(L, -1) != LUA_TSTRING) lua_pushnil(L);
    return 1;
}

bool lf_error_text(lf_state *s, lf_reference *value, lf_values *text, lf_failure *failure) {
    return lf_protect(s, error_text, value, 1, text, failure);
}

// Slots that were taken for tables and functions now belong to the reader.
void lf_values_done(lf_state *s, lf_values *values) {
    (void)s;
    free(values->items);
    values->items = NULL;
    if (values->stack) lua_settop(values->stack, values->top);
    values->stack = NULL;
}

void lf_failure_clear(lf_failure *failure) {
    free(failure->message);
    free(failure->traceback);
    lf_reference_release(failure->value);
    *failure = (lf_failure){0};
}
