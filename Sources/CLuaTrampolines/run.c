// Running chunks and calling functions for Swift.
#include "native.h"

typedef struct {
    const char *path, *code, *name;
    size_t length;
    bool only_check;
    lf_list *arguments;
    int load_status;
} chunk;

static int run_body(lua_State *L) {
    chunk *c = lua_touserdata(L, 1);
    lf_forget_traceback(L);
    // Binary chunks can crash the interpreter: they are only allowed in files of a trusted user.
    const char *mode = lf_state_of(L)->sandboxed ? "t" : NULL;
    c->load_status = c->path ? luaL_loadfilex(L, c->path, mode) : luaL_loadbufferx(L, c->code, c->length, c->name, "t");
    if (c->load_status != LUA_OK) return lua_error(L);
    if (c->only_check) return 0;
    int base = lua_gettop(L);
    if (c->arguments) lf_list_push(L, c->arguments, 0);
    lua_call(L, lua_gettop(L) - base, LUA_MULTRET);
    return lua_gettop(L) - base + 1;
}

static bool run(lf_state *s, chunk *c, lf_values *results, lf_failure *failure) {
    if (lf_protect(s, run_body, c, LUA_MULTRET, results, failure)) return true;
    if (c->load_status == LUA_ERRSYNTAX) failure->kind = LF_FAILURE_SYNTAX;
    if (c->load_status == LUA_ERRFILE) failure->kind = LF_FAILURE_FILE;
    return false;
}

bool lf_run_file(lf_state *s, const char *path, lf_list *arguments, lf_values *results, lf_failure *failure) {
    chunk c = {.path = path, .arguments = arguments};
    return run(s, &c, results, failure);
}

bool lf_run_code(
    lf_state *s, const char *code, size_t length, const char *name, bool only_check, lf_list *arguments,
    lf_values *results, lf_failure *failure) {
    chunk c = {.code = code, .length = length, .name = name, .only_check = only_check, .arguments = arguments};
    return run(s, &c, results, failure);
}

typedef struct {
    lf_reference *function;
    lf_list *arguments;
    const char *name;
} call;

static int call_body(lua_State *L) {
    call *c = lua_touserdata(L, 1);
    lf_reference_push(L, c->function);
    lf_list_push(L, c->arguments, 0);
    lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
    return lua_gettop(L) - 1;
}

bool lf_call(lf_state *s, lf_reference *function, lf_list *arguments, lf_values *results, lf_failure *failure) {
    call c = {.function = function, .arguments = arguments};
    return lf_protect(s, call_body, &c, LUA_MULTRET, results, failure);
}

static int get_global_body(lua_State *L) {
    call *c = lua_touserdata(L, 1);
    lua_getglobal(L, c->name);
    return 1;
}

bool lf_get_global(lf_state *s, const char *name, lf_values *result, lf_failure *failure) {
    call c = {.name = name};
    return lf_protect(s, get_global_body, &c, 1, result, failure);
}

static int set_global_body(lua_State *L) {
    call *c = lua_touserdata(L, 1);
    lua_pushglobaltable(L);
    lua_pushstring(L, c->name);
    lf_list_push(L, c->arguments, 0);
    lua_rawset(L, 2);
    return 0;
}

bool lf_set_global(lf_state *s, const char *name, lf_list *value, lf_failure *failure) {
    call c = {.name = name, .arguments = value};
    return lf_protect(s, set_global_body, &c, 0, NULL, failure);
}
