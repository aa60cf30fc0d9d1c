// Native functions and types; run.c calls Lua for Swift: layer 7 (state.h lists the layers).
#pragma once

#include "list.h"

// call.c
int lf_trampoline(lua_State *L);
int lf_invoke(lua_State *L, const lf_native *native);
