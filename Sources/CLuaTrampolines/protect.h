// Protected calls, and the collector, which runs in one: layer 4 (state.h lists the layers).
#pragma once

#include "stop.h"

// failure.c
int lf_message_handler(lua_State *L);
bool lf_protect(
    lf_state *state, lua_CFunction body, void *argument, int results, lf_values *values, lf_failure *failure);
void lf_remember_traceback(lua_State *L, int value, const char *bytes, size_t length);
void lf_forget_traceback(lua_State *L);

// collect.c
void lf_before_call(lf_state *state, lua_State *L);
void lf_after_call(lf_state *state, lua_State *L, int64_t charged, int64_t live);
