/* The folder of a run: whose it is, what killed processes left in it, what is looked at before the data. */
#include "train/run_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char cadence[] =
    "\"batch_seconds\": 3, \"max_steps\": 60, \"eval_every\": 50, \"checkpoint_every\": 1, "
    "\"dev_fraction\": 0.25, \"grad_shards\": 4";

static void make_runs(oss_test_runs *runs) {
    const oss_tones tones = {.rows = 8, .seed = 8, .min_letters = 2, .max_letters = 5};
    oss_test_runs_make(runs, &tones);
}

/* ---- The lock ---- */

typedef struct disturber {
    const oss_test_runs *runs;
    const char *command;
    bool was_here;
} disturber;

static void disturb(void *context, const oss_train_progress *progress) {
    disturber *d = context;
    char line[700];
    if (progress->step != 2) {
        return;
    }
    snprintf(line, sizeof line, "cd '%s' && %s", d->runs->folder, d->command);
    ck_assert_int_eq(system(line), 0);
    d->was_here = true;
}

static const struct {
    const char *command, *whole; /* where the run is afterwards */
    int entries;                 /* in RUN; -1: as many as there were */
} disturbance[] = {
    {"mv run moved && mkdir run", "moved", 0},
    {"mv run moved && mkdir run && touch run/lock", "moved", 1},
    {"mv run moved", "moved", 0},
    {"rm run/lock", "run", -1},
    {"rm run/lock && touch run/lock", "run", -1},
    {"cp run/lock l && mv l run/lock", "run", -1},
};

/* Whoever holds another lock than the one that is there writes nothing more. */
START_TEST(test_a_lock_that_is_not_ours_ends_the_run) {
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, cadence);
    disturber d = {.runs = &runs, .command = disturbance[_i].command};
    const oss_train_request request = {.config = config,
                                       .run = oss_test_runs_path(&runs, "run"),
                                       .hooks = {.context = &d, .stepped = disturb}};
    oss_train_outcome outcome = {0};
    ck_assert_int_eq(oss_train(&outcome, &request), OSS_EUSAGE);
    ck_assert(d.was_here);
    ck_assert_msg(strstr(oss_last_error(), "run/lock is not the lock that this process holds") != NULL, "%s",
                  oss_last_error());
    ck_assert_int_eq(outcome.step, 2);
    char *run = oss_tempdir_path(runs.folder, "run");
    if (disturbance[_i].entries >= 0 && oss_file_exists(run)) {
        ck_assert_int_eq(oss_tempdir_count(run), disturbance[_i].entries);
    }
    ck_assert(oss_file_exists(run) || strcmp(disturbance[_i].command, "mv run moved") == 0);
    free(run);
    char name[100]; /* that of step 1 is the last: nothing was written for step 2 */
    snprintf(name, sizeof name, "%s/latest/state.json", disturbance[_i].whole);
    char *state = oss_tempdir_read(oss_test_runs_path(&runs, name), NULL);
    ck_assert_msg(state != NULL && strstr(state, "\"step\": 1,") != NULL, "%s", state);
    free(state);
    (void)oss_test_runs_train(&runs, disturbance[_i].whole, config, true, 1,
                              OSS_ESTOPPED); /* and it goes on */
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* ---- Leftovers ---- */

START_TEST(test_temporaries_are_swept) {
    static const char *const ours[] = {"config.json.tmp-1",
                                       "metrics.jsonl.tmp-99",
                                       "metrics.superseded.jsonl.tmp-7",
                                       "skipped.jsonl.tmp-2",
                                       "dev.csv.tmp-3",
                                       "ossicle.tmp-12-3",
                                       "latest.tmp-4",
                                       "best.tmp-5"};
    static const char *const others[] = {"notes.tmp-1",          "ossicle.tmp-x",     "config.json.tmp-1-2",
                                         "config.json.tmp-",     "config.json.tmp-x", "config.json.bak",
                                         "config.json.tmp-1.old"};
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, cadence);
    for (int round = 0; round < 2; round++) { /* of a start that was killed, then of a run */
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
            char name[100];
            snprintf(name, sizeof name, "run/%s", ours[i]);
            oss_tempdir_make_folders(oss_test_runs_path(&runs, name));
            oss_tempdir_write(oss_test_runs_path(&runs, name), "half", 4);
        }
        for (size_t i = 0; round == 1 && i < sizeof others / sizeof others[0]; i++) {
            char name[100];
            snprintf(name, sizeof name, "run/%s", others[i]);
            oss_tempdir_write(oss_test_runs_path(&runs, name), "mine", 4);
        }
        (void)oss_test_runs_train(&runs, "run", config, round == 1, 1, OSS_ESTOPPED);
        ck_assert_int_eq(oss_tempdir_has(oss_test_runs_path(&runs, "run"), ".tmp-"), round);
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
            char name[100];
            snprintf(name, sizeof name, "run/%s", ours[i]);
            ck_assert_msg(!oss_file_exists(oss_test_runs_path(&runs, name)), "%s", name);
        }
        for (size_t i = 0; round == 1 && i < sizeof others / sizeof others[0]; i++) {
            char name[100];
            snprintf(name, sizeof name, "run/%s", others[i]);
            ck_assert_msg(oss_file_exists(oss_test_runs_path(&runs, name)), "%s", name);
        }
    }
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* ---- Order ---- */

static void count_scan(void *context, int32_t done, int32_t total) {
    (void)done;
    (void)total;
    (*(int *)context)++;
}

/* Reading the data may take hours: what is wrong with --init is told before. */
START_TEST(test_a_damaged_init_is_found_before_the_scan) {
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, cadence);
    (void)oss_test_runs_train(&runs, "run", config, false, 1, OSS_ESTOPPED);
    char *path = oss_tempdir_path(runs.folder, "run/latest/model.safetensors");
    long bytes = 0;
    char *model = oss_tempdir_read(path, &bytes);
    model[_i == 0 ? bytes - 1 : bytes / 2] ^= 1;
    oss_tempdir_write(path, model, _i == 2 ? bytes / 2 : bytes);
    free(model);
    int scanned = 0;
    const oss_train_request request = {.config = config,
                                       .run = oss_test_runs_path(&runs, "second"),
                                       .init = path,
                                       .hooks = {.context = &scanned, .scanning = count_scan}};
    oss_train_outcome outcome;
    ck_assert_int_eq(oss_train(&outcome, &request), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), path) != NULL, "%s", oss_last_error());
    ck_assert_int_eq(scanned, 0);
    ck_assert(!oss_file_exists(oss_test_runs_path(&runs, "second")));
    free(path);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("run folder");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 300);
    tcase_add_loop_test(all, test_a_lock_that_is_not_ours_ends_the_run, 0,
                        (int)(sizeof disturbance / sizeof disturbance[0]));
    tcase_add_test(all, test_temporaries_are_swept);
    tcase_add_loop_test(all, test_a_damaged_init_is_found_before_the_scan, 0, 3);
    suite_add_tcase(suite, all);
    return suite;
}
