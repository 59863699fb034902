/* What fine-tuning chooses when nobody says how: by the amount of audio, around what was set; and that the start stays
 * the best when nothing beats it. */
#include "train/finetune_defaults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/logger.h"
#include "model/config_given.h"
#include "support/faults.h"
#include "support/rows.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "train/finetune.h"

static char heard[8000];

static void note_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", line);
}

static void listen(void) {
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
}

static void expect_heard(const char *words) {
    oss_log_set(NULL, NULL);
    ck_assert_msg(strstr(heard, words) != NULL, "\"%s\" is not in: %s", words, heard);
}

/* As after --init: the keys of the model are given, "sets" (up to NULL) besides. */
static oss_config *make_config(const char *const sets[]) {
    oss_config *usual = NULL, *config = NULL;
    ck_assert_int_eq(oss_config_create(&usual), OSS_OK);
    usual->model.mel.norm = OSS_MEL_NORM_FIXED;
    ck_assert_int_eq(oss_config_create_from(&config, &usual->model), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "train_csv=some.csv"), OSS_OK);
    for (int i = 0; sets != NULL && sets[i] != NULL; i++) {
        ck_assert_msg(oss_config_set(config, sets[i]) == OSS_OK, "%s", oss_last_error());
    }
    oss_config_free(usual);
    return config;
}

static void add_minutes(oss_manifest *manifest, double minutes, int32_t source) {
    oss_rows_add(manifest, manifest->rows + 1, "a", NULL, (int64_t)(minutes * 60.0 * 16000.0));
    manifest->row[manifest->rows - 1].source = source;
}

