// Runs begin, nest and end, and Ctrl-C ends them: layer 8 (state.h lists the layers).
#pragma once

#include "native.h"

// terminal.c; 0 for a state without the terminal.
int lf_forget_presses(lf_state *state);
void lf_restore_presses(lf_state *state, int presses);
void lf_leave_if_pressed(lf_state *state);
