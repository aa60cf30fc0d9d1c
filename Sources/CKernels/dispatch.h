// What this processor has, asked once per call: __builtin_cpu_supports reads a table filled at start-up.
#pragma once

#if defined(__x86_64__)
#define CK_X86 1
#include <immintrin.h>
#define CK_TARGET_F16C __attribute__((target("avx2,fma,f16c")))
static inline int ck_has_f16c(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
#else
#define CK_X86 0
#endif
