// The hot loops, in plain C with run-time choice of the instruction set. The Swift caller has checked all pointers and
// counts.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// IEEE 754 binary16 <-> binary32, round to nearest even. float16 itself is not a Swift type on every platform.
float ck_float_from_half(uint16_t half);
uint16_t ck_half_from_float(float value);
void ck_floats_from_halves(const uint16_t *from, float *to, size_t count);
void ck_halves_from_floats(const float *from, uint16_t *to, size_t count);

// Instruction sets that the loops below are compiled for, in increasing order. The level is an argument, not a global,
// so that tests that run in parallel can each set their own; a level that the processor lacks runs as its best one.
enum ck_level { ck_level_portable, ck_level_avx2, ck_level_avx512 };
enum ck_level ck_best_level(void);

// A linear layer on a single vector, with weights stored by input unit: the weights from unit j to all outputs begin at
// weights + j * stride. Both directions are bound by reading weights, so that they only read those of the given units.

// Writes the active units and their values; both arrays have room for all `count`. Returns how many are active.
enum ck_activity {
    ck_activity_nonzero,   // x != 0: NaN and infinities take part
    ck_activity_rectified, // max(x, 0) != 0: x > 0, and NaN, which must not be lost, nor its derivative
};
size_t ck_active_units(enum ck_level level, enum ck_activity activity, const float *x, size_t count,
                       uint32_t *units, float *values);

// y[o] += sum over i of values[i] * W[o, units[i]]. Each output adds the units in the given order, whatever the level,
// so that two calls with halves of the list give the same bits as one call.
void ck_accumulate_units_half(enum ck_level level, const uint16_t *weights, size_t stride, size_t outputs,
                              const uint32_t *units, const float *values, size_t active, float *y);
void ck_accumulate_units_float(enum ck_level level, const float *weights, size_t stride, size_t outputs,
                               const uint32_t *units, const float *values, size_t active, float *y);

// to[units[i]] = sum over o of W[o, units[i]] * g[o]; other elements of `to` are not written. The order of a sum
// depends on the level and `outputs` only.
void ck_dot_units_half(enum ck_level level, const uint16_t *weights, size_t stride, size_t outputs,
                       const uint32_t *units, size_t active, const float *g, float *to);
void ck_dot_units_float(enum ck_level level, const float *weights, size_t stride, size_t outputs,
                        const uint32_t *units, size_t active, const float *g, float *to);

// A matrix product, c[m][n] = start[n] + the sum over k of a(m, k) b(k, n), where a(m, k) = a[m * a_row + k * a_depth],
// b(k, n) = b[k * b_depth + n * b_column] with one of its two steps 1, c[m][n] = c[m * c_row + n]; start may be null
// for zeros.
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
// The best number of columns of a tile, of which multiples are good, too.
size_t ck_product_panel(enum ck_level level);
// Computes the tile of `rows` rows from `row` on and `columns` columns from `column` on. The bits depend on the level,
// the tile's extents and its first column; a tile needs 256 KB of stack.
void ck_product_tile(enum ck_level level, const struct ck_product *p, size_t row, size_t rows, size_t column,
                     size_t columns);

// to[c * to_stride + r] = from[r * stride + c], for elements of 1 to 8 bytes. The memories must not overlap.
void ck_transpose_1(const uint8_t *from, size_t stride, size_t rows, size_t columns, uint8_t *to, size_t to_stride);
void ck_transpose_2(const uint16_t *from, size_t stride, size_t rows, size_t columns, uint16_t *to, size_t to_stride);
void ck_transpose_4(const uint32_t *from, size_t stride, size_t rows, size_t columns, uint32_t *to, size_t to_stride);
void ck_transpose_8(const uint64_t *from, size_t stride, size_t rows, size_t columns, uint64_t *to, size_t to_stride);

