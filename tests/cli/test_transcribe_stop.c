/* ossicle transcribe on its way through many recordings: stopped by a signal, and looked at on a terminal. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"
#include "support/terminal.h"

static oss_cli_case c;

static void set_up(void) {
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

static void expect_file(const char *name, const char *want) {
    char *path = oss_tempdir_path(c.folder, name), *text = oss_tempdir_read(path, NULL);
    ck_assert_msg(text != NULL, "%s is not there", name);
    ck_assert_str_eq(text, want);
    free(text);
    free(path);
}

static int files_in(const char *name) {
    char *path = oss_tempdir_path(c.folder, name);
    int count = access(path, F_OK) == 0 ? oss_tempdir_count(path) : -1;
    free(path);
    return count;
}

/* ---- Stopped ---- */

enum { LONG_SECONDS = 20, COPIES = 400 /* more than any test waits for */ };

static pid_t spawn(const char *const argument[], const char *out, const char *err) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
        (void)dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        (void)execv(argument[0], (char *const *)(uintptr_t)argument);
        _exit(127);
    }
    return child;
}

static int wait_for(pid_t child) {
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The same one again and again; resampling takes longest. */
static void write_long(double seconds, int copies) {
    ck_assert_int_eq(mkdir("long", 0700), 0);
    oss_wav_write_tone("long/0000.wav", seconds, 440.0, 0.5, 44100);
    for (int i = 1; i < copies; i++) {
        char name[40];
        snprintf(name, sizeof name, "long/%04d.wav", i);
        ck_assert_int_eq(link("long/0000.wav", name), 0);
    }
}

static void wait_until_there(const char *name) {
    struct stat info;
    while (stat(name, &info) != 0 || info.st_size == 0) {
        (void)usleep(1000);
    }
}

static void expect_whole_lines(const char *name) {
    char *text = oss_tempdir_read(name, NULL);
    int lines = 0, last = -1;
    for (char *at = text; *at != '\0'; at = strchr(at, '\n') + 1, lines++) {
        int number = -1;
        ck_assert_int_eq(sscanf(at, "long/%d.wav\ta a a ", &number), 1);
        ck_assert_msg(strchr(at, '\n') != NULL, "%s", at);
        ck_assert_int_gt(number, last);
        last = number;
    }
    ck_assert_int_gt(lines, 0);
    ck_assert_int_lt(lines, COPIES);
    free(text);
}

START_TEST(test_stopped_by_a_signal) {
    static const int signals[] = {SIGINT, SIGTERM};
    char *program = oss_program_path("ossicle"), want[100];
    write_long(LONG_SECONDS, COPIES);
    pid_t child = spawn(
        (const char *const[]){program, "transcribe", "--threads", "3", "--model", c.model, "long", NULL},
        "out", "err");
    wait_until_there("out");
    ck_assert_int_eq(kill(child, signals[_i]), 0);
    ck_assert_int_eq(wait_for(child), 128 + signals[_i]);
    expect_whole_lines("out");
    char *said = oss_tempdir_read("err", NULL);
    snprintf(want, sizeof want, "stopped by %s: ", _i == 0 ? "SIGINT" : "SIGTERM");
    ck_assert_msg(strstr(said, want) == said && strstr(said, " of 400 recordings are done\n") != NULL, "%s",
                  said);
    free(said);
    free(program);
}
END_TEST

START_TEST(test_stopped_files_are_whole) {
    char *program = oss_program_path("ossicle");
    write_long(LONG_SECONDS, COPIES);
    const char *const words[] = {program, "transcribe", "--threads",    "2",    "--model",
                                 c.model, "long",       "--output-dir", "done", NULL};
    pid_t child = spawn(words, "out", "err");
    wait_until_there("done/0003.txt");
    ck_assert_int_eq(kill(child, SIGINT), 0);
    ck_assert_int_eq(wait_for(child), 128 + SIGINT);
    char *whole = oss_tempdir_read("done/0003.txt", NULL);
    int files = 0;
    for (int i = 0; i < COPIES; i++) {
        char name[40];
        snprintf(name, sizeof name, "done/%04d.txt", i);
        if (access(name, F_OK) == 0) {
            expect_file(name, whole);
            files++;
        }
    }
    ck_assert_int_eq(files, files_in("done")); /* and nothing temporary */
    ck_assert_int_lt(files, COPIES);
    free(whole);
    free(program);
}
END_TEST

/* A single recording is let go in the middle. */
START_TEST(test_one_long_recording_is_stopped) {
    char *program = oss_program_path("ossicle");
    oss_wav_write_tone("hour.wav", 3600.0, 440.0, 0.5, 8000);
    const char *const words[] = {program,    "transcribe", "--model",  c.model,
                                 "hour.wav", "-o",         "hour.txt", NULL};
    pid_t child = spawn(words, "out", "err");
    (void)usleep(300000);
    ck_assert_int_eq(kill(child, SIGINT), 0);
    ck_assert_int_eq(wait_for(child), 128 + SIGINT);
    ck_assert_int_ne(access("hour.txt", F_OK), 0);
    free(program);
}
END_TEST

/* ---- On a terminal ---- */

START_TEST(test_a_bar_over_all) {
    char *program = oss_program_path("ossicle");
    write_long(20.0, 10);
    const char *const words[] = {program, "transcribe", "--threads", "2", "--model", c.model, "long", NULL};
    char *text = oss_terminal_run(words, 100, true, false, 0);
    ck_assert_msg(strstr(text, "\r\033[K[") != NULL && strstr(text, "/10 files  ") != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, " of audio  "));
    ck_assert_ptr_nonnull(strstr(text, " left"));
    ck_assert_int_lt(oss_terminal_widest(text), 100);
    char *end = strrchr(text, '\r');
    ck_assert_msg(end != NULL && strcmp(end, "\r\033[K") == 0, "the bar stays: %s", text);
    free(text);
    /* Beside results: every line of them begins where no bar is. */
    text = oss_terminal_run(words, 40, true, true, 0);
    for (char *at = strstr(text, "long/"); at != NULL; at = strstr(at + 1, "long/")) {
        ck_assert_msg(at == text || at[-1] == '\n' || strncmp(at - 4, "\r\033[K", 4) == 0, "%s", text);
    }
    free(text);
    free(program);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/transcribe on the way");
    TCase *tests = tcase_create("on the way");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_stopped_by_a_signal, 0, 2);
    tcase_add_test(tests, test_stopped_files_are_whole);
    tcase_add_test(tests, test_one_long_recording_is_stopped);
    tcase_add_test(tests, test_a_bar_over_all);
    suite_add_tcase(suite, tests);
    return suite;
}
