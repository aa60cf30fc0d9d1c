// libedit for Swift: its own functions are variadic, and its callbacks must be C functions.
//
// While a line is read, this file handles the signals of the terminal: Ctrl-C abandons the line, Ctrl-Z stops the
// program and redraws the line when it continues, a new window size redraws, and a signal that ends the program
// restores the terminal first. Otherwise nothing of the process is changed.
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct le_editor le_editor;

// The text at which Tab was pressed, and the result. `text` is the line up to the cursor.
typedef struct {
    // Malloc'ed by the callback, or null: text to insert at the cursor, and lines to show below the line.
    char *insert;
    char *list;
} le_completion;

typedef le_completion (*le_completer)(void *context, const char *text, size_t length);

typedef enum { LE_LINE, LE_END, LE_INTERRUPTED, LE_FAILED } le_outcome;

// On standard input and output. Null when memory runs out or the terminal is unknown.
le_editor *le_open(const char *program, le_completer completer, void *context);
void le_close(le_editor *editor);

// Reads one line, without its end; `*line` is malloc'ed and the caller's for LE_LINE.
le_outcome le_read(le_editor *editor, const char *prompt, char **line);
// Adds an entry to the end of the history, unless it is the last one already.
void le_remember(le_editor *editor, const char *entry);

// A line without editing, for terminals that cannot move the cursor.
le_outcome le_read_plain(const char *prompt, char **line);

// The columns of the terminal on standard output; 0 if unknown.
int le_columns(void);
