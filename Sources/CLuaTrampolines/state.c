// Creates and closes states.
#include "library.h"

#include <stdlib.h>

static int open_body(lua_State *L) {
    lf_state *s = lf_state_of(L);
    if (s->sandboxed) lf_open_sandboxed(L);
    else luaL_openlibs(L);
    lua_newtable(L);
    s->slots = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    s->held_slots = luaL_ref(L, LUA_REGISTRYINDEX);
    lf_open_anchors(L);
    lf_open_boxes(L);
    lf_open_decoding(L);
    lf_open_records(L);
    lf_open_coroutines(L);
    lf_open_guards(L);
    lf_open_exit(L);
    if (!s->sandboxed) lf_open_files(L);  // in the sandbox every Lua file is opened by the host
    return 0;
}

lf_state *lf_open(lf_callbacks callbacks, size_t limit, bool sandboxed) {
    lf_state *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->callbacks = callbacks;
    s->sandboxed = sandboxed;
    s->trampoline = lf_trampoline;
    s->ceiling = INT64_C(64) << 20;
    s->L = lua_newstate(lf_allocate, s);
    if (!s->L) {
        free(s);
        return NULL;
    }
    *(lf_state **)lua_getextraspace(s->L) = s;
    atomic_store(&s->running, s->L);
    lua_pushcfunction(s->L, open_body);
    if (lua_pcall(s->L, 0, 0, 0) != LUA_OK) {
        lf_close(s);
        lf_free(s);
        return NULL;
    }
    s->limit = limit;
    s->cap = lf_run_cap(s);
    return s;
}

void lf_close(lf_state *s) {
    lua_State *L = s->L;
    if (!L) return;
    s->fail_at = 0;
    s->limit = s->cap = 0;
    atomic_store(&s->closing, true);
    lf_leave_if_pressed(s);
    atomic_store(&s->stop, 0);
    atomic_store(&s->running, L);
    // Runs finalisers, some of them a script's; they may call native functions.
    lua_close(L);
    s->L = NULL;
    lf_close_streams(s);
    atomic_store(&s->running, NULL);
    lf_leave_thread(s);
}

void lf_free(lf_state *s) {
    while (s->frames) {
        lf_frame *frame = s->frames;
        s->frames = frame->next;
        lf_list_free(frame->results);
        free(frame->storage);
        free(frame);
    }
    while (s->types) {
        lf_type *type = s->types;
        s->types = type->next;
        lf_list_free(type->members);
        free(type->name);
        free(type);
    }
    while (s->blocks) {
        lf_reference *block = s->blocks;
        s->blocks = block->block_next;
        free(block);
    }
    free(s);
}
