// The loops of a linear layer stored by input unit, written once for every instruction set. The including file defines
//   LEVEL, TARGET           its name, and the attribute that lets a function use its instructions
//   lanes, LANES            a vector of floats, and how many
//   lanes_zero(), lanes_broadcast(x), lanes_multiply_add(a, b, c) = a * b + c, lanes_add(a, b), lanes_sum(a)
//   lanes_from_floats(p), lanes_from_halves(p), lanes_to_floats(p, a), and each with _part(..., count), which reads or
//   writes only the first count < LANES elements and takes the rest for zero.
//
// A pass takes GROUP units and goes along their weights side by side, one cache line of each at a time. So each line of
// y (or g) in the innermost cache serves GROUP lines of weights, the hardware sees GROUP sequential streams, and the
// next group's rows, which it cannot predict, are prefetched at the same pace. Measured: GROUP 2 is a tenth to a third
// slower, and 8 spills AVX2's registers; keeping blocks of y in registers across all units, and reading short pieces of
// each row, was up to twice as slow when weights came from memory. One thread: a layer takes some 5 microseconds, so
// that a second thread (two cores, float16) made backward a tenth faster at best while polling, forward slower, and
// both three times slower when it had to be woken.

#define GROUP 4
#define LINE 64

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define ENTRY(name) JOIN(name, LEVEL)
#define INLINE TARGET CK_INLINE

// `half` and `count` are constants wherever the following are inlined, so that they cause no branches.

INLINE lanes load_weights(const char *row, size_t o, int half) {
    return half ? lanes_from_halves((const uint16_t *)row + o) : lanes_from_floats((const float *)row + o);
}

INLINE lanes load_weights_part(const char *row, size_t o, size_t count, int half) {
    return half ? lanes_from_halves_part((const uint16_t *)row + o, count)
                : lanes_from_floats_part((const float *)row + o, count);
}

INLINE const char *row_of(const void *weights, uint32_t unit, size_t stride, int half) {
    return (const char *)weights + (size_t)unit * stride * (half ? 2 : 4);
}

// The rows of this pass and of the next; past the end, the last row again.
INLINE void find_rows(const void *weights, size_t stride, const uint32_t *units, size_t first, size_t active,
                      int half, int count, const char **rows, const char **following) {
    for (int k = 0; k < count; k++) {
        const size_t next = first + (size_t)count + (size_t)k;
        rows[k] = row_of(weights, units[first + (size_t)k], stride, half);
        following[k] = row_of(weights, units[next < active ? next : active - 1], stride, half);
    }
}

INLINE void accumulate_group(const void *weights, size_t stride, size_t outputs, const uint32_t *units,
                             const float *values, size_t first, size_t active, float *y, int half, int count) {
    const size_t line = LINE / (half ? 2 : 4);
    const char *rows[GROUP], *following[GROUP];
    lanes x[GROUP];
    find_rows(weights, stride, units, first, active, half, count, rows, following);
    for (int k = 0; k < count; k++) x[k] = lanes_broadcast(values[first + (size_t)k]);

    size_t o = 0;
    for (; o + line <= outputs; o += line) {
        for (int k = 0; k < count; k++) __builtin_prefetch(following[k] + o * (half ? 2 : 4), 0, 3);
        for (size_t v = 0; v < line; v += LANES) {
            lanes sum = lanes_from_floats(y + o + v);
            for (int k = 0; k < count; k++) sum = lanes_multiply_add(x[k], load_weights(rows[k], o + v, half), sum);
            lanes_to_floats(y + o + v, sum);
        }
    }
    for (; o + LANES <= outputs; o += LANES) {
        lanes sum = lanes_from_floats(y + o);
        for (int k = 0; k < count; k++) sum = lanes_multiply_add(x[k], load_weights(rows[k], o, half), sum);
        lanes_to_floats(y + o, sum);
    }
    if (o < outputs) {
        const size_t rest = outputs - o;
        lanes sum = lanes_from_floats_part(y + o, rest);
        for (int k = 0; k < count; k++) sum = lanes_multiply_add(x[k], load_weights_part(rows[k], o, rest, half), sum);
        lanes_to_floats_part(y + o, sum, rest);
    }
}

