/* Where a recording has sound. It is cut into blocks of a tenth of a second; a block whose variance is 60 dB or more below
 * that of the loudest one, or 120 dB below full scale, is silence; so neither the level of the recording nor a constant
 * offset counts. */
#ifndef OSS_AUGMENT_SOUND_PARTS_H
#define OSS_AUGMENT_SOUND_PARTS_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_sound_part {
    int32_t from, samples;
} oss_sound_part;

/* In the order of the recording; they do not touch. */
typedef struct oss_sound_parts {
    oss_sound_part *part; /* [parts] */
    int32_t parts;        /* 0: no sound at all */
} oss_sound_parts;

/* x[samples] */
oss_status oss_sound_parts_find(oss_sound_parts *out, const float *x, int32_t samples, int32_t rate_hz);
/* One part: the whole recording. */
oss_status oss_sound_parts_whole(oss_sound_parts *out, int32_t samples);
void oss_sound_parts_deinit(oss_sound_parts *parts);

/* Moves the parts of x to its beginning, one after the other; returns their samples. */
int32_t oss_sound_parts_join(float *x, const oss_sound_parts *parts);
/* Where in the recording sample `at` of the joined parts was. */
int64_t oss_sound_parts_origin(const oss_sound_parts *parts, int64_t at);

#endif
