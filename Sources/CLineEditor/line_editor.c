// Reading a line with libedit.
#include "editor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { INDENT = 4 };

static char *prompt_of(EditLine *edit) { return (char *)editor_of(edit)->prompt; }

static void paste_mode(bool on) {
    fputs(on ? "\x1b[?2004h" : "\x1b[?2004l", stdout);
    fflush(stdout);
}

// ---------------------------------------------------------------- what keys do

// Moves to the beginning of a line without asking the terminal for the cursor's position: as many blanks as there are
// columns stay on a line that was empty, and continue on the next line otherwise.
static void fresh_line(void) {
    int columns = le_columns();
    if (columns > 0) printf("%*s\r\x1b[K", columns, "");
}

void le_handle(EditLine *edit, le_editor *editor, int heard) {
    if (heard & LE_HEARD_INTERRUPT) editor->interrupting = 1;
    if (heard & (LE_HEARD_END | LE_HEARD_STOP)) {
        paste_mode(false);
        el_set(edit, EL_PREP_TERM, 0);
        le_signals_pass_on(heard);
    }
    // Whatever continues the process sends SIGCONT, which redraws the line.
    if (heard & (LE_HEARD_CONTINUE | LE_HEARD_END)) {
        el_set(edit, EL_PREP_TERM, 1);
        paste_mode(true);
    }
    if (heard & LE_HEARD_SIZE) el_resize(edit);
    if (heard & (LE_HEARD_CONTINUE | LE_HEARD_SIZE)) {
        // libedit assumes that the cursor is at the beginning of an empty line.
        fputs("\r\x1b[J", stdout);
        fflush(stdout);
        el_set(edit, EL_REFRESH);
    }
}

static unsigned char to_the_end(EditLine *edit, int key) {
    (void)key;
    const LineInfo *line = el_line(edit);
    el_cursor(edit, (int)(line->lastchar - line->cursor));
    return CC_CURSOR;
}

// Output of a script's completer would disturb the line being edited: it goes to a file first.
static int put_aside(FILE *file) {
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO);
    if (terminal >= 0) dup2(fileno(file), STDOUT_FILENO);
    return terminal;
}

// The beginning of that output, without control characters that move the cursor.
static void bring_back(int terminal, FILE *file, char *text, size_t capacity) {
    text[0] = 0;
    if (terminal >= 0) {
        fflush(stdout);
        dup2(terminal, STDOUT_FILENO);
        close(terminal);
        rewind(file);
        size_t count = fread(text, 1, capacity - 1, file);
        for (size_t i = 0; i < count; i++)
            if ((unsigned char)text[i] < ' ' && text[i] != '\n') text[i] = ' ';
        text[count] = 0;
    }
    if (file) fclose(file);
}

static unsigned char complete(EditLine *edit, int key) {
    (void)key;
    le_editor *editor = editor_of(edit);
    const LineInfo *line = el_line(edit);
    size_t length = (size_t)(line->cursor - line->buffer);
    // At the beginning of a line there is nothing to complete: Tab indents, as do tabs that are pasted without
    // bracketed paste.
    size_t blanks = 0;
    for (; blanks < length; blanks++) {
        const char before = line->cursor[-1 - (ptrdiff_t)blanks];
        if (before != ' ' && before != '\t') break;
    }
    if (blanks == length || line->cursor[-1 - (ptrdiff_t)blanks] == '\n') {
        static const char indent[] = "    ";
        return el_insertstr(edit, indent + blanks % INDENT) ? CC_ERROR : CC_REFRESH;
    }
    char *text = malloc(length + 1);
    if (!text) return CC_ERROR;
    memcpy(text, line->buffer, length);
    text[length] = 0;
    char printed[4096];
    FILE *aside = tmpfile();
    int terminal = aside ? put_aside(aside) : -1;
    le_signals_pass_interrupts(true);
    le_completion answer = editor->completer(editor->context, text, length);
    le_signals_pass_interrupts(false);
    bring_back(terminal, aside, printed, sizeof printed);
    free(text);
    unsigned char result = CC_ERROR;
    if (answer.insert && *answer.insert) {
        el_insertstr(edit, answer.insert);
        result = CC_REFRESH;
    }
    const char *list = answer.list ? answer.list : "";
    if (*list || *printed) {
        // A new line after the list, on which libedit draws everything again.
        printf("\n%s%s", printed, list);
        fresh_line();
        el_set(edit, EL_REFRESH);
        result = CC_NORM;
    }
    free(answer.insert);
    free(answer.list);
    return result;
}

