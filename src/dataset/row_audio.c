#include "dataset/row_audio.h"

#include <string.h>

#include "base/fail.h"

oss_status oss_row_load(float *x, const oss_row *row, const oss_config *config) {
    if (row->clip.value != NULL) {
        oss_clip_expand(x, &row->clip);
        return OSS_OK;
    }
    oss_audio audio;
    oss_status status = oss_dataset_row_decode(&audio, &row->csv, config);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s row %lld", oss_source_path(config, row->source),
                               (long long)row->csv.number);
    }
    if (audio.samples != row->sound.samples) {
        status =
            oss_fail(OSS_EINPUT,
                     "%s row %lld (%s): %lld samples now, %lld when training began: the file was changed. "
                     "Put it back, or start a new run",
                     oss_source_path(config, row->source), (long long)row->csv.number, row->csv.wav,
                     (long long)audio.samples, (long long)row->sound.samples);
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
        oss_augment_apply(y, view, x, row->sound.samples, kit, voices, work);
    }
    return status;
}
