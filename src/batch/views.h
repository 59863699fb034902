/* What a loader needs to make views of its rows. */
#ifndef OSS_BATCH_VIEWS_H
#define OSS_BATCH_VIEWS_H

#include "dataset/voices.h"

typedef struct oss_views {
    const oss_augment_kit *kit;
    oss_augment_kit *own_kit; /* NULL: kit is the caller's */
    oss_voice_set voices;     /* none when there is no babble */
    float **work;             /* [threads]; NULL: rows are heard as they are */
    int32_t threads;
} oss_views;

/* kit: of config->augmentation.augment, or NULL to make one. After a failure oss_views_deinit cleans up. */
oss_status oss_views_init(oss_views *out, const oss_manifest *manifest, const oss_config *config,
                          const oss_augment_kit *kit, int32_t threads);
void oss_views_deinit(oss_views *views);

#endif