static unsigned char pasted(EditLine *edit) {
    wchar_t *text = NULL;
    size_t count = 0, capacity = 0;
    static const wchar_t end[] = L"" PASTE_END;
    const size_t end_count = sizeof end / sizeof *end - 1;
    for (;;) {
        if (count + 2 > capacity) {
            capacity = capacity ? 2 * capacity : 256;
            wchar_t *grown = realloc(text, capacity * sizeof *text);
            if (!grown) break;
            text = grown;
        }
        wchar_t character;
        if (le_next_character(edit, &character) != 1) break;
        if (character == L'\r') character = L'\n';
        text[count++] = character;
        if (count >= end_count && wmemcmp(text + count - end_count, end, end_count) == 0) {
            count -= end_count;
            while (count && text[count - 1] == L'\n') count--;
            if (!count) break;
            text[count] = 0;
            int failed = el_winsertstr(edit, text);
            free(text);
            return failed ? CC_ERROR : CC_REFRESH;
        }
    }
    free(text);
    return CC_ERROR;
}

// A terminal sends pasted text in one piece: its line ends do not end the input, and its tabs are inserted.
static unsigned char paste(EditLine *edit, int key) {
    (void)key;
    editor_of(edit)->pasting = true;
    unsigned char result = pasted(edit);
    editor_of(edit)->pasting = false;
    return result;
}

// ---------------------------------------------------------------- the editor

le_editor *le_open(const char *program, le_completer completer, void *context) {
    le_editor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
    editor->completer = completer;
    editor->context = context;
    editor->prompt = "";
    // libedit reads characters by the locale: only this thread's is set, and only while it edits. The user's locale may
    // not be installed: then it is null, and uselocale(null) changes nothing.
    editor->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    locale_t before = uselocale(editor->locale);
    if (MB_CUR_MAX == 1) {
        locale_t other = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        if (other) {
            uselocale(other);
            if (editor->locale) freelocale(editor->locale);
            editor->locale = other;
        }
    }
    HistEvent event;
    editor->edit = el_init(program, stdin, stdout, stderr);
    editor->history = history_init();
    if (editor->edit && editor->history) {
        history(editor->history, &event, H_SETSIZE, 10000);
        history(editor->history, &event, H_SETUNIQUE, 1);
        el_set(editor->edit, EL_CLIENTDATA, editor);
        el_set(editor->edit, EL_PROMPT, prompt_of);
        el_set(editor->edit, EL_EDITOR, "emacs");
        el_set(editor->edit, EL_SIGNAL, 0);
        el_set(editor->edit, EL_HIST, history, editor->history);
        el_set(editor->edit, EL_GETCFN, le_next_character);
        el_set(editor->edit, EL_ADDFN, "luaflow-end", "Moves to the end of the line", to_the_end);
        el_set(editor->edit, EL_ADDFN, "luaflow-complete", "Completes names", complete);
        el_set(editor->edit, EL_ADDFN, "luaflow-paste", "Inserts what the terminal pastes", paste);
        // ~/.editrc may contain `bind -v`, which rebinds all keys: ours are bound after it.
        el_source(editor->edit, NULL);
        le_bind_keys(editor->edit);
    } else {
        editor->failed = true;
    }
    uselocale(before);
    if (!editor->failed) return editor;
    le_close(editor);
    return NULL;
}

void le_close(le_editor *editor) {
    if (!editor) return;
    if (editor->history) history_end(editor->history);
    if (editor->edit) el_end(editor->edit);
    if (editor->locale) freelocale(editor->locale);
    free(editor);
}

le_outcome le_read(le_editor *editor, const char *prompt, char **line) {
    *line = NULL;
    editor->prompt = prompt;
    editor->interrupting = 0;
    memset(&editor->decoding, 0, sizeof editor->decoding);
    locale_t before = uselocale(editor->locale);
    le_signals_begin();
    fresh_line();
    paste_mode(true);
    int count = 0;
    const char *text = el_gets(editor->edit, &count);
    paste_mode(false);
    le_outcome outcome = LE_END;
    if (editor->interrupting) {
        el_reset(editor->edit);
        fputs("^C\n", stdout);
        outcome = LE_INTERRUPTED;
    } else if (text && count > 0) {
        size_t length = strlen(text);
        while (length && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
        *line = strndup(text, length);
        outcome = *line ? LE_LINE : LE_FAILED;
    } else {
        fputs("\n", stdout);
    }
    fflush(stdout);
    le_signals_end();
    editor->prompt = "";
    uselocale(before);
    return outcome;
}

void le_remember(le_editor *editor, const char *entry) {
    HistEvent event;
    locale_t before = uselocale(editor->locale);
    history(editor->history, &event, H_ENTER, entry);
    uselocale(before);
}

int le_columns(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
