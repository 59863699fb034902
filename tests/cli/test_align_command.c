/* ossicle align: texts and subtitles with times, what cannot be aligned, datasets with rows that fail. */
#include <stdio.h>

#include "base/strbuf.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

/* The model says "a a a" in the six frames (0.16 s) of three.wav. */
static oss_program_run align(const oss_cli_case *c, const char *option, const char *value) {
    return oss_run_ossicle("align", "--model", c->model, c->three, option, value);
}

static int32_t count_lines(const char *text) {
    int32_t lines = 0;
    for (; *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

START_TEST(words_are_shown_as_written) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = align(&c, "--text", "A a, \"a\".");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 3);
    oss_program_expect_out(&run, " A ");
    oss_program_expect_out(&run, " a, ");
    oss_program_expect_out(&run, " \"a\". ");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(what_the_vocabulary_lacks_is_named) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = align(&c, "--text",
                                "a \xc3\xb1 2014 \xc2\xa3"
                                "13.60 <star> a");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 6);
    oss_program_expect_err(&run, "\"2014\": the vocabulary does not have \"2014\": its times are guessed");
    oss_program_expect_err(&run, "\"\xc2\xa3"
                                 "13.60\": the vocabulary does not have \"\xc2\xa3"
                                 "1360\"");
    oss_program_expect_err(&run, "aligned without");
    oss_program_run_deinit(&run);
    run = align(&c, "--text", "2014 13");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "has none of the text's characters");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(what_does_not_fit_is_refused) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "long.txt", "a a\n\nab c a\n");
    oss_cli_case_write(&c, "empty.txt", " \n\n");
    char *text = oss_tempdir_path(c.folder, "long.txt"), *empty = oss_tempdir_path(c.folder, "empty.txt");
    oss_program_run run = align(&c, "--text-file", text);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "needs 10 frames");
    oss_program_expect_err(&run, "has 6");
    oss_program_expect_err(&run, "from line 3, \"c\", on");
    oss_program_run_deinit(&run);
    run = align(&c, "--text-file", empty);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "the text is empty");
    oss_program_run_deinit(&run);
    free(text);
    free(empty);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(subtitles_keep_their_lines) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "in.srt",
                       "\xef\xbb\xbf"
                       "1\r\n01:00:00,000 --> 01:00:01,000 X1:40\r\n<i>a</i>\r\n- a\r\n\r\n"
                       "7\n01:00:02,000 --> 01:00:03,000\n{\\an8}!\n");
    oss_cli_case_write(&c, "long.srt",
                       "1\n00:00:00,000 --> 00:00:01,000\na\n\n2\n00:00:00,000 --> 00:00:01,000\n"
                       "abcdefgh\n");
    oss_cli_case_write(&c, "bad.srt", "1\n00:00:00,000 --> 00:00:01,000\na\n\nwhat is this\n");
    char *in = oss_tempdir_path(c.folder, "in.srt"), *too_long = oss_tempdir_path(c.folder, "long.srt");
    char *bad = oss_tempdir_path(c.folder, "bad.srt");
    oss_program_run run = align(&c, "--srt", in);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "1\n00:00:00,");
    oss_program_expect_out(&run, " X1:40\n<i>a</i>\n- a\n\n2\n00:00:00,");
    oss_program_expect_out(&run, "\n{\\an8}!\n\n");
    oss_program_run_deinit(&run);
    run = align(&c, "--srt", too_long);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "it does not fit from cue 2, \"abcdefgh\", on");
    oss_program_run_deinit(&run);
    run = align(&c, "--srt", bad);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "bad.srt:5: ");
    oss_program_run_deinit(&run);
    free(in);
    free(too_long);
    free(bad);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(rows_that_fail_do_not_stop_the_others) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv",
                       "wav,text\nthree.wav,A a a\nnot-there.wav,a\nthree.wav,a a a a a a\nthree.wav,a a\n");
    char *csv = oss_tempdir_path(c.folder, "set.csv"), *out = oss_tempdir_path(c.folder, "out");
    char *first = oss_tempdir_path(c.folder, "out/three-1.TextGrid");
    char *last = oss_tempdir_path(c.folder, "out/three-4.TextGrid");
    oss_program_run run = oss_run_ossicle("align", "--model", c.model, "--csv", csv);
    oss_program_expect(&run, 1);
    ck_assert_int_eq(count_lines(run.out), 5);
    oss_program_expect_out(&run, " A ");
    oss_program_expect_err(&run, "set.csv:3: row 2");
    oss_program_expect_err(&run, "set.csv:4: row 3");
    oss_program_expect_err(&run, "set.csv: 2 of 4 rows are aligned, 0 of them differ from their texts");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, "--csv", csv, "--format", "textgrid", "--output-dir",
                          out);
    oss_program_expect(&run, 1);
    char *a = oss_tempdir_read(first, NULL), *b = oss_tempdir_read(last, NULL);
    ck_assert_ptr_nonnull(strstr(a, "\"A\""));
    ck_assert_ptr_nonnull(strstr(b, "IntervalTier"));
    oss_program_run_deinit(&run);
    free(a);
    free(b);
    free(first);
    free(last);
    free(csv);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

