#include "train/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/logger.h"
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

/* Everything that was written to metrics.jsonl is in it or in the file beside it. */
static void assert_texts(const fixture *f, const char *kept, const char *aside) {
    char *beside = oss_tempdir_path(f->folder, "metrics.superseded.jsonl");
    char *text = oss_tempdir_read(f->path, NULL), *moved = oss_tempdir_read(beside, NULL);
    ck_assert_str_eq(text, kept);
    ck_assert_msg(aside == NULL ? moved == NULL : moved != NULL && strcmp(moved, aside) == 0, "%s",
                  moved == NULL ? "nothing was moved" : moved);
    free(text);
    free(moved);
    free(beside);
}

START_TEST(test_resume_moves_what_is_done_again) {
    fixture f;
    make(&f);
    for (int64_t step = 1; step <= 6; step++) {
        add_step(f.metrics, step, 1.0);
    }
    add_eval(f.metrics, 6);
    add_step(f.metrics, 7, 1.0);
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    char *beside = oss_tempdir_path(f.folder, "metrics.superseded.jsonl");
    static const struct {
        int64_t step;
        int32_t kept, moved; /* lines */
    } round[] = {{7, 8, -1}, {6, 7, 1}, {4, 4, 4}, {-1, 0, 8}};
    for (size_t i = 0; i < sizeof round / sizeof round[0]; i++) {
        oss_metrics_free(f.metrics);
        ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, round[i].step), OSS_OK);
        ck_assert_int_eq(count_lines(f.path), round[i].kept);
        if (round[i].moved >= 0) {
            ck_assert_int_eq(count_lines(beside), round[i].moved);
        }
    }
    add_step(f.metrics, 5, 2.0);
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    ck_assert_int_eq(count_lines(f.path), 1);
    free(beside);
    clear(&f);
}
END_TEST

#define STEP(number) "{\"kind\":\"train\",\"step\":" #number "}\n"

/* What an editor, another program or a kill in the middle of a write leaves; the run goes on from step 5. */
static const struct {
    const char *text, *kept, *aside; /* aside NULL: none */
} damaged[] = {
    {STEP(1) "{\"kind\":\"train\",\"step\":2,\"lo", STEP(1), "{\"kind\":\"train\",\"step\":2,\"lo\n"},
    {STEP(1) "{\"kind\":\"train\",\"step\":2}", STEP(1) STEP(2), NULL},
    {STEP(1) "\n", STEP(1), "\n"},
    {STEP(1) "junk\n" STEP(6), STEP(1), "junk\n" STEP(6)},
    {STEP(1) "junk\n" STEP(2), STEP(1) "junk\n" STEP(2), NULL},
    {STEP(1) "\n" STEP(2) STEP(6) "junk\n" STEP(7), STEP(1) "\n" STEP(2), STEP(6) "junk\n" STEP(7)},
    {STEP(1) STEP(9) STEP(2) STEP(6) "{\"ki", STEP(1) STEP(9) STEP(2), STEP(6) "{\"ki\n"},
    {"[1]\n{}\n{\"step\":\"x\"}\n" STEP(5), "[1]\n{}\n{\"step\":\"x\"}\n" STEP(5), NULL},
    {STEP(6), "", STEP(6)},
};

START_TEST(test_damaged_lines_stay) {
    fixture f;
    make(&f);
    oss_tempdir_write(f.path, damaged[_i].text, (long)strlen(damaged[_i].text));
    for (int round = 0; round < 2; round++) { /* the second finds nothing more to do */
        oss_metrics_free(f.metrics);
        ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, 5), OSS_OK);
        assert_texts(&f, damaged[_i].kept, damaged[_i].aside);
    }
    clear(&f);
}
END_TEST

static char heard[2000];

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", line);
}

START_TEST(test_damaged_lines_are_named) {
    fixture f;
    make(&f);
    static const char text[] = STEP(1) "\n" STEP(2) "junk\n" STEP(3);
    oss_tempdir_write(f.path, text, (long)strlen(text));
    oss_metrics_free(f.metrics);
    oss_log_set(hear, NULL);
    ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, 2), OSS_OK);
    oss_log_set(NULL, NULL);
    ck_assert_msg(strstr(heard, "lines that cannot be understood: 2, the first is line 2") != NULL, "%s",
                  heard);
    ck_assert_msg(strstr(heard, "what follows step 2 (line 4 to the end)") != NULL, "%s", heard);
    clear(&f);
}
END_TEST

