/* ema_decay: the model of a checkpoint is the average of the weights, which changes nothing of how they
 * train. That threads, stops and kills change no byte of it: test_trainer.c and tests/cli/test_train_kill.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/runs.h"
#include "support/suite.h"
#include "train/trainer.h"

static const char averaging[] = "\"ema_decay\": 0.6";

static void make_runs(oss_test_runs *runs, int32_t rows) {
    const oss_tones tones = {.rows = rows, .seed = 8, .min_letters = 2, .max_letters = 5};
    oss_test_runs_make(runs, &tones);
}

static void train(const oss_test_runs *runs, const char *run, const char *more_json, int32_t keep_last) {
    char json[300];
    snprintf(json, sizeof json,
             "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 1, "
             "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, %s",
             more_json);
    oss_config *config = oss_test_runs_config(runs, json);
    config->training.keep_last = keep_last;
    (void)oss_test_runs_train(runs, run, config, false, 0, OSS_OK);
    oss_config_free(config);
}

static void load_step(const oss_test_runs *runs, const char *run, int step, oss_model **model,
                      oss_optimizer *optimizer) {
    char name[64];
    snprintf(name, sizeof name, "%s/latest", run);
    char target[64];
    snprintf(target, sizeof target, "checkpoints/step-%08d", step);
    ck_assert_int_eq(oss_file_symlink(oss_test_runs_path(runs, name), target), OSS_OK);
    oss_train_state state;
    ck_assert_msg(oss_checkpoint_load(oss_test_runs_path(runs, run), model, optimizer, &state) == OSS_OK,
                  "%s", oss_last_error());
    ck_assert_int_eq(state.step, step);
    oss_train_state_deinit(&state);
}

/* Adds a step's raw weights to the average in double, by the rule that docs/file-formats.md states. */
static void follow(double *average, const float *raw, size_t floats, int step, double decay) {
    double kept = fmin(decay, (1.0 + step) / (10.0 + step));
    for (size_t i = 0; i < floats; i++) {
        average[i] = step == 0 ? (double)raw[i] : kept * average[i] + (1.0 - kept) * (double)raw[i];
    }
}

/* The weights that train are to the bit those of a run without average; the model is their average. */
START_TEST(test_the_model_is_the_average) {
    enum { STEPS = 14 };
    oss_test_runs runs;
    make_runs(&runs, 16);
    train(&runs, "plain", "\"ema_decay\": 0", 20);
    train(&runs, "averaged", averaging, 20);
    double *average = NULL;
    for (int step = 0; step <= STEPS; step++) {
        oss_model *model = NULL;
        oss_optimizer optimizer = {0};
        load_step(&runs, "averaged", step, &model, &optimizer);
        size_t floats = model->params->floats;
        average = average == NULL ? calloc(floats, sizeof *average) : average;
        follow(average, optimizer.raw, floats, step, 0.6);
        for (size_t i = 0; i < floats; i++) {
            ck_assert_double_eq_tol((double)model->value[i], average[i], 1e-6);
        }
        oss_model_free(model);
        if (step == STEPS) {
            oss_optimizer plain = {0};
            load_step(&runs, "plain", step, &model, &plain);
            ck_assert(memcmp(model->value, optimizer.raw, floats * sizeof(float)) == 0);
            ck_assert(memcmp(plain.v, optimizer.v, floats * sizeof(float)) == 0);
            oss_model_free(model);
            oss_optimizer_deinit(&plain);
        }
        oss_optimizer_deinit(&optimizer);
    }
    free(average);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_init_begins_with_the_average) {
    oss_test_runs runs;
    make_runs(&runs, 16);
    train(&runs, "first", averaging, 1);
    oss_config *config = oss_test_runs_config(&runs, averaging);
    const oss_train_request request = {.config = config,
                                       .run = oss_test_runs_path(&runs, "second"),
                                       .init = oss_test_runs_path(&runs, "first/latest")};
    oss_session session;
    ck_assert_msg(oss_session_init(&session, &request) == OSS_OK, "%s", oss_last_error());
    oss_model *model = NULL;
    ck_assert_int_eq(oss_model_load(&model, request.init), OSS_OK);
    size_t bytes = model->params->floats * sizeof(float);
    ck_assert(memcmp(session.model->value, model->value, bytes) == 0);
    ck_assert(memcmp(session.optimizer.raw, model->value, bytes) == 0);
    oss_model_free(model);
    oss_session_deinit(&session);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("average of the weights");
    TCase *all = tcase_create("average");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_the_model_is_the_average);
    tcase_add_test(all, test_init_begins_with_the_average);
    suite_add_tcase(suite, all);
    return suite;
}
