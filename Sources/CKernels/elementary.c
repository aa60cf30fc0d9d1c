// Elementary functions of many numbers at once, on SLEEF's vectors (N. Shibata, F. Petrogalli, "SLEEF: A Portable
// Vectorized Library of C Standard Mathematical Functions", IEEE TPDS 31, 2020): at most 1 ulp off.
//
// Every number goes through the same vector code, the last few in a vector filled up with zeros, so that f(x) does not
// depend on where in memory x lies.
#include "kernels.h"
#include "dispatch.h"

#include <string.h>

#if CK_X86 || defined(__ARM_NEON)

#if CK_X86
#define TARGET CK_TARGET_F16C
#define FLOATS 8
#define DOUBLES 4
typedef __m256 floats;
typedef __m256d doubles;
// sleef.h declares these only where the whole file is compiled for AVX2.
#define SLEEF(function) \
    TARGET floats Sleef_##function##f8_u10avx2(floats); \
    TARGET doubles Sleef_##function##d4_u10avx2(doubles);
#define FLOATS_OF(function, x) Sleef_##function##f8_u10avx2(x)
#define DOUBLES_OF(function, x) Sleef_##function##d4_u10avx2(x)
#define LOAD_FLOATS _mm256_loadu_ps
#define LOAD_DOUBLES _mm256_loadu_pd
#define STORE_FLOATS _mm256_storeu_ps
#define STORE_DOUBLES _mm256_storeu_pd
SLEEF(exp) SLEEF(expm1) SLEEF(log) SLEEF(log1p) SLEEF(sin) SLEEF(cos) SLEEF(tan) SLEEF(tanh) SLEEF(erf)
#else
#include <sleef.h>
#define TARGET
#define FLOATS 4
#define DOUBLES 2
typedef float32x4_t floats;
typedef float64x2_t doubles;
#define FLOATS_OF(function, x) Sleef_##function##f4_u10(x)
#define DOUBLES_OF(function, x) Sleef_##function##d2_u10(x)
#define LOAD_FLOATS vld1q_f32
#define LOAD_DOUBLES vld1q_f64
#define STORE_FLOATS vst1q_f32
#define STORE_DOUBLES vst1q_f64
#endif

// Comparisons of vectors give all bits or none, in whole numbers of the elements' size.
typedef int32_t float_masks __attribute__((vector_size(FLOATS * sizeof(float))));
typedef int64_t double_masks __attribute__((vector_size(DOUBLES * sizeof(double))));
#define CHOOSE(vector, masks, condition, yes, no) \
    ((vector)(((masks)(yes) & (masks)(condition)) | ((masks)(no) & ~(masks)(condition))))

// 1 / (1 + e^-x), and log(1 + e^x), by an exponential that does not overflow; the formulas are told in Activations.swift.
#define ACTIVATIONS(name, vector, masks, OF) \
    TARGET static inline vector sigmoid_##name(vector x) { \
        const vector e = OF(exp, CHOOSE(vector, masks, x < 0, x, -x)); \
        return CHOOSE(vector, masks, x < 0, e, (vector){0} + 1) / (1 + e); \
    } \
    TARGET static inline vector softplus_##name(vector x) { \
        const vector e = OF(exp, CHOOSE(vector, masks, x < 0, x, -x)), sum = 1 + e; \
        const vector tail = CHOOSE(vector, masks, sum == 1, e, OF(log, sum) * (e / (sum - 1))); \
        return CHOOSE(vector, masks, x > 0, x, (vector){0}) + tail; \
    }
ACTIVATIONS(floats, floats, float_masks, FLOATS_OF)
ACTIVATIONS(doubles, doubles, double_masks, DOUBLES_OF)

// SLEEF's own is infinite close to the largest numbers, where log(1 + x) is log(x).
#define LOG1P(name, vector, masks, OF, large) \
    TARGET static inline vector log1p_##name(vector x) { \
        return CHOOSE(vector, masks, x > large, OF(log, x), OF(log1p, x)); \
    }
LOG1P(floats, floats, float_masks, FLOATS_OF, 1e37f)
LOG1P(doubles, doubles, double_masks, DOUBLES_OF, 1e306)

#define MAP(name, number, vector, lanes, LOAD, STORE, value) \
    TARGET static void name(const number *from, number *to, size_t count) { \
        size_t i = 0; \
        for (; i + lanes <= count; i += lanes) { \
            const vector x = LOAD(from + i); \
            STORE(to + i, value); \
        } \
        if (i == count) return; \
        number rest[lanes] = {0}; \
        memcpy(rest, from + i, (count - i) * sizeof *rest); \
        const vector x = LOAD(rest); \
        STORE(rest, value); \
        memcpy(to + i, rest, (count - i) * sizeof *rest); \
    }
#define BOTH(function, of_floats, of_doubles) \
    MAP(function##_floats_map, float, floats, FLOATS, LOAD_FLOATS, STORE_FLOATS, of_floats) \
    MAP(function##_doubles_map, double, doubles, DOUBLES, LOAD_DOUBLES, STORE_DOUBLES, of_doubles)
#define LIBRARY(function) BOTH(function, FLOATS_OF(function, x), DOUBLES_OF(function, x))
LIBRARY(exp) LIBRARY(expm1) LIBRARY(log) LIBRARY(sin) LIBRARY(cos) LIBRARY(tan) LIBRARY(tanh)
MAP(erf_floats_map, float, floats, FLOATS, LOAD_FLOATS, STORE_FLOATS, FLOATS_OF(erf, x))
BOTH(log1p, log1p_floats(x), log1p_doubles(x))
BOTH(sigmoid, sigmoid_floats(x), sigmoid_doubles(x))
BOTH(softplus, softplus_floats(x), softplus_doubles(x))

static int has_vectors(void) {
#if CK_X86
    return ck_has_f16c();
#else
    return 1;
#endif
}

#define CASES(kind) \
    switch (function) { \
    case ck_exp: exp_##kind##_map(from, to, count); return true; \
    case ck_expm1: expm1_##kind##_map(from, to, count); return true; \
    case ck_log: log_##kind##_map(from, to, count); return true; \
    case ck_log1p: log1p_##kind##_map(from, to, count); return true; \
    case ck_sin: sin_##kind##_map(from, to, count); return true; \
    case ck_cos: cos_##kind##_map(from, to, count); return true; \
    case ck_tan: tan_##kind##_map(from, to, count); return true; \
    case ck_tanh: tanh_##kind##_map(from, to, count); return true; \
    case ck_sigmoid: sigmoid_##kind##_map(from, to, count); return true; \
    case ck_softplus: softplus_##kind##_map(from, to, count); return true; \
    case ck_erf: break; \
    }

bool ck_map_floats(enum ck_function function, const float *from, float *to, size_t count) {
    if (!has_vectors()) return false;
    if (function == ck_erf) { erf_floats_map(from, to, count); return true; }
    CASES(floats)
    return false;
}

bool ck_map_doubles(enum ck_function function, const double *from, double *to, size_t count) {
    if (!has_vectors()) return false;
    // erf in double precision is quicker one by one.
    CASES(doubles)
    return false;
}

#else
bool ck_map_floats(enum ck_function function, const float *from, float *to, size_t count) {
    return (void)function, (void)from, (void)to, (void)count, false;
}
bool ck_map_doubles(enum ck_function function, const double *from, double *to, size_t count) {
    return (void)function, (void)from, (void)to, (void)count, false;
}
#endif
