// Decodes the terminal's bytes into characters and keys.
#include "editor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What keys send, and what they do. A key's sequence is replaced by a character that no keyboard sends before libedit
// sees it, so that the key works during a search and in vi's modes, where Escape alone has a meaning.
#define FIRST_KEY 0x80
static const char *const keys[][2] = {
    {PASTE_BEGIN, "luaflow-paste"},
    {"\x1b[A", "ed-prev-history"}, {"\x1b[B", "ed-next-history"},
    {"\x1bOA", "ed-prev-history"}, {"\x1bOB", "ed-next-history"},
    {"\x1b[C", "ed-next-char"}, {"\x1b[D", "ed-prev-char"}, {"\x1bOC", "ed-next-char"}, {"\x1bOD", "ed-prev-char"},
    {"\x1b[H", "ed-move-to-beg"}, {"\x1b[F", "ed-move-to-end"},
    {"\x1bOH", "ed-move-to-beg"}, {"\x1bOF", "ed-move-to-end"},
    {"\x1b[1~", "ed-move-to-beg"}, {"\x1b[4~", "ed-move-to-end"},
    {"\x1b[7~", "ed-move-to-beg"}, {"\x1b[8~", "ed-move-to-end"},
    {"\x1b[3~", "ed-delete-next-char"},
    {"\x1b[5~", "ed-search-prev-history"}, {"\x1b[6~", "ed-search-next-history"},
    {"\x1b[1;5C", "em-next-word"}, {"\x1b[1;5D", "ed-prev-word"},
    {"\x1b[1;3C", "em-next-word"}, {"\x1b[1;3D", "ed-prev-word"},
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };
// How long to wait for the rest of a sequence: Escape alone is a key, too.
enum { KEY_MILLISECONDS = 100 };

// Reads one byte of the terminal: 1, or 0 at the end, or -1; 2 if a signal arrived first, 3 after `milliseconds`.
static int next_byte(EditLine *edit, char *byte, int milliseconds) {
    le_editor *editor = editor_of(edit);
    if (editor->ahead_count) {
        *byte = editor->ahead[0];
        memmove(editor->ahead, editor->ahead + 1, (size_t)--editor->ahead_count);
        return 1;
    }
    for (;;) {
        int heard = 0;
        bool timed_out = false;
        if (!le_wait_readable(STDIN_FILENO, &heard, milliseconds, &timed_out)) {
            if (timed_out) return 3;
            le_handle(edit, editor, heard);
            if (editor->interrupting) return 2;
            continue;
        }
        ssize_t got = read(STDIN_FILENO, byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        return got > 0 ? 1 : (int)got;
    }
}

// After an Escape: the number of the key that follows, or -1 with the bytes put back.
static int key_behind_escape(EditLine *edit) {
    le_editor *editor = editor_of(edit);
    char read[LONGEST_KEY] = "\x1b";
    size_t count = 1;
    for (;;) {
        bool begins = false;
        for (int i = 0; i < KEY_COUNT; i++) {
            if (strncmp(keys[i][0], read, count) != 0) continue;
            if (!keys[i][0][count]) return i;
            begins = true;
        }
        if (!begins || count == sizeof read || next_byte(edit, read + count, KEY_MILLISECONDS) != 1) break;
        count++;
    }
    // Put before bytes that were put back earlier and are still unread.
    size_t left = (size_t)editor->ahead_count, back = count - 1;
    if (left + back > sizeof editor->ahead) left = sizeof editor->ahead - back;
    memmove(editor->ahead + back, editor->ahead, left);
    memcpy(editor->ahead, read + 1, back);
    editor->ahead_count = (int)(back + left);
    return -1;
}

int le_next_character(EditLine *edit, wchar_t *character) {
    le_editor *editor = editor_of(edit);
    fflush(stdout);
    for (;;) {
        if (editor->interrupting == 2) {
            errno = EINTR;
            return -1;
        }
        if (editor->interrupting == 1) {
            editor->interrupting = 2;
            *character = KEY_END[0];
            return 1;
        }
        char byte;
        int got = next_byte(edit, &byte, -1);
        if (got == 2) continue;
        if (got != 1) return got;
        if (byte == '\x1b' && !editor->pasting) {
            int key = key_behind_escape(edit);
            *character = key < 0 ? L'\x1b' : (wchar_t)(FIRST_KEY + key);
            return 1;
        }
        size_t used = mbrtowc(character, &byte, 1, &editor->decoding);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) {
            memset(&editor->decoding, 0, sizeof editor->decoding);
            *character = L'\xfffd';
        }
        return 1;
    }
}

void le_bind_keys(EditLine *edit) {
    static const char *letters[][2] = {
        {KEY_END, "luaflow-end"}, {"\t", "luaflow-complete"},
        {"^R", "em-inc-search-prev"}, {"^S", "em-inc-search-next"},
        {"^W", "ed-delete-prev-word"}, {"^P", "ed-prev-history"}, {"^N", "ed-next-history"},
    };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        el_set(edit, EL_BIND, letters[i][0], letters[i][1], NULL);
    }
    // An interrupt leaves the line also in vi's command mode.
    el_set(edit, EL_BIND, "-a", KEY_END, "luaflow-end", NULL);
    for (int i = 0; i < KEY_COUNT; i++) {
        wchar_t key[] = {(wchar_t)(FIRST_KEY + i), 0}, command[40];
        mbstowcs(command, keys[i][1], sizeof command / sizeof *command);
        el_wset(edit, EL_BIND, key, command, NULL);
        el_wset(edit, EL_BIND, L"-a", key, command, NULL);
    }
}
