/* The language model that lies beside a model file: which it is, what transcribe does with it unasked, how it is left out, and
 * that no other command takes it. */
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "ngram/ngram.h"
#include "ngram/pack.h"
#include "support/suite.h"

/* By itself the model says "a", and with these words "b"; with the others still "a". */
static const char says_b[] =
    "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-3\ta\n-0.1\tb\n\n\\end\\\n";
static const char says_a[] =
    "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-0.1\ta\n-3\tb\n\n\\end\\\n";
static const char capitals[] =
    "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-3\tA\n-0.1\tB\n\n\\end\\\n";
static const char symbols[] =
    "\\data\\\nngram 1=12\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-0.3\t_\n-0.3\ta\n-0.4\tb\n-3\tc\n"
    "-3\td\n-3\te\n-3\tf\n-3\tg\n-3\th\n\n\\end\\\n";

/* c.model, model.safetensors, and `lm`, model.lm, lie in one folder; elsewhere.arpa says "a". */
typedef struct beside_case {
    oss_cli_case c;
    char *lm, *other, *csv;
    char *variable_before;
} beside_case;

static void save_doubtful(const char *path) {
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    oss_models_value(model, "head.bias", NULL)[oss_vocab_find(model->vocab, "b")] = 5.5F;
    oss_cli_case_save(model, path);
    oss_model_free(model);
}

/* In our own form, as `ossicle lm build` writes it. */
static void pack(const oss_cli_case *c, const char *arpa, const char *path) {
    oss_ngram *ngram = NULL;
    oss_cli_case_write(c, "words.arpa", arpa);
    char *text = oss_tempdir_path(c->folder, "words.arpa");
    ck_assert_msg(oss_ngram_load(&ngram, text) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_ngram_save(ngram, path) == OSS_OK, "%s", oss_last_error());
    oss_ngram_free(ngram);
    free(text);
}

static void set_variable(const char *value) {
    ck_assert_int_eq(value == NULL ? unsetenv("OSSICLE_MODEL") : setenv("OSSICLE_MODEL", value, 1), 0);
}

static beside_case make(void) {
    const char *before = getenv("OSSICLE_MODEL");
    beside_case b = {.c = oss_cli_case_make(), .variable_before = before == NULL ? NULL : strdup(before)};
    save_doubtful(b.c.model);
    b.lm = oss_tempdir_path(b.c.folder, "model.lm");
    b.other = oss_tempdir_path(b.c.folder, "elsewhere.arpa");
    b.csv = oss_tempdir_path(b.c.folder, "set.csv");
    oss_cli_case_write(&b.c, "elsewhere.arpa", says_a);
    oss_cli_case_write(&b.c, "set.csv", "wav,text\nthree.wav,a a a\n");
    pack(&b.c, says_b, b.lm);
    return b;
}

static void discard(beside_case *b) {
    set_variable(b->variable_before);
    free(b->variable_before);
    free(b->lm);
    free(b->other);
    free(b->csv);
    oss_cli_case_free(&b->c);
}

static void expect(oss_program_run run, const char *out, const char *err) {
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, out);
    ck_assert_str_eq(run.err, err);
    oss_program_run_deinit(&run);
}

/* One line on standard error with all of these texts (up to NULL), and nothing else. */
static void refuse(oss_program_run run, int code, ...) {
    oss_program_expect(&run, code);
    ck_assert_str_eq(run.out, "");
    ck_assert_msg(strchr(run.err, '\n') == run.err + strlen(run.err) - 1, "more than a line: %s", run.err);
    va_list texts;
    va_start(texts, code);
    for (const char *text; (text = va_arg(texts, const char *)) != NULL;) {
        oss_program_expect_err(&run, text);
    }
    va_end(texts);
    oss_program_run_deinit(&run);
}

static char *line_of(const char *lm) {
    char *line = NULL;
    ck_assert_int_gt(asprintf(&line, "language model: %s\n", lm), 0);
    return line;
}

#define hear(...) oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three, __VA_ARGS__)

START_TEST(it_is_taken_and_named) {
    beside_case b = make();
    char *line = line_of(b.lm);
    expect(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three), "b b b\n", line);
    expect(hear("--lm", b.other), "a a a\n", "");
    expect(hear("--lm", "none"), "a a a\n", "");
    expect(hear("--greedy"), "a a a\n", "");
    expect(hear("--greedy", "--lm", "none"), "a a a\n", "");
    expect(hear("--lm", "none", "--beam", "4"), "a a a\n", "");
    ck_assert_int_eq(unlink(b.lm), 0);
    expect(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three), "a a a\n", "");
    free(line);
    discard(&b);
}
END_TEST

