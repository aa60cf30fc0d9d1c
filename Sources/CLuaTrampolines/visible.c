// Output of an untrusted script on its way to a terminal: control characters are made visible (`^[`). A terminal that
// obeys them can be made to write the clipboard, rename windows or type for the user.
//
// Colours (ESC [ numbers m) pass, as do line ends, tabs and returns. A regular file gets the bytes unchanged.
#include "library.h"

#include <stdio.h>
#include <sys/stat.h>

static bool is_regular_file(FILE *file) {
    struct stat status;
    return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
}

// The length of the colour sequence that begins here, 0 for none.
static size_t colour(const unsigned char *text, size_t length) {
    if (length < 3 || text[0] != 0x1b || text[1] != '[') return 0;
    for (size_t i = 2; i < length && i < 64; i++) {
        if (text[i] == 'm') return i + 1;
        if ((text[i] < '0' || text[i] > '9') && text[i] != ';') return 0;
    }
    return 0;
}

// How many bytes follow this first byte of a UTF-8 character.
static int following(unsigned char first) {
    if (first >= 0xc2 && first <= 0xdf) return 1;
    if (first >= 0xe0 && first <= 0xef) return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : 0;
}

void lf_write_visible(lf_visible *state, FILE *file, const char *bytes, size_t length) {
    if (is_regular_file(file)) {
        fwrite(bytes, 1, length, file);
        return;
    }
    const unsigned char *text = (const unsigned char *)bytes;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text[i];
        size_t passing = colour(text + i, length - i);
        if (passing) {
            fwrite(text + i, 1, passing, file);
            i += passing - 1;
        } else if (c < 0x80) {
            bool plain = (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t' || c == '\r';
            if (!plain) putc('^', file);
            putc(plain ? c : c ^ 0x40, file);
            state->following = 0;
        } else if (c < 0xc0 && state->following > 0) {
            // U+0080 to U+009F are control characters, one byte in older terminals and two in UTF-8.
            bool control = state->first == 0xc2 && c < 0xa0;
            putc(control ? '?' : c, file);
            state->following--;
        } else {
            // A byte that continues no character may also be a control character.
            putc(c < 0xa0 ? '?' : c, file);
            state->following = following(c);
            state->first = c;
        }
    }
}
