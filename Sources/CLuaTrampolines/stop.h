// Where a script is, and stopping it there: layer 3 (state.h lists the layers).
#pragma once

#include "values.h"

// location.c
void lf_note_stop(lua_State *L);

// stop.c
extern const char lf_stop_mark;  // its address is the error value of an interrupt

static inline bool lf_is_stop(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == (const void *)&lf_stop_mark;
}

int lf_raise_stop(lua_State *L);
void lf_arm(lf_state *state);
void lf_switch(lf_state *state, lua_State *to);
void lf_leave_thread(lf_state *state);
