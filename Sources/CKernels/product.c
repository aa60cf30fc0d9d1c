// The matrix product of floats: chooses the instruction set.
#include "product.h"

static enum ck_level available(enum ck_level level) {
    const enum ck_level best = ck_best_level();
    return level < best ? level : best;
}

size_t ck_product_panel(enum ck_level level) {
    switch (available(level)) {
#if CK_X86
    case ck_level_avx512: return ck_product_panel_avx512;
    case ck_level_avx2: return ck_product_panel_avx2;
#endif
    default: return ck_product_panel_portable;
    }
}

void ck_product_tile(enum ck_level level, const struct ck_product *p, size_t row, size_t rows, size_t column,
                     size_t columns) {
    switch (available(level)) {
#if CK_X86
    case ck_level_avx512: ck_product_avx512(p, row, rows, column, columns); return;
    case ck_level_avx2: ck_product_avx2(p, row, rows, column, columns); return;
#endif
    default: ck_product_portable(p, row, rows, column, columns);
    }
}