START_TEST(what_tune_stored_is_used) {
    beside_case b = make();
    char *line = line_of(b.lm);
    const oss_ngram_tuning tuning = {.lm_weight = 0.01, .word_bonus = 1, .tuned = true};
    ck_assert_int_eq(oss_ngram_save_tuning(b.lm, &tuning), OSS_OK);
    expect(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three), "a a a\n", line);
    expect(hear("--lm-weight", "0.5"), "b b b\n", line);
    free(line);
    discard(&b);
}
END_TEST

/* Options that say something of a language model need no --lm where there is one; all others are heeded as ever. */
START_TEST(options_speak_of_it) {
    beside_case b = make();
    char *line = line_of(b.lm);
    expect(hear("--lm-weight", "0"), "a a a\n", line);
    expect(hear("--word-bonus", "1"), "b b b\n", line);
    expect(hear("--unknown-penalty=-3", "--beam", "2"), "b b b\n", line);
    expect(hear("--rescore-lm", b.other, "--rescore-weight", "5"), "a a a\n", line);
    oss_cli_case_write(&b.c, "hot.txt", "a\n");
    oss_cli_case_write(&b.c, "cheap.arpa", symbols);
    char *hot = oss_tempdir_path(b.c.folder, "hot.txt"), *cheap = oss_tempdir_path(b.c.folder, "cheap.arpa");
    expect(hear("--hotwords", hot, "--hotword-weight", "20"), "a a a\n", line);
    expect(hear("--symbol-lm", cheap), "b b b\n", line);
    free(cheap);
    free(hot);
    free(line);
    discard(&b);
}
END_TEST

START_TEST(options_that_exclude_each_other_are_refused) {
    beside_case b = make();
    static const char *const of_lm[][2] = {{"--lm-weight", "1"},
                                           {"--word-bonus", "1"},
                                           {"--unknown-penalty", "1"},
                                           {"--prior-weight", "1"},
                                           {"--symbol-lm", "x"}};
    static const char *const of_search[][2] = {
        {"--beam", "4"},       {"--hotwords", "x"},       {"--hotword-weight", "1"},
        {"--rescore-lm", "x"}, {"--rescore-weight", "1"}, {"--n-best", "2"},
        {"--lm", "x"}};
    for (size_t i = 0; i < sizeof of_lm / sizeof *of_lm; i++) {
        refuse(hear(of_lm[i][0], of_lm[i][1], "--lm", "none"), 2, of_lm[i][0], "--lm", NULL);
        refuse(hear(of_lm[i][0], of_lm[i][1], "--greedy"), 2, of_lm[i][0], "--greedy", NULL);
    }
    for (size_t i = 0; i < sizeof of_search / sizeof *of_search; i++) {
        refuse(hear(of_search[i][0], of_search[i][1], "--greedy", "--json"), 2, of_search[i][0],
               "--greedy is without a search", NULL);
    }
    ck_assert_int_eq(unlink(b.lm), 0);
    refuse(hear("--lm-weight", "1"), 2, "--lm-weight goes with --lm", NULL);
    discard(&b);
}
END_TEST

/* Never greedy without a word. */
START_TEST(one_that_does_not_fit_is_refused) {
    beside_case b = make();
    long bytes = 0;
    char *whole = oss_tempdir_read(b.lm, &bytes), *foreign = oss_tempdir_path(b.c.folder, "foreign.lm");
    const long cut[] = {0, 10, bytes / 2, bytes - 1};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        oss_tempdir_write(b.lm, whole, cut[i]);
        refuse(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three), 3, b.lm,
               "it lies beside the model", "--lm none", NULL);
    }
    whole[bytes - 1] ^= 1;
    oss_tempdir_write(b.lm, whole, bytes);
    refuse(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three), 3, b.lm, "damaged", "--lm none",
           NULL);
    expect(hear("--lm", "none"), "a a a\n", "");
    expect(hear("--greedy"), "a a a\n", "");
    pack(&b.c, capitals, b.lm);
    refuse(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three, b.c.five), 3, b.lm, "0 of 2 words",
           "--lm none", NULL);
    ck_assert_int_eq(rename(b.lm, foreign), 0);
    oss_program_run run = hear("--lm", foreign); /* who named it knows where it is from */
    oss_program_expect(&run, 3);
    ck_assert_ptr_null(strstr(run.err, "beside"));
    oss_program_run_deinit(&run);
    free(foreign);
    free(whole);
    discard(&b);
}
END_TEST

