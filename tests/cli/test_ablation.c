/* scripts/ablation with the real trainer: results that survive interruption, rows that agree with the run,
 * tables that mix no two experiments. Run from the top of the source tree, as all tests are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/suite.h"
#include "support/tempdir.h"
#include "support/train_program.h"

static const oss_tones usual = {.rows = 12, .seed = 5, .min_letters = 2, .max_letters = 5};
static const char short_run[] = "\"batch_seconds\": 4, \"max_steps\": 4, \"dev_fraction\": 0.25";

typedef struct oss_ablation_case {
    oss_train_place place;
    char *list, *results, *build;
} oss_ablation_case;

static void write_list(const oss_ablation_case *c, const char *lines) {
    char text[1000];
    int length =
        snprintf(text, sizeof text, "# a comment\nbase %s eval_every=2 # and one behind a line\n\n%s",
                 c->place.config, lines);
    ck_assert_int_lt(length, (int)sizeof text);
    oss_tempdir_write(c->list, text, length);
}

static oss_ablation_case make_case(void) {
    oss_ablation_case c;
    oss_train_place_make(&c.place, &usual, short_run);
    c.list = oss_train_place_path(&c.place, "list.txt");
    c.results = oss_train_place_path(&c.place, "out/results.tsv");
    c.build = oss_program_path("ossicle");
    *strrchr(c.build, '/') = '\0';
    return c;
}

static void free_case(oss_ablation_case *c) {
    oss_train_place_remove(&c->place);
    free(c->list);
    free(c->results);
    free(c->build);
}

static oss_program_run run_ablation(const oss_ablation_case *c, const char *option, const char *value) {
    const char *const argument[] = {"scripts/ablation", "run",  c->list, c->results, "--build",
                                    c->build,           option, value,   NULL};
    return oss_program_start(argument, OSS_STDOUT_KEEP);
}

static void expect(const oss_ablation_case *c, const char *option, const char *value, int code,
                   const char *words) {
    oss_program_run run = run_ablation(c, option, value);
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, words);
    oss_program_run_deinit(&run);
}

/* Lines of the file that have `text` in them. */
static int count_lines(const char *path, const char *text) {
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    ck_assert_ptr_nonnull(all);
    int count = 0;
    for (char *line = strtok(all, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        count += strstr(line, text) != NULL;
    }
    free(all);
    return count;
}

START_TEST(test_run_and_table) {
    oss_ablation_case c = make_case();
    write_list(&c, "full:\nslow: lr=1e-9\n");
    oss_program_run run = run_ablation(&c, "--seeds", "1 2");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "| configuration | seeds | CER | WER | CER against full | minutes a run |");
    oss_program_expect_out(&run, "| full | 2 | ");
    oss_program_expect_out(&run, " ± ");
    oss_program_expect_out(&run, "| slow | 2 | ");
    char *table = strdup(run.out);
    ck_assert_ptr_nonnull(table);
    oss_program_run_deinit(&run);
    ck_assert_int_eq(count_lines(c.results, "\t"), 1 + 4);
    ck_assert_int_eq(count_lines(c.results, "slow\t2\t4\t"), 1);
    ck_assert_int_eq(count_lines(c.results, " eval_every=2 lr=1e-9"), 2);

    /* What is done is not done again; what the list does not name stays in the table. */
    write_list(&c, "full:\n");
    run = run_ablation(&c, "--seeds", "1 2");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    ck_assert_str_eq(run.out, table);
    oss_program_run_deinit(&run);
    run = oss_program_start((const char *const[]){"scripts/ablation", "table", c.results, NULL},
                            OSS_STDOUT_KEEP);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, table);
    oss_program_run_deinit(&run);
    free(table);
    free_case(&c);
}
END_TEST

/* Sample standard deviation of 0.5 and 0.7, and of 0.9 and 1.1: 0.2 / sqrt(2). */
START_TEST(test_table) {
    static const char results[] = "name\tseed\tsteps\tminutes\tcer\twer\tbest_step\tsettings\n"
                                  "a\t1\t4\t1.0\t0.5\t0.9\t4\tx\n"
                                  "b\t1\t4\t3.0\t0.4\t0.8\t4\tx\n"
                                  "a\t2\t4\t2.0\t0.7\t1.1\t4\tx\n";
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "results.tsv");
    const char *const argument[] = {"scripts/ablation", "table", path, NULL};
    oss_program_run run = oss_program_start(argument, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "results.tsv: no such results file");
    oss_program_run_deinit(&run);
    oss_tempdir_write(path, results, (long)strlen(results));
    run = oss_program_start(argument, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "| configuration | seeds | CER | WER | CER against a | minutes a run |\n"
                              "|---|---|---|---|---|---|\n"
                              "| a | 2 | 0.600 ± 0.141 | 1.000 ± 0.141 | +0.000 | 1.5 |\n"
                              "| b | 1 | 0.400 | 0.800 | -0.200 | 3.0 |\n");
    oss_program_run_deinit(&run);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

