// The public functions for linear layers stored by input unit; each chooses its instruction set.
#include "sparse_linear.h"

enum ck_level ck_best_level(void) {
#if CK_X86
    if (ck_has_f16c()) return ck_has_avx512() ? ck_level_avx512 : ck_level_avx2;
#endif
    return ck_level_portable;
}

static enum ck_level available(enum ck_level level) {
    const enum ck_level best = ck_best_level();
    return level < best ? level : best;
}

size_t ck_active_units(enum ck_level level, enum ck_activity activity, const float *x, size_t count,
                       uint32_t *units, float *values) {
#if CK_X86
    if (available(level) == ck_level_avx512) return ck_active_units_avx512(activity, x, count, units, values);
#endif
    (void)level;
    // Without branches: every unit is written, and overwritten by the next one unless it is active.
    size_t active = 0;
    for (size_t j = 0; j < count; j++) {
        units[active] = (uint32_t)j;
        values[active] = x[j];
        active += activity == ck_activity_nonzero ? x[j] != 0 : !(x[j] <= 0);
    }
    return active;
}

#if CK_X86
#define CHOOSE(function, ...)                                                                                          \
    switch (available(level)) {                                                                                        \
    case ck_level_avx512: function##_avx512(__VA_ARGS__); return;                                                      \
    case ck_level_avx2: function##_avx2(__VA_ARGS__); return;                                                          \
    case ck_level_portable: function##_portable(__VA_ARGS__); return;                                                  \
    }
#else
#define CHOOSE(function, ...) (void)available(level); function##_portable(__VA_ARGS__);
#endif

void ck_accumulate_units_half(enum ck_level level, const uint16_t *weights, size_t stride, size_t outputs,
                              const uint32_t *units, const float *values, size_t active, float *y) {
    CHOOSE(ck_accumulate_units_half, weights, stride, outputs, units, values, active, y)
}

void ck_accumulate_units_float(enum ck_level level, const float *weights, size_t stride, size_t outputs,
                               const uint32_t *units, const float *values, size_t active, float *y) {
    CHOOSE(ck_accumulate_units_float, weights, stride, outputs, units, values, active, y)
}

void ck_dot_units_half(enum ck_level level, const uint16_t *weights, size_t stride, size_t outputs,
                       const uint32_t *units, size_t active, const float *g, float *to) {
    CHOOSE(ck_dot_units_half, weights, stride, outputs, units, active, g, to)
}

void ck_dot_units_float(enum ck_level level, const float *weights, size_t stride, size_t outputs,
                        const uint32_t *units, size_t active, const float *g, float *to) {
    CHOOSE(ck_dot_units_float, weights, stride, outputs, units, active, g, to)
}
