/* ossicle calibrate. What is fitted: tests/convert/test_confidence_fit.c; what words show: tests/infer. */
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

/* A CSV of `count` rows of three.wav ("a a a") with each of the texts. */
static char *write_csv(const oss_cli_case *c, const char *name, const char *const *text, int texts,
                       int count) {
    char *lines = calloc((size_t)(texts * count + 1), 64);
    strcat(lines, "wav,text\n");
    for (int i = 0; i < texts * count; i++) {
        strcat(strcat(strcat(lines, "three.wav,"), text[i % texts]), "\n");
    }
    oss_cli_case_write(c, name, lines);
    free(lines);
    return oss_tempdir_path(c->folder, name);
}

static double number_of(const char *json_text, const char *key) {
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, json_text, strlen(json_text), "output"), OSS_OK);
    const oss_json *value = oss_json_get(json, key);
    ck_assert_msg(oss_json_is(value, OSS_JSON_NUMBER), "%s", key);
    double number = oss_json_number(value);
    oss_json_free(json);
    return number;
}

/* Every word is "a", as sure as every other one; it is right in half of the rows. */
START_TEST(test_measured_and_written) {
    static const char *const text[] = {"a a a", "b b b"};
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_csv(&c, "rows.csv", text, 2, 40), *out = oss_tempdir_path(c.folder, "out.safetensors");
    char *words = oss_tempdir_path(c.folder, "words.tsv");
    oss_program_run run = oss_run_ossicle("calibrate", c.model, "--csv", csv, "--csv", csv, "-o", out,
                                          "--json", "--words", words, "--threads", "2");
    oss_program_expect(&run, 0);
    ck_assert_double_eq(number_of(run.out, "rows"), 160);
    ck_assert_double_eq(number_of(run.out, "words"), 480);
    ck_assert_double_eq(number_of(run.out, "right"), 0.5);
    ck_assert_double_eq_tol(number_of(run.out, "held_out_calibration_error"), 0.0, 0.02);
    oss_program_expect_err(&run, "too few to measure offsets");
    oss_program_run_deinit(&run);
    /* The weights and the rest are M's; what was measured is there. */
    oss_model *before = NULL, *after = NULL;
    ck_assert_int_eq(oss_model_load(&before, c.model), OSS_OK);
    ck_assert_int_eq(oss_model_load(&after, out), OSS_OK);
    ck_assert_mem_eq(after->value, before->value, before->params->floats * sizeof *before->value);
    ck_assert(after->calibration.has_confidence && !after->calibration.has_edges);
    after->calibration = (oss_calibration){0};
    char *again = oss_tempdir_path(c.folder, "again.safetensors");
    oss_cli_case_save(after, again);
    long bytes = 0, wanted_bytes = 0;
    char *got = oss_tempdir_read(again, &bytes), *wanted = oss_tempdir_read(c.model, &wanted_bytes);
    ck_assert_int_eq(bytes, wanted_bytes);
    ck_assert_mem_eq(got, wanted, (size_t)bytes);
    oss_model_free(before);
    oss_model_free(after);
    /* A second time the model as it is is as good as what is learnt. */
    run = oss_run_ossicle("calibrate", out, "--csv", csv);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "now 0.00");
    oss_program_run_deinit(&run);
    long length = 0;
    char *table = oss_tempdir_read(words, &length);
    static const char top[] = "wav\tstart\tend\tword\tright\tconfidence\theld_out\nthree.wav\t0.000\t";
    ck_assert_int_eq(strncmp(table, top, strlen(top)), 0);
    int lines = 0;
    for (const char *at = table; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    ck_assert_int_eq(lines, 481);
    free(table);
    free(got);
    free(wanted);
    free(again);
    free(words);
    free(out);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

/* Of a search's words alone; what the model held of others stays. The search hears "b b b", as sure as ever, right in a quarter. */
START_TEST(test_of_searches) {
    static const char *const text[] = {"b b b", "c c c", "a a a", "d d d"};
    oss_cli_case c = oss_cli_case_make();
    oss_model *model = NULL;
    char *csv = write_csv(&c, "rows.csv", text, 4, 20), *out = oss_tempdir_path(c.folder, "out.safetensors");
    char *lm = oss_tempdir_path(c.folder, "b.arpa");
    oss_cli_case_write(
        &c, "b.arpa",
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-0.1\tb\n\n\\end\\\n");
    ck_assert_int_eq(oss_model_load(&model, c.model), OSS_OK);
    oss_models_value(model, "head.bias", NULL)[oss_vocab_find(model->vocab, "b")] = 5.5F;
    model->calibration = (oss_calibration){
        .has_edges = true, .has_confidence = true, .edges = {0.5, 0.25}, .confidence = {.bias = -6.0}};
    oss_cli_case_save(model, c.model);
    oss_model_free(model);
    oss_program_run run =
        oss_run_ossicle("calibrate", c.model, "--csv", csv, "-o", out, "--lm", lm, "--beam", "16", "--json");
    oss_program_expect(&run, 0);
    char named[4096];
    (void)snprintf(named, sizeof named, "\"decoding\":{\"beam\":16,\"lm\":\"%s\",", lm);
    oss_program_expect_out(&run, named);
    ck_assert_double_eq(number_of(run.out, "right"), 0.25);
    ck_assert_double_eq_tol(number_of(run.out, "held_out_calibration_error"), 0.0, 0.02);
    ck_assert_double_gt(number_of(run.out, "calibration_error"), 0.05);
    oss_program_run_deinit(&run);
    ck_assert_int_eq(oss_model_load(&model, out), OSS_OK);
    ck_assert(model->calibration.has_search_confidence);
    ck_assert(model->calibration.has_confidence && model->calibration.confidence.bias == -6.0);
    ck_assert(model->calibration.has_edges && model->calibration.edges.onset_seconds == 0.5);
    oss_model_free(model);
    run = oss_run_ossicle("calibrate", out, "--csv", csv, "--lm", lm, "--beam", "16");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "now 0.0"); /* as good as what is learnt: it is heeded */
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", out, "--lm", lm, "--beam", "16", "--format", "json",
                          c.three);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\"text\": \"b b b\"");
    ck_assert_double_eq_tol(number_of(run.out, "confidence"), 0.25, 0.02);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("calibrate", c.model, "--csv", csv, "--lm-weight", "1");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--lm-weight goes with --lm");
    oss_program_run_deinit(&run);
    free(csv);
    free(out);
    free(lm);
    oss_cli_case_free(&c);
}
END_TEST

