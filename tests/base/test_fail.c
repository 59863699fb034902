#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "support/suite.h"

START_TEST(test_message_and_status) {
    ck_assert_str_eq(oss_last_error(), "");
    ck_assert_int_eq(oss_fail(OSS_EINPUT, "%s:%d: bad %s", "a.csv", 7, "row"), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "a.csv:7: bad row");
}
END_TEST

START_TEST(test_prefix_keeps_the_cause) {
    (void)oss_fail(OSS_EINPUT, "\"lr\" is missing");
    ck_assert_int_eq(oss_fail_prefix(OSS_EINPUT, "%s", "config.json"), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "config.json: \"lr\" is missing");
}
END_TEST

START_TEST(test_argument_may_be_the_last_message) {
    (void)oss_fail(OSS_EIO, "first");
    (void)oss_fail(OSS_EINPUT, "second, after: %s", oss_last_error());
    ck_assert_str_eq(oss_last_error(), "second, after: first");
    (void)oss_fail_prefix(OSS_EINPUT, "third (%s)", oss_last_error());
    ck_assert_str_eq(oss_last_error(), "third (second, after: first): second, after: first");
}
END_TEST

START_TEST(test_errno_to_status) {
    static const struct {
        int error_number;
        oss_status status;
    } row[] = {
        {ENOSPC, OSS_ENOSPC}, {EDQUOT, OSS_ENOSPC}, {ENOMEM, OSS_ENOMEM}, {EIO, OSS_EIO}, {ENOENT, OSS_EIO}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_int_eq(oss_fail_errno(row[i].error_number, "cannot write %s", "x"), row[i].status);
        ck_assert(strncmp(oss_last_error(), "cannot write x: ", 16) == 0);
        ck_assert(strstr(oss_last_error(), strerror(row[i].error_number)) != NULL);
    }
}
END_TEST

START_TEST(test_message_is_one_line) {
    (void)oss_fail(OSS_EINPUT, "file %s\tis bad\n", "a\r\nb\x1b[31m");
    ck_assert_str_eq(oss_last_error(), "file a\\r\\nb\\x1b[31m\\tis bad\\n");
}
END_TEST

/* A message that is too long ends in "..." and never in half a character. */
START_TEST(test_long_message_is_cut_between_characters) {
    for (int shift = 0; shift < 4; shift++) {
        char text[8192] = "abcd";
        text[shift] = '\0';
        for (int i = 0; i < 1200; i++) {
            strcat(text, "\xe2\x82\xac");
        }
        (void)oss_fail(OSS_EINPUT, "%s", text);
        const char *message = oss_last_error();
        size_t length = strlen(message);
        ck_assert_uint_gt(length, 1900);
        ck_assert_str_eq(message + length - 3, "...");
        ck_assert_uint_eq((length - 3 - (size_t)shift) % 3, 0);
        (void)oss_fail_prefix(OSS_EINPUT, "more");
        ck_assert_uint_lt(strlen(oss_last_error()), 2048);
        ck_assert(strncmp(oss_last_error(), "more: ", 6) == 0);
    }
}
END_TEST

START_TEST(test_errno_of_the_message) {
    (void)oss_fail_errno(EIO, "cannot read %s", "x");
    ck_assert_int_eq(oss_last_errno(), EIO);
    (void)oss_fail_prefix(OSS_EIO, "row 3");
    ck_assert_int_eq(oss_last_errno(), EIO);
    (void)oss_fail(OSS_EIO, "%s", oss_last_error()); /* told by somebody who may know better */
    ck_assert_int_eq(oss_last_errno(), 0);
}
END_TEST

START_TEST(test_status_names) {
    ck_assert_str_eq(oss_status_name(OSS_OK), "OSS_OK");
    ck_assert_str_eq(oss_status_name(OSS_EUSAGE), "OSS_EUSAGE");
    ck_assert_str_eq(oss_status_name(OSS_EINPUT), "OSS_EINPUT");
    ck_assert_str_eq(oss_status_name(OSS_EIO), "OSS_EIO");
    ck_assert_str_eq(oss_status_name(OSS_ENOMEM), "OSS_ENOMEM");
    ck_assert_str_eq(oss_status_name(OSS_ENOSPC), "OSS_ENOSPC");
    ck_assert_str_eq(oss_status_name(OSS_ENUMERIC), "OSS_ENUMERIC");
    ck_assert_str_eq(oss_status_name(OSS_ESTOPPED), "OSS_ESTOPPED");
    ck_assert_str_eq(oss_status_name(OSS_EBUG), "OSS_EBUG");
    ck_assert_str_eq(oss_status_name((oss_status)-99), "unknown status");
}
END_TEST

