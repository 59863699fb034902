/* A run that something outside ends, a recording that vanished or a disk, loses no step: it saves, and goes on with the
 * same bytes when that is mended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/logger.h"
#include "support/faults.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "train/trainer.h"

enum { ROWS = 16, STEPS = 12, EVAL_EVERY = 4 };

/* Recordings are read for each batch; no checkpoint falls due before the end. */
static const char plain[] =
    "\"batch_seconds\": 3, \"max_steps\": 12, \"eval_every\": 4, \"checkpoint_every\": 1000, \"patience\": 0, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4, \"cache_mib\": 0, \"bad_audio\": \"error\"";
static const char accumulating[] =
    "\"batch_seconds\": 2, \"max_steps\": 12, \"eval_every\": 4, \"checkpoint_every\": 1000, \"patience\": 0, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 3, \"cache_mib\": 0, \"bad_audio\": \"error\", "
    "\"accum_steps\": 3, \"ema_decay\": 0.6, \"label_prior_weight\": 0.4";
static const char without_dev[] =
    "\"batch_seconds\": 3, \"max_steps\": 12, \"eval_every\": 4, \"checkpoint_every\": 1000, "
    "\"dev_fraction\": 0, \"dropout\": 0.1, \"grad_shards\": 4, \"cache_mib\": 0, \"bad_audio\": \"error\"";
static const char *const recipe[] = {plain, accumulating, without_dev};
enum { RECIPES = 3 };

static oss_test_runs runs;
static oss_config *config;
static char heard[4000]; /* the log */

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    strncat(heard, line, sizeof heard - strlen(heard) - 2);
    strcat(heard, "\n");
}

static void begin(const char *json) {
    const oss_tones tones = {.rows = ROWS, .seed = 8, .min_letters = 2, .max_letters = 5};
    oss_test_runs_make(&runs, &tones);
    config = oss_test_runs_config(&runs, json);
    heard[0] = '\0';
    oss_log_set(hear, NULL);
    (void)oss_test_runs_train(&runs, "whole", config, false, 0, OSS_OK);
}

static void end(void) {
    oss_log_set(NULL, NULL);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}

/* ---- What happens outside ---- */

typedef struct accident {
    int64_t at_step;
    void (*happen)(void);
    int64_t save_at_step; /* 0: nobody asks */
    int64_t step;         /* done */
} accident;

static void note_step(void *context, const oss_train_progress *progress) {
    accident *a = context;
    a->step = progress->step;
    if (progress->step == a->at_step && a->happen != NULL) {
        a->happen();
    }
}

static bool is_save_asked(void *context) {
    const accident *a = context;
    return a->save_at_step > 0 && a->step == a->save_at_step;
}

static oss_train_outcome train(accident *a, bool resume, oss_status wanted) {
    char run[500];
    snprintf(run, sizeof run, "%s/cut", runs.folder);
    const oss_train_request request = {.config = config,
                                       .run = run,
                                       .resume = resume,
                                       .hooks = {.context = a, .stepped = note_step, .save = is_save_asked}};
    oss_train_outcome outcome = {0};
    oss_status status = oss_train(&outcome, &request);
    ck_assert_msg(status == wanted, "%s, not %s: %s", oss_status_name(status), oss_status_name(wanted),
                  oss_last_error());
    return outcome;
}

static void move(const char *name, bool away) {
    char from[100], to[100];
    snprintf(from, sizeof from, "%s%s", name, away ? "" : ".away");
    snprintf(to, sizeof to, "%s%s", name, away ? ".away" : "");
    ck_assert_int_eq(rename(oss_test_runs_path(&runs, from), oss_test_runs_path(&runs, to)), 0);
}

/* All recordings, or those of the rows that are held out, or the others. */
static void move_recordings(bool held_out, bool others, bool away) {
    char *dev = oss_tempdir_read(oss_test_runs_path(&runs, "whole/dev.csv"), NULL);
    for (int i = 0; i < ROWS; i++) {
        char name[40];
        snprintf(name, sizeof name, "tones-%03d.wav", i);
        bool is_held_out = dev != NULL && strstr(dev, name) != NULL;
        if (is_held_out ? held_out : others) {
            move(name, away);
        }
    }
    free(dev);
}

static void lose_training(void) {
    move_recordings(false, true, true);
}
static void lose_held_out(void) {
    move_recordings(true, false, true);
}

static int count(const char *text, const char *part) {
    int found = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        found++;
    }
    return found;
}

/* Every step once, every scoring once, in `cut` as in `whole`. */
static void expect_whole_metrics(void) {
    static const char *const kind[] = {"\"kind\":\"train\"", "\"kind\":\"eval\"", "\"kind\":\"course\""};
    char *whole = oss_tempdir_read(oss_test_runs_path(&runs, "whole/metrics.jsonl"), NULL);
    char *cut = oss_tempdir_read(oss_test_runs_path(&runs, "cut/metrics.jsonl"), NULL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(count(cut, kind[i]), count(whole, kind[i]));
    }
    ck_assert_int_eq(count(cut, kind[0]), STEPS);
    free(whole);
    free(cut);
}

