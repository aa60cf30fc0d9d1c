// The vectors that a file's loops are compiled for, and SLEEF's functions for them. A file defines CK_VECTORS before
// including this: 2 for AVX-512, 1 for AVX2, 0 for the base instruction set (NEON or SSE2).
#pragma once
#include "kernels.h"
#include "dispatch.h"

#include <string.h>

#define CK_INLINE static inline __attribute__((always_inline))

#if CK_VECTORS == 2
#define NAME(function) function##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c")))
#define FLOATS 16
#define SLEEF_FLOATS(function) Sleef_##function##f16_u10avx512f
#define SLEEF_DOUBLES(function) Sleef_##function##d8_u10avx512f
#elif CK_VECTORS == 1
#define NAME(function) function##_avx2
#define TARGET CK_TARGET_F16C
#define FLOATS 8
#define SLEEF_FLOATS(function) Sleef_##function##f8_u10avx2
#define SLEEF_DOUBLES(function) Sleef_##function##d4_u10avx2
#else
#define NAME(function) function##_portable
#define TARGET
#define FLOATS 4
#define SLEEF_FLOATS(function) Sleef_##function##f4_u10
#define SLEEF_DOUBLES(function) Sleef_##function##d2_u10
#endif
#define DOUBLES (FLOATS / 2)

#if CK_VECTORS > 0 || defined(__ARM_NEON)
#define CK_HAS_SLEEF 1
#else
#define CK_HAS_SLEEF 0
#endif

#if CK_VECTORS > 0
typedef float floats __attribute__((vector_size(FLOATS * 4)));
typedef double doubles __attribute__((vector_size(DOUBLES * 8)));
#elif defined(__ARM_NEON)
#include <sleef.h>
typedef float32x4_t floats;
typedef float64x2_t doubles;
#else
typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));
#endif
// Comparisons of vectors give all bits or none, in whole numbers of the elements' size.
typedef int32_t float_masks __attribute__((vector_size(FLOATS * 4)));
typedef int64_t double_masks __attribute__((vector_size(DOUBLES * 8)));

#if CK_VECTORS > 0
// Calls a function of one or two vectors in registers. C cannot do so: if the base instruction set lacks such
// registers, the compiler passes vectors in memory, whatever the caller's target attribute says, while SLEEF expects
// them in registers.
__attribute__((naked, noinline)) static void call_with_vectors(
    void (*function)(void), const void *x, const void *y, void *result) {
    __asm__("pushq %rcx\n\t"
            ".cfi_adjust_cfa_offset 8\n\t"
#if CK_VECTORS == 2
            "vmovups (%rsi), %zmm0\n\t"
            "vmovups (%rdx), %zmm1\n\t"
            "callq *%rdi\n\t"
            "popq %rcx\n\t"
            ".cfi_adjust_cfa_offset -8\n\t"
            "vmovups %zmm0, (%rcx)\n\t"
#else
            "vmovups (%rsi), %ymm0\n\t"
            "vmovups (%rdx), %ymm1\n\t"
            "callq *%rdi\n\t"
            "popq %rcx\n\t"
            ".cfi_adjust_cfa_offset -8\n\t"
            "vmovups %ymm0, (%rcx)\n\t"
#endif
            "retq");
}
#define CK_SLEEF(function, kind, symbol) \
    extern void symbol(void); \
    TARGET CK_INLINE kind sleef_##function##_##kind(kind x) { \
        kind result; \
        call_with_vectors(symbol, &x, &x, &result); \
        return result; \
    }
#define CK_SLEEF_PAIR(function, kind, symbol) \
    extern void symbol(void); \
    TARGET CK_INLINE kind sleef_##function##_##kind(kind x, kind y) { \
        kind result; \
        call_with_vectors(symbol, &x, &y, &result); \
        return result; \
    }
#define CK_SLEEF_BOTH(function) \
    CK_SLEEF(function, floats, SLEEF_FLOATS(function)) CK_SLEEF(function, doubles, SLEEF_DOUBLES(function))
