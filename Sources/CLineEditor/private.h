// Shared by the files of this target only.
#pragma once

#include <line_editor.h>

#include <signal.h>
#include <stdbool.h>
#include <wchar.h>

// signals.c: signals that arrived while a line is read.
enum { LE_HEARD_INTERRUPT = 1, LE_HEARD_STOP = 2, LE_HEARD_CONTINUE = 4, LE_HEARD_SIZE = 8, LE_HEARD_END = 16 };

// From here on signals are recorded; they are delivered only inside le_wait_readable.
void le_signals_begin(void);
void le_signals_end(void);
// Waits for input; false if a signal arrived first, or after so many milliseconds (negative: no limit). Returns the
// signals in `heard`.
bool le_wait_readable(int descriptor, int *heard, int milliseconds, bool *timed_out);
// Carries out a stop or an end of the process as if this file did not exist.
void le_signals_pass_on(int heard);
// While the completer runs, interrupts are handled by the program again.
void le_signals_pass_interrupts(bool pass);
