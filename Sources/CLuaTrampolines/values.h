// Values on both sides of the border: layer 2 (state.h lists the layers).
#pragma once

#include "state.h"

// reference.c: Lua values that Swift holds.
void lf_drain(lf_state *state, lua_State *L);
void lf_reserve(lua_State *L, lua_Integer count);
lf_reference *lf_reference_take(lf_state *state, lua_State *L, int index);
void lf_reference_push(lua_State *L, lf_reference *reference);
void lf_reference_retain(lf_reference *reference);
void lf_hold(lua_State *L, lf_reference *reference);
void lf_let_go(lua_State *L, int box);
void lf_open_anchors(lua_State *L);
void lf_anchor(lf_state *s, lua_State *L, int index);
void lf_drop_anchors(lf_state *s, lua_State *L);

// box.c: userdata of Swift's objects, and of the native functions of closures.
lf_box *lf_to_box(lua_State *L, int index);
void lf_push_box(lua_State *L, lf_op *op);
lf_box *lf_push_empty_box(lua_State *L, lf_type *type);
void lf_push_native_box(lua_State *L, lf_native *native);
void lf_open_boxes(lua_State *L);

// decode.c: from Lua's stack to what Swift reads.
extern const char lf_name_key;   // registry key of the string "__name"
void lf_decode(lua_State *L, int index, lf_value *value);
int lf_reference_needs(lua_State *L, int index);
void lf_open_decoding(lua_State *L);
