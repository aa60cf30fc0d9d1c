// What the editor's files share: the editor, and the keys.
#pragma once

#include "private.h"

#include <histedit.h>

#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

// A key that no keyboard sends while signals are on; it moves the cursor to the end before an interrupt is reported.
#define KEY_END "\x1c"
#define PASTE_BEGIN "\x1b[200~"
#define PASTE_END "\x1b[201~"
enum { LONGEST_KEY = 8 };

struct le_editor {
    EditLine *edit;
    History *history;
    locale_t locale;
    const char *prompt;
    le_completer completer;
    void *context;
    mbstate_t decoding;
    // Bytes that were read ahead while looking for a key.
    char ahead[LONGEST_KEY];
    int ahead_count;
    bool pasting;
    // 1: the cursor moves to the end; 2: the line is left.
    int interrupting;
    bool failed;
};

static inline le_editor *editor_of(EditLine *edit) {
    void *editor = NULL;
    el_get(edit, EL_CLIENTDATA, &editor);
    return editor;
}

// keys.c
void le_bind_keys(EditLine *edit);
// The next character of the terminal, or the one for a key: returns 1, 0 at the end, or -1.
int le_next_character(EditLine *edit, wchar_t *character);

// line_editor.c: handles signals that arrived while waiting for a key.
void le_handle(EditLine *edit, le_editor *editor, int heard);
