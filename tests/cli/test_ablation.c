/* scripts/ablation with the real trainer: results that survive interruption, rows that agree with the run,
 * tables that mix no two experiments. Run from the top of the source tree, as all tests are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    ck_assert_int_eq(count_lines(c.results, "\teval_every=2 lr=1e-9"), 2);

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

/* A run that was stopped goes on; its line comes when it is complete. */
START_TEST(test_resume) {
    oss_ablation_case c = make_case();
    write_list(&c, "full:\n");
    expect(&c, "--seeds", "1", 0, "ablation: full, seed 1: eval_every=2");
    char *folder = oss_train_place_path(&c.place, "out/results.runs/full-seed1");
    oss_tempdir_write(c.results, "", 0);
    oss_program_run run = run_ablation(&c, "--seeds", "1");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    ck_assert_int_eq(count_lines(c.results, "full\t1\t4\t"), 1);
    char *log = oss_train_place_path(&c.place, "out/results.runs/full-seed1.log");
    ck_assert_int_ge(count_lines(log, "done: 4 steps"), 1);
    free(log);
    free(folder);
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

/* A changed list does not pass old figures off as its own. */
START_TEST(test_changed_settings) {
    oss_ablation_case c = make_case();
    write_list(&c, "full:\nslow: lr=1e-9\n");
    expect(&c, "--only", "slow", 0, "ablation: slow, seed 1");
    write_list(&c, "full:\nslow: lr=1e-8\n");
    expect(&c, "--only", "slow", 3,
           "slow, seed 1 was run with other settings (settings: eval_every=2 lr=1e-9; the list: eval_every=2 "
           "lr=1e-8)");
    /* The same of a run that has no line yet. */
    oss_tempdir_write(c.results, "", 0);
    expect(&c, "--only", "slow", 3, "slow-seed1 was begun with other settings (eval_every=2 lr=1e-9;");
    write_list(&c, "full:\nslow: lr=1e-9\n");
    oss_program_run run = run_ablation(&c, "--only", "slow");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
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
    tcase_add_test(all, test_resume);
    tcase_add_test(all, test_only);
    tcase_add_test(all, test_changed_settings);
    tcase_add_test(all, test_bad_lists);
    suite_add_tcase(suite, all);
    return suite;
}
