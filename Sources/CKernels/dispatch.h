// What this processor can do, asked at each call: __builtin_cpu_supports reads a table that is filled at start-up.
#pragma once

#include "kernels.h"

#if defined(__x86_64__)
#define CK_X86 1
#include <immintrin.h>
#define CK_TARGET_F16C __attribute__((target("avx2,fma,f16c")))
// Byte and word masks (BW) on 256-bit vectors (VL) load the last, partial vector of float16 numbers.
#define CK_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
static inline int ck_has_f16c(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
static inline int ck_has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && ck_has_f16c();
}
#else
#define CK_X86 0
#endif

// The level that a call uses: the requested one, or the best that the processor has.
static inline enum ck_level ck_available(enum ck_level level) {
    enum ck_level best = ck_level_portable;
#if CK_X86
    if (ck_has_f16c()) best = ck_has_avx512() ? ck_level_avx512 : ck_level_avx2;
#endif
    return level < best ? level : best;
}

// The body of a function that exists at every level.
#if CK_X86
#define CK_PICK(function, ...) \
    switch (ck_available(level)) { \
    case ck_level_avx512: return function##_avx512(__VA_ARGS__); \
    case ck_level_avx2: return function##_avx2(__VA_ARGS__); \
    default: return function##_portable(__VA_ARGS__); \
    }
#else
#define CK_PICK(function, ...) return (void)level, function##_portable(__VA_ARGS__);
#endif
