// Radix sort, lowest digit first: each pass orders elements by one digit and keeps the order of equal ones.
#include "kernels.h"

#include <string.h>

#define DIGIT(key, shift) ((size_t)((key) >> (shift)) & (CK_RADIX - 1))

void ck_radix_count_narrow(const uint64_t *from, size_t count, unsigned shift, size_t places[CK_RADIX]) {
    for (size_t i = 0; i < count; i++) places[DIGIT(from[i], shift)]++;
}

void ck_radix_count_wide(const struct ck_ranked *from, size_t count, unsigned shift, size_t places[CK_RADIX]) {
    for (size_t i = 0; i < count; i++) places[DIGIT(from[i].key, shift)]++;
}

bool ck_radix_places(size_t places[CK_RADIX], size_t count) {
    size_t before = 0;
    for (size_t digit = 0; digit < CK_RADIX; digit++) {
        const size_t here = places[digit];
        if (here == count) return false;
        places[digit] = before;
        before += here;
    }
    return true;
}

void ck_radix_move_narrow(
    const uint64_t *from, size_t count, unsigned shift, size_t places[CK_RADIX], uint64_t *to) {
    for (size_t i = 0; i < count; i++) to[places[DIGIT(from[i], shift)]++] = from[i];
}

void ck_radix_move_wide(
    const struct ck_ranked *from, size_t count, unsigned shift, size_t places[CK_RADIX], struct ck_ranked *to) {
    for (size_t i = 0; i < count; i++) to[places[DIGIT(from[i].key, shift)]++] = from[i];
}