static void *fail_elsewhere(void *seen) {
    *(bool *)seen = oss_last_error()[0] == '\0';
    (void)oss_fail(OSS_EIO, "of the other thread");
    return NULL;
}

START_TEST(test_each_thread_has_its_message) {
    (void)oss_fail(OSS_EIO, "of this thread");
    bool starts_empty = false;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &starts_empty), 0);
    pthread_join(thread, NULL);
    ck_assert(starts_empty);
    ck_assert_str_eq(oss_last_error(), "of this thread");
}
END_TEST

/* ---- log ---- */

typedef struct log_seen {
    int lines;
    oss_log_level level;
    char line[8192];
} log_seen;

static void see_line(void *context, oss_log_level level, const char *line) {
    log_seen *seen = context;
    seen->lines++;
    seen->level = level;
    strcpy(seen->line, line);
}

START_TEST(test_log_callback) {
    oss_log_info("nobody listens"); /* dropped */
    log_seen seen = {0};
    oss_log_set(see_line, &seen);
    oss_log_info("step %d, loss %.2f", 3, 1.25);
    ck_assert_int_eq(seen.lines, 1);
    ck_assert_int_eq(seen.level, OSS_LOG_INFO);
    ck_assert_str_eq(seen.line, "step 3, loss 1.25");
    oss_log_warn("careful");
    ck_assert_int_eq(seen.level, OSS_LOG_WARN);
    ck_assert_str_eq(seen.line, "careful");
    oss_log_set(NULL, NULL);
    oss_log_info("nobody again");
    ck_assert_int_eq(seen.lines, 2);
}
END_TEST

START_TEST(test_long_log_line_is_marked) {
    log_seen seen = {0};
    oss_log_set(see_line, &seen);
    char text[6000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    oss_log_warn("%s", text);
    oss_log_set(NULL, NULL);
    ck_assert_uint_eq(strlen(seen.line), 4095);
    ck_assert_str_eq(seen.line + 4092, "...");
}
END_TEST

enum { LOG_THREADS = 4, LOG_LINES = 200 };

/* Not atomic on purpose, and slow between reading and writing: two calls at once would lose lines. */
static void count_line(void *context, oss_log_level level, const char *line) {
    (void)level;
    (void)line;
    int *lines = context;
    int before = *(volatile int *)lines;
    (void)sched_yield();
    *(volatile int *)lines = before + 1;
}

static void *log_many(void *unused) {
    (void)unused;
    for (int i = 0; i < LOG_LINES; i++) {
        oss_log_info("line");
    }
    return NULL;
}

START_TEST(test_log_lines_come_one_at_a_time) {
    int lines = 0;
    oss_log_set(count_line, &lines);
    pthread_t thread[LOG_THREADS];
    for (int i = 0; i < LOG_THREADS; i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, log_many, NULL), 0);
    }
    for (int i = 0; i < LOG_THREADS; i++) {
        pthread_join(thread[i], NULL);
    }
    oss_log_set(NULL, NULL);
    ck_assert_int_eq(lines, LOG_THREADS * LOG_LINES);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/fail, base/log");
    TCase *fail = tcase_create("fail");
    tcase_add_test(fail, test_message_and_status);
    tcase_add_test(fail, test_prefix_keeps_the_cause);
    tcase_add_test(fail, test_argument_may_be_the_last_message);
    tcase_add_test(fail, test_errno_to_status);
    tcase_add_test(fail, test_message_is_one_line);
    tcase_add_test(fail, test_long_message_is_cut_between_characters);
    tcase_add_test(fail, test_status_names);
    tcase_add_test(fail, test_errno_of_the_message);
    tcase_add_test(fail, test_each_thread_has_its_message);
    suite_add_tcase(suite, fail);
    TCase *log = tcase_create("log");
    tcase_add_test(log, test_log_callback);
    tcase_add_test(log, test_long_log_line_is_marked);
    tcase_add_test(log, test_log_lines_come_one_at_a_time);
    suite_add_tcase(suite, log);
    return suite;
}