INLINE void accumulate(const void *weights, size_t stride, size_t outputs, const uint32_t *units, const float *values,
                       size_t active, float *y, int half) {
    size_t i = 0;
    for (; i + GROUP <= active; i += GROUP)
        accumulate_group(weights, stride, outputs, units, values, i, active, y, half, GROUP);
    for (; i < active; i++) accumulate_group(weights, stride, outputs, units, values, i, active, y, half, 1);
}

// Two sums per row, so that GROUP rows keep the multiply-add units busy and fit sixteen registers.
INLINE void dot_group(const void *weights, size_t stride, size_t outputs, const uint32_t *units, size_t first,
                      size_t active, const float *g, float *to, int half, int count) {
    const size_t line = LINE / (half ? 2 : 4);
    const char *rows[GROUP], *following[GROUP];
    lanes sums[GROUP][2];
    find_rows(weights, stride, units, first, active, half, count, rows, following);
    for (int k = 0; k < count; k++) sums[k][0] = sums[k][1] = lanes_zero();

    size_t o = 0;
    for (; o + line <= outputs; o += line) {
        for (int k = 0; k < count; k++) __builtin_prefetch(following[k] + o * (half ? 2 : 4), 0, 3);
        for (size_t v = 0; v < line / LANES; v++) {
            const size_t position = o + v * LANES;
            const lanes b = lanes_from_floats(g + position);
            for (int k = 0; k < count; k++)
                sums[k][v & 1] = lanes_multiply_add(load_weights(rows[k], position, half), b, sums[k][v & 1]);
        }
    }
    for (; o + LANES <= outputs; o += LANES) {
        const lanes b = lanes_from_floats(g + o);
        for (int k = 0; k < count; k++)
            sums[k][0] = lanes_multiply_add(load_weights(rows[k], o, half), b, sums[k][0]);
    }
    if (o < outputs) {
        const size_t rest = outputs - o;
        const lanes b = lanes_from_floats_part(g + o, rest);
        for (int k = 0; k < count; k++)
            sums[k][0] = lanes_multiply_add(load_weights_part(rows[k], o, rest, half), b, sums[k][0]);
    }
    for (int k = 0; k < count; k++) to[units[first + (size_t)k]] = lanes_sum(lanes_add(sums[k][0], sums[k][1]));
}

INLINE void dot(const void *weights, size_t stride, size_t outputs, const uint32_t *units, size_t active,
                const float *g, float *to, int half) {
    size_t i = 0;
    for (; i + GROUP <= active; i += GROUP)
        dot_group(weights, stride, outputs, units, i, active, g, to, half, GROUP);
    for (; i < active; i++) dot_group(weights, stride, outputs, units, i, active, g, to, half, 1);
}

TARGET void ENTRY(ck_accumulate_units_half_)(const uint16_t *weights, size_t stride, size_t outputs,
                                             const uint32_t *units, const float *values, size_t active, float *y) {
    accumulate(weights, stride, outputs, units, values, active, y, 1);
}

TARGET void ENTRY(ck_accumulate_units_float_)(const float *weights, size_t stride, size_t outputs,
                                              const uint32_t *units, const float *values, size_t active, float *y) {
    accumulate(weights, stride, outputs, units, values, active, y, 0);
}

TARGET void ENTRY(ck_dot_units_half_)(const uint16_t *weights, size_t stride, size_t outputs, const uint32_t *units,
                                      size_t active, const float *g, float *to) {
    dot(weights, stride, outputs, units, active, g, to, 1);
}

TARGET void ENTRY(ck_dot_units_float_)(const float *weights, size_t stride, size_t outputs, const uint32_t *units,
                                       size_t active, const float *g, float *to) {
    dot(weights, stride, outputs, units, active, g, to, 0);
}
