// The public reductions; each chooses its instruction set.
#include "reductions.h"

double ck_sum_floats(enum ck_level level, const float *from, ptrdiff_t step, size_t count) {
    CK_PICK(ck_sum_floats, from, step, count)
}

void ck_sum_rows_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, ptrdiff_t step, size_t
    count, double *to) {
    CK_PICK(ck_sum_rows_floats, from, stride, rows, step, count, to)
}

void ck_add_rows_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, size_t columns, double
    *to) {
    CK_PICK(ck_add_rows_floats, from, stride, rows, columns, to)
}

size_t ck_extreme_floats(enum ck_level level, bool largest, const float *from, size_t count) {
    CK_PICK(ck_extreme_floats, largest, from, count)
}

void ck_extreme_columns_floats(enum ck_level level, bool largest, const float *from, ptrdiff_t stride, size_t rows,
    size_t columns, float *values, int64_t *positions) {
    CK_PICK(ck_extreme_columns_floats, largest, from, stride, rows, columns, values, positions)
}

bool ck_softmax_floats(enum ck_level level, const float *from, size_t count, float *to) {
    CK_PICK(ck_softmax_floats, from, count, to)
}

bool ck_softmax_columns_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, size_t columns,
    float *to, ptrdiff_t to_stride) {
    CK_PICK(ck_softmax_columns_floats, from, stride, rows, columns, to, to_stride)
}

bool ck_sum_exp_floats(enum ck_level level, const float *from, size_t count, float *shift, float *sum) {
    CK_PICK(ck_sum_exp_floats, from, count, shift, sum)
}

bool ck_sum_exp_columns_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, size_t columns,
    float *shifts, float *sums) {
    CK_PICK(ck_sum_exp_columns_floats, from, stride, rows, columns, shifts, sums)
}

double ck_sum_doubles(enum ck_level level, const double *from, ptrdiff_t step, size_t count) {
    CK_PICK(ck_sum_doubles, from, step, count)
}

void ck_sum_rows_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows, ptrdiff_t step, size_t
    count, double *to) {
    CK_PICK(ck_sum_rows_doubles, from, stride, rows, step, count, to)
}

void ck_add_rows_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows, size_t columns, double
    *to) {
    CK_PICK(ck_add_rows_doubles, from, stride, rows, columns, to)
}

size_t ck_extreme_doubles(enum ck_level level, bool largest, const double *from, size_t count) {
    CK_PICK(ck_extreme_doubles, largest, from, count)
}

void ck_extreme_columns_doubles(enum ck_level level, bool largest, const double *from, ptrdiff_t stride, size_t rows,
    size_t columns, double *values, int64_t *positions) {
    CK_PICK(ck_extreme_columns_doubles, largest, from, stride, rows, columns, values, positions)
}

bool ck_softmax_doubles(enum ck_level level, const double *from, size_t count, double *to) {
    CK_PICK(ck_softmax_doubles, from, count, to)
}

bool ck_softmax_columns_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows, size_t columns,
    double *to, ptrdiff_t to_stride) {
    CK_PICK(ck_softmax_columns_doubles, from, stride, rows, columns, to, to_stride)
}

bool ck_sum_exp_doubles(enum ck_level level, const double *from, size_t count, double *shift, double *sum) {
    CK_PICK(ck_sum_exp_doubles, from, count, shift, sum)
}

bool ck_sum_exp_columns_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows, size_t columns,
    double *shifts, double *sums) {
    CK_PICK(ck_sum_exp_columns_doubles, from, stride, rows, columns, shifts, sums)
}

float ck_peak_floats(enum ck_level level, bool largest, const float *from, size_t count) {
    CK_PICK(ck_peak_floats, largest, from, count)
}

double ck_peak_doubles(enum ck_level level, bool largest, const double *from, size_t count) {
    CK_PICK(ck_peak_doubles, largest, from, count)
}
