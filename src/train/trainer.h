/* A whole training run: data, model, steps, validation, checkpoints. Prints nothing: what happens is reported
 * through hooks and the log. */
#ifndef OSS_TRAIN_TRAINER_H
#define OSS_TRAIN_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/config.h"
#include "train/validation.h"

/* Steps in a row without update after which training gives up: nothing but a broken config or data does that.
 */
enum { OSS_MAX_SKIPPED_IN_A_ROW = 10 };

typedef struct oss_train_progress {
    int64_t step, max_steps, epoch;
    double loss;        /* of this step; not finite: it was skipped */
    double smooth_loss; /* running mean over some tens of steps */
    double lr, grad_norm;
    double realtime_factor; /* seconds of audio per second, over the last steps */
    double wait_fraction;   /* of the time of this step, waiting for batches */
    double cer, wer;        /* of the last evaluation; < 0: none yet */
    double seconds_left;    /* at the pace so far; < 0: not known yet */
} oss_train_progress;

/* Called in the thread that called oss_train; entries may be NULL. */
typedef struct oss_train_hooks {
    void *context;
    void (*scanning)(void *context, int32_t done, int32_t total);
    void (*stepped)(void *context, const oss_train_progress *progress);
    void (*evaluated)(void *context, const oss_train_progress *progress, const oss_eval *eval, bool is_best);
    /* Asked after every step: true saves a checkpoint and ends with OSS_ESTOPPED. */
    bool (*stop)(void *context);
} oss_train_hooks;

typedef struct oss_train_request {
    const oss_config *config; /* checked; on resume: RUN/config.json with its permitted changes */
    const char *run;
    bool resume;
    const char *init; /* NULL, or a model to start from; not with resume */
    oss_train_hooks hooks;
} oss_train_request;

typedef struct oss_train_outcome {
    int64_t step; /* optimiser steps done in all */
    int64_t best_step;
    double best_cer, best_wer;                         /* < 0: nothing was validated */
    double audio_seconds, train_seconds, wait_seconds; /* of this process's steps: trained on, their time, and
                                                          that part of it in which no batch was ready */
    int64_t skipped_steps;
    int32_t rows, skipped_rows; /* in the training data: those that train, and those left out */
    bool early;                 /* patience ended it before max_steps */
    bool saved;                 /* stopped: a checkpoint of this very step is there */
} oss_train_outcome;

/* OSS_OK at max_steps or when patience is at its end; OSS_ESTOPPED when `stop` said so; OSS_ENUMERIC after
 * too many skipped steps in a row. *out is filled in these cases. */
oss_status oss_train(oss_train_outcome *out, const oss_train_request *request);

#endif
