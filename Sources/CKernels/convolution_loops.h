// The loops of a convolution, written once for every instruction set and both types. The including file defines
//   T, LANES, COLUMNS       the type, how many of it a vector holds, and how many vectors a tile is wide
//   TARGET, NAME(name)      the attribute that lets a function use the instructions, and what its name becomes
//
// Windows are not copied into columns. Planes hold an image with its border of zeros row by row, so that tap t of the
// window for output q reads planes[offsets[t] + q], for all q of a row. Outputs past the end of a row of windows are
// computed too, from whatever lies there, and left out afterwards.

#define TILE 8

typedef T NAME(vector) __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
#define VECTOR NAME(vector)
#define INNER TARGET static inline __attribute__((always_inline))

INNER VECTOR NAME(load)(const T *from) { return *(const VECTOR *)from; }
INNER VECTOR NAME(all)(T x) {
    VECTOR all;
    for (int l = 0; l < LANES; l++) all[l] = x;
    return all;
}

// TILE outputs at `width` vectors of positions q, written to to[o * stride + q].
INNER void NAME(tile)(const T *planes, const int32_t *offsets, size_t taps, const T *weights, const T *bias, T *to,
                      size_t stride, int width) {
    VECTOR sums[TILE][COLUMNS];
    for (int o = 0; o < TILE; o++)
        for (int v = 0; v < width; v++) sums[o][v] = NAME(all)(bias[o]);
    for (size_t t = 0; t < taps; t++) {
        const T *from = planes + offsets[t], *w = weights + t * TILE;
        VECTOR seen[COLUMNS];
        for (int v = 0; v < width; v++) seen[v] = NAME(load)(from + v * LANES);
        for (int o = 0; o < TILE; o++) {
            const VECTOR weight = NAME(all)(w[o]);
            for (int v = 0; v < width; v++) sums[o][v] = weight * seen[v] + sums[o][v];
        }
    }
    for (int o = 0; o < TILE; o++)
        for (int v = 0; v < width; v++) *(VECTOR *)(to + (size_t)o * stride + v * LANES) = sums[o][v];
}

TARGET static void NAME(rows)(const T *planes, const int32_t *offsets, size_t taps, const T *weights, const T *bias,
                              size_t length, T *to, size_t stride) {
    size_t q = 0;
    for (; q + COLUMNS * LANES <= length; q += COLUMNS * LANES)
        NAME(tile)(planes + q, offsets, taps, weights, bias, to + q, stride, COLUMNS);
    // The last vectors run past the end, into the slack.
    for (; q < length; q += LANES) NAME(tile)(planes + q, offsets, taps, weights, bias, to + q, stride, 1);
}

#define OUTS 4
#define TAPS 4

// sums of g[o][q] planes[offsets[t] + q] over q in runs, for `outs` x `taps` of them.
INNER void NAME(dot_tile)(const T *g, size_t g_stride, int outs, const T *planes, const int32_t *offsets, int taps,
                          size_t runs, size_t run, size_t step, T *to, size_t to_stride) {
    VECTOR sums[OUTS][TAPS] = {{{0}}};
    T rest[OUTS][TAPS] = {{0}};
    for (size_t r = 0; r < runs; r++) {
        size_t q = r * step;
        const size_t end = q + run;
        for (; q + LANES <= end; q += LANES) {
            VECTOR a[OUTS], b[TAPS];
            for (int o = 0; o < outs; o++) a[o] = NAME(load)(g + (size_t)o * g_stride + q);
            for (int t = 0; t < taps; t++) b[t] = NAME(load)(planes + offsets[t] + q);
            for (int o = 0; o < outs; o++)
                for (int t = 0; t < taps; t++) sums[o][t] = a[o] * b[t] + sums[o][t];
        }
        for (; q < end; q++)
            for (int o = 0; o < outs; o++)
                for (int t = 0; t < taps; t++) rest[o][t] += g[(size_t)o * g_stride + q] * planes[offsets[t] + q];
    }
    for (int o = 0; o < outs; o++)
        for (int t = 0; t < taps; t++) {
            for (int half = LANES / 2; half; half /= 2)
                for (int l = 0; l < half; l++) sums[o][t][l] += sums[o][t][l + half];
            to[(size_t)o * to_stride + (size_t)t] += sums[o][t][0] + rest[o][t];
        }
}

TARGET static void NAME(dots)(const T *g, size_t g_stride, size_t outs, const T *planes, const int32_t *offsets,
                              size_t taps, size_t runs, size_t run, size_t step, T *to) {
    for (size_t o = 0; o < outs; o += OUTS)
        for (size_t t = 0; t < taps; t += TAPS) {
            const int most_outs = outs - o < OUTS ? (int)(outs - o) : OUTS;
            const int most_taps = taps - t < TAPS ? (int)(taps - t) : TAPS;
            const T *from = g + o * g_stride;
            T *target = to + o * taps + t;
            if (most_outs == OUTS && most_taps == TAPS)
                NAME(dot_tile)(from, g_stride, OUTS, planes, offsets + t, TAPS, runs, run, step, target, taps);
            else
                NAME(dot_tile)(from, g_stride, most_outs, planes, offsets + t, most_taps, runs, run, step, target,
                               taps);
        }
}

#undef TILE
#undef OUTS
#undef TAPS
#undef VECTOR
#undef INNER
