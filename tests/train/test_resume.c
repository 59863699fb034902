/* What was changed between two parts of a run is seen and named; what was lost is restored; old checkpoints go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "support/rewrite.h"
#include "support/rows.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "checkpoint/run_config.h"

static const char cadence[] =
    "\"batch_seconds\": 3, \"max_steps\": 6, \"eval_every\": 4, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4";

static char heard[8000];

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", line);
}

typedef struct fixture {
    oss_test_runs runs;
    oss_config *config;
} fixture;

/* A run of 3 steps in "run" that was stopped. */
static void make(fixture *f) {
    const oss_tones tones = {.rows = 16, .seed = 8, .min_letters = 2, .max_letters = 5};
    oss_test_runs_make(&f->runs, &tones);
    f->config = oss_test_runs_config(&f->runs, cadence);
    (void)oss_test_runs_train(&f->runs, "run", f->config, false, 3, OSS_ESTOPPED);
    heard[0] = '\0';
    oss_log_set(hear, NULL);
}

static void clear(fixture *f) {
    oss_log_set(NULL, NULL);
    oss_config_free(f->config);
    oss_test_runs_remove(&f->runs);
}

static const char *path_of(const fixture *f, const char *name) {
    return oss_test_runs_path(&f->runs, name);
}

static void assert_refused(const fixture *f, const oss_config *config, const char *words) {
    (void)oss_test_runs_train(&f->runs, "run", config, true, 0, OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL, "%s", oss_last_error());
}

static void assert_heard(const char *words) {
    ck_assert_msg(strstr(heard, words) != NULL, "%s", heard);
}

/* The config that --resume would take. */
static oss_config *load_config(const fixture *f) {
    oss_config *config = NULL;
    ck_assert_msg(oss_run_load_config(&config, path_of(f, "run")) == OSS_OK, "%s", oss_last_error());
    return config;
}

/* Goes on to the end, which is that of a run that nobody touched. */
static void assert_goes_on(const fixture *f) {
    oss_config *config = load_config(f);
    (void)oss_test_runs_train(&f->runs, "run", config, true, 0, OSS_OK);
    (void)oss_test_runs_train(&f->runs, "whole", f->config, false, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&f->runs, "whole", "run");
    oss_config_free(config);
}

/* ---- Settings ---- */

static const char *const edit[] = {
    "lr=0.5",           "optimizer=muon", "precision=bf16",      "accum_steps=2",     "batch_seconds=4",
    "weight_decay=0.2", "ema_decay=0.5",  "noise_prob=0.3",      "vocab_json=a.json", "dropout=0.2",
    "freeze=[\"x\"]",   "run_dir=b",      "curriculum_epochs=2", "clip_norm=2",       "seed=7"};

START_TEST(test_an_edited_setting_is_named) {
    fixture f;
    make(&f);
    for (size_t i = 0; i < sizeof edit / sizeof edit[0]; i++) {
        oss_config *config = oss_test_runs_config(&f.runs, cadence);
        ck_assert_int_eq(oss_config_set(config, edit[i]), OSS_OK);
        char words[100];
        snprintf(words, sizeof words, "config.json was changed since the checkpoint: \"%.*s\" is ",
                 (int)strcspn(edit[i], "="), edit[i]);
        assert_refused(&f, config, words);
        ck_assert_msg(strstr(oss_last_error(), ", and was ") != NULL, "%s", oss_last_error());
        oss_config_free(config);
    }
    oss_config *config =
        oss_test_runs_config(&f.runs, cadence); /* two at once, both named, with both values */
    ck_assert_int_eq(oss_config_set(config, "lr=0.5"), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "eps=0.25"), OSS_OK);
    assert_refused(&f, config, "\"eps\" is 0.25, and was 1e-08; \"lr\" is 0.5, and was 0.001. Put that back");
    oss_config_free(config);
    assert_goes_on(&f);
    clear(&f);
}
END_TEST

START_TEST(test_what_may_change_is_told) {
    fixture f;
    make(&f);
    ck_assert_int_eq(oss_config_set(f.config, "max_steps=4"), OSS_OK);
    ck_assert_int_eq(oss_config_set(f.config, "threads=1"), OSS_OK);
    (void)oss_test_runs_train(&f.runs, "run", f.config, true, 0, OSS_OK);
    assert_heard("\"max_steps\" is 4 now and was 6 at the checkpoint");
    assert_heard("\"threads\" is 1 now and was 0 at the checkpoint");
    clear(&f);
}
END_TEST

