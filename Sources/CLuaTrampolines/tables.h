// Two special kinds of tables; table.c reads any table: layer 5 (state.h lists the layers).
#pragma once

#include "protect.h"

// records.c
void lf_open_records(lua_State *L);
void lf_mark_record(lua_State *L);
bool lf_is_record(lua_State *L, int index);

// readonly.c
void lf_open_readonly(lua_State *L);
void lf_make_readonly(lua_State *L, bool deep);
bool lf_push_target(lua_State *L, int index);
