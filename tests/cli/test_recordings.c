/* The doors by which a recording comes in: standard input, pipes, folders, files that break off. */
#include "cli/cli_cases.h"
#include "support/suite.h"

/* `command` in a shell, with $OSSICLE, $MODEL, $THREE and $DIR. */
static oss_program_run run_shell(const oss_cli_case *c, const char *command) {
    char *program = oss_program_path("ossicle");
    ck_assert_int_eq(setenv("OSSICLE", program, 1), 0);
    ck_assert_int_eq(setenv("MODEL", c->model, 1), 0);
    ck_assert_int_eq(setenv("THREE", c->three, 1), 0);
    ck_assert_int_eq(setenv("DIR", c->folder, 1), 0);
    free(program);
    return oss_program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, OSS_STDOUT_KEEP);
}

static void assert_prints(const char *command, const char *out) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = run_shell(&c, command);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, out);
    ck_assert_str_eq(run.err, "");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}

START_TEST(test_transcribe_from_pipes) {
    assert_prints("cat \"$THREE\" | \"$OSSICLE\" transcribe --model \"$MODEL\" -", "a a a\n");
    assert_prints("cat \"$THREE\" | \"$OSSICLE\" transcribe --model \"$MODEL\" /dev/stdin", "a a a\n");
    assert_prints("\"$OSSICLE\" transcribe --model \"$MODEL\" - < \"$THREE\"", "a a a\n");
    assert_prints("mkfifo \"$DIR/fifo\" && { cat \"$THREE\" > \"$DIR/fifo\" & } && "
                  "\"$OSSICLE\" transcribe --model \"$MODEL\" \"$DIR/fifo\"",
                  "a a a\n");
}
END_TEST

START_TEST(test_the_other_commands_from_pipes) {
    static const char *const commands[] = {
        "cat \"$THREE\" | \"$OSSICLE\" embed --model \"$MODEL\" -o \"$DIR/a.npy\" - && "
        "\"$OSSICLE\" embed --model \"$MODEL\" -o \"$DIR/b.npy\" \"$THREE\" && cmp \"$DIR/a.npy\" \"$DIR/b.npy\"",
        "cat \"$THREE\" | \"$OSSICLE\" features -o \"$DIR/a.npy\" - && "
        "\"$OSSICLE\" features -o \"$DIR/b.npy\" \"$THREE\" && cmp \"$DIR/a.npy\" \"$DIR/b.npy\""};
    for (size_t i = 0; i < 2; i++) {
        oss_cli_case c = oss_cli_case_make();
        oss_program_run run = run_shell(&c, commands[i]);
        oss_program_expect(&run, 0);
        oss_program_run_deinit(&run);
        oss_cli_case_free(&c);
    }
}
END_TEST

START_TEST(test_pipes_that_hold_no_audio) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = run_shell(&c, "printf '' | \"$OSSICLE\" transcribe --model \"$MODEL\" -");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "transcribe: standard input: an empty file (0 bytes)");
    oss_program_run_deinit(&run);
    run = run_shell(&c, "echo hello | \"$OSSICLE\" transcribe --model \"$MODEL\" - \"$THREE\"");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "transcribe: standard input: not audio that can be read");
    oss_program_expect_out(&run, "three.wav\ta a a\n");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_standard_input_is_not_written_over) {
    static const char *const commands[] = {"features -o \"$THREE\" -", "features -o \"$THREE\" /dev/stdin",
                                           "embed --model \"$MODEL\" -o \"$THREE\" -"};
    oss_cli_case c = oss_cli_case_make();
    long bytes = 0, bytes_after = 0;
    char *before = oss_tempdir_read(c.three, &bytes);
    char command[300];
    snprintf(command, sizeof command, "\"$OSSICLE\" %s < \"$THREE\"", commands[_i]);
    oss_program_run run = run_shell(&c, command);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, _i == 1 ? "is the same file as /dev/stdin, which is read"
                                         : "is the same file as standard input, which is read");
    char *after = oss_tempdir_read(c.three, &bytes_after);
    ck_assert_int_eq(bytes, bytes_after);
    ck_assert_mem_eq(before, after, (size_t)bytes);
    free(after);
    free(before);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_standard_input_that_is_closed) {
    static const char *const commands[] = {"transcribe --model \"$MODEL\" -", "features -o \"$DIR/a.npy\" -",
                                           "embed --model \"$MODEL\" -o \"$DIR/a.npy\" -"};
    oss_cli_case c = oss_cli_case_make();
    char command[300];
    snprintf(command, sizeof command, "\"$OSSICLE\" %s <&-", commands[_i]);
    oss_program_run run = run_shell(&c, command);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, ": standard input is closed: ");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* What is there is transcribed, with a warning, and the exit code tells. */
START_TEST(test_truncated_recordings) {
    oss_cli_case c = oss_cli_case_make();
    char *cut = oss_tempdir_path(c.folder, "cut.wav");
    long bytes = 0;
    char *all = oss_tempdir_read(c.three, &bytes);
    oss_tempdir_write(cut, all, bytes * 3 / 4); /* 0.12 s of 0.16: two frames */
    free(all);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, cut);
    oss_program_expect(&run, 1);
    ck_assert_str_eq(run.out, "a a\n");
    oss_program_expect_err(&run, "warning: ");
    oss_program_expect_err(&run, "cut.wav: truncated; its header promises");
    oss_program_expect_err(&run, "what comes before is transcribed");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, "--json", cut, c.three);
    oss_program_expect(&run, 1);
    oss_program_expect_out(&run, "\"a a\"");
    oss_program_expect_out(&run, "\"a a a\"");
    oss_program_run_deinit(&run);
    char *npy = oss_tempdir_path(c.folder, "out.npy");
    run =
        oss_run_ossicle("embed", "--model", c.model, "-o", npy, cut); /* numbers without words are refused */
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "cut.wav: truncated");
    oss_program_run_deinit(&run);
    free(npy);
    free(cut);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_folders_are_refused_with_a_hint) {
    static const char *const commands[] = {"embed", "features"};
    oss_cli_case c = oss_cli_case_make();
    char *npy = oss_tempdir_path(c.folder, "out.npy");
    for (int i = 0; i < 2; i++) {
        oss_program_run run = i == 0 ? oss_run_ossicle(commands[i], "--model", c.model, "-o", npy, c.folder)
                                     : oss_run_ossicle(commands[i], "-o", npy, c.folder);
        oss_program_expect(&run, 3);
        oss_program_expect_err(&run, "is a folder: give the recordings in it, such as ");
        oss_program_expect_err(&run, "/*.wav");
        oss_program_run_deinit(&run);
    }
    free(npy);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/recordings");
    TCase *tests = tcase_create("recordings");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_transcribe_from_pipes);
    tcase_add_test(tests, test_the_other_commands_from_pipes);
    tcase_add_test(tests, test_pipes_that_hold_no_audio);
    tcase_add_loop_test(tests, test_standard_input_is_not_written_over, 0, 3);
    tcase_add_loop_test(tests, test_standard_input_that_is_closed, 0, 3);
    tcase_add_test(tests, test_truncated_recordings);
    tcase_add_test(tests, test_folders_are_refused_with_a_hint);
    suite_add_tcase(suite, tests);
    return suite;
}
