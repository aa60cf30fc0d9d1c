// A tile of the product of two matrices, written once for every instruction set. The including file defines what
// sparse_linear_loops.h asks for, and
//   ROWS                    how many rows of the left matrix are in registers, a power of two
//   VECTORS                 how many vectors of a row of the right matrix; ROWS * VECTORS sums must fit the registers
//   DOTS                    the same for dot products along rows of both matrices: ROWS_OF_DOTS * DOTS sums
//
// There are two cases; in both the right matrix may hold floats or halves, which become floats when they are loaded.
// Rows of b contiguous (b_column == 1): each step along the depth multiplies VECTORS vectors of b with ROWS numbers of
// a. For many rows, b is first copied into a panel that is contiguous and stays in the second cache; few rows read b in
// place. Columns of b contiguous (b_depth == 1): few rows use dot products; for many, the panel is a transposed copy.

#define PANEL (VECTORS * LANES)
// The depth of a panel: DEPTH rows of it fill a quarter of a small second cache.
#define DEPTH 512
// Up to this many rows the copy costs more than it gains (measured: see ARCHITECTURE.md).
#define FEW_ROWS 16
// For so few columns, a panel would be mostly zeros.
#define FEW_COLUMNS 4
// So many terms are summed separately and then added to the sum of those before: in one chain of all terms the rounding
// error would grow with the square root of their number.
#define TERMS 128

INLINE lanes load_b(const char *b, int half) {
    return half ? lanes_from_halves((const uint16_t *)b) : lanes_from_floats((const float *)b);
}

// c[0..rows][0..columns] = (start, 0 or the former c) + a times b. `rows`, `vectors`, `half` and `direct` are constants
// wherever this is inlined.
INLINE void multiply_rows(const float *a, size_t a_row, size_t a_depth, const char *b, size_t b_step, size_t depth,
                          const float *start, int first, float *c, size_t c_row, size_t columns,
                          int rows, int vectors, int half, int direct) {
    lanes totals[ROWS][VECTORS];
    const int full = columns == (size_t)(vectors * LANES);
    const size_t size = half ? 2 : 4;
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            const float *from = first ? start : c + (size_t)r * c_row;
            const size_t place = (size_t)(v * LANES);
            totals[r][v] = !from || place >= columns ? lanes_zero()
                : full                               ? lanes_from_floats(from + place)
                : lanes_from_floats_part(from + place, columns - place < LANES ? columns - place : LANES);
        }
    for (size_t done = 0; done < depth; done += TERMS) {
        lanes sums[ROWS][VECTORS];
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++) sums[r][v] = lanes_zero();
        const size_t terms = depth - done < TERMS ? depth - done : TERMS;
        for (size_t k = 0; k < terms; k++) {
            if (direct)
                for (int line = 0; line < vectors * LANES * (half ? 2 : 4); line += LINE)
                    __builtin_prefetch(b + 8 * b_step + line, 0, 3);
            lanes right[VECTORS];
            for (int v = 0; v < vectors; v++) right[v] = load_b(b + (size_t)(v * LANES) * size, half);
            for (int r = 0; r < rows; r++) {
                const lanes left = lanes_broadcast(a[(size_t)r * a_row]);
                for (int v = 0; v < vectors; v++) sums[r][v] = lanes_multiply_add(left, right[v], sums[r][v]);
            }
            a += a_depth;
            b += b_step;
        }
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++) totals[r][v] = lanes_add(totals[r][v], sums[r][v]);
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            const size_t place = (size_t)(v * LANES);
            float *to = c + (size_t)r * c_row + place;
            if (full) lanes_to_floats(to, totals[r][v]);
            else if (place < columns)
                lanes_to_floats_part(to, totals[r][v], columns - place < LANES ? columns - place : LANES);
        }
}

