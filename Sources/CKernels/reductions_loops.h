// Sums, extremes, and sums of exponentials, for the vectors that the including file chose.
#include "exponentials.h"
#include "reductions.h"

#pragma STDC FP_CONTRACT OFF

// Sixteen running sums, so that additions need not wait for each other and fill whole vectors.
#define RUNNING 16
typedef float some_floats __attribute__((vector_size(DOUBLES * 4)));

CK_INLINE double total_of(double sums[RUNNING]) {
    for (int half = RUNNING / 2; half; half /= 2)
        for (int k = 0; k < half; k++) sums[k] += sums[k + half];
    return sums[0];
}

// Loads DOUBLES numbers as float64.
TARGET CK_INLINE doubles wide_floats(const float *from) {
    some_floats x;
    memcpy(&x, from, sizeof x);
    return __builtin_convertvector(x, doubles);
}
TARGET CK_INLINE doubles wide_doubles(const double *from) { return load_doubles(from); }

#define SUM(kind) \
    TARGET CK_INLINE double sum_##kind(const NUMBER_##kind *from, ptrdiff_t step, size_t count) { \
        double sums[RUNNING] = {0}; \
        size_t i = 0; \
        if (step == 1) { \
            doubles running[RUNNING / DOUBLES] = {{0}}; \
            for (; i + RUNNING <= count; i += RUNNING) \
                for (int k = 0; k < RUNNING / DOUBLES; k++) running[k] += wide_##kind(from + i + k * DOUBLES); \
            memcpy(sums, running, sizeof sums); \
            from += i; \
        } else { \
            for (; i + RUNNING <= count; i += RUNNING, from += RUNNING * step) \
                for (int k = 0; k < RUNNING; k++) sums[k] += (double)from[k * step]; \
        } \
        for (int k = 0; i < count; i++, k++) sums[k] += (double)from[k * step]; \
        return total_of(sums); \
    } \
    TARGET double NAME(ck_sum_##kind)(const NUMBER_##kind *from, ptrdiff_t step, size_t count) { \
        return sum_##kind(from, step, count); \
    } \
    TARGET void NAME(ck_sum_rows_##kind)( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, ptrdiff_t step, size_t count, double *to) { \
        for (size_t r = 0; r < rows; r++) to[r] += sum_##kind(from + (ptrdiff_t)r * stride, step, count); \
    }
SUM(floats)
SUM(doubles)

// As many columns side by side as keep their sums in registers, down all rows; each column adds its rows in order.
#define ADD_BLOCK(kind, vectors) \
    TARGET CK_INLINE void add_##vectors##_##kind( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, double *to) { \
        doubles sums[vectors]; \
        for (int k = 0; k < vectors; k++) sums[k] = load_doubles(to + k * DOUBLES); \
        for (size_t row = 0; row < rows; row++, from += stride) \
            for (int k = 0; k < vectors; k++) sums[k] += wide_##kind(from + k * DOUBLES); \
        for (int k = 0; k < vectors; k++) store_doubles(to + k * DOUBLES, sums[k]); \
    }
#define ADD(kind) \
    ADD_BLOCK(kind, 1) ADD_BLOCK(kind, 8) \
    TARGET void NAME(ck_add_rows_##kind)( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, double *to) { \
        size_t c = 0; \
        for (; c + 8 * DOUBLES <= columns; c += 8 * DOUBLES) add_8_##kind(from + c, stride, rows, to + c); \
        for (; c + DOUBLES <= columns; c += DOUBLES) add_1_##kind(from + c, stride, rows, to + c); \
        for (; c < columns; c++) \
            for (size_t row = 0; row < rows; row++) to[c] += (double)from[(ptrdiff_t)row * stride + (ptrdiff_t)c]; \
    }
ADD(floats)
ADD(doubles)

