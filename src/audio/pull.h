/* Mono samples that are asked for piece by piece, wherever they come from: a recording (stream.h), memory, raw numbers on
 * a pipe, another program that decodes. */
#ifndef OSS_AUDIO_PULL_H
#define OSS_AUDIO_PULL_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_audio_pull {
    /* x[*out_samples], *out_samples <= most, most >= 1: the next samples, all finite, at the rate that was asked for when
     * the producer was opened. 0: the end; fewer than `most` alone say nothing. After a failure, whose message names the
     * recording and the place, there is no further call. */
    oss_status (*read)(void *context, float *x, int64_t most, int64_t *out_samples);
    void *context; /* the producer's, which outlives the use of the pull */
} oss_audio_pull;

#endif