/* Speech of three.wav is at -9 dB of full scale: with what was measured of it, and not before, a recording at -29 dB is
 * quiet. */
START_TEST(test_usual_level) {
    static const char *const text[] = {"a a a", "b b b"};
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_csv(&c, "rows.csv", text, 2, 40), *out = oss_tempdir_path(c.folder, "out.safetensors");
    char *quiet = oss_tempdir_path(c.folder, "quiet.wav");
    oss_wav_write_tone(quiet, 0.2, 440.0, 0.05, 16000);
    oss_program_run run = oss_run_ossicle("calibrate", c.model, "--csv", csv, "-o", out, "--json");
    oss_program_expect(&run, 0);
    ck_assert_double_eq_tol(number_of(run.out, "speech_db"), -9.03, 0.05);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, quiet);
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.err, "raised"));
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", out, quiet);
    oss_program_expect(&run, 0);
    oss_program_expect_err(&run, "quiet, its speech is at -29.0 dB of full scale: raised by 20.0 dB");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("calibrate", c.model, "--csv", csv, "--keep-level", "--json");
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.out, "speech_db"));
    oss_program_run_deinit(&run);
    free(quiet);
    free(out);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

/* The same with any number of threads. */
START_TEST(test_threads_change_nothing) {
    static const char *const text[] = {"a a a", "b b b", "a", "c a c a"};
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_csv(&c, "rows.csv", text, 4, 20);
    oss_program_run wanted = oss_run_ossicle("calibrate", c.model, "--csv", csv, "--json", "--threads", "1");
    oss_program_expect(&wanted, 0);
    oss_program_run got = oss_run_ossicle("calibrate", c.model, "--csv", csv, "--json", "--threads", "3");
    oss_program_expect(&got, 0);
    ck_assert_str_eq(got.out, wanted.out);
    oss_program_run_deinit(&got);
    oss_program_run_deinit(&wanted);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_what_is_refused) {
    static const char *const text[] = {"a a a"};
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_csv(&c, "rows.csv", text, 1, 40);
    oss_program_run run = oss_run_ossicle("calibrate", c.model, "--csv", csv);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "120 words are right and 0 wrong");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("calibrate", c.model, "--csv", csv, "-o", c.model);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "which is read");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("calibrate", c.model, "--csv", csv, "--words", c.three);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("calibrate", c.model);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("calibrate", "--csv", csv);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

/* A row that is wrong is named, the rest is measured. */
START_TEST(test_bad_rows) {
    static const char *const text[] = {"a a a", "b b b"};
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_csv(&c, "rows.csv", text, 2, 40), *bad = oss_tempdir_path(c.folder, "bad.csv");
    oss_cli_case_write(&c, "bad.csv", "wav,text\nnowhere.wav,a\nthree.wav,a a\n");
    oss_program_run run = oss_run_ossicle("calibrate", c.model, "--csv", bad, "--csv", csv, "--json");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "bad.csv:2: row 1");
    ck_assert_double_eq(number_of(run.out, "rows"), 81);
    ck_assert_double_eq(number_of(run.out, "failed"), 1);
    oss_program_run_deinit(&run);
    free(bad);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/calibrate");
    TCase *all = tcase_create("calibrate");
    tcase_add_test(all, test_measured_and_written);
    tcase_add_test(all, test_of_searches);
    tcase_add_test(all, test_usual_level);
    tcase_add_test(all, test_threads_change_nothing);
    tcase_add_test(all, test_what_is_refused);
    tcase_add_test(all, test_bad_rows);
    suite_add_tcase(suite, all);
    return suite;
}
