/* ossicle quantize, and the commands that take what it writes. What is stored, and every damage: tests/model. */
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

static const char *const storage[] = {"fp32", "fp16", "bf16", "int8"};
enum { STORAGES = sizeof storage / sizeof *storage };

/* A model whose weights are no round numbers, in folder/general.safetensors. */
static char *make_general(const oss_cli_case *c) {
    char *path = oss_tempdir_path(c->folder, "general.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_cli_case_save(model, path);
    oss_model_free(model);
    return path;
}

static char *quantize(const oss_cli_case *c, const char *model, const char *to) {
    char name[40];
    snprintf(name, sizeof name, "%s.safetensors", to);
    char *out = oss_tempdir_path(c->folder, name);
    oss_program_run run = oss_run_ossicle("quantize", "--to", to, model, "-o", out);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_expect_err(&run, to);
    oss_program_run_deinit(&run);
    return out;
}

static void assert_same_file(const char *a, const char *b) {
    long bytes = 0, other_bytes = 0;
    char *text = oss_tempdir_read(a, &bytes), *other = oss_tempdir_read(b, &other_bytes);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(bytes, other_bytes);
    ck_assert_mem_eq(text, other, (size_t)bytes);
    free(text);
    free(other);
}

static void assert_info(const char *model, const char *word) {
    oss_program_run run = oss_run_ossicle("info", "--json", model);
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "info"), OSS_OK);
    ck_assert_str_eq(oss_json_string(oss_json_get(json, "storage")), word);
    oss_json_free(json);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("info", model);
    oss_program_expect(&run, 0);
    const char *at = strstr(run.out, "storage ");
    ck_assert(at != NULL &&
              strncmp(at + strlen("storage") + strspn(at + strlen("storage"), " "), word, strlen(word)) == 0);
    oss_program_run_deinit(&run);
}

START_TEST(test_every_command_reads_it) {
    oss_cli_case c = oss_cli_case_make();
    char *out = quantize(&c, c.model, storage[_i]), *npy = oss_tempdir_path(c.folder, "a.npy");
    assert_info(out, storage[_i]);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", out, c.three);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("embed", "--model", out, c.three, "-o", npy);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    oss_cli_case_write(&c, "rows.csv", "wav,text\nthree.wav,a a a\n");
    char *csv = oss_tempdir_path(c.folder, "rows.csv");
    run = oss_run_ossicle("eval", "--model", out, "--csv", csv);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("check", "--model", out, "--csv", csv);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    free(csv);
    free(npy);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* Again to the same numbers: the same file. To float32: values as they are, and from there the same file again. */
START_TEST(test_there_and_back) {
    oss_cli_case c = oss_cli_case_make();
    char *general = make_general(&c), *small = quantize(&c, general, storage[_i]);
    char *again = oss_tempdir_path(c.folder, "again.safetensors");
    oss_program_run run = oss_run_ossicle("quantize", "--to", storage[_i], small, "-o", again);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    assert_same_file(small, again);
    char *full = quantize(&c, small, "fp32");
    assert_info(full, "fp32");
    run = oss_run_ossicle("quantize", "--to", storage[_i], full, "-o", again);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    assert_same_file(small, again);
    free(full);
    free(again);
    free(small);
    free(general);
    oss_cli_case_free(&c);
}
END_TEST

/* Products in int8 multiply the integers of the file, which are those that they would make of the float32 model. */
START_TEST(test_int8_products_of_int8_weights) {
    oss_cli_case c = oss_cli_case_make();
    char *general = make_general(&c), *small = quantize(&c, general, "int8");
    char *of_general = oss_tempdir_path(c.folder, "general.npy"),
         *of_small = oss_tempdir_path(c.folder, "small.npy");
    const char *const model[] = {general, small}, *const npy[] = {of_general, of_small};
    for (int i = 0; i < 2; i++) {
        oss_program_run run = oss_run_ossicle("embed", "--model", model[i], "--precision", "int8", "--what",
                                              "logits", c.five, "-o", npy[i]);
        oss_program_expect(&run, 0);
        oss_program_run_deinit(&run);
    }
    assert_same_file(of_general, of_small);
    free(of_general);
    free(of_small);
    free(small);
    free(general);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_refused) {
    oss_cli_case c = oss_cli_case_make();
    char *small = quantize(&c, c.model, "int8"), *out = oss_tempdir_path(c.folder, "out.safetensors");
    oss_program_run run = oss_run_ossicle("quantize", "--to", "fp16", small, "-o", out);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "is stored in int8, and fp16 of it would be rounded twice");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("quantize", "--to", "int4", c.model, "-o", out);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "int4");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("quantize", c.model, "-o", out);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--to");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("quantize", "--to", "int8", c.model, "-o", c.model);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("quantize", "--to", "int8", c.folder, "-o", c.model); /* the file in the folder */
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    long bytes = 0;
    ck_assert_ptr_null(oss_tempdir_read(out, &bytes));
    assert_info(c.model, "fp32");
    free(small);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* One model stays as it is stored; a mean of several is none of the numbers that they were rounded to. */
START_TEST(test_average) {
    oss_cli_case c = oss_cli_case_make();
    char *general = make_general(&c), *small = quantize(&c, general, "int8");
    char *out = oss_tempdir_path(c.folder, "out.safetensors"), *full = quantize(&c, small, "fp32");
    oss_program_run run = oss_run_ossicle("average", "-o", out, small);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    assert_same_file(out, small);
    run = oss_run_ossicle("average", "-o", out, small, small);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    assert_same_file(out, full);
    free(full);
    free(out);
    free(small);
    free(general);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/quantize");
    TCase *all = tcase_create("quantize");
    tcase_add_loop_test(all, test_every_command_reads_it, 0, STORAGES);
    tcase_add_loop_test(all, test_there_and_back, 1, STORAGES);
    tcase_add_test(all, test_int8_products_of_int8_weights);
    tcase_add_test(all, test_refused);
    tcase_add_test(all, test_average);
    suite_add_tcase(suite, all);
    return suite;
}
