/* What a run is asked for, and what is told while it goes on. */
#ifndef OSS_TRAIN_TRAIN_REQUEST_H
#define OSS_TRAIN_TRAIN_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "model/config.h"
#include "train/best.h"
#include "train/validation.h"

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
    void (*evaluated)(void *context, const oss_train_progress *progress, const oss_eval *eval, oss_best best);
    /* Asked after every step: true saves a checkpoint and ends with OSS_ESTOPPED. */
    bool (*stop)(void *context);
    /* Asked after every step: true saves a checkpoint, and training goes on. */
    bool (*save)(void *context);
} oss_train_hooks;

typedef struct oss_train_request {
    const oss_config *config; /* checked; on resume: RUN/config.json with its permitted changes */
    const char *run;
    bool resume;
    const char *init; /* NULL, or a model to start from; not with resume */
    /* NULL, or `config` once more: what follows from the amount of audio and was not set is then set in it as soon as
     * the rows are known (train/finetune_defaults.h). For a new run with init. */
    oss_config *fit;
    oss_train_hooks hooks;
} oss_train_request;

#endif
