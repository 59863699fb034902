/* A part of the calls of every command, and some kills: `make torture` does them all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"
#include "support/tempdir.h"
#include "torture/command_place.h"
#include "torture/torture.h"

static char *place;

static void set_up(void) {
    place = oss_command_place_make();
    oss_torture_prepare(place);
}

static void tear_down(void) {
    oss_tempdir_remove(place);
}

enum { TRIES = 3 }; /* of each kind and command */

static void expect_none_lost(const oss_tally *tally) {
    ck_assert_msg(tally->lost == 0, "%d of %d lost; the first: %s", (int)tally->lost, (int)tally->tried,
                  tally->first);
    ck_assert_int_gt(tally->tried, 0);
}

START_TEST(test_calls) {
    const oss_torture_kind *kind = &oss_torture_kind_list[_i];
    oss_tally tally = {0};
    for (int32_t i = 0; i < oss_command_cases(); i++) {
        oss_torture_command(&tally, place, i, kind, TRIES);
    }
    expect_none_lost(&tally);
}
END_TEST

/* Whole: what cannot be looked at was once told to be no regular file. */
START_TEST(test_every_file_call_of_check) {
    oss_tally tally = {0};
    int32_t index = 0;
    while (strcmp(oss_command_case_get(index)->name, "check") != 0) {
        index++;
    }
    oss_torture_command(&tally, place, index, &oss_torture_kind_list[3], 0);
    expect_none_lost(&tally);
}
END_TEST

START_TEST(test_interrupted_and_short) {
    oss_tally tally = {0};
    for (int32_t i = 0; i < oss_command_cases(); i++) {
        oss_torture_interrupted(&tally, place, i, 13);
    }
    expect_none_lost(&tally);
    ck_assert_int_eq(tally.tried, oss_command_cases());
}
END_TEST

START_TEST(test_storm) {
    oss_tally tally = {0};
    oss_torture_storm(&tally, place, _i, 100, _i == 0 ? 12 : 2);
    expect_none_lost(&tally);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("torture: commands");
    TCase *all = tcase_create("commands");
    tcase_set_timeout(all, 300);
    tcase_add_unchecked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, test_calls, 0, OSS_TORTURE_KINDS);
    tcase_add_test(all, test_every_file_call_of_check);
    tcase_add_test(all, test_interrupted_and_short);
    tcase_add_loop_test(all, test_storm, 0, oss_torture_storms());
    suite_add_tcase(suite, all);
    return suite;
}
