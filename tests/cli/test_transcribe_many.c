/* ossicle transcribe with many recordings: in order whatever is done first, each form in one place or a file for each
 * recording, and bad ones among them. */
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

static oss_cli_case c;

static void set_up(void) {
    c = oss_cli_case_make();
    ck_assert_int_eq(chdir(c.folder), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

static void record_as(const char *name, const char *recording) {
    char *path = oss_tempdir_path(c.folder, name);
    oss_tempdir_make_folders(path);
    ck_assert_int_eq(link(recording, path), 0);
    free(path);
}

static void expect_file(const char *name, const char *want) {
    char *path = oss_tempdir_path(c.folder, name), *text = oss_tempdir_read(path, NULL);
    ck_assert_msg(text != NULL, "%s is not there", name);
    ck_assert_str_eq(text, want);
    free(text);
    free(path);
}

static int files_in(const char *name) {
    char *path = oss_tempdir_path(c.folder, name);
    int count = access(path, F_OK) == 0 ? oss_tempdir_count(path) : -1;
    free(path);
    return count;
}

#define run_transcribe(...) oss_run_ossicle("transcribe", "--model", c.model, __VA_ARGS__)

/* ---- Order ---- */

enum { FILES = 60 };

/* Short and long ones, quiet ones that are warned of, some that are cut off and some that are no recordings. */
static void write_mixture(void) {
    ck_assert_int_eq(mkdir("mixed", 0700), 0);
    for (int i = 0; i < FILES; i++) {
        char name[40];
        snprintf(name, sizeof name, "mixed/%02d.wav", i);
        oss_wav_write_tone(name, i % 7 == 0 ? 20.0 : 0.1 + 0.03 * i, 440.0, i % 5 == 1 ? 0.001 : 0.5, 16000);
        if (i % 11 == 3) {
            ck_assert_int_eq(truncate(name, i % 2 == 0 ? 2000 : 30), 0);
        }
    }
}

static void expect_same_streams(const char *const words[], const oss_program_run *want) {
    static const char *const threads[] = {"1", "2", "5", "61"};
    for (int i = 0; i < 4; i++) {
        const char *word[12] = {"transcribe", "--model", c.model, "--threads", threads[i]};
        for (int at = 0; words[at] != NULL; at++) {
            word[5 + at] = words[at];
        }
        oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
        oss_program_expect(&run, want->code);
        ck_assert_str_eq(run.out, want->out);
        ck_assert_str_eq(run.err, want->err);
        oss_program_run_deinit(&run);
    }
}

START_TEST(test_any_number_of_threads_says_the_same) {
    write_mixture();
    oss_program_run run = run_transcribe("mixed", "--threads=1", "--json");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "ossicle transcribe: warning: mixed/14.wav: truncated");
    oss_program_expect_err(&run, "ossicle transcribe: mixed/03.wav");
    expect_same_streams((const char *const[]){"mixed", "--json", NULL}, &run);
    oss_program_run_deinit(&run);
}
END_TEST

/* What a recording says does not depend on which others are there. */
START_TEST(test_alone_and_with_others) {
    write_mixture();
    oss_program_run all = run_transcribe("mixed", "--threads=3", "--json");
    for (int i = 0; i < FILES; i += 9) {
        char name[40];
        snprintf(name, sizeof name, "mixed/%02d.wav", i);
        oss_program_run one = run_transcribe(name, "--json");
        oss_program_expect_out(&all, one.out);
        oss_program_run_deinit(&one);
    }
    oss_program_run_deinit(&all);
}
END_TEST

/* ---- A file for each recording ---- */

START_TEST(test_output_dir_mirrors_folders) {
    record_as("r/a.wav", c.three);
    record_as("r/s/b.x.wav", c.five);
    oss_program_run run = run_transcribe("r", "three.wav", "--output-dir", "out/deep");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    ck_assert_str_eq(run.err, "");
    oss_program_run_deinit(&run);
    expect_file("out/deep/a.txt", "a a a\n");
    expect_file("out/deep/s/b.x.txt", "a a a a a a\n");
    expect_file("out/deep/three.txt", "a a a\n");
    ck_assert_int_eq(files_in("out/deep"), 3); /* nothing temporary */
}
END_TEST

START_TEST(test_every_format_has_its_files) {
    static const char *const format[] = {"txt", "json", "jsonl", "srt",      "vtt", "ctm",
                                         "stm", "trn",  "tsv",   "textgrid", "lrc"};
    for (size_t i = 0; i < sizeof format / sizeof *format; i++) {
        char name[60];
        oss_program_run run = run_transcribe("three.wav", "--format", format[i], "--output-dir", "out");
        oss_program_expect(&run, 0);
        oss_program_run_deinit(&run);
        run = run_transcribe("three.wav", "--format", format[i]); /* one recording may be printed in any */
        oss_program_expect(&run, 0);
        snprintf(name, sizeof name, "out/three.%s",
                 strcmp(format[i], "textgrid") == 0 ? "TextGrid" : format[i]);
        expect_file(name, run.out);
        oss_program_run_deinit(&run);
    }
}
END_TEST

START_TEST(test_two_recordings_never_have_one_file) {
    static const char *const words[][3] = {
        {"r"}, {"r/s/a.wav", "r/t/a.wav"}, {"r/s/a.wav", "r/s/a.wav"}, {"r/s/", "r/t"}};
    static const char *const says[] = {
        "r/a.flac and r/a.wav would both be written to out/a.txt: ",
        "r/s/a.wav and r/t/a.wav would both be written to out/a.txt: ", "r/s/a.wav is given twice",
        "r/s/a.wav and r/t/a.wav would both be written to out/a.txt: "};
    record_as("r/a.wav", c.three);
    record_as("r/a.flac", c.three);
    record_as("r/s/a.wav", c.three);
    record_as("r/t/a.wav", c.three);
    for (int i = 0; i < 4; i++) {
        oss_program_run run = run_transcribe("--output-dir", "out", words[i][0], words[i][1]);
        oss_program_expect(&run, 2);
        oss_program_expect_err(&run, says[i]);
        ck_assert_ptr_eq(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
        ck_assert_int_eq(files_in("out"), -1); /* before anything is written */
        oss_program_run_deinit(&run);
    }
}
END_TEST

START_TEST(test_nothing_that_is_read_is_written_over) {
    record_as("r/b.txt", c.three);
    record_as("r/m.txt", c.model);
    oss_tempdir_write("r/names.txt", "three.wav\n", 10);
    record_as("names.wav", c.three);
    record_as("b.wav", c.five);
    ck_assert_int_eq(symlink("r", "link"), 0);
    oss_program_run run = run_transcribe("--output-dir", "link", "b.wav", "r/b.txt");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "would both be written to link/b.txt");
    oss_program_run_deinit(&run);
    run = run_transcribe("--output-dir", "link", "r/b.txt");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--output-dir link/b.txt is the same file as r/b.txt, which is read");
    oss_program_run_deinit(&run);
    run = run_transcribe("--output-dir", "link", "--list", "r/names.txt", "names.wav");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "link/names.txt is the same file as r/names.txt, which is read");
    oss_program_run_deinit(&run);
    record_as("m.wav", c.three);
    run = oss_run_ossicle("transcribe", "--model", "r/m.txt", "--output-dir", "link", "m.wav");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "link/m.txt is the same file as r/m.txt, which is read");
    oss_program_run_deinit(&run);
    expect_file("r/names.txt", "three.wav\n");
}
END_TEST