// to[i] = f(from[i]), at most about 1 ulp off (functions made of several: a few). `to` may be `from`. Returns false,
// having done nothing, where this processor has no vectors for it; the caller then computes one by one.
enum ck_function {
    ck_exp, ck_expm1, ck_log, ck_log1p, ck_sin, ck_cos, ck_tan, ck_tanh, ck_erf, ck_sqrt,
    ck_sigmoid, ck_softplus,
    ck_sigmoid_slope, // e / (1 + e)^2 of e = e^-|x|: the sigmoid's derivative
    ck_tanh_slope,    // 4 e / (1 + e)^2 of e = e^-|2 x|: tanh's derivative
};
bool ck_map_floats(enum ck_level level, enum ck_function function, const float *from, float *to, size_t count);
bool ck_map_doubles(enum ck_level level, enum ck_function function, const double *from, double *to, size_t count);

// to[i] = f(a[i * a_step], b[i * b_step]); steps are 0 (one number for all) or 1. `to` may be a or b. Correctly
// rounded, except the power, which is at most about 1 ulp off. Returns false as above.
enum ck_pair {
    ck_add, ck_subtract, ck_multiply, ck_divide,
    ck_larger, ck_smaller, // NaN if either is
    ck_power,              // x, x * x and x * x * x where y is 1, 2 and 3
};
bool ck_zip_floats(enum ck_level level, enum ck_pair pair, const float *a, int a_step, const float *b, int b_step,
                   float *to, size_t count);
bool ck_zip_doubles(enum ck_level level, enum ck_pair pair, const double *a, int a_step, const double *b, int b_step,
                    double *to, size_t count);

// to[i] = 1 where the comparison holds, else 0.
enum ck_comparison { ck_equal, ck_not_equal, ck_less, ck_less_or_equal };
bool ck_compare_floats(enum ck_level level, enum ck_comparison comparison, const float *a, int a_step,
                       const float *b, int b_step, uint8_t *to, size_t count);
bool ck_compare_doubles(enum ck_level level, enum ck_comparison comparison, const double *a, int a_step,
                        const double *b, int b_step, uint8_t *to, size_t count);

// to[i] = mask[i] != 0 ? a[i] : b[i], for elements of 4 or 8 bytes; steps as above.
void ck_choose_4(enum ck_level level, const uint8_t *mask, int mask_step, const uint32_t *a, int a_step,
                 const uint32_t *b, int b_step, uint32_t *to, size_t count);
void ck_choose_8(enum ck_level level, const uint8_t *mask, int mask_step, const uint64_t *a, int a_step,
                 const uint64_t *b, int b_step, uint64_t *to, size_t count);

// Words `first`, `first` + 1, ... of a Philox 4x32-10 stream; equal on every processor.
void ck_philox(enum ck_level level, uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count);

// mean + deviation * z, with standard normal z by Box and Muller from four words each, beginning with word `first`;
// computed in float64. Returns false, having done nothing, where this processor has no vectors for it.
bool ck_normals_floats(enum ck_level level, uint64_t seed, uint64_t stream, uint64_t first, double mean,
                       double deviation, float *to, size_t count);
bool ck_normals_doubles(enum ck_level level, uint64_t seed, uint64_t stream, uint64_t first, double mean,
                        double deviation, double *to, size_t count);

// The sum of from[0], from[step], ... in float64; number i is added to running sum i % 16, whatever the step and the
// processor, so that the result is always the same.
double ck_sum_floats(enum ck_level level, const float *from, ptrdiff_t step, size_t count);
double ck_sum_doubles(enum ck_level level, const double *from, ptrdiff_t step, size_t count);
// to[r] += ck_sum of row r; rows are `stride` apart.
void ck_sum_rows_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, ptrdiff_t step,
                        size_t count, double *to);
void ck_sum_rows_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows, ptrdiff_t step,
                         size_t count, double *to);
// to[c] += from[c] for every row, one row after the other, in float64; rows are `stride` apart.
void ck_add_rows_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, size_t columns,
                        double *to);
void ck_add_rows_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows, size_t columns,
                         double *to);

