/* Every command that reads a CSV: files without an end, folders, quotes that are not closed, and how many rows there were. */
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

static oss_cli_case c;

static void set_up(void) {
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
    oss_cli_case_write_texts(&c);
    oss_cli_case_write(
        &c, "config.json",
        "{\"train_csv\": \"set.csv\", \"d_model\": 32, \"n_heads\": 2, \"d_ff\": 64, \"n_layers\": 1, "
        "\"conv_channels\": 8, \"max_steps\": 1}");
    ck_assert_int_eq(setenv("OSSICLE_MODEL", "model.safetensors", 1), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(unsetenv("OSSICLE_MODEL"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

/* A word that begins with '@' is where the CSV goes. */
static const struct {
    const char *word[9];
    bool scores, prints; /* takes no row that is wrong; its findings are results */
    bool names;          /* each row that is wrong, as they come */
} cases[] = {
    {.word = {"check", "--csv", "@"}, .prints = true},
    {.word = {"check", "--csv", "set.csv", "--dev-csv", "@"}, .prints = true},
    {.word = {"vocab", "--units", "char", "--csv", "@"}, .names = true},
    {.word = {"eval", "--csv", "@"}, .names = true},
    {.word = {"align", "--csv", "@"}, .names = true},
    {.word = {"calibrate", "-o", "out", "model.safetensors", "--csv", "@"}, .names = true},
    {.word = {"tune", "--lm", "tiny.arpa", "--dry-run", "--csv", "@"}, .names = true},
    {.word = {"lm", "build", "--order", "2", "-o", "out", "--csv", "@"}},
    {.word = {"lm", "score", "--lm", "tiny.arpa", "--csv", "@"}, .names = true},
    {.word = {"score", "--ref-format", "csv", "--hyp", "set.csv", "--ref", "@"}, .scores = true},
    {.word = {"train", "--config", "config.json", "--run", "run", "--set", "@train_csv="}},
};
enum { CASES = sizeof cases / sizeof *cases };

static oss_program_run run_case(int i, const char *csv) {
    const char *word[10] = {NULL};
    char setting[100];
    for (int k = 0; k < 9 && cases[i].word[k] != NULL; k++) {
        word[k] = cases[i].word[k];
        if (word[k][0] == '@') {
            snprintf(setting, sizeof setting, "%s%s", word[k] + 1, csv);
            word[k] = setting;
        }
    }
    return oss_program_run_words(OSS_STDOUT_KEEP, word);
}

static int count_lines(const char *text, const char *with) {
    int lines = 0;
    for (const char *at = strstr(text, with); at != NULL; at = strstr(at + 1, with)) {
        lines++;
    }
    return lines;
}

/* One line names the file; nothing is printed and nothing made. */
START_TEST(test_no_csv) {
    static const char *const sources[] = {"/dev/zero", "/dev", "/dev/null"};
    for (int i = 0; i < 3; i++) {
        oss_program_run run = run_case(_i, sources[i]);
        ck_assert_msg(run.code == 3 || (run.code == 2 && i == 1), "%s of %s: exit %d: %s", cases[_i].word[0],
                      sources[i], run.code, run.err);
        ck_assert_msg(count_lines(run.err, sources[i]) >= 1, "%s", run.err);
        char says[40];
        snprintf(says, sizeof says, "ossicle %s", cases[_i].word[0]);
        ck_assert_msg(count_lines(run.err, says) == 1, "not one line: %s", run.err);
        ck_assert_str_eq(run.out, "");
        ck_assert(!oss_tempdir_has(c.folder, "out") && !oss_tempdir_has(c.folder, "run"));
        oss_program_run_deinit(&run);
    }
}
END_TEST

/* What a quote takes in that is closed on another line is seen, and named with the row where it opened. */
START_TEST(test_stray_quote) {
    oss_cli_case_write(&c, "stray.csv",
                       "wav,text\nthree.wav,a\nfive.wav,\"a a\nthree.wav,a\nthree.wav,a a\nfive.wav,a\"\n");
    oss_program_run run = run_case(_i, "stray.csv");
    (cases[_i].prints ? oss_program_expect_out : oss_program_expect_err)(
        &run, "stray.csv:3: row 2: the quote that opens field 2 takes in rows up to line 6");
    if (cases[_i].scores) {
        oss_program_expect(&run, 3);
    } else {
        oss_program_expect_err(&run, "stray.csv: 5 rows on 6 lines\n");
    }
    oss_program_run_deinit(&run);
}
END_TEST

/* Of many rows that are wrong some are named, and all are counted. */
START_TEST(test_many_wrong_rows) {
    char text[400] = "wav,text\nthree.wav,a\n";
    for (int i = 0; i < 33; i++) {
        strcat(text, "x\n");
    }
    oss_cli_case_write(&c, "many.csv", strcat(text, "five.wav,a a\n"));
    oss_program_run run = run_case(_i, "many.csv");
    if (cases[_i].names) {
        ck_assert_msg(count_lines(run.err, "has 1 field") == 20, "%s", run.err);
        ck_assert_msg(count_lines(run.err, "many.csv:22: row 21: ") == 1, "%s", run.err);
        ck_assert_msg(count_lines(run.err, "\nand 13 more failed\n") == 1, "%s", run.err);
    } else {
        ck_assert_msg(count_lines(run.err, "has 1 field") <= 20, "%s", run.err);
        ck_assert_msg(cases[_i].scores || strstr(run.err, "33") != NULL || strstr(run.out, "33") != NULL ||
                          strstr(run.err, "more") != NULL,
                      "%s%s", run.out, run.err);
    }
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_rows_and_lines_are_told) {
    oss_cli_case_write(&c, "lines.csv", "wav,text\nthree.wav,\"a\na\"\n\nfive.wav,a a\n");
    oss_program_run run = run_case(_i, "lines.csv");
    ck_assert_msg(count_lines(run.err, "lines.csv: 2 rows on 5 lines\n") == 1, "%s", run.err);
    oss_program_run_deinit(&run);
}
END_TEST

/* A row of it is right, and so is the next. */
START_TEST(test_pipe_without_an_end) {
    char *program = oss_program_path("ossicle");
    char script[1000];
    snprintf(
        script, sizeof script,
        "row=$(printf '%%08000d' 0); { echo wav,text,more; yes \"three.wav,a,$row\"; } | \"%s\" check --csv /dev/stdin",
        program);
    oss_program_run run =
        oss_program_start((const char *const[]){"/bin/sh", "-c", script, NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 3);
    ck_assert_str_eq(
        run.err, "ossicle check: /dev/stdin gives more than 16 MiB, which is the most that is taken from a "
                 "pipe; save it as a file and give its path\n");
    oss_program_run_deinit(&run);
    free(program);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/csv sources");
    TCase *tests = tcase_create("sources");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_no_csv, 0, CASES);
    tcase_add_loop_test(tests, test_stray_quote, 0, CASES);
    tcase_add_loop_test(tests, test_rows_and_lines_are_told, 0, CASES);
    tcase_add_loop_test(tests, test_many_wrong_rows, 0, CASES);
    tcase_add_test(tests, test_pipe_without_an_end);
    suite_add_tcase(suite, tests);
    return suite;
}
