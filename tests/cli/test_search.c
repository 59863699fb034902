/* Beam search by the commands: what is refused, what they print, and the same whatever runs beside it. */
#include "base/json.h"
#include "cli/search_cases.h"

static void expect_lines(const char *text, int lines) {
    int found = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        found++;
    }
    ck_assert_msg(found == lines, "%s", text);
}

START_TEST(options_are_refused_in_a_line) {
    search_case s = make_search_case();
    char *large = oss_tempdir_path(s.c.folder, "capitals.arpa");
    const struct {
        const char *first, *second, *message;
        int code;
    } wrong[] = {{"--beam", "0", "--beam 0: choose a whole number from 1 to 4096", 2},
                 {"--lm-weight", "1", "--lm-weight goes with --lm", 2},
                 {"--word-bonus", "1", "--word-bonus goes with --lm", 2},
                 {"--unknown-penalty", "1", "--unknown-penalty goes with --lm", 2},
                 {"--prior-weight", "1", "--prior-weight goes with --lm", 2},
                 {"--symbol-lm", s.lm, "--symbol-lm goes with --lm", 2},
                 {"--hotword-weight", "1", "--hotword-weight goes with --hotwords", 2},
                 {"--rescore-weight", "1", "--rescore-weight goes with --rescore-lm", 2},
                 {"--n-best", "3", "--n-best goes with --format json", 2},
                 {"--lm", s.c.three, "", 3},
                 {"--hotwords", "/nowhere/words", "/nowhere/words", 3},
                 {"--lm", large, "0 of 2 words", 3}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        oss_program_run run = transcribe(wrong[i].first, wrong[i].second);
        oss_program_expect(&run, wrong[i].code);
        oss_program_expect_err(&run, wrong[i].message);
        expect_lines(run.err, 1);
        ck_assert_str_eq(run.out, "");
        oss_program_run_deinit(&run);
    }
    oss_program_run run = transcribe("--lm", s.lm, "--lm-weight=-1");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = transcribe("--lm", s.lm, "--word-bonus", "0,5");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "write 0.5");
    oss_program_run_deinit(&run);
    free(large);
    discard_search_case(&s);
}
END_TEST

START_TEST(what_helps_is_heeded) {
    search_case s = make_search_case();
    expect_text("a a a", "--threads", "1");
    expect_text("a a a", "--beam", "8");
    expect_text("b b b", "--lm", s.lm);
    expect_text("b b b", "--lm", s.lm, "--beam", "2", "--word-bonus=-0.5", "--unknown-penalty=-3");
    expect_text("a a a", "--lm", s.lm, "--lm-weight", "0");
    expect_text("a a a", "--lm", s.lm, "--prior-weight", "0.5"); /* "a" is seldom written */
    expect_text("b b b", "--hotwords", s.words);
    expect_text("a a a", "--hotwords", s.words, "--hotword-weight", "0.1");
    expect_text("a a a", "--hotwords", s.words, "--hotword-weight=-9");
    expect_text("b b b", "--rescore-lm", s.lm);
    expect_text("a a a", "--rescore-lm", s.lm, "--rescore-weight", "0.01");
    discard_search_case(&s);
}
END_TEST

/* "a a a" is what is heard, and unknown to the model of words; the price of its letters decides. */
static const char spelling[] =
    "\\data\\\nngram 1=12\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-0.3\t_\n-%s\ta\n-0.4\tb\n-3\tc\n-3\td\n-3\te\n-3\tf\n"
    "-3\tg\n-3\th\n\n\\end\\\n";
static const char words_b[] =
    "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-0.3\t<unk>\n-0.3\tb\n\n\\end\\\n";

START_TEST(a_model_of_symbols_spells_unknown_words) {
    search_case s = make_search_case();
    char text[300], *cheap = oss_tempdir_path(s.c.folder, "cheap.arpa"),
                    *dear = oss_tempdir_path(s.c.folder, "dear.arpa"),
                    *packed = oss_tempdir_path(s.c.folder, "symbols.olm");
    snprintf(text, sizeof text, spelling, "0.01");
    oss_cli_case_write(&s.c, "cheap.arpa", text);
    snprintf(text, sizeof text, spelling, "9");
    oss_cli_case_write(&s.c, "dear.arpa", text);
    oss_cli_case_write(&s.c, "b.arpa", words_b);
    expect_text("a a a", "--lm", s.lm, "--unknown-penalty", "0");
    expect_text("a a a", "--lm", s.lm, "--symbol-lm", cheap, "--unknown-penalty", "0");
    expect_text("b b b", "--lm", s.lm, "--symbol-lm", dear, "--unknown-penalty", "0");
    oss_program_run run = oss_run_ossicle("eval", "--model", s.c.model, "--csv", s.csv, "--lm", s.lm,
                                          "--symbol-lm", dear, "--json");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\"unknown_penalty\":-10,\"prior_weight\":0,\"symbol_lm\":\"");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.lm, "--symbol-lm", dear,
                          "--dry-run", "--json");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\"symbol_lm\":\"");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "convert", "--symbols", cheap, "-o", packed);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = transcribe("--lm", packed, "--unknown-penalty", "-3");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--unknown-penalty is of words, and ");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", packed, "--unknown-penalty",
                          "0");
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", packed);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "best: --lm-weight ");
    ck_assert_ptr_null(strstr(run.out, "--unknown-penalty"));
    oss_program_run_deinit(&run);
    const struct {
        const char *lm, *symbol_lm, *message;
    } wrong[] = {
        {s.lm, s.lm, "it is of words"}, {packed, cheap, "give one of words beside it"}, {s.lm, s.words, ""}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        run = transcribe("--lm", wrong[i].lm, "--symbol-lm", wrong[i].symbol_lm);
        oss_program_expect(&run, 3);
        oss_program_expect_err(&run, wrong[i].message);
        expect_lines(run.err, 1);
        oss_program_run_deinit(&run);
    }
    free(cheap);
    free(dear);
    free(packed);
    discard_search_case(&s);
}
END_TEST

