/* A whole training run: data, model, steps, validation, checkpoints. Prints nothing: what happens is reported
 * through hooks and the log. */
#ifndef OSS_TRAIN_TRAINER_H
#define OSS_TRAIN_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "train/train_request.h"

/* Steps in a row without update after which training gives up: nothing but a broken config or data does that. */
enum { OSS_MAX_SKIPPED_IN_A_ROW = 10 };

typedef struct oss_train_outcome {
    int64_t step; /* optimiser steps done in all */
    int64_t best_step;
    double best_cer, best_wer;                         /* < 0: nothing was validated */
    double audio_seconds, train_seconds, wait_seconds; /* of this process's steps: trained on, their time, and
                                                          that part of it in which no batch was ready */
    int64_t skipped_steps;
    int32_t rows, skipped_rows; /* in the training data: those that train, and those left out */
    bool early;                 /* patience ended it before max_steps */
    bool saved;                 /* stopped or failed: a checkpoint of this very step is there */
} oss_train_outcome;

/* OSS_OK at max_steps or when patience is at its end; OSS_ESTOPPED when `stop` said so; OSS_ENUMERIC after
 * too many skipped steps in a row. *out is filled in these cases, and when another failure ended the steps: all whole
 * ones are saved then, where that could be. */
oss_status oss_train(oss_train_outcome *out, const oss_train_request *request);

#endif
