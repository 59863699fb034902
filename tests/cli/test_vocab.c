/* ossicle vocab: what it prints, what it writes, what it refuses. */
#include "base/json.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

static char *write_rows(const oss_cli_case *c) {
    oss_cli_case_write(c, "rows.csv",
                       "wav,text\nthree.wav,Ab ab\nfive.wav,ab abc abc abc abc\nnowhere.wav,abc\n");
    return oss_tempdir_path(c->folder, "rows.csv");
}

START_TEST(test_numbers) {
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_rows(&c), *out = oss_tempdir_path(c.folder, "vocab.json");
    oss_program_run run = oss_run_ossicle("vocab", "--csv", csv, "--size", "32", "--json", "-o", out);
    oss_program_expect(&run, 1); /* a recording that is not there */
    oss_program_expect_err(&run, "nowhere.wav");
    oss_json *json = NULL, *file = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "output"), OSS_OK);
    /* " " a b c, then " a" 8, " ab" 8, " abc" 5. */
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "vocabulary_size")), 9);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "characters")), 4);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "merged")), 3);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "rows")), 3);
    ck_assert_double_eq(oss_json_number(oss_json_get(json, "failed")), 1);
    /* 3 frames for two units and a repeat; 6 for five and three. */
    const oss_json *at = oss_json_first(oss_json_get(json, "subframes"));
    ck_assert_double_eq(oss_json_number(oss_json_get(at, "infeasible")), 1);
    ck_assert_double_eq(oss_json_number(oss_json_get(oss_json_next(at), "infeasible")), 0);
    ck_assert_int_eq(oss_json_load(&file, out, 10000), OSS_OK);
    ck_assert_str_eq(oss_json_string(oss_json_get(file, "units")), "bpe");
    ck_assert_str_eq(oss_json_string(oss_json_get(file, "case")), "lower");
    ck_assert_uint_eq(oss_json_count(oss_json_get(file, "vocab")), 9);
    oss_json_free(json);
    oss_json_free(file);
    oss_program_run_deinit(&run);
    free(csv);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_table_of_characters) {
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_rows(&c);
    oss_program_run run =
        oss_run_ossicle("vocab", "--csv", csv, "--csv", csv, "--units", "char", "--case", "keep");
    oss_program_expect(&run, 1);
    oss_program_expect_out(&run, "7 symbols: 2 special, 5 characters, 0 merged");
    oss_program_expect_out(&run, "6, of which 4 with audio that can be read");
    oss_program_expect_out(&run, "ctc_subframes 1     12.5 frames a second; 4 rows do not fit (100.0 %)");
    oss_program_run_deinit(&run);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_refusals) {
    static const struct {
        const char *option, *value, *says;
        int code;
    } cases[] = {{"--size", "31", "allowed is 32 to 1024", 2},
                 {"--size", "many", "--size", 2},
                 {"--units", "word", "allowed is char or bpe", 2},
                 {"--case", "title", "allowed is lower, upper or keep", 2},
                 {"--csv", "none.csv", "none.csv", 3}};
    oss_cli_case c = oss_cli_case_make();
    char *csv = write_rows(&c);
    oss_program_run run = oss_run_ossicle("vocab", "--csv", csv, cases[_i].option, cases[_i].value);
    oss_program_expect(&run, cases[_i].code);
    oss_program_expect_err(&run, cases[_i].says);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/vocab");
    TCase *all = tcase_create("vocab");
    tcase_add_test(all, test_numbers);
    tcase_add_test(all, test_table_of_characters);
    tcase_add_loop_test(all, test_refusals, 0, 5);
    suite_add_tcase(suite, all);
    return suite;
}
