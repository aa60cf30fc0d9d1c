// Functions of single numbers and of pairs, for the vectors that the including file chose.
//
// Every number goes through the same vector code, the last ones in a vector padded with zeros, so that f(x) depends
// neither on where in memory x lies nor on how a loop is divided among threads.
#include "exponentials.h"
#include "elementwise.h"

#pragma STDC FP_CONTRACT OFF

#if CK_HAS_SLEEF

// Elementary functions by SLEEF (N. Shibata, F. Petrogalli, "SLEEF: A Portable Vectorized Library of C Standard
// Mathematical Functions", IEEE TPDS 31, 2020): at most 1 ulp off.
#define LIBRARY(function, kind) \
    TARGET CK_INLINE kind function##_##kind(kind x) { return SLEEF_OF_##kind(function)(x); }

#define FUNCTIONS(kind, large) \
    LIBRARY(expm1, kind) LIBRARY(log, kind) LIBRARY(tan, kind) \
    /* SLEEF's own is infinite close to the largest numbers, where log(1 + x) is log(x). */ \
    TARGET CK_INLINE kind log1p_##kind(kind x) { \
        const kind y = SLEEF_OF_##kind(log1p)(x); \
        if (!ANY((MASKS_##kind)(x > large))) return y; \
        return CHOOSE(kind, MASKS_##kind, x > large, log_##kind(x), y); \
    } \
    /* e ^ -|x|, which does not overflow; -|-NaN| keeps NaN. */ \
    TARGET CK_INLINE kind decay_##kind(kind x) { \
        return exp_##kind(CHOOSE(kind, MASKS_##kind, x < 0, x, -x)); \
    } \
    /* 1 / (1 + e^-x), and log(1 + e^x); the formulas are told in Activations.swift. */ \
    TARGET CK_INLINE kind sigmoid_##kind(kind x) { \
        const kind e = decay_##kind(x); \
        return CHOOSE(kind, MASKS_##kind, x < 0, e, (kind){0} + 1) / (1 + e); \
    } \
    TARGET CK_INLINE kind softplus_##kind(kind x) { \
        const kind e = decay_##kind(x), sum = 1 + e; \
        const kind tail = CHOOSE(kind, MASKS_##kind, sum == 1, e, log_##kind(sum) * (e / (sum - 1))); \
        return CHOOSE(kind, MASKS_##kind, x > 0, x, (kind){0}) + tail; \
    } \
    TARGET CK_INLINE kind sigmoid_slope_##kind(kind x) { \
        const kind e = decay_##kind(x), sum = 1 + e; \
        return e / (sum * sum); \
    } \
    TARGET CK_INLINE kind tanh_slope_##kind(kind x) { \
        const kind e = decay_##kind(2 * x), sum = 1 + e; \
        return 4 * e / (sum * sum); \
    } \
    /* The squares that scripts write, exactly. */ \
    TARGET CK_INLINE kind pow_##kind(kind x, kind y) { \
        const kind square = x * x, power = SLEEF_OF_##kind(pow)(x, y); \
        const kind some = CHOOSE(kind, MASKS_##kind, y == 3, square * x, power); \
        return CHOOSE(kind, MASKS_##kind, y == 2, square, CHOOSE(kind, MASKS_##kind, y == 1, x, some)); \
    }
LIBRARY(exp, doubles) LIBRARY(tanh, doubles) LIBRARY(erf, doubles) LIBRARY(sin, doubles) LIBRARY(cos, doubles)
FUNCTIONS(floats, 1e37f)
FUNCTIONS(doubles, 1e306)

#define MAP(function, kind) \
    TARGET static void function##_##kind##_map(const NUMBER_##kind *from, NUMBER_##kind *to, size_t count) { \
        size_t i = 0; \
        for (; i + LANES_##kind <= count; i += LANES_##kind) \
            store_##kind(to + i, function##_##kind(load_##kind(from + i))); \
        if (i < count) \
            store_part_##kind(to + i, function##_##kind(load_part_##kind(from + i, count - i)), count - i); \
    }
#define ALL_MAPS(kind) \
    MAP(exp, kind) MAP(expm1, kind) MAP(log, kind) MAP(log1p, kind) MAP(sin, kind) MAP(cos, kind) MAP(tan, kind) \
    MAP(tanh, kind) MAP(erf, kind) MAP(sigmoid, kind) MAP(softplus, kind) MAP(sigmoid_slope, kind) \
    MAP(tanh_slope, kind)
ALL_MAPS(floats)
ALL_MAPS(doubles)

#define MAP_CASES(kind) \
    switch (function) { \
    case ck_exp: exp_##kind##_map(from, to, count); return true; \
    case ck_expm1: expm1_##kind##_map(from, to, count); return true; \
    case ck_log: log_##kind##_map(from, to, count); return true; \
    case ck_log1p: log1p_##kind##_map(from, to, count); return true; \
    case ck_sin: sin_##kind##_map(from, to, count); return true; \
    case ck_cos: cos_##kind##_map(from, to, count); return true; \
    case ck_tan: tan_##kind##_map(from, to, count); return true; \
    case ck_tanh: tanh_##kind##_map(from, to, count); return true; \
    case ck_erf: erf_##kind##_map(from, to, count); return true; \
    case ck_sigmoid: sigmoid_##kind##_map(from, to, count); return true; \
    case ck_softplus: softplus_##kind##_map(from, to, count); return true; \
    case ck_sigmoid_slope: sigmoid_slope_##kind##_map(from, to, count); return true; \
    case ck_tanh_slope: tanh_slope_##kind##_map(from, to, count); return true; \
    case ck_sqrt: break; \
    }
#else
#define MAP_CASES(kind)
#endif

// Correctly rounded (IEEE 754), on every processor.
#define SQUARE_ROOTS(kind) \
    TARGET static void sqrt_##kind##_map(const NUMBER_##kind *from, NUMBER_##kind *to, size_t count) { \
        size_t i = 0; \
        for (; i + LANES_##kind <= count; i += LANES_##kind) \
            store_##kind(to + i, __builtin_elementwise_sqrt(load_##kind(from + i))); \
        if (i < count) \
            store_part_##kind( \
                to + i, __builtin_elementwise_sqrt(load_part_##kind(from + i, count - i)), count - i); \
    }
SQUARE_ROOTS(floats)
SQUARE_ROOTS(doubles)

#define MAPS(kind) \
    TARGET bool NAME(ck_map_##kind)( \
        enum ck_function function, const NUMBER_##kind *from, NUMBER_##kind *to, size_t count) { \
        if (function == ck_sqrt) { sqrt_##kind##_map(from, to, count); return true; } \
        MAP_CASES(kind) \
        return false; \
    }
MAPS(floats)
MAPS(doubles)

// Pairs with steps of 0 (one number for all) or 1. The three layouts have three loops.
#define PAIRS(number, call) \
    if (a_step && b_step) { \
        for (size_t i = 0; i < count; i++) { const number x = a[i], y = b[i]; to[i] = call; } \
    } else if (a_step) { \
        const number y = *b; \
        for (size_t i = 0; i < count; i++) { const number x = a[i]; to[i] = call; } \
    } else { \
        const number x = *a; \
        for (size_t i = 0; i < count; i++) { const number y = b[i * (size_t)b_step]; to[i] = call; } \
    } \
    return true;

#if CK_HAS_SLEEF
#define POWERS(kind) \
    TARGET static void pow_##kind##_pairs( \
        const NUMBER_##kind *a, int a_step, const NUMBER_##kind *b, int b_step, NUMBER_##kind *to, size_t count) { \
        /* One power for all, of those that are products. */ \
        if (!b_step && a_step && (*b == 1 || *b == 2 || *b == 3)) { \
            const int power = (int)*b; \
            if (power == 1) for (size_t i = 0; i < count; i++) to[i] = a[i]; \
            if (power == 2) for (size_t i = 0; i < count; i++) to[i] = a[i] * a[i]; \
            if (power == 3) for (size_t i = 0; i < count; i++) to[i] = a[i] * a[i] * a[i]; \
            return; \
        } \
        kind x = all_##kind(*a), y = all_##kind(*b); \
        size_t i = 0; \
        for (; i + LANES_##kind <= count; i += LANES_##kind) { \
            if (a_step) x = load_##kind(a + i); \
            if (b_step) y = load_##kind(b + i); \
            store_##kind(to + i, pow_##kind(x, y)); \
        } \
        if (i == count) return; \
        if (a_step) x = load_part_##kind(a + i, count - i); \
        if (b_step) y = load_part_##kind(b + i, count - i); \
        store_part_##kind(to + i, pow_##kind(x, y), count - i); \
    }
POWERS(floats)
POWERS(doubles)
#define POWER(kind) pow_##kind##_pairs(a, a_step, b, b_step, to, count); return true;
#else
#define POWER(kind) return false;
#endif

#define ZIPS(kind) \
    TARGET bool NAME(ck_zip_##kind)( \
        enum ck_pair pair, const NUMBER_##kind *a, int a_step, const NUMBER_##kind *b, int b_step, NUMBER_##kind *to, \
        size_t count) { \
        if (count == 0) return true; \
        switch (pair) { \
        case ck_add: PAIRS(NUMBER_##kind, x + y) \
        case ck_subtract: PAIRS(NUMBER_##kind, x - y) \
        case ck_multiply: PAIRS(NUMBER_##kind, x * y) \
        case ck_divide: PAIRS(NUMBER_##kind, x / y) \
        case ck_larger: PAIRS(NUMBER_##kind, ((x > y) | (x != x)) ? x : y) \
        case ck_smaller: PAIRS(NUMBER_##kind, ((x < y) | (x != x)) ? x : y) \
        case ck_power: POWER(kind) \
        } \
        return false; \
    } \
    TARGET bool NAME(ck_compare_##kind)( \
        enum ck_comparison comparison, const NUMBER_##kind *a, int a_step, const NUMBER_##kind *b, int b_step, \
        uint8_t *to, size_t count) { \
        if (count == 0) return true; \
        switch (comparison) { \
        case ck_equal: PAIRS(NUMBER_##kind, x == y) \
        case ck_not_equal: PAIRS(NUMBER_##kind, x != y) \
        case ck_less: PAIRS(NUMBER_##kind, x < y) \
        case ck_less_or_equal: PAIRS(NUMBER_##kind, x <= y) \
        } \
        return false; \
    }
ZIPS(floats)
ZIPS(doubles)

#define CHOICES(bytes, element) \
    TARGET void NAME(ck_choose_##bytes)( \
        const uint8_t *mask, int mask_step, const element *a, int a_step, const element *b, int b_step, element *to, \
        size_t count) { \
        if (mask_step && a_step && b_step) { \
            for (size_t i = 0; i < count; i++) to[i] = mask[i] ? a[i] : b[i]; \
        } else if (mask_step && a_step) { \
            const element y = *b; \
            for (size_t i = 0; i < count; i++) to[i] = mask[i] ? a[i] : y; \
        } else if (mask_step && b_step) { \
            const element x = *a; \
            for (size_t i = 0; i < count; i++) to[i] = mask[i] ? x : b[i]; \
        } else { \
            for (size_t i = 0; i < count; i++) \
                to[i] = mask[i * (size_t)mask_step] ? a[i * (size_t)a_step] : b[i * (size_t)b_step]; \
        } \
    }
CHOICES(4, uint32_t)
CHOICES(8, uint64_t)
