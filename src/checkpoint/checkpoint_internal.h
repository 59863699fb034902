/* What the parts of checkpoint share: names of folders and files, and state.json. */
#ifndef OSS_CHECKPOINT_CHECKPOINT_INTERNAL_H
#define OSS_CHECKPOINT_CHECKPOINT_INTERNAL_H

#include <stddef.h>

#include "checkpoint/checkpoint.h"
#include "model/sum.h"

#define OSS_CHECKPOINT_MODEL     "model.safetensors"
#define OSS_CHECKPOINT_OPTIMIZER "optimizer.safetensors"
#define OSS_CHECKPOINT_STATE     "state.json"

/* Folders in RUN/checkpoints. Any other name is none of ours. */
typedef enum oss_checkpoint_kind {
    OSS_CHECKPOINT_WHOLE,    /* step-00000250 */
    OSS_CHECKPOINT_REPLACED, /* step-00000250.replaced: gives way to another of the same step, for the length
                                of two renames */
    OSS_CHECKPOINT_LEFTOVER, /* step-00000250.tmp-PID, .tmp-old: being made or removed when the process ended */
    OSS_CHECKPOINT_OTHER
} oss_checkpoint_kind;

typedef struct oss_checkpoint_entry {
    char *name;
    int64_t step;
    oss_checkpoint_kind kind;
} oss_checkpoint_entry;

typedef struct oss_checkpoint_list {
    char *folder;                /* RUN/checkpoints */
    oss_checkpoint_entry *entry; /* newest step first, whole ones before replaced ones */
    int32_t count;
} oss_checkpoint_list;

/* Entries of kind other than OTHER. A folder that is not there is an empty list. */
oss_status oss_checkpoint_list_init(oss_checkpoint_list *list, const char *run);
void oss_checkpoint_list_deinit(oss_checkpoint_list *list);
const oss_checkpoint_entry *oss_checkpoint_list_find(const oss_checkpoint_list *list, const char *name);
/* "step-00000250" and a suffix (oss_free); NULL when memory is short. */
char *oss_checkpoint_name(int64_t step, const char *suffix);
bool oss_checkpoint_is_saved(const oss_checkpoint_entry *entry); /* WHOLE or REPLACED */
/* Whether the folder has an entry of this name, a link that leads nowhere too. No entry is one thing, a folder that
 * cannot be listed another: pruning must not take the second for the first. */
oss_status oss_checkpoint_has_entry(bool *out, const char *folder, const char *name);
/* RUN/latest and RUN/best turned into the checkpoints that they are where a copy followed them and left nothing of
 * that step in RUN/checkpoints. The caller holds the run's lock. */
oss_status oss_checkpoint_adopt(const char *run);

/* A damaged folder gets another name, with a warning; it may fail to. */
void oss_checkpoint_set_aside(const char *folder);
/* RUN/link (latest, best) -> checkpoints/name. */
oss_status oss_checkpoint_point(const char *run, const char *link, const char *name);

/* state.json: all of the state, its own sum, and the sums of the two files that belong to it. */
typedef struct oss_checkpoint_sums {
    char model[OSS_SUM_DIGITS + 1];
    char optimizer[OSS_SUM_DIGITS + 1];
} oss_checkpoint_sums;
oss_status oss_checkpoint_state_save(const char *path, const oss_train_state *state,
                                     const oss_checkpoint_sums *sums);
oss_status oss_checkpoint_state_load(oss_train_state *out, oss_checkpoint_sums *out_sums, const char *path);

/* optimizer.safetensors: m.NAME and v.NAME for every parameter, and raw.NAME when the model is an average. */
oss_status oss_checkpoint_optimizer_save(const char *path, const oss_params *params,
                                         const oss_optimizer *optimizer, char out_sum[OSS_SUM_DIGITS + 1]);
oss_status oss_checkpoint_optimizer_load(oss_optimizer *out, const oss_params *params, const char *path,
                                         char out_sum[OSS_SUM_DIGITS + 1]);

#endif