/* Whatever is asked for: as if it had been named. */
START_TEST(all_ways_to_transcribe_take_it) {
    static const char *const way[][4] = {
        {"--json"},          {"--format", "srt"},         {"--format", "json", "--n-best", "3"},
        {"--format", "ctm"}, {"--chunk-seconds", "0.08"}, {"--precision", "bf16"},
        {"--threads", "1"}};
    beside_case b = make();
    char *program = oss_program_path("ossicle"), command[3000];
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        const char *const *w = way[i];
        oss_program_run own = hear(w[0], w[1], w[2], w[3]);
        const char *word[11] = {"transcribe", "--model", b.c.model, "--lm", b.lm, b.c.three};
        for (int k = 0; k < 4; k++) {
            word[6 + k] = w[k];
        }
        oss_program_run named = oss_program_run_words(OSS_STDOUT_KEEP, word);
        oss_program_expect(&own, 0);
        ck_assert_ptr_nonnull(strchr(own.out, 'b'));
        ck_assert_str_eq(own.out, named.out);
        oss_program_run_deinit(&own);
        oss_program_run_deinit(&named);
    }
    const char *const threads[] = {"1", "2", "16"};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        oss_program_run run = oss_run_ossicle("transcribe", "--model", b.c.model, "--threads", threads[i],
                                              b.c.three, b.c.three, b.c.five);
        oss_program_expect(&run, 0);
        ck_assert_ptr_null(strstr(run.out, "\ta a"));
        ck_assert_ptr_nonnull(strstr(run.out, "five.wav\tb b b b b b\n"));
        ck_assert_ptr_eq(strstr(run.err, "language model: "), run.err); /* once */
        ck_assert_ptr_null(strstr(run.err + 1, "language model: "));
        oss_program_run_deinit(&run);
    }
    snprintf(command, sizeof command, "'%s' transcribe --model '%s' - < '%s'", program, b.c.model, b.c.three);
    oss_program_run run =
        oss_program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "b b b\n");
    oss_program_run_deinit(&run);
    free(program);
    discard(&b);
}
END_TEST

/* A folder is no model file, whatever lies in it or beside it; nor is a folder a language model. */
START_TEST(folders_have_none) {
    beside_case b = make();
    char *folder = oss_tempdir_path(b.c.folder, "run"),
         *inside = oss_tempdir_path(folder, "model.safetensors"),
         *lm_inside = oss_tempdir_path(folder, "model.lm"), *beside = oss_tempdir_path(b.c.folder, "run.lm");
    oss_tempdir_make_folders(inside);
    save_doubtful(inside);
    pack(&b.c, says_b, lm_inside);
    pack(&b.c, says_b, beside);
    expect(oss_run_ossicle("transcribe", "--model", folder, b.c.three), "a a a\n", "");
    char *line = line_of(lm_inside);
    expect(oss_run_ossicle("transcribe", "--model", inside, b.c.three), "b b b\n", line);
    ck_assert_int_eq(unlink(b.lm), 0);
    ck_assert_int_eq(mkdir(b.lm, 0755), 0);
    expect(oss_run_ossicle("transcribe", "--model", b.c.model, b.c.three), "a a a\n", "");
    free(line);
    free(beside);
    free(lm_inside);
    free(inside);
    free(folder);
    discard(&b);
}
END_TEST

/* "none" is a word, whatever is called so. */
START_TEST(none_is_no_file) {
    beside_case b = make();
    char *program = oss_program_path("ossicle"), command[3000], *none = oss_tempdir_path(b.c.folder, "none");
    for (int is_folder = 0; is_folder < 2; is_folder++) {
        if (is_folder) {
            ck_assert_int_eq(unlink(none), 0);
            ck_assert_int_eq(mkdir(none, 0755), 0);
        } else {
            oss_cli_case_write(&b.c, "none", says_b);
        }
        snprintf(command, sizeof command,
                 "cd '%s' && '%s' transcribe --model '%s' --lm none '%s' && { [ -d none ] || '%s' transcribe "
                 "--model '%s' --lm ./none '%s'; }",
                 b.c.folder, program, b.c.model, b.c.three, program, b.c.model, b.c.three);
        expect(oss_program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, OSS_STDOUT_KEEP),
               is_folder ? "a a a\n" : "a a a\nb b b\n", "");
    }
    free(none);
    free(program);
    discard(&b);
}
END_TEST