/* A run that was stopped goes on where it was, and its line is that of a run that was not. */
START_TEST(test_resume) {
    oss_ablation_case c = make_case();
    write_list(&c, "full: checkpoint_every=2\n");
    expect(&c, "--seeds", "1", 0, "ablation: full, seed 1: eval_every=2 checkpoint_every=2");
    ck_assert_int_eq(count_lines(c.results, "full\t1\t4\t"), 1);

    /* As if it had been killed after step 2. */
    char *latest = oss_train_place_path(&c.place, "out/results.runs/full-seed1/latest");
    ck_assert_int_eq(unlink(latest), 0);
    ck_assert_int_eq(symlink("checkpoints/step-00000002", latest), 0);
    oss_tempdir_write(c.results, "", 0);
    expect(&c, "--seeds", "1", 0, "ablation: full, seed 1");
    ck_assert_int_eq(count_lines(c.results, "full\t1\t4\t"), 1);
    char *log = oss_train_place_path(&c.place, "out/results.runs/full-seed1.log");
    ck_assert_int_eq(count_lines(log, "full-seed1 after step 2"), 1);
    ck_assert_int_eq(count_lines(log, "done: 4 steps"), 1);

    /* Of a run whose settings are not known none can say that they are those of the list. */
    char *settings = oss_train_place_path(&c.place, "out/results.runs/full-seed1.settings");
    ck_assert_int_eq(unlink(settings), 0);
    oss_tempdir_write(c.results, "", 0);
    expect(&c, "--seeds", "1", 3, "full-seed1.settings is missing");
    free(settings);
    free(log);
    free(latest);
    free_case(&c);
}
END_TEST

START_TEST(test_only) {
    oss_ablation_case c = make_case();
    write_list(&c, "full:\nslow: lr=1e-9\nslower: lr=1e-10\n");
    expect(&c, "--only", "full slower", 0, "ablation: slower, seed 1: eval_every=2 lr=1e-10");
    ck_assert_int_eq(count_lines(c.results, "full\t"), 1);
    ck_assert_int_eq(count_lines(c.results, "slow\t"), 0);
    ck_assert_int_eq(count_lines(c.results, "slower\t"), 1);
    expect(&c, "--only", "slo", 2, "--only slo: ");
    free_case(&c);
}
END_TEST

/* Neither a changed list nor a changed base passes old figures off as its own. */
START_TEST(test_changed_settings) {
    oss_ablation_case c = make_case();
    write_list(&c, "slow: lr=1e-9\n");
    expect(&c, "--seeds", "1", 0, "ablation: slow, seed 1");
    write_list(&c, "slow: lr=1e-8\n");
    expect(&c, "--seeds", "1", 3, "slow, seed 1 was run with other settings (");
    expect(&c, "--seeds", "1", 3, " eval_every=2 lr=1e-9; now: ");
    write_list(&c, "slow: lr=1e-9\n");
    long bytes = 0;
    char *base = oss_tempdir_read(c.place.config, &bytes), *other = strstr(base, "\"threads\": 2");
    ck_assert_ptr_nonnull(other);
    other[strlen("\"threads\": ")] = '1';
    oss_tempdir_write(c.place.config, base, bytes);
    expect(&c, "--seeds", "1", 3, "slow, seed 1 was run with other settings (");
    /* The same of a run that has no line yet. */
    oss_tempdir_write(c.results, "", 0);
    expect(&c, "--seeds", "1", 3, "slow-seed1 was begun with other settings (");
    ck_assert_int_eq(count_lines(c.results, "slow"), 0);
    other[strlen("\"threads\": ")] = '2';
    oss_tempdir_write(c.place.config, base, bytes);
    expect(&c, "--seeds", "1", 0, "ablation: slow, seed 1");
    free(base);
    free_case(&c);
}
END_TEST

START_TEST(test_bad_lists) {
    static const struct {
        const char *list, *words;
        int code;
    } bad[] = {
        {"full:\n", ":1: a line \"base CONFIG.json\" must come first", 3},
        {"base x.json\nfull lr=1\n", ":2: neither \"base CONFIG.json\" nor \"NAME: KEY=VALUE...\"", 3},
        {"base x.json\n", "no configuration", 3},
        {"base nowhere.json\nfull:\n", "base nowhere.json: no such file", 3},
        {"", "no such list, or empty", 3},
    };
    oss_ablation_case c = make_case();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        oss_tempdir_write(c.list, bad[i].list, (long)strlen(bad[i].list));
        expect(&c, "--seeds", "1", bad[i].code, bad[i].words);
    }
    write_list(&c, "full: max_step=3\n");
    expect(&c, "--seeds", "1", 3, "nearest known one is \"max_steps\"");
    ck_assert_int_eq(count_lines(c.results, "full"), 0);
    expect(&c, "--seeds", "1 x", 2, "--seeds: \"x\" is not a whole number");
    expect(&c, "--sedes", "1", 2, "unknown option --sedes");
    write_list(&c, "full: dev_fraction=0\n");
    expect(&c, "--seeds", "1", 3, "has no evaluation: the configuration needs held-out rows");
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/ablation");
    TCase *all = tcase_create("ablation");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_run_and_table);
    tcase_add_test(all, test_table);
    tcase_add_test(all, test_resume);
    tcase_add_test(all, test_only);
    tcase_add_test(all, test_changed_settings);
    tcase_add_test(all, test_bad_lists);
    suite_add_tcase(suite, all);
    return suite;
}