// The largest (smallest) of a row and its index: the first of equal ones (0 and -0 are equal); the first NaN wins over
// everything. Rows and columns are not empty; a column has fewer than 2^31 rows.
float ck_peak_floats(enum ck_level level, bool largest, const float *from, size_t count);
double ck_peak_doubles(enum ck_level level, bool largest, const double *from, size_t count);
size_t ck_extreme_floats(enum ck_level level, bool largest, const float *from, size_t count);
size_t ck_extreme_doubles(enum ck_level level, bool largest, const double *from, size_t count);
void ck_extreme_columns_floats(enum ck_level level, bool largest, const float *from, ptrdiff_t stride, size_t rows,
                               size_t columns, float *values, int64_t *positions);
void ck_extreme_columns_doubles(enum ck_level level, bool largest, const double *from, ptrdiff_t stride, size_t rows,
                                size_t columns, double *values, int64_t *positions);

// e^(x - peak) over its sum, which is added in float64 in the order of ck_sum and rounded, for a row or for columns;
// the memories must not overlap. Returns false, having done nothing, where this processor has no vectors for it.
bool ck_softmax_floats(enum ck_level level, const float *from, size_t count, float *to);
bool ck_softmax_doubles(enum ck_level level, const double *from, size_t count, double *to);
bool ck_softmax_columns_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, size_t columns,
                               float *to, ptrdiff_t to_stride);
bool ck_softmax_columns_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows,
                                size_t columns, double *to, ptrdiff_t to_stride);
// The sum of e^(x - shift) and the shift: the peak, or 0 where that is infinite.
bool ck_sum_exp_floats(enum ck_level level, const float *from, size_t count, float *shift, float *sum);
bool ck_sum_exp_doubles(enum ck_level level, const double *from, size_t count, double *shift, double *sum);
bool ck_sum_exp_columns_floats(enum ck_level level, const float *from, ptrdiff_t stride, size_t rows, size_t columns,
                               float *shifts, float *sums);
bool ck_sum_exp_columns_doubles(enum ck_level level, const double *from, ptrdiff_t stride, size_t rows,
                                size_t columns, double *shifts, double *sums);

// One pass of radix sort by digits of 11 bits. First the digits at bit `shift` are counted (in pieces, into counts that
// began at 0); then ck_radix_places turns counts into the first place of each digit, and returns false if all `count`
// elements have the same digit, so that nothing is to be done. Then elements are moved in order, in pieces. Elements
// are words of 64 bits, or keys of 64 bits with a position.
enum { CK_RADIX = 2048, CK_RADIX_BITS = 11 };
struct ck_ranked { uint64_t key, place; };
void ck_radix_count_narrow(const uint64_t *from, size_t count, unsigned shift, size_t places[CK_RADIX]);
void ck_radix_count_wide(const struct ck_ranked *from, size_t count, unsigned shift, size_t places[CK_RADIX]);
bool ck_radix_places(size_t places[CK_RADIX], size_t count);
void ck_radix_move_narrow(const uint64_t *from, size_t count, unsigned shift, size_t places[CK_RADIX], uint64_t *to);
void ck_radix_move_wide(const struct ck_ranked *from, size_t count, unsigned shift, size_t places[CK_RADIX],
                        struct ck_ranked *to);

// to[0] = total + from[0], to[step] = to[0] + from[step] and so on, added in float64 one after the other and rounded to
// the type; returns the last sum, with which the next piece continues. A step of -1 goes backwards from the pointers.
double ck_cumulate_floats(const float *from, float *to, ptrdiff_t step, size_t count, double total);
double ck_cumulate_doubles(const double *from, double *to, ptrdiff_t step, size_t count, double total);

// Whether the process may map only so many addresses (RLIMIT_AS).
bool ck_addresses_are_limited(void);

// Tells the processor that this thread is polling for another one.
static inline void ck_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