// All rows of a tile times one panel.
INLINE void multiply_panel(const float *a, size_t a_row, size_t a_depth, const char *b, size_t b_step, size_t depth,
                           const float *start, int first, float *c, size_t c_row, size_t rows, size_t columns,
                           int vectors, int half, int direct) {
    size_t r = 0;
#define SOME(count)                                                                                                    \
    for (; r + (count) <= rows; r += (count))                                                                          \
        multiply_rows(a + r * a_row, a_row, a_depth, b, b_step, depth, start, first, c + r * c_row, c_row, columns,    \
                      count, vectors, half, direct)
    SOME(ROWS);
#if ROWS > 4
    SOME(4);
#endif
#if ROWS > 2
    SOME(2);
#endif
    SOME(1);
#undef SOME
}

// Copies rows of b, `columns` columns from the first on, as floats into rows of length `width`, padded with zeros.
INLINE void pack_rows(const char *b, size_t b_step, size_t depth, size_t columns, size_t width, int half, float *to) {
    for (size_t k = 0; k < depth; k++, b += b_step, to += width)
        for (size_t place = 0; place < width; place += LANES) {
            const char *from = b + place * (half ? 2 : 4);
            const size_t left = place < columns ? columns - place : 0;
            lanes_to_floats(to + place, left >= LANES ? load_b(from, half)
                                        : !left       ? lanes_zero()
                                        : half ? lanes_from_halves_part((const uint16_t *)from, left)
                                               : lanes_from_floats_part((const float *)from, left));
        }
}

// The same for a b whose columns are contiguous, `b_step` bytes apart.
INLINE void pack_columns(const char *b, size_t b_step, size_t depth, size_t columns, size_t width, int half,
                         float *to) {
    float copy[PANEL * LINE];
    for (size_t k0 = 0; k0 < depth; k0 += LINE) {
        const size_t count = depth - k0 < LINE ? depth - k0 : LINE;
        const float *from = (const float *)b + k0;
        size_t stride = b_step / 4;
        if (half) {
            from = copy;
            stride = LINE;
            for (size_t j = 0; j < columns; j++) {
                const uint16_t *halves = (const uint16_t *)(b + j * b_step) + k0;
                size_t k = 0;
                for (; k + LANES <= count; k += LANES)
                    lanes_to_floats(copy + j * LINE + k, lanes_from_halves(halves + k));
                if (k < count)
                    lanes_to_floats_part(copy + j * LINE + k, lanes_from_halves_part(halves + k, count - k), count - k);
            }
        }
        ck_transpose_4((const uint32_t *)from, stride, columns, count, (uint32_t *)(to + k0 * width), width);
        if (columns < width)
            for (size_t k = k0; k < k0 + count; k++)
                for (size_t j = columns; j < width; j++) to[k * width + j] = 0;
    }
}

