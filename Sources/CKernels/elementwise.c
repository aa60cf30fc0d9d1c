// The public functions of single numbers and of pairs; each chooses its instruction set.
#include "elementwise.h"

bool ck_map_floats(
    enum ck_level level, enum ck_function function, const float *from, float *to, size_t count) {
    CK_PICK(ck_map_floats, function, from, to, count)
}
bool ck_map_doubles(
    enum ck_level level, enum ck_function function, const double *from, double *to, size_t count) {
    CK_PICK(ck_map_doubles, function, from, to, count)
}

bool ck_zip_floats(
    enum ck_level level, enum ck_pair pair, const float *a, int a_step, const float *b, int b_step, float *to,
    size_t count) {
    CK_PICK(ck_zip_floats, pair, a, a_step, b, b_step, to, count)
}
bool ck_zip_doubles(
    enum ck_level level, enum ck_pair pair, const double *a, int a_step, const double *b, int b_step, double *to,
    size_t count) {
    CK_PICK(ck_zip_doubles, pair, a, a_step, b, b_step, to, count)
}

// x > y is y < x.
bool ck_compare_floats(
    enum ck_level level, enum ck_comparison comparison, const float *a, int a_step, const float *b, int b_step,
    uint8_t *to, size_t count) {
    CK_PICK(ck_compare_floats, comparison, a, a_step, b, b_step, to, count)
}
bool ck_compare_doubles(
    enum ck_level level, enum ck_comparison comparison, const double *a, int a_step, const double *b, int b_step,
    uint8_t *to, size_t count) {
    CK_PICK(ck_compare_doubles, comparison, a, a_step, b, b_step, to, count)
}

void ck_choose_4(
    enum ck_level level, const uint8_t *mask, int mask_step, const uint32_t *a, int a_step, const uint32_t *b,
    int b_step, uint32_t *to, size_t count) {
    CK_PICK(ck_choose_4, mask, mask_step, a, a_step, b, b_step, to, count)
}
void ck_choose_8(
    enum ck_level level, const uint8_t *mask, int mask_step, const uint64_t *a, int a_step, const uint64_t *b,
    int b_step, uint64_t *to, size_t count) {
    CK_PICK(ck_choose_8, mask, mask_step, a, a_step, b, b_step, to, count)
}
