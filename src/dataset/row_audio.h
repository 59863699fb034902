/* The samples of a row, from the cache or from its file: the same bits either way. */
#ifndef OSS_DATASET_ROW_AUDIO_H
#define OSS_DATASET_ROW_AUDIO_H

#include "audio/audio_file.h"
#include "augment/augment.h"
#include "dataset/manifest.h"

/* Decodes the row's segment and applies config->model.normalize; out->peak is that of the recording, before
 * normalisation. Longer than max_seconds is OSS_EINPUT. *too_long (may be NULL) says that this was the
 * reason. */
oss_status oss_row_decode(oss_audio *out, const oss_row *row, const oss_config *config, bool *too_long);

/* x[row->samples] as the network shall see it. Without a cached clip the file is decoded again (heap calls);
 * a file that no longer gives row->samples samples is OSS_EINPUT. */
oss_status oss_row_load(float *x, const oss_row *row, const oss_config *config);

/* y[oss_augment_length(view, row->samples)] = the view of it. work: oss_augment_work_floats of as many or
 * row->samples, whichever is more. */
oss_status oss_row_load_view(float *y, const oss_row *row, const oss_config *config,
                             const oss_augment_view *view, const oss_augment_kit *kit,
                             const oss_voices *voices, float *work);

#endif
