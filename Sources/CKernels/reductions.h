// The functions of reductions.c at each level.
#pragma once
#include "kernels.h"
#include "dispatch.h"

#include <math.h>

#define CK_REDUCTIONS(level) \
    double ck_sum_floats_##level(const float *from, ptrdiff_t step, size_t count); \
    void ck_sum_rows_floats_##level(const float *from, ptrdiff_t stride, size_t rows, ptrdiff_t step, size_t count, \
        double *to); \
    void ck_add_rows_floats_##level(const float *from, ptrdiff_t stride, size_t rows, size_t columns, double *to); \
    float ck_peak_floats_##level(bool largest, const float *from, size_t count); \
    size_t ck_extreme_floats_##level(bool largest, const float *from, size_t count); \
    void ck_extreme_columns_floats_##level(bool largest, const float *from, ptrdiff_t stride, size_t rows, size_t \
        columns, float *values, int64_t *positions); \
    bool ck_softmax_floats_##level(const float *from, size_t count, float *to); \
    bool ck_softmax_columns_floats_##level(const float *from, ptrdiff_t stride, size_t rows, size_t columns, float \
        *to, ptrdiff_t to_stride); \
    bool ck_sum_exp_floats_##level(const float *from, size_t count, float *shift, float *sum); \
    bool ck_sum_exp_columns_floats_##level(const float *from, ptrdiff_t stride, size_t rows, size_t columns, float \
        *shifts, float *sums); \
    double ck_sum_doubles_##level(const double *from, ptrdiff_t step, size_t count); \
    void ck_sum_rows_doubles_##level(const double *from, ptrdiff_t stride, size_t rows, ptrdiff_t step, size_t count, \
        double *to); \
    void ck_add_rows_doubles_##level(const double *from, ptrdiff_t stride, size_t rows, size_t columns, double *to); \
    double ck_peak_doubles_##level(bool largest, const double *from, size_t count); \
    size_t ck_extreme_doubles_##level(bool largest, const double *from, size_t count); \
    void ck_extreme_columns_doubles_##level(bool largest, const double *from, ptrdiff_t stride, size_t rows, size_t \
        columns, double *values, int64_t *positions); \
    bool ck_softmax_doubles_##level(const double *from, size_t count, double *to); \
    bool ck_softmax_columns_doubles_##level(const double *from, ptrdiff_t stride, size_t rows, size_t columns, \
        double *to, ptrdiff_t to_stride); \
    bool ck_sum_exp_doubles_##level(const double *from, size_t count, double *shift, double *sum); \
    bool ck_sum_exp_columns_doubles_##level(const double *from, ptrdiff_t stride, size_t rows, size_t columns, \
        double *shifts, double *sums);
CK_REDUCTIONS(portable)
#if CK_X86
CK_REDUCTIONS(avx2)
CK_REDUCTIONS(avx512)
#endif
