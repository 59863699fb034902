#include "support/fill.h"

uint64_t oss_fill_bits(uint64_t seed, uint64_t index) {
    uint64_t z = seed + (index + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double oss_fill_value(uint64_t seed, uint64_t index) {
    return (double)(oss_fill_bits(seed, index) >> 11) * 0x1p-52 - 1.0;
}

void oss_fill_f64(double *out, size_t count, uint64_t seed, double scale) {
    for (size_t i = 0; i < count; i++) {
        out[i] = scale * oss_fill_value(seed, i);
    }
}

void oss_fill_f32(float *out, size_t count, uint64_t seed, double scale) {
    for (size_t i = 0; i < count; i++) {
        out[i] = (float)(scale * oss_fill_value(seed, i));
    }
}

void oss_fill_garbage_f64(double *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = 1e6 * (1.5 + oss_fill_value(0x6A4BA6E, i));
    }
}

void oss_fill_garbage_f32(float *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = (float)(1e6 * (1.5 + oss_fill_value(0x6A4BA6E, i)));
    }
}
