/* ossicle train and what the system does to a process: signals, limits, a terminal or reader that went away. Whatever
 * comes, the work is saved and the exit code tells. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/suite.h"
#include "support/tempdir.h"
#include "support/train_program.h"

/* Long enough that a test always comes in time. */
static const char endless[] =
    "\"batch_seconds\": 2, \"max_steps\": 1000000, \"eval_every\": 1000000, \"checkpoint_every\": 3, "
    "\"dev_fraction\": 0.25, \"grad_shards\": 4";
static const char without_checkpoints[] =
    "\"batch_seconds\": 2, \"max_steps\": 1000000, \"eval_every\": 1000000, \"checkpoint_every\": 1000000, "
    "\"dev_fraction\": 0.25, \"grad_shards\": 4";
static const char short_run[] =
    "\"batch_seconds\": 2, \"max_steps\": 6, \"eval_every\": 3, \"dev_fraction\": 0.25, \"grad_shards\": 4";

static oss_train_place place;
static char *run, *log_path;

static void begin(const char *settings) {
    const oss_tones tones = {.rows = 8, .seed = 5, .min_letters = 2, .max_letters = 5};
    oss_train_place_make(&place, &tones, settings);
    run = oss_train_place_path(&place, "run");
    log_path = oss_train_place_path(&place, "log");
}

static void end(void) {
    free(run);
    free(log_path);
    oss_train_place_remove(&place);
}

static pid_t spawn(void) {
    return oss_train_spawn((const char *const[]){"--config", place.config, "--run", run, NULL}, log_path);
}

/* The step of the latest checkpoint; -1: none. */
static int saved_step(void) {
    char *path = oss_train_place_path(&place, "run/latest"), target[200] = "";
    int step = -1;
    if (readlink(path, target, sizeof target - 1) > 0) {
        ck_assert_int_eq(sscanf(target, "checkpoints/step-%d", &step), 1);
    }
    free(path);
    return step;
}

static void wait_for_step(int step) {
    for (int round = 0; round < 200000 && saved_step() < step; round++) {
        usleep(500);
    }
    ck_assert_int_ge(saved_step(), step);
}

static void expect_log(const char *text, bool there) {
    char *log = oss_tempdir_read(log_path, NULL);
    ck_assert_msg((strstr(log, text) != NULL) == there, "\"%s\" is %sthere:\n%s", text, there ? "not " : "",
                  log);
    free(log);
}

static void expect_end(pid_t child, int code) {
    int got = oss_train_wait(child);
    char *log = oss_tempdir_read(log_path, NULL);
    ck_assert_msg(got == code, "exit code %d, not %d:\n%s", got, code, log);
    free(log);
}

static void expect_stopped(pid_t child, int number, const char *name) {
    expect_end(child, 128 + number);
    char words[200];
    snprintf(words, sizeof words,
             "stopped by %s after step %d, saved; go on with: ossicle train --resume --run ", name,
             saved_step());
    expect_log(words, true);
    ck_assert_int_gt(saved_step(), 0);
}

/* ---- Signals ---- */

START_TEST(test_stopping_signals) {
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGXCPU};
    static const char *const name[] = {"SIGHUP", "SIGINT", "SIGTERM", "SIGXCPU"};
    begin(endless);
    pid_t child = spawn();
    wait_for_step(3);
    ck_assert_int_eq(kill(child, signals[_i]), 0);
    if (signals[_i] == SIGHUP || signals[_i] == SIGXCPU) {
        (void)kill(child, signals[_i]); /* the shell's after the terminal's; the next second's */
    }
    expect_stopped(child, signals[_i], name[_i]);
    end();
}
END_TEST

/* By the system, each second from the first on. */
START_TEST(test_limit_of_processor_time) {
    begin(without_checkpoints);
    const struct rlimit limit = {.rlim_cur = 1, .rlim_max = 60};
    pid_t child = spawn();
    ck_assert_int_eq(prlimit(child, RLIMIT_CPU, &limit, NULL), 0);
    expect_stopped(child, SIGXCPU, "SIGXCPU");
    end();
}
END_TEST

