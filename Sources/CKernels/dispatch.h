// What this processor has, asked once per call: __builtin_cpu_supports reads a table filled at start-up.
#pragma once

#if defined(__x86_64__)
#define CK_X86 1
#include <immintrin.h>
#define CK_TARGET_F16C __attribute__((target("avx2,fma,f16c")))
// Byte and word masks (BW) on 256-bit vectors (VL) load the last, partial vector of halves.
#define CK_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
static inline int ck_has_f16c(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
static inline int ck_has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl");
}
#else
#define CK_X86 0
#endif
