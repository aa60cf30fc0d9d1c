// The functions of elementwise.c at each level.
#pragma once
#include "kernels.h"
#include "dispatch.h"

#define CK_ELEMENTWISE(level) \
    bool ck_map_floats_##level(enum ck_function function, const float *from, float *to, size_t count); \
    bool ck_map_doubles_##level(enum ck_function function, const double *from, double *to, size_t count); \
    bool ck_zip_floats_##level( \
        enum ck_pair pair, const float *a, int a_step, const float *b, int b_step, float *to, size_t count); \
    bool ck_zip_doubles_##level( \
        enum ck_pair pair, const double *a, int a_step, const double *b, int b_step, double *to, size_t count); \
    bool ck_compare_floats_##level( \
        enum ck_comparison comparison, const float *a, int a_step, const float *b, int b_step, uint8_t *to, \
        size_t count); \
    bool ck_compare_doubles_##level( \
        enum ck_comparison comparison, const double *a, int a_step, const double *b, int b_step, uint8_t *to, \
        size_t count); \
    void ck_choose_4_##level( \
        const uint8_t *mask, int mask_step, const uint32_t *a, int a_step, const uint32_t *b, int b_step, \
        uint32_t *to, size_t count); \
    void ck_choose_8_##level( \
        const uint8_t *mask, int mask_step, const uint64_t *a, int a_step, const uint64_t *b, int b_step, \
        uint64_t *to, size_t count);
CK_ELEMENTWISE(portable)
#if CK_X86
CK_ELEMENTWISE(avx2)
CK_ELEMENTWISE(avx512)
#endif
