// One step of an optimiser on many elements; each array is read and written once, whatever the formula remembers.
//
// Every formula is written once, as a function of one element, and inlined into loops for both types and each set of
// `switches`. These are constants there, so that the loops have no branches and are vectorised.
#include "kernels.h"
#include "dispatch.h"

#define INLINE static inline __attribute__((always_inline))
#define ROOT(x) __builtin_elementwise_sqrt(x)

enum { MAXIMIZE = 1, DECAY = 2, FIRST = 4, SECOND = 8, THIRD = 16 };

#define FORMULAS(T) \
    INLINE T gradient_##T(const ck_step *s, T x, T g, int switches) { \
        if (switches & MAXIMIZE) g = -g; \
        if (switches & DECAY) g += (T)s->decay * x; \
        return g; \
    } \
    /* FIRST: the moments see no weight decay; SECOND: by the largest v so far. */ \
    INLINE void adam_##T(const ck_step *s, T *x, T g, T *m, T *v, T *largest, int switches) { \
        if (switches & FIRST) *x *= (T)(1 - s->rate * s->decay); \
        g = gradient_##T(s, *x, g, switches & FIRST ? switches & ~DECAY : switches); \
        *m += (T)(1 - s->first) * (g - *m); \
        *v = (T)s->second * *v + (T)(1 - s->second) * g * g; \
        T scale = *v; \
        if (switches & SECOND) { \
            *largest = *v <= *largest ? *largest : *v; \
            scale = *largest; \
        } \
        *x -= (T)s->size * *m / (ROOT(scale) / (T)s->correction + (T)s->eps); \
    } \
    /* FIRST: with momentum; SECOND: at its first step; THIRD: Nesterov's. */ \
    INLINE void sgd_##T(const ck_step *s, T *x, T g, T *v, T *unused, T *unused_too, int switches) { \
        (void)unused, (void)unused_too; \
        g = gradient_##T(s, *x, g, switches); \
        if (switches & FIRST) { \
            *v = switches & SECOND ? g : (T)s->first * *v + (T)(1 - s->second) * g; \
            g = switches & THIRD ? g + (T)s->first * *v : *v; \
        } \
        *x -= (T)s->rate * g; \
    } \
    /* FIRST: centered; SECOND: with momentum. */ \
    INLINE void rmsprop_##T(const ck_step *s, T *x, T g, T *v, T *m, T *b, int switches) { \
        g = gradient_##T(s, *x, g, switches); \
        *v = (T)s->first * *v + (T)(1 - s->first) * g * g; \
        T square = *v; \
        if (switches & FIRST) { \
            *m += (T)(1 - s->first) * (g - *m); \
            square -= *m * *m; \
        } \
        T d = g / (ROOT(square) + (T)s->eps); \
        if (switches & SECOND) { \
            *b = (T)s->second * *b + d; \
            d = *b; \
        } \
        *x -= (T)s->rate * d; \
    }
FORMULAS(float)
FORMULAS(double)

// Arrays that a formula does not need may be null: as `switches` is constant, they are not accessed.
#define LOOP(T, method, switches) \
    for (size_t i = 0; i < count; i++) \
        method##_##T(s, x + i, g[i], uses_first(method_##method, switches) ? first + i : 0, \
                     uses_second(method_##method, switches) ? second + i : 0, \
                     uses_third(method_##method, switches) ? third + i : 0, switches);

enum { method_sgd, method_adam, method_rmsprop };
INLINE int uses_first(int method, int switches) { return method != method_sgd || switches & FIRST; }
INLINE int uses_second(int method, int switches) {
    return method == method_adam || (method == method_rmsprop && switches & FIRST);
}
INLINE int uses_third(int method, int switches) { return method != method_sgd && switches & SECOND; }

#define CASE(T, method, n) case n: LOOP(T, method, n) return;
#define CASES8(T, method, n) \
    CASE(T, method, n) CASE(T, method, n + 1) CASE(T, method, n + 2) CASE(T, method, n + 3) \
    CASE(T, method, n + 4) CASE(T, method, n + 5) CASE(T, method, n + 6) CASE(T, method, n + 7)
#define CASES(T, method) CASES8(T, method, 0) CASES8(T, method, 8)

#define ENTRY(T, level, target) \
    target static void step_##T##_##level(const ck_step *restrict s, T *restrict x, const T *restrict g, \
                                          T *restrict first, T *restrict second, T *restrict third, size_t count) { \
        const int given = s->options & (FIRST | SECOND | THIRD); \
        const int switches = (s->maximize ? MAXIMIZE : 0) | (s->decay != 0 ? DECAY : 0) | given; \
        switch (s->method) { \
        case ck_method_adam: switch (switches) { CASES(T, adam) } return; \
        case ck_method_sgd: switch (switches) { CASES(T, sgd) CASES8(T, sgd, 16) CASES8(T, sgd, 24) } return; \
        case ck_method_rmsprop: switch (switches) { CASES(T, rmsprop) } return; \
        } \
    }
ENTRY(float, portable, )
ENTRY(double, portable, )
#if CK_X86
ENTRY(float, avx2, CK_TARGET_F16C)
ENTRY(double, avx2, CK_TARGET_F16C)
#define BEST(T) (ck_has_f16c() ? step_##T##_avx2 : step_##T##_portable)
#else
#define BEST(T) step_##T##_portable
#endif

void ck_step_floats(const ck_step *s, float *x, const float *g, float *first, float *second, float *third,
    size_t count) {
    BEST(float)(s, x, g, first, second, third, count);
}

void ck_step_doubles(const ck_step *s, double *x, const double *g, double *first, double *second, double *third,
    size_t count) {
    BEST(double)(s, x, g, first, second, third, count);
}