// The largest (smallest) of a row; NaN if there is one. Between 0 and -0 it may be either.
#define BETTER(x, y) (largest ? (x) > (y) : (x) < (y))
#define PEAK(kind) \
    TARGET CK_INLINE NUMBER_##kind peak_##kind(const bool largest, const NUMBER_##kind *from, size_t count) { \
        NUMBER_##kind best = from[0]; \
        size_t i = 0; \
        if (count >= 4 * LANES_##kind) { \
            kind peak[4]; \
            for (int k = 0; k < 4; k++) peak[k] = load_##kind(from + k * LANES_##kind); \
            /* Nothing is beyond a peak that is NaN, so that it stays. */ \
            for (i = 4 * LANES_##kind; i + 4 * LANES_##kind <= count; i += 4 * LANES_##kind) \
                for (int k = 0; k < 4; k++) { \
                    const kind x = load_##kind(from + i + (size_t)k * LANES_##kind); \
                    const MASKS_##kind next = BETTER(x, peak[k]) | (x != x); \
                    peak[k] = CHOOSE(kind, MASKS_##kind, next, x, peak[k]); \
                } \
            for (; i + LANES_##kind <= count; i += LANES_##kind) { \
                const kind x = load_##kind(from + i); \
                peak[0] = CHOOSE(kind, MASKS_##kind, BETTER(x, peak[0]) | (x != x), x, peak[0]); \
            } \
            for (int k = 1; k < 4; k++) { \
                const MASKS_##kind next = BETTER(peak[k], peak[0]) | (peak[k] != peak[k]); \
                peak[0] = CHOOSE(kind, MASKS_##kind, next, peak[k], peak[0]); \
            } \
            NUMBER_##kind peaks[LANES_##kind]; \
            store_##kind(peaks, peak[0]); \
            best = peaks[0]; \
            for (int k = 1; k < LANES_##kind; k++) \
                if (BETTER(peaks[k], best) || peaks[k] != peaks[k]) best = peaks[k]; \
        } \
        for (; i < count; i++) if (BETTER(from[i], best) || from[i] != from[i]) best = from[i]; \
        return best; \
    } \
    /* Where it first is. */ \
    TARGET CK_INLINE size_t position_##kind(NUMBER_##kind best, const NUMBER_##kind *from, size_t count) { \
        const bool unordered = best != best; \
        size_t i = 0; \
        for (; i + 4 * LANES_##kind <= count; i += 4 * LANES_##kind) { \
            MASKS_##kind found = {0}; \
            for (int k = 0; k < 4; k++) { \
                const kind x = load_##kind(from + i + (size_t)k * LANES_##kind); \
                found |= unordered ? (MASKS_##kind)(x != x) : (MASKS_##kind)(x == best); \
            } \
            if (ANY(found)) break; \
        } \
        while (i + 1 < count && !(unordered ? from[i] != from[i] : from[i] == best)) i++; \
        return i; \
    } \
    TARGET size_t NAME(ck_extreme_##kind)(bool largest, const NUMBER_##kind *from, size_t count) { \
        return position_##kind( \
            largest ? peak_##kind(true, from, count) : peak_##kind(false, from, count), from, count); \
    } \
    TARGET NUMBER_##kind NAME(ck_peak_##kind)(bool largest, const NUMBER_##kind *from, size_t count) { \
        const NUMBER_##kind best = largest ? peak_##kind(true, from, count) : peak_##kind(false, from, count); \
        return best == 0 || best != best ? from[position_##kind(best, from, count)] : best; \
    }
PEAK(floats)
PEAK(doubles)

// The same for columns: a running extreme per column, replaced only by what exceeds it.
#define EXTREME_BLOCK(kind, vectors) \
    TARGET CK_INLINE void extremes_##vectors##_##kind( \
        const bool largest, const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, NUMBER_##kind *values, \
        int64_t *positions) { \
        kind best[vectors]; \
        MASKS_##kind place[vectors]; \
        for (int k = 0; k < vectors; k++) { \
            best[k] = load_##kind(from + k * LANES_##kind); \
            place[k] = (MASKS_##kind){0}; \
        } \
        MASKS_##kind row = {0}; \
        for (size_t r = 1; r < rows; r++) { \
            from += stride; \
            row += 1; \
            for (int k = 0; k < vectors; k++) { \
                const kind x = load_##kind(from + k * LANES_##kind); \
                const MASKS_##kind next = BETTER(x, best[k]) | ((x != x) & (best[k] == best[k])); \
                best[k] = CHOOSE(kind, MASKS_##kind, next, x, best[k]); \
                place[k] = (row & next) | (place[k] & ~next); \
            } \
        } \
        for (int k = 0; k < vectors; k++) { \
            store_##kind(values + k * LANES_##kind, best[k]); \
            for (int i = 0; i < LANES_##kind; i++) positions[k * LANES_##kind + i] = place[k][i]; \
        } \
    }
#define EXTREMES(kind) \
    EXTREME_BLOCK(kind, 1) EXTREME_BLOCK(kind, 4) \
    TARGET CK_INLINE void extreme_columns_##kind( \
        const bool largest, const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, \
        NUMBER_##kind *values, int64_t *positions) { \
        size_t c = 0; \
        for (; c + 4 * LANES_##kind <= columns; c += 4 * LANES_##kind) \
            extremes_4_##kind(largest, from + c, stride, rows, values + c, positions + c); \
        for (; c + LANES_##kind <= columns; c += LANES_##kind) \
            extremes_1_##kind(largest, from + c, stride, rows, values + c, positions + c); \
        for (; c < columns; c++) { \
            size_t best = 0; \
            NUMBER_##kind value = from[c]; \
            for (size_t r = 1; r < rows && value == value; r++) { \
                const NUMBER_##kind x = from[(ptrdiff_t)r * stride + (ptrdiff_t)c]; \
                if (BETTER(x, value) || x != x) { value = x; best = r; } \
            } \
            values[c] = value; \
            positions[c] = (int64_t)best; \
        } \
    } \
    TARGET void NAME(ck_extreme_columns_##kind)( \
        bool largest, const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, \
        NUMBER_##kind *values, int64_t *positions) { \
        if (largest) extreme_columns_##kind(true, from, stride, rows, columns, values, positions); \
        else extreme_columns_##kind(false, from, stride, rows, columns, values, positions); \
    }
EXTREMES(floats)
EXTREMES(doubles)

#if CK_HAS_SLEEF
TARGET CK_INLINE doubles exp_doubles(doubles x) { return SLEEF_OF_doubles(exp)(x); }

// sums[k] += e[k] for a vector that begins at index `at` of the sixteen running sums.
TARGET CK_INLINE void gather_floats(floats e, int at, doubles sums[RUNNING / DOUBLES]) {
    some_floats half[2];
    memcpy(half, &e, sizeof e);
    sums[at / DOUBLES] += __builtin_convertvector(half[0], doubles);
    sums[at / DOUBLES + 1] += __builtin_convertvector(half[1], doubles);
}
TARGET CK_INLINE void gather_doubles(doubles e, int at, doubles sums[RUNNING / DOUBLES]) { sums[at / DOUBLES] += e; }

// The sum of e^(x - shift) in float64, number i added to running sum i % 16; the exponentials are written to `to`
// unless it is null.
#define SUM_EXP(kind) \
    TARGET CK_INLINE double sum_exp_##kind( \
        const NUMBER_##kind *from, NUMBER_##kind shift, size_t count, NUMBER_##kind *to) { \
        doubles sums[RUNNING / DOUBLES] = {{0}}; \
        size_t i = 0; \
        for (; i + RUNNING <= count; i += RUNNING) \
            for (int at = 0; at < RUNNING; at += LANES_##kind) { \
                const kind e = exp_##kind(load_##kind(from + i + (size_t)at) - shift); \
                if (to) store_##kind(to + i + (size_t)at, e); \
                gather_##kind(e, at, sums); \
            } \
        if (i < count) { \
            NUMBER_##kind rest[RUNNING]; \
            for (size_t k = 0; k < RUNNING; k++) rest[k] = i + k < count ? from[i + k] : -(NUMBER_##kind)INFINITY; \
            for (int at = 0; at < RUNNING; at += LANES_##kind) { \
                const kind e = exp_##kind(load_##kind(rest + at) - shift); \
                store_##kind(rest + at, e); \
                gather_##kind(e, at, sums); \
            } \
            if (to) memcpy(to + i, rest, (count - i) * sizeof *rest); \
        } \
        double all[RUNNING]; \
        memcpy(all, sums, sizeof all); \
        return total_of(all); \
    } \
    TARGET bool NAME(ck_softmax_##kind)(const NUMBER_##kind *from, size_t count, NUMBER_##kind *to) { \
        const NUMBER_##kind peak = peak_##kind(true, from, count); \
        const NUMBER_##kind sum = (NUMBER_##kind)sum_exp_##kind(from, peak, count, to); \
        for (size_t i = 0; i < count; i++) to[i] /= sum; \
        return true; \
    } \
    TARGET bool NAME(ck_sum_exp_##kind)( \
        const NUMBER_##kind *from, size_t count, NUMBER_##kind *shift, NUMBER_##kind *sum) { \
        const NUMBER_##kind peak = peak_##kind(true, from, count); \
        *shift = peak - peak == 0 ? peak : 0; \
        *sum = (NUMBER_##kind)sum_exp_##kind(from, *shift, count, 0); \
        return true; \
    }
SUM_EXP(floats)
SUM_EXP(doubles)

// The same for columns, each adding its rows in order: `width` columns, at most a vector's; others do not count.
#define EXP_COLUMNS(kind) \
    TARGET CK_INLINE kind load_columns_##kind(const NUMBER_##kind *from, size_t width) { \
        return width == LANES_##kind ? load_##kind(from) : load_part_##kind(from, width); \
    } \
    TARGET CK_INLINE void store_columns_##kind(NUMBER_##kind *to, kind x, size_t width) { \
        if (width == LANES_##kind) store_##kind(to, x); else store_part_##kind(to, x, width); \
    } \
    TARGET CK_INLINE kind peak_columns_##kind( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t width) { \
        kind peak = load_columns_##kind(from, width); \
        for (size_t r = 1; r < rows; r++) { \
            const kind x = load_columns_##kind(from + (ptrdiff_t)r * stride, width); \
            peak = CHOOSE(kind, MASKS_##kind, (x > peak) | (x != x), x, peak); \
        } \
        return peak; \
    } \
    TARGET CK_INLINE kind sum_columns_##kind( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t width, kind shift, NUMBER_##kind *to, \
        ptrdiff_t to_stride) { \
        doubles sums[LANES_##kind / DOUBLES] = {{0}}; \
        for (size_t r = 0; r < rows; r++) { \
            const kind e = exp_##kind(load_columns_##kind(from + (ptrdiff_t)r * stride, width) - shift); \
            if (to) store_columns_##kind(to + (ptrdiff_t)r * to_stride, e, width); \
            gather_##kind(e, 0, sums); \
        } \
        NUMBER_##kind result[LANES_##kind]; \
        for (int i = 0; i < LANES_##kind; i++) result[i] = (NUMBER_##kind)sums[i / DOUBLES][i % DOUBLES]; \
        return load_##kind(result); \
    } \
    TARGET bool NAME(ck_softmax_columns_##kind)( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, NUMBER_##kind *to, \
        ptrdiff_t to_stride) { \
        for (size_t c = 0; c < columns; c += LANES_##kind) { \
            const size_t width = columns - c < LANES_##kind ? columns - c : LANES_##kind; \
            const kind peak = peak_columns_##kind(from + c, stride, rows, width); \
            const kind sum = sum_columns_##kind(from + c, stride, rows, width, peak, to + c, to_stride); \
            for (size_t r = 0; r < rows; r++) { \
                NUMBER_##kind *row = to + c + (ptrdiff_t)r * to_stride; \
                store_columns_##kind(row, load_columns_##kind(row, width) / sum, width); \
            } \
        } \
        return true; \
    } \
    TARGET bool NAME(ck_sum_exp_columns_##kind)( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, NUMBER_##kind *shifts, \
        NUMBER_##kind *sums) { \
        for (size_t c = 0; c < columns; c += LANES_##kind) { \
            const size_t width = columns - c < LANES_##kind ? columns - c : LANES_##kind; \
            kind shift = peak_columns_##kind(from + c, stride, rows, width); \
            shift = CHOOSE(kind, MASKS_##kind, shift - shift == 0, shift, (kind){0}); \
            store_columns_##kind(shifts + c, shift, width); \
            store_columns_##kind(sums + c, sum_columns_##kind(from + c, stride, rows, width, shift, 0, 0), width); \
        } \
        return true; \
    }
EXP_COLUMNS(floats)
EXP_COLUMNS(doubles)
#else
#define WITHOUT(kind) \
    bool NAME(ck_softmax_##kind)(const NUMBER_##kind *from, size_t count, NUMBER_##kind *to) { \
        return (void)from, (void)count, (void)to, false; \
    } \
    bool NAME(ck_sum_exp_##kind)( \
        const NUMBER_##kind *from, size_t count, NUMBER_##kind *shift, NUMBER_##kind *sum) { \
        return (void)from, (void)count, (void)shift, (void)sum, false; \
    } \
    bool NAME(ck_softmax_columns_##kind)( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, NUMBER_##kind *to, \
        ptrdiff_t to_stride) { \
        return (void)from, (void)stride, (void)rows, (void)columns, (void)to, (void)to_stride, false; \
    } \
    bool NAME(ck_sum_exp_columns_##kind)( \
        const NUMBER_##kind *from, ptrdiff_t stride, size_t rows, size_t columns, NUMBER_##kind *shifts, \
        NUMBER_##kind *sums) { \
        return (void)from, (void)stride, (void)rows, (void)columns, (void)shifts, (void)sums, false; \
    }
WITHOUT(floats)
WITHOUT(doubles)
#endif
