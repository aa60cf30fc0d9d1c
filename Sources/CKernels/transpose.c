#include "kernels.h"
#include <string.h>

// Tile by tile: a tile's lines of both sides stay in the innermost cache. Within it, 8 x 8 elements go through
// registers: eight row loads, three rounds of interleaving, eight row stores. Vector types, not intrinsics: SSE2, AVX
// and NEON all have these interleavings.
enum { TILE = 64, BLOCK = 8 };

#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

#define CK_TRANSPOSE(bytes, element)                                                                                   \
    typedef element vector_##bytes __attribute__((vector_size(BLOCK * bytes)));                                        \
                                                                                                                       \
    static inline __attribute__((always_inline)) void transpose_block_##bytes(                                         \
        const element *from, size_t stride, element *to, size_t to_stride) {                                           \
        vector_##bytes a[BLOCK], b[BLOCK];                                                                             \
        for (size_t k = 0; k < BLOCK; k++) memcpy(&a[k], from + k * stride, sizeof a[k]);                              \
        /* A round of interleaving k with k + 4 is a rotation of the six bits of (row, column); three make a swap. */  \
        for (int k = 0; k < 4; k++) b[2 * k] = LOW(a[k], a[k + 4]), b[2 * k + 1] = HIGH(a[k], a[k + 4]);               \
        for (int k = 0; k < 4; k++) a[2 * k] = LOW(b[k], b[k + 4]), a[2 * k + 1] = HIGH(b[k], b[k + 4]);               \
        for (int k = 0; k < 4; k++) b[2 * k] = LOW(a[k], a[k + 4]), b[2 * k + 1] = HIGH(a[k], a[k + 4]);               \
        for (size_t k = 0; k < BLOCK; k++) memcpy(to + k * to_stride, &b[k], sizeof b[k]);                             \
    }                                                                                                                  \
                                                                                                                       \
    void ck_transpose_##bytes(const element *from, size_t stride, size_t rows, size_t columns, element *to,            \
                              size_t to_stride) {                                                                      \
        for (size_t r0 = 0; r0 < rows; r0 += TILE) {                                                                   \
            const size_t r1 = rows - r0 < TILE ? rows : r0 + TILE;                                                     \
            for (size_t c0 = 0; c0 < columns; c0 += TILE) {                                                            \
                const size_t c1 = columns - c0 < TILE ? columns : c0 + TILE;                                           \
                const size_t r_end = r0 + (r1 - r0) / BLOCK * BLOCK, c_end = c0 + (c1 - c0) / BLOCK * BLOCK;           \
                for (size_t c = c0; c < c_end; c += BLOCK)                                                             \
                    for (size_t r = r0; r < r_end; r += BLOCK)                                                         \
                        transpose_block_##bytes(from + r * stride + c, stride, to + c * to_stride + r, to_stride);     \
                for (size_t c = c0; c < c1; c++)                                                                       \
                    for (size_t r = c < c_end ? r_end : r0; r < r1; r++)                                               \
                        to[c * to_stride + r] = from[r * stride + c];                                                  \
            }                                                                                                          \
        }                                                                                                              \
    }

CK_TRANSPOSE(1, uint8_t)
CK_TRANSPOSE(2, uint16_t)
CK_TRANSPOSE(4, uint32_t)
CK_TRANSPOSE(8, uint64_t)
