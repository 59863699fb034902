/* What train and dev share. */
#include "check/check_rows.h"

START_TEST(test_speakers) {
    static char anna[] = "anna", ben[] = "ben", empty[] = "";
    begin();
    add("a", 1)->csv.speaker = anna;
    add("b", 1)->csv.speaker = ben;
    add("c", 1)->csv.speaker = anna;
    add("d", 1)->csv.speaker = empty;
    add("e", 1);
    oss_check_row *dev = add("f", 1);
    dev->source = 1;
    dev->csv.speaker = anna;
    dev = add("g", 1);
    dev->source = 1;
    dev->csv.speaker = empty;
    dev = add("h", 1); /* not usable: nobody speaks in it */
    dev->source = 1;
    dev->csv.speaker = ben;
    dev->usable = false;
    dev->fault = OSS_CHECK_AUDIO;
    dev->message = names[7];
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->set[OSS_CHECK_TRAIN].speakers, 2);
    ck_assert_int_eq(report->set[OSS_CHECK_DEV].speakers, 1);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_SPEAKER], 1);
    const oss_check_finding *finding = find(report, OSS_CHECK_SPEAKER);
    ck_assert_str_eq(finding->message, "anna: 2 rows of train, 1 of dev");
    ck_assert_int_eq(finding->row, 0);
    ck_assert_int_eq(finding->other, 5);
    oss_check_free(report);
}
END_TEST

START_TEST(test_texts) {
    begin();
    add("one", 1);
    add("two", 1);
    add("", 1);
    static const char *const dev[] = {"three", "two", "two", "one", ""};
    for (int i = 0; i < 5; i++) {
        add(dev[i], 1)->source = 1;
    }
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_TEXTS], 1);
    const oss_check_finding *finding = find(report, OSS_CHECK_TEXTS);
    ck_assert_str_eq(finding->message, "2 texts of 3 dev rows: what is scored there was trained");
    ck_assert_int_eq(finding->row, 4);
    ck_assert_int_eq(finding->other, 1);
    oss_check_free(report);
    count = 3; /* no dev: nothing is shared */
    report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_TEXTS], 0);
    oss_check_free(report);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_sets");
    TCase *tests = tcase_create("sets");
    tcase_add_test(tests, test_speakers);
    tcase_add_test(tests, test_texts);
    suite_add_tcase(suite, tests);
    return suite;
}
