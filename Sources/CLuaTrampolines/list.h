// Results as Swift writes them, and the frames of its calls: layer 6 (state.h lists the layers).
#pragma once

#include "tables.h"

// list.c
void lf_list_clear(lf_list *list);

// frame.c
lf_frame *lf_frame_take(lf_state *state, size_t count);
void lf_frame_give(lf_state *state, lf_frame *frame);

// push.c: may raise
void lf_list_push(lua_State *L, lf_list *list, int first_argument);
