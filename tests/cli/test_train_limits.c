/* ossicle train where the system gives little: address space, threads, stack. It ends, and says what is missing. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/suite.h"
#include "support/tempdir.h"
#include "support/train_program.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
enum { SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) };
#else
enum { SANITIZED = 0 };
#endif

static oss_train_place place;
static char *run, *log_path;

static void set_up(void) {
    const oss_tones tones = {.rows = 8, .seed = 5, .min_letters = 2, .max_letters = 5};
    oss_train_place_make(&place, &tones, "\"batch_seconds\": 2, \"max_steps\": 3, \"dev_fraction\": 0.25");
    run = oss_train_place_path(&place, "run");
    log_path = oss_train_place_path(&place, "log");
}

static void tear_down(void) {
    free(run);
    free(log_path);
    oss_train_place_remove(&place);
}

enum { SOMEBODY = 54321 /* a user with no process */ };

/* The program with a limit of its own, as a user who has no other process (`alone`, for RLIMIT_NPROC counts all of a
 * user's, and root's not at all); its standard error is in log_path. A hang ends as SIGALRM. */
static int train_within(int resource, rlim_t soft, rlim_t hard, const char *threads, bool alone) {
    char *program = oss_program_path("ossicle-train");
    if (alone && geteuid() == 0) {
        free(program);
        program = oss_train_place_path(&place, "ossicle-train");
        oss_program_copy("ossicle-train", program);
        ck_assert_int_eq(chmod(place.folder, 0777), 0);
    }
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(log, STDERR_FILENO);
        (void)signal(SIGINT, SIG_DFL);
        (void)alarm(100);
        if (alone && geteuid() == 0 && (setgid(SOMEBODY) != 0 || setuid(SOMEBODY) != 0)) {
            _exit(126);
        }
        const struct rlimit limit = {soft, hard};
        if (prlimit(0, (unsigned)resource, &limit, NULL) != 0) {
            _exit(125);
        }
        (void)execl(program, program, "--config", place.config, "--run", run, "--threads", threads,
                    (char *)NULL);
        _exit(127);
    }
    free(program);
    return oss_train_wait(child);
}

static char *read_log(void) {
    return oss_tempdir_read(log_path, NULL);
}

/* All of the work, or exit code 4 and a line that says what is missing. Below 100 MiB the run-time linker may lack the
 * room for the libraries, which it says itself (127). */
START_TEST(test_address_space) {
    static const int mib[] = {64, 100, 150, 200, 300, 500, 1000};
    if (SANITIZED) {
        return; /* shadow memory takes terabytes */
    }
    int code = train_within(RLIMIT_AS, (rlim_t)mib[_i] << 20, (rlim_t)mib[_i] << 20, "8", false);
    char *log = read_log();
    ck_assert_msg(code == 0 || code == 4 || (code == 127 && mib[_i] < 100), "exit code %d:\n%s", code, log);
    ck_assert_msg(code != 4 || strstr(log, "ossicle train: ") != NULL, "%s", log);
    bool begun = oss_train_place_has(&place, "run/config.json");
    ck_assert_msg(begun ? code == 0 || strstr(log, ", saved; once that is mended") != NULL : code != 0,
                  "exit code %d:\n%s", code, log);
    free(log);
}
END_TEST

/* Not even the thread that loads batches: slower, but the same. */
START_TEST(test_no_second_thread) {
    if (SANITIZED) {
        return; /* sanitizers start threads of their own */
    }
    int code = train_within(RLIMIT_NPROC, 1, 1, "3", true);
    char *log = read_log();
    ck_assert_msg(code == 0, "exit code %d:\n%s", code, log);
    ck_assert_msg(
        strstr(log, "thread 2 of 3 could not be started: Resource temporarily unavailable: goes on with 1") !=
            NULL,
        "%s", log);
    ck_assert_msg(strstr(log, "OpenBLAS") == NULL, "%s", log);
    free(log);
    char *usual = oss_train_place_path(&place, "usual");
    oss_program_run whole = oss_run_train("--config", place.config, "--run", usual);
    oss_program_expect(&whole, 0);
    oss_program_run_deinit(&whole);
    free(usual);
    oss_train_place_assert_same(&place, "run/latest/model.safetensors", "usual/latest/model.safetensors");
}
END_TEST

/* Refused where it must stay so small; raised where it may be; and what is asked for is enough. */
START_TEST(test_a_small_stack) {
    enum { SMALL = 64 << 10, ENOUGH = SANITIZED ? 8 << 20 : 1 << 20 };
    int code = train_within(RLIMIT_STACK, SMALL, SMALL, "2", false);
    char *log = read_log();
    ck_assert_msg(code == 4 &&
                      strcmp(log,
                             "ossicle train: the stack may have 64 KiB and 1024 are needed: raise its limit "
                             "(ulimit -s)\n") == 0,
                  "exit code %d:\n%s", code, log);
    free(log);
    code = train_within(RLIMIT_STACK, SMALL, ENOUGH, "2", false);
    log = read_log();
    ck_assert_msg(code == 0, "exit code %d:\n%s", code, log);
    free(log);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train: limits");
    TCase *all = tcase_create("limits");
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, test_address_space, 0, 7);
    tcase_add_test(all, test_no_second_thread);
    tcase_add_test(all, test_a_small_stack);
    suite_add_tcase(suite, all);
    return suite;
}