/* A file of more than 2^31 bytes with a hole in it: neither its size nor a line of that length stops a resume, and
 * memory does not follow it. */
START_TEST(test_a_huge_file) {
    static const char first[] = STEP(1), last[] = "\n" STEP(2);
    const off_t hole = (off_t)1 << 31;
    fixture f;
    make(&f);
    oss_tempdir_write(f.path, first, (long)strlen(first));
    oss_metrics_free(f.metrics);
    int fd = open(f.path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, last, strlen(last), hole), (ssize_t)strlen(last));
    ck_assert_int_eq(close(fd), 0);
    struct rusage before, after;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
    ck_assert_int_eq(oss_metrics_create(&f.metrics, f.path, 2), OSS_OK);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 16 << 10);
    add_step(f.metrics, 3, 1.0);
    ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    struct stat info;
    ck_assert_int_eq(stat(f.path, &info), 0);
    ck_assert_int_gt(info.st_size, hole + (off_t)strlen(last));
    clear(&f);
}
END_TEST

/* Whatever call fails, no line is lost; what may be there twice is in the file beside it. */
START_TEST(test_no_failure_loses_a_line) {
    fixture f;
    make(&f);
    char *beside = oss_tempdir_path(f.folder, "metrics.superseded.jsonl");
    static const char kept[] = STEP(1) STEP(2), moved[] = STEP(3) STEP(4);
    char text[400];
    snprintf(text, sizeof text, "%s%s", kept, moved);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        (void)unlink(beside);
        oss_tempdir_write(f.path, text, (long)strlen(text));
        oss_metrics_free(f.metrics);
        f.metrics = NULL;
        oss_faults_fail_from(_i == 0 ? OSS_CALL_ANY_CHANGE : OSS_CALL_ANY_FILE, k, EIO);
        oss_status status = oss_metrics_create(&f.metrics, f.path, 2);
        bool fired = oss_faults_clear();
        char *now = oss_tempdir_read(f.path, NULL), *aside = oss_tempdir_read(beside, NULL);
        bool is_cut = strcmp(now, kept) == 0;
        ck_assert_msg(is_cut || strcmp(now, text) == 0, "call %d: %s", (int)k, now);
        ck_assert_msg(aside != NULL ? strcmp(aside, moved) == 0 : !is_cut, "call %d: %s", (int)k, now);
        free(now);
        free(aside);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
    }
    oss_faults_remove();
    free(beside);
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

/* What a full disk kept out is written once there is room again, and once. */
START_TEST(test_a_failed_flush_is_made_up_for) {
    fixture f;
    make(&f);
    add_step(f.metrics, 1, 2.0);
    oss_faults_install();
    oss_faults_fail(OSS_CALL_WRITE, 1, ENOSPC);
    ck_assert_int_ne(oss_metrics_flush(f.metrics), OSS_OK);
    ck_assert(oss_faults_clear());
    oss_faults_remove();
    add_step(f.metrics, 2, 1.0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(oss_metrics_flush(f.metrics), OSS_OK);
    }
    char *text = oss_tempdir_read(f.path, NULL);
    for (int32_t i = 0; i < 2; i++) {
        oss_json *line = parse_line(text, i);
        ck_assert_double_eq(number_of(line, "step"), i + 1);
        oss_json_free(line);
    }
    ck_assert_str_eq(strchr(strchr(text, '\n') + 1, '\n'), "\n");
    free(text);
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("metrics");
    TCase *all = tcase_create("metrics");
    tcase_add_test(all, test_lines);
    tcase_add_test(all, test_resume_moves_what_is_done_again);
    tcase_add_loop_test(all, test_damaged_lines_stay, 0, (int)(sizeof damaged / sizeof damaged[0]));
    tcase_add_test(all, test_damaged_lines_are_named);
    tcase_add_test(all, test_a_huge_file);
    tcase_add_loop_test(all, test_no_failure_loses_a_line, 0, 2);
    tcase_add_test(all, test_failures_are_told);
    tcase_add_test(all, test_a_failed_flush_is_made_up_for);
    suite_add_tcase(suite, all);
    return suite;
}
