/* ossicle lm info, score and convert: what they print, what they refuse. */
#include <math.h>

#include "base/json.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

static const char arpa[] =
    "\\data\\\nngram 1=5\nngram 2=3\n\n"
    "\\1-grams:\n-1.5\t<unk>\n-99\t<s>\t-0.5\n-0.75\t</s>\n-0.5\tb\t-0.25\n-0.25\ta\t-0.25\n\n"
    "\\2-grams:\n-0.125\t<s> a\n-0.25\ta b\n-0.375\tb </s>\n\n\\end\\\n";

static char *write_arpa(const oss_cli_case *c) {
    oss_cli_case_write(c, "model.arpa", arpa);
    return oss_tempdir_path(c->folder, "model.arpa");
}

START_TEST(test_convert_there_and_back) {
    oss_cli_case c = oss_cli_case_make();
    char *from = write_arpa(&c), *own = oss_tempdir_path(c.folder, "model.olm");
    char *back = oss_tempdir_path(c.folder, "back.arpa"), *again = oss_tempdir_path(c.folder, "again.olm");
    char *named = oss_tempdir_path(c.folder, "named.arpa");
    oss_program_run run = oss_run_ossicle("lm", "convert", from, "-o", own);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "convert", "--arpa", own, "-o", back);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "convert", back, "-o", again);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "convert", own, "-o", named); /* by its name, as `lm build` has it */
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    char *by_option = oss_tempdir_read(back, NULL), *by_name = oss_tempdir_read(named, NULL);
    ck_assert_str_eq(by_name, by_option);
    run = oss_run_ossicle("lm", "convert", own, "--symbols", "-o", named);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--symbols is kept in our own form");
    oss_program_run_deinit(&run);
    long bytes, bytes_again;
    char *one = oss_tempdir_read(own, &bytes), *two = oss_tempdir_read(again, &bytes_again);
    ck_assert_int_eq(bytes, bytes_again);
    ck_assert(memcmp(one, two, (size_t)bytes) == 0);
    run = oss_run_ossicle("lm", "convert", own, "-o", own);
    oss_program_expect(&run, 2); /* what is read is not written */
    oss_program_run_deinit(&run);
    free(one);
    free(two);
    free(by_option);
    free(by_name);
    free(named);
    free(from);
    free(own);
    free(back);
    free(again);
    oss_cli_case_free(&c);
}
END_TEST

/* pyctcdecode knows no word whose line has none (findings/pyctcdecode-no-backoff.sh). */
START_TEST(test_words_without_a_weight_get_one) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(
        &c, "model.arpa",
        "\\data\\\nngram 1=5\nngram 2=1\n\n\\1-grams:\n-1.5\t<unk>\n-99\t<s>\t-0.5\n-0.75\t</s>\n"
        "-0.5\tb\n-0.25\ta\t-0.25\n\n\\2-grams:\n-0.25\ta b\n\n\\end\\\n");
    char *from = oss_tempdir_path(c.folder, "model.arpa"), *to = oss_tempdir_path(c.folder, "back.arpa");
    oss_program_run run = oss_run_ossicle("lm", "convert", "--arpa", from, "-o", to);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    char *text = oss_tempdir_read(to, NULL);
    ck_assert_msg(strstr(text, "-0.5\tb\t0\n") != NULL && strstr(text, "-0.25\ta\t-0.25\n") != NULL, "%s",
                  text);
    free(text);
    free(from);
    free(to);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_info) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_arpa(&c);
    oss_program_run run = oss_run_ossicle("lm", "info", path);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "order       2\n");
    oss_program_expect_out(&run, "2-grams     3 in values of 8 bits: 4 of probabilities\n");
    oss_program_expect_out(&run, "tuning      none\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "info", "--json", path);
    oss_program_expect(&run, 0);
    oss_program_expect_out(
        &run,
        "{\"tokens\":\"words\",\"order\":2,\"ngrams\":[5,3],\"probability_values\":[6,4],\"backoff_values\":[3],\"bytes\":");
    oss_program_expect_out(
        &run,
        ",\"sum\":null,\"lm_weight\":null,\"word_bonus\":null,\"unknown_penalty\":null,\"prior_weight\":null}");
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

/* It is the one at offset 16 of the file, in both forms. */
START_TEST(test_info_has_the_sum) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_arpa(&c), *own = oss_tempdir_path(c.folder, "own.lm"), wanted[40];
    oss_program_run run = oss_run_ossicle("lm", "convert", path, "-o", own);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    char *bytes = oss_tempdir_read(own, NULL);
    uint64_t sum = 0;
    memcpy(&sum, bytes + 16, sizeof sum);
    run = oss_run_ossicle("lm", "info", own);
    snprintf(wanted, sizeof wanted, "sum         %016llx\n", (unsigned long long)sum);
    oss_program_expect_out(&run, wanted);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "info", "--json", own);
    snprintf(wanted, sizeof wanted, ",\"sum\":\"%016llx\",", (unsigned long long)sum);
    oss_program_expect_out(&run, wanted);
    oss_program_run_deinit(&run);
    free(bytes);
    free(own);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

