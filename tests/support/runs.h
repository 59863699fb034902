/* Training runs of a network of some thousand parameters on tones, small enough for a test. */
#ifndef OSS_TESTS_RUNS_H
#define OSS_TESTS_RUNS_H

#include "support/tones.h"
#include "train/session.h"
#include "train/trainer.h"

typedef struct oss_test_runs {
    char *folder; /* temporary */
    char *csv;    /* tones in it */
} oss_test_runs;

void oss_test_runs_make(oss_test_runs *runs, const oss_tones *tones);
void oss_test_runs_remove(oss_test_runs *runs);
/* folder/name, valid until the next call but three. */
const char *oss_test_runs_path(const oss_test_runs *runs, const char *name);

/* The small network with these settings on top ("key": value, ...), training on runs->csv. */
oss_config *oss_test_runs_config(const oss_test_runs *runs, const char *more_json);

/* oss_train in folder/run; the test fails unless it returns `wanted`. stop_after: steps of this process after
 * which it is asked to stop; 0: never. */
oss_train_outcome oss_test_runs_train(const oss_test_runs *runs, const char *run, const oss_config *config,
                                      bool resume, int64_t stop_after, oss_status wanted);

/* A new run that starts from the model in folder/init; what oss_train returns. */
oss_status oss_test_runs_finetune(const oss_test_runs *runs, const char *run, const oss_config *config,
                                  const char *init);
/* The model in folder/name; the test fails when there is none. */
oss_model *oss_test_runs_load(const oss_test_runs *runs, const char *name);
/* Whether a tensor has the same bytes in both. */
bool oss_test_same_tensor(const oss_model *a, const oss_model *b, const char *name);

/* The test fails unless both files hold the same bytes. */
void oss_test_runs_assert_same(const oss_test_runs *runs, const char *a, const char *b);

/* The latest checkpoints of two runs, and their best models, byte for byte; of the state all but the settings. */
void oss_test_runs_assert_same_weights(const oss_test_runs *runs, const char *a, const char *b);

#endif
