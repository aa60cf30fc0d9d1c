// The hot loops. Plain C with run-time processor dispatch; every pointer and count was checked by the Swift caller.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// IEEE 754 binary16 <-> binary32, round to nearest even. float16 itself is not a Swift type on every platform.
float ck_float_from_half(uint16_t half);
uint16_t ck_half_from_float(float value);
void ck_floats_from_halves(const uint16_t *from, float *to, size_t count);
void ck_halves_from_floats(const float *from, uint16_t *to, size_t count);

// Instruction sets the loops below are compiled for, least first. A level is an argument, not a global, so that tests
// running side by side can each force their own; a level the processor lacks runs as the best one it has.
enum ck_level { ck_level_portable, ck_level_avx2, ck_level_avx512 };
enum ck_level ck_best_level(void);

// A linear layer on one vector, its weights stored by input unit: unit j's weights to all outputs begin at
// weights + j * stride. Both directions are bound by reading weights, so they read only the units that are asked for.

// Which units take part, and with what value. `units` and `values` have room for all `count`; returns how many.
enum ck_activity {
    ck_activity_nonzero,   // x != 0: NaN and infinities take part
    ck_activity_rectified, // max(x, 0) != 0: x > 0, and NaN, which must not be lost, nor its derivative
};
size_t ck_active_units(enum ck_level level, enum ck_activity activity, const float *x, size_t count,
                       uint32_t *units, float *values);

// y[o] += sum over i of values[i] * W[o, units[i]]. Each output adds the units in the order given, whatever the level
// or the call's cut of the units, so calling twice with halves of the list gives the same bits as calling once.
void ck_accumulate_units_half(enum ck_level level, const uint16_t *weights, size_t stride, size_t outputs,
                              const uint32_t *units, const float *values, size_t active, float *y);
void ck_accumulate_units_float(enum ck_level level, const float *weights, size_t stride, size_t outputs,
                               const uint32_t *units, const float *values, size_t active, float *y);

// to[units[i]] = sum over o of W[o, units[i]] * g[o]; other elements of `to` are left alone. The order of a sum depends
// on the level and `outputs` only.
void ck_dot_units_half(enum ck_level level, const uint16_t *weights, size_t stride, size_t outputs,
                       const uint32_t *units, size_t active, const float *g, float *to);
void ck_dot_units_float(enum ck_level level, const float *weights, size_t stride, size_t outputs,
                        const uint32_t *units, size_t active, const float *g, float *to);

// A product of matrices, c[m][n] = start[n] + the sum over k of a(m, k) b(k, n): a(m, k) = a[m * a_row + k * a_depth],
// b(k, n) = b[k * b_depth + n * b_column] with one of the two steps 1, c[m][n] = c[m * c_row + n]. Without `start`, 0.
struct ck_product {
    const float *a;
    size_t a_row, a_depth;
    const void *b; // floats or halves
    size_t b_depth, b_column;
    bool b_is_half;
    const float *start;
    float *c;
    size_t c_row;
    size_t depth;
};
// How many columns a tile should have, or a multiple of it.
size_t ck_product_panel(enum ck_level level);
// Rows `row`.. and columns `column`.. of it. The bits depend on the level, the tile's extents and its first column; a
// tile needs 256 KB of stack.
void ck_product_tile(enum ck_level level, const struct ck_product *p, size_t row, size_t rows, size_t column,
                     size_t columns);

// to[c * to_stride + r] = from[r * stride + c], for elements of 2 and 4 bytes. The memories must not overlap.
void ck_transpose_2(const uint16_t *from, size_t stride, size_t rows, size_t columns, uint16_t *to, size_t to_stride);
void ck_transpose_4(const uint32_t *from, size_t stride, size_t rows, size_t columns, uint32_t *to, size_t to_stride);

// to[i] = f(from[i]), at most about 1 ulp off (sigmoid and softplus: a few). `to` may be `from`. False, and nothing
// done, where this processor has no vectors for it: the caller computes one by one.
enum ck_function {
    ck_exp, ck_expm1, ck_log, ck_log1p, ck_sin, ck_cos, ck_tan, ck_tanh, ck_erf,
    ck_sigmoid, ck_softplus,
};
bool ck_map_floats(enum ck_function function, const float *from, float *to, size_t count);
bool ck_map_doubles(enum ck_function function, const double *from, double *to, size_t count);

// Words `first`, `first` + 1, ... of a stream of Philox 4x32-10; the same on every processor.
void ck_philox(uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count);

// The sum of from[0], from[step], ... in float64, number i added to running sum i % 16: the same whatever the step and
// the processor.
double ck_sum_floats(const float *from, ptrdiff_t step, size_t count);
double ck_sum_doubles(const double *from, ptrdiff_t step, size_t count);
// to[i] += from[i] in float64. The memories must not overlap.
void ck_add_floats(const float *from, double *to, size_t count);

// Tells the processor that this thread waits in a loop for another one.
static inline void ck_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}
