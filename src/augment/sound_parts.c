#include "augment/sound_parts.h"

#include <stdbool.h>
#include <string.h>

#include "audio/measure.h"
#include "base/mem.h"

static const double BLOCK_S = 0.1, SILENCE = 1e-6; /* of the variance of the loudest block: 60 dB below */
static const double ROUNDING = 1e-12;              /* what is left of a constant when its mean is taken off */

typedef struct blocks {
    const float *x;
    int32_t samples, block_samples;
    double least; /* the variance of a block with sound is above it */
} blocks;

static int32_t block_end(const blocks *of, int32_t from) {
    return of->samples - from < of->block_samples ? of->samples : from + of->block_samples;
}

static double variance(const blocks *of, int32_t from) {
    return oss_audio_find_moments(of->x + from, block_end(of, from) - from).variance;
}

/* Writes parts when `part` is not NULL; returns how many there are. */
static int32_t list_parts(const blocks *of, oss_sound_part *part) {
    int32_t parts = 0;
    bool sounded = false;
    for (int32_t from = 0; from < of->samples; from = block_end(of, from)) {
        bool sounds = variance(of, from) > of->least;
        parts += sounds && !sounded;
        if (part != NULL && sounds) {
            int32_t begun = sounded ? part[parts - 1].from : from;
            part[parts - 1] = (oss_sound_part){.from = begun, .samples = block_end(of, from) - begun};
        }
        sounded = sounds;
    }
    return parts;
}

oss_status oss_sound_parts_find(oss_sound_parts *out, const float *x, int32_t samples, int32_t rate_hz) {
    blocks of = {.x = x, .samples = samples, .block_samples = (int32_t)(BLOCK_S * rate_hz)};
    of.block_samples = of.block_samples > 0 ? of.block_samples : 1;
    double loudest = 0.0;
    for (int32_t from = 0; from < samples; from = block_end(&of, from)) {
        double loudness = variance(&of, from);
        loudest = loudness > loudest ? loudness : loudest;
    }
    of.least = SILENCE * loudest > ROUNDING ? SILENCE * loudest : ROUNDING;
    oss_sound_parts found = {.parts = list_parts(&of, NULL)};
    if (found.parts > 0) {
        found.part = oss_alloc((size_t)found.parts, sizeof *found.part);
        if (found.part == NULL) {
            return OSS_ENOMEM;
        }
        (void)list_parts(&of, found.part);
    }
    *out = found;
    return OSS_OK;
}

oss_status oss_sound_parts_whole(oss_sound_parts *out, int32_t samples) {
    oss_sound_part *part = oss_alloc(1, sizeof *part);
    if (part == NULL) {
        return OSS_ENOMEM;
    }
    *part = (oss_sound_part){.samples = samples};
    *out = (oss_sound_parts){.part = part, .parts = 1};
    return OSS_OK;
}

void oss_sound_parts_deinit(oss_sound_parts *parts) {
    oss_free(parts->part);
    *parts = (oss_sound_parts){0};
}

int32_t oss_sound_parts_join(float *x, const oss_sound_parts *parts) {
    int32_t samples = 0;
    for (int32_t i = 0; i < parts->parts; i++) {
        memmove(x + samples, x + parts->part[i].from, (size_t)parts->part[i].samples * sizeof *x);
        samples += parts->part[i].samples;
    }
    return samples;
}

int64_t oss_sound_parts_origin(const oss_sound_parts *parts, int64_t at) {
    int32_t i = 0;
    while (i + 1 < parts->parts && at >= parts->part[i].samples) {
        at -= parts->part[i].samples;
        i++;
    }
    return parts->part[i].from + at;
}