/* Bytes on both streams, findings and results of many rows, some of them wrong, in one thread and in several. */
START_TEST(threads_change_nothing) {
    oss_cli_case c = oss_cli_case_make();
    oss_strbuf rows = {0};
    oss_strbuf_append(&rows, "wav,text\n");
    for (int32_t i = 0; i < 60; i++) {
        static const char *const line[] = {
            "three.wav,A a a",         "five.wav,defg", "not-there.wav,a",      "three.wav,a 2014 a",
            "five.wav,\"defg\nhdef\"", "three.wav",     "three.wav,a a a a a a"};
        oss_strbuf_append(&rows, line[i % 7]);
        oss_strbuf_append(&rows, "\n");
    }
    oss_cli_case_write(&c, "many.csv", rows.data);
    char *csv = oss_tempdir_path(c.folder, "many.csv"), *table = oss_tempdir_path(c.folder, "t.tsv");
    oss_program_run one =
        oss_run_ossicle("align", "--model", c.model, "--csv", csv, "--threads", "1", "--findings", table);
    char *one_table = oss_tempdir_read(table, NULL);
    oss_program_expect(&one, 1);
    oss_program_expect_err(&one, "many.csv:4: row 3");
    oss_program_expect_out(&one, " A ");
    oss_program_run check =
        oss_run_ossicle("check", "--model", c.model, "--csv", csv, "--align", "--threads", "1");
    for (int32_t threads = 2; threads <= 5; threads += 3) {
        char count[16];
        (void)snprintf(count, sizeof count, "%d", (int)threads);
        oss_program_run run = oss_run_ossicle("align", "--model", c.model, "--csv", csv, "--threads", count,
                                              "--findings", table);
        char *findings = oss_tempdir_read(table, NULL);
        oss_program_expect(&run, 1);
        ck_assert_str_eq(run.out, one.out);
        ck_assert_str_eq(run.err, one.err);
        ck_assert_str_eq(findings, one_table);
        free(findings);
        oss_program_run_deinit(&run);
        run = oss_run_ossicle("check", "--model", c.model, "--csv", csv, "--align", "--threads", count);
        ck_assert_str_eq(run.out, check.out);
        oss_program_run_deinit(&run);
    }
    oss_program_expect_out(&check, "text and speech differ:\n");
    oss_program_run_deinit(&one);
    oss_program_run_deinit(&check);
    oss_strbuf_deinit(&rows);
    free(one_table);
    free(csv);
    free(table);
    oss_cli_case_free(&c);
}
END_TEST

/* Of three lines the second was not said, by what --missing-cost says. */
START_TEST(findings_are_a_table) {
    oss_cli_case c = oss_cli_case_make();
    char *table = oss_tempdir_path(c.folder, "table.tsv"), *out = oss_tempdir_path(c.folder, "out.ctm");
    oss_program_run run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "a\nbc\na",
                                          "--findings", table, "--missing-cost", "2", "-o", out);
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "line 2: not heard, near");
    char *rows = oss_tempdir_read(table, NULL), *words = oss_tempdir_read(out, NULL);
    ck_assert_ptr_nonnull(strstr(rows, "file\tkind\tstart\tend\tline\ttext\n"));
    ck_assert_ptr_nonnull(strstr(rows, "\tmissing\t"));
    ck_assert_ptr_nonnull(strstr(rows, "\t2\tbc\n"));
    ck_assert_int_eq(count_lines(words), 2);
    free(rows);
    free(words);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "a\nbc\na", "--exact");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 3);
    oss_program_run_deinit(&run);
    free(table);
    free(out);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(check_finds_rows_that_differ) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "set.csv", "wav,text\nthree.wav,a a a\nfive.wav,defg hdef\n");
    char *csv = oss_tempdir_path(c.folder, "set.csv");
    oss_program_run run = oss_run_ossicle("check", "--model", c.model, "--csv", csv, "--align");
    oss_program_expect(&run, 1);
    oss_program_expect_out(&run, "text and speech differ:\n");
    oss_program_expect_out(&run, "set.csv:3: row 2: five.wav: 2 of 2 words not heard");
    ck_assert_ptr_null(strstr(run.out, "row 1: three.wav: 0"));
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("check", "--csv", csv, "--align");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(a_wildcard_is_in_no_result) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "a <*> a",
                                          "--exact", "--wildcard", "<*>", "--ctm-level", "token");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 2);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* What lies between two wildcards was said too, however badly it fits. */
