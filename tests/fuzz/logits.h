/* Logits out of an input: any floats, or bytes that make likely ones. */
#ifndef OSS_TESTS_FUZZ_LOGITS_H
#define OSS_TESTS_FUZZ_LOGITS_H

#include <math.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

enum { FUZZ_FRAMES_MAX = 64 };

/* A byte that names the likeliest symbol of a frame and how much it is so; 255: any floats follow, 254: none of them a number,
 * 253: all the same, without end. *out_frames >= 1; for free(). */
static inline float *oss_fuzz_logits(oss_fuzz_bytes *bytes, int32_t v, int32_t *out_frames) {
    int32_t t = 1 + (int32_t)oss_fuzz_up_to(bytes, FUZZ_FRAMES_MAX - 1);
    float *logits = malloc((size_t)(t * v) * sizeof *logits);
    ck_assert_ptr_nonnull(logits);
    for (int32_t i = 0; i < t; i++) {
        uint8_t how = oss_fuzz_u8(bytes);
        for (int32_t id = 0; id < v; id++) {
            float *out = &logits[i * v + id];
            *out = how == 255   ? oss_fuzz_f32(bytes)
                   : how == 254 ? NAN
                   : how == 253
                       ? INFINITY
                       : (float)(how % v == id) * (float)how / 16.0F - (float)(how * (id + 3) % 7) / 4.0F;
        }
    }
    *out_frames = t;
    return logits;
}

#endif
