#include "audio/resampler.h"

#include <samplerate.h>

#include "base/fail.h"
#include "base/mem.h"

struct oss_resampler {
    SRC_STATE *state;
    double ratio;
};

oss_status oss_resampler_create(oss_resampler **out, double ratio) {
    oss_resampler *resampler = oss_alloc(1, sizeof *resampler);
    if (resampler == NULL) {
        return OSS_ENOMEM;
    }
    int error = 0;
    resampler->ratio = ratio;
    resampler->state = src_new(SRC_SINC_BEST_QUALITY, 1, &error);
    if (resampler->state == NULL) {
        oss_free(resampler);
        return oss_fail(OSS_ENOMEM, "no resampler (libsamplerate: %s)", src_strerror(error));
    }
    *out = resampler;
    return OSS_OK;
}

void oss_resampler_free(oss_resampler *resampler) {
    if (resampler != NULL) {
        (void)src_delete(resampler->state);
        oss_free(resampler);
    }
}

oss_status oss_resampler_process(oss_resampler *resampler, const float *x, int64_t *in_out_frames, bool end,
                                 float *y, int64_t *in_out_samples) {
    SRC_DATA data = {.data_in = x,
                     .data_out = y,
                     .input_frames = (long)*in_out_frames,
                     .output_frames = (long)*in_out_samples,
                     .end_of_input = end,
                     .src_ratio = resampler->ratio};
    int error = src_process(resampler->state, &data);
    if (error != 0) {
        return oss_fail(OSS_EBUG, "resampling failed (libsamplerate: %s)", src_strerror(error));
    }
    *in_out_frames = data.input_frames_used;
    *in_out_samples = data.output_frames_gen;
    return OSS_OK;
}

const char *oss_resampler_version(void) {
    return src_get_version();
}
