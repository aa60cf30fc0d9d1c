// x86 since 2013: eight floats, with fused multiply-add and half conversion.
#include "sparse_linear.h"
#include "product.h"
#if CK_X86
#include <string.h>

#define LEVEL avx2
#define TARGET CK_TARGET_F16C
#define LANES 8
typedef __m256 lanes;

TARGET CK_INLINE lanes lanes_zero(void) { return _mm256_setzero_ps(); }
TARGET CK_INLINE lanes lanes_broadcast(float x) { return _mm256_set1_ps(x); }
TARGET CK_INLINE lanes lanes_multiply_add(lanes a, lanes b, lanes c) { return _mm256_fmadd_ps(a, b, c); }
TARGET CK_INLINE lanes lanes_add(lanes a, lanes b) { return _mm256_add_ps(a, b); }

TARGET CK_INLINE float lanes_sum(lanes a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

TARGET CK_INLINE lanes lanes_from_floats(const float *p) { return _mm256_loadu_ps(p); }
TARGET CK_INLINE void lanes_to_floats(float *p, lanes a) { _mm256_storeu_ps(p, a); }
TARGET CK_INLINE lanes lanes_from_halves(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}

TARGET CK_INLINE lanes lanes_from_floats_part(const float *p, size_t count) {
    float part[LANES] = {0};
    memcpy(part, p, count * sizeof *p);
    return lanes_from_floats(part);
}

TARGET CK_INLINE lanes lanes_from_halves_part(const uint16_t *p, size_t count) {
    uint16_t part[LANES] = {0};
    memcpy(part, p, count * sizeof *p);
    return lanes_from_halves(part);
}

TARGET CK_INLINE void lanes_to_floats_part(float *p, lanes a, size_t count) {
    float part[LANES];
    lanes_to_floats(part, a);
    memcpy(p, part, count * sizeof *p);
}

#include "sparse_linear_loops.h"

#define ROWS 4
#define VECTORS 3
#define ROWS_OF_DOTS 2
#define DOTS 4
#include "product_loops.h"
#endif
