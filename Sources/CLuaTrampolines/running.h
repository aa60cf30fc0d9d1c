// Runs begin, nest and end, and Ctrl-C ends them: layer 8 (state.h tells the order).
#pragma once

#include "native.h"

// terminal.c: of a state that has no terminal there are no presses.
int lf_forget_presses(lf_state *state);
void lf_restore_presses(lf_state *state, int presses);
void lf_leave_if_pressed(lf_state *state);
