#include "audio/clip.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"
#include "kernel/vec.h"

static const float PCM_SCALE = 0x1p-15f;
enum { PCM_STEPS = 32768, TOP = 32767 };

/* Are all samples 16-bit PCM divided by 2^15? The product by a power of two is exact. */
static bool is_pcm(const float *x, int32_t samples, float peak) {
    if (peak > 1.0f) {
        return false;
    }
    int32_t others = 0;
    for (int32_t i = 0; i < samples; i++) {
        float steps = x[i] * (float)PCM_STEPS;
        others += (float)(int32_t)steps != steps || steps > (float)TOP;
    }
    return others == 0;
}

static float choose_scale(const float *x, int32_t samples) {
    float peak = oss_k_max_abs(x, (size_t)samples);
    return is_pcm(x, samples, peak) ? PCM_SCALE : peak / (float)TOP;
}

static int16_t quantize_sample(float x, float steps_per_unit) {
    long rounded = lrintf(x * steps_per_unit);
    return (int16_t)(rounded > TOP ? TOP : rounded < -PCM_STEPS ? -PCM_STEPS : rounded);
}

static float expand_sample(int16_t value, float scale) {
    return (float)value * scale;
}

oss_status oss_clip_init(oss_clip *out, const float *x, int32_t samples) {
    int16_t *value = oss_alloc((size_t)samples, sizeof *value);
    if (value == NULL) {
        return OSS_ENOMEM;
    }
    float scale = choose_scale(x, samples);
    float steps_per_unit = 1.0f / scale;
    for (int32_t i = 0; i < samples; i++) {
        value[i] = quantize_sample(x[i], steps_per_unit);
    }
    *out = (oss_clip){.value = value, .samples = samples, .scale = scale};
    return OSS_OK;
}

void oss_clip_deinit(oss_clip *clip) {
    oss_free(clip->value);
    *clip = (oss_clip){0};
}

void oss_clip_expand(float *x, const oss_clip *clip) {
    for (int32_t i = 0; i < clip->samples; i++) {
        x[i] = expand_sample(clip->value[i], clip->scale);
    }
}

void oss_clip_round(float *x, int32_t samples) {
    float scale = choose_scale(x, samples);
    float steps_per_unit = 1.0f / scale;
    for (int32_t i = 0; i < samples; i++) {
        x[i] = expand_sample(quantize_sample(x[i], steps_per_unit), scale);
    }
}
