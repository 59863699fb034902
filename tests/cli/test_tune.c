/* ossicle tune: what it finds and where it stores it. */
#include "base/json.h"
#include "cli/search_cases.h"
#include "ngram/ngram.h"

START_TEST(tune_stores_what_is_best) {
    search_case s = make_search_case();
    pack_search_case(&s);
    oss_program_run run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed,
                                          "--json", "--dry-run");
    oss_program_expect(&run, 0);
    oss_ngram *ngram = NULL;
    ck_assert_int_eq(oss_ngram_load(&ngram, s.packed), OSS_OK);
    ck_assert(!oss_ngram_get_tuning(ngram).tuned);
    oss_ngram_free(ngram);
    oss_json *json = NULL;
    ck_assert_int_eq(oss_json_parse(&json, run.out, strlen(run.out), "output"), OSS_OK);
    const oss_json *best = oss_json_get(json, "best"), *greedy = oss_json_get(json, "greedy");
    ck_assert_double_lt(oss_json_number(oss_json_get(best, "wer")),
                        oss_json_number(oss_json_get(greedy, "wer")));
    const oss_json *tried = oss_json_get(json, "tried");
    for (const oss_json *at = oss_json_first(tried); at != NULL; at = oss_json_next(at)) {
        ck_assert_double_ge(oss_json_number(oss_json_get(at, "wer")),
                            oss_json_number(oss_json_get(best, "wer")));
    }
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed, "--threads", "3");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "stored in ");
    oss_program_run_deinit(&run);
    ck_assert_int_eq(oss_ngram_load(&ngram, s.packed), OSS_OK);
    const oss_ngram_tuning tuning = oss_ngram_get_tuning(ngram);
    oss_ngram_free(ngram);
    ck_assert(tuning.tuned);
    ck_assert_double_eq(tuning.lm_weight, oss_json_number(oss_json_get(best, "lm_weight")));
    ck_assert_double_eq(tuning.word_bonus, oss_json_number(oss_json_get(best, "word_bonus")));
    run = oss_run_ossicle("eval", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed, "--json");
    char *wanted = NULL;
    ck_assert_int_gt(
        asprintf(&wanted, "\"lm_weight\":%g,\"word_bonus\":%g,\"unknown_penalty\":%g,\"prior_weight\":%g}",
                 tuning.lm_weight, tuning.word_bonus, tuning.unknown_penalty, tuning.prior_weight),
        0);
    oss_program_expect_out(&run, wanted); /* used wherever nothing else is said */
    free(wanted);
    oss_program_run_deinit(&run);
    oss_json_free(json);
    discard_search_case(&s);
}
END_TEST

/* Between "a" and "b" the language model has no preference, nor is any of them unknown; but it has "a" written far more often,
 * which is why a network that heard such texts hears it where "b" was said. */
START_TEST(tune_finds_the_weight_of_priors) {
    search_case s = make_search_case();
    oss_network_sizes sizes = oss_network_micro();
    sizes.k = 2;
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    float *bias = oss_models_value(model, "head.bias", NULL);
    bias[oss_vocab_find(model->vocab, "b")] = bias[oss_vocab_find(model->vocab, "a")] - 0.5F;
    oss_cli_case_save(model, s.c.model);
    oss_model_free(model);
    oss_cli_case_write(
        &s.c, "b.arpa",
        "\\data\\\nngram 1=6\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-2\t<unk>\n-1.2\ta\n-0.2\taaa\n-1.2\tb\n\n"
        "\\end\\\n");
    oss_cli_case_write(&s.c, "set.csv", "wav,text\nthree.wav,b b b\n");
    pack_search_case(&s);
    oss_program_run run = transcribe("--lm", s.packed);
    ck_assert_str_eq(run.out, "a a a\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed, "--prior-weight",
                          "0", "--dry-run");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, " --prior-weight 0, wer 100.00 %");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, " --prior-weight 0.4, wer 0.00 %");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "info", s.packed);
    oss_program_expect_out(&run, ", prior_weight 0.4\n");
    oss_program_run_deinit(&run);
    expect_text("b b b", "--lm", s.packed);
    expect_text("a a a", "--lm", s.packed, "--prior-weight", "0");
    discard_search_case(&s);
}
END_TEST

/* Of words of three letters "aca", which the language model does not know, are 8 more likely than "bcb", whose price is the same to
 * the language model: a penalty of 10 is too much, and neither weight nor bonus help. */
START_TEST(tune_finds_the_penalty) {
    search_case s = make_search_case();
    oss_network_sizes sizes = oss_network_micro();
    sizes.k = 4;
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", "c", "a", " "}, 4);
    const int32_t b = oss_vocab_find(model->vocab, "b"), symbols = oss_vocab_size(model->vocab);
    float *bias = oss_models_value(model, "head.bias", NULL);
    bias[b] = bias[2 * symbols + b] = 2.0F;
    oss_cli_case_save(model, s.c.model);
    oss_model_free(model);
    oss_cli_case_write(
        &s.c, "b.arpa",
        "\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-0.3\t<unk>\n-9\td\n-0.3\tbcb\n\n"
        "\\end\\\n");
    oss_cli_case_write(&s.c, "set.csv", "wav,text\nthree.wav,aca aca aca\n");
    pack_search_case(&s);
    oss_program_run run = transcribe("--lm", s.packed);
    ck_assert_str_eq(run.out, "bcb bcb bcb\n");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed, "--unknown-penalty",
                          "-12", "--dry-run", "--json");
    oss_program_expect(&run, 0);
    ck_assert_ptr_null(strstr(run.out, "\"unknown_penalty\":-10"));
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.packed);
    oss_program_expect(&run, 0);
    oss_program_expect_out(
        &run, "best: --lm-weight 0.5 --word-bonus 1.5 --unknown-penalty -6 --prior-weight 0, wer 0.00 %");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("lm", "info", s.packed);
    oss_program_expect_out(&run, "lm_weight 0.5, word_bonus 1.5, unknown_penalty -6\n");
    oss_program_run_deinit(&run);
    expect_text("aca aca aca", "--lm", s.packed);
    expect_text("bcb bcb bcb", "--lm", s.packed, "--unknown-penalty", "-10");
    discard_search_case(&s);
}
END_TEST

START_TEST(tune_has_no_room_in_an_arpa_file) {
    search_case s = make_search_case();
    oss_program_run run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.lm);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "has no room");
    ck_assert_str_eq(run.out, "");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("tune", "--model", s.c.model, "--csv", s.csv, "--lm", s.lm, "--dry-run", "--metric",
                          "cer");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "best: --lm-weight");
    oss_program_run_deinit(&run);
    char *text = oss_tempdir_read(s.lm, NULL);
    ck_assert_str_eq(text, search_arpa);
    free(text);
    discard_search_case(&s);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/tune");
    TCase *tests = tcase_create("tune");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, tune_stores_what_is_best);
    tcase_add_test(tests, tune_finds_the_weight_of_priors);
    tcase_add_test(tests, tune_finds_the_penalty);
    tcase_add_test(tests, tune_has_no_room_in_an_arpa_file);
    suite_add_tcase(suite, tests);
    return suite;
}
