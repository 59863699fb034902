/* ossicle train as a user meets it: options, messages, exit codes, files, the progress line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/terminal.h"
#include "support/train_program.h"

static const oss_tones usual = {.rows = 12, .seed = 5, .min_letters = 2, .max_letters = 5};
static const char short_run[] =
    "\"batch_seconds\": 4, \"max_steps\": 8, \"eval_every\": 4, \"dev_fraction\": 0.25";

static void expect(const char *const word[], int code, const char *words) {
    oss_program_run run = oss_train_run(word);
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, words);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
}
#define EXPECT(code, words, ...) expect((const char *const[]){__VA_ARGS__, NULL}, code, words)

START_TEST(test_options) {
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "run");
    EXPECT(2, "--config FILE is missing", "--run", run);
    EXPECT(2, "--resume needs --run DIR", "--resume");
    EXPECT(2, "holds no run that could be resumed: start it without --resume", "--resume", "--run", run);
    EXPECT(2, "choose one of them", "--resume", "--run", run, "--init", "x");
    EXPECT(2, "--freeze needs --init M", "--config", place.config, "--run", run, "--freeze", "encoder.*");
    EXPECT(2, "\"freeze\" in the config needs --init M", "--config", place.config, "--run", run, "--set",
           "freeze=[\"head.*\"]");
    EXPECT(2, "nearest known one is \"max_steps\"", "--config", place.config, "--run", run, "--set",
           "max_step=3");
    EXPECT(2, "did you mean --resume?", "--resum", "--run", run);
    EXPECT(2, "unknown option --lr: did you mean --set lr=0.1?", "--config", place.config, "--lr", "0.1");
    EXPECT(2, "unknown option --lr: did you mean --set lr=0.1?", "--lr=0.1", "--config", place.config);
    EXPECT(2, "did you mean --set lr=VALUE?", "--lr", "--config", place.config);
    EXPECT(2, "unknown option --csv: did you mean --set train_csv=x.csv?", "--csv", "x.csv");
    EXPECT(2, "did you mean --set max_steps=9?", "--max-steps", "9");
    EXPECT(2, "did you mean --set warmup_steps=9?", "--warmup-step", "9");
    EXPECT(2, "did you mean --set dev_csv=x.csv?", "--dev-csv", "x.csv");
    EXPECT(2, "did you mean --set batch_seconds=9?", "--batch-seconds", "9");
    EXPECT(2, "did you mean --threads?", "--thread", "2");
    EXPECT(2, "unknown option --frobnicate: `ossicle train --help`", "--frobnicate", "2");
    EXPECT(2, "did you mean --set train_csv=data/asr.csv?", "data/asr.csv");
    EXPECT(2, "did you mean --config my.json?", "my.json");
    EXPECT(2, "\"more\" is one argument too many: `ossicle train --help`", "--config", place.config, "more");
    EXPECT(2, "--set: lr=0,001: \"lr\": write 0.001, with a point", "--config", place.config, "--run", run,
           "--set", "lr=0,001");
    EXPECT(2, "--threads", "--config", place.config, "--run", run, "--threads", "0");
    EXPECT(3, "nowhere.json", "--config", "nowhere.json", "--run", run);
    EXPECT(3, "nowhere.csv", "--config", place.config, "--run", run, "--set", "train_csv=nowhere.csv");
    EXPECT(3, "--init nowhere: no such model", "--config", place.config, "--run", run, "--init", "nowhere");
    ck_assert(!oss_train_place_has(&place, "run")); /* nothing was begun by any of these */
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

START_TEST(test_help) {
    oss_program_run run = oss_run_train("--help");
    oss_program_expect(&run, 0);
    static const char *const option[] = {"--config FILE", "--set KEY=VALUE", "--run DIR",   "--resume",
                                         "--init M",      "--freeze GLOB",   "--threads N", "SIGTERM"};
    for (size_t i = 0; i < sizeof option / sizeof option[0]; i++) {
        oss_program_expect_out(&run, option[i]);
    }
    oss_program_run_deinit(&run);
}
END_TEST

/* "key": number of the last line of this kind in metrics.jsonl */
static double last_measure(const oss_train_place *place, const char *kind, const char *key) {
    char *path = oss_train_place_path(place, "run/metrics.jsonl");
    char *text = oss_tempdir_read(path, NULL);
    ck_assert_ptr_nonnull(text);
    double value = -1;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        oss_json *json = NULL;
        ck_assert_int_eq(oss_json_parse(&json, line, strlen(line), "metrics"), OSS_OK);
        if (strcmp(oss_json_string(oss_json_get(json, "kind")), kind) == 0) {
            ck_assert_int_eq(oss_json_get_number(json, key, &value), OSS_OK);
        }
        oss_json_free(json);
    }
    free(text);
    free(path);
    return value;
}

