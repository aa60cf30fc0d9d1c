// What each instruction set provides (product_loops.h), for product.c to choose from.
#pragma once
#include "sparse_linear.h"

#define CK_DECLARE_PRODUCT(level)                                                                                      \
    void ck_product_##level(const struct ck_product *p, size_t row, size_t rows, size_t column, size_t columns);     \
    extern const size_t ck_product_panel_##level;

CK_DECLARE_PRODUCT(portable)
#if CK_X86
CK_DECLARE_PRODUCT(avx2)
CK_DECLARE_PRODUCT(avx512)
#endif
