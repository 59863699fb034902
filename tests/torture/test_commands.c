/* A part of the calls of every command, and some kills: `make torture` does them all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"
#include "support/tempdir.h"
#include "torture/command_place.h"
#include "torture/commands.h"
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

static int32_t find_case(const char *name) {
    int32_t index = 0;
    while (strcmp(oss_command_case_get(index)->name, name) != 0) {
        ck_assert_int_lt(++index, oss_command_cases());
    }
    return index;
}

static const oss_torture_kind *find_kind(const char *name) {
    int32_t k = 0;
    while (strcmp(oss_torture_kind_list[k].name, name) != 0) {
        ck_assert_int_lt(++k, OSS_TORTURE_KINDS);
    }
    return &oss_torture_kind_list[k];
}

/* A command that is new has no row until somebody writes it. */
START_TEST(test_every_command_is_tried) {
    const char *left_out = oss_command_left_out(oss_command_cases());
    ck_assert_msg(left_out == NULL, "%s has no row in tests/torture/command_place.c", left_out);
    ck_assert_str_eq(oss_command_left_out(oss_command_cases() - 1), "bench");
    ck_assert_ptr_nonnull(oss_command_left_out(0));
}
END_TEST

START_TEST(test_calls) {
    const oss_torture_kind *kind = &oss_torture_kind_list[_i];
    oss_tally tally = {0};
    for (int32_t i = 0; i < oss_command_cases(); i++) {
        const oss_torture_range some = oss_torture_some(i, kind, TRIES);
        (void)oss_torture_command(&tally, place, i, kind, &some);
    }
    expect_none_lost(&tally);
}
END_TEST

/* Whole, for each once had a fault at a call or two: what could not be looked at was told to be no regular file; a folder
 * of results that could not be looked at was closed to them, so that a temporary stayed; rows that all lacked memory were
 * told as rows that were wrong. */
static const struct {
    const char *command, *kind;
    int64_t last;
} whole[] = {{"check", "EIO", INT64_MAX - 1},
             {"align", "EIO", INT64_MAX - 1},
             {"eval", "no memory from there on", INT64_MAX - 1},
             {"align --csv", "no memory from there on", INT64_MAX - 1},
             {"tune", "no memory from there on", 500}}; /* while it encodes the rows */

START_TEST(test_every_call) {
    const oss_torture_range all = {.first = 1, .last = whole[_i].last, .stride = 1};
    oss_tally tally = {0};
    bool ended =
        oss_torture_command(&tally, place, find_case(whole[_i].command), find_kind(whole[_i].kind), &all);
    ck_assert_int_eq(ended, whole[_i].last > 500);
    expect_none_lost(&tally);
}
END_TEST

/* Too short even for the message: it says which recording or row all the same, and what was done is kept. */
static const struct {
    const char *command, *named;
} last_ones[] = {{"transcribe", "tones-001.wav: out of memory"},
                 {"eval", "row 3: out of memory"},
                 {"align --csv", "row 2: out of memory"}};

START_TEST(test_what_memory_was_too_short_for_is_named) {
    const oss_command_case *command = oss_command_case_get(find_case(last_ones[_i].command));
    const oss_command_fault none = {0};
    const int64_t calls = oss_command_try(place, command->word, NULL, &none).heap_calls;
    int32_t named = 0;
    for (int64_t k = calls - 120; k <= calls; k++) {
        const oss_command_fault fault = {
            .kind = OSS_CALL_ANY_HEAP, .nth = k, .error_number = ENOMEM, .lasts = true};
        const oss_command_outcome outcome = oss_command_try(place, command->word, NULL, &fault);
        bool is_named = strstr(outcome.err, last_ones[_i].named) != NULL;
        ck_assert_msg(outcome.code != 1 || is_named, "call %d: %s", (int)k, outcome.err);
        named += is_named;
    }
    ck_assert_int_gt(named, 0);
    ck_assert_int_le(oss_command_try(place, command->word, NULL, &none).code,
                     1); /* for the tests that follow */
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
    tcase_add_test(all, test_every_command_is_tried);
    tcase_add_loop_test(all, test_what_memory_was_too_short_for_is_named, 0,
                        (int)(sizeof last_ones / sizeof last_ones[0]));
    tcase_add_loop_test(all, test_calls, 0, OSS_TORTURE_KINDS);
    tcase_add_loop_test(all, test_every_call, 0, (int)(sizeof whole / sizeof whole[0]));
    tcase_add_test(all, test_interrupted_and_short);
    tcase_add_loop_test(all, test_storm, 0, oss_torture_storms());
    suite_add_tcase(suite, all);
    return suite;
}
