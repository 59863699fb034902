/* One channel from one rate to another. The only user of libsamplerate (SRC_SINC_BEST_QUALITY). */
#ifndef OSS_AUDIO_RESAMPLER_H
#define OSS_AUDIO_RESAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_resampler oss_resampler;

/* ratio: samples out per sample in. */
oss_status oss_resampler_create(oss_resampler **out, double ratio);
/* NULL is allowed. */
void oss_resampler_free(oss_resampler *resampler);
/* Takes what it can of x[*in_out_frames] and gives up to *in_out_samples into y; both become what was taken
 * and given. The same input gives the same bits, however it is cut. end: x is the last of the input; samples
 * that are still in the filter come out too, over as many calls as it takes. */
oss_status oss_resampler_process(oss_resampler *resampler, const float *x, int64_t *in_out_frames, bool end,
                                 float *y, int64_t *in_out_samples);

/* Of libsamplerate, e.g. "libsamplerate-0.2.2 (c) ...": what is before the first space counts. */
const char *oss_resampler_version(void);

#endif