static double get(const oss_json *json, const char *key) {
    return oss_json_number(oss_json_get(json, key));
}

START_TEST(test_score) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_arpa(&c), *text = oss_tempdir_path(c.folder, "text.txt");
    oss_cli_case_write(&c, "text.txt", "A  b\n\n c a\r\n");
    oss_program_run run = oss_run_ossicle("lm", "score", "--lm", path, text);
    oss_program_expect(&run, 0);
    /* `a b </s>`: -0.125 - 0.25 - 0.375; `c a </s>`: -0.5 - 1.5, -0.25, -0.25 - 0.75. */
    oss_program_expect_out(
        &run, "-0.7500\t2\t0\t1.78\t1.78\ta b\n-3.2500\t2\t1\t12.12\t4.22\tc a\nsentences   2\n");
    oss_program_expect_out(&run, "words       4, of which 1 unknown (25.00 %)\n");
    oss_program_expect_out(&run, "log10 p     -4.0000 (natural -9.2103)\n");
    oss_program_expect_out(&run, "perplexity  4.64 (without unknown words 2.51)\n");
    oss_program_run_deinit(&run);
    oss_json *json = NULL;
    run = oss_run_ossicle("lm", "score", "--lm", path, "--json", "--totals", text);
    oss_program_expect(&run, 0);
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "output"), OSS_OK);
    ck_assert_double_eq_tol(get(json, "log10_p"), -4.0, 1e-5);
    ck_assert_double_eq_tol(get(json, "ln_p"), -4.0 * log(10.0), 1e-5);
    ck_assert_double_eq_tol(get(json, "perplexity"), pow(10.0, 4.0 / 6), 1e-4);
    ck_assert_double_eq_tol(get(json, "perplexity_known"), pow(10.0, 2.0 / 5), 1e-4); /* less `c`: -2 */
    ck_assert_double_eq(get(json, "words"), 4);
    ck_assert_double_eq(get(json, "unknown"), 1);
    ck_assert_double_eq(get(json, "sentences"), 2);
    oss_json_free(json);
    oss_program_run_deinit(&run);
    free(path);
    free(text);
    oss_cli_case_free(&c);
}
END_TEST

/* A model whose symbols are units of several characters. */
static void save_units(const oss_cli_case *c) {
    static const char *const unit[] = {"<blank>", "<UNK>", " ", "a", "b", "c", " a", "ab", " ab", "bc", "ba"};
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_vocab_free(model->vocab);
    ck_assert_int_eq(oss_vocab_from_units(&model->vocab, OSS_UNITS_BPE, unit, 11), OSS_OK);
    model->config.units = OSS_UNITS_BPE;
    oss_cli_case_save(model, c->model);
    oss_model_free(model);
}

