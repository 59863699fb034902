/* ossicle average. What is computed, and what is refused: tests/convert/test_model_average.c. */
#include "cli/cli_cases.h"
#include "support/suite.h"

/* A model and itself: the same bytes. */
START_TEST(test_average) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "mean.safetensors");
    oss_program_run run = oss_run_ossicle("average", "-o", out, c.model, c.model, c.model);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_expect_err(&run, "the mean of 3 models, ");
    oss_program_run_deinit(&run);
    long bytes = 0, wanted_bytes = 0;
    char *text = oss_tempdir_read(out, &bytes), *wanted = oss_tempdir_read(c.model, &wanted_bytes);
    ck_assert_int_eq(bytes, wanted_bytes);
    ck_assert_mem_eq(text, wanted, (size_t)bytes);
    run = oss_run_ossicle("average", "-o", out, "--last", "2", c.folder, c.folder);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("average", "-o", out, "--last", "2", c.folder);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "has 0 checkpoints, not 2");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("average", "-o", out);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    free(wanted);
    free(text);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* What is left is the model as it would have been without. */
START_TEST(test_no_projector) {
    oss_cli_case c = oss_cli_case_make();
    char *out = oss_tempdir_path(c.folder, "stripped.safetensors");
    char *plain = oss_tempdir_path(c.folder, "plain.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    ck_assert_int_eq(sizes.projector_dim, 0);
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    oss_cli_case_save(model, plain);
    oss_model_free(model);
    const char *const from[] = {c.model, plain}; /* the second has none to leave out */
    long wanted_bytes = 0;
    char *wanted = oss_tempdir_read(plain, &wanted_bytes);
    for (int i = 0; i < 2; i++) {
        oss_program_run run = oss_run_ossicle("average", "--no-projector", "-o", out, from[i]);
        oss_program_expect(&run, 0);
        oss_program_expect_err(&run, "the mean of 1 model, ");
        oss_program_run_deinit(&run);
        long bytes = 0;
        char *text = oss_tempdir_read(out, &bytes);
        ck_assert_int_eq(bytes, wanted_bytes);
        ck_assert_mem_eq(text, wanted, (size_t)bytes);
        free(text);
    }
    free(wanted);
    free(plain);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/average");
    TCase *all = tcase_create("average");
    tcase_add_test(all, test_average);
    tcase_add_test(all, test_no_projector);
    suite_add_tcase(suite, all);
    return suite;
}