// One step of an optimiser on `count` elements of a parameter x with gradient g. `first`, `second` and `third` are what
// the method remembers per element, null where it remembers less. None of the memories overlap.
//   ck_method_sgd      first: v.        options 4: momentum `first`, dampening `second`; 8: v = g; 16: Nesterov's
//   ck_method_adam     m, v, largest v. options 4: weights decay by themselves; 8: by the largest v
//   ck_method_rmsprop  v, m, b.         options 4: centered; 8: momentum `second`. `first` is alpha
typedef struct {
    enum ck_method { ck_method_sgd, ck_method_adam, ck_method_rmsprop } method;
    bool maximize;
    uint32_t options;
    double rate;              // the step size
    double size, correction;  // Adam's: the step size and the root of v, corrected for their start at 0
    double first, second;     // the decays of what is remembered
    double eps, decay;
} ck_step;
void ck_step_floats(const ck_step *step, float *x, const float *g, float *first, float *second, float *third,
    size_t count);
void ck_step_doubles(const ck_step *step, double *x, const double *g, double *first, double *second, double *third,
    size_t count);

// Convolutions without columns. Images are laid out in planes with their border of zeros; the images of a plane follow
// each other. Where windows lie `steps` apart, a plane holds every steps-th row and column, and a channel has steps[0]
// * steps[1] planes. Tap t of window q = row * columns + column then reads planes[offsets[t] + q].
typedef struct {
    size_t channels, height, width;  // of an image
    ptrdiff_t border[2];             // zeros above and to the left; below 0: rows and columns left out
    size_t steps[2];
    size_t rows, columns;            // of a plane
} ck_planes;
// How many elements after the end of planes and sums may be read or written.
enum ck_windows_constants { ck_windows_slack = 64, ck_windows_tile = 8 };
void ck_windows_lay_floats(const ck_planes *planes, const float *from, size_t image_step, size_t images, float *to);
// to[o * stride + q] = bias[o] + sum over t of weights[t * ck_windows_tile + o] * planes[offsets[t] + q], t in order,
// for ck_windows_tile outputs o and q < length.
void ck_windows_sum_floats(const float *planes, const int32_t *offsets, size_t taps, const float *weights,
    const float *bias, size_t length, float *to, size_t stride);
// to[o * taps + t] += the sum of g[o * g_stride + q] * planes[offsets[t] + q] over q in `runs` runs of `run` positions
// that begin at 0, step, ..., (runs - 1) * step.
void ck_windows_dot_floats(const float *g, size_t g_stride, size_t outs, const float *planes,
    const int32_t *offsets, size_t taps, size_t runs, size_t run, size_t step, float *to);
// Copies the windows' results out of `images` planes of `columns` columns, height x width from each, into images.
void ck_windows_take_floats(const float *from, size_t plane, size_t columns, size_t height, size_t width, float *to,
    size_t image_step, size_t row_step, size_t column_step, size_t images);
void ck_windows_lay_doubles(const ck_planes *planes, const double *from, size_t image_step, size_t images, double *to);
// to[o * stride + q] = bias[o] + sum over t of weights[t * ck_windows_tile + o] * planes[offsets[t] + q], t in order,
// for ck_windows_tile outputs o and q < length.
void ck_windows_sum_doubles(const double *planes, const int32_t *offsets, size_t taps, const double *weights,
    const double *bias, size_t length, double *to, size_t stride);
// to[o * taps + t] += the sum of g[o * g_stride + q] * planes[offsets[t] + q] over q in `runs` runs of `run` positions
// that begin at 0, step, ..., (runs - 1) * step.
void ck_windows_dot_doubles(const double *g, size_t g_stride, size_t outs, const double *planes,
    const int32_t *offsets, size_t taps, size_t runs, size_t run, size_t step, double *to);
// Copies the windows' results out of `images` planes of `columns` columns, height x width from each, into images.
void ck_windows_take_doubles(const double *from, size_t plane, size_t columns, size_t height, size_t width, double *to,
    size_t image_step, size_t row_step, size_t column_step, size_t images);
