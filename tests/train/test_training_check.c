/* The line that training logs about its data. */
#include <stdio.h>
#include <string.h>

#include "base/logger.h"
#include "support/rows.h"
#include "support/suite.h"
#include "train/training_check.h"

static char logged[2048];

static void keep_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    ck_assert_int_eq(level, OSS_LOG_INFO);
    strcat(strcat(logged, line), "\n");
}

START_TEST(test_summary) {
    oss_config *config = oss_rows_config("{\"train_csv\": \"a.csv\", \"dev_csv\": \"b.csv\", "
                                         "\"ctc_subframes\": 1}");
    oss_manifest train = {0}, dev = {0};
    oss_rows_add(&train, 1, "hello", "x", 16000);
    oss_rows_add(&train, 2, "hello you there", "y", 16000); /* 13 frames for 16 */
    oss_rows_add(&train, 3, "hello", "x", 32000);
    train.row[0].sound.measure.hash = train.row[2].sound.measure.hash = 5;
    ck_assert_int_eq(oss_manifest_skip(&train, config, 0, 4, "gone.wav", OSS_SKIP_AUDIO, "is not there"),
                     OSS_OK);
    oss_rows_add(&dev, 1, "you", "y", 16000);
    dev.row[0].source = -1;
    logged[0] = '\0';
    oss_log_set(keep_line, NULL);
    ck_assert_int_eq(oss_training_check(&train, &dev, config, NULL), OSS_OK);
    oss_log_set(NULL, NULL);
    ck_assert_str_eq(
        logged, "check: train 3 of 4 rows usable, 0.00 h, 2 speakers; dev 1 of 1 rows usable, 0.00 h, 1 "
                "speaker; 1.0 to 2.0 s a row, median 1.0; 4.0 characters a second, 11 symbols. char with "
                "ctc_subframes 1: 1 of 3 train texts do not fit; char with 2: 0 (recommended). Findings: "
                "audio 1, infeasible 1, duplicate 1, speaker 1\n");
    oss_manifest_deinit(&train);
    oss_manifest_deinit(&dev);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train/training_check");
    TCase *tests = tcase_create("summary");
    tcase_add_test(tests, test_summary);
    suite_add_tcase(suite, tests);
    return suite;
}
