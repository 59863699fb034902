/* A recording as training keeps it: 16-bit integers and one scale. Every recording takes this form on its way
 * to the network, whether it stays in memory or is decoded again for each batch, so the size of the cache
 * changes no bit of the weights. 16-bit recordings at the model's rate are kept exactly; others to half of
 * 1/32767 of their peak. */
#ifndef OSS_AUDIO_CLIP_H
#define OSS_AUDIO_CLIP_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_clip {
    int16_t *value; /* [samples]; NULL: not in memory */
    int32_t samples;
    float scale; /* x = value * scale */
} oss_clip;

/* Scale 2^-15 when every x[i] is a whole number of it within 16 bits; else peak / 32767. */
oss_status oss_clip_init(oss_clip *out, const float *x, int32_t samples);
void oss_clip_deinit(oss_clip *clip);
/* x[clip->samples] */
void oss_clip_expand(float *x, const oss_clip *clip);
/* In place what init and expand would give. */
void oss_clip_round(float *x, int32_t samples);

#endif
