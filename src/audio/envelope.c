#include "audio/envelope.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { LANES = 8, LEVELS = 256 };

oss_status oss_envelope_init(oss_envelope *envelope, int32_t rate_hz) {
    float *pending = oss_alloc((size_t)rate_hz / OSS_ENVELOPE_HZ + 1, sizeof *pending);
    if (pending == NULL) {
        return OSS_ENOMEM;
    }
    *envelope = (oss_envelope){.rate_hz = rate_hz, .pending = pending};
    return OSS_OK;
}

void oss_envelope_deinit(oss_envelope *envelope) {
    oss_free(envelope->level);
    oss_free(envelope->pending);
    *envelope = (oss_envelope){0};
}

/* Several sums side by side, for each waits for the one before. */
static double sum_of_squares(const float *x, int32_t n) {
    float lane[LANES] = {0};
    int32_t whole = n - n % LANES;
    for (int32_t i = 0; i < whole; i += LANES) {
        for (int32_t k = 0; k < LANES; k++) {
            lane[k] += x[i + k] * x[i + k];
        }
    }
    double sum = 0.0;
    for (int32_t i = whole; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    for (int32_t k = 0; k < LANES; k++) {
        sum += (double)lane[k];
    }
    return sum;
}

static uint8_t level_of(const float *x, int32_t n) {
    double power = sum_of_squares(x, n) / n;
    double level =
        power > 0.0 ? rint(OSS_ENVELOPE_FULL_SCALE + OSS_ENVELOPE_STEPS_A_DB * 10.0 * log10(power)) : 0.0;
    return (uint8_t)(level < 0.0 ? 0.0 : level > LEVELS - 1 ? LEVELS - 1 : level);
}

static int64_t end_sample(const oss_envelope *envelope, int64_t frame) {
    return (frame + 1) * envelope->rate_hz / OSS_ENVELOPE_HZ;
}

/* Samples of the frame that is not whole yet. */
static int32_t frame_samples(const oss_envelope *envelope) {
    return (int32_t)(end_sample(envelope, envelope->frames) - end_sample(envelope, envelope->frames - 1));
}

/* Room for all frames that `samples` more make whole. */
static oss_status make_room(oss_envelope *envelope, int64_t samples) {
    int64_t needed = envelope->frames - envelope->first + samples / (envelope->rate_hz / OSS_ENVELOPE_HZ) + 1;
    if (needed <= envelope->capacity) {
        return OSS_OK;
    }
    int64_t capacity = needed + envelope->capacity / 2;
    uint8_t *level = oss_resize(envelope->level, (size_t)capacity, sizeof *level);
    if (level == NULL) {
        return OSS_ENOMEM;
    }
    envelope->level = level;
    envelope->capacity = capacity;
    return OSS_OK;
}

oss_status oss_envelope_add(oss_envelope *envelope, const float *x, int64_t samples) {
    oss_status status = make_room(envelope, samples);
    if (status != OSS_OK) {
        return status;
    }
    while (samples > 0) {
        int32_t whole = frame_samples(envelope);
        int64_t missing = whole - envelope->pendings;
        int32_t here = (int32_t)(samples < missing ? samples : missing);
        const float *frame = x;
        if (here < whole) {
            memcpy(envelope->pending + envelope->pendings, x, (size_t)here * sizeof *x);
            envelope->pendings += here;
            frame = envelope->pending;
        }
        if (here == missing) {
            envelope->level[envelope->frames++ - envelope->first] = level_of(frame, whole);
            envelope->pendings = 0;
        }
        x += here;
        samples -= here;
    }
    return OSS_OK;
}

void oss_envelope_forget(oss_envelope *envelope, int64_t frame) {
    int64_t first = frame < envelope->frames ? frame : envelope->frames;
    if (first > envelope->first) {
        memmove(envelope->level, envelope->level + (first - envelope->first),
                (size_t)(envelope->frames - first));
        envelope->first = first;
    }
}
