/* ossicle bench: every number that is promised, of a small model; what is refused. Speed itself is not
 * tested: it is the machine's. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/npy.h"
#include "support/exact.h"
#include "support/fill.h"
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

/* Logits of a model, in its file; random ones. */
typedef struct searched {
    char *folder, *model, *logits, *lm;
} searched;

enum { FRAMES = 250 };

static searched make_searched(int32_t more_columns) {
    static const char arpa[] =
        "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-3\ta\n-0.1\tb\n\n\\end\\\n";
    searched s = {.folder = oss_tempdir_make()};
    s.model = oss_tempdir_path(s.folder, "model.safetensors");
    s.logits = oss_tempdir_path(s.folder, "x.npy");
    s.lm = oss_tempdir_path(s.folder, "b.arpa");
    save_model(s.model);
    oss_tempdir_write(s.lm, arpa, (long)sizeof arpa - 1);
    int32_t columns = oss_network_micro().vocab + more_columns;
    float *x = oss_exact_floats((size_t)FRAMES * (size_t)columns);
    oss_fill_f32(x, (size_t)FRAMES * (size_t)columns, 3, 2.0);
    ck_assert_int_eq(oss_npy_write(s.logits, x, FRAMES, columns), OSS_OK);
    free(x);
    return s;
}

static void discard(searched *s) {
    free(s->lm);
    free(s->logits);
    free(s->model);
    oss_tempdir_remove(s->folder);
}

START_TEST(test_search) {
    static const double width[] = {4, 64, 0};
    searched s = make_searched(0);
    oss_program_run run =
        oss_run_ossicle("bench", "--json", "--model", s.model, "--only", "search", "--logits", s.logits,
                        "--logits", s.logits, "--lm", s.lm, "--beam", "4", "--beam", "64", "--runs", "7");
    oss_program_expect(&run, 0);
    oss_json *root = NULL;
    const oss_json *part = NULL, *cases = NULL;
    ck_assert_int_eq(oss_json_parse(&root, run.out, strlen(run.out), "bench"), OSS_OK);
    ck_assert_int_eq(oss_json_get_object(root, "search", &part), OSS_OK);
    ck_assert(oss_json_get(root, "ctc") == NULL);
    double seconds = get_number(part, "audio_seconds"), before = 0;
    ck_assert_double_eq(get_number(part, "recordings"), 2);
    ck_assert_double_eq(get_number(part, "frames"), 2 * FRAMES);
    ck_assert_double_gt(seconds, 0);
    ck_assert_double_gt(get_number(part, "peak_rss_mib"), 1);
    ck_assert_int_eq(oss_json_get_array(part, "cases", &cases), OSS_OK);
    ck_assert_uint_eq(oss_json_count(cases), 2);
    int place = 0;
    for (const oss_json *one = oss_json_first(cases); one != NULL; one = oss_json_next(one)) {
        double us = get_number(one, "us_per_frame"), state = get_number(one, "state_mib");
        ck_assert_double_eq(get_number(one, "beam"), width[place++]);
        ck_assert_double_eq_tol(us * 2 * FRAMES * 1e-3, get_number(one, "median_ms"), 1e-9);
        ck_assert_double_eq_tol(get_number(one, "realtime_factor") * us * 2 * FRAMES * 1e-6, seconds,
                                1e-9 * seconds);
        ck_assert(us > 0 && state >= before && state < 4);
        before = state;
    }
    ck_assert_int_eq(place, 2);
    oss_json_free(root);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("bench", "--model", s.model, "--only", "search", "--only", "mel", "--logits",
                          s.logits, "--runs", "7");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\nmel ");
    oss_program_expect_out(&run, "\nsearch of 1 recording, 250 frames, ");
    oss_program_expect_out(&run, "\n100 ");
    oss_program_run_deinit(&run);
    discard(&s);
}
END_TEST

static const struct {
    int32_t more_columns;
    const char *option, *value, *message;
    int code;
} wrong_search[] = {
    {0, "--beam", "0", "--beam 0: choose a whole number from 1 to 4096", 2},
    {0, "--beam", "64x", "--beam 64x: choose a whole number from 1 to 4096", 2},
    {0, "--lm", "/nonexistent/lm", "search: cannot open /nonexistent/lm", 3},
    {1, "--beam", "8", "numbers: logits of this model have ", 3},
};

START_TEST(test_search_refused) {
    searched s = make_searched(wrong_search[_i].more_columns);
    oss_program_run run = oss_run_ossicle("bench", "--model", s.model, "--only", "search", "--logits",
                                          s.logits, wrong_search[_i].option, wrong_search[_i].value);
    oss_program_expect(&run, wrong_search[_i].code);
    ck_assert_str_eq(run.out, "");
    oss_program_expect_err(&run, wrong_search[_i].message);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("bench", "--model", s.model, "--only", "search", "--logits", s.model);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "model.safetensors: no NumPy file");
    oss_program_run_deinit(&run);
    discard(&s);
}
END_TEST

START_TEST(test_search_of_other_symbols) {
    static const char arpa[] =
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-0.1\tQ\n\n\\end\\\n";
    searched s = make_searched(0);
    char *symbols = oss_tempdir_path(s.folder, "symbols.olm");
    oss_tempdir_write(s.lm, arpa, (long)sizeof arpa - 1);
    oss_program_run run = oss_run_ossicle("lm", "convert", "--symbols", s.lm, "-o", symbols);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("bench", "--model", s.model, "--only", "search", "--logits", s.logits, "--lm",
                          symbols);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "it is of other symbols");
    oss_program_run_deinit(&run);
    free(symbols);
    discard(&s);
}
END_TEST

static const struct {
    const char *word[6];
    int code;
    const char *message;
} refused[] = {
    {{"--only", "speed"}, 2, "--only speed: choose train, infer, mel, ctc or search"},
    {{"--runs", "6"}, 2, "--runs 6: choose a whole number from 7"},
    {{"--only", "mel", "--seconds", "3"}, 2, "--only leaves train out"},
    {{"--precision", "fp16"}, 2, "--precision fp16: choose fp32, bf16 or int8"},
    {{"--precision", "int8"}, 2, "--precision int8 is for inference: add --only infer"},
    {{"--model", "/nonexistent/model"}, 3, "/nonexistent/model"},
    {{"--only", "search"}, 2, "the search needs --logits FILE.npy"},
    {{"--only", "search", "--logits", "x.npy"}, 2, "and the --model that they are of"},
    {{"--lm", "x.olm"}, 2, "--lm is of the search: give --logits"},
    {{"--only", "mel", "--logits", "x.npy"}, 2, "--logits is of the search"},
    {{"--only", "mel", "--beam", "8"}, 2, "--beam is of the search"},
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
    tcase_add_test(tests, test_search);
    tcase_add_test(tests, test_search_of_other_symbols);
    tcase_add_loop_test(tests, test_search_refused, 0, (int)(sizeof wrong_search / sizeof *wrong_search));
    tcase_add_loop_test(tests, test_refused, 0, (int)(sizeof refused / sizeof *refused));
    suite_add_tcase(suite, tests);
    return suite;
}
