/* A disk that does not answer is no usage error. */
#include <errno.h>
#include <stdlib.h>

#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "train/run_folder.h"

START_TEST(test_a_folder_that_cannot_be_looked_at) {
    char *folder = oss_tempdir_make();
    int64_t failed = 0;
    oss_faults_install();
    for (bool fired = true; fired;) {
        oss_faults_fail(OSS_CALL_ANY_FILE, ++failed, EIO);
        oss_status status = oss_run_check_new(folder);
        fired = oss_faults_clear();
        ck_assert_msg(status == OSS_OK || (fired && status == OSS_EIO), "call %d: %s: %s", (int)failed,
                      oss_status_name(status), oss_last_error());
    }
    ck_assert_int_gt(failed, 3);
    oss_faults_remove();
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("run folder under faults");
    TCase *all = tcase_create("run folder");
    tcase_add_test(all, test_a_folder_that_cannot_be_looked_at);
    suite_add_tcase(suite, all);
    return suite;
}