START_TEST(exact_passes_over_no_text) {
    oss_cli_case c = oss_cli_case_make();
    const char *text = "a <*> bcbcbc <*> a";
    oss_program_run run =
        oss_run_ossicle("align", "--model", c.model, c.five, "--text", text, "--wildcard", "<*>");
    oss_program_expect(&run, 1);
    ck_assert_int_eq(count_lines(run.out), 2);
    oss_program_run_deinit(&run);
    run =
        oss_run_ossicle("align", "--model", c.model, c.five, "--text", text, "--wildcard", "<*>", "--exact");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 3);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* Two lines, the first of two sentences: as the text has them, though there is no pause. */
START_TEST(segments_are_those_of_the_text) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "A. a\na",
                                          "--exact", "--ctm-level", "segment");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 3);
    oss_program_expect_out(&run, " A. ");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "a a\nA", "--exact", "--ctm-level",
                          "segment");
    oss_program_expect(&run, 0);
    ck_assert_int_eq(count_lines(run.out), 2);
    oss_program_expect_out(&run, "three 1 0.000 ");
    oss_program_expect_out(&run, " a<space>a ");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "a", "--format", "srt",
                          "--ctm-level", "word");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--ctm-level goes with --format ctm, and here it is srt");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* What is said at a wildcard is expected there; what is said at the end of a line is not. */
START_TEST(speech_at_a_wildcard_is_no_finding) {
    oss_cli_case c = oss_cli_case_make();
    char *longer = oss_tempdir_path(c.folder, "longer.wav");
    oss_wav_write_tone(longer, 2.0, 440.0, 0.5, 16000);
    oss_program_run run =
        oss_run_ossicle("align", "--model", c.model, longer, "--text", "a", "--sound-cost", "0.1");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "speech that is not in the text");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, longer, "--text", "<*> a <*>", "--sound-cost", "0.1",
                          "--wildcard", "<*>");
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.err, "speech that is not"));
    oss_program_run_deinit(&run);
    free(longer);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(texts_that_are_none) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(&c, "in.srt", "1\r\n00:00:00,000 --> 00:00:01,000\r\na\r\n");
    oss_cli_case_write(&c, "in.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\na\n");
    oss_cli_case_write(&c, "arrow.txt",
                       "\xef\xbb\xbf"
                       "a --> a\n");
    char *srt = oss_tempdir_path(c.folder, "in.srt"), *vtt = oss_tempdir_path(c.folder, "in.vtt");
    char *arrow = oss_tempdir_path(c.folder, "arrow.txt");
    oss_program_run run = align(&c, "--text-file", srt);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "has times of subtitles in it: give subtitles with --srt");
    oss_program_run_deinit(&run);
    run = align(&c, "--text-file", vtt);
    oss_program_expect(&run, 3);
    oss_program_run_deinit(&run);
    run = align(&c, "--srt", vtt);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "is WebVTT: save it as SubRip");
    oss_program_run_deinit(&run);
    run = align(&c, "--text-file", arrow);
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.out, "\xef\xbb\xbf"));
    oss_program_run_deinit(&run);
    run = align(&c, "--text-file", "-"); /* standard input, which is empty here */
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "the text is empty");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, "-", "--text-file", "-");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    free(srt);
    free(vtt);
    free(arrow);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(what_does_not_go_together) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_run_ossicle("align", "--model", c.model, c.three);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "say what was said in ");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, c.three, "talk.txt");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "did you mean --text-file talk.txt?");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, "talk.txt", c.three);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "give one recording, and what was said in it with --text-file FILE");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, "--csv", c.three, "--text", "a");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    static const char *const cost[] = {"--missing-cost", "--sound-cost"};
    for (int i = 0; i < 2; i++) {
        run = oss_run_ossicle("align", "--model", c.model, c.three, "--text", "a", "--exact", cost[i], "1");
        oss_program_expect(&run, 2);
        oss_program_expect_err(&run, " and with --exact there is none");
        oss_program_run_deinit(&run);
    }
    run = align(&c, "--sound-cost", "-1");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("align", "--model", c.model, "--csv", "x.csv", "--format", "srt");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/align");
    TCase *tests = tcase_create("align");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, words_are_shown_as_written);
    tcase_add_test(tests, what_the_vocabulary_lacks_is_named);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, subtitles_keep_their_lines);
    tcase_add_test(tests, rows_that_fail_do_not_stop_the_others);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, findings_are_a_table);
    tcase_add_test(tests, exact_passes_over_no_text);
    tcase_add_test(tests, check_finds_rows_that_differ);
    tcase_add_test(tests, a_wildcard_is_in_no_result);
    tcase_add_test(tests, segments_are_those_of_the_text);
    tcase_add_test(tests, speech_at_a_wildcard_is_no_finding);
    tcase_add_test(tests, texts_that_are_none);
    tcase_add_test(tests, what_does_not_go_together);
    suite_add_tcase(suite, tests);
    return suite;
}
