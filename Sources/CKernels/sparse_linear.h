// What each instruction set provides (sparse_linear_<level>.c), for sparse_linear.c to choose from.
#pragma once
#include "kernels.h"
#include "dispatch.h"

// For functions that must be inlined into loops: a call for every few floats would cost more than the work.
#define CK_INLINE static inline __attribute__((always_inline))

#define CK_DECLARE_LEVEL(level)                                                                                        \
    void ck_accumulate_units_half_##level(const uint16_t *weights, size_t stride, size_t outputs,                      \
                                          const uint32_t *units, const float *values, size_t active, float *y);        \
    void ck_accumulate_units_float_##level(const float *weights, size_t stride, size_t outputs,                        \
                                           const uint32_t *units, const float *values, size_t active, float *y);       \
    void ck_dot_units_half_##level(const uint16_t *weights, size_t stride, size_t outputs, const uint32_t *units,      \
                                   size_t active, const float *g, float *to);                                          \
    void ck_dot_units_float_##level(const float *weights, size_t stride, size_t outputs, const uint32_t *units,        \
                                    size_t active, const float *g, float *to);

CK_DECLARE_LEVEL(portable)
#if CK_X86
CK_DECLARE_LEVEL(avx2)
CK_DECLARE_LEVEL(avx512)
size_t ck_active_units_avx512(enum ck_activity activity, const float *x, size_t count, uint32_t *units, float *values);
#endif
