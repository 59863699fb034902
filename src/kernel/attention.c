#include "kernel/attention.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

size_t oss_k_attention_scratch_floats(int32_t s, int32_t d) {
    return (size_t)s * 64 + (size_t)d * 64 + 64;
}

static float draw_mask(float p, const oss_dropout_key *key, uint64_t index) {
    uint32_t threshold = (uint32_t)lrintf(p * 65536.0f);
    if (key == NULL || threshold == 0) {
        return 1.0f;
    }
    const uint32_t seed[2] = {(uint32_t)key->seed, (uint32_t)(key->seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)(index / 8), key->site, key->utterance, key->step};
    uint32_t word[4];
    oss_rng_philox(word, seed, counter);
    uint32_t draw = word[index % 8 / 2] >> (16 * (index % 2)) & 0xffff;
    return draw >= threshold ? 65536.0f / (65536.0f - (float)threshold) : 0.0f;
}

static float dot(const float *a, const float *b, int32_t n) {
    float sum = 0.0f;
    for (int32_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void oss_k_attention_fwd(float *out, float *lse, const float *qkv, int32_t s, int32_t heads, int32_t d,
                         int32_t row_begin, int32_t row_end, float p, const oss_dropout_key *dropout,
                         float *scratch) {
    const int32_t width = heads * d;
    const int32_t s8 = (s + 7) / 8 * 8;
    const float scale = 1.0f / sqrtf((float)d);
    for (int32_t h = 0; h < heads; h++) {
        for (int32_t q = row_begin; q < row_end; q++) {
            const float *query = qkv + (int64_t)q * 3 * width + h * d;
            float largest = -INFINITY;
            for (int32_t j = 0; j < s; j++) {
                scratch[j] = scale * dot(query, qkv + ((int64_t)j * 3 + 1) * width + h * d, d);
                largest = fmaxf(largest, scratch[j]);
            }
            float sum = 0.0f;
            for (int32_t j = 0; j < s; j++) {
                scratch[j] = expf(scratch[j] - largest);
                sum += scratch[j];
            }
            if (lse != NULL) {
                lse[(int64_t)h * s + q] = largest + logf(sum);
            }
            float *row = out + (int64_t)q * width + h * d;
            memset(row, 0, sizeof(float) * (size_t)d);
            for (int32_t j = 0; j < s; j++) {
                uint64_t index = ((uint64_t)h * (uint64_t)s + (uint64_t)q) * (uint64_t)s8 + (uint64_t)j;
                float weight = scratch[j] / sum * draw_mask(p, dropout, index);
                const float *value = qkv + ((int64_t)j * 3 + 2) * width + h * d;
                for (int32_t i = 0; i < d; i++) {
                    row[i] += weight * value[i];
                }
            }
        }
    }
}

void oss_k_attention_bwd(float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv,
                         int32_t s, int32_t heads, int32_t d, float p, const oss_dropout_key *dropout,
                         float *scratch) {
    (void)scratch;
    const int32_t width = heads * d;
    const int32_t s8 = (s + 7) / 8 * 8;
    const float scale = 1.0f / sqrtf((float)d);
    memset(dqkv, 0, sizeof(float) * 3 * (size_t)s * (size_t)width);
    for (int32_t h = 0; h < heads; h++) {
        for (int32_t q = 0; q < s; q++) {
            const float *query = qkv + (int64_t)q * 3 * width + h * d;
            const float *dy = dout + (int64_t)q * width + h * d;
            float delta = dot(dy, out + (int64_t)q * width + h * d, d);
            for (int32_t j = 0; j < s; j++) {
                const float *key = qkv + ((int64_t)j * 3 + 1) * width + h * d;
                float prob = expf(scale * dot(query, key, d) - lse[(int64_t)h * s + q]);
                uint64_t index = ((uint64_t)h * (uint64_t)s + (uint64_t)q) * (uint64_t)s8 + (uint64_t)j;
                float mask = draw_mask(p, dropout, index);
                float dscore = scale * prob * (mask * dot(dy, key + width, d) - delta);
                float *dq = dqkv + (int64_t)q * 3 * width + h * d;
                float *dk = dqkv + ((int64_t)j * 3 + 1) * width + h * d;
                for (int32_t i = 0; i < d; i++) {
                    dq[i] += dscore * key[i];
                    dk[i] += dscore * query[i];
                    dk[width + i] += prob * mask * dy[i];
                }
            }
        }
    }
}
