#include "model/storage.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/contract.h"
#include "base/fail.h"
#include "kernel/int8.h"

enum { INT8_LARGEST = 127, HALF_INFINITY = 0x7c00, BF16_INFINITY = 0x7f80, SIGN = 0x8000 };

const char *const oss_storage_name[OSS_STORAGES] = {"fp32", "fp16", "bf16", "int8"};

static const struct {
    const char *dtype;
    size_t bytes;
} format[OSS_STORAGES] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I8", 1}};

bool oss_storage_parse(const char *name, oss_storage *out) {
    for (int i = 0; i < OSS_STORAGES; i++) {
        if (strcmp(name, oss_storage_name[i]) == 0) {
            *out = (oss_storage)i;
            return true;
        }
    }
    return false;
}

const char *oss_storage_dtype(oss_storage storage) {
    return format[storage].dtype;
}

size_t oss_storage_bytes(oss_storage storage) {
    return format[storage].bytes;
}

static uint32_t to_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* value / 2^shift, rounded to nearest even; shift from 1 to 31 */
static uint32_t shift_rounded(uint32_t value, int shift) {
    uint32_t half = (uint32_t)1 << (shift - 1), odd = value >> shift & 1;
    return (value + half - 1 + odd) >> shift;
}

/* ---- fp16: 5 bits of exponent, 10 of fraction ---- */

/* Finite x; infinity where it is too large. */
static uint16_t to_half(float x) {
    uint32_t bits = to_bits(x), sign = bits >> 16 & SIGN;
    int exponent = (int)(bits >> 23 & 0xff) - 127;
    uint32_t significand = (bits & 0x7fffff) | 0x800000; /* of 24 bits */
    if (exponent > 15) {
        return (uint16_t)(sign | HALF_INFINITY);
    }
    if (exponent < -25) { /* below half of the least one, 2^-24 */
        return (uint16_t)sign;
    }
    if (exponent < -14) { /* subnormal: multiples of 2^-24 */
        return (uint16_t)(sign | shift_rounded(significand, -1 - exponent));
    }
    /* 11 bits, of which the first adds 1 to the exponent's field, as does a carry */
    return (uint16_t)(sign | (shift_rounded(significand, 13) + ((uint32_t)(exponent + 14) << 10)));
}

/* Without float32's own subnormals, which a program may have switched off. */
static float from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & SIGN) << 16, magnitude = half & 0x7fff;
    if (magnitude >= HALF_INFINITY) {
        return from_bits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    }
    if (magnitude < 0x400) {
        float value = (float)magnitude * 0x1p-24f;
        return sign == 0 ? value : -value;
    }
    return from_bits(sign | ((magnitude << 13) + ((uint32_t)(127 - 15) << 23)));
}

/* ---- bf16 ---- */

/* Finite x; infinity where it is too large. */
static uint16_t to_bf16(float x) {
    return (uint16_t)shift_rounded(to_bits(x), 16);
}

/* ---- Encoding ---- */

static oss_status fail_element(float value, size_t index, oss_storage storage) {
    if (!isfinite(value)) {
        return oss_fail(OSS_ENUMERIC, "element %zu is %s", index, isnan(value) ? "not a number" : "infinite");
    }
    return oss_fail(OSS_ENUMERIC, "element %zu, %g, is beyond what %s can hold", index, (double)value,
                    oss_storage_name[storage]);
}

/* The two formats of 16 bits. */
static oss_status encode_16(uint16_t *out, const float *w, size_t count, oss_storage storage) {
    bool half = storage == OSS_STORAGE_FP16;
    uint16_t infinity = half ? HALF_INFINITY : BF16_INFINITY;
    for (size_t i = 0; i < count; i++) {
        out[i] = half ? to_half(w[i]) : to_bf16(w[i]);
        if (!isfinite(w[i]) || (out[i] & ~SIGN) == infinity) {
            return fail_element(w[i], i, storage);
        }
    }
    return OSS_OK;
}

static oss_status encode_int8(int8_t *out, float *scale, const float *w, int32_t rows, size_t width) {
    for (int32_t row = 0; row < rows; row++, w += width, out += width) {
        float step = oss_k_int8_row(out, w, width);
        if (!isfinite(step * INT8_LARGEST)) {
            size_t at = 0;
            while (fabsf(w[at]) < FLT_MAX / 2) {
                at++;
            }
            return fail_element(w[at], (size_t)row * width + at, OSS_STORAGE_INT8);
        }
        scale[row] = step == 0.0f ? 1.0f : step;
    }
    return OSS_OK;
}

oss_status oss_storage_encode(void *out, float *scale, oss_storage storage, const float *w, int32_t rows,
                              size_t width) {
    OSS_CONTRACT(storage != OSS_STORAGE_FP32 && (storage != OSS_STORAGE_INT8 || scale != NULL));
    return storage == OSS_STORAGE_INT8 ? encode_int8(out, scale, w, rows, width)
                                       : encode_16(out, w, (size_t)rows * width, storage);
}

/* ---- Decoding ---- */

static void decode_16(float *out, const unsigned char *data, size_t count, bool half) {
    for (size_t i = 0; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, data + sizeof bits * i, sizeof bits);
        out[i] = half ? from_half(bits) : from_bits((uint32_t)bits << 16);
    }
}

static void decode_int8(float *out, const int8_t *data, const float *scale, int32_t rows, size_t width) {
    for (int32_t row = 0; row < rows; row++, out += width, data += width) {
        for (size_t i = 0; i < width; i++) {
            out[i] = (float)data[i] * scale[row];
        }
    }
}

void oss_storage_decode(float *out, oss_storage storage, const void *data, const float *scale, int32_t rows,
                        size_t width) {
    OSS_CONTRACT(storage != OSS_STORAGE_FP32 && (storage != OSS_STORAGE_INT8 || scale != NULL));
    if (storage == OSS_STORAGE_INT8) {
        decode_int8(out, data, scale, rows, width);
    } else {
        decode_16(out, data, (size_t)rows * width, storage == OSS_STORAGE_FP16);
    }
}
