/* ossicle transcribe: what it prints for one file and for several, and what becomes of files that fail. */
#include "base/json.h"
#include "cli/cli_cases.h"
#include "support/suite.h"
#include "support/terminal.h"

START_TEST(test_one_file_prints_the_transcript_alone) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, c.three);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a\n");
    ck_assert_str_eq(run.err, "");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_several_files_print_path_tab_text) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("transcribe", c.three, "--threads=3", c.five, "--model", c.model);
    oss_program_expect(&run, 0);
    char *want = NULL;
    ck_assert_int_gt(asprintf(&want, "%s\ta a a\n%s\ta a a a a a\n", c.three, c.five), 0);
    ck_assert_str_eq(run.out, want);
    free(want);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* A line a file and a tab between its cells, whatever a file is called: docs/file-formats.md, TSV. */
START_TEST(test_names_that_would_break_the_table) {
    static const char name[] = "a\tb\nc\rd\\e \xc3\xa9.wav", cell[] = "a\\tb\\nc\\rd\\\\e \xc3\xa9.wav";
    oss_cli_case c = oss_cli_case_make();
    char *odd = oss_tempdir_path(c.folder, name), *want = NULL;
    ck_assert_int_eq(rename(c.five, odd), 0);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, odd, c.three);
    oss_program_expect(&run, 0);
    ck_assert_int_gt(asprintf(&want, "%s/%s\ta a a a a a\n%s\ta a a\n", c.folder, cell, c.three), 0);
    ck_assert_str_eq(run.out, want);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, odd); /* no table */
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a a a a\n");
    oss_program_run_deinit(&run);
    free(want);
    free(odd);
    oss_cli_case_free(&c);
}
END_TEST

/* ---- On a terminal ---- */

enum { LONG_SECONDS = 100 };

static char *write_long(const oss_cli_case *c, const char *name) {
    char *path = oss_tempdir_path(c->folder, name);
    oss_wav_write_tone(path, LONG_SECONDS, 440.0, 0.5,
                       44100); /* resampling takes longer than half a second */
    return path;
}

START_TEST(test_a_long_recording_shows_progress) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_long(&c, "a long\trecording with a n\xc3\xa4me.wav"),
         *program = oss_program_path("ossicle");
    const char *const argument[] = {program, "transcribe", "--model", c.model, path, NULL};
    char *text = oss_terminal_run(argument, 40, false, true, 0);
    char *reading = strstr(text, "\r\033[Kreading ");
    ck_assert_msg(reading != NULL && strstr(text, "% of a long\\trecording with") != NULL, "%s", text);
    ck_assert_ptr_null(strchr(text, '\t'));
    ck_assert_int_lt(oss_terminal_widest(text), 40);
    /* The line is gone before the result. */
    char *result = strstr(text, "\r\033[Ka a a a");
    ck_assert_msg(result != NULL && strstr(result, "reading") == NULL, "%s", text);
    free(text);
    free(program);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

/* Nothing that redraws itself, for a short recording or where nobody looks. */
START_TEST(test_no_progress_elsewhere) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_long(&c, "long.wav"), *program = oss_program_path("ossicle");
    const char *const brief[] = {program, "transcribe", "--model", c.model, c.three, NULL};
    char *text = oss_terminal_run(brief, 80, false, true, 0);
    ck_assert_str_eq(text, "a a a\r\n");
    free(text);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, path);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    oss_program_run_deinit(&run);
    free(program);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

static void check_json_line(const char **at, const char *file, const char *text, double seconds) {
    size_t length = strcspn(*at, "\n");
    oss_json *json = NULL;
    ck_assert_msg(oss_json_parse(&json, *at, length, "line") == OSS_OK, "%s", oss_last_error());
    ck_assert_ptr_eq(strstr(*at, "{\"file\":"), *at); /* what follows the first three may grow */
    ck_assert_str_eq(oss_json_string(oss_json_get(json, "file")), file);
    ck_assert_str_eq(oss_json_string(oss_json_get(json, "text")), text);
    ck_assert_double_eq_tol(oss_json_number(oss_json_get(json, "seconds")), seconds, 1e-9);
    oss_json_free(json);
    *at += length + 1;
}

