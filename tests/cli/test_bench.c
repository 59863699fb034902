/* ossicle bench: every number that is promised, of a small model; what is refused. Speed itself is not
 * tested: it is the machine's. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/models.h"
#include "support/program.h"
#include "support/suite.h"
#include "support/tempdir.h"

static double get_number(const oss_json *object, const char *key) {
    double value = 0;
    ck_assert_msg(oss_json_get_number(object, key, &value) == OSS_OK, "%s", oss_last_error());
    return value;
}

/* realtime_factor and gflops follow from the median; nothing is faster than the peak. */
static void check_numbers(const oss_json *item, double audio_seconds, const char *name) {
    double median_ms = get_number(item, "median_ms"), gflops = get_number(item, "gflops");
    ck_assert_msg(median_ms > 0 && gflops > 0, "%s: %g ms, %g GFLOP/s", name, median_ms, gflops);
    ck_assert_double_eq_tol(get_number(item, "realtime_factor") * median_ms * 1e-3, audio_seconds,
                            1e-6 * audio_seconds);
    double fraction = get_number(item, "fraction_of_peak");
    ck_assert_msg(fraction > 0 && fraction < 1.2, "%s: %g of the peak", name, fraction);
}

static void check_part(const oss_json *root, const char *name, double audio_seconds, size_t cases) {
    const oss_json *part = NULL, *list = NULL;
    ck_assert_msg(oss_json_get_object(root, name, &part) == OSS_OK, "%s", oss_last_error());
    check_numbers(part, audio_seconds, name);
    ck_assert_double_gt(get_number(part, "peak_rss_mib"), 1);
    ck_assert_int_eq(oss_json_get_array(part, "cases", &list), OSS_OK);
    ck_assert_uint_eq(oss_json_count(list), cases);
    for (const oss_json *item = oss_json_first(list); item != NULL; item = oss_json_next(item)) {
        check_numbers(item, get_number(item, "utterances") * get_number(item, "seconds"), name);
    }
    ck_assert_double_eq(get_number(oss_json_first(list), "median_ms"), get_number(part, "median_ms"));
}

static void save_model(const char *path) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.dropout = 0.1;
    oss_model *model = oss_models_create(&sizes);
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    oss_model_free(model);
}

static const char *const precisions[] = {"fp32", "bf16"};

START_TEST(test_every_part) {
    char *folder = oss_tempdir_make(), *model = oss_tempdir_path(folder, "model.safetensors");
    save_model(model);
    oss_program_run run =
        oss_run_ossicle("bench", "--json", "--model", model, "--utterances", "3", "--seconds", "2", "--runs",
                        "7", "--threads", "2", "--precision", precisions[_i]);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    oss_json *root = NULL;
    ck_assert_msg(oss_json_parse(&root, run.out, strlen(run.out), "bench") == OSS_OK, "%s", oss_last_error());
    ck_assert_double_eq(get_number(root, "threads"), 2);
    ck_assert_str_eq(oss_json_string(oss_json_get(root, "precision")), precisions[_i]);
    ck_assert_double_gt(get_number(root, "fma_peak_gflops"), 0.1);
    check_part(root, "train", 6, 1);
    check_part(root, "infer", 8, 4);
    check_part(root, "mel", 8, 1);
    check_part(root, "ctc", 8, 1);
    oss_json_free(root);
    oss_program_run_deinit(&run);
    free(model);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_int8_infers) {
    char *folder = oss_tempdir_make(), *model = oss_tempdir_path(folder, "model.safetensors");
    save_model(model);
    oss_program_run run =
        oss_run_ossicle("bench", "--model", model, "--runs", "7", "--only", "infer", "--precision", "int8");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, ", int8, ");
    oss_program_expect_out(&run, "\ninfer ");
    oss_program_run_deinit(&run);
    free(model);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_only_and_table) {
    oss_program_run run = oss_run_ossicle("bench", "--only", "ctc", "--only", "mel", "--runs", "7");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "multiply-add peak");
    oss_program_expect_out(&run, "\nmel ");
    oss_program_expect_out(&run, "\nctc ");
    ck_assert_ptr_null(strstr(run.out, "\ntrain "));
    ck_assert_ptr_null(strstr(run.out, "\ninfer "));
    oss_program_run_deinit(&run);
}
END_TEST

static const struct {
    const char *word[6];
    int code;
    const char *message;
} refused[] = {
    {{"--only", "speed"}, 2, "--only speed: choose train, infer, mel or ctc"},
    {{"--runs", "6"}, 2, "--runs 6: choose a whole number from 7"},
    {{"--only", "mel", "--seconds", "3"}, 2, "--only leaves train out"},
    {{"--precision", "fp16"}, 2, "--precision fp16: choose fp32, bf16 or int8"},
    {{"--precision", "int8"}, 2, "--precision int8 is for inference: add --only infer"},
    {{"--model", "/nonexistent/model"}, 3, "/nonexistent/model"},
};

START_TEST(test_refused) {
    const char *word[8] = {"bench"};
    for (int i = 0; i < 6 && refused[_i].word[i] != NULL; i++) {
        word[i + 1] = refused[_i].word[i];
    }
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
    oss_program_expect(&run, refused[_i].code);
    ck_assert_str_eq(run.out, "");
    oss_program_expect_err(&run, refused[_i].message);
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/bench");
    TCase *tests = tcase_create("bench");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_every_part, 0, 2);
    tcase_add_test(tests, test_int8_infers);
    tcase_add_test(tests, test_only_and_table);
    tcase_add_loop_test(tests, test_refused, 0, (int)(sizeof refused / sizeof *refused));
    suite_add_tcase(suite, tests);
    return suite;
}
