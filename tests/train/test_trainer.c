/* Whole runs: the same weights whatever happens to a run, learning, stopping, refusing. */
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/logger.h"
#include "support/models.h"
#include "support/rows.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

static void make_runs(oss_test_runs *runs, int32_t rows) {
    oss_test_runs_make(runs, &(oss_tones){.rows = rows, .seed = 8, .min_letters = 2, .max_letters = 5});
}

/* Epochs of some 5 batches; checkpoints and evaluations fall between. */
static const char cadence[] =
    "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4";
static const char accumulating[] =
    "\"batch_seconds\": 2, \"max_steps\": 10, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 3, \"accum_steps\": 3";

/* The average of weights is in model.safetensors, the weights that train in optimizer.safetensors. */
static const char averaging[] =
    "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"ema_decay\": 0.6";
static const char bf16[] =
    "\"batch_seconds\": 3, \"max_steps\": 9, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"precision\": \"bf16\"";
static const char inter_ctc[] =
    "\"batch_seconds\": 3, \"max_steps\": 9, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"n_layers\": 2, \"inter_ctc_weight\": "
    "0.3";
static const char cr_ctc[] =
    "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"time_masks_per_second\": 1, "
    "\"cr_ctc_weight\": 0.2, \"cr_ctc_warmup_steps\": 9, \"warp_prob\": 0.7";
static const char stochastic_depth[] =
    "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"n_layers\": 2, "
    "\"stochastic_depth\": 0.5, \"cr_ctc_weight\": 0.2";
static const char chunks[] =
    "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"cr_ctc_weight\": 0.2, "
    "\"mel_norm\": \"fixed\", \"chunk_training\": 0.7, \"chunk_seconds_min\": 0.1, "
    "\"chunk_seconds_max\": 0.4, \"left_seconds_min\": 0.1";
static const char muon[] =
    "\"batch_seconds\": 3, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"optimizer\": \"muon\", \"ema_decay\": "
    "0.6";
static const char priors[] =
    "\"batch_seconds\": 2, \"max_steps\": 14, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"accum_steps\": 2, \"ema_decay\": 0.6, "
    "\"label_prior_weight\": 0.4, \"label_prior_decay\": 0.7";
static const char *const recipe[] = {cadence, accumulating,     averaging, bf16, inter_ctc,
                                     cr_ctc,  stochastic_depth, chunks,    muon, priors};
enum { RECIPES = 10 };

static void train_whole(const oss_test_runs *runs, const char *run, const char *json, const char *setting) {
    oss_config *config = oss_test_runs_config(runs, json);
    ck_assert_int_eq(oss_config_set(config, setting), OSS_OK);
    (void)oss_test_runs_train(runs, run, config, false, 0, OSS_OK);
    oss_config_free(config);
}

START_TEST(test_threads_change_no_byte) {
    oss_test_runs runs;
    make_runs(&runs, 24);
    train_whole(&runs, "one", recipe[_i], "threads=1");
    train_whole(&runs, "two", recipe[_i], "threads=2");
    train_whole(&runs, "three", recipe[_i], "threads=3");
    oss_test_runs_assert_same_weights(&runs, "one", "two");
    oss_test_runs_assert_same_weights(&runs, "one", "three");
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_cache_changes_no_byte) {
    oss_test_runs runs;
    make_runs(&runs, 16);
    train_whole(&runs, "cached", cadence, "cache_mib=64");
    train_whole(&runs, "decoded", cadence, "cache_mib=0");
    oss_test_runs_assert_same_weights(&runs, "cached", "decoded");
    oss_test_runs_remove(&runs);
}
END_TEST