START_TEST(several_recordings_are_each_as_alone) {
    search_case s = make_search_case();
    oss_program_run one = oss_run_ossicle("transcribe", "--model", s.c.model, "--lm", s.lm, "--n-best", "3",
                                          "--format", "jsonl", s.c.three);
    oss_program_run two = oss_run_ossicle("transcribe", "--model", s.c.model, "--lm", s.lm, "--n-best", "3",
                                          "--format", "jsonl", "--threads", "1", s.c.five, s.c.three);
    oss_program_run many = oss_run_ossicle("transcribe", "--model", s.c.model, "--lm", s.lm, "--n-best", "3",
                                           "--format", "jsonl", "--threads", "2", s.c.five, s.c.three);
    oss_program_expect(&one, 0);
    oss_program_expect(&two, 0);
    ck_assert_str_eq(two.out, many.out);
    ck_assert_str_eq(strchr(two.out, '\n') + 1, one.out);
    oss_program_run_deinit(&one);
    oss_program_run_deinit(&two);
    oss_program_run_deinit(&many);
    discard_search_case(&s);
}
END_TEST

START_TEST(lists_are_in_json) {
    search_case s = make_search_case();
    oss_program_run run = transcribe("--lm", s.lm, "--n-best", "4", "--format", "json");
    oss_program_expect(&run, 0);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "output"), OSS_OK);
    const oss_json *utterance = oss_json_first(oss_json_get(json, "utterances"));
    const oss_json *list = oss_json_get(utterance, "alternatives");
    ck_assert_uint_eq(oss_json_count(list), 4);
    const oss_json *best = oss_json_first(list);
    ck_assert_str_eq(oss_json_string(oss_json_get(best, "text")), "b b b");
    ck_assert_double_eq(oss_json_number(oss_json_get(best, "words")), 3);
    double score = oss_json_number(oss_json_get(best, "score"));
    double sum = oss_json_number(oss_json_get(best, "acoustic")) +
                 0.5 * oss_json_number(oss_json_get(best, "lm")) + 3 * 1.5;
    ck_assert_double_eq_tol(score, sum, 1e-3);
    ck_assert_double_lt(oss_json_number(oss_json_get(oss_json_next(best), "score")), score);
    oss_json_free(json);
    oss_program_run_deinit(&run);
    run = transcribe("--lm", s.lm, "--format", "json");
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.out, "utterances"));
    oss_program_run_deinit(&run);
    discard_search_case(&s);
}
END_TEST

/* Without the time that it took. */
static char *cut(const char *out) {
    const char *wall = strstr(out, "\"wall_seconds\""), *failed = strstr(out, "\"failed\"");
    char *text = NULL;
    ck_assert(wall != NULL && failed != NULL);
    ck_assert_int_gt(asprintf(&text, "%.*s%s", (int)(wall - out), out, failed), 0);
    return text;
}

START_TEST(eval_is_the_same_with_any_number_of_threads) {
    search_case s = make_search_case();
    oss_program_run one = oss_run_ossicle("eval", "--model", s.c.model, "--csv", s.csv, "--lm", s.lm,
                                          "--json", "--threads", "1");
    oss_program_run many = oss_run_ossicle("eval", "--model", s.c.model, "--csv", s.csv, "--lm", s.lm,
                                           "--json", "--threads", "16");
    oss_program_expect(&one, 0);
    oss_program_expect(&many, 0);
    char *a = cut(one.out), *b = cut(many.out);
    ck_assert_str_eq(a, b);
    ck_assert_ptr_nonnull(strstr(a, "\"substitutions\":1,"));
    ck_assert_ptr_nonnull(strstr(a, "\"decoding\":{\"beam\":256,\"lm\":"));
    ck_assert_ptr_nonnull(
        strstr(a, "\"lm_weight\":0.5,\"word_bonus\":1.5,\"unknown_penalty\":-10,\"prior_weight\":0}"));
    free(a);
    free(b);
    oss_program_run_deinit(&one);
    oss_program_run_deinit(&many);
    discard_search_case(&s);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/search");
    TCase *tests = tcase_create("search");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, options_are_refused_in_a_line);
    tcase_add_test(tests, what_helps_is_heeded);
    tcase_add_test(tests, a_model_of_symbols_spells_unknown_words);
    tcase_add_test(tests, several_recordings_are_each_as_alone);
    tcase_add_test(tests, lists_are_in_json);
    tcase_add_test(tests, eval_is_the_same_with_any_number_of_threads);
    suite_add_tcase(suite, tests);
    return suite;
}
