/* Loss, CER and WER over the whole held-out set. */
#ifndef OSS_TRAIN_VALIDATION_H
#define OSS_TRAIN_VALIDATION_H

#include "dataset/manifest.h"
#include "text/edit_distance.h"
#include "text/vocab.h"
#include "train/workers.h"

enum { OSS_EVAL_SAMPLES = 3 };

typedef struct oss_eval_sample {
    const oss_row *row; /* belongs to the manifest */
    char *hypothesis;
} oss_eval_sample;

typedef struct oss_eval {
    int32_t utterances;
    int32_t infeasible; /* count in CER and WER, not in the loss */
    int32_t failed;     /* could not be loaded any more (warned about); count nowhere */
    double loss;        /* mean of nll / max(L, 1) over feasible utterances; NaN when there is none */
    oss_edits characters, words;
    double cer, wer;
    double blank_fraction; /* of frames whose best symbol is the blank */
    double audio_seconds, wall_seconds;
    int32_t samples;
    oss_eval_sample sample[OSS_EVAL_SAMPLES]; /* the same rows in every evaluation of a set */
} oss_eval;

typedef struct oss_validation_setup {
    const oss_config *config;
    const oss_manifest *dev; /* encoded, one row at least */
    const oss_vocab *vocab;
    oss_workers *workers;
    const float *value;
} oss_validation_setup;

/* Every utterance by itself on one thread, so neither batches nor threads change a digit. A row that cannot
 * be loaded is an error, or with bad_audio "skip" a warning if it is to blame (oss_row_is_to_blame). *out: oss_eval_deinit. */
oss_status oss_validate(oss_eval *out, const oss_validation_setup *setup);
void oss_eval_deinit(oss_eval *eval);

#endif