static void fit(oss_config *config, double minutes) {
    oss_manifest train = {0};
    add_minutes(&train, minutes, 0);
    ck_assert_int_eq(oss_finetune_defaults_fit(config, &train), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    oss_manifest_deinit(&train);
}

/* ---- What is chosen ---- */

START_TEST(test_steps_from_minutes) {
    static const struct {
        double minutes;
        int64_t steps, part;
        double decay;
    } cases[] = {{0.05, 300, 30, 0.9667},
                 {5, 671, 68, 0.9853},
                 {15, 1162, 117, 0.9915},
                 {60, 2324, 233, 0.9957},
                 {6000, 6000, 600, 0.9983}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_config *config = make_config(NULL);
        ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
        fit(config, cases[i].minutes);
        ck_assert_int_eq(config->training.max_steps, cases[i].steps);
        ck_assert_int_eq(config->training.warmup_steps, cases[i].part);
        ck_assert_int_eq(config->training.eval_every, cases[i].part);
        ck_assert_int_eq(config->training.checkpoint_every, cases[i].part);
        ck_assert_double_eq_tol(config->training.ema_decay, cases[i].decay, 1e-9);
        oss_config_free(config);
    }
}
END_TEST

/* Rows of a set that is replayed count as often as they are drawn. */
START_TEST(test_weights_count) {
    static const char *const sets[] = {
        "train_csv=[{\"csv\": \"mine.csv\"}, {\"csv\": \"general.csv\", \"weight\": 0.1}]", NULL};
    oss_config *config = make_config(sets);
    oss_manifest train = {0};
    add_minutes(&train, 10, 0);
    add_minutes(&train, 50, 1);
    ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
    ck_assert_int_eq(oss_finetune_defaults_fit(config, &train), OSS_OK);
    ck_assert_int_eq(config->training.max_steps, 1162); /* of 15 minutes */
    oss_manifest_deinit(&train);
    oss_config_free(config);
}
END_TEST

START_TEST(test_settings_before_the_data) {
    oss_config *config = make_config(NULL);
    listen();
    ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
    expect_heard("no --config: its own defaults where --set says nothing: optimizer=muon lr=0.0005 ");
    ck_assert_int_eq((int)config->training.optimizer, OSS_OPTIMIZER_MUON);
    ck_assert_double_eq(config->training.lr, 0.0005);
    ck_assert_double_eq(config->training.batch_seconds, 32);
    ck_assert_double_eq(config->augmentation.augment.speed_prob, 0.8);
    ck_assert_int_eq(config->augmentation.mask.freq_masks, 2);
    ck_assert(!oss_config_is_given(config, "max_steps")); /* known with the rows */
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    listen();
    fit(config, 15);
    expect_heard(
        "steps for 15.0 minutes of audio (each heard some 41 times): max_steps=1162 warmup_steps=117 "
        "eval_every=117 checkpoint_every=117 ema_decay=0.9915\n");
    oss_config_free(config);
}
END_TEST

/* ---- What was set ---- */

START_TEST(test_what_was_set_stays) {
    static const char *const sets[] = {"optimizer=adamw", "lr=0.5",          "freq_masks=0", "max_steps=31",
                                       "ema_decay=0",     "batch_seconds=8", "wd=0.3",       NULL};
    oss_config *config = make_config(sets);
    listen();
    ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
    fit(config, 15);
    expect_heard("says nothing: min_lr_ratio=0.02 ");
    expect_heard(" times): warmup_steps=4 eval_every=4 checkpoint_every=4\n");
    ck_assert_int_eq((int)config->training.optimizer, OSS_OPTIMIZER_ADAMW);
    ck_assert_double_eq(config->training.lr, 0.5);
    ck_assert_double_eq(config->training.weight_decay, 0.3);
    ck_assert_double_eq(config->training.batch_seconds, 8);
    ck_assert_double_eq(config->training.ema_decay, 0);
    ck_assert_int_eq(config->augmentation.mask.freq_masks, 0);
    ck_assert_int_eq(config->training.max_steps, 31);
    ck_assert_int_eq(config->training.warmup_steps, 4); /* follows what was set */
    oss_config_free(config);
}
END_TEST

/* The same audio in all, whatever a step takes. */
START_TEST(test_steps_follow_the_batch) {
    static const char *const sets[] = {"batch_seconds=16", "accum_steps=4", NULL};
    oss_config *config = make_config(sets);
    ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
    fit(config, 15);
    ck_assert_int_eq(config->training.max_steps, 581); /* 1161.9 of 32 s are 580.9 of 64 s */
    oss_config_free(config);
}
END_TEST

START_TEST(test_all_was_set) {
    static const char *const sets[] = {"max_steps=31",       "warmup_steps=1", "eval_every=5",
                                       "checkpoint_every=5", "ema_decay=0.5",  NULL};
    oss_config *config = make_config(sets);
    listen();
    fit(config, 15);
    expect_heard(" times): none, all are set\n");
    ck_assert_int_eq(config->training.eval_every, 5);
    oss_config_free(config);
}
END_TEST

/* ---- Front ends that refuse some of it ---- */

START_TEST(test_masks_where_they_are_allowed) {
    static const struct {
        const char *set;
        int32_t masks;
    } cases[] = {{"mel_norm=none", 0}, {"mel_bins=27", 0}, {"mel_bins=28", 2}, {"mel_norm=utterance", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_config *config = make_config((const char *const[]){cases[i].set, NULL});
        ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
        ck_assert_int_eq(config->augmentation.mask.freq_masks, cases[i].masks);
        ck_assert_msg(oss_config_check(config) == OSS_OK, "%s: %s", cases[i].set, oss_last_error());
        oss_config_free(config);
    }
}
END_TEST

/* A model that heard chunks goes on with them, unless its new front end could not stream. */
START_TEST(test_chunks_of_the_model) {
    oss_test_runs runs;
    const oss_tones tones = {.rows = 10, .seed = 1, .min_letters = 2, .max_letters = 4};
    oss_test_runs_make(&runs, &tones);
    oss_config *first = oss_test_runs_config(
        &runs, "\"batch_seconds\": 4, \"max_steps\": 2, \"dev_fraction\": 0.2, \"mel_norm\": \"fixed\", "
               "\"chunk_training\": 0.375");
    (void)oss_test_runs_train(&runs, "first", first, false, 0, OSS_OK);
    static const struct {
        const char *set;
        double chunks;
    } cases[] = {{"lr=0.1", 0.375},
                 {"mel_norm=utterance", 0},
                 {"normalize=peak", 0},
                 {"chunk_training=0", 0},
                 {"chunk_training=1", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_config *config = NULL;
        ck_assert_int_eq(oss_finetune_config(&config, oss_test_runs_path(&runs, "first")), OSS_OK);
        ck_assert_int_eq(oss_config_set(config, cases[i].set), OSS_OK);
        ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
        ck_assert_double_eq(config->training.chunk.prob, cases[i].chunks);
        ck_assert_msg(oss_config_check(config) == OSS_OK, "%s: %s", cases[i].set, oss_last_error());
        oss_config_free(config);
    }
    oss_config_free(first);
    oss_test_runs_remove(&runs);
}
END_TEST

/* ---- Whole runs ---- */

static const char long_run[] =
    "\"batch_seconds\": 8, \"max_steps\": 200, \"eval_every\": 200, \"dev_fraction\": 0.3, "
    "\"lr\": 0.01, \"mel_norm\": \"fixed\"";

static void make_first(oss_test_runs *runs) {
    const oss_tones tones = {.rows = 14, .seed = 5, .min_letters = 2, .max_letters = 5};
    oss_test_runs_make(runs, &tones);
    oss_config *config = oss_test_runs_config(runs, long_run);
    (void)oss_test_runs_train(runs, "first", config, false, 0, OSS_OK);
    oss_config_free(config);
}

/* As `ossicle train --init first` with these settings. */
static oss_train_outcome tune(const oss_test_runs *runs, const char *const sets[], bool (*stop)(void *),
                              oss_status wanted) {
    oss_config *config = NULL;
    char source[600];
    snprintf(source, sizeof source, "train_csv=%s", runs->csv);
    ck_assert_int_eq(oss_finetune_config(&config, oss_test_runs_path(runs, "first")), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, source), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "dev_fraction=0.3"), OSS_OK);
    for (int i = 0; sets[i] != NULL; i++) {
        ck_assert_int_eq(oss_config_set(config, sets[i]), OSS_OK);
    }
    ck_assert_int_eq(oss_finetune_defaults_apply(config), OSS_OK);
    const oss_train_request request = {.config = config,
                                       .fit = config,
                                       .run = oss_test_runs_path(runs, "second"),
                                       .init = oss_test_runs_path(runs, "first"),
                                       .hooks = {.stop = stop}};
    oss_train_outcome outcome = {0};
    oss_status status = oss_train(&outcome, &request);
    ck_assert_msg(status == wanted, "%s: %s", oss_status_name(status), oss_last_error());
    oss_config_free(config);
    return outcome;
}

static int32_t count_starts(const oss_test_runs *runs) {
    char *metrics = oss_tempdir_read(oss_test_runs_path(runs, "second/metrics.jsonl"), NULL);
    int32_t count = 0;
    for (const char *at = metrics; at != NULL && (at = strstr(at, "\"kind\":\"eval\",\"step\":0,")) != NULL;
         at++) {
        count++;
    }
    free(metrics);
    return count;
}

/* Steps that wreck the weights: what training started from is the best, and stays on the disk. */
START_TEST(test_the_start_is_kept) {
    oss_test_runs runs;
    make_first(&runs);
    static const char *const sets[] = {"lr=10",       "optimizer=adamw", "max_steps=8",
                                       "keep_last=1", "ema_decay=0",     NULL};
    oss_train_outcome outcome = tune(&runs, sets, NULL, OSS_OK);
    ck_assert_int_eq(outcome.step, 8);
    ck_assert_int_eq(outcome.best_step, 0);
    ck_assert_double_lt(outcome.best_cer, 0.9); /* it had learnt something to lose */
    oss_model *from = oss_test_runs_load(&runs, "first"), *best = oss_test_runs_load(&runs, "second/best"),
              *latest = oss_test_runs_load(&runs, "second/latest");
    for (int32_t i = 0; i < best->params->count; i++) {
        ck_assert(oss_test_same_tensor(from, best, best->params->item[i].name));
    }
    ck_assert(!oss_test_same_tensor(best, latest, "encoder.blocks.0.qkv_proj.weight"));
    ck_assert_int_eq(count_starts(&runs), 1);
    oss_model_free(from);
    oss_model_free(best);
    oss_model_free(latest);
    oss_test_runs_remove(&runs);
}
END_TEST

/* A run's config.json has what was chosen, so that --resume goes on with it. */
START_TEST(test_the_run_remembers) {
    oss_test_runs runs;
    make_first(&runs);
    static const char *const sets[] = {"batch_seconds=1000", "eval_every=3", NULL};
    oss_train_outcome outcome = tune(&runs, sets, NULL, OSS_OK);
    oss_config *config = NULL;
    ck_assert_int_eq(oss_config_load(&config, oss_test_runs_path(&runs, "second/config.json")), OSS_OK);
    ck_assert_int_eq(outcome.step, 10); /* 300 of 32 s are 9.6 of 1000 s */
    ck_assert_int_eq(config->training.max_steps, 10);
    ck_assert_int_eq(config->training.eval_every, 3);
    ck_assert_int_eq(config->training.warmup_steps, 1);
    ck_assert_int_eq((int)config->training.optimizer, OSS_OPTIMIZER_MUON);
    outcome = oss_test_runs_train(&runs, "second", config, true, 0, OSS_OK);
    ck_assert_int_eq(outcome.step, 10);
    ck_assert_int_eq(count_starts(&runs), 1); /* not again */
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

static char begun[600]; /* config.json, the last that is written before the first step */

static bool has_begun(void *context) {
    (void)context;
    return access(begun, F_OK) == 0;
}

/* Stopped before its start was scored, a run does it when it goes on. */
START_TEST(test_the_start_is_scored_after_a_resume) {
    oss_test_runs runs;
    make_first(&runs);
    static const char *const sets[] = {"max_steps=2", NULL};
    snprintf(begun, sizeof begun, "%s", oss_test_runs_path(&runs, "second/config.json"));
    (void)tune(&runs, sets, has_begun, OSS_ESTOPPED);
    ck_assert_int_eq(count_starts(&runs), 0);
    oss_config *config = NULL;
    ck_assert_int_eq(oss_config_load(&config, oss_test_runs_path(&runs, "second/config.json")), OSS_OK);
    (void)oss_test_runs_train(&runs, "second", config, true, 0, OSS_OK);
    ck_assert_int_eq(count_starts(&runs), 1);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Without --init there is no start to be better than. */
START_TEST(test_a_first_run_scores_no_start) {
    oss_test_runs runs;
    make_first(&runs);
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "first/metrics.jsonl"), NULL);
    ck_assert_ptr_nonnull(strstr(metrics, "\"kind\":\"eval\",\"step\":200,"));
    ck_assert_ptr_null(strstr(metrics, "\"kind\":\"eval\",\"step\":0,"));
    free(metrics);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Whichever allocation fails. */
START_TEST(test_memory_runs_out) {
    oss_manifest train = {0};
    add_minutes(&train, 15, 0);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_config *config = make_config(NULL); /* what failed may have been set in part */
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_finetune_defaults_apply(config);
        if (status == OSS_OK) {
            status = oss_finetune_defaults_fit(config, &train);
        }
        bool fired = oss_faults_clear();
        ck_assert_msg(status == (fired ? OSS_ENOMEM : OSS_OK), "allocation %lld: %s", (long long)k,
                      oss_last_error());
        oss_config_free(config);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 30);
            break;
        }
    }
    oss_faults_remove();
    oss_manifest_deinit(&train);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("finetune_defaults");
    TCase *all = tcase_create("finetune_defaults");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_steps_from_minutes);
    tcase_add_test(all, test_weights_count);
    tcase_add_test(all, test_settings_before_the_data);
    tcase_add_test(all, test_what_was_set_stays);
    tcase_add_test(all, test_steps_follow_the_batch);
    tcase_add_test(all, test_all_was_set);
    tcase_add_test(all, test_masks_where_they_are_allowed);
    tcase_add_test(all, test_chunks_of_the_model);
    tcase_add_test(all, test_the_start_is_kept);
    tcase_add_test(all, test_the_run_remembers);
    tcase_add_test(all, test_the_start_is_scored_after_a_resume);
    tcase_add_test(all, test_a_first_run_scores_no_start);
    tcase_add_test(all, test_memory_runs_out);
    suite_add_tcase(suite, all);
    return suite;
}
