/* The samples of a row, from the cache or from its file: the same bits either way. */
#ifndef OSS_DATASET_ROW_AUDIO_H
#define OSS_DATASET_ROW_AUDIO_H

#include "augment/augment.h"
#include "dataset/manifest.h"

/* x[row->sound.samples] as the network shall see it. Without a cached clip the file is decoded again (heap calls);
 * a file that no longer gives row->sound.samples samples is OSS_EINPUT. */
oss_status oss_row_load(float *x, const oss_row *row, const oss_config *config);

/* y[oss_augment_length(view, row->sound.samples)] = the view of it. work: oss_augment_work_floats of as many or
 * row->sound.samples, whichever is more. */
oss_status oss_row_load_view(float *y, const oss_row *row, const oss_config *config,
                             const oss_augment_view *view, const oss_augment_kit *kit,
                             const oss_voices *voices, float *work);

#endif