/* Stopped after every possible number of steps, mid-epoch, and resumed by other threads. */
START_TEST(test_stop_and_resume_change_no_byte) {
    const char *json = recipe[_i % RECIPES];
    oss_test_runs runs;
    make_runs(&runs, 16);
    train_whole(&runs, "whole", json, "threads=2");
    oss_config *config = oss_test_runs_config(&runs, json);
    config->training.threads = 1;
    oss_train_outcome outcome = oss_test_runs_train(&runs, "cut", config, false, 1 + _i, OSS_ESTOPPED);
    ck_assert_int_eq(outcome.step, 1 + _i);
    ck_assert(outcome.saved);
    config->training.threads = 2;
    outcome = oss_test_runs_train(&runs, "cut", config, true, 3, OSS_ESTOPPED);
    ck_assert_int_eq(outcome.step, 4 + _i);
    config->training.threads = 3;
    (void)oss_test_runs_train(&runs, "cut", config, true, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&runs, "whole", "cut");
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* What a kill leaves: a run whose last steps have metrics but no checkpoint. */
START_TEST(test_resume_from_an_older_checkpoint) {
    oss_test_runs runs;
    make_runs(&runs, 16);
    train_whole(&runs, "whole", cadence, "threads=2");
    train_whole(&runs, "killed", cadence, "keep_last=20");
    ck_assert_int_eq(
        oss_file_symlink(oss_test_runs_path(&runs, "killed/latest"), "checkpoints/step-00000006"), OSS_OK);
    for (int step = 7; step <= 14; step++) {
        char name[64];
        snprintf(name, sizeof name, "killed/checkpoints/step-%08d", step);
        ck_assert_int_eq(oss_file_remove_tree(oss_test_runs_path(&runs, name)), OSS_OK);
    }
    oss_config *config = oss_test_runs_config(&runs, cadence);
    (void)oss_test_runs_train(&runs, "killed", config, true, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&runs, "whole", "killed");
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "killed/metrics.jsonl"), NULL);
    for (int step = 1; step <= 14; step++) { /* every step once, the repeated ones too */
        char key[64];
        snprintf(key, sizeof key, "\"kind\":\"train\",\"step\":%d,", step);
        char *first = strstr(metrics, key);
        ck_assert_msg(first != NULL && strstr(first + 1, key) == NULL, "step %d", step);
    }
    free(metrics);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_eight_utterances_are_learnt) {
    oss_test_runs runs;
    make_runs(&runs, 8);
    char json[700];
    static const char *const precision[] = {"fp32", "bf16"};
    snprintf(json, sizeof json,
             "\"precision\": \"%s\", \"batch_seconds\": 30, \"max_steps\": 150, \"eval_every\": 50, "
             "\"checkpoint_every\": 150, "
             "\"dropout\": 0, "
             "\"lr\": 0.01, \"dev_csv\": \"%s\"",
             precision[_i], runs.csv);
    oss_config *config = oss_test_runs_config(&runs, json);
    oss_train_outcome outcome = oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    ck_assert_msg(outcome.best_wer == 0.0 && outcome.best_cer == 0.0, "CER %g, WER %g", outcome.best_cer,
                  outcome.best_wer);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* CER is 0 long before the loss has stopped falling: the later weights are the better ones. */
START_TEST(test_of_equal_scores_the_lower_loss_is_best) {
    oss_test_runs runs;
    make_runs(&runs, 8);
    char json[700];
    snprintf(json, sizeof json,
             "\"batch_seconds\": 30, \"max_steps\": 160, \"eval_every\": 20, \"checkpoint_every\": 160, "
             "\"dropout\": 0, \"lr\": 0.01, \"dev_csv\": \"%s\"",
             runs.csv);
    oss_config *config = oss_test_runs_config(&runs, json);
    oss_train_outcome outcome = oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    ck_assert_msg(outcome.best_wer == 0.0 && outcome.best_cer == 0.0, "CER %g, WER %g", outcome.best_cer,
                  outcome.best_wer);
    double lowest = INFINITY;
    int64_t first = -1, step = -1;
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "run/metrics.jsonl"), NULL);
    for (const char *line = metrics; (line = strstr(line, "{\"kind\":\"eval\"")) != NULL; line++) {
        double loss = 0, cer = 0;
        long long at = 0;
        ck_assert_int_eq(
            sscanf(line, "{\"kind\":\"eval\",\"step\":%lld,\"loss\":%lf,\"cer\":%lf,", &at, &loss, &cer), 3);
        first = cer == 0.0 && first < 0 ? at : first;
        step = cer == 0.0 && loss < lowest ? at : step;
        lowest = cer == 0.0 && loss < lowest ? loss : lowest;
    }
    free(metrics);
    ck_assert_int_lt(first, step); /* else this test shows nothing */
    ck_assert_int_eq(outcome.best_step, step);
    char name[64];
    snprintf(name, sizeof name, "run/checkpoints/step-%08d/model.safetensors", (int)step);
    oss_test_runs_assert_same(&runs, "run/best/model.safetensors", name);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_patience) {
    oss_test_runs runs;
    make_runs(&runs, 12);
    /* A learning rate at which nothing changes: the first evaluation stays the best. */
    oss_config *config = oss_test_runs_config(
        &runs, "\"batch_seconds\": 30, \"max_steps\": 40, \"eval_every\": 2, \"lr\": 1e-30, "
               "\"patience\": 3, \"checkpoint_every\": 1000, \"dev_fraction\": 0.3");
    oss_train_outcome outcome = oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    ck_assert(outcome.early);
    ck_assert_int_eq(outcome.step, 8);
    ck_assert_int_eq(outcome.best_step, 2);
    ck_assert(oss_file_exists(oss_test_runs_path(&runs, "run/checkpoints/step-00000008/state.json")));
    outcome =
        oss_test_runs_train(&runs, "run", config, true, 0, OSS_OK); /* its patience is still at its end */
    ck_assert_int_eq(outcome.step, 8);
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "run/metrics.jsonl"), NULL);
    ck_assert_ptr_nonnull(strstr(metrics, "\"kind\":\"course\",\"step\":2,\"course\":\"failing\""));
    free(metrics);
    config->training.patience = 0;
    outcome = oss_test_runs_train(&runs, "run", config, true, 2, OSS_ESTOPPED);
    ck_assert_int_eq(outcome.step, 10);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_without_held_out_rows_the_latest_is_best) {
    oss_test_runs runs;
    make_runs(&runs, 6);
    oss_config *config = oss_test_runs_config(
        &runs, "\"batch_seconds\": 30, \"max_steps\": 3, \"dev_fraction\": 0, \"checkpoint_every\": 2");
    oss_train_outcome outcome = oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    ck_assert(outcome.best_cer < 0);
    oss_test_runs_assert_same(&runs, "run/best/model.safetensors", "run/latest/model.safetensors");
    ck_assert(oss_file_exists(oss_test_runs_path(&runs, "run/checkpoints/step-00000003")));
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* ---- What is refused ---- */

static void assert_refused(const oss_test_runs *runs, const char *run, const oss_config *config, bool resume,
                           oss_status status, const char *words) {
    (void)oss_test_runs_train(runs, run, config, resume, 0, status);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL, "%s", oss_last_error());
}

