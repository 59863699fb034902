/* The real program killed, interrupted and resumed: the weights are those of a run that nobody touched. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/suite.h"
#include "support/tempdir.h"
#include "support/train_program.h"

static const char settings[] =
    "\"batch_seconds\": 2, \"accum_steps\": 2, \"max_steps\": 160, \"eval_every\": 23, "
    "\"checkpoint_every\": 4, \"dev_fraction\": 0.25, \"grad_shards\": 4, \"keep_last\": 2";

typedef struct fixture {
    oss_train_place place;
    char *whole, *cut, *log;
} fixture;

static void make(fixture *f, const char *more_settings) {
    char json[400];
    snprintf(json, sizeof json, "%s%s", settings, more_settings);
    const oss_tones tones = {.rows = 16, .seed = 5, .min_letters = 2, .max_letters = 5};
    oss_train_place_make(&f->place, &tones, json);
    f->whole = oss_train_place_path(&f->place, "whole");
    f->cut = oss_train_place_path(&f->place, "cut");
    f->log = oss_train_place_path(&f->place, "log");
    oss_program_run run = oss_run_train("--config", f->place.config, "--run", f->whole);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
}

static void clear(fixture *f) {
    free(f->whole);
    free(f->cut);
    free(f->log);
    oss_train_place_remove(&f->place);
}

/* Begins the cut run, or goes on with it when it has begun. */
static pid_t go_on(const fixture *f) {
    if (oss_train_place_has(&f->place, "cut/config.json")) {
        return oss_train_spawn((const char *const[]){"--resume", "--run", f->cut, NULL}, f->log);
    }
    return oss_train_spawn((const char *const[]){"--config", f->place.config, "--run", f->cut, NULL}, f->log);
}

static void show_log(const fixture *f, int code, int wanted) {
    char *log = oss_tempdir_read(f->log, NULL);
    ck_assert_msg(code == wanted, "exit code %d, not %d:\n%s", code, wanted, log);
    free(log);
}

static void finish(const fixture *f) {
    show_log(f, oss_train_wait(go_on(f)), 0);
    static const char *const file[] = {"latest/model.safetensors", "latest/optimizer.safetensors",
                                       "best/model.safetensors", "latest/state.json"};
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        char a[100], b[100];
        snprintf(a, sizeof a, "whole/%s", file[i]);
        snprintf(b, sizeof b, "cut/%s", file[i]);
        oss_train_place_assert_same(&f->place, a, b);
    }
}

/* The step that RUN/latest names; -1: none yet. */
static int latest_step(const fixture *f) {
    char *path = oss_train_place_path(&f->place, "cut/latest"), target[200];
    ssize_t length = readlink(path, target, sizeof target - 1);
    free(path);
    if (length < 0) {
        return -1;
    }
    target[length] = '\0';
    int step = -1;
    (void)sscanf(target, "checkpoints/step-%d", &step);
    return step;
}

static void wait_for_step(const fixture *f, int step) {
    for (int round = 0; round < 200000 && latest_step(f) < step; round++) {
        usleep(500);
    }
    ck_assert_int_ge(latest_step(f), step);
}

/* Ends what was spawned; true when the signal did it, false when it had just ended by itself. */
static bool end_by(const fixture *f, pid_t child, int number, int code_wanted) {
    ck_assert_int_eq(kill(child, number), 0);
    int code = oss_train_wait(child);
    if (code != 0) {
        show_log(f, code, code_wanted);
    }
    return code != 0;
}

/* With an average of weights too. Before the run exists, in the middle of its making, and between, in and
 * after checkpoints. */
START_TEST(test_kill) {
    fixture f;
    make(&f, _i == 0 ? "" : ", \"ema_decay\": 0.9");
    int kills = 0;
    for (int delay_ms = 2; delay_ms <= 92; delay_ms += 15) {
        pid_t child = go_on(&f);
        usleep((useconds_t)delay_ms * 1000);
        kills += end_by(&f, child, SIGKILL, 128 + SIGKILL);
    }
    for (int step = latest_step(&f) + 4, round = 0; step < 150 && round < 6; step += 20, round++) {
        pid_t child = go_on(&f);
        wait_for_step(&f, step);
        usleep((useconds_t)(round * 1700));
        kills += end_by(&f, child, SIGKILL, 128 + SIGKILL);
    }
    ck_assert_int_ge(kills, 4);
    finish(&f);
    clear(&f);
}
END_TEST

/* Two micro-batches make a step, so the signal mostly comes inside an accumulation. */
START_TEST(test_signal) {
    int number = _i == 0 ? SIGTERM : SIGINT;
    fixture f;
    make(&f, "");
    int stops = 0;
    for (int step = 4; step <= 84; step += 40) {
        pid_t child = go_on(&f);
        wait_for_step(&f, step);
        usleep((useconds_t)(step * 131 % 5) * 1000);
        stops += end_by(&f, child, number, 128 + number);
    }
    ck_assert_int_ge(stops, 1);
    char *log = oss_tempdir_read(f.log, NULL);
    char words[700];
    snprintf(words, sizeof words, ", saved; go on with: ossicle train --resume --run %s\n", f.cut);
    ck_assert_msg(strstr(log, words) != NULL, "%s", log);
    ck_assert_ptr_nonnull(
        strstr(log, number == SIGTERM ? "stopped by SIGTERM after step " : "stopped by SIGINT after step "));
    free(log);
    finish(&f);
    clear(&f);
}
END_TEST

/* A damaged newest checkpoint: the one before is used, with a warning, and the outcome is the same. */
START_TEST(test_damaged_checkpoint) {
    fixture f;
    make(&f, "");
    pid_t child = go_on(&f);
    wait_for_step(&f, 12);
    ck_assert(end_by(&f, child, SIGKILL, 128 + SIGKILL));
    char *path = oss_train_place_path(&f.place, "cut/latest/model.safetensors");
    long bytes = 0;
    char *model = oss_tempdir_read(path, &bytes);
    model[bytes - 100] = (char)(model[bytes - 100] ^ 1);
    oss_tempdir_write(path, model, bytes);
    free(model);
    free(path);
    finish(&f);
    char *log = oss_tempdir_read(f.log, NULL);
    ck_assert_msg(strstr(log, "warning: ") != NULL && strstr(log, "model.safetensors") != NULL, "%s", log);
    free(log);
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train: kill and resume");
    TCase *all = tcase_create("kill");
    tcase_set_timeout(all, 300);
    tcase_add_loop_test(all, test_kill, 0, 2);
    tcase_add_loop_test(all, test_signal, 0, 2);
    tcase_add_test(all, test_damaged_checkpoint);
    suite_add_tcase(suite, all);
    return suite;
}