START_TEST(test_json_is_one_object_a_line) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("transcribe", "--json", "--model", c.model, c.three, c.five);
    oss_program_expect(&run, 0);
    const char *at = run.out;
    check_json_line(&at, c.three, "a a a", 0.16);
    check_json_line(&at, c.five, "a a a a a a", 0.4);
    ck_assert_str_eq(at, "");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_a_file_that_fails_does_not_stop_the_others) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "text.wav", "this is no recording at all, only words\n");
    char *text = oss_tempdir_path(c.folder, "text.wav");
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, "/nowhere/x.wav", c.three, text);
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "ossicle transcribe: ");
    oss_program_expect_err(&run, "/nowhere/x.wav");
    oss_program_expect_err(&run, text);
    char *want = NULL;
    ck_assert_int_gt(asprintf(&want, "%s\ta a a\n", c.three), 0);
    ck_assert_str_eq(run.out, want);
    free(want);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, "/nowhere/x.wav", text);
    oss_program_expect(&run, 3);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("transcribe", "--model", c.model, text);
    oss_program_expect(&run, 3);
    oss_program_run_deinit(&run);
    free(text);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_model_that_is_missing_or_damaged) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("transcribe", "--model", "/nowhere/m.safetensors", c.three);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "/nowhere/m.safetensors");
    oss_program_run_deinit(&run);
    long bytes = 0;
    char *file = oss_tempdir_read(c.model, &bytes);
    file[bytes / 2] ^= 1;
    oss_tempdir_write(c.model, file, bytes);
    free(file);
    run = oss_run_ossicle("transcribe", "--model", c.model, c.three);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, c.model);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_unknown_symbol_prints_replacement) {
    oss_cli_case c = oss_cli_case_make();
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"<UNK>", "<blank>"}, 2);
    oss_cli_case_save(model, c.model);
    oss_model_free(model);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, c.three);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_silence_is_transcribed_with_a_warning) {
    oss_cli_case c = oss_cli_case_make();
    char *quiet = oss_tempdir_path(c.folder, "quiet.wav");
    oss_wav_write_tone(quiet, 0.16, 440.0, 0.001, 16000);
    oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, quiet);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a\n");
    oss_program_expect_err(&run, "ossicle transcribe: warning: ");
    oss_program_expect_err(&run, quiet);
    oss_program_run_deinit(&run);
    free(quiet);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_nobody_reads) {
    static const int codes[] = {[OSS_STDOUT_FULL] = 4, [OSS_STDOUT_CLOSED] = 3, [OSS_STDOUT_BROKEN_PIPE] = 3};
    oss_cli_case c = oss_cli_case_make();
    const char *const words[] = {"transcribe", "--model", c.model, c.three, c.three, NULL};
    oss_program_run run = oss_program_run_words((oss_program_stdout)_i, words);
    oss_program_expect(&run, codes[_i]);
    oss_program_expect_err(&run, "could not be written to standard output");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/transcribe");
    TCase *prints = tcase_create("prints");
    tcase_add_test(prints, test_one_file_prints_the_transcript_alone);
    tcase_add_test(prints, test_several_files_print_path_tab_text);
    tcase_add_test(prints, test_names_that_would_break_the_table);
    tcase_add_test(prints, test_a_long_recording_shows_progress);
    tcase_add_test(prints, test_no_progress_elsewhere);
    tcase_set_timeout(prints, 60);
    tcase_add_test(prints, test_json_is_one_object_a_line);
    tcase_add_test(prints, test_unknown_symbol_prints_replacement);
    TCase *fails = tcase_create("fails");
    tcase_add_test(fails, test_a_file_that_fails_does_not_stop_the_others);
    tcase_add_test(fails, test_model_that_is_missing_or_damaged);
    tcase_add_test(fails, test_silence_is_transcribed_with_a_warning);
    tcase_add_loop_test(fails, test_nobody_reads, OSS_STDOUT_CLOSED, OSS_STDOUT_BROKEN_PIPE + 1);
    suite_add_tcase(suite, prints);
    suite_add_tcase(suite, fails);
    return suite;
}
