// e^x, tanh, erf, sin and cos in float32 for the vectors that the including file chose: at most 1, 1.5, 1.1, 1 and 1
// ulp off over all floats. SLEEF is as accurate and takes 1.5 to 5 times as long, being made for calls of one vector
// each. All levels give the same bits: each has fused multiply-add, and the operations are the same.
#pragma once
#include "vectors.h"

#if CK_HAS_SLEEF

TARGET CK_INLINE floats fused(floats a, floats b, floats c) {
#if CK_VECTORS == 2
    return (floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif CK_VECTORS == 1
    return (floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return vfmaq_f32(c, a, b);
#endif
}
#define FUSED(a, b, c) fused(a, b, (floats){0} + (c))

// Polynomials of smallest relative error.

// x * 2^n for an integer n from -150 to 150, rounded once.
TARGET CK_INLINE floats scaled(floats x, floats n) {
#if CK_VECTORS == 2
    return (floats)_mm512_scalef_ps((__m512)x, (__m512)n);
#else
    // In two steps, since 2^n itself may be no float; the first is exact.
    const float_masks whole = __builtin_convertvector(n, float_masks), half = whole >> 1, rest = whole - half;
    return x * (floats)((half + 127) << 23) * (floats)((rest + 127) << 23);
#endif
}

TARGET CK_INLINE floats exp_floats(floats x) {
    // Beyond +-104 the result is infinite or 0; NaN stays.
    x = CHOOSE(floats, float_masks, x > 104, all_floats(104), x);
    x = CHOOSE(floats, float_masks, x < -104, all_floats(-104), x);
    // x = n log 2 + f with |f| <= log 2 / 2; adding and subtracting 1.5 * 2^23 rounds to an integer.
    const floats n = FUSED(x, all_floats(1.442695f), 12582912.f) - 12582912.f;
    const floats f = FUSED(n, all_floats(-1.42860677e-6f), FUSED(n, all_floats(-6.93145752e-1f), x));
    floats p = all_floats(1.37805939e-3f);
    p = FUSED(p, f, 8.37312452e-3f);
    p = FUSED(p, f, 4.16695364e-2f);
    p = FUSED(p, f, 1.66664720e-1f);
    p = FUSED(p, f, 4.99999851e-1f);
    p = FUSED(p, f, 1);
    p = FUSED(p, f, 1);
    return scaled(p, n);
}

TARGET CK_INLINE float_masks sign_bits(floats x) { return (float_masks)x & INT32_MIN; }
TARGET CK_INLINE floats magnitude(floats x) { return (floats)((float_masks)x & INT32_MAX); }

TARGET CK_INLINE floats tanh_floats(floats x) {
    const floats size = magnitude(x), s = x * x;
    const floats large = 1 - 2 / (exp_floats(2 * size) + 1);
    // A polynomial odd in x, for |x| below 0.625.
    floats p = all_floats(-5.70498872745e-3f);
    p = FUSED(p, s, 2.06390887954e-2f);
    p = FUSED(p, s, -5.37397155531e-2f);
    p = FUSED(p, s, 1.33314422036e-1f);
    p = FUSED(p, s, -3.33332819422e-1f);
    const floats small = FUSED(p * s, x, x);
    return CHOOSE(floats, float_masks, size < 0.625f, small, (floats)((float_masks)large | sign_bits(x)));
}

TARGET CK_INLINE floats erf_floats(floats x) {
    const floats size = magnitude(x), s = x * x;
    // 1 - e^q(|x|) for |x| above 475 / 512; from 4 on the result is 1.
    const floats t = CHOOSE(floats, float_masks, size > 4, all_floats(4), size), u = t * t;
    floats q = FUSED(all_floats(-1.72853470e-5f), t, 3.83197126e-4f);
    q = FUSED(q, u, FUSED(all_floats(-3.88396438e-3f), t, 2.42546219e-2f));
    q = FUSED(q, t, -1.06777877e-1f);
    q = FUSED(q, t, -6.34846687e-1f);
    q = FUSED(q, t, -1.28717512e-1f);
    q = FUSED(q, t, -t);
    const floats large = 1 - exp_floats(q);
    // A polynomial odd in x, for smaller |x|.
    floats p = all_floats(-5.96761703e-4f);
    p = FUSED(p, s, 4.99119423e-3f);
    p = FUSED(p, s, -2.67681349e-2f);
    p = FUSED(p, s, 1.12819925e-1f);
    p = FUSED(p, s, -3.76125336e-1f);
    p = FUSED(p, s, 1.28379166e-1f);
    const floats small = FUSED(p, x, x);
    return CHOOSE(floats, float_masks, size <= 0.927734375f, small, (floats)((float_masks)large | sign_bits(x)));
}

// Up to this |x| multiples of pi / 2 can be subtracted without loss.
#define SINE_REACH 8192.f

// sin(x + turns pi / 2).
TARGET CK_INLINE floats sin_turned(floats x, int turns) {
    const floats n = FUSED(x, all_floats(0.636619772f), 12582912.f) - 12582912.f;
    // r = x - n pi / 2, at most pi / 4, in three steps: the first is exact, `rest` is the rounding error of the second.
    const floats first = FUSED(n, all_floats(-0x1.921fb6p+0f), x);
    const floats second = n * 0x1.777a5cp-25f, r = first + second, part = r - second;
    floats rest = FUSED(n, all_floats(0x1.777a5cp-25f), -second) + ((first - part) + (second - (r - part)));
    rest = FUSED(n, all_floats(0x1.ee59dap-50f), rest);
    const floats s = r * r;
    floats p = FUSED(s, all_floats(-1.9515295891e-4f), 8.3321608736e-3f);
    p = FUSED(p, s, -1.6666654611e-1f);
    const floats sine = r + FUSED(p * s, r, rest);
    floats q = FUSED(s, all_floats(2.443315711809948e-5f), -1.388731625493765e-3f);
    q = FUSED(q, s, 4.166664568298827e-2f);
    const floats half = 0.5f * s, most = 1 - half;
    const floats cosine = most + (((1 - most) - half) + FUSED(q, s * s, -r * rest));
    const float_masks quarter = __builtin_convertvector(n, float_masks) + turns;
    const floats y = CHOOSE(floats, float_masks, (quarter & 1) == 0, sine, cosine);
    return (floats)((float_masks)y ^ ((quarter & 2) << 30));
}

TARGET CK_INLINE floats sin_floats(floats x) {
    // -0 stays -0.
    const floats y = CHOOSE(floats, float_masks, x == 0, x, sin_turned(x, 0));
    const float_masks far = ~(magnitude(x) <= SINE_REACH);
    return ANY(far) ? CHOOSE(floats, float_masks, far, SLEEF_OF_floats(sin)(x), y) : y;
}

TARGET CK_INLINE floats cos_floats(floats x) {
    const floats y = sin_turned(x, 1);
    const float_masks far = ~(magnitude(x) <= SINE_REACH);
    return ANY(far) ? CHOOSE(floats, float_masks, far, SLEEF_OF_floats(cos)(x), y) : y;
}
#endif
