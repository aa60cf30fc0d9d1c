// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011), many blocks at once: a block depends on its number only.
#include "philox.h"

void ck_philox(
    enum ck_level level, uint64_t seed, uint64_t stream, uint64_t first, uint32_t *to, size_t count) {
    CK_PICK(ck_philox, seed, stream, first, to, count)
}

bool ck_normals_floats(
    enum ck_level level, uint64_t seed, uint64_t stream, uint64_t first, double mean, double deviation, float *to,
    size_t count) {
    CK_PICK(ck_normals_floats, seed, stream, first, mean, deviation, to, count)
}
bool ck_normals_doubles(
    enum ck_level level, uint64_t seed, uint64_t stream, uint64_t first, double mean, double deviation, double *to,
    size_t count) {
    CK_PICK(ck_normals_doubles, seed, stream, first, mean, deviation, to, count)
}
