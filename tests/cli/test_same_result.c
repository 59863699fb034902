/* Results below --output-dir are no files that are read, and no two outputs are one file. */
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

static oss_cli_case c;

/* In the folder of the case, so that files have short names. */
static void set_up(void) {
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
    oss_cli_case_write(&c, "text.txt", "a\n");
    oss_cli_case_write(&c, "text.srt", "1\n00:00:00,000 --> 00:00:01,000\na\n");
    oss_cli_case_write(&c, "list.txt", "three.wav\n");
    oss_cli_case_write(&c, "set.csv", "wav,text\nthree.wav,a a a\nfive.wav,a a\n");
    ck_assert_int_eq(setenv("OSSICLE_MODEL", "model.safetensors", 1), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(unsetenv("OSSICLE_MODEL"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

/* ---- Results in a folder ---- */

static const struct {
    const char *word[8], *result, *input[4];
} cases[] = {
    {{"transcribe", "three.wav"}, "out/three.txt", {"three.wav", "model.safetensors"}},
    {{"transcribe", "--list", "list.txt", "five.wav"},
     "out/three.txt",
     {"five.wav", "three.wav", "list.txt"}},
    {{"align", "--text-file", "text.txt", "five.wav"}, "out/five.ctm", {"text.txt", "five.wav"}},
    {{"align", "--text", "a", "five.wav"}, "out/five.ctm", {"model.safetensors"}},
    {{"align", "--srt", "text.srt", "five.wav"}, "out/five.srt", {"text.srt", "five.wav"}},
    {{"align", "--csv", "set.csv"}, "out/five-2.ctm", {"set.csv", "three.wav", "five.wav"}},
};
enum { CASES = sizeof cases / sizeof *cases };

static oss_program_run run_case(int i) {
    const char *const *w = cases[i].word;
    return oss_run_ossicle(w[0], "--output-dir", "out", w[1], w[2], w[2] == NULL ? NULL : w[3],
                           w[2] == NULL || w[3] == NULL ? NULL : w[4]);
}

START_TEST(test_result_is_no_input) {
    oss_program_run run = run_case(_i);
    ck_assert_msg(run.code <= 1, "%s: exit %d: %s", cases[_i].word[0], run.code, run.err);
    ck_assert_msg(access(cases[_i].result, F_OK) == 0, "%s was not written", cases[_i].result);
    oss_program_run_deinit(&run);
    run = run_case(_i); /* a result of before is written over */
    ck_assert_int_le(run.code, 1);
    oss_program_run_deinit(&run);
    for (int i = 0; i < 4 && cases[_i].input[i] != NULL; i++) {
        for (int hard = 0; hard < 2; hard++) {
            const char *input = cases[_i].input[i];
            char above[100];
            long bytes = 0, bytes_after = 0;
            char *before = oss_tempdir_read(input, &bytes);
            snprintf(above, sizeof above, "../%s", input);
            ck_assert_int_eq(unlink(cases[_i].result), 0);
            ck_assert_int_eq(hard ? link(input, cases[_i].result) : symlink(above, cases[_i].result), 0);
            run = run_case(_i);
            ck_assert_msg(run.code == 2, "%s over %s: exit %d: %s", cases[_i].result, input, run.code,
                          run.err);
            oss_program_expect_err(&run, cases[_i].result);
            oss_program_expect_err(&run, " is the same file as ");
            oss_program_run_deinit(&run);
            char *after = oss_tempdir_read(input, &bytes_after);
            ck_assert_int_eq(bytes, bytes_after);
            ck_assert_mem_eq(before, after, (size_t)bytes);
            free(after);
            free(before);
        }
    }
}
END_TEST

/* What is easily done: subtitles beside a recording, and new ones in the same folder. */
START_TEST(test_text_beside_its_recording) {
    oss_cli_case_write(&c, "five.srt", "1\n00:00:00,000 --> 00:00:01,000\na\n");
    oss_program_run run = oss_run_ossicle("align", "--srt", "five.srt", "--output-dir", ".", "five.wav");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--output-dir ./five.srt is the same file as five.srt, which is read");
    oss_program_run_deinit(&run);
}
END_TEST

/* One result may be a link to another; a file of two names is written once for each. */
START_TEST(test_two_results_are_one_file) {
    oss_program_run run = oss_run_ossicle("transcribe", "--output-dir", "out", "three.wav", "five.wav");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    ck_assert_int_eq(unlink("out/five.txt"), 0);
    ck_assert_int_eq(symlink("three.txt", "out/five.txt"), 0);
    run = oss_run_ossicle("transcribe", "--output-dir", "out", "three.wav", "five.wav");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "is the same file as out/");
    oss_program_expect_err(&run, "which is written too");
    oss_program_run_deinit(&run);
    ck_assert_int_eq(unlink("out/five.txt"), 0);
    ck_assert_int_eq(link("out/three.txt", "out/five.txt"), 0);
    run = oss_run_ossicle("transcribe", "--output-dir", "out", "three.wav", "five.wav");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
}
END_TEST

/* ---- Two outputs ---- */

START_TEST(test_two_outputs_are_one_file) {
    static const char *const spelled[] = {"both", "./both", "link/both", "symbolic"};
    ck_assert_int_eq(symlink(".", "link"), 0);
    ck_assert_int_eq(symlink("both", "symbolic"), 0);
    for (int i = 0; i < 4; i++) { /* nothing is there yet */
        oss_program_run run =
            oss_run_ossicle("align", "--text", "a", "-o", "both", "--findings", spelled[i], "five.wav");
        oss_program_expect(&run, 2);
        oss_program_expect_err(&run, "is the same file as both, which is written too");
        oss_program_run_deinit(&run);
        ck_assert_int_ne(access("both", F_OK), 0);
    }
    oss_program_run run =
        oss_run_ossicle("align", "--text", "a", "-o", "both", "--findings", "other", "five.wav");
    ck_assert_int_le(run.code, 1);
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/same_result");
    TCase *tests = tcase_create("same result");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_result_is_no_input, 0, CASES);
    tcase_add_test(tests, test_text_beside_its_recording);
    tcase_add_test(tests, test_two_results_are_one_file);
    tcase_add_test(tests, test_two_outputs_are_one_file);
    suite_add_tcase(suite, tests);
    return suite;
}