// c[r][j] = (start[j], 0 or the former c) + the sum over k of a[r][k] b[j][k], in LANES running sums.
INLINE void dot_block(const float *a, size_t a_row, const char *b, size_t b_step, size_t depth, const float *start,
                      int first, float *c, size_t c_row, int rows, int columns, int half) {
    lanes sums[ROWS_OF_DOTS][DOTS];
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < columns; j++) sums[r][j] = lanes_zero();
    const size_t size = half ? 2 : 4;
    size_t k = 0;
    for (; k + LANES <= depth; k += LANES) {
        lanes left[ROWS_OF_DOTS];
        for (int r = 0; r < rows; r++) left[r] = lanes_from_floats(a + (size_t)r * a_row + k);
        for (int j = 0; j < columns; j++) {
            const lanes right = load_b(b + (size_t)j * b_step + k * size, half);
            for (int r = 0; r < rows; r++) sums[r][j] = lanes_multiply_add(left[r], right, sums[r][j]);
        }
    }
    if (k < depth) {
        const size_t rest = depth - k;
        for (int j = 0; j < columns; j++) {
            const char *from = b + (size_t)j * b_step + k * size;
            const lanes right = half ? lanes_from_halves_part((const uint16_t *)from, rest)
                                     : lanes_from_floats_part((const float *)from, rest);
            for (int r = 0; r < rows; r++)
                sums[r][j] = lanes_multiply_add(
                    lanes_from_floats_part(a + (size_t)r * a_row + k, rest), right, sums[r][j]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < columns; j++) {
            float *to = c + (size_t)r * c_row + j;
            *to = lanes_sum(sums[r][j]) + (!first ? *to : start ? start[j] : 0);
        }
}

INLINE void dots(const float *a, size_t a_row, const char *b, size_t b_step, size_t depth, const float *start,
                 int first, float *c, size_t c_row, size_t rows, size_t columns, int half) {
    for (size_t j = 0; j < columns;) {
        const size_t count = j + DOTS <= columns ? DOTS : 1;
        const char *from = b + j * b_step;
        const float *begin = start ? start + j : 0;
        size_t r = 0;
#define SOME(some)                                                                                                     \
    for (; r + (some) <= rows; r += (some)) {                                                                          \
        const float *rows_of_a = a + r * a_row;                                                                        \
        float *to = c + r * c_row + j;                                                                                 \
        if (count == DOTS)                                                                                             \
            dot_block(rows_of_a, a_row, from, b_step, depth, begin, first, to, c_row, some, DOTS, half);               \
        else dot_block(rows_of_a, a_row, from, b_step, depth, begin, first, to, c_row, some, 1, half);                 \
    }
        SOME(ROWS_OF_DOTS)
#if ROWS_OF_DOTS > 2
        SOME(2)
#endif
        SOME(1)
#undef SOME
        j += count;
    }
}

INLINE void tile(const struct ck_product *p, size_t row, size_t rows, size_t column, size_t columns, int half) {
    const size_t size = half ? 2 : 4;
    const int side_by_side = p->b_column == 1;
    const size_t step = (side_by_side ? p->b_depth : p->b_column) * size;
    const float *a = p->a + row * p->a_row;
    float *c = p->c + row * p->c_row + column;
    const char *b = (const char *)p->b + column * p->b_column * size;
    const float *start = p->start ? p->start + column : 0;
    if (!side_by_side && p->a_depth == 1 && (rows <= FEW_ROWS || columns <= FEW_COLUMNS)) {
        for (size_t k = 0; k < p->depth || k == 0; k += TERMS * LANES)
            dots(a + k, p->a_row, b + k * size, step, p->depth - k < TERMS * LANES ? p->depth - k : TERMS * LANES,
                 start, k == 0, c, p->c_row, rows, columns, half);
        return;
    }
    _Alignas(64) float panel[DEPTH * PANEL];
    for (size_t j = 0; j < columns; j += PANEL) {
        const size_t width = columns - j < PANEL ? columns - j : PANEL;
        const int narrow = width <= LANES;
        for (size_t k = 0; k < p->depth || k == 0; k += DEPTH) {
            const size_t depth = p->depth - k < DEPTH ? p->depth - k : DEPTH;
            const char *from = b + (j * p->b_column + k * p->b_depth) * size;
            const float *left = a + k * p->a_depth, *begin = start ? start + j : 0;
            if (side_by_side && rows <= FEW_ROWS && width == PANEL) {
                multiply_panel(left, p->a_row, p->a_depth, from, step, depth, begin, k == 0, c + j, p->c_row, rows,
                               width, VECTORS, half, 1);
                continue;
            }
            const size_t padded = narrow ? LANES : PANEL;
            if (side_by_side) pack_rows(from, step, depth, width, padded, half, panel);
            else pack_columns(from, step, depth, width, padded, half, panel);
            const char *packed = (const char *)panel;
            if (narrow)
                multiply_panel(left, p->a_row, p->a_depth, packed, padded * 4, depth, begin, k == 0, c + j, p->c_row,
                               rows, width, 1, 0, 0);
            else
                multiply_panel(left, p->a_row, p->a_depth, packed, padded * 4, depth, begin, k == 0, c + j, p->c_row,
                               rows, width, VECTORS, 0, 0);
        }
    }
}

const size_t ENTRY(ck_product_panel_) = PANEL;

TARGET void ENTRY(ck_product_)(const struct ck_product *p, size_t row, size_t rows, size_t column, size_t columns) {
    if (p->b_is_half) tile(p, row, rows, column, columns, 1);
    else tile(p, row, rows, column, columns, 0);
}
