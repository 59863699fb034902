/* oss_file_append under failures: all of what is appended is there, or nothing of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char old_content[1000] = "old";
static char *folder, *path;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "lines");
    oss_faults_install();
}

static void tear_down(void) {
    oss_faults_remove();
    free(path);
    oss_tempdir_remove(folder);
}

START_TEST(test_append_leaves_no_half_line) {
    static const char line[] = "{\"step\":2}\n";
    for (int64_t k = 1;; k++) {
        oss_tempdir_write(path, old_content, sizeof old_content);
        oss_faults_short(4);
        oss_faults_fail(OSS_CALL_ANY_CHANGE, k, ENOSPC);
        oss_status status = oss_file_append(path, line, sizeof line - 1);
        bool fired = oss_faults_clear();
        long bytes = 0;
        char *text = oss_tempdir_read(path, &bytes);
        free(text);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            ck_assert_int_eq(bytes, (long)(sizeof old_content + sizeof line - 1));
            ck_assert_int_ge(k, 5);
            break;
        }
        ck_assert_int_eq(status, OSS_ENOSPC);
        ck_assert_int_eq(bytes, (long)sizeof old_content);
        ck_assert(strstr(oss_last_error(), path) != NULL);
    }
}
END_TEST

/* Who is told that it failed writes it again: then the file must not have it yet. */
START_TEST(test_append_that_failed_left_nothing) {
    static const char line[] = "{\"step\":2}\n";
    const long before = _i == 0 ? 0 : (long)sizeof old_content;
    bool fired = true;
    int64_t failed = 0;
    for (int64_t k = 1; fired; k++) {
        (void)unlink(path);
        if (before > 0) {
            oss_tempdir_write(path, old_content, before);
        }
        oss_faults_fail(OSS_CALL_ANY_FILE, k, EIO);
        oss_status status = oss_file_append(path, line, sizeof line - 1);
        fired = oss_faults_clear();
        failed += status != OSS_OK;
        long bytes = 0;
        free(oss_tempdir_read(path, &bytes));
        ck_assert_msg(bytes == before + (status == OSS_OK ? (long)sizeof line - 1 : 0),
                      "call %d: %s, %ld bytes", (int)k, oss_status_name(status), bytes);
    }
    ck_assert_int_ge(failed, 4);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/file: append under failures");
    TCase *file = tcase_create("faults");
    tcase_add_checked_fixture(file, set_up, tear_down);
    tcase_add_test(file, test_append_leaves_no_half_line);
    tcase_add_loop_test(file, test_append_that_failed_left_nothing, 0, 2);
    suite_add_tcase(suite, file);
    return suite;
}
