/* Which files `ossicle check` takes, and what it writes. */
#include "cli/check_cases.h"
#include "support/suite.h"

/* A stray quote is the same row's fault to every command that reads a CSV. */
START_TEST(test_a_stray_quote_is_alike) {
    check_case c = make_case();
    oss_cli_case model = oss_cli_case_make();
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    write_tone(&c, "b.wav", 1.0, 400, 0.5);
    write_tone(&c, "c.wav", 1.0, 500, 0.5);
    static const char *const texts[] = {"wav,text\na.wav,\"a\nb.wav,b\nc.wav,a b\n",
                                        "wav,text\na.wav,\"a\nb.wav,b\nc.wav,a b\"\n"};
    for (int i = 0; i < 2; i++) {
        write_text(c.csv, texts[i]);
        run_json(&c, 1, "--csv", c.csv);
        ck_assert_int_eq(count_of(&c, "csv"), 1);
        expect_finding(&c, "csv", 0, 1, "set.csv:2: row 1: the quote that opens field 2");
        const oss_json *train = oss_json_get(oss_json_get(c.json, "sets"), "train");
        ck_assert_double_eq(oss_json_number(oss_json_get(train, "usable")), 2);
        end_run(&c);
        c.run = oss_run_ossicle("eval", "--model", model.model, "--csv", c.csv, "--json");
        oss_program_expect(&c.run, 1);
        oss_program_expect_out(&c.run, "\"utterances\":2");
        oss_program_expect_out(&c.run, "\"failed\":1");
        oss_program_expect_err(&c.run, "set.csv:2: row 1: the quote that opens field 2");
        end_run(&c);
        c.run = oss_run_ossicle("vocab", "--units", "char", "--csv", c.csv);
        oss_program_expect(&c.run, 1);
        oss_program_expect_out(&c.run, "2, of which 2 with audio");
        end_run(&c);
    }
    oss_cli_case_free(&model);
    free_case(&c);
}
END_TEST

START_TEST(test_fix_in_another_folder) {
    check_case c = make_case(), other = make_case();
    write_tone(&c, "a b.wav", 1.0, 300, 0.5);
    write_tone(&c, "c.wav", 1.0, 400, 0.5);
    write_text(c.csv, "text,wav\none,\"a b.wav\"\ngone,x.wav\ntwo,c.wav\n");
    run_json(&c, 1, "--csv", c.csv, "--fix", other.fixed);
    oss_program_expect_err(&c.run, "paths begin with the folder of the old CSV now");
    end_run(&c);
    char wanted[1024];
    (void)snprintf(wanted, sizeof wanted, "text,wav\none,\"%s/a b.wav\"\ntwo,%s/c.wav\n", c.folder, c.folder);
    char *fixed = oss_tempdir_read(other.fixed, NULL);
    ck_assert_str_eq(fixed, wanted);
    free(fixed);
    run_json(&c, 0, "--csv", other.fixed);
    end_run(&c);
    free_case(&c);
    free_case(&other);
}
END_TEST

/* The CSV is read twice for --fix; that it cannot be is told before the recordings are read. */
START_TEST(test_fix_of_a_pipe) {
    check_case c = make_case();
    char command[1000], *program = oss_program_path("ossicle");
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    (void)snprintf(command, sizeof command,
                   "printf 'wav,text\\n%s/a.wav,x\\n' | \"%s\" check --csv /dev/stdin --fix %s", c.folder,
                   program, c.fixed);
    c.run = oss_program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&c.run, 2);
    oss_program_expect_err(&c.run, "ossicle check: --fix reads the CSV a second time, and /dev/stdin is not");
    ck_assert_ptr_null(strstr(c.run.err, "reading the recordings"));
    end_run(&c);
    free(program);
    free_case(&c);
}
END_TEST

static void expect_failure(int code, const char *message, oss_program_run run) {
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, message);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
}

START_TEST(test_what_cannot_be_checked) {
    check_case c = make_case();
    expect_failure(2, "no dataset", oss_run_ossicle("check"));
    expect_failure(3, "/nowhere/x.csv", oss_run_ossicle("check", "--csv", "/nowhere/x.csv"));
    write_text(c.csv, "sound,words\na.wav,x\n");
    expect_failure(3, "\"sound\", \"words\"", oss_run_ossicle("check", "--csv", c.csv));
    write_text(c.csv, "wav,text\n");
    expect_failure(3, "has no rows", oss_run_ossicle("check", "--csv", c.csv));
    write_text(c.csv, "path\ttext\na.wav\tx\n");
    expect_failure(3, "separated by tabs", oss_run_ossicle("check", "--csv", c.csv));
    expect_failure(3, "is a folder without a dataset", oss_run_ossicle("check", "--csv", c.folder));
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    char *wav = oss_tempdir_path(c.folder, "a.wav");
    expect_failure(3, "is a recording: give a CSV", oss_run_ossicle("check", "--csv", wav));
    free(wav);
    static const char good[] = "wav,text\na.wav,x\n";
    write_text(c.csv, good);
    write_text(c.dev, good);
    expect_failure(2, "give one --csv",
                   oss_run_ossicle("check", "--csv", c.csv, "--csv", c.dev, "--fix", c.fixed));
    expect_failure(2, "is the same file as", oss_run_ossicle("check", "--csv", c.csv, "--fix", c.csv));
    char *text = oss_tempdir_read(c.csv, NULL);
    ck_assert_str_eq(text, good);
    free(text);
    expect_failure(2, "exclude each other",
                   oss_run_ossicle("check", "--csv", c.csv, "--config", c.dev, "--model", c.dev));
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/check, files");
    TCase *tests = tcase_create("files");
    tcase_add_test(tests, test_a_stray_quote_is_alike);
    tcase_add_test(tests, test_fix_in_another_folder);
    tcase_add_test(tests, test_fix_of_a_pipe);
    tcase_add_test(tests, test_what_cannot_be_checked);
    suite_add_tcase(suite, tests);
    return suite;
}