/* As `lm build --model` splits texts, so does `lm score --model`; without it there is no telling how. */
START_TEST(test_score_of_units) {
    oss_cli_case c = oss_cli_case_make();
    char *text = oss_tempdir_path(c.folder, "text.txt"), *lm = oss_tempdir_path(c.folder, "units.olm");
    char *words = write_arpa(&c), *other = oss_tempdir_path(c.folder, "other.safetensors");
    oss_cli_case_write(&c, "text.txt", "Ab abc bc ab\nba ab c abbc\na b c\n");
    oss_model *model = NULL;
    ck_assert_int_eq(oss_model_load(&model, c.model), OSS_OK);
    oss_cli_case_save(model, other); /* of characters */
    oss_model_free(model);
    save_units(&c);
    oss_program_run run =
        oss_run_ossicle("lm", "build", "--order", "2", "--model", c.model, text, "-o", lm, "--json");
    oss_program_expect(&run, 0);
    oss_json *built = NULL, *scored = NULL;
    ck_assert_int_eq(oss_json_parse(&built, run.out, strlen(run.out), "output"), OSS_OK);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "score", "--lm", lm, "--model", c.model, "--totals", "--json", text);
    oss_program_expect(&run, 0);
    ck_assert_int_eq(oss_json_parse(&scored, run.out, strlen(run.out), "output"), OSS_OK);
    ck_assert_double_eq(get(scored, "words"), get(built, "tokens"));
    ck_assert_double_lt(get(scored, "words"), 28); /* characters and spaces: most are in units */
    ck_assert_double_eq(get(scored, "unknown"), 0);
    oss_json_free(built);
    oss_json_free(scored);
    oss_program_run_deinit(&run);
    const struct {
        const char *lm, *option, *value, *message;
        int code;
    } wrong[] = {{lm, "--totals", NULL, "is of units such as \"", 3},
                 {words, "--model", c.model, "it is of words", 3},
                 {lm, "--model", other, "of the model's 9 symbols", 3},
                 {lm, "--model", c.three, "", 3}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        run = oss_run_ossicle("lm", "score", text, "--lm", wrong[i].lm, wrong[i].option, wrong[i].value);
        oss_program_expect(&run, wrong[i].code);
        oss_program_expect_err(&run, wrong[i].message);
        ck_assert_str_eq(run.out, "");
        oss_program_run_deinit(&run);
    }
    free(text);
    free(lm);
    free(words);
    free(other);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_score_of_rows) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_arpa(&c), *csv = oss_tempdir_path(c.folder, "rows.csv");
    oss_cli_case_write(&c, "rows.csv", "wav,text,said\nx.wav,a b,B\ny.wav,a\nz.wav,A B,b\n");
    oss_program_run run = oss_run_ossicle("lm", "score", "--lm", path, "--csv", csv);
    oss_program_expect(&run, 1); /* a row of two fields */
    oss_program_expect_err(&run, "rows.csv");
    oss_program_expect_out(&run, "\ta b\n-0.7500\t2\t0\t1.78\t1.78\ta b\nsentences   2\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "score", "--lm", path, "--csv", csv, "--column", "said", "--case", "upper");
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "0 of 2 words are in the model: is it of another case");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "score", "--lm", path, "--csv", csv, "--column", "nothing");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "no column nothing");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "score", "--lm", path, "--column", "said");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "score", "--lm", path);
    oss_program_expect(&run, 3); /* standard input is empty */
    oss_program_expect_err(&run, "no sentence");
    oss_program_run_deinit(&run);
    free(path);
    free(csv);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_invalid_lines) {
    oss_cli_case c = oss_cli_case_make();
    char *path = write_arpa(&c), *text = oss_tempdir_path(c.folder, "text.txt");
    oss_cli_case_write(&c, "text.txt", "a\n\xff b\na\n");
    oss_program_run run = oss_run_ossicle("lm", "score", "--lm", path, "--totals", text);
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "text.txt:2: ");
    oss_program_expect_out(&run, "sentences   2\n");
    oss_program_run_deinit(&run);
    free(path);
    free(text);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_symbols) {
    oss_cli_case c = oss_cli_case_make();
    oss_cli_case_write(
        &c, "model.arpa",
        "\\data\\\nngram 1=5\n\\1-grams:\n-1 <unk>\n-99 <s>\n-0.5 </s>\n-0.25 a\n-0.125 _\n\\end\\\n");
    oss_cli_case_write(&c, "text.txt", "a \xc3\xa4 aa\n");
    char *path = oss_tempdir_path(c.folder, "model.arpa"), *own = oss_tempdir_path(c.folder, "model.olm");
    char *text = oss_tempdir_path(c.folder, "text.txt");
    oss_program_run run = oss_run_ossicle("lm", "convert", path, "--symbols", "-o", own);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "info", own);
    oss_program_expect_out(&run, "tokens      symbols\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "score", "--lm", own, text);
    oss_program_expect(&run, 0); /* a, _, an unknown one, _, a, a, the end */
    oss_program_expect_out(&run, "-2.5000\t6\t1\t");
    oss_program_run_deinit(&run);
    free(path);
    free(own);
    free(text);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_names_of_two_words) {
    oss_program_run run = oss_run_ossicle("lm");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "info, score, convert");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "scor");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "there is no command \"lm scor\"; there are: info, score, convert");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "--help");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("help", "lm", "score");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "usage: ossicle lm score");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "info", "nowhere.olm");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "ossicle lm info: ");
    oss_program_run_deinit(&run);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/lm");
    TCase *all = tcase_create("lm");
    tcase_add_test(all, test_convert_there_and_back);
    tcase_add_test(all, test_words_without_a_weight_get_one);
    tcase_add_test(all, test_info);
    tcase_add_test(all, test_info_has_the_sum);
    tcase_add_test(all, test_score);
    tcase_add_test(all, test_score_of_units);
    tcase_add_test(all, test_score_of_rows);
    tcase_add_test(all, test_invalid_lines);
    tcase_add_test(all, test_symbols);
    tcase_add_test(all, test_names_of_two_words);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}
