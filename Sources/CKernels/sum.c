// Sums in float64: sixteen running sums, so that additions do not wait for one another and fill whole vectors.
#include "kernels.h"
#include "dispatch.h"

#define RUNNING 16
#define INLINE static inline __attribute__((always_inline))

#define SUM(name, number) \
    INLINE double name##_stepping(const number *from, ptrdiff_t step, size_t count) { \
        double sums[RUNNING] = {0}; \
        size_t i = 0; \
        for (; i + RUNNING <= count; i += RUNNING, from += RUNNING * step) \
            for (int k = 0; k < RUNNING; k++) sums[k] += (double)from[k * step]; \
        for (int k = 0; i < count; i++, k++) sums[k] += (double)from[k * step]; \
        for (int half = RUNNING / 2; half; half /= 2) \
            for (int k = 0; k < half; k++) sums[k] += sums[k + half]; \
        return sums[0]; \
    } \
    INLINE double name(const number *from, ptrdiff_t step, size_t count) { \
        return step == 1 ? name##_stepping(from, 1, count) : name##_stepping(from, step, count); \
    }
SUM(sum_floats, float)
SUM(sum_doubles, double)

INLINE void add_floats(const float *restrict from, double *restrict to, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] += (double)from[i];
}

#if CK_X86
#define AVX2(result, function, parameters, ...) \
    CK_TARGET_F16C static result function##_avx2 parameters { return function(__VA_ARGS__); }
AVX2(double, sum_floats, (const float *from, ptrdiff_t step, size_t count), from, step, count)
AVX2(double, sum_doubles, (const double *from, ptrdiff_t step, size_t count), from, step, count)
AVX2(void, add_floats, (const float *from, double *to, size_t count), from, to, count)
#define BEST(function, ...) return ck_has_f16c() ? function##_avx2(__VA_ARGS__) : function(__VA_ARGS__)
#else
#define BEST(function, ...) return function(__VA_ARGS__)
#endif

double ck_sum_floats(const float *from, ptrdiff_t step, size_t count) { BEST(sum_floats, from, step, count); }
double ck_sum_doubles(const double *from, ptrdiff_t step, size_t count) { BEST(sum_doubles, from, step, count); }
void ck_add_floats(const float *from, double *to, size_t count) { BEST(add_floats, from, to, count); }
