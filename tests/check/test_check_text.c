/* Characters and words. */
#include "check/check_rows.h"

/* Those that vocab_size has no room for, in the rows that have them. */
START_TEST(test_unknown) {
    begin();
    add("aaa b", 1);
    add("aabb", 1);
    add("acc", 1);
    add("xc", 1)->source = 1;
    oss_check_report *report = check("{\"vocab_size\": 4}"); /* <blank>, <UNK>, a, b */
    ck_assert_int_eq(report->symbols, 4);
    static const char *const wanted[] = {"' ' U+0020 in 1 row", "'c' U+0063 in 2 rows",
                                         "'x' U+0078 in 1 row"};
    static const int32_t first[] = {0, 2, 3};
    ck_assert_int_eq(report->by_kind[OSS_CHECK_UNKNOWN], 3);
    const oss_check_finding *finding = find(report, OSS_CHECK_UNKNOWN);
    for (int i = 0; i < 3; i++) {
        ck_assert_str_eq(finding[i].message, wanted[i]);
        ck_assert_int_eq(finding[i].row, first[i]);
    }
    oss_check_free(report);
}
END_TEST

/* The rarer of two that look alike is named beside the commoner; one that stands alone is not. */
START_TEST(test_lookalikes) {
    begin();
    add("don't", 1);
    add("don't", 1);
    add("don\xe2\x80\x99t \xe2\x80\x93", 1); /* U+2019, and a dash without a hyphen beside it */
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_LOOKALIKE], 1);
    const oss_check_finding *finding = find(report, OSS_CHECK_LOOKALIKE);
    ck_assert_str_eq(finding->message, "'\xe2\x80\x99' U+2019 in 1 row, and ''' U+0027 in 2");
    ck_assert_int_eq(finding->row, 2);
    ck_assert_int_eq(finding->other, 0);
    oss_check_free(report);
}
END_TEST

/* The first word of a row that mixes scripts, by number; a row of words in one script each is right. */
START_TEST(test_scripts) {
    begin();
    add("cat \xd1\x81\xd0\xb0t \xd0\xb0"
        "b",
        1);                                 /* Cyrillic s and a before t, and a before b */
    add("\xd0\xba\xd0\xbe\xd1\x82 cat", 1); /* the Russian word, the English word */
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_SCRIPT], 1);
    const oss_check_finding *finding = find(report, OSS_CHECK_SCRIPT);
    ck_assert_str_eq(finding->message, "<U+0441><U+0430>t");
    ck_assert_int_eq(finding->row, 0);
    oss_check_free(report);
}
END_TEST

/* Two writings of one word, from the words as they are written. */
START_TEST(test_forms) {
    begin();
    add("caf\xc3\xa9", 1);
    add("caf\xc3\xa9", 1);
    oss_check_words words = {0};
    ck_assert_int_eq(oss_check_words_add(&words, "caf\xc3\xa9", 0), OSS_OK);
    ck_assert_int_eq(oss_check_words_add(&words, "cafe\xcc\x81", 1), OSS_OK);
    oss_config *config = oss_rows_config("{}");
    oss_check_report *report = NULL;
    const oss_check_input input = {
        .config = config, .source = sources, .row = rows, .rows = count, .words = &words};
    ck_assert_int_eq(oss_check_create(&report, &input), OSS_OK);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_FORM], 1);
    const oss_check_finding *finding = find(report, OSS_CHECK_FORM);
    ck_assert_str_eq(finding->message, "cafe<U+0301> 1 time, and caf<U+00E9> 1 time");
    ck_assert_int_eq(finding->row, 1);
    ck_assert_int_eq(finding->other, 0);
    oss_check_free(report);
    oss_check_words_deinit(&words);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, test_unknown);
    tcase_add_test(tests, test_lookalikes);
    tcase_add_test(tests, test_scripts);
    tcase_add_test(tests, test_forms);
    suite_add_tcase(suite, tests);
    return suite;
}