START_TEST(test_a_checkpoint_now) {
    begin(without_checkpoints);
    pid_t child = spawn();
    wait_for_step(0);
    ck_assert_int_eq(kill(child, SIGUSR1), 0);
    wait_for_step(1);
    int step = saved_step();
    usleep(20000);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    expect_stopped(child, SIGTERM, "SIGTERM");
    ck_assert_int_gt(saved_step(), step);
    char words[100];
    snprintf(words, sizeof words, "step %d is saved, as was asked for\n", step);
    expect_log(words, true);
    end();
}
END_TEST

/* Standard error to `err`, and with signals ignored as nohup leaves them, and a shell that has no jobs. */
static pid_t spawn_with(int err, bool ignoring) {
    char *program = oss_program_path("ossicle-train");
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)signal(SIGHUP, ignoring ? SIG_IGN : SIG_DFL);
        (void)signal(SIGINT, ignoring ? SIG_IGN : SIG_DFL);
        (void)signal(SIGUSR1, ignoring ? SIG_IGN : SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
        (void)dup2(err, STDERR_FILENO);
        (void)execl(program, program, "--config", place.config, "--run", run, (char *)NULL);
        _exit(127);
    }
    free(program);
    return child;
}

START_TEST(test_ignored_signals_stay_ignored) {
    begin(without_checkpoints);
    int log = open(log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(log, 0);
    pid_t child = spawn_with(log, true);
    ck_assert_int_eq(close(log), 0);
    wait_for_step(0);
    ck_assert_int_eq(kill(child, SIGHUP), 0);
    ck_assert_int_eq(kill(child, SIGINT), 0);
    ck_assert_int_eq(kill(child, SIGUSR1), 0);
    usleep(100000);
    ck_assert_int_eq(saved_step(), 0);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    expect_stopped(child, SIGTERM, "SIGTERM");
    end();
}
END_TEST

/* ---- What it writes to ---- */

/* `ossicle train 2>&1 | head`: nobody reads any more, and the run is worth its end. */
START_TEST(test_nobody_reads) {
    begin(short_run);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(close(ends[0]), 0);
    pid_t child = spawn_with(ends[1], false);
    ck_assert_int_eq(oss_train_wait(child), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(saved_step(), 6);
    end();
}
END_TEST

/* No file may grow so large: an error of the checkpoint, which says so, and not SIGXFSZ. */
START_TEST(test_limit_of_file_size) {
    begin(short_run);
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit limit = {.rlim_cur = 8192, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    pid_t child = spawn();
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    expect_end(child, 3);
    expect_log(": File too large\n", true);
    end();
}
END_TEST

/* ---- Failures ---- */

START_TEST(test_a_recording_that_vanished) {
    begin(endless);
    pid_t child = oss_train_spawn((const char *const[]){"--config", place.config, "--run", run, "--set",
                                                        "cache_mib=0", "--set", "bad_audio=error", NULL},
                                  log_path);
    wait_for_step(3);
    char *wav[8];
    for (int i = 0; i < 8; i++) {
        char name[40];
        snprintf(name, sizeof name, "tones-%03d.wav", i);
        wav[i] = oss_train_place_path(&place, name);
        ck_assert_int_eq(unlink(wav[i]), 0);
        free(wav[i]);
    }
    expect_end(child, 3);
    expect_log(": No such file or directory\n", true);
    char words[200];
    snprintf(words, sizeof words,
             "ended after step %d, saved; once that is mended go on with: ossicle train --resume --run ",
             saved_step());
    expect_log(words, true);
    ck_assert_int_gt(saved_step(), 0);
    end();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train: signals and limits");
    TCase *all = tcase_create("signals");
    tcase_set_timeout(all, 300);
    tcase_add_loop_test(all, test_stopping_signals, 0, 4);
    tcase_add_test(all, test_limit_of_processor_time);
    tcase_add_test(all, test_a_checkpoint_now);
    tcase_add_test(all, test_ignored_signals_stay_ignored);
    tcase_add_test(all, test_nobody_reads);
    tcase_add_test(all, test_limit_of_file_size);
    tcase_add_test(all, test_a_recording_that_vanished);
    suite_add_tcase(suite, all);
    return suite;
}
