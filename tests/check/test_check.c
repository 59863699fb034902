/* The analysis by itself, on rows without files. */
#include "check/check_rows.h"
#include <errno.h>

#include "support/faults.h"
#include "units/learn.h"

START_TEST(test_no_usable_row) {
    begin();
    *add("", 1) =
        (oss_check_row){.csv.number = 1, .fault = OSS_CHECK_AUDIO, .message = names[1], .csv.wav = names[0]};
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->recommended, -1);
    ck_assert_int_eq(oss_check_count(report), 1);
    oss_check_free(report);
}
END_TEST

/* The vocabulary is the caller's, that of vocab_json, or made of the train rows. */
START_TEST(test_vocabulary) {
    begin();
    add("abc", 1);
    add("xyz", 1)->source = 1;
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_build(&vocab, (const char *const[]){"xyz a b c d"}, 1, 0), OSS_OK);
    oss_config *config = oss_rows_config("{}");
    oss_check_report *report = NULL;
    const oss_check_input input = {
        .config = config, .vocab = vocab, .source = sources, .row = rows, .rows = count};
    ck_assert_int_eq(oss_check_create(&report, &input), OSS_OK);
    ck_assert_int_eq(report->symbols, 10);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_UNKNOWN], 0);
    oss_check_free(report);
    report = check("{}");
    ck_assert_int_eq(report->symbols, 5);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_UNKNOWN], 3);
    oss_check_free(report);
    oss_config *missing = oss_rows_config("{\"vocab_json\": \"/nowhere/v.json\"}");
    oss_check_report *none = NULL;
    const oss_check_input wrong = {.config = missing, .source = sources, .row = rows, .rows = count};
    ck_assert_int_eq(oss_check_create(&none, &wrong), OSS_EIO);
    ck_assert_ptr_null(none);
    ck_assert_msg(strstr(oss_last_error(), "vocab_json") != NULL, "%s", oss_last_error());
    oss_vocab_free(vocab);
    oss_config_free(config);
    oss_config_free(missing);
}
END_TEST

START_TEST(test_memory_that_is_short) {
    begin();
    add("don't", 1);
    add("don\xe2\x80\x99t", 1)->sound.source_rate_hz = 8000;
    add("", 1);
    add("don't", 1)->source = 1;
    rows[1].sound.measure.hash = rows[3].sound.measure.hash = rows[0].sound.measure.hash;
    oss_config *config = oss_rows_config("{}");
    const oss_check_input input = {
        .config = config, .bpe_choices = true, .source = sources, .row = rows, .rows = count};
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_check_report *report = NULL;
        oss_status status = oss_check_create(&report, &input);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert_int_eq(report != NULL, !fired);
        oss_check_free(report);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_ge(k, 20);
            break;
        }
    }
    oss_faults_remove();
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check");
    TCase *tests = tcase_create("analysis");
    tcase_add_test(tests, test_no_usable_row);
    tcase_add_test(tests, test_vocabulary);
    tcase_add_test(tests, test_memory_that_is_short);
    suite_add_tcase(suite, tests);
    return suite;
}
