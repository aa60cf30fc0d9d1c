// Philox and draws from it, for the vectors that the including file chose.
#include "vectors.h"
#include "philox.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are written two at a time, the earlier one lower");

// Blocks side by side, each word in the lower half of 64 bits, which a 32-bit multiplication reads.
#define BLOCKS FLOATS
#define LOWER 0xFFFFFFFFu

// The blocks `first`, `first` + 1, ...: words 0 and 1 of each in the even places, words 2 and 3 in the odd ones.
TARGET CK_INLINE void blocks(uint64_t seed, uint64_t stream, uint64_t first, uint64_t pairs[2 * BLOCKS]) {
    uint64_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        const uint64_t block = first + (uint64_t)i;
        c0[i] = block;
        c1[i] = block >> 32;
        c2[i] = stream;
        c3[i] = stream >> 32;
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            const uint64_t a = (c0[i] & LOWER) * 0xD2511F53u, b = (c2[i] & LOWER) * 0xCD9E8D57u;
            c0[i] = (b >> 32) ^ c1[i] ^ k0;
            c1[i] = b;
            c2[i] = (a >> 32) ^ c3[i] ^ k1;
            c3[i] = a;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < BLOCKS; i++) {
        pairs[2 * i] = (c0[i] & LOWER) | c1[i] << 32;
        pairs[2 * i + 1] = (c2[i] & LOWER) | c3[i] << 32;
    }
}

TARGET void NAME(ck_philox)(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count) {
    uint64_t block = first / 4;
    size_t skip = first % 4;
    while (skip == 0 && count >= 4 * BLOCKS) {
        uint64_t pairs[2 * BLOCKS];
        blocks(seed, stream, block, pairs);
        memcpy(to, pairs, sizeof pairs);
        to += 4 * BLOCKS;
        count -= 4 * BLOCKS;
        block += BLOCKS;
    }
    while (count) {
        uint64_t pairs[2 * BLOCKS];
        blocks(seed, stream, block, pairs);
        const size_t fresh = 4 * BLOCKS - skip, taken = count < fresh ? count : fresh;
        memcpy(to, (const char *)pairs + skip * sizeof *to, taken * sizeof *to);
        to += taken;
        count -= taken;
        block += BLOCKS;
        skip = 0;
    }
}

#if CK_HAS_SLEEF
// Integers below 2^52 as doubles: written as the mantissa of 2^52, which is then subtracted.
typedef uint64_t bits __attribute__((vector_size(DOUBLES * 8)));
TARGET CK_INLINE doubles whole_doubles(bits x) { return (doubles)(x | 0x4330000000000000u) - 0x1p52; }

// Standard normal numbers by Box and Muller, from two pairs of words each: u in (0, 1), v in [0, 1).
#define CHUNK 256
TARGET static void standard_normals(uint64_t seed, uint64_t stream, uint64_t first, double to[CHUNK], size_t count) {
    uint64_t pairs[2 * CHUNK];
    NAME(ck_philox)(seed, stream, first, (uint32_t *)pairs, 4 * count);
    memset(pairs + 2 * count, 0x55, (CHUNK - count) * 2 * sizeof *pairs);
    for (size_t i = 0; i < count; i += DOUBLES) {
        bits u, v;
        for (int k = 0; k < DOUBLES; k++) {
            u[k] = pairs[2 * (i + (size_t)k)];
            v[k] = pairs[2 * (i + (size_t)k) + 1];
        }
        const doubles radius = SLEEF_OF_doubles(log)((whole_doubles(u >> 12) + 0.5) * 0x1p-52);
        // 53 bits: the upper 52, and the last one.
        const doubles turn = (whole_doubles(v >> 12) * 2 + whole_doubles(v >> 11 & 1)) * 0x1p-53;
        const doubles x = __builtin_elementwise_sqrt(-2 * radius) * SLEEF_OF_doubles(cos)(2 * M_PI * turn);
        store_doubles(to + i, x);
    }
}
#define NORMALS(kind) \
    TARGET bool NAME(ck_normals_##kind)( \
        uint64_t seed, uint64_t stream, uint64_t first, double mean, double deviation, NUMBER_##kind *to, \
        size_t count) { \
        while (count) { \
            double row[CHUNK]; \
            const size_t n = count < CHUNK ? count : CHUNK; \
            standard_normals(seed, stream, first, row, n); \
            for (size_t i = 0; i < n; i++) to[i] = (NUMBER_##kind)(mean + deviation * row[i]); \
            to += n; \
            count -= n; \
            first += 4 * n; \
        } \
        return true; \
    }
#else
#define NORMALS(kind) \
    bool NAME(ck_normals_##kind)( \
        uint64_t seed, uint64_t stream, uint64_t first, double mean, double deviation, NUMBER_##kind *to, \
        size_t count) { \
        return (void)seed, (void)stream, (void)first, (void)mean, (void)deviation, (void)to, (void)count, false; \
    }
#endif
NORMALS(floats)
NORMALS(doubles)
