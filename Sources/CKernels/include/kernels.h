// The hot loops. Plain C with run-time processor dispatch; every pointer and count was checked by the Swift caller.
#pragma once
#include <stddef.h>
#include <stdint.h>

// IEEE 754 binary16 <-> binary32, round to nearest even. float16 itself is not a Swift type on every platform.
float ck_float_from_half(uint16_t half);
uint16_t ck_half_from_float(float value);
void ck_floats_from_halves(const uint16_t *from, float *to, size_t count);
void ck_halves_from_floats(const float *from, uint16_t *to, size_t count);
