/* Runs with every augmentation on: the same weights whatever happens to a run, validation untouched, and no
 * heap call in a step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/faults.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

#define EVERYTHING                                                                                                                                                     \
    "\"speed_prob\": 0.8, \"gain_prob\": 0.5, \"noise_prob\": 0.5, \"shift_ms\": 60, \"concat_prob\": 0.4, "                                                           \
    "\"freq_masks\": 2, \"freq_mask_bins\": 6, \"time_masks_per_second\": 2, \"time_mask_frames\": 10, "                                                               \
    "\"noise_babble\": 2, \"reverb_prob\": 0.4, \"telephone_prob\": 0.4, \"silence_prob\": 0.5, "                                                                      \
    "\"silence_seconds_max\": 0.05, \"warp_prob\": 0.7, \"label_prior_weight\": 0.3, \"stochastic_depth\": 0.5, \"chunk_training\": 0.7, \"chunk_seconds_min\": 0.1, " \
    "\"chunk_seconds_max\": 0.3, "                                                                                                                                     \
    "\"left_seconds_min\": 0, \"left_seconds_max\": 0.3"

static const char augmented[] =
    EVERYTHING ", \"batch_seconds\": 3, \"max_steps\": 12, \"eval_every\": 4, \"checkpoint_every\": 3, "
               "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"accum_steps\": 2, "
               "\"mel_norm\": \"fixed\"";

static void make_runs(oss_test_runs *runs) {
    const oss_tones tones = {.rows = 16, .seed = 8, .min_letters = 2, .max_letters = 5};
    oss_test_runs_make(runs, &tones);
}

static void train(const oss_test_runs *runs, const char *run, const char *const *setting, int32_t settings) {
    oss_config *config = oss_test_runs_config(runs, augmented);
    for (int32_t i = 0; i < settings; i++) {
        ck_assert_int_eq(oss_config_set(config, setting[i]), OSS_OK);
    }
    (void)oss_test_runs_train(runs, run, config, false, 0, OSS_OK);
    oss_config_free(config);
}

START_TEST(test_threads_and_cache_change_no_byte) {
    oss_test_runs runs;
    make_runs(&runs);
    train(&runs, "one", (const char *[]){"threads=1"}, 1);
    train(&runs, "three", (const char *[]){"threads=3"}, 1);
    train(&runs, "decoded", (const char *[]){"threads=2", "cache_mib=0"}, 2);
    oss_test_runs_assert_same_weights(&runs, "one", "three");
    oss_test_runs_assert_same_weights(&runs, "one", "decoded");
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_stop_and_resume_change_no_byte) {
    oss_test_runs runs;
    make_runs(&runs);
    train(&runs, "whole", NULL, 0);
    oss_config *config = oss_test_runs_config(&runs, augmented);
    (void)oss_test_runs_train(&runs, "cut", config, false, 1 + 3 * _i, OSS_ESTOPPED);
    config->training.threads = 1;
    (void)oss_test_runs_train(&runs, "cut", config, true, 2, OSS_ESTOPPED);
    config->training.threads = 3;
    (void)oss_test_runs_train(&runs, "cut", config, true, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&runs, "whole", "cut");
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

static bool are_same_files(const oss_test_runs *runs, const char *a, const char *b) {
    long bytes_a = 0, bytes_b = 0;
    char *text_a = oss_tempdir_read(oss_test_runs_path(runs, a), &bytes_a);
    char *text_b = oss_tempdir_read(oss_test_runs_path(runs, b), &bytes_b);
    ck_assert(text_a != NULL && text_b != NULL);
    bool same = bytes_a == bytes_b && memcmp(text_a, text_b, (size_t)bytes_a) == 0;
    free(text_a);
    free(text_b);
    return same;
}

/* Each setting by itself reaches the weights. */
START_TEST(test_every_part_matters) {
    static const char *const off[] = {
        "speed_prob=0",       "gain_prob=0",          "noise_prob=0",       "shift_ms=0",
        "silence_prob=0",     "concat_prob=0",        "freq_masks=0",       "time_masks_per_second=0",
        "noise_babble=0",     "reverb_prob=0",        "telephone_prob=0",   "telephone_mulaw_prob=0",
        "stochastic_depth=0", "chunk_training=0",     "left_seconds_max=0", "warp_prob=0",
        "warp_max=0.2",       "label_prior_weight=0", "label_prior_decay=0"};
    oss_test_runs runs;
    make_runs(&runs);
    train(&runs, "all", (const char *[]){"max_steps=2"}, 1);
    train(&runs, "again", (const char *[]){"max_steps=2"}, 1);
    ck_assert(are_same_files(&runs, "all/latest/model.safetensors", "again/latest/model.safetensors"));
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        char run[16], path[64];
        snprintf(run, sizeof run, "off%zu", i);
        snprintf(path, sizeof path, "%s/latest/model.safetensors", run);
        train(&runs, run, (const char *[]){"max_steps=2", off[i]}, 2);
        ck_assert_msg(!are_same_files(&runs, "all/latest/model.safetensors", path), "%s changes nothing",
                      off[i]);
    }
    oss_test_runs_remove(&runs);
}
END_TEST