START_TEST(test_folders) {
    oss_test_runs runs;
    make_runs(&runs, 6);
    oss_config *config =
        oss_test_runs_config(&runs, "\"batch_seconds\": 30, \"max_steps\": 2, \"dev_fraction\": 0");
    assert_refused(&runs, "run", config, true, OSS_EUSAGE, "holds no run that could be resumed");
    (void)oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    assert_refused(&runs, "run", config, false, OSS_EUSAGE, "holds a run: go on with it by --resume");
    assert_refused(&runs, ".", config, false, OSS_EUSAGE, "a folder with other files in it");
    assert_refused(&runs, "tones.csv", config, false, OSS_EUSAGE, "is a file: --run needs a folder");
    int lock = -1;
    ck_assert_int_eq(oss_run_lock(&lock, oss_test_runs_path(&runs, "run")), OSS_OK);
    assert_refused(&runs, "run", config, true, OSS_EUSAGE,
                   "run/lock is locked: another process is at work there");
    oss_file_unlock(lock);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_resume_needs_the_same_data_and_shards) {
    oss_test_runs runs;
    make_runs(&runs, 8);
    oss_config *config =
        oss_test_runs_config(&runs, "\"batch_seconds\": 30, \"max_steps\": 2, \"dev_fraction\": 0");
    (void)oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    config->training.max_steps = 4;
    config->training.grad_shards = 5;
    assert_refused(&runs, "run", config, true, OSS_EINPUT,
                   "config.json was changed since the checkpoint: \"grad_shards\" is 5, and was 16. ");
    config->training.grad_shards = 16;
    config->training.ema_decay = 0.9;
    assert_refused(&runs, "run", config, true, OSS_EINPUT, "\"ema_decay\" is 0.9, and was 0");
    config->training.ema_decay = 0;
    config->training.label_prior_weight = 0.3;
    assert_refused(&runs, "run", config, true, OSS_EINPUT, "\"label_prior_weight\" is 0.3, and was 0");
    config->training.label_prior_weight = 0;
    config->model.mel.floor *= 2; /* the shapes still fit */
    assert_refused(&runs, "run", config, true, OSS_EINPUT, "\"mel_floor\" is ");
    config->model.mel.floor /= 2;
    char *csv = oss_tempdir_read(runs.csv, NULL);
    oss_tempdir_write(runs.csv, csv, (long)(strstr(csv, "tones-007") - csv)); /* a row fewer */
    assert_refused(
        &runs, "run", config, true, OSS_EINPUT,
        "or the way this version reads them, changed: put the old data back, resume with the program that began it");
    oss_tempdir_write(runs.csv, csv, (long)strlen(csv));
    (void)oss_test_runs_train(&runs, "run", config, true, 0, OSS_OK);
    free(csv);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* ---- What is not finite ---- */

static int32_t warnings;
static char warning[1000];

static void note_warning(void *context, oss_log_level level, const char *line) {
    (void)context;
    if (level == OSS_LOG_WARN && strstr(line, "skipped: ") != NULL) {
        warnings++;
        snprintf(warning, sizeof warning, "%s", line);
    }
}

START_TEST(test_a_broken_recording_is_left_out_and_the_rest_learns) {
    oss_test_runs runs;
    float x[8000];
    make_runs(&runs, 8);
    for (int i = 0; i < 8000; i++) {
        x[i] = i % 7 == 0 ? 1e30f : -1e30f; /* their power would leave floats */
    }
    oss_wav_write_f32(oss_test_runs_path(&runs, "tones-003.wav"), x, 8000, 1, 16000);
    oss_config *config =
        oss_test_runs_config(&runs, "\"batch_seconds\": 2, \"max_steps\": 12, \"dev_fraction\": 0");
    oss_train_outcome outcome = oss_test_runs_train(&runs, "run", config, false, 0, OSS_OK);
    ck_assert_int_eq(outcome.step, 12);
    ck_assert_int_eq(outcome.skipped_steps, 0);
    ck_assert_int_eq(outcome.skipped_rows, 1);
    char *skipped = oss_tempdir_read(oss_test_runs_path(&runs, "run/skipped.jsonl"), NULL);
    ck_assert_msg(strstr(skipped, "tones-003.wav") != NULL && strstr(skipped, "beyond 1e10") != NULL, "%s",
                  skipped);
    free(skipped);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Weights so large that their products leave floats: what --init may bring. */
static void break_weights(const oss_test_runs *runs, const char *from, const char *to) {
    oss_model *model = oss_test_runs_load(runs, from);
    float *head = oss_models_value(model, "head.weight", NULL);
    for (int i = 0; i < 8; i++) {
        head[i] = 3e38f;
    }
    ck_assert_int_eq(oss_model_save(model, oss_test_runs_path(runs, to)), OSS_OK);
    oss_model_free(model);
}

START_TEST(test_too_many_broken_steps_end_the_run) {
    oss_test_runs runs;
    make_runs(&runs, 3);
    oss_config *config =
        oss_test_runs_config(&runs, "\"batch_seconds\": 30, \"max_steps\": 50, \"dev_fraction\": 0");
    (void)oss_test_runs_train(&runs, "first", config, false, 1, OSS_ESTOPPED);
    break_weights(&runs, "first/latest", "broken.safetensors");
    warnings = 0;
    oss_log_set(note_warning, NULL);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "run", config, "broken.safetensors"), OSS_ENUMERIC);
    oss_log_set(NULL, NULL);
    ck_assert_msg(strstr(oss_last_error(), "10 steps in a row gave no finite loss") != NULL &&
                      strstr(oss_last_error(), "no step was ever finite") != NULL,
                  "%s", oss_last_error());
    ck_assert_int_eq(warnings, OSS_MAX_SKIPPED_IN_A_ROW);
    ck_assert_msg(strstr(warning, "the loss is not finite; in it: ") != NULL &&
                      strstr(warning, "row 2 (tones-001.wav)") != NULL,
                  "%s", warning);
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "run/metrics.jsonl"), NULL);
    ck_assert_ptr_nonnull(strstr(metrics, "\"kind\":\"skip\",\"step\":10,"));
    free(metrics);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("trainer");
    TCase *bits = tcase_create("the same bits");
    tcase_set_timeout(bits, 300);
    tcase_add_loop_test(bits, test_threads_change_no_byte, 0, RECIPES);
    tcase_add_test(bits, test_cache_changes_no_byte);
    tcase_add_loop_test(bits, test_stop_and_resume_change_no_byte, 0, RECIPES);
    tcase_add_test(bits, test_resume_from_an_older_checkpoint);
    suite_add_tcase(suite, bits);
    TCase *course = tcase_create("course");
    tcase_set_timeout(course, 300);
    tcase_add_loop_test(course, test_eight_utterances_are_learnt, 0, 2);
    tcase_add_test(course, test_of_equal_scores_the_lower_loss_is_best);
    tcase_add_test(course, test_patience);
    tcase_add_test(course, test_without_held_out_rows_the_latest_is_best);
    suite_add_tcase(suite, course);
    TCase *refusals = tcase_create("refusals");
    tcase_set_timeout(refusals, 300);
    tcase_add_test(refusals, test_folders);
    tcase_add_test(refusals, test_resume_needs_the_same_data_and_shards);
    tcase_add_test(refusals, test_a_broken_recording_is_left_out_and_the_rest_learns);
    tcase_add_test(refusals, test_too_many_broken_steps_end_the_run);
    suite_add_tcase(suite, refusals);
    return suite;
}
