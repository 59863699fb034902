#include "base/child.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fail.h"
#include "support/suite.h"

enum { LIMIT_MS = 20000, SHORT_MS = 200, BYTES = 1 << 17 };

static char bytes[BYTES];

static oss_status start(oss_child *child, oss_pipe *pipe, const char *script, int32_t limit_ms,
                        oss_stop *stop) {
    const char *argument[] = {"sh", "-c", script, NULL};
    return oss_child_start(child, argument, limit_ms, stop, pipe, "the script");
}

static void finish(oss_child *child, oss_pipe *pipe) {
    oss_pipe_close(pipe);
    oss_child_close(child);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

START_TEST(output_is_read_to_its_end) {
    oss_child child;
    oss_pipe pipe;
    size_t got = 0;
    ck_assert_int_eq(start(&child, &pipe,
                           "printf hello; cat; echo more than a pipe holds >&2; printf ' world'", LIMIT_MS,
                           NULL),
                     OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
    ck_assert_uint_eq(got, 11);
    ck_assert_mem_eq(bytes, "hello world", 11);
    ck_assert_int_eq(oss_child_finish(&child), OSS_OK);
    finish(&child, &pipe);
}
END_TEST

START_TEST(much_on_standard_error_holds_nothing_up) {
    oss_child child;
    oss_pipe pipe;
    size_t got = 0;
    static const char script[] =
        "i=0; while [ $i -lt 20000 ]; do echo line $i of many >&2; i=$((i + 1)); done; printf x; exit 3";
    ck_assert_int_eq(start(&child, &pipe, script, LIMIT_MS, NULL), OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
    ck_assert_uint_eq(got, 1);
    ck_assert_int_eq(oss_child_finish(&child), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "sh: line 19999 of many");
    finish(&child, &pipe);
}
END_TEST

START_TEST(a_failure_without_words_says_how) {
    oss_child child;
    oss_pipe pipe;
    size_t got = 1;
    ck_assert_int_eq(start(&child, &pipe, "exit 7", LIMIT_MS, NULL), OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
    ck_assert_uint_eq(got, 0);
    ck_assert_int_eq(oss_child_finish(&child), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "sh failed with exit code 7");
    finish(&child, &pipe);
    ck_assert_int_eq(start(&child, &pipe, "kill -9 $$", LIMIT_MS, NULL), OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
    ck_assert_int_eq(oss_child_finish(&child), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "sh was ended by signal 9");
    finish(&child, &pipe);
}
END_TEST

START_TEST(silence_ends_it) {
    oss_child child;
    oss_pipe pipe;
    size_t got = 0;
    ck_assert_int_eq(start(&child, &pipe, "exec sleep 60", SHORT_MS, NULL), OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "sh gave nothing for 0.2 s and was ended");
    finish(&child, &pipe);
    /* its output ends, and it goes on */
    ck_assert_int_eq(start(&child, &pipe, "exec sleep 60 >/dev/null", SHORT_MS, NULL), OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
    ck_assert_int_eq(oss_child_finish(&child), OSS_EINPUT);
    finish(&child, &pipe);
}
END_TEST

START_TEST(talk_does_not_keep_it_alive) {
    static const char *const script[] = {
        "exec >/dev/null; while :; do echo and so on >&2; done", /* its output ends, and it talks on */
        "exec >/dev/null 2>/dev/null; exec sleep 60",            /* it closes both, and stays */
    };
    for (size_t i = 0; i < 2; i++) {
        oss_child child;
        oss_pipe pipe;
        size_t got = 0;
        ck_assert_int_eq(start(&child, &pipe, script[i], SHORT_MS, NULL), OSS_OK);
        ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
        ck_assert_int_eq(oss_child_finish(&child), OSS_EINPUT);
        finish(&child, &pipe);
    }
}
END_TEST

START_TEST(a_stop_ends_it) {
    oss_child child;
    oss_pipe pipe;
    oss_stop stop = false;
    size_t got = 0;
    ck_assert_int_eq(start(&child, &pipe, "exec sleep 60", LIMIT_MS, &stop), OSS_OK);
    oss_stop_ask(&stop);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_ESTOPPED);
    finish(&child, &pipe);
}
END_TEST

START_TEST(no_such_program) {
    oss_child child = {0};
    oss_pipe pipe;
    const char *argument[] = {"ossicle-no-such-program", NULL};
    ck_assert_int_eq(oss_child_start(&child, argument, LIMIT_MS, NULL, &pipe, "x"), OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "there is no program ossicle-no-such-program"));
    ck_assert_int_eq(child.pid, 0);
}
END_TEST

START_TEST(whatever_the_host_does_with_children) {
    oss_child child;
    oss_pipe pipe;
    size_t got = 0;
    (void)signal(SIGCHLD, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(start(&child, &pipe, "printf x", LIMIT_MS, NULL), OSS_OK);
    ck_assert_int_eq(oss_pipe_read(&pipe, bytes, sizeof bytes, &got), OSS_OK);
    ck_assert_uint_eq(got, 1);
    ck_assert_int_eq(oss_child_finish(&child), OSS_OK);
    finish(&child, &pipe);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/child");
    TCase *tests = tcase_create("child");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, output_is_read_to_its_end);
    tcase_add_test(tests, much_on_standard_error_holds_nothing_up);
    tcase_add_test(tests, a_failure_without_words_says_how);
    tcase_add_test(tests, silence_ends_it);
    tcase_add_test(tests, talk_does_not_keep_it_alive);
    tcase_add_test(tests, a_stop_ends_it);
    tcase_add_test(tests, no_such_program);
    tcase_add_test(tests, whatever_the_host_does_with_children);
    suite_add_tcase(suite, tests);
    return suite;
}