START_TEST(test_bad_ones_have_no_file) {
    record_as("r/a.wav", c.three);
    record_as("r/z.wav", c.three);
    oss_tempdir_write("r/bad.wav", "no recording", 12);
    oss_program_run run = run_transcribe("--output-dir", "out", "r");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "ossicle transcribe: r/bad.wav: ");
    ck_assert_int_eq(files_in("out"), 2);
    oss_program_run_deinit(&run);
    /* One place that cannot be written to is no more than a bad recording either. */
    ck_assert_int_eq(mkdir("out/y.txt", 0700), 0);
    record_as("r/y.wav", c.three);
    run = run_transcribe("--output-dir", "out", "r");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "out/y.txt");
    oss_program_run_deinit(&run);
    run = run_transcribe("--output-dir", "three.wav", "r");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "three.wav");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_skip_existing) {
    record_as("r/a.wav", c.three);
    record_as("r/b.wav", c.three);
    record_as("r/c.wav", c.three);
    ck_assert_int_eq(mkdir("out", 0700), 0);
    oss_tempdir_write("out/a.txt", "as it was\n", 10);
    oss_tempdir_write("out/b.txt", "", 0); /* power failed */
    oss_program_run run = run_transcribe("--output-dir", "out", "--skip-existing", "r");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    expect_file("out/a.txt", "as it was\n");
    expect_file("out/b.txt", "a a a\n");
    expect_file("out/c.txt", "a a a\n");
    run = run_transcribe("--output-dir", "out", "r"); /* else they are made anew */
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    expect_file("out/a.txt", "a a a\n");
    run = run_transcribe("--skip-existing", "r");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--skip-existing goes with --output-dir");
    oss_program_run_deinit(&run);
}
END_TEST

/* ---- All in one place ---- */