static void expect_mended(void) {
    accident none = {0};
    oss_train_outcome outcome = train(&none, true, OSS_OK);
    ck_assert_int_eq(outcome.step, STEPS);
    oss_test_runs_assert_same_weights(&runs, "whole", "cut");
    expect_whole_metrics();
    end();
}

/* ---- The tests ---- */

/* In the middle of an accumulation too: its micro-batches are done again. */
START_TEST(test_a_recording_that_vanished) {
    int at_step = 1 + _i / RECIPES * 4;
    begin(recipe[_i % RECIPES]);
    accident lost = {.at_step = at_step, .happen = lose_training};
    oss_train_outcome outcome = train(&lost, false, OSS_EIO);
    ck_assert_msg(strstr(oss_last_error(), "tones-0") != NULL, "%s", oss_last_error());
    ck_assert_msg(outcome.saved, "%s", heard);
    ck_assert_int_ge(outcome.step, at_step);
    ck_assert_int_eq(outcome.step, lost.step);
    ck_assert_int_lt(outcome.step, STEPS);
    move_recordings(false, true, false);
    expect_mended();
}
END_TEST

/* The step is saved unscored, and scored when the run goes on: the best is the best of the whole run. */
START_TEST(test_held_out_recordings_that_vanished) {
    int at_step = (1 + _i) * EVAL_EVERY;
    begin(plain);
    accident lost = {.at_step = at_step, .happen = lose_held_out};
    oss_train_outcome outcome = train(&lost, false, OSS_EIO);
    ck_assert_msg(strstr(oss_last_error(), "validation: ") == oss_last_error(), "%s", oss_last_error());
    ck_assert_msg(outcome.saved, "%s", heard);
    ck_assert_int_eq(outcome.step, at_step);
    accident none = {0};
    (void)train(&none, true, OSS_EINPUT); /* still not there: nothing is lost */
    move_recordings(true, false, false);
    expect_mended();
}
END_TEST

/* Stopped where a scoring is due: saved at once, scored later. */
START_TEST(test_stopped_before_a_scoring) {
    begin(plain);
    oss_train_outcome outcome =
        oss_test_runs_train(&runs, "cut", config, false, (1 + _i) * EVAL_EVERY, OSS_ESTOPPED);
    ck_assert_msg(outcome.saved, "%s", heard);
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "cut/metrics.jsonl"), NULL);
    ck_assert_int_eq(count(metrics, "\"kind\":\"eval\""), _i);
    free(metrics);
    expect_mended();
}
END_TEST

START_TEST(test_saved_when_asked) {
    begin(recipe[_i]);
    ck_assert_int_eq(oss_config_set(config, "keep_last=20"), OSS_OK);
    accident asked = {.save_at_step = 3, .at_step = 5, .happen = lose_training};
    (void)train(&asked, false, OSS_EIO);
    ck_assert(oss_file_exists(oss_test_runs_path(&runs, "cut/checkpoints/step-00000003/state.json")));
    ck_assert_msg(strstr(heard, "step 3 is saved, as was asked for\n") != NULL, "%s", heard);
    move_recordings(false, true, false);
    expect_mended();
}
END_TEST

static void lose_training_and_disk(void) {
    lose_training();
    oss_faults_fail_from(OSS_CALL_ANY_CHANGE, 1, EIO);
}

/* When nothing can be saved either, the first failure is the one that is told, and the loss is said. */
START_TEST(test_the_disk_of_the_run_fails_too) {
    begin(plain);
    oss_faults_install();
    accident lost = {.at_step = 5, .happen = lose_training_and_disk};
    oss_train_outcome outcome = train(&lost, false, OSS_EIO);
    (void)oss_faults_clear();
    oss_faults_remove();
    ck_assert_msg(strstr(oss_last_error(), "tones-0") != NULL, "%s", oss_last_error());
    ck_assert(!outcome.saved);
    ck_assert_msg(strstr(heard, "the steps since the last checkpoint are lost: ") != NULL, "%s", heard);
    move_recordings(false, true, false);
    expect_mended();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("trainer: failures from outside");
    TCase *all = tcase_create("failures");
    tcase_set_timeout(all, 300);
    tcase_add_loop_test(all, test_a_recording_that_vanished, 0, 2 * RECIPES);
    tcase_add_loop_test(all, test_held_out_recordings_that_vanished, 0, STEPS / EVAL_EVERY);
    tcase_add_loop_test(all, test_stopped_before_a_scoring, 0, STEPS / EVAL_EVERY);
    tcase_add_loop_test(all, test_saved_when_asked, 0, RECIPES);
    tcase_add_test(all, test_the_disk_of_the_run_fails_too);
    suite_add_tcase(suite, all);
    return suite;
}
