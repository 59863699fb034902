/* The analysis by itself, on rows without files. */
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "support/rows.h"
#include "support/suite.h"

enum { MOST = 64, RATE = 16000 };

static const oss_check_source sources[] = {{"train.csv", OSS_CHECK_TRAIN}, {"dev.csv", OSS_CHECK_DEV}};
static char names[MOST][24], texts[MOST][80];
static oss_check_row rows[MOST];
static int32_t count;

static void begin(void) {
    memset(rows, 0, sizeof rows);
    count = 0;
}

/* A usable row of train with a sound of its own. */
static oss_check_row *add(const char *text, double seconds) {
    ck_assert_int_lt(count, MOST);
    (void)snprintf(texts[count], sizeof texts[count], "%s", text);
    (void)snprintf(names[count], sizeof names[count], "r%d.wav", count + 1);
    rows[count] = (oss_check_row){.csv.number = count + 1,
                                  .csv.line = count + 2,
                                  .csv.wav = names[count],
                                  .csv.path = names[count],
                                  .csv.text = texts[count],
                                  .usable = true,
                                  .samples = (int64_t)(seconds * (double)RATE),
                                  .source_rate_hz = RATE,
                                  .measure = {.samples = (int64_t)(seconds * (double)RATE),
                                              .peak = 0.5,
                                              .deviation = 0.1,
                                              .hash = (uint64_t)count + 1}};
    return &rows[count++];
}

static oss_check_report *check(const char *config_json) {
    oss_config *config = oss_rows_config(config_json);
    oss_check_report *report = NULL;
    const oss_check_input input = {.config = config, .source = sources, .row = rows, .rows = count};
    ck_assert_msg(oss_check_create(&report, &input) == OSS_OK, "%s", oss_last_error());
    oss_config_free(config);
    return report;
}

START_TEST(test_spread) {
    begin();
    add("a", 0.9);
    add("a", 1.0);
    add("a", 2.5);
    add("a", 7.9);
    oss_check_report *report = check("{}");
    const oss_check_spread *spread = &report->duration;
    ck_assert_int_eq(spread->count, 4);
    ck_assert_double_eq_tol(spread->min, 0.9, 1e-4);
    ck_assert_double_eq_tol(spread->median, 1.75, 1e-4);
    ck_assert_double_eq_tol(spread->mean, 12.3 / 4, 1e-4);
    ck_assert_double_eq_tol(spread->width, 1.0, 1e-12);
    ck_assert_double_eq_tol(spread->begin, 0.0, 1e-12);
    ck_assert_int_eq(spread->bins, 8);
    static const int64_t wanted[] = {1, 1, 1, 0, 0, 0, 0, 1};
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(spread->bin[i], wanted[i]);
    }
    oss_check_free(report);
}
END_TEST

START_TEST(test_pace) {
    begin();
    for (int i = 0; i < 24; i++) {
        add(i == 7 ? "a" : "ten letters", 1.0 + 0.01 * i);
    }
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_PACE], 1);
    ck_assert_int_eq(oss_check_count(report), 0);
    ck_assert_int_eq(report->finding[0].row, 7);
    oss_check_free(report);
    count = OSS_CHECK_PACE_ROWS - 1; /* too few to say what is usual */
    report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_PACE], 0);
    oss_check_free(report);
}
END_TEST

START_TEST(test_levels_and_rates) {
    begin();
    add("a", 1)->sound.measure.clipped_samples = 15;
    add("b", 1)->sound.measure.clipped_samples = 16;
    add("c", 1)->sound.measure.mean = -0.03;
    add("d", 1)->sound.source_rate_hz = 8000;
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->findings, 3);
    ck_assert_int_eq(report->finding[0].kind, OSS_CHECK_CLIPPED);
    ck_assert_int_eq(report->finding[0].row, 1);
    ck_assert_int_eq(report->finding[1].kind, OSS_CHECK_OFFSET);
    ck_assert_int_eq(report->finding[1].row, 2);
    ck_assert_str_eq(report->finding[2].message, "8000 Hz in 1 row, 16000 Hz in 3");
    ck_assert_int_eq(oss_check_count(report), 0);
    oss_check_free(report);
}
END_TEST

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

/* Three rows with one sound: the second text is a conflict once, its repetition a duplicate. */
START_TEST(test_twins) {
    begin();
    add("b", 1);
    add("a", 1);
    add("a", 1);
    add("b", 1);
    add("c", 1)->source = 1; /* dev */
    for (int32_t i = 0; i < count; i++) {
        rows[i].sound.measure.hash = 77;
    }
    add("b", 1)->sound.measure.hash = 0; /* not known: not compared */
    add("b", 1)->sound.measure.hash = 0;
    oss_check_report *report = check("{}");
    ck_assert_int_eq(report->by_kind[OSS_CHECK_DUPLICATE], 2);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_CONFLICT], 1);
    ck_assert_int_eq(report->by_kind[OSS_CHECK_LEAK], 4);
    ck_assert_int_eq(report->finding[0].row, 2);
    ck_assert_int_eq(report->finding[0].other, 1);
    ck_assert_int_eq(report->finding[1].row, 3);
    ck_assert_int_eq(report->finding[1].other, 0);
    ck_assert_int_eq(report->finding[6].kind, OSS_CHECK_CONFLICT);
    ck_assert_int_eq(report->finding[6].row, 1);
    ck_assert_int_eq(report->finding[6].other, 0);
    oss_check_free(report);
}
END_TEST

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

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check");
    TCase *tests = tcase_create("analysis");
    tcase_add_test(tests, test_spread);
    tcase_add_test(tests, test_pace);
    tcase_add_test(tests, test_levels_and_rates);
    tcase_add_test(tests, test_recommended);
    tcase_add_test(tests, test_twins);
    tcase_add_test(tests, test_no_usable_row);
    suite_add_tcase(suite, tests);
    return suite;
}
