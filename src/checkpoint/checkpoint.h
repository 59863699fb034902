/* RUN/checkpoints/step-%08d/{model.safetensors, optimizer.safetensors, state.json} and the links RUN/latest,
 * RUN/best. A checkpoint is written into a temporary folder, synced, renamed: a kill at any moment leaves the old set
 * or the new one. */
#ifndef OSS_CHECKPOINT_CHECKPOINT_H
#define OSS_CHECKPOINT_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model_file.h"

/* What training needs beside weights and moments to go on with the same bits. */
typedef struct oss_train_state {
    int64_t step;                      /* optimiser steps done */
    int64_t epoch;                     /* from 0 */
    int64_t batch_in_epoch;            /* micro-batches of this epoch that are done */
    int64_t utterances, skipped_steps; /* totals */
    double audio_seconds;
    double best_cer; /* < 0: none yet */
    double best_wer;
    double best_loss; /* on the held-out rows; < 0: not known */
    int64_t best_step;
    int32_t evals_without_gain;
    int32_t skipped_in_a_row;              /* steps, up to the last */
    double loss_mean;                      /* running, over the finite steps; 0 before the first */
    double grad_log_mean, grad_log_spread; /* of ln of the gradient's norm (train/health.h) */
    int32_t grad_shards;
    int32_t eval_due;   /* 1: this step is still to be scored on the held-out rows, 0: not, -1: not known */
    int32_t fine_tuned; /* 1: the run began with another model's weights, 0: with none, -1: not known */
    uint64_t seed;
    uint64_t data_hash;    /* of the rows that train, their order and texts */
    uint64_t audio_hash;   /* of the files of their recordings; 0: not known */
    char fingerprint[256]; /* program version, OSSICLE_CPU, OpenBLAS version, core type, L2 setting */
    char audio_libraries[96];
    char *config; /* every setting, as oss_config_print has them (oss_alloc); NULL: not known */
} oss_train_state;
void oss_train_state_deinit(oss_train_state *state);

/* What training goes on with beside the model, the first three [params->floats]: AdamW's moments, and the weights that
 * train when those of the model are their running average (NULL: the model's own train). */
typedef struct oss_optimizer {
    float *m, *v, *raw;
    float *prior; /* [symbols] mean outputs that CTC divides by (label_prior_weight); NULL: none */
    int32_t symbols;
} oss_optimizer;
void oss_optimizer_deinit(oss_optimizer *optimizer); /* of blocks made by oss_alloc_aligned */

/* keep_last >= 1: older checkpoint folders are removed, except those that `best` and `latest` name; one that
 * cannot be removed is only warned of. is_best moves RUN/best. A checkpoint of the same step is replaced. OSS_ENUMERIC,
 * and nothing changed, when a weight or moment is not finite. The caller
 * holds the run's lock, RUN/lock, by lock_fd: when that is another file's by now, OSS_EUSAGE and nothing written; a
 * negative one is not looked at. */
oss_status oss_checkpoint_save(const char *run, const oss_model *model, const oss_optimizer *optimizer,
                               const oss_train_state *state, bool is_best, int32_t keep_last, int lock_fd);

/* Loads the newest whole checkpoint of RUN: `latest`, and when that cannot be used the next older one (a
 * warning names what was wrong; nothing is deleted; a damaged folder is renamed to *.damaged, one that the
 * system would not read stays as it is). The caller holds the run's lock. OSS_EINPUT when there is none. */
oss_status oss_checkpoint_load(const char *run, oss_model **out_model, oss_optimizer *out_optimizer,
                               oss_train_state *out_state);

/* Reads all of one checkpoint as oss_checkpoint_load would, changes nothing and needs no lock: OSS_OK, and its state
 * (oss_train_state_deinit), when it is whole and, with step >= 0, of that step. OSS_EINPUT: damaged, says how. */
oss_status oss_checkpoint_check(oss_train_state *out_state, const char *folder, int64_t step);

/* *out = the name of the folder in RUN/checkpoints that RUN/latest or RUN/best stands for (oss_free); NULL when there is
 * no such thing. A copy that followed links, or that knew none, leaves a folder or a file with the path in their place;
 * these are understood as well. */
oss_status oss_checkpoint_pointer(char **out, const char *run, const char *link);

/* After oss_checkpoint_load, whose state is given: `latest` and `best` are links to whole checkpoints again, where they
 * were none; warnings name what was wrong, and what was in their place is set aside, never deleted. When the best
 * checkpoint is damaged or gone, the state forgets its scores, and `best` is the one that was loaded until a scoring
 * finds another. The caller holds the run's lock. */
oss_status oss_checkpoint_repair(const char *run, oss_train_state *state);

/* *out = the config (oss_free) of the newest checkpoint of RUN whose state.json is whole; NULL: there is none, or it
 * keeps none, being of an older version. Changes nothing, and needs no lock. */
oss_status oss_checkpoint_config(char **out, const char *run);
/* *out = the last step that a checkpoint of RUN is of; -1: it has none. */
oss_status oss_checkpoint_last_step(int64_t *out, const char *run);

/* *out_path[count]: the folders of the newest whole checkpoints of RUN, oldest first; free with
 * oss_checkpoint_free_paths. OSS_EINPUT when it has fewer. count >= 1. */
oss_status oss_checkpoint_newest(char ***out_path, const char *run, int32_t count);
void oss_checkpoint_free_paths(char **path, int32_t count);

/* *out: the path (oss_free) of the file that a run keeps in `folder`, a run folder or one of its checkpoints, and that
 * is the same as `file`, whatever its name; NULL: `file` is none of config.json, metrics.jsonl,
 * metrics.superseded.jsonl, skipped.jsonl, dev.csv, lock and the files of the checkpoints. */
oss_status oss_checkpoint_find_kept(char **out, const char *folder, const char *file);

#endif