/* Training's own figures for the held-out rows are those of `ossicle eval` on the same model. */
START_TEST(test_figures_agree_with_eval) {
    oss_train_place place;
    oss_train_place_make(
        &place, &usual,
        "\"batch_seconds\": 8, \"max_steps\": 60, \"eval_every\": 60, \"dev_fraction\": 0.4, \"lr\": 0.01");
    char *run_folder = oss_train_place_path(&place, "run"),
         *latest = oss_train_place_path(&place, "run/latest");
    char *dev = oss_train_place_path(&place, "run/dev.csv");
    oss_program_run run = oss_run_train("--config", place.config, "--run", run_folder);
    oss_program_expect(&run, 0);
    oss_program_expect_err(&run, "% of them waiting for data\n");
    oss_program_expect_err(&run, "done: 60 steps; best CER ");
    oss_program_expect_err(&run, "held out: loss ");
    oss_program_expect_err(&run, "    said   ");
    ck_assert_ptr_null(strchr(run.err, '\r')); /* stderr is no terminal: plain lines */
    ck_assert_ptr_null(strchr(run.err, '\033'));
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("eval", "--model", latest, "--csv", dev, "--json");
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "eval"), OSS_OK);
    static const char *const key[] = {"cer", "wer", "utterances", "loss"};
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
        double scored = 0, trained = last_measure(&place, "eval", key[i]);
        ck_assert_int_eq(oss_json_get_number(json, key[i], &scored), OSS_OK);
        ck_assert_msg(scored >= trained * 0.9999 && scored <= trained * 1.0001, "%s: %.9g, eval says %.9g",
                      key[i], trained, scored);
    }
    ck_assert_double_lt(last_measure(&place, "eval", "cer"),
                        0.95); /* it has learnt something: the comparison means something */
    oss_json_free(json);
    oss_program_run_deinit(&run);
    free(run_folder);
    free(latest);
    free(dev);
    oss_train_place_remove(&place);
}
END_TEST

START_TEST(test_a_run_is_not_overwritten) {
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "run");
    EXPECT(0, "done: 8 steps", "--config", place.config, "--run", run);
    EXPECT(2, "holds a run: go on with it by --resume", "--config", place.config, "--run", run);
    EXPECT(2, "a resumed run keeps this setting", "--resume", "--run", run, "--set", "lr=0.1");
    EXPECT(0, "done: 8 steps", "--resume", "--run", run);
    EXPECT(0, "done: 10 steps", "--resume", "--run", run, "--set", "max_steps=10", "--threads", "1");
    EXPECT(2, "leave out --config", "--resume", "--run", run, "--config", place.config);
    EXPECT(0, "done: 10 steps", "--resume", "--run", run);
    ck_assert_double_eq(last_measure(&place, "train", "step"), 10);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

START_TEST(test_run_folder_of_the_config) {
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "named"), setting[600];
    snprintf(setting, sizeof setting, "run_dir=%s", run);
    EXPECT(0, "done: 8 steps", "--config", place.config, "--set", setting);
    ck_assert(oss_train_place_has(&place, "named/config.json"));
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

START_TEST(test_rows_left_out) {
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "run");
    char *csv = oss_tempdir_read(place.csv, NULL);
    char more[4000];
    snprintf(
        more, sizeof more,
        "%snowhere.wav,abc\ntones-000.wav,\"abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc\"\n",
        csv);
    oss_tempdir_write(place.csv, more, (long)strlen(more));
    free(csv);
    EXPECT(3, "\"bad_audio\" is \"error\"", "--config", place.config, "--run", run, "--set",
           "bad_audio=error");
    EXPECT(3, "\"infeasible\" is \"error\"", "--config", place.config, "--run", run, "--set",
           "infeasible=error", "--set", "dev_fraction=0");
    oss_program_run finished =
        oss_run_train("--config", place.config, "--run", run, "--set", "dev_fraction=0");
    oss_program_expect(&finished, 0);
    oss_program_expect_err(&finished, "left out 2: audio 1, infeasible 1");
    oss_program_expect_err(&finished, "tones.csv row 14 (tones-000.wav): needs 57 frames");
    /* The path once, not as written and as found. */
    char *named = oss_train_place_path(&place, "tones.csv row 13: "), *found = strstr(finished.err, named);
    ck_assert_msg(found != NULL && strstr(found, "nowhere.wav") != NULL, "%s", finished.err);
    ck_assert_ptr_null(strstr(strstr(found, "nowhere.wav") + 1, "nowhere.wav"));
    free(named);
    oss_program_run_deinit(&finished);
    char *path = oss_train_place_path(&place, "run/skipped.jsonl");
    char *skipped = oss_tempdir_read(path, NULL);
    ck_assert_msg(strstr(skipped, "\"row\":13,\"wav\":\"nowhere.wav\",\"reason\":\"audio\"") != NULL, "%s",
                  skipped);
    ck_assert_msg(strstr(skipped, "\"row\":14,\"wav\":\"tones-000.wav\",\"reason\":\"infeasible\"") != NULL,
                  "%s", skipped);
    ck_assert_msg(strstr(skipped, "needs 57 frames (57 characters and 0 repeats), has ") != NULL, "%s",
                  skipped);
    free(path);
    free(skipped);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

