/* ossicle eval: sums over a corpus, rows that fail, the table of hypotheses. */

#include "base/json.h"
#include "cli/cli_cases.h"
#include "kernel/ctc.h"
#include "support/suite.h"

/* The model says "a a a" to three.wav. */
static const char csv[] = "wav,text,speaker\n"
                          "three.wav,\"A  a\ta\",x\n" /* right, once normalised */
                          "three.wav,a b a,x\n"       /* a substitution */
                          "three.wav,a,x\n"           /* two insertions */
                          "three.wav,a b a b,x\n" /* a deletion... and 7 symbols do not fit into 6 frames */
                          "three.wav,,x\n"        /* three insertions */
                          "three.wav,aabbc,x\n";  /* 5 symbols, but 7 frames: two neighbours are equal */

static double field(const oss_json *json, const char *key) {
    const oss_json *value = oss_json_get(json, key);
    ck_assert_msg(oss_json_is(value, OSS_JSON_NUMBER), "%s is no number", key);
    return oss_json_number(value);
}

static oss_json *parse(const char *text) {
    oss_json *json = NULL;
    ck_assert_msg(oss_json_parse(&json, text, strlen(text), "output") == OSS_OK, "%s", oss_last_error());
    return json;
}

/* -ln p(label) for the model's six rows of logits: 6 for "a" (id 3) and " " (id 2) in turn. */
static double expected_nll(const int32_t *label, int32_t labels) {
    float logits[6 * 11] = {0};
    _Alignas(64) static unsigned char scratch[1 << 16];
    for (int t = 0; t < 6; t++) {
        logits[t * 11 + (t % 2 == 0 ? 3 : 2)] = 6.0F;
    }
    ck_assert_uint_le(oss_k_ctc_scratch_bytes(6, 11, labels), sizeof scratch);
    return oss_k_ctc(NULL, logits, 6, 11, label, labels, 0.0, scratch).nll;
}

static double expected_loss(void) {
    const int32_t a_a_a[] = {3, 2, 3, 2, 3}, a_b_a[] = {3, 2, 4, 2, 3}, a[] = {3};
    return (expected_nll(a_a_a, 5) / 5 + expected_nll(a_b_a, 5) / 5 + expected_nll(a, 1) +
            expected_nll(a, 0)) /
           4;
}

