// Any processor: four floats, which compilers map to SSE2 and NEON.
#include "sparse_linear.h"
#include "product.h"
#include <string.h>

#define LEVEL portable
#define TARGET
#define LANES 4
typedef float lanes __attribute__((vector_size(16)));

CK_INLINE lanes lanes_zero(void) { return (lanes){0, 0, 0, 0}; }
CK_INLINE lanes lanes_broadcast(float x) { return (lanes){x, x, x, x}; }
// Rounded once where the processor has fused multiply-add (arm64), else twice.
CK_INLINE lanes lanes_multiply_add(lanes a, lanes b, lanes c) { return a * b + c; }
CK_INLINE lanes lanes_add(lanes a, lanes b) { return a + b; }
CK_INLINE float lanes_sum(lanes a) { return (a[0] + a[2]) + (a[1] + a[3]); }

CK_INLINE lanes lanes_from_floats_part(const float *p, size_t count) {
    lanes a = lanes_zero();
    memcpy(&a, p, count * sizeof *p);
    return a;
}

CK_INLINE lanes lanes_from_floats(const float *p) { return lanes_from_floats_part(p, LANES); }

CK_INLINE lanes lanes_from_halves_part(const uint16_t *p, size_t count) {
#if defined(__aarch64__)
    typedef __fp16 halves __attribute__((vector_size(8)));
    halves a = {0, 0, 0, 0};
    memcpy(&a, p, count * sizeof *p);
    return __builtin_convertvector(a, lanes);
#else
    typedef uint16_t halves __attribute__((vector_size(8)));
    typedef uint32_t words __attribute__((vector_size(16)));
    halves a = {0, 0, 0, 0};
    memcpy(&a, p, count * sizeof *p);
    const words bits = __builtin_convertvector(a, words);
    // Exponent and fraction move up 13 bits; the product corrects the exponent's bias, and makes subnormals normal.
    lanes magnitude = (lanes)((bits & 0x7fff) << 13) * 0x1p112f;
    // Infinity and NaN have the largest exponent and keep it.
    const words special = (words)((bits & 0x7c00) == 0x7c00) & 0x7f800000;
    return (lanes)((words)magnitude | special | (bits & 0x8000) << 16);
#endif
}

CK_INLINE lanes lanes_from_halves(const uint16_t *p) { return lanes_from_halves_part(p, LANES); }
CK_INLINE void lanes_to_floats_part(float *p, lanes a, size_t count) { memcpy(p, &a, count * sizeof *p); }
CK_INLINE void lanes_to_floats(float *p, lanes a) { memcpy(p, &a, sizeof a); }

#include "sparse_linear_loops.h"

#define ROWS 4
#define VECTORS 2
#define ROWS_OF_DOTS 2
#define DOTS 2
#include "product_loops.h"
