// x86 with 512-bit vectors: sixteen floats, and masks for the last, partial vector.
#include "sparse_linear.h"
#include "product.h"
#if CK_X86

#define LEVEL avx512
#define TARGET CK_TARGET_AVX512
#define LANES 16
typedef __m512 lanes;

TARGET CK_INLINE lanes lanes_zero(void) { return _mm512_setzero_ps(); }
TARGET CK_INLINE lanes lanes_broadcast(float x) { return _mm512_set1_ps(x); }
TARGET CK_INLINE lanes lanes_multiply_add(lanes a, lanes b, lanes c) { return _mm512_fmadd_ps(a, b, c); }
TARGET CK_INLINE lanes lanes_add(lanes a, lanes b) { return _mm512_add_ps(a, b); }
TARGET CK_INLINE float lanes_sum(lanes a) { return _mm512_reduce_add_ps(a); }

TARGET CK_INLINE lanes lanes_from_floats(const float *p) { return _mm512_loadu_ps(p); }
TARGET CK_INLINE void lanes_to_floats(float *p, lanes a) { _mm512_storeu_ps(p, a); }
TARGET CK_INLINE lanes lanes_from_halves(const uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

// A mask of the first `count` of sixteen lanes.
CK_INLINE __mmask16 first(size_t count) { return (__mmask16)((1u << count) - 1); }

TARGET CK_INLINE lanes lanes_from_floats_part(const float *p, size_t count) {
    return _mm512_maskz_loadu_ps(first(count), p);
}
TARGET CK_INLINE lanes lanes_from_halves_part(const uint16_t *p, size_t count) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(count), p));
}
TARGET CK_INLINE void lanes_to_floats_part(float *p, lanes a, size_t count) {
    _mm512_mask_storeu_ps(p, first(count), a);
}

#include "sparse_linear_loops.h"

#define ROWS 8
#define VECTORS 3
#define ROWS_OF_DOTS 4
#define DOTS 4
#include "product_loops.h"

TARGET CK_INLINE size_t active_units(
    const float *x, size_t count, uint32_t *units, float *values, int predicate) {
    const __m512i sixteen = _mm512_set1_epi32(LANES);
    __m512i unit = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t active = 0;
    for (size_t j = 0; j < count; j += LANES) {
        const __mmask16 present = count - j < LANES ? first(count - j) : (__mmask16)0xffff;
        const lanes value = _mm512_maskz_loadu_ps(present, x + j);
        // `predicate` is constant in each inlined copy, as the instruction demands.
        const lanes zero = lanes_zero();
        const __mmask16 chosen =
            predicate == ck_activity_nonzero ? _mm512_mask_cmp_ps_mask(present, value, zero, _CMP_NEQ_UQ)
                                             : _mm512_mask_cmp_ps_mask(present, value, zero, _CMP_NLE_UQ);
        // Packed in a register, then stored with a mask: compressing stores are slow (microcode) on some processors.
        const size_t chosen_count = (size_t)__builtin_popcount(chosen);
        const __mmask16 kept = first(chosen_count);
        _mm512_mask_storeu_epi32(units + active, kept, _mm512_maskz_compress_epi32(chosen, unit));
        _mm512_mask_storeu_ps(values + active, kept, _mm512_maskz_compress_ps(chosen, value));
        active += chosen_count;
        unit = _mm512_add_epi32(unit, sixteen);
    }
    return active;
}

TARGET size_t ck_active_units_avx512(enum ck_activity activity, const float *x, size_t count, uint32_t *units,
                                     float *values) {
    switch (activity) {
    case ck_activity_nonzero: return active_units(x, count, units, values, ck_activity_nonzero);
    case ck_activity_rectified: return active_units(x, count, units, values, ck_activity_rectified);
    }
    return 0;
}
#endif
