// Shared by the files of this target only.
#pragma once

#include <line_editor.h>

#include <signal.h>
#include <stdbool.h>
#include <wchar.h>

// signals.c: what arrived while a line is read.
enum { LE_HEARD_INTERRUPT = 1, LE_HEARD_STOP = 2, LE_HEARD_CONTINUE = 4, LE_HEARD_SIZE = 8, LE_HEARD_END = 16 };

// From here on signals are noted; they come through only inside le_wait_readable.
void le_signals_begin(void);
void le_signals_end(void);
// Waits for input; false when a signal was heard first, or when so many milliseconds have passed (negative: no limit).
// Takes what was heard.
bool le_wait_readable(int descriptor, int *heard, int milliseconds, bool *timed_out);
// Carries out the stop or the end that was heard: as if this file had not been there.
void le_signals_pass_on(int heard);
// While the completer runs, an interrupt is the program's own again.
void le_signals_pass_interrupts(bool pass);