START_TEST(test_sums_over_the_corpus) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", csv);
    char *path = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--json");
    oss_program_expect(&run, 0);
    oss_json *json = parse(run.out);
    static const char *const fields[] = {
        "utterances", "words", "characters", "wer",           "cer",          "substitutions",   "deletions",
        "insertions", "loss",  "infeasible", "audio_seconds", "wall_seconds", "realtime_factor", "failed"};
    size_t at = 0;
    for (const oss_json *member = oss_json_first(json); member != NULL;
         member = oss_json_next(member), at++) {
        ck_assert_uint_lt(at, sizeof fields / sizeof *fields);
        ck_assert_str_eq(oss_json_key(member), fields[at]);
    }
    ck_assert_uint_eq(at, sizeof fields / sizeof *fields);
    ck_assert_double_eq(field(json, "utterances"), 6);
    ck_assert_double_eq(field(json, "words"), 3 + 3 + 1 + 4 + 1);
    ck_assert_double_eq(field(json, "characters"), 5 + 5 + 1 + 7 + 5);
    ck_assert_double_eq(field(json, "substitutions"), 3);
    ck_assert_double_eq(field(json, "deletions"), 1);
    ck_assert_double_eq(field(json, "insertions"), 7);
    ck_assert_double_eq_tol(field(json, "wer"), 11.0 / 12.0, 1e-12);
    ck_assert_double_eq_tol(field(json, "cer"), (0 + 1 + 4 + 3 + 5 + 4) / 23.0, 1e-12);
    ck_assert_double_eq(field(json, "infeasible"), 2);
    ck_assert_double_eq(field(json, "failed"), 0);
    ck_assert_double_eq_tol(field(json, "audio_seconds"), 6 * 0.16, 1e-9);
    ck_assert_double_gt(field(json, "wall_seconds"), 0);
    ck_assert_double_eq_tol(field(json, "realtime_factor"), 0.96 / field(json, "wall_seconds"), 1e-6);
    ck_assert_double_eq_tol(field(json, "loss"), expected_loss(), 1e-5);
    oss_program_expect_err(&run, "row 4: three.wav: its text needs 7 frames and the audio gives 6");
    oss_json_free(json);
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_table_for_people) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", csv);
    char *path = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "91.67 %  3 substitutions, 1 deletions, 7 insertions in 12 words\n");
    oss_program_expect_out(&run, "infeasible              2\n");
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_hypotheses) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", "text,wav\na b a,three.wav\n\"x\",\"th\tree.wav\"\n");
    char *path = oss_tempdir_path(c.folder, "set.csv");
    char *odd = oss_tempdir_path(c.folder, "th\tree.wav");
    char *hyp = oss_tempdir_path(c.folder, "hyp.tsv");
    ck_assert_int_eq(rename(c.five, odd), 0);
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--hyp", hyp);
    oss_program_expect(&run, 0);
    char *text = oss_tempdir_read(hyp, NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, "wav\tref\thyp\tS\tD\tI\n"
                           "three.wav\ta b a\ta a a\t1\t0\t0\n"
                           "th\\tree.wav\tx\ta a a a a a\t1\t0\t5\n");
    ck_assert(!oss_tempdir_has(c.folder, ".tmp-"));
    oss_program_run_deinit(&run);
    free(text);
    free(hyp);
    free(odd);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_rows_that_fail_are_named_and_the_rest_scored) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv",
                       "wav,text,start,end\n"
                       "three.wav,a a a,,\n"
                       "gone.wav,a,,\n"
                       "three.wav,a\n"
                       "three.wav,a,0.1,0.05\n"
                       "five.wav,a a a,0,0.16\n");
    char *path = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--json");
    oss_program_expect(&run, 1);
    oss_json *json = parse(run.out);
    ck_assert_double_eq(field(json, "utterances"), 2);
    ck_assert_double_eq(field(json, "failed"), 3);
    ck_assert_double_eq(field(json, "wer"), 0);
    ck_assert_double_eq_tol(field(json, "audio_seconds"), 0.32, 1e-9);
    oss_program_expect_err(&run, "set.csv:3: row 2: ");
    oss_program_expect_err(&run, "gone.wav");
    oss_program_expect_err(&run, "set.csv:4: row 3: ");
    oss_program_expect_err(&run, "set.csv:5: row 4: ");
    oss_json_free(json);
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_no_row_could_be_scored) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", _i == 0 ? "wav,text\n" : "wav,text\ngone.wav,a\n");
    char *path = oss_tempdir_path(c.folder, "set.csv");
    char *hyp = oss_tempdir_path(c.folder, "hyp.tsv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--hyp", hyp);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, _i == 0 ? "has no rows" : "no row could be scored");
    ck_assert_str_eq(run.out, "");
    ck_assert(!oss_tempdir_has(c.folder, "hyp.tsv"));
    oss_program_run_deinit(&run);
    free(hyp);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_csv_that_is_none) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", "sound,words\nthree.wav,a\n");
    char *path = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "\"sound\", \"words\"");
    oss_program_expect_err(&run, "wav|audio|path|wav_filename");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("eval", "--model", c.model, "--csv", "/nowhere/set.csv");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "/nowhere/set.csv");
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_hypotheses_that_cannot_be_written) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", csv);
    char *path = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run =
        oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--hyp", "/nowhere/hyp.tsv");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "/nowhere/hyp.tsv");
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

/* A file opened under the number of a closed stream would receive what is meant for that stream. */
START_TEST(test_closed_streams_write_into_no_file) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", "wav,text\ngone.wav,a\nthree.wav,a a a\n");
    char *path = oss_tempdir_path(c.folder, "set.csv");
    char *hyp = oss_tempdir_path(c.folder, "hyp.tsv");
    char *program = oss_program_path("ossicle");
    const char *const words[] = {"/bin/sh", "-c",    "exec \"$@\" >&- 2>&-",
                                 "sh",      program, "eval",
                                 "--model", c.model, "--csv",
                                 path,      "--hyp", hyp,
                                 NULL};
    oss_program_run run = oss_program_start(words, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 3);
    char *text = oss_tempdir_read(hyp, NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, "wav\tref\thyp\tS\tD\tI\nthree.wav\ta a a\ta a a\t0\t0\t0\n");
    oss_program_run_deinit(&run);
    free(text);
    free(program);
    free(hyp);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_nobody_reads_the_result) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", csv);
    char *path = oss_tempdir_path(c.folder, "set.csv");
    const char *const words[] = {"eval", "--model", c.model, "--csv", path, NULL};
    oss_program_run run = oss_program_run_words(OSS_STDOUT_FULL, words);
    oss_program_expect(&run, 4);
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

