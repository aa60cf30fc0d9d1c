// Reading a line without libedit, with the terminal's own editing.
#include "private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

le_outcome le_read_plain(const char *prompt, char **line) {
    char *text = NULL;
    size_t count = 0, capacity = 0;
    le_outcome outcome = LE_END;
    *line = NULL;
    fputs(prompt, stdout);
    fflush(stdout);
    le_signals_begin();
    for (;;) {
        int heard = 0;
        bool timed_out;
        if (!le_wait_readable(STDIN_FILENO, &heard, -1, &timed_out)) {
            if (heard & LE_HEARD_INTERRUPT) {
                // The terminal has discarded the line.
                outcome = LE_INTERRUPTED;
                break;
            }
            le_signals_pass_on(heard);
            if (heard & (LE_HEARD_STOP | LE_HEARD_CONTINUE)) {
                fputs(prompt, stdout);
                fflush(stdout);
            }
            continue;
        }
        char byte;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) {
            if (count) outcome = LE_LINE;
            break;
        }
        if (byte == '\n') {
            outcome = LE_LINE;
            break;
        }
        if (count + 2 > capacity) {
            capacity = capacity ? 2 * capacity : 256;
            char *grown = realloc(text, capacity);
            if (!grown) {
                outcome = LE_FAILED;
                break;
            }
            text = grown;
        }
        text[count++] = byte;
    }
    le_signals_end();
    if (outcome == LE_LINE) {
        if (!text) text = malloc(1);
        if (text) text[count] = 0;
        *line = text;
        return text ? LE_LINE : LE_FAILED;
    }
    free(text);
    fputs("\n", stdout);
    fflush(stdout);
    return outcome;
}