/* The recordings of noise_dir are part of the data. */
START_TEST(test_resume_needs_the_same_noise) {
    oss_test_runs runs;
    make_runs(&runs);
    char noise[600], setting[700], file[700];
    snprintf(noise, sizeof noise, "%s", oss_test_runs_path(&runs, "noise"));
    snprintf(setting, sizeof setting, "noise_dir=%s", noise);
    snprintf(file, sizeof file, "%s/hum.wav", noise);
    ck_assert_int_eq(mkdir(noise, 0777), 0);
    oss_wav_write_tone(file, 0.5, 50, 0.5, 16000);
    oss_config *config = oss_test_runs_config(&runs, augmented);
    ck_assert_int_eq(oss_config_set(config, setting), OSS_OK);
    (void)oss_test_runs_train(&runs, "whole", config, false, 0, OSS_OK);
    (void)oss_test_runs_train(&runs, "cut", config, false, 4, OSS_ESTOPPED);
    oss_wav_write_tone(file, 0.5, 60, 0.5, 16000);
    (void)oss_test_runs_train(&runs, "cut", config, true, 0, OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "noise_dir"));
    oss_wav_write_tone(file, 0.5, 50, 0.5, 16000);
    (void)oss_test_runs_train(&runs, "cut", config, true, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&runs, "whole", "cut");
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* The number after `"key":` in the first line of metrics that has kind "eval". */
static double read_eval(const oss_test_runs *runs, const char *metrics, const char *key) {
    char *text = oss_tempdir_read(oss_test_runs_path(runs, metrics), NULL);
    ck_assert_ptr_nonnull(text);
    const char *line = strstr(text, "\"kind\":\"eval\"");
    ck_assert_ptr_nonnull(line);
    const char *place = strstr(line, key);
    ck_assert_ptr_nonnull(place);
    double value = strtod(place + strlen(key), NULL);
    free(text);
    return value;
}

/* At a learning rate that changes nothing, validation gives the same loss with augmentation and without. */
START_TEST(test_validation_is_untouched) {
    static const char plain[] = "\"batch_seconds\": 3, \"max_steps\": 1, \"eval_every\": 1, \"lr\": 1e-30, "
                                "\"weight_decay\": 0, \"dev_fraction\": 0.25, \"mel_norm\": \"fixed\"";
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, plain);
    (void)oss_test_runs_train(&runs, "plain", config, false, 0, OSS_OK);
    oss_config_free(config);
    char json[1600];
    snprintf(json, sizeof json, "%s, %s", plain, EVERYTHING);
    config = oss_test_runs_config(&runs, json);
    (void)oss_test_runs_train(&runs, "augmented", config, false, 0, OSS_OK);
    oss_config_free(config);
    double a = read_eval(&runs, "plain/metrics.jsonl", "\"loss\":");
    double b = read_eval(&runs, "augmented/metrics.jsonl", "\"loss\":");
    ck_assert(isfinite(a) && a > 0);
    ck_assert_msg(a == b, "%.17g without, %.17g with", a, b);
    oss_test_runs_remove(&runs);
}
END_TEST

static bool run_step(oss_session *session, int64_t number) {
    oss_step_result result;
    oss_step_begin(session->step, number);
    for (int32_t i = 0; i < session->config->training.accum_steps; i++) {
        const oss_micro_batch *batch = NULL;
        if (oss_loader_next(session->loader, &batch) != OSS_OK ||
            oss_step_accumulate(session->step, batch) != OSS_OK) {
            return false;
        }
    }
    oss_step_finish(session->step, 1e-3, number, &result);
    return result.skipped == NULL;
}

/* Memory is reserved for what the plan says, and that is what comes: nothing grows in a step. */
START_TEST(test_steps_call_no_heap) {
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, augmented);
    const oss_train_request request = {.config = config, .run = oss_test_runs_path(&runs, "run")};
    oss_session session;
    oss_status status = oss_session_init(&session, &request);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    for (int64_t epoch = 0; epoch < 6; epoch++) {
        const oss_epoch_plan *plan = oss_batcher_plan(session.planner, epoch);
        ck_assert_int_eq(oss_step_reserve(session.step, &session.data.train, plan), OSS_OK);
    }
    oss_faults_install();
    bool trained = true;
    for (int64_t step = 1; step <= 5; step++) {
        trained = run_step(&session, step) && trained;
    }
    int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP) + oss_faults_count(OSS_CALL_RELEASE);
    oss_faults_remove();
    ck_assert_msg(trained, "%s", oss_last_error());
    ck_assert_int_eq(calls, 0);
    oss_session_deinit(&session);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("augmented runs");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_threads_and_cache_change_no_byte);
    tcase_add_loop_test(all, test_stop_and_resume_change_no_byte, 0, 3);
    tcase_add_test(all, test_every_part_matters);
    tcase_add_test(all, test_resume_needs_the_same_noise);
    tcase_add_test(all, test_validation_is_untouched);
    tcase_add_test(all, test_steps_call_no_heap);
    suite_add_tcase(suite, all);
    return suite;
}