/* A model goes on in its own settings, with what --set says; nothing of its head is lost. */
START_TEST(test_init_alone) {
    oss_train_place place;
    oss_train_place_make(&place, &usual,
                         "\"batch_seconds\": 4, \"max_steps\": 4, \"dev_fraction\": 0.25, "
                         "\"eval_every\": 1, \"ctc_subframes\": 3");
    char *run = oss_train_place_path(&place, "run"), *finer = oss_train_place_path(&place, "finer");
    char *config = oss_train_place_path(&place, "finer/config.json");
    char csv[600], folder[600];
    snprintf(csv, sizeof csv, "train_csv=%s", place.csv);
    snprintf(folder, sizeof folder, "run_dir=%s", finer);
    EXPECT(0, "  best so far (CER and WER equal, loss lower)  (", "--config", place.config, "--run", run);
    EXPECT(2, "--init without --config needs --run DIR", "--init", run, "--set", csv);
    EXPECT(3, "--init nowhere: no such model", "--init", "nowhere", "--run", finer);
    EXPECT(2, "no training data: set train_csv", "--init", run, "--run", finer);
    oss_program_run trained =
        oss_run_train("--init", run, "--set", csv, "--set", folder, "--set", "max_steps=2");
    oss_program_expect(&trained, 0);
    oss_program_expect_err(&trained, "took 21 of 21 tensors from ");
    oss_program_expect_err(&trained, " symbols kept, 0 new\n");
    oss_program_expect_err(&trained, "own defaults where --set says nothing: optimizer=muon");
    oss_program_expect_err(&trained, "step 0  held out: ");
    oss_program_expect_err(&trained, "done: 2 steps");
    ck_assert_msg(strstr(trained.err, " here and ") == NULL, "%s", trained.err);
    oss_program_run_deinit(&trained);
    char *text = oss_tempdir_read(config, NULL);
    ck_assert_msg(strstr(text, "\"ctc_subframes\": 3,") != NULL &&
                      strstr(text, "\"eval_every\": 1,") !=
                          NULL && /* of 2 steps, not the 250 of a first run */
                      strstr(text, "\"max_steps\": 2,") != NULL,
                  "%s", text);
    free(text);
    EXPECT(0, "done: 3 steps", "--resume", "--run", finer, "--set", "max_steps=3");
    char *third = oss_train_place_path(&place, "third");
    EXPECT(0, "does: --set n_fft=512, or leave out --config", "--config", place.config, "--init", run,
           "--set", "n_fft=1024", "--run", third);
    free(third);
    free(config);
    free(finer);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

/* Steps that wreck the weights: the words say that the start is what best leads to. */
START_TEST(test_nothing_beats_the_start) {
    oss_train_place place;
    oss_train_place_make(
        &place, &usual,
        "\"batch_seconds\": 8, \"max_steps\": 200, \"eval_every\": 200, \"dev_fraction\": 0.4, \"lr\": 0.01");
    char *run = oss_train_place_path(&place, "run"), *worse = oss_train_place_path(&place, "worse");
    char csv[600], words[900];
    snprintf(csv, sizeof csv, "train_csv=%s", place.csv);
    snprintf(words, sizeof words, ": %s/best is the start\n", worse);
    EXPECT(0, "done: 200 steps; best CER ", "--config", place.config, "--run", run);
    oss_program_run tuned =
        oss_run_train("--init", run, "--set", csv, "--set", "lr=10", "--set", "optimizer=adamw", "--set",
                      "max_steps=4", "--set", "ema_decay=0", "--run", worse);
    oss_program_expect(&tuned, 0);
    oss_program_expect_err(&tuned, "done: 4 steps, none better on the held-out rows than the start: CER ");
    oss_program_expect_err(&tuned, words);
    oss_program_run_deinit(&tuned);
    free(run);
    free(worse);
    oss_train_place_remove(&place);
}
END_TEST

/* The run folder's own files are not written over while they are read, nor what a link in it leads to. */
START_TEST(test_what_is_read_is_not_written) {
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "run"), *dev = oss_train_place_path(&place, "run/dev.csv");
    char *config = oss_train_place_path(&place, "run/config.json"), setting[600];
    EXPECT(0, "done: 8 steps", "--config", place.config, "--run", run);
    char *before = oss_tempdir_read(dev, NULL);
    snprintf(setting, sizeof setting, "dev_csv=%s/../run/dev.csv", run);
    EXPECT(2, "is the same file as", "--resume", "--run", run, "--set", setting);
    ck_assert_int_eq(unlink(config), 0); /* now a start that was killed: a new one is welcome */
    snprintf(setting, sizeof setting, "train_csv=%s", dev);
    EXPECT(2, "is the same file as", "--config", place.config, "--run", run, "--set", setting);
    EXPECT(2, "is the folder that --run writes", "--config", place.config, "--run", run, "--init", run);
    char *after = oss_tempdir_read(dev, NULL);
    ck_assert_str_eq(before, after);
    free(after);
    ck_assert_int_eq(unlink(dev), 0);
    ck_assert_int_eq(symlink(place.csv, dev), 0);
    EXPECT(2, "is the same file as", "--config", place.config, "--run", run);
    free(before);
    free(config);
    free(dev);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

/* No held-out row has frames for its text: there is no loss, and 0 would be the best of all. */
START_TEST(test_no_held_out_row_fits) {
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "run"), *dev = oss_train_place_path(&place, "dev.csv"),
         setting[600];
    static const char rows[] =
        "wav,text\ntones-000.wav,abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc\n";
    oss_tempdir_write(dev, rows, (long)strlen(rows));
    snprintf(setting, sizeof setting, "dev_csv=%s", dev);
    oss_program_run finished = oss_run_train("--config", place.config, "--run", run, "--set", setting);
    oss_program_expect(&finished, 0);
    oss_program_expect_err(&finished, "step 8  held out: loss -  CER ");
    oss_program_run_deinit(&finished);
    char *path = oss_train_place_path(&place, "run/metrics.jsonl");
    char *metrics = oss_tempdir_read(path, NULL);
    ck_assert_msg(strstr(metrics, "\"kind\":\"eval\",\"step\":8,\"loss\":null,") != NULL, "%s", metrics);
    ck_assert_msg(strstr(metrics, "\"infeasible\":1,") != NULL, "%s", metrics);
    free(metrics);
    free(path);
    free(dev);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

/* ---- On a terminal ---- */

START_TEST(test_progress_on_a_terminal) {
    static const unsigned short columns[] = {100, 40, 100};
    oss_train_place place;
    oss_train_place_make(&place, &usual, short_run);
    char *run = oss_train_place_path(&place, "run"), *program = oss_program_path("ossicle-train");
    const char *const argument[] = {program, "--config", place.config, "--run", run, NULL};
    char *text = oss_terminal_run(argument, columns[_i], _i == 2, false, 0);
    ck_assert_msg(strstr(text, "\r\033[K") != NULL && strstr(text, "step 8/8") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "x  loss ") != NULL, "%s", text);
    ck_assert_int_lt(oss_terminal_widest(text), columns[_i]);
    ck_assert_msg((strstr(text, "[") != NULL && strstr(text, "####") != NULL) == (columns[_i] == 100), "%s",
                  text);
    ck_assert_msg((strstr(text, "\033[32m") != NULL) == (_i == 0), "%s", text);
    free(text);
    free(program);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train");
    TCase *all = tcase_create("train");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_options);
    tcase_add_test(all, test_help);
    tcase_add_test(all, test_figures_agree_with_eval);
    tcase_add_test(all, test_a_run_is_not_overwritten);
    tcase_add_test(all, test_run_folder_of_the_config);
    tcase_add_test(all, test_rows_left_out);
    tcase_add_test(all, test_init_alone);
    tcase_add_test(all, test_nothing_beats_the_start);
    tcase_add_test(all, test_no_held_out_row_fits);
    tcase_add_test(all, test_what_is_read_is_not_written);
    tcase_add_loop_test(all, test_progress_on_a_terminal, 0, 3);
    suite_add_tcase(suite, all);
    return suite;
}
