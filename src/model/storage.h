/* The numbers in which a model file keeps the weights of convolutions and linear layers. Biases, norms and the
 * scales of int8 are float32 in all of them, and with int8 so are weights with rows of fewer than 32 numbers
 * (docs/file-formats.md). A weight is taken as rows of `width` numbers, a row for each output channel. */
#ifndef OSS_MODEL_STORAGE_H
#define OSS_MODEL_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_storage {
    OSS_STORAGE_FP32,
    OSS_STORAGE_FP16, /* IEEE 754 binary16 */
    OSS_STORAGE_BF16, /* the upper half of a float32 */
    OSS_STORAGE_INT8, /* value = q * scale[row], q from -127 to 127 */
    OSS_STORAGES
} oss_storage;

/* "fp32", "fp16", "bf16", "int8": of commands, metadata and messages. */
extern const char *const oss_storage_name[OSS_STORAGES];
/* False, and *out untouched, when `name` is none of them. */
bool oss_storage_parse(const char *name, oss_storage *out);
/* The type of its tensors in a safetensors file, "F32", "F16", "BF16" or "I8", and the bytes of a number. */
const char *oss_storage_dtype(oss_storage storage);
size_t oss_storage_bytes(oss_storage storage);

/* `storage` is not fp32, here and below. out[rows, width] = w[rows, width] in its numbers, rounded to nearest even, and
 * for int8 scale[rows] (else it may be NULL). With int8
 *
 *     scale = max|w| / 127 rounded up to 16 significant bits,   q = w / scale       (kernel/int8.h)
 *
 * so q * scale is exact in a float32, and what was decoded encodes to the same integers and scale. A row of zeros
 * (|w| below 2^-100) has scale 1. OSS_ENUMERIC names the element that is not finite, or beyond what the numbers can
 * hold. */
oss_status oss_storage_encode(void *out, float *scale, oss_storage storage, const float *w, int32_t rows,
                              size_t width);

/* out[rows, width] = the values of data[rows, width], exactly. data may be unaligned. What is not finite stays so. */
void oss_storage_decode(float *out, oss_storage storage, const void *data, const float *scale, int32_t rows,
                        size_t width);

#endif
