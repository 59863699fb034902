/* How loud audio is, frame by frame of 10 ms, in one byte each: ten hours are 3.6 MB. Audio comes piece by piece; how it is
 * cut changes nothing. */
#ifndef OSS_AUDIO_ENVELOPE_H
#define OSS_AUDIO_ENVELOPE_H

#include <stdint.h>

#include "ossicle/status.h"

enum {
    OSS_ENVELOPE_HZ = 100,
    OSS_ENVELOPE_STEPS_A_DB = 2,  /* of a level */
    OSS_ENVELOPE_FULL_SCALE = 230 /* level of an RMS of 1; 0 is -115 dB and below, 255 12.5 dB and above */
};

typedef struct oss_envelope {
    uint8_t *level;        /* [frames - first] 20 log10 RMS, rounded; owned */
    int64_t first, frames; /* frame k is of samples [k rate / 100, (k + 1) rate / 100), rounded down */
    int64_t capacity;      /* of level */
    int32_t rate_hz;
    float *pending; /* [rate_hz / 100 + 1] samples of the frame that is not whole yet; owned */
    int32_t pendings;
} oss_envelope;

/* rate_hz >= 100. OSS_ENOMEM. */
oss_status oss_envelope_init(oss_envelope *envelope, int32_t rate_hz);
/* Of one that was not initialised too, when it is zeroed. */
void oss_envelope_deinit(oss_envelope *envelope);

/* The next x[samples], finite. OSS_ENOMEM: the envelope is what it was before. */
oss_status oss_envelope_add(oss_envelope *envelope, const float *x, int64_t samples);

/* Drops the frames before `frame`; their numbers stay what they are. */
void oss_envelope_forget(oss_envelope *envelope, int64_t frame);

#endif