START_TEST(test_formats_of_many) {
    record_as("r/s/a.wav", c.three);
    record_as("r/t/a.wav", c.three);
    oss_program_run run = run_transcribe("r", "--format", "trn");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a (s/a)\na a a (t/a)\n");
    oss_program_run_deinit(&run);
    run = run_transcribe("r", "--format", "tsv");
    oss_program_expect(&run, 0);
    char *header = strstr(run.out, "start\t");
    ck_assert_ptr_eq(header, run.out);
    ck_assert_ptr_null(strstr(header + 1, "start\t")); /* once */
    oss_program_expect_out(&run, "\tr/s/a.wav\n");
    oss_program_expect_out(&run, "\tr/t/a.wav\n");
    oss_program_run_deinit(&run);
    run = run_transcribe("r/s/a.wav", "r/t/a.wav", "--format", "ctm");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "r/s/a.wav and r/t/a.wav would both be called a: name the folder");
    oss_program_run_deinit(&run);
    run = run_transcribe("r", "--format", "srt");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "srt is a file for each recording: say with --output-dir DIR");
    oss_program_run_deinit(&run);
    run = run_transcribe("r", "--format", "mp3");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "textgrid");
    oss_program_run_deinit(&run);
    run = run_transcribe("r", "--format", "ctm", "--json");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--json and --format each choose the format");
    oss_program_run_deinit(&run);
}
END_TEST

/* What says how a form is must have a meaning there. */
START_TEST(test_options_of_a_form) {
    static const struct {
        const char *word[4];
        const char *has, *says; /* in what is printed; of the refusal with another form */
    } cases[] = {
        {{"--format=json", "--symbols"},
         "\"symbols\"",
         "--symbols goes with --format json or jsonl, and here it is ctm"},
        {{"--json", "--symbols"}, "\"symbols\"", "--symbols goes with"},
        {{"--format=srt", "--lines", "1", "--line-length=10"},
         "a a a\n",
         "--line-length goes with --format srt, vtt or lrc"},
        {{"--format=vtt", "--lines", "1"}, "a a a\n", "--lines goes with --format srt or vtt"},
        {{"--format=TextGrid", "--textgrid", "long"}, "xmin = ", "--textgrid goes with --format textgrid"},
        {{"--format=stm", "--stm-labels", "<o,f0,male>"},
         " <o,f0,male> a a a\n",
         "--stm-labels goes with --format stm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *w = cases[i].word;
        oss_program_run run = run_transcribe("three.wav", w[0], w[1], w[2], w[2] == NULL ? NULL : w[3]);
        oss_program_expect(&run, 0);
        oss_program_expect_out(&run, cases[i].has);
        oss_program_run_deinit(&run);
        run = run_transcribe("three.wav", "--format=ctm", w[1], w[2], w[2] == NULL ? NULL : w[3]);
        oss_program_expect(&run, 2);
        oss_program_expect_err(&run, cases[i].says);
        oss_program_run_deinit(&run);
    }
    oss_program_run run = run_transcribe("three.wav", "--format=srt", "--line-length=7");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--line-length 7: choose a whole number from 8 to 1000");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_one_file_for_all) {
    record_as("r/a.wav", c.three);
    record_as("r/b.wav", c.five);
    oss_program_run run = run_transcribe("r", "-o", "all.tsv");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    expect_file("all.tsv", "r/a.wav\ta a a\nr/b.wav\ta a a a a a\n");
    oss_program_run_deinit(&run);
    oss_tempdir_write("r/bad.wav", "no recording", 12);
    run = run_transcribe("r/bad.wav", "-o", "all.tsv"); /* nothing came: what was there stays */
    oss_program_expect(&run, 3);
    expect_file("all.tsv", "r/a.wav\ta a a\nr/b.wav\ta a a a a a\n");
    oss_program_run_deinit(&run);
    run = run_transcribe("r/bad.wav", "r/a.wav", "-o", "all.tsv");
    oss_program_expect(&run, 1);
    expect_file("all.tsv", "r/a.wav\ta a a\n");
    oss_program_run_deinit(&run);
    run = run_transcribe("r", "-o", "x", "--output-dir", "y");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    ck_assert(!oss_tempdir_has(c.folder, ".tmp-"));
}
END_TEST

START_TEST(test_nobody_reads) {
    write_mixture();
    oss_program_run run = oss_program_run_words(
        OSS_STDOUT_BROKEN_PIPE,
        (const char *const[]){"transcribe", "--threads", "4", "--model", c.model, "mixed", NULL});
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "could not be written to standard output");
    ck_assert_ptr_null(strstr(run.err, "59.wav")); /* it stopped on the way */
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/transcribe many");
    TCase *tests = tcase_create("many");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_any_number_of_threads_says_the_same);
    tcase_add_test(tests, test_alone_and_with_others);
    tcase_add_test(tests, test_output_dir_mirrors_folders);
    tcase_add_test(tests, test_every_format_has_its_files);
    tcase_add_test(tests, test_two_recordings_never_have_one_file);
    tcase_add_test(tests, test_nothing_that_is_read_is_written_over);
    tcase_add_test(tests, test_bad_ones_have_no_file);
    tcase_add_test(tests, test_skip_existing);
    tcase_add_test(tests, test_formats_of_many);
    tcase_add_test(tests, test_options_of_a_form);
    tcase_add_test(tests, test_one_file_for_all);
    tcase_add_test(tests, test_nobody_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
