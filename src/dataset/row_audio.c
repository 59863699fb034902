#include "dataset/row_audio.h"

#include <string.h>

#include "base/fail.h"

oss_status oss_row_decode(oss_audio *out, const oss_row *row, const oss_config *config, bool *too_long) {
    bool longer = false;
    const oss_audio_request request = {.rate_hz = config->model.mel.sample_rate_hz,
                                       .start_seconds = row->start_seconds,
                                       .end_seconds = row->end_seconds,
                                       .max_seconds = config->data.max_seconds,
                                       .too_long = &longer};
    oss_status status = oss_audio_load(out, row->path, &request);
    if (too_long != NULL) {
        *too_long = longer;
    }
    if (status == OSS_OK && config->model.normalize == OSS_NORMALIZE_PEAK) {
        oss_audio_normalize_peak(out->sample, out->samples);
    }
    return status;
}

oss_status oss_row_load(float *x, const oss_row *row, const oss_config *config) {
    if (row->clip.value != NULL) {
        oss_clip_expand(x, &row->clip);
        return OSS_OK;
    }
    oss_audio audio;
    oss_status status = oss_row_decode(&audio, row, config, NULL);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s row %lld", oss_source_path(config, row->source),
                               (long long)row->number);
    }
    if (audio.samples != row->samples) {
        status =
            oss_fail(OSS_EINPUT,
                     "%s row %lld (%s): %lld samples now, %lld when training began: the file was changed. "
                     "Put it back, or start a new run",
                     oss_source_path(config, row->source), (long long)row->number, row->wav,
                     (long long)audio.samples, (long long)row->samples);
    } else {
        oss_clip_round(audio.sample, (int32_t)audio.samples);
        memcpy(x, audio.sample, (size_t)audio.samples * sizeof *x);
    }
    oss_audio_deinit(&audio);
    return status;
}

oss_status oss_row_load_view(float *y, const oss_row *row, const oss_config *config,
                             const oss_augment_view *view, const oss_augment_kit *kit,
                             const oss_voices *voices, float *work) {
    float *x = view->speed == 1.0 ? y + view->lead_samples : work;
    oss_status status = oss_row_load(x, row, config);
    if (status == OSS_OK) {
        oss_augment_apply(y, view, x, row->samples, kit, voices, work);
    }
    return status;
}
