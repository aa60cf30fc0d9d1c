// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011), many blocks at once: a block depends on its number alone.
#include "kernels.h"
#include "dispatch.h"

#include <string.h>

// As many blocks as fill a vector of 32-bit words side by side.
#define LANES 8

// The blocks `first`, `first` + 1, ..., word by word as they are drawn.
static inline __attribute__((always_inline)) void blocks(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t words[4 * LANES]) {
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    for (int i = 0; i < LANES; i++) {
        const uint64_t block = first + (uint64_t)i;
        c0[i] = (uint32_t)block;
        c1[i] = (uint32_t)(block >> 32);
        c2[i] = (uint32_t)stream;
        c3[i] = (uint32_t)(stream >> 32);
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < LANES; i++) {
            const uint64_t a = (uint64_t)c0[i] * 0xD2511F53u, b = (uint64_t)c2[i] * 0xCD9E8D57u;
            c0[i] = (uint32_t)(b >> 32) ^ c1[i] ^ k0;
            c1[i] = (uint32_t)b;
            c2[i] = (uint32_t)(a >> 32) ^ c3[i] ^ k1;
            c3[i] = (uint32_t)a;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < LANES; i++) {
        words[4 * i] = c0[i];
        words[4 * i + 1] = c1[i];
        words[4 * i + 2] = c2[i];
        words[4 * i + 3] = c3[i];
    }
}

static inline __attribute__((always_inline)) void fill(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count) {
    uint32_t words[4 * LANES];
    uint64_t block = first / 4;
    size_t skip = first % 4;
    while (count) {
        blocks(seed, stream, block, words);
        const size_t fresh = 4 * LANES - skip, taken = count < fresh ? count : fresh;
        memcpy(to, words + skip, taken * sizeof *to);
        to += taken;
        count -= taken;
        block += LANES;
        skip = 0;
    }
}

#if CK_X86
CK_TARGET_F16C
static void fill_avx2(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count) {
    fill(seed, stream, first, to, count);
}
#endif

void ck_philox(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count) {
#if CK_X86
    if (ck_has_f16c()) { fill_avx2(seed, stream, first, to, count); return; }
#endif
    fill(seed, stream, first, to, count);
}
