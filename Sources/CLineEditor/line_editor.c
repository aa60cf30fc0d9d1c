// Reading a line with libedit.
#include "private.h"

#include <histedit.h>

#include <errno.h>
#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// A key that no keyboard sends while signals are on: moves the cursor to the end before an interrupt is reported.
#define KEY_END "\x1c"
#define PASTE_BEGIN "\x1b[200~"
#define PASTE_END "\x1b[201~"

struct le_editor {
    EditLine *edit;
    History *history;
    locale_t locale;
    const char *prompt;
    le_completer completer;
    void *context;
    mbstate_t decoding;
    // 1: the cursor goes to the end; 2: the line is left.
    int interrupting;
    bool failed;
};

static le_editor *editor_of(EditLine *edit) {
    void *editor = NULL;
    el_get(edit, EL_CLIENTDATA, &editor);
    return editor;
}

static char *prompt_of(EditLine *edit) { return (char *)editor_of(edit)->prompt; }

static void paste_mode(bool on) {
    fputs(on ? "\x1b[?2004h" : "\x1b[?2004l", stdout);
    fflush(stdout);
}

// ---------------------------------------------------------------- keys

static void handle(EditLine *edit, le_editor *editor, int heard) {
    if (heard & LE_HEARD_INTERRUPT) editor->interrupting = 1;
    if (heard & (LE_HEARD_END | LE_HEARD_STOP)) {
        paste_mode(false);
        el_set(edit, EL_PREP_TERM, 0);
        le_signals_pass_on(heard);
    }
    // Whatever let us go on sends SIGCONT: that redraws the line.
    if (heard & (LE_HEARD_CONTINUE | LE_HEARD_END)) {
        el_set(edit, EL_PREP_TERM, 1);
        paste_mode(true);
    }
    if (heard & LE_HEARD_SIZE) el_resize(edit);
    if (heard & (LE_HEARD_CONTINUE | LE_HEARD_SIZE)) {
        // libedit takes the cursor to be at the line's beginning, and what follows to be empty.
        fputs("\r\x1b[J", stdout);
        fflush(stdout);
        el_set(edit, EL_REFRESH);
    }
}

// One character of the terminal: 1, or 0 at the end, or -1.
static int next_character(EditLine *edit, wchar_t *character) {
    le_editor *editor = editor_of(edit);
    fflush(stdout);
    for (;;) {
        int heard = 0;
        if (editor->interrupting == 2) {
            errno = EINTR;
            return -1;
        }
        if (editor->interrupting == 1) {
            editor->interrupting = 2;
            *character = KEY_END[0];
            return 1;
        }
        if (!le_wait_readable(STDIN_FILENO, &heard)) {
            handle(edit, editor, heard);
            continue;
        }
        char byte;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) return (int)got;
        size_t used = mbrtowc(character, &byte, 1, &editor->decoding);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) {
            memset(&editor->decoding, 0, sizeof editor->decoding);
            *character = L'\xfffd';
        }
        return 1;
    }
}

static unsigned char to_the_end(EditLine *edit, int key) {
    (void)key;
    const LineInfo *line = el_line(edit);
    el_cursor(edit, (int)(line->lastchar - line->cursor));
    return CC_CURSOR;
}

static unsigned char complete(EditLine *edit, int key) {
    (void)key;
    le_editor *editor = editor_of(edit);
    const LineInfo *line = el_line(edit);
    size_t length = (size_t)(line->cursor - line->buffer);
    char *text = malloc(length + 1);
    if (!text) return CC_ERROR;
    memcpy(text, line->buffer, length);
    text[length] = 0;
    le_signals_pass_interrupts(true);
    le_completion answer = editor->completer(editor->context, text, length);
    le_signals_pass_interrupts(false);
    free(text);
    unsigned char result = CC_ERROR;
    if (answer.insert && *answer.insert) {
        el_insertstr(edit, answer.insert);
        result = CC_REFRESH;
    }
    if (answer.list && *answer.list) {
        // A fresh line after the list: libedit draws all of it again there.
        printf("\n%s", answer.list);
        el_set(edit, EL_REFRESH);
        result = CC_NORM;
    }
    free(answer.insert);
    free(answer.list);
    return result;
}