/* config.json shows the settings; the checkpoints have them. */
START_TEST(test_a_lost_config) {
    fixture f;
    make(&f);
    static const char *const damage[] = {NULL, "", "{\"lr\": 0.1", "{\"nonsense\": 1}"};
    char *path = oss_tempdir_path(f.runs.folder, "run/config.json");
    char *text = oss_tempdir_read(path, NULL);
    ck_assert_int_eq(unlink(path), 0);
    if (damage[_i] != NULL) {
        oss_tempdir_write(path, damage[_i], (long)strlen(damage[_i]));
    }
    (void)oss_test_runs_train(&f.runs, "run", f.config, false, 0,
                              OSS_EUSAGE); /* no new run over the old one */
    ck_assert_msg(strstr(oss_last_error(), "holds a run") != NULL, "%s", oss_last_error());
    assert_goes_on(&f);
    assert_heard("run/config.json");
    assert_heard("the settings of the newest checkpoint are taken");
    char *now = oss_tempdir_read(path, NULL);
    ck_assert_str_eq(now, text);
    free(now);
    now = oss_tempdir_read(path_of(&f, "run/config.json.damaged"), NULL);
    ck_assert(damage[_i] == NULL ? now == NULL : now != NULL && strcmp(now, damage[_i]) == 0);
    free(now);
    free(text);
    free(path);
    clear(&f);
}
END_TEST

/* ---- Checkpoints of versions that kept neither config nor sums of the recordings ---- */

static void make_old(const fixture *f) {
    char state[200];
    snprintf(state, sizeof state, "%s", path_of(f, "run/latest/state.json"));
    oss_rewrite_state(state, "\"config\"", "\"no_config\"");
    oss_rewrite_state(state, "\"audio_hash\"", "\"no_audio_hash\"");
}

START_TEST(test_an_old_checkpoint_goes_on) {
    fixture f;
    make(&f);
    make_old(&f);
    assert_goes_on(&f);
    clear(&f);
}
END_TEST

START_TEST(test_what_an_old_checkpoint_tells) {
    static const char *const old_edit[][2] = {
        {"grad_shards=5", "trained with grad_shards 4"},
        {"ema_decay=0.9", "trained without ema_decay"},
        {"label_prior_weight=0.3", "trained without label_prior_weight"},
        {"mel_floor=0.5", "other front end, network or text settings"}};
    fixture f;
    make(&f);
    make_old(&f);
    for (size_t i = 0; i < sizeof old_edit / sizeof old_edit[0]; i++) {
        oss_config *config = oss_test_runs_config(&f.runs, cadence);
        ck_assert_int_eq(oss_config_set(config, old_edit[i][0]), OSS_OK);
        assert_refused(&f, config, old_edit[i][1]);
        oss_config_free(config);
    }
    ck_assert_int_eq(unlink(path_of(&f, "run/config.json")), 0); /* there is nothing to restore it from */
    oss_config *none = NULL;
    ck_assert_int_eq(oss_run_load_config(&none, path_of(&f, "run")), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "config.json is missing") != NULL, "%s", oss_last_error());
    clear(&f);
}
END_TEST

/* ---- Recordings ---- */

/* Other samples under the same name, as many of them: what is heard differs, and nothing else does. */
START_TEST(test_a_replaced_recording_is_seen) {
    fixture f;
    make(&f);
    int seen = 0;
    for (int row = 0; row < 16; row++) {
        char name[64];
        snprintf(name, sizeof name, "tones-%03d.wav", row);
        long bytes = 0;
        char *path = oss_tempdir_path(f.runs.folder, name), *wav = oss_tempdir_read(path, &bytes);
        wav[bytes - 200] ^= 1;
        oss_tempdir_write(path, wav, bytes);
        oss_config *config = load_config(&f);
        oss_test_runs_train(&f.runs, "run", config, true, 0, OSS_EINPUT);
        seen += strstr(oss_last_error(), "was trained on other recordings than those") != NULL;
        oss_config_free(config);
        wav[bytes - 200] ^= 1;
        oss_tempdir_write(path, wav, bytes);
        free(wav);
        free(path);
        if (row == 0) { /* which rows are held out is not for this test to know: one more is enough */
            continue;
        }
        break;
    }
    ck_assert_int_ge(seen, 1);
    assert_goes_on(&f); /* written anew, with other times */
    clear(&f);
}
END_TEST

/* ---- Runs that were copied ---- */

static void run_shell(const fixture *f, const char *command) {
    char line[700];
    snprintf(line, sizeof line, "cd '%s' && %s", f->runs.folder, command);
    ck_assert_int_eq(system(line), 0);
}

static void assert_link(const fixture *f, const char *link, const char *target) {
    char *got = NULL;
    ck_assert_msg(oss_file_read_link(&got, path_of(f, link)) == OSS_OK, "%s", oss_last_error());
    ck_assert_str_eq(got, target);
    oss_free(got);
}