START_TEST(it_is_never_written_over) {
    beside_case b = make();
    long bytes = 0, after = 0;
    char *before = oss_tempdir_read(b.lm, &bytes);
    refuse(hear("-o", b.lm), 2, b.lm, "is the same file as", NULL);
    set_variable(b.c.model);
    refuse(oss_run_ossicle("transcribe", b.c.three, "-o", b.lm), 2, b.lm, "is the same file as", NULL);
    char *now = oss_tempdir_read(b.lm, &after);
    ck_assert_int_eq(bytes, after);
    ck_assert_mem_eq(before, now, (size_t)bytes);
    expect(hear("--lm", "none", "-o", b.lm), "", "");
    free(now);
    free(before);
    discard(&b);
}
END_TEST

/* Of the environment's model too, and of the one that is installed, wherever that is. */
START_TEST(the_default_model_has_one) {
    beside_case b = make();
    char *lines = NULL, *root = realpath(b.c.folder, NULL);
    set_variable(b.c.model);
    ck_assert_int_gt(asprintf(&lines, "model: %s (OSSICLE_MODEL)\nlanguage model: %s\n", b.c.model, b.lm), 0);
    expect(oss_run_ossicle("transcribe", b.c.three), "b b b\n", lines);
    free(lines);
    set_variable(NULL);
    char *program = oss_tempdir_path(root, "bin/ossicle"),
         *model = oss_tempdir_path(root, "share/ossicle/ossicle-en.safetensors"),
         *lm = oss_tempdir_path(root, "share/ossicle/ossicle-en.lm");
    oss_program_copy("ossicle", program);
    oss_tempdir_make_folders(model);
    save_doubtful(model);
    pack(&b.c, says_b, lm);
    ck_assert_int_gt(asprintf(&lines, "model: %s\nlanguage model: %s\n", model, lm), 0);
    expect(oss_program_start((const char *const[]){program, "transcribe", b.c.three, NULL}, OSS_STDOUT_KEEP),
           "b b b\n", lines);
    free(lines);
    free(lm);
    free(model);
    free(program);
    free(root);
    discard(&b);
}
END_TEST

START_TEST(other_commands_do_not_take_it) {
    beside_case b = make();
    char *npy = oss_tempdir_path(b.c.folder, "out.npy");
    oss_program_run run = oss_run_ossicle("eval", "--model", b.c.model, "--csv", b.csv, "--json");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\"wer\":0,");
    ck_assert_ptr_null(strstr(run.out, "decoding"));
    ck_assert_ptr_null(strstr(run.err, "language model"));
    oss_program_run_deinit(&run);
    expect(oss_run_ossicle("align", "--model", b.c.model, "--text", "a a a", "--format", "txt", b.c.three),
           "a a a\n", "");
    run = oss_run_ossicle("embed", "--model", b.c.model, "-o", npy, b.c.three);
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.err, "language model"));
    oss_program_run_deinit(&run);
    oss_tempdir_write(b.lm, "no model", 8);
    run = oss_run_ossicle("eval", "--model", b.c.model, "--csv", b.csv, "--json");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    free(npy);
    discard(&b);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/default_lm");
    TCase *tests = tcase_create("beside the model");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, it_is_taken_and_named);
    tcase_add_test(tests, what_tune_stored_is_used);
    tcase_add_test(tests, options_speak_of_it);
    tcase_add_test(tests, options_that_exclude_each_other_are_refused);
    tcase_add_test(tests, one_that_does_not_fit_is_refused);
    tcase_add_test(tests, all_ways_to_transcribe_take_it);
    tcase_add_test(tests, folders_have_none);
    tcase_add_test(tests, none_is_no_file);
    tcase_add_test(tests, it_is_never_written_over);
    tcase_add_test(tests, the_default_model_has_one);
    tcase_add_test(tests, other_commands_do_not_take_it);
    suite_add_tcase(suite, tests);
    return suite;
}
