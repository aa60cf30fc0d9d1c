// Lua's library as scripts see it: layer 9 (state.h lists the layers).
#pragma once

#include "running.h"

#include <stdio.h>

// wrap.c: replaces one of Lua's functions by one of ours.
int lf_call_original(lua_State *L);
// Replaces a function of the table on the top by `wrapper`, whose upvalue 1 is the original.
void lf_wrap(lua_State *L, const char *name, lua_CFunction wrapper);

void lf_open_coroutines(lua_State *L);
bool lf_run_finalizer(lua_State *L);
int lf_ordered_pairs(lua_State *L);
void lf_open_guards(lua_State *L);
void lf_open_exit(lua_State *L);
void lf_open_files(lua_State *L);
void lf_write_visible(lf_visible *state, FILE *file, const char *bytes, size_t length);
void lf_note_output(lf_state *state, const char *bytes, size_t length);
void lf_close_streams(lf_state *state);

// For the sandbox.
void lf_open_sandboxed(lua_State *L);
void lf_open_require(lua_State *L);
void lf_push_loaded(lua_State *L);
void lf_open_script_files(lua_State *L);
