/* Datasets in the forms of other toolkits through every command that takes one: the same rows as of the CSV that says the
 * same, the form named in the log, and two steps of training. */
#include <sys/stat.h>
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
        "{\"d_model\": 32, \"n_heads\": 2, \"d_ff\": 64, \"n_layers\": 1, \"conv_channels\": 8, \"max_steps\": 2, "
        "\"dev_fraction\": 0}");
    ck_assert_int_eq(setenv("OSSICLE_MODEL", "model.safetensors", 1), 0);
    ck_assert_int_eq(mkdir("kaldi", 0777), 0);
    ck_assert_int_eq(mkdir("parts", 0777), 0);
    ck_assert_int_eq(mkdir("lj", 0777), 0);
    ck_assert_int_eq(symlink("..", "lj/wavs"), 0);
    ck_assert_int_eq(symlink(".", "clips"), 0);
    oss_cli_case_write(&c, "nemo.json",
                       "{\"audio_filepath\": \"three.wav\", \"text\": \"a a a\", \"duration\": 0.2}\n"
                       "{\"audio_filepath\": \"five.wav\", \"text\": \"a a\", \"duration\": 0.4}\n");
    oss_cli_case_write(&c, "metadata.jsonl",
                       "{\"file_name\": \"three.wav\", \"transcription\": \"a a a\"}\n"
                       "{\"file_name\": \"five.wav\", \"transcription\": \"a a\"}\n");
    oss_cli_case_write(&c, "train.tsv", "client_id\tpath\tsentence\ns\tthree.wav\ta a a\ns\tfive.wav\ta a\n");
    oss_cli_case_write(&c, "lj/metadata.csv", "three|3 a|a a a\nfive|a a\n");
    oss_cli_case_write(&c, "kaldi/text", "u1 a a a\nu2 a a\n");
    oss_cli_case_write(&c, "kaldi/wav.scp", "u1 three.wav\nu2 five.wav\n");
    oss_cli_case_write(&c, "parts/text", "u1 a a a\nu2 a a\n");
    oss_cli_case_write(&c, "parts/wav.scp", "r1 five.wav\nr2 three.wav\n");
    oss_cli_case_write(&c, "parts/segments", "u1 r2 0 0.16\nu2 r1 0 -1\n");
}

