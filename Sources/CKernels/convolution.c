// Convolutions: images are laid out in planes, windows are summed, and results are taken out of their rows.
#include "kernels.h"
#include "dispatch.h"
#include <string.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#define T float
#define LANES 4
#define COLUMNS 1
#define TARGET
#define NAME(name) JOIN(name, _float_portable)
#include "convolution_loops.h"
#undef T
#undef LANES
#undef NAME
#define T double
#define LANES 2
#define NAME(name) JOIN(name, _double_portable)
#include "convolution_loops.h"
#undef T
#undef LANES
#undef NAME
#undef TARGET

#if CK_X86
#define TARGET CK_TARGET_F16C
#define T float
#define LANES 8
#define NAME(name) JOIN(name, _float_avx2)
#include "convolution_loops.h"
#undef T
#undef LANES
#undef NAME
#define T double
#define LANES 4
#define NAME(name) JOIN(name, _double_avx2)
#include "convolution_loops.h"
#undef T
#undef LANES
#undef NAME
#undef TARGET
#undef COLUMNS

#define TARGET CK_TARGET_AVX512
#define COLUMNS 2
#define T float
#define LANES 16
#define NAME(name) JOIN(name, _float_avx512)
#include "convolution_loops.h"
#undef T
#undef LANES
#undef NAME
#define T double
#define LANES 8
#define NAME(name) JOIN(name, _double_avx512)
#include "convolution_loops.h"
#undef T
#undef LANES
#undef NAME
#undef TARGET

#define CHOOSE(function, type, ...) \
    switch (ck_best_level()) { \
    case ck_level_avx512: function##_##type##_avx512(__VA_ARGS__); return; \
    case ck_level_avx2: function##_##type##_avx2(__VA_ARGS__); return; \
    case ck_level_portable: function##_##type##_portable(__VA_ARGS__); return; \
    }
#else
#define CHOOSE(function, type, ...) function##_##type##_portable(__VA_ARGS__);
#endif

#define INLINE static inline __attribute__((always_inline))

#define MOVES(T, type) \
    INLINE void copy_##type(const T *restrict from, T *restrict to, size_t count) { \
        for (size_t i = 0; i < count; i++) to[i] = from[i]; \
    } \
    void ck_windows_lay_##type##s(const ck_planes *p, const T *from, size_t image_step, size_t images, T *to) { \
        const size_t plane = p->rows * p->columns; \
        for (size_t c = 0; c < p->channels; c++) \
            for (size_t py = 0; py < p->steps[0]; py++) \
                for (size_t px = 0; px < p->steps[1]; px++) \
                    for (size_t n = 0; n < images; n++, to += plane) { \
                        const T *image = from + n * image_step + c * p->height * p->width; \
                        /* The first column that lies in the image, and how many do. */ \
                        const ptrdiff_t sx = (ptrdiff_t)p->steps[1], shift = (ptrdiff_t)px - p->border[1]; \
                        ptrdiff_t low = shift >= 0 ? 0 : (-shift + sx - 1) / sx; \
                        const ptrdiff_t wide = (ptrdiff_t)p->width; \
                        ptrdiff_t high = wide <= shift ? 0 : (wide - 1 - shift) / sx + 1; \
                        if (high > (ptrdiff_t)p->columns) high = (ptrdiff_t)p->columns; \
                        if (low > high) low = high; \
                        for (size_t r = 0; r < p->rows; r++) { \
                            T *row = to + r * p->columns; \
                            const ptrdiff_t y = (ptrdiff_t)(r * p->steps[0] + py) - p->border[0]; \
                            if (y < 0 || y >= (ptrdiff_t)p->height || low == high) { \
                                memset(row, 0, p->columns * sizeof *row); \
                                continue; \
                            } \
                            const T *line = image + y * (ptrdiff_t)p->width + shift; \
                            for (ptrdiff_t x = 0; x < low; x++) row[x] = 0; \
                            if (sx == 1) copy_##type(line + low, row + low, (size_t)(high - low)); \
                            else for (ptrdiff_t x = low; x < high; x++) row[x] = line[x * sx]; \
                            for (ptrdiff_t x = high; x < (ptrdiff_t)p->columns; x++) row[x] = 0; \
                        } \
                    } \
    } \
    void ck_windows_take_##type##s(const T *from, size_t plane, size_t columns, size_t height, size_t width, T *to, \
                                   size_t image_step, size_t row_step, size_t column_step, size_t images) { \
        for (size_t n = 0; n < images; n++) \
            for (size_t y = 0; y < height; y++) { \
                const T *line = from + n * plane + y * columns; \
                T *target = to + n * image_step + y * row_step; \
                if (column_step == 1) copy_##type(line, target, width); \
                else for (size_t x = 0; x < width; x++) target[x * column_step] = line[x]; \
            } \
    } \
    void ck_windows_sum_##type##s(const T *planes, const int32_t *offsets, size_t taps, const T *weights, \
                                  const T *bias, size_t length, T *to, size_t stride) { \
        CHOOSE(rows, type, planes, offsets, taps, weights, bias, length, to, stride) \
    } \
    void ck_windows_dot_##type##s(const T *g, size_t g_stride, size_t outs, const T *planes, \
                                  const int32_t *offsets, size_t taps, size_t runs, size_t run, size_t step, T *to) { \
        CHOOSE(dots, type, g, g_stride, outs, planes, offsets, taps, runs, run, step, to) \
    }
MOVES(float, float)
MOVES(double, double)
