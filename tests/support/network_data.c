#include "support/network_data.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/fill.h"

uint32_t oss_network_name_seed(const char *name) {
    uint32_t hash = 2166136261u;
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    }
    return hash;
}

static bool ends_with(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

void oss_network_fill_param(float *out, const oss_param *param) {
    double scale = 0.2, offset = 1.0;
    if (param->rank > 1) {
        scale = sqrt(3.0 / ((double)param->count / param->dim[0]));
        offset = 0.0;
    } else if (ends_with(param->name, ".bias")) {
        scale = 0.1;
        offset = 0.0;
    }
    uint32_t seed = oss_network_name_seed(param->name);
    for (size_t i = 0; i < param->count; i++) {
        out[i] = (float)(offset + scale * oss_fill_value(seed, i));
    }
}

void oss_network_fill_audio(float *out, int32_t samples, uint32_t utterance_id) {
    for (int32_t i = 0; i < samples; i++) {
        double loudness = 0.1 + (double)((int64_t)i * 7 % 4000) / 4000.0;
        out[i] = (float)(0.5 * oss_fill_value(500 + (uint64_t)utterance_id, (uint64_t)i) * loudness);
    }
}

void oss_network_fill_labels(int32_t *out, int32_t count, uint32_t utterance_id, int32_t vocab) {
    for (int32_t i = 0; i < count; i++) {
        double value = oss_fill_value(900 + (uint64_t)utterance_id, (uint64_t)i);
        out[i] = 1 + (int32_t)((value + 1.0) * 0.5 * (vocab - 1));
    }
}

double oss_network_check_gradient(const float *got, size_t count, const oss_golden *golden,
                                  const char *prefix, const char *name, double limit) {
    char key[160];
    snprintf(key, sizeof key, "%snorm.%s", prefix, name);
    double want_norm = oss_golden_number(golden, key);
    double got_norm = 0;
    for (size_t i = 0; i < count; i++) {
        got_norm += (double)got[i] * (double)got[i];
    }
    got_norm = sqrt(got_norm);
    snprintf(key, sizeof key, "%sgrad.%s", prefix, name);
    size_t samples;
    const double *want = oss_golden_f64(golden, key, &samples);
    ck_assert_uint_le(samples, count);
    double square = 0;
    for (size_t i = 0; i < samples; i++) {
        double difference = (double)got[i * count / samples] - want[i];
        square += difference * difference;
    }
    if (want_norm == 0.0) {
        ck_assert_msg(got_norm == 0.0, "%s: gradient is %g, must be 0", key, got_norm);
        return 0.0;
    }
    double entries = sqrt(square * (double)count / (double)samples) / want_norm;
    double norm = fabs(got_norm - want_norm) / want_norm;
    ck_assert_msg(entries <= limit && norm <= limit,
                  "%s: relative error %.3g of %zu entries, %.3g of the norm (at most %.3g)", key, entries,
                  samples, norm, limit);
    return fmax(entries, norm);
}
