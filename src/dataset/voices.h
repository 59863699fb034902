/* Who speaks in babble: some of the rows that train. Which ones is drawn from the seed, whatever the cache
 * holds; those that are not in it are decoded once, so that making babble decodes nothing. */
#ifndef OSS_DATASET_VOICES_H
#define OSS_DATASET_VOICES_H

#include "augment/augment.h"
#include "dataset/manifest.h"

enum { OSS_VOICES_MOST = 512 };

typedef struct oss_voice_set {
    oss_clip *clip;  /* [clips] at most OSS_VOICES_MOST; those of cached rows are the rows' */
    bool *owned;     /* [clips] */
    int32_t *of_row; /* [rows] its voice, -1: none */
    int32_t clips;
} oss_voice_set;

/* A row that cannot be decoded any more is silent when config->data.bad_audio is "skip" and it is to blame
 * (oss_row_is_to_blame), with a warning, else the error returned. manifest must outlive it. */
oss_status oss_voice_set_init(oss_voice_set *out, const oss_manifest *manifest, const oss_config *config);
void oss_voice_set_deinit(oss_voice_set *set);
/* The voices for babble behind a row. */
oss_voices oss_voice_set_behind(const oss_voice_set *set, int32_t row);

#endif