static void tear_down(void) {
    ck_assert_int_eq(unsetenv("OSSICLE_MODEL"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    oss_cli_case_free(&c);
}

static const struct {
    const char *path, *format, *title;
} form[] = {
    {"nemo.json", "nemo", "a NeMo manifest"},
    {"metadata.jsonl", "huggingface", "a Hugging Face audiofolder"},
    {"train.tsv", "commonvoice", "a Common Voice TSV"},
    {"lj", "ljspeech", "an LJSpeech list"},
    {"lj/metadata.csv", "ljspeech", "an LJSpeech list"},
    {"kaldi", "kaldi", "a Kaldi folder"},
    {"parts", "kaldi", "a Kaldi folder"},
};
enum { FORMS = sizeof form / sizeof *form };

/* A word that begins with '@' is where the data goes. */
static const char *const command[][9] = {
    {"check", "--csv", "@"},
    {"vocab", "--units", "char", "--csv", "@"},
    {"eval", "--json", "--csv", "@"},
    {"align", "--csv", "@", "--output-dir", "ctm"},
    {"calibrate", "model.safetensors", "--csv", "@"},
    {"tune", "--lm", "tiny.arpa", "--dry-run", "--csv", "@"},
};
enum { COMMANDS = sizeof command / sizeof *command };

static oss_program_run run_command(int i, const char *path, const char *format) {
    const char *word[12] = {NULL};
    int words = 0;
    for (; command[i][words] != NULL; words++) {
        word[words] = command[i][words][0] == '@' ? path : command[i][words];
    }
    if (format != NULL) {
        word[words++] = "--data-format";
        word[words++] = format;
    }
    return oss_program_run_words(OSS_STDOUT_KEEP, word);
}

static void expect_reads(const oss_program_run *run, int f) {
    char says[100];
    snprintf(says, sizeof says, "%s: read as %s\n", form[f].path, form[f].title);
    oss_program_expect_err(run, says);
}

/* What a command prints, but for the name of the data and the time that it took. */
static void clean(char *text, const char *path) {
    char *time = strstr(text, ",\"wall_seconds\"");
    if (time != NULL) {
        *time = '\0';
    }
    for (char *at = strstr(text, path); at != NULL; at = strstr(at, path)) {
        memmove(at, at + strlen(path), strlen(at + strlen(path)) + 1);
    }
}

START_TEST(test_same_rows) {
    oss_program_run csv = run_command(_i, "set.csv", NULL);
    clean(csv.out, "set.csv");
    for (int f = 0; f < FORMS; f++) {
        oss_program_run run = run_command(_i, form[f].path, NULL);
        ck_assert_msg(run.code == csv.code, "%s of %s: exit %d: %s", command[_i][0], form[f].path, run.code,
                      run.err);
        expect_reads(&run, f);
        oss_program_run said = run_command(_i, form[f].path, form[f].format);
        clean(said.out, form[f].path);
        clean(run.out, form[f].path);
        ck_assert_msg(strcmp(said.out, run.out) == 0, "%.1000s", said.out);
        ck_assert_msg(strstr(said.err, "read as") == NULL, "%s", said.err);
        if (strcmp(command[_i][0], "check") != 0) { /* which tells of speakers and of names */
            ck_assert_msg(strcmp(run.out, csv.out) == 0, "%.1000s", run.out);
        }
        oss_program_run_deinit(&said);
        oss_program_run_deinit(&run);
    }
    oss_program_run_deinit(&csv);
}
END_TEST

START_TEST(test_check_finds_both_rows) {
    for (int f = 0; f < FORMS; f++) {
        oss_program_run run = oss_program_run_words(
            OSS_STDOUT_KEEP, (const char *const[]){"check", "--json", "--csv", form[f].path, NULL});
        oss_program_expect_out(&run, "\"rows\":2,\"usable\":2");
        oss_program_run_deinit(&run);
    }
}
END_TEST

/* The form is found, and said by the option or the setting. */
START_TEST(test_two_steps) {
    char train[100], format[100];
    snprintf(train, sizeof train, "train_csv=%s", form[_i].path);
    snprintf(format, sizeof format, "data_format=%s", form[_i].format);
    const char *const ways[][2] = {{NULL, NULL}, {"--data-format", form[_i].format}, {"--set", format}};
    for (int w = 0; w < 3; w++) {
        char folder[16];
        snprintf(folder, sizeof folder, "run%d", w);
        const char *word[] = {"train", "--config", "config.json", "--run",    folder,
                              "--set", train,      ways[w][0],    ways[w][1], NULL};
        oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
        oss_program_expect(&run, 0);
        if (w == 0) {
            expect_reads(&run, _i);
        }
        oss_program_run_deinit(&run);
        char metrics[40];
        snprintf(metrics, sizeof metrics, "run%d/metrics.jsonl", w);
        char *path = oss_tempdir_path(c.folder, metrics), *text = oss_tempdir_read(path, NULL);
        ck_assert_msg(strstr(text, "\"step\":2") != NULL, "%s", text);
        free(text);
        free(path);
    }
}
END_TEST

/* ---- Words ---- */

static void expect_error(int code, const char *says, const char *const word[]) {
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, says);
    oss_program_run_deinit(&run);
}

START_TEST(test_what_is_refused) {
    expect_error(2, "--data-format parquet",
                 (const char *const[]){"check", "--csv", "nemo.json", "--data-format", "parquet", NULL});
    expect_error(2, "--fix writes CSVs again, and nemo.json is a NeMo manifest",
                 (const char *const[]){"check", "--csv", "nemo.json", "--fix", "out.csv", NULL});
    expect_error(2, "kaldi/text is the same file as", /* what a folder consists of is read */
                 (const char *const[]){"eval", "--csv", "kaldi", "--hyp", "kaldi/text", NULL});
    expect_error(3, "kaldi/wav.scp is a file, and a Kaldi dataset is a folder: give that",
                 (const char *const[]){"eval", "--csv", "kaldi/wav.scp", "--data-format", "kaldi", NULL});
    ck_assert(!oss_tempdir_has(c.folder, "out.csv"));
}
END_TEST

/* A row that is wrong is named with its file and line, and the others count. */
START_TEST(test_bad_row_is_named) {
    oss_cli_case_write(&c, "kaldi/wav.scp", "u1 cat three.wav |\nu2 five.wav\n");
    oss_program_run run =
        oss_program_run_words(OSS_STDOUT_KEEP, (const char *const[]){"check", "--csv", "kaldi", NULL});
    oss_program_expect(&run, 1);
    oss_program_expect_out(&run, "kaldi/wav.scp:1: u1 is a command; commands are not run");
    oss_program_run_deinit(&run);
}
END_TEST

/* What cannot be read twice has no form to be found in it. */
START_TEST(test_pipe) {
    oss_program_run run = oss_cli_case_shell(
        &c, "cat nemo.json | \"$OSSICLE\" check --json --data-format nemo --csv /dev/stdin");
    oss_program_expect_out(&run, "\"rows\":2");
    oss_program_run_deinit(&run);
    run = oss_cli_case_shell(
        &c,
        "yes '{\"audio_filepath\": \"three.wav\", \"text\": \"a\"}' | \"$OSSICLE\" check --data-format nemo --csv "
        "/dev/stdin");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "/dev/stdin: gives more than 16 MiB");
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/data forms");
    TCase *tests = tcase_create("forms");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_same_rows, 0, COMMANDS);
    tcase_add_test(tests, test_check_finds_both_rows);
    tcase_add_loop_test(tests, test_two_steps, 0, FORMS);
    tcase_add_test(tests, test_what_is_refused);
    tcase_add_test(tests, test_bad_row_is_named);
    tcase_add_test(tests, test_pipe);
    suite_add_tcase(suite, tests);
    return suite;
}