/* 60 rows: more than any batch of theirs. Rows 13, 26... are gone; the others' lengths and texts differ. */
static void write_many_rows(const oss_cli_case *c) {
    char text[8192] = "wav,text,start,end\n";
    for (int i = 1; i <= 60; i++) {
        char row[128];
        snprintf(row, sizeof row, "%s,%.*s,0,0.%02d\n", i % 13 == 0 ? "gone.wav" : "five.wav", i % 9,
                 "a b c d e", 5 + i % 35);
        strcat(text, row);
    }
    oss_cli_case_write(c, "set.csv", text);
}

/* A random model, and set.csv of many rows. */
static oss_cli_case make_case_of_many_rows(void) {
    oss_cli_case c = oss_cli_case_make();
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_cli_case_save(model, c.model);
    oss_model_free(model);
    write_many_rows(&c);
    return c;
}

/* The same numbers to the last digit, and the same rows in the same order, with any number of threads. */
START_TEST(test_threads) {
    static const char *const threads[] = {"1", "2", "5"};
    oss_cli_case c = make_case_of_many_rows();
    char *path = oss_tempdir_path(c.folder, "set.csv");
    char *hyp = oss_tempdir_path(c.folder, "hyp.tsv");
    char *first_hyp = NULL, *first_err = NULL;
    double first_loss = 0;
    for (int i = 0; i < 3; i++) {
        oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--json",
                                              "--threads", threads[i], "--hyp", hyp);
        oss_program_expect(&run, 1);
        oss_json *json = parse(run.out);
        ck_assert_double_eq(field(json, "utterances"), 56);
        ck_assert_double_eq(field(json, "failed"), 4);
        char *text = oss_tempdir_read(hyp, NULL);
        if (i == 0) {
            first_hyp = text;
            first_err = strdup(run.err);
            first_loss = field(json, "loss");
        } else {
            ck_assert_str_eq(text, first_hyp);
            ck_assert_str_eq(run.err, first_err);
            ck_assert(field(json, "loss") == first_loss);
            free(text);
        }
        oss_json_free(json);
        oss_program_run_deinit(&run);
    }
    free(first_hyp);
    free(first_err);
    free(hyp);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

static double read_loss(const oss_cli_case *c, const char *path, const char *chunk, const char *left,
                        const char *threads) {
    oss_program_run run =
        oss_run_ossicle("eval", "--model", c->model, "--csv", path, "--json", "--chunk-seconds", chunk,
                        "--left-seconds", left, "--threads", threads);
    oss_program_expect(&run, 1); /* some rows are no recordings */
    oss_program_expect_err(&run, "\"mel_norm\": \"utterance\"");
    oss_json *json = parse(run.out);
    double loss = field(json, "loss");
    oss_json_free(json);
    oss_program_run_deinit(&run);
    return loss;
}

/* Both limits reach the scores, on every thread; a chunk of all is the whole. */
START_TEST(test_chunks) {
    oss_cli_case c = make_case_of_many_rows();
    char *path = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--json");
    oss_json *json = parse(run.out);
    double whole = field(json, "loss"), limited = read_loss(&c, path, "0.08", "0.08", "1");
    ck_assert(read_loss(&c, path, "60", "0", "1") == whole);
    ck_assert(limited != whole);
    ck_assert(read_loss(&c, path, "0.08", "0.08", "3") == limited);
    ck_assert(read_loss(&c, path, "0.08", "0", "1") != limited);
    oss_program_run_deinit(&run);
    oss_json_free(json);
    run = oss_run_ossicle("eval", "--model", c.model, "--csv", path, "--json", "--chunk-seconds", "0.08");
    json = parse(run.out);
    ck_assert(read_loss(&c, path, "0.08", "3600", "1") == field(json, "loss"));
    oss_json_free(json);
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/eval");
    TCase *scores = tcase_create("scores");
    tcase_add_test(scores, test_sums_over_the_corpus);
    tcase_add_test(scores, test_table_for_people);
    tcase_add_test(scores, test_hypotheses);
    tcase_add_test(scores, test_threads);
    tcase_add_test(scores, test_chunks);
    TCase *fails = tcase_create("fails");
    tcase_add_test(fails, test_rows_that_fail_are_named_and_the_rest_scored);
    tcase_add_loop_test(fails, test_no_row_could_be_scored, 0, 2);
    tcase_add_test(fails, test_csv_that_is_none);
    tcase_add_test(fails, test_hypotheses_that_cannot_be_written);
    tcase_add_test(fails, test_closed_streams_write_into_no_file);
    tcase_add_test(fails, test_nobody_reads_the_result);
    suite_add_tcase(suite, scores);
    suite_add_tcase(suite, fails);
    return suite;
}
