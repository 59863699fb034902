#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static void add_step(oss_metrics *metrics, int64_t step, double loss) {
    const oss_step_result result = {
        .utterances = 4, .audio_seconds = 8.0, .loss = loss, .grad_norm = 0.5, .blank_fraction = 0.75};
    const oss_step_record record = {.step = step,
                                    .epoch = 2,
                                    .lr = 1e-3,
                                    .wall_seconds = 0.5,
                                    .wait_seconds = 0.125,
                                    .result = &result,
                                    .gradient = {0.25, 1.5}};
    oss_metrics_add_step(metrics, &record);
}

static void add_skip(oss_metrics *metrics, int64_t step) {
    oss_step_result result = {.utterances = 4, .audio_seconds = 8.0, .skipped = "the loss is not finite"};
    strcpy(result.culprits, "a.csv row 3 (\"x\".wav)");
    const oss_step_record record = {.step = step, .wall_seconds = 0.5, .result = &result};
    oss_metrics_add_step(metrics, &record);
}

static void add_eval(oss_metrics *metrics, int64_t step) {
    oss_row row = {.csv.wav = (char *)"w.wav", .csv.text = (char *)"said"};
    oss_eval eval = {.utterances = 3, .loss = NAN, .cer = 0.5, .wer = 1.0, .samples = 1};
    eval.sample[0] = (oss_eval_sample){.row = &row, .hypothesis = (char *)"heard"};
    oss_metrics_add_eval(metrics, step, &eval, true);
}

typedef struct fixture {
    char *folder, *path;
    oss_metrics *metrics;
} fixture;

static void make(fixture *f) {
    f->folder = oss_tempdir_make();
    f->path = oss_tempdir_path(f->folder, "metrics.jsonl");
    f->metrics = NULL;
    ck_assert_int_eq(oss_metrics_create(&f->metrics, f->path, -1), OSS_OK);
}

static void clear(fixture *f) {
    oss_metrics_free(f->metrics);
    free(f->path);
    oss_tempdir_remove(f->folder);
}

static oss_json *parse_line(const char *text, int32_t number) {
    for (int32_t i = 0; i < number; i++) {
        text = strchr(text, '\n') + 1;
    }
    oss_json *line = NULL;
    ck_assert_msg(oss_json_parse(&line, text, strcspn(text, "\n"), "line") == OSS_OK, "%s", oss_last_error());
    return line;
}

static double number_of(const oss_json *line, const char *key) {
    double value = 0;
    ck_assert_msg(oss_json_get_number(line, key, &value) == OSS_OK, "%s", oss_last_error());
    return value;
}

START_TEST(test_lines) {
    fixture f;
    make(&f);
    add_step(f.metrics, 1, 3.5);
    add_skip(f.metrics, 2);
    add_eval(f.metrics, 2);
    oss_metrics_add_course(f.metrics, &(oss_course_report){2, OSS_COURSE_PLATEAU, 3.25, 3.0, 1.0, false});
    char *nothing = oss_tempdir_read(f.path, NULL);
    ck_assert_ptr_null(nothing); /* lines gather until they are flushed */
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    char *text = oss_tempdir_read(f.path, NULL);
    oss_json *line = parse_line(text, 0);
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "kind")), "train");
    ck_assert(number_of(line, "step") == 1 && number_of(line, "loss") == 3.5 &&
              number_of(line, "grad_norm") == 0.5);
    ck_assert_double_eq(number_of(line, "realtime_factor"), 16);
    ck_assert(number_of(line, "grad_usual") == 0.25 && number_of(line, "grad_score") == 1.5 &&
              number_of(line, "blank_fraction") == 0.75);
    ck_assert_double_eq(number_of(line, "wait_seconds"), 0.125);
    ck_assert_double_eq(number_of(line, "wait_fraction"), 0.25);
    oss_json_free(line);
    line = parse_line(text, 1);
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "kind")), "skip");
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "reason")), "the loss is not finite");
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "rows")), "a.csv row 3 (\"x\".wav)");
    oss_json_free(line);
    line = parse_line(text, 2);
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "kind")), "eval");
    ck_assert(oss_json_is(oss_json_get(line, "loss"), OSS_JSON_NULL)); /* JSON has no NaN */
    ck_assert(number_of(line, "cer") == 0.5 && oss_json_bool(oss_json_get(line, "best")));
    const oss_json *sample = oss_json_first(oss_json_get(line, "samples"));
    ck_assert_str_eq(oss_json_string(oss_json_get(sample, "hypothesis")), "heard");
    oss_json_free(line);
    line = parse_line(text, 3);
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "kind")), "course");
    ck_assert_str_eq(oss_json_string(oss_json_get(line, "course")), "plateau");
    ck_assert(number_of(line, "loss") == 3.25 && number_of(line, "plateau_loss") == 3.0 &&
              number_of(line, "blank_fraction") == 1.0);
    oss_json_free(line);
    free(text);
    clear(&f);
}
END_TEST

static int32_t count_lines(const char *path) {
    char *text = oss_tempdir_read(path, NULL);
    int32_t lines = 0;
    for (const char *at = text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    ck_assert(text[0] == '\0' || text[strlen(text) - 1] == '\n');
    free(text);
    return lines;
}

START_TEST(test_resume_cuts) {
    fixture f;
    make(&f);
    for (int64_t step = 1; step <= 6; step++) {
        add_step(f.metrics, step, 1.0);
    }
    add_eval(f.metrics, 6);
    add_step(f.metrics, 7, 1.0);
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    oss_metrics_free(f.metrics);
    ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, 6), OSS_OK);
    ck_assert_int_eq(count_lines(f.path), 7); /* steps 1 to 6 and the evaluation */
    oss_metrics_free(f.metrics);
    ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, 4), OSS_OK);
    ck_assert_int_eq(count_lines(f.path), 4);
    add_step(f.metrics, 5, 2.0);
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    ck_assert_int_eq(count_lines(f.path), 5);
    oss_metrics_free(f.metrics);
    ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, -1), OSS_OK);
    ck_assert_int_eq(count_lines(f.path), 0);
    clear(&f);
}
END_TEST

/* What a kill in the middle of a write leaves. */
START_TEST(test_torn_lines_go) {
    static const char *const torn[] = {"{\"kind\":\"train\",\"step\":2,\"lo",
                                       "{\"kind\":\"train\",\"step\":2}", "\n", "junk\n"};
    fixture f;
    make(&f);
    char text[200] = "{\"kind\":\"train\",\"step\":1}\n";
    strcat(text, torn[_i]);
    oss_tempdir_write(f.path, text, (long)strlen(text));
    oss_metrics_free(f.metrics);
    ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, 5), OSS_OK);
    ck_assert_int_eq(count_lines(f.path), 1);
    clear(&f);
}
END_TEST

START_TEST(test_failures_are_told) {
    fixture f;
    make(&f);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        add_step(f.metrics, 1, 1.0);
        bool fired = oss_faults_clear();
        if (!fired) {
            break;
        }
        ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_ENOMEM);
        oss_metrics_free(f.metrics);
        ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, -1), OSS_OK);
    }
    oss_faults_disk_full_after(10);
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_ENOSPC);
    (void)oss_faults_clear();
    oss_faults_remove();
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("metrics");
    TCase *all = tcase_create("metrics");
    tcase_add_test(all, test_lines);
    tcase_add_test(all, test_resume_cuts);
    tcase_add_loop_test(all, test_torn_lines_go, 0, 4);
    tcase_add_test(all, test_failures_are_told);
    suite_add_tcase(suite, all);
    return suite;
}
