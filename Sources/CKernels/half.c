#include "kernels.h"
#include "dispatch.h"
#include <string.h>

float ck_float_from_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1fu;
    const uint32_t fraction = half & 0x3ffu;
    uint32_t bits;
    if (exponent == 0) {
        // Zero or subnormal: fraction * 2^-24 is exact in binary32.
        const float magnitude = (float)fraction * 0x1p-24f;
        memcpy(&bits, &magnitude, sizeof bits);
        bits |= sign;
    } else if (exponent == 0x1f) {
        // Infinity, or NaN: made quiet with its payload, as processors do.
        bits = sign | 0x7f800000u | (fraction << 13) | (fraction ? 0x400000u : 0);
    } else {
        bits = sign | ((exponent + 112) << 23) | (fraction << 13);
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint16_t ck_half_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000u);
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));  // quiet NaN
    if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // rounds to infinity
    if (magnitude < 0x38800000u) {
        // Subnormal: adding 0.5 moves multiples of 2^-24 to the low bits, rounded to nearest even.
        float shifted;
        memcpy(&shifted, &magnitude, sizeof shifted);
        shifted += 0.5f;
        uint32_t rounded;
        memcpy(&rounded, &shifted, sizeof rounded);
        return sign | (uint16_t)(rounded - 0x3f000000u);
    }
    const uint32_t odd = (magnitude >> 13) & 1u;
    return sign | (uint16_t)((magnitude - 0x38000000u + 0xfffu + odd) >> 13);
}

#if CK_X86
CK_TARGET_F16C
static void floats_from_halves_f16c(const uint16_t *from, float *to, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
    for (; i < count; i++) to[i] = ck_float_from_half(from[i]);
}

CK_TARGET_F16C
static void halves_from_floats_f16c(const float *from, uint16_t *to, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < count; i++) to[i] = ck_half_from_float(from[i]);
}
#endif

void ck_floats_from_halves(const uint16_t *from, float *to, size_t count) {
#if CK_X86
    if (ck_has_f16c()) { floats_from_halves_f16c(from, to, count); return; }
#endif
    for (size_t i = 0; i < count; i++) to[i] = ck_float_from_half(from[i]);
}

void ck_halves_from_floats(const float *from, uint16_t *to, size_t count) {
#if CK_X86
    if (ck_has_f16c()) { halves_from_floats_f16c(from, to, count); return; }
#endif
    for (size_t i = 0; i < count; i++) to[i] = ck_half_from_float(from[i]);
}
