/* The model of a disk finds planted faults, and none in what Ossicle writes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/disk.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "torture/torture.h"

enum { DRAWS = 3 };

START_TEST(test_old_or_new) {
    const oss_torture_disk_outcome outcome = oss_torture_disk(_i, 1, DRAWS, 0);
    const oss_disk_result *result = &outcome.result;
    ck_assert_msg(result->lost == 0, "%s: %d of %d states; the first: %s", oss_torture_disk_name(_i),
                  (int)result->lost, (int)result->states, result->first);
    ck_assert_int_ge(result->moments, 3);
    ck_assert_int_ge(result->states, 4);
    ck_assert_int_ge(outcome.syncs, 1);
}
END_TEST

/* The self-test of the model: without this sync something is lost, and the model finds it. (Others of a checkpoint are
 * made up for by a later sync of the same folder.) */
static const struct {
    const char *name;
    int32_t sync;
} planted[] = {{"a file of several writes", 1},       /* the file */
               {"a file of several writes", 2},       /* its folder, after the rename */
               {"a .npy file, new", 2},               /* which is a new name there */
               {"lines of metrics.jsonl", 1},         /* the file */
               {"first lines of metrics.jsonl", 1},   /* its folder */
               {"first lines of metrics.jsonl", 2},   /* the file */
               {"the first checkpoint of a run", 3},  /* the model */
               {"the first checkpoint of a run", 8}}; /* the temporary folder, last of all */

START_TEST(test_a_sync_left_out_is_found) {
    int32_t index = 0;
    while (strcmp(oss_torture_disk_name(index), planted[_i].name) != 0) {
        ck_assert_int_lt(++index, oss_torture_disks());
    }
    const oss_torture_disk_outcome outcome = oss_torture_disk(index, 1, DRAWS, planted[_i].sync);
    ck_assert_int_ge(outcome.syncs, planted[_i].sync);
    ck_assert_msg(outcome.result.lost > 0, "%s without sync %d of %d: nothing was found in %d states",
                  planted[_i].name, (int)planted[_i].sync, (int)outcome.syncs, (int)outcome.result.states);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("a disk that lies");
    TCase *disk = tcase_create("disk");
    tcase_set_timeout(disk, 120);
    tcase_add_loop_test(disk, test_old_or_new, 0, oss_torture_disks());
    tcase_add_loop_test(disk, test_a_sync_left_out_is_found, 0, (int)(sizeof planted / sizeof planted[0]));
    suite_add_tcase(suite, disk);
    return suite;
}
