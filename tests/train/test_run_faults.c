/* A disk that does not answer is no usage error. */
#include <errno.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "support/disk.h"
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

/* ---- The name of the run folder itself ---- */

static bool look_for_run(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    char *run = oss_tempdir_path(folder, "a/run");
    bool is_there = oss_file_is_folder(run);
    free(run);
    return is_there || !crash->done;
}

/* A start that is killed at its change number `killed`, one that goes well, then the power fails. */
static bool start_twice(int64_t killed) {
    char *folder = oss_tempdir_make(), *run = oss_tempdir_path(folder, "a/run");
    int lock = -1;
    oss_disk *disk = oss_disk_begin(folder);
    oss_faults_install();
    oss_faults_fail_from(OSS_CALL_ANY_CHANGE, killed, EIO);
    oss_status status = oss_run_lock(&lock, run);
    bool fired = oss_faults_clear();
    ck_assert_int_eq(status, fired ? OSS_EIO : OSS_OK);
    oss_faults_remove();
    if (status == OSS_OK) {
        oss_file_unlock(lock);
    }
    ck_assert_msg(oss_run_lock(&lock, run) == OSS_OK, "%s", oss_last_error());
    oss_file_unlock(lock);
    oss_disk_end(disk);
    oss_disk_result result =
        oss_disk_replay(disk, &(oss_disk_plan){.look = look_for_run, .seed = 1, .draws = 4});
    ck_assert_msg(result.lost == 0, "killed at change %d: %s", (int)killed, result.first);
    ck_assert_int_gt(result.states, 1);
    oss_disk_free(disk);
    free(run);
    oss_tempdir_remove(folder);
    return fired;
}

START_TEST(test_the_name_of_a_run_survives) {
    int64_t killed = 1;
    while (start_twice(killed)) {
        killed++;
    }
    ck_assert_int_gt(killed, 4); /* two folders, each with its sync */
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("run folder under faults");
    TCase *all = tcase_create("run folder");
    tcase_add_test(all, test_a_folder_that_cannot_be_looked_at);
    tcase_add_test(all, test_the_name_of_a_run_survives);
    suite_add_tcase(suite, all);
    return suite;
}
