/* Which units fit. */
#include "check/check_rows.h"

/* What is recommended may lose one row in 200, and is never more than it must. */
START_TEST(test_recommended) {
    static const struct {
        int32_t fit, need2, need3, never, subframes;
    } cases[] = {{10, 0, 0, 0, 1}, {10, 1, 0, 0, 2}, {10, 0, 1, 0, 3}, {10, 1, 0, 3, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(); /* 0.8 s: 81 mel frames, 11 of the encoder */
        for (int32_t j = 0; j < cases[i].fit; j++) {
            add("abcdefghij", 0.8);
        }
        for (int32_t j = 0; j < cases[i].need2; j++) {
            add("abcdefghijklmnopqrst", 0.8);
        }
        for (int32_t j = 0; j < cases[i].need3; j++) {
            add("aabbccddeeffggh", 0.8); /* 15 and 7 blanks: 22 */
            add("aabbccddeeffgghh", 0.8);
        }
        for (int32_t j = 0; j < cases[i].never; j++) {
            add("abababababababababababababababababababababababababababababab", 0.8);
        }
        oss_check_report *report = check("{}");
        ck_assert_int_eq(report->choice[report->recommended].subframes, cases[i].subframes);
        ck_assert_int_eq(report->by_kind[OSS_CHECK_INFEASIBLE], cases[i].never);
        for (int32_t j = 0; j < count; j++) {
            ck_assert_int_eq(report->unfit[j], j >= count - cases[i].never);
        }
        oss_check_free(report);
    }
}
END_TEST

/* The config judges when it is asked to, also with more sub-frames than are tried; its rows are named, and unfit is
 * what does not fit the recommended choice. */
START_TEST(test_judged_by_config) {
    begin(); /* 0.2 s: 3 frames of the encoder */
    add("aabbc", 0.2);
    add("abc", 0.2);
    static const struct {
        const char *json;
        int32_t subframes, infeasible;
    } cases[] = {
        {"{\"ctc_subframes\": 1}", 1, 1}, {"{\"ctc_subframes\": 3}", 3, 0}, {"{\"ctc_subframes\": 6}", 6, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_config *config = oss_rows_config(cases[i].json);
        oss_check_report *report = NULL;
        const oss_check_input input = {
            .config = config, .judge_by_config = true, .source = sources, .row = rows, .rows = count};
        ck_assert_int_eq(oss_check_create(&report, &input), OSS_OK);
        ck_assert_int_eq(report->choice[report->judge].subframes, cases[i].subframes);
        ck_assert_int_eq(report->choice[report->recommended].subframes, 3);
        ck_assert_int_eq(report->by_kind[OSS_CHECK_INFEASIBLE], cases[i].infeasible);
        ck_assert_int_eq(oss_check_given(report, &report->choice[0], 0), 3);
        ck_assert(!oss_check_fits(report, &report->choice[0], 0));
        ck_assert(!report->unfit[0] && !report->unfit[1]);
        oss_check_free(report);
        oss_config_free(config);
    }
}
END_TEST

/* Byte-pair units are tried when asked for, smaller vocabularies first, and those of the config are a set of their
 * own. */
START_TEST(test_bpe_choices) {
    begin();
    for (int i = 0; i < 8; i++) {
        add("the other one and the other two", 2);
    }
    oss_config *config = oss_rows_config("{\"units\": \"bpe\", \"vocab_size\": 40}");
    oss_check_report *report = NULL;
    const oss_check_input input = {
        .config = config, .bpe_choices = true, .source = sources, .row = rows, .rows = count};
    ck_assert_int_eq(oss_check_create(&report, &input), OSS_OK);
    ck_assert_int_ge(report->unit_sets, 3);
    ck_assert_int_eq(report->own_units, 1);
    ck_assert_str_eq(oss_check_units_name(&report->units[0]), "char");
    for (int32_t i = 1; i < report->unit_sets; i++) {
        ck_assert_str_eq(oss_check_units_name(&report->units[i]), "bpe");
        ck_assert_int_le(report->units[i].needed[0], report->units[0].needed[0]);
    }
    for (int32_t i = 0; i < report->choices; i++) {
        ck_assert_double_eq_tol(report->choice[i].frames_hz, 12.5 * report->choice[i].subframes, 1e-12);
    }
    oss_check_free(report);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_units");
    TCase *tests = tcase_create("units");
    tcase_add_test(tests, test_recommended);
    tcase_add_test(tests, test_judged_by_config);
    tcase_add_test(tests, test_bpe_choices);
    suite_add_tcase(suite, tests);
    return suite;
}
