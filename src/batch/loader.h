/* Micro-batches with their audio, augmented as the plan says, made by threads of its own while the batch
 * before trains: two slots, one in use, one being filled. */
#ifndef OSS_BATCH_LOADER_H
#define OSS_BATCH_LOADER_H

#include "batch/batcher.h"

typedef struct oss_micro_batch {
    int64_t epoch;
    int32_t index;             /* of the batch in its epoch */
    int32_t epoch_batches;     /* batches of this epoch */
    int32_t utterances;        /* those of which a row failed to load are not among them */
    const oss_row *const *row; /* of all utterances, one after the other */
    const int32_t *first_row;  /* [utterances+1] utterance u is row[first_row[u]] to row[first_row[u+1]-1] */
    const uint32_t *key;       /* [utterances] of dropout and masks */
    const float *const *audio; /* [utterances] */
    const int32_t *samples;    /* [utterances] */
    const int32_t *const *label; /* [utterances] */
    const int32_t *labels;       /* [utterances] */
    int64_t total_samples;
} oss_micro_batch;

typedef struct oss_loader oss_loader;

/* Starts at batch `index` of `epoch`. manifest (encoded), config and kit must outlive it. `threads` decode
 * when not all rows are cached. kit: of config->augmentation.augment; NULL: the loader makes its own if views are
 * drawn. */
oss_status oss_loader_create(oss_loader **out, const oss_manifest *manifest, const oss_config *config,
                             const oss_augment_kit *kit, int32_t threads, int64_t epoch, int32_t index);
void oss_loader_free(oss_loader *loader);

/* The next batch, for as long as it takes to be there; owned by the loader until the next call. A row that
 * cannot be loaded any more is left out with a warning when config->data.bad_audio is "skip" and the row is to
 * blame (oss_row_is_to_blame), else it is the error returned here. No heap call in this thread, and none in the loader's when all rows are cached. */
oss_status oss_loader_next(oss_loader *loader, const oss_micro_batch **out);

#endif