CK_SLEEF_BOTH(exp) CK_SLEEF_BOTH(expm1) CK_SLEEF_BOTH(log) CK_SLEEF_BOTH(log1p) CK_SLEEF_BOTH(sin) CK_SLEEF_BOTH(cos)
CK_SLEEF_BOTH(tan) CK_SLEEF_BOTH(tanh) CK_SLEEF_BOTH(erf)
CK_SLEEF_PAIR(pow, floats, SLEEF_FLOATS(pow))
CK_SLEEF_PAIR(pow, doubles, SLEEF_DOUBLES(pow))
#define SLEEF_OF_floats(function) sleef_##function##_floats
#define SLEEF_OF_doubles(function) sleef_##function##_doubles
#else
#define SLEEF_OF_floats SLEEF_FLOATS
#define SLEEF_OF_doubles SLEEF_DOUBLES
#endif

#define CHOOSE(vector, masks, condition, yes, no) \
    ((vector)(((masks)(yes) & (masks)(condition)) | ((masks)(no) & ~(masks)(condition))))

// Whether any result of a comparison is true.
#if CK_VECTORS == 2
#define ANY(masks) (_mm512_test_epi32_mask((__m512i)(masks), (__m512i)(masks)) != 0)
#elif CK_VECTORS == 1
#define ANY(masks) (_mm256_movemask_epi8((__m256i)(masks)) != 0)
#else
#define ANY(masks) (__builtin_reduce_or(masks) != 0)
#endif

// Names for code that is written once for kinds of number, floats or doubles.
#define NUMBER_floats float
#define NUMBER_doubles double
#define MASKS_floats float_masks
#define MASKS_doubles double_masks
#define LANES_floats FLOATS
#define LANES_doubles DOUBLES

TARGET CK_INLINE floats load_floats(const float *from) { floats x; memcpy(&x, from, sizeof x); return x; }
TARGET CK_INLINE doubles load_doubles(const double *from) { doubles x; memcpy(&x, from, sizeof x); return x; }
TARGET CK_INLINE void store_floats(float *to, floats x) { memcpy(to, &x, sizeof x); }
TARGET CK_INLINE void store_doubles(double *to, doubles x) { memcpy(to, &x, sizeof x); }
TARGET CK_INLINE floats all_floats(float x) {
    floats v = {0};
    for (int i = 0; i < FLOATS; i++) v[i] = x;
    return v;
}
TARGET CK_INLINE doubles all_doubles(double x) {
    doubles v = {0};
    for (int i = 0; i < DOUBLES; i++) v[i] = x;
    return v;
}

// The first `count` elements of a vector, fewer than it holds; the others are loaded as 0 and not stored.
#if CK_VECTORS == 2
TARGET CK_INLINE floats load_part_floats(const float *from, size_t count) {
    return (floats)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}
TARGET CK_INLINE doubles load_part_doubles(const double *from, size_t count) {
    return (doubles)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), from);
}
TARGET CK_INLINE void store_part_floats(float *to, floats x, size_t count) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)x);
}
TARGET CK_INLINE void store_part_doubles(double *to, doubles x, size_t count) {
    _mm512_mask_storeu_pd(to, (__mmask8)((1u << count) - 1), (__m512d)x);
}
#else
TARGET CK_INLINE floats load_part_floats(const float *from, size_t count) {
    float rest[FLOATS] = {0};
    for (size_t i = 0; i < count; i++) rest[i] = from[i];
    return load_floats(rest);
}
TARGET CK_INLINE doubles load_part_doubles(const double *from, size_t count) {
    double rest[DOUBLES] = {0};
    for (size_t i = 0; i < count; i++) rest[i] = from[i];
    return load_doubles(rest);
}
TARGET CK_INLINE void store_part_floats(float *to, floats x, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = x[i];
}
TARGET CK_INLINE void store_part_doubles(double *to, doubles x, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = x[i];
}
#endif
