/* Everything that one process needs to go on with a run, made in the right order and taken apart in the
 * reverse. */
#ifndef OSS_TRAIN_SESSION_H
#define OSS_TRAIN_SESSION_H

#include "batch/loader.h"
#include "checkpoint/checkpoint.h"
#include "train/metrics.h"
#include "train/run_folder.h"
#include "train/step.h"
#include "train/train_request.h"
#include "train/workers.h"

typedef struct oss_session {
    const oss_train_request *request;
    const oss_config *config;
    int lock_fd; /* -1: not locked */
    oss_pool *pool;
    oss_training_data data;
    oss_model *init;  /* what a new run starts from, until its own model is made; NULL: none */
    oss_model *model; /* what is scored and saved: the weights that train, or with ema_decay their average */
    oss_optimizer optimizer;
    bool *frozen; /* NULL: none */
    oss_mel_plan *mel;
    oss_net *net;
    oss_workers workers;
    oss_step *step;
    oss_batcher *planner; /* looks ahead, to reserve memory */
    oss_loader *loader;
    oss_metrics *metrics;
    oss_train_state state;
    double plateau_loss; /* of a network that hears nothing; 0: no symbol to hear */
} oss_session;

/* Scans the data, makes or loads the model, and leaves the run folder with its step-0 checkpoint (new) or
 * with metrics cut back to the checkpoint (resume). On failure nothing is left open. */
oss_status oss_session_init(oss_session *session, const oss_train_request *request);
void oss_session_deinit(oss_session *session);

/* Whether the model that a run begins with is still to be scored on the held-out rows: a run that began with another
 * model is measured against it, so that `best` is never worse. */
bool oss_session_scores_start(const oss_session *session);

/* Saves a checkpoint of the state as it is, metrics first. */
oss_status oss_session_save(oss_session *session, bool is_best);

#endif
