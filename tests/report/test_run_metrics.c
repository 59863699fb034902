/* metrics.jsonl, read back: sums over lines, the best and the last score, and lines that are none. */
#include "report/run_metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

#define STEP_1                                                                                               \
    "{\"kind\":\"train\",\"step\":1,\"epoch\":0,\"loss\":4.5,\"audio_seconds\":8,\"wall_seconds\":0.5,\"wait_seconds\":0.25}\n"
#define STEP_2                                                                                               \
    "{\"kind\":\"train\",\"step\":2,\"epoch\":1,\"loss\":3.5,\"audio_seconds\":16,\"wall_seconds\":0.25,\"wait_seconds\":0}\n"
#define SKIP_3                                                                                               \
    "{\"kind\":\"skip\",\"step\":3,\"epoch\":1,\"reason\":\"the loss is not finite\",\"audio_seconds\":4,\"wall_seconds\":0.125}\n"
#define EVAL_2                                                                                               \
    "{\"kind\":\"eval\",\"step\":2,\"loss\":2.5,\"cer\":0.5,\"wer\":0.75,\"best\":true,\"wall_seconds\":1}\n"
#define EVAL_3                                                                                               \
    "{\"kind\":\"eval\",\"step\":3,\"loss\":null,\"cer\":0.625,\"wer\":1,\"best\":false,\"wall_seconds\":2}\n"
#define COURSE "{\"kind\":\"course\",\"step\":3,\"course\":\"plateau\",\"loss\":3,\"plateau_loss\":3}\n"

static oss_run_metrics parse(const char *text, int64_t from) {
    oss_run_metrics m;
    ck_assert_int_eq(oss_run_metrics_parse(&m, text, strlen(text), from), OSS_OK);
    return m;
}

START_TEST(test_sums_and_scores) {
    oss_run_metrics m = parse(STEP_1 STEP_2 EVAL_2 SKIP_3 EVAL_3 COURSE, 0);
    ck_assert_int_eq(m.lines, 6);
    ck_assert_int_eq(m.lines_skipped, 0);
    ck_assert_int_eq(m.step, 3);
    ck_assert_int_eq(m.epoch, 1);
    ck_assert_int_eq(m.skipped_steps, 1);
    ck_assert_int_eq(m.evals, 2);
    ck_assert_double_eq(m.loss, 3.5); /* of the last step that had one */
    ck_assert_double_eq(m.audio_seconds, 28);
    ck_assert_double_eq(m.train_seconds, 0.875);
    ck_assert_double_eq(m.wait_seconds, 0.25);
    ck_assert_double_eq(m.eval_seconds, 3);
    ck_assert_int_eq(m.best.step, 2);
    ck_assert_double_eq(m.best.cer, 0.5);
    ck_assert_double_eq(m.best.wer, 0.75);
    ck_assert_double_eq(m.best.loss, 2.5);
    ck_assert_int_eq(m.last.step, 3);
    ck_assert_double_eq(m.last.cer, 0.625);
    ck_assert(isnan(m.last.loss));
    ck_assert_str_eq(m.course, "plateau");
}
END_TEST

START_TEST(test_from_a_step_on) {
    oss_run_metrics m = parse(STEP_1 STEP_2 EVAL_2 SKIP_3 EVAL_3, 3);
    ck_assert_int_eq(m.lines, 2);
    ck_assert_int_eq(m.lines_skipped, 0);
    ck_assert_double_eq(m.audio_seconds, 4);
    ck_assert_double_eq(m.train_seconds, 0.125);
    ck_assert_int_eq(m.evals, 1);
    ck_assert_int_eq(m.best.step, 0);
    ck_assert(isnan(m.best.cer));
}
END_TEST

START_TEST(test_nothing) {
    oss_run_metrics m = parse("", 0);
    ck_assert_int_eq(m.lines + m.lines_skipped + m.step + m.evals + m.best.step + m.last.step, 0);
    ck_assert(isnan(m.loss) && isnan(m.best.cer) && isnan(m.last.wer));
    ck_assert_str_eq(m.course, "");
}
END_TEST