// What a terminal pastes comes in one piece: its line ends do not end the input and its tabs complete nothing.
static unsigned char paste(EditLine *edit, int key) {
    (void)key;
    wchar_t *text = NULL;
    size_t count = 0, capacity = 0;
    static const wchar_t end[] = L"" PASTE_END;
    const size_t end_count = sizeof end / sizeof *end - 1;
    for (;;) {
        if (count + 5 > capacity) {
            capacity = capacity ? 2 * capacity : 256;
            wchar_t *grown = realloc(text, capacity * sizeof *text);
            if (!grown) break;
            text = grown;
        }
        wchar_t character;
        if (next_character(edit, &character) != 1) break;
        if (character == L'\r') character = L'\n';
        if (character == L'\t') {
            for (int i = 0; i < 4; i++) text[count++] = L' ';
            continue;
        }
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

static void bind_keys(EditLine *edit) {
    el_set(edit, EL_ADDFN, "luaflow-end", "Moves to the end of the line", to_the_end);
    el_set(edit, EL_ADDFN, "luaflow-complete", "Completes names", complete);
    el_set(edit, EL_ADDFN, "luaflow-paste", "Inserts what the terminal pastes", paste);
    static const char *keys[][2] = {
        {KEY_END, "luaflow-end"}, {"\t", "luaflow-complete"}, {PASTE_BEGIN, "luaflow-paste"},
        {"^R", "em-inc-search-prev"}, {"^S", "em-inc-search-next"},
        {"^W", "ed-delete-prev-word"}, {"^P", "ed-prev-history"}, {"^N", "ed-next-history"},
        {"\x1b[H", "ed-move-to-beg"}, {"\x1b[F", "ed-move-to-end"},
        {"\x1bOH", "ed-move-to-beg"}, {"\x1bOF", "ed-move-to-end"},
        {"\x1b[1~", "ed-move-to-beg"}, {"\x1b[4~", "ed-move-to-end"}, {"\x1b[3~", "ed-delete-next-char"},
        {"\x1b[5~", "ed-search-prev-history"}, {"\x1b[6~", "ed-search-next-history"},
        {"\x1b[1;5C", "em-next-word"}, {"\x1b[1;5D", "ed-prev-word"},
        {"\x1b[1;3C", "em-next-word"}, {"\x1b[1;3D", "ed-prev-word"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) el_set(edit, EL_BIND, keys[i][0], keys[i][1], NULL);
}

// ---------------------------------------------------------------- the editor

le_editor *le_open(const char *program, le_completer completer, void *context) {
    le_editor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
    editor->completer = completer;
    editor->context = context;
    editor->prompt = "";
    // libedit reads characters by the locale; only this thread's, and only while it edits.
    editor->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    locale_t before = editor->locale ? uselocale(editor->locale) : (locale_t)0;
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
        el_set(editor->edit, EL_GETCFN, next_character);
        bind_keys(editor->edit);
        // ~/.editrc, where people keep `bind -v`.
        el_source(editor->edit, NULL);
    } else {
        editor->failed = true;
    }
    if (before) uselocale(before);
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
    locale_t before = editor->locale ? uselocale(editor->locale) : (locale_t)0;
    le_signals_begin();
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
    if (before) uselocale(before);
    return outcome;
}

void le_remember(le_editor *editor, const char *entry) {
    HistEvent event;
    locale_t before = editor->locale ? uselocale(editor->locale) : (locale_t)0;
    history(editor->history, &event, H_ENTER, entry);
    if (before) uselocale(before);
}

int le_columns(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
