// The functions of philox.c at each level.
#pragma once
#include "kernels.h"
#include "dispatch.h"

#define CK_PHILOX(level) \
    void ck_philox_##level(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count); \
    bool ck_normals_floats_##level( \
        uint64_t seed, uint64_t stream, uint64_t first, double mean, double deviation, float *to, size_t count); \
    bool ck_normals_doubles_##level( \
        uint64_t seed, uint64_t stream, uint64_t first, double mean, double deviation, double *to, size_t count);
CK_PHILOX(portable)
#if CK_X86
CK_PHILOX(avx2)
CK_PHILOX(avx512)
#endif