static const char *const copy[] = {
    "cp -rL run copied && mv run old && mv copied run",                          /* links followed */
    "cp -rL run copied && mv run old && mv copied run && rm -r run/checkpoints", /* and what they name left out */
    "rm run/latest run/best", /* a copy that leaves links out */
    "for l in latest best; do readlink run/$l >t && rm run/$l && mv t run/$l; done", /* as files with their paths */
    "for l in latest best; do rm run/$l && echo junk >run/$l; done",
    "for l in latest best; do ln -sfn checkpoints/step-00000099 run/$l; done",
    "rm run/best && mkdir run/best && echo mine >run/best/file",
};
enum { COPIES = sizeof copy / sizeof copy[0] };

START_TEST(test_a_copied_run_goes_on) {
    const char *json = "\"batch_seconds\": 3, \"max_steps\": 6, \"eval_every\": 2, \"checkpoint_every\": 3, "
                       "\"dev_fraction\": 0.25, \"dropout\": 0.1, \"grad_shards\": 4";
    fixture f;
    make(&f);
    oss_config_free(f.config);
    f.config = oss_test_runs_config(&f.runs, json);
    (void)oss_test_runs_train(&f.runs, "second", f.config, false, 3, OSS_ESTOPPED); /* with a best one */
    run_shell(&f, "mv run first && mv second run");
    run_shell(&f, copy[_i]);
    heard[0] = '\0';
    assert_goes_on(&f);
    char *best = NULL;
    ck_assert_int_eq(oss_file_read_link(&best, path_of(&f, "whole/best")), OSS_OK);
    assert_link(&f, "run/latest", "checkpoints/step-00000006");
    assert_link(&f, "run/best", best);
    oss_free(best);
    if (_i == COPIES - 1) { /* nothing is deleted */
        assert_heard("/run/best.copy");
        ck_assert(oss_file_exists(path_of(&f, "run/best.copy/file")));
    }
    clear(&f);
}
END_TEST

/* A damaged best one is seen when training goes on, and named when it is asked for. */
START_TEST(test_a_damaged_best) {
    fixture f;
    make(&f);
    oss_config_free(f.config);
    f.config =
        oss_test_runs_config(&f.runs, "\"batch_seconds\": 3, \"max_steps\": 8, \"eval_every\": 4, "
                                      "\"checkpoint_every\": 3, \"dev_fraction\": 0.25, \"lr\": 1e-30");
    (void)oss_test_runs_train(&f.runs, "second", f.config, false, 6, OSS_ESTOPPED);
    run_shell(&f, "mv run first && mv second run");
    assert_link(&f, "run/best", "checkpoints/step-00000004");
    char *path = oss_tempdir_path(f.runs.folder, "run/best/model.safetensors");
    long bytes = 0;
    char *model = oss_tempdir_read(path, &bytes);
    model[bytes / 2] ^= 1;
    oss_tempdir_write(path, model, bytes);
    free(model);
    free(path);
    oss_model *none = NULL;
    ck_assert_int_eq(oss_model_load(&none, path_of(&f, "run")), OSS_EINPUT);
    char words[400];
    snprintf(words, sizeof words, "; the run's latest model is whole: %s",
             path_of(&f, "run/latest/model.safetensors"));
    ck_assert_msg(strstr(oss_last_error(), "run/best/model.safetensors") != NULL &&
                      strstr(oss_last_error(), words) != NULL,
                  "%s", oss_last_error());
    (void)oss_test_runs_train(&f.runs, "run", f.config, true, 1, OSS_ESTOPPED);
    assert_heard("run/best, the checkpoint step-00000004, cannot be used: ");
    assert_heard("step-00000004 is damaged; it is now ");
    assert_heard("`best` is that of step 6 until a scoring finds another");
    assert_link(&f, "run/best", "checkpoints/step-00000006");
    ck_assert(oss_file_exists(path_of(&f, "run/checkpoints/step-00000004.damaged/model.safetensors")));
    oss_model_free(oss_test_runs_load(&f.runs, "run"));
    oss_train_outcome outcome = oss_test_runs_train(&f.runs, "run", f.config, true, 0, OSS_OK);
    ck_assert_int_eq(outcome.best_step, 8); /* a scoring found another */
    assert_link(&f, "run/best", "checkpoints/step-00000008");
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("resume");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_an_edited_setting_is_named);
    tcase_add_test(all, test_what_may_change_is_told);
    tcase_add_loop_test(all, test_a_lost_config, 0, 4);
    tcase_add_test(all, test_an_old_checkpoint_goes_on);
    tcase_add_test(all, test_what_an_old_checkpoint_tells);
    tcase_add_test(all, test_a_replaced_recording_is_seen);
    tcase_add_loop_test(all, test_a_copied_run_goes_on, 0, COPIES);
    tcase_add_test(all, test_a_damaged_best);
    suite_add_tcase(suite, all);
    return suite;
}