/* Every one of them is skipped, and what stands around it counts. */
static const char *const bad_lines[] = {
    "\n",
    "   \n",
    "{\"kind\":\"train\",\"step\":7,\"audio_seco\n", /* cut off */
    "not JSON\n",
    "[1,2]\n",
    "7\n",
    "null\n",
    "{}\n",
    "{\"kind\":\"train\"}\n",
    "{\"kind\":\"train\",\"step\":\"7\"}\n",
    "{\"kind\":\"train\",\"step\":1.5}\n",
    "{\"kind\":\"train\",\"step\":-1}\n",
    "{\"kind\":7,\"step\":7}\n",
    "{\"kind\":\"epoch\",\"step\":7}\n",
    "{\"kind\":\"eval\",\"step\":7,\"cer\":null}\n",
    "{\"kind\":\"course\",\"step\":7}\n",
    "{\"kind\":\"train\",\"step\":7,\"step\":8}\n",
    "{\"kind\":\"train\",\"step\":7,\"x\":\"\xff\"}\n",
};
enum { BAD_LINES = sizeof bad_lines / sizeof *bad_lines };

START_TEST(test_a_bad_line_is_skipped_and_counted) {
    char text[2000] = STEP_1;
    strcat(text, bad_lines[_i]);
    strcat(text, STEP_2);
    oss_run_metrics m = parse(text, 0);
    ck_assert_int_eq(m.lines, 2);
    ck_assert_int_eq(m.lines_skipped, 1);
    ck_assert_int_eq(m.first_skipped, 2);
    ck_assert_int_eq(m.step, 2);
    ck_assert_double_eq(m.audio_seconds, 24);
}
END_TEST

START_TEST(test_nul_bytes_and_a_last_line_without_an_end) {
    static const char text[] = STEP_1 "\0\0\0\n" STEP_2 "{\"kind\":\"train\",\"step\":3";
    oss_run_metrics m;
    ck_assert_int_eq(oss_run_metrics_parse(&m, text, sizeof text - 1, 0), OSS_OK);
    ck_assert_int_eq(m.lines, 2);
    ck_assert_int_eq(m.lines_skipped, 2);
    ck_assert_int_eq(m.first_skipped, 2);
    m = parse("{\"kind\":\"train\",\"step\":3}", 0); /* whole, though its newline is missing */
    ck_assert_int_eq(m.lines, 1);
    ck_assert_int_eq(m.step, 3);
}
END_TEST

/* What is not a number counts as none. */
START_TEST(test_values_of_other_types) {
    oss_run_metrics m = parse("{\"kind\":\"train\",\"step\":3,\"loss\":\"low\",\"audio_seconds\":null,"
                              "\"wall_seconds\":-4,\"epoch\":-1}\n",
                              0);
    ck_assert_int_eq(m.lines, 1);
    ck_assert(isnan(m.loss));
    ck_assert_double_eq(m.audio_seconds + m.train_seconds + m.wait_seconds, 0);
    ck_assert_int_eq(m.epoch, 0);
    m = parse("{\"kind\":\"course\",\"step\":3,\"course\":\"a word that is far too long\"}\n", 0);
    ck_assert_str_eq(m.course, "a word that is ");
}
END_TEST

START_TEST(test_files) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "metrics.jsonl");
    oss_run_metrics m = {.lines = 77};
    ck_assert_int_ne(oss_run_metrics_read(&m, path, 0), OSS_OK);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    ck_assert_int_eq(m.lines, 77);
    oss_tempdir_write(path, STEP_1 STEP_2, (long)strlen(STEP_1 STEP_2));
    ck_assert_int_eq(oss_run_metrics_read(&m, path, 0), OSS_OK);
    ck_assert_int_eq(m.lines, 2);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

/* A line that memory is too short for is not a line that is bad. */
START_TEST(test_memory) {
    static const char text[] = STEP_1 EVAL_2 COURSE;
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_run_metrics m = {.lines = 77};
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_run_metrics_parse(&m, text, sizeof text - 1, 0);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert_int_eq(m.lines, fired ? 77 : 3);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 1);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("report/metrics");
    TCase *lines = tcase_create("lines");
    tcase_add_test(lines, test_sums_and_scores);
    tcase_add_test(lines, test_from_a_step_on);
    tcase_add_test(lines, test_nothing);
    tcase_add_loop_test(lines, test_a_bad_line_is_skipped_and_counted, 0, BAD_LINES);
    tcase_add_test(lines, test_nul_bytes_and_a_last_line_without_an_end);
    tcase_add_test(lines, test_values_of_other_types);
    tcase_add_test(lines, test_files);
    tcase_add_test(lines, test_memory);
    suite_add_tcase(suite, lines);
    return suite;
}
