/* Models of symbols beside vocabularies, and a search that has one beside a model of words. */
#include "decode/symbol_tokens.h"

#include "decode/beam_cases.h"

static const char *const symbol[] = {"<unk>", "<s>", "</s>", "_", "a", "b"};
static const float unigram[] = {-9.0F, -20.0F, -3.0F, -2.0F, -1.0F, -1.0F};

static oss_ngram *make(const char *const *token, const float *ln_p, int64_t count) {
    oss_ngram_parts parts = {.order = 1, .is_of_symbols = true, .token = token};
    oss_ngram *ngram = NULL;
    parts.list[0] = (oss_ngram_list){count, NULL, ln_p, NULL};
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

START_TEST(tokens_are_found) {
    static const uint32_t of_characters[] = {0, 0, 3, 4, 5}, of_pieces[] = {0, 0, 3, 4, 5, 0, 0};
    oss_ngram *ngram = make(symbol, unigram, 6);
    oss_vocab *characters = oss_beam_characters(), *pieces = oss_beam_pieces();
    uint32_t token[7];
    oss_symbol_tokens_find(token, ngram, characters);
    ck_assert_mem_eq(token, of_characters, sizeof of_characters);
    oss_symbol_tokens_find(token, ngram, pieces);
    ck_assert_mem_eq(token, of_pieces, sizeof of_pieces);
    static const char *const lines[] = {"<blank>", "<UNK>", " ", "_", "a"};
    static const uint32_t of_lines[] = {0, 0, 3, 0, 4};
    oss_vocab *odd = NULL; /* the character "_" is not the space */
    ck_assert_int_eq(oss_vocab_from_symbols(&odd, lines, 5), OSS_OK);
    oss_symbol_tokens_find(token, ngram, odd);
    ck_assert_mem_eq(token, of_lines, sizeof of_lines);
    oss_vocab_free(odd);
    oss_ngram_free(ngram);
    static const char *const unit[] = {"<unk>", "<s>", "</s>", "_", "_a", "a", "ab", "b"};
    static const float p[] = {-9.0F, -20.0F, -3.0F, -2.0F, -1.0F, -2.0F, -2.0F, -2.0F};
    static const uint32_t of_units[] = {0, 0, 3, 5, 7, 4, 6};
    ngram = make(unit, p, 8);
    oss_symbol_tokens_find(token, ngram, pieces);
    ck_assert_mem_eq(token, of_units, sizeof of_units);
    oss_ngram_free(ngram);
    oss_vocab_free(characters);
    oss_vocab_free(pieces);
}
END_TEST

static void refuse(const oss_ngram *ngram, const oss_vocab *vocab, const char *message) {
    ck_assert_int_eq(oss_symbol_tokens_check(ngram, vocab, "x.olm"), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
}

/* Of a vocabulary of thousands of characters a small text has a few hundred. */
START_TEST(a_small_text_will_do) {
    static const char *const few[] = {"<unk>", "<s>", "</s>", "a"};
    static const char *const line[] = {"<blank>", "<UNK>", "a", "b", "c", "d", "e"};
    oss_vocab *large = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&large, line, 7), OSS_OK);
    oss_ngram *ngram = make(few, unigram, 4);
    ck_assert_msg(oss_symbol_tokens_check(ngram, large, "x.olm") == OSS_OK, "%s", oss_last_error());
    oss_ngram_free(ngram);
    oss_vocab_free(large);
    static const char *const spaced[] = {"<blank>", "<UNK>", " ", "a", "b", "c", "d", "e"};
    ck_assert_int_eq(oss_vocab_from_symbols(&large, spaced, 8), OSS_OK);
    ngram = make(few, unigram, 4); /* might be one of words */
    ck_assert_int_eq(oss_symbol_tokens_check(ngram, large, "x.olm"), OSS_EINPUT);
    oss_ngram_free(ngram);
    ngram = make(symbol, unigram, 5);
    ck_assert_msg(oss_symbol_tokens_check(ngram, large, "x.olm") == OSS_OK, "%s", oss_last_error());
    oss_ngram_free(ngram);
    oss_vocab_free(large);
}
END_TEST

START_TEST(other_symbols_are_refused) {
    static const char *const capital[] = {"<unk>", "<s>", "</s>", "A", "B", "_"};
    static const char *const rare[] = {"<unk>", "<s>", "</s>", "!", "_", "a", "b"};
    static const float few[] = {-9.0F, -20.0F, -3.0F, -4.0F, -2.0F, -1.0F, -1.0F};
    static const float many[] = {-9.0F, -20.0F, -3.0F, -0.1F, -2.0F, -2.0F, -2.0F};
    oss_vocab *characters = oss_beam_characters(), *pieces = oss_beam_pieces();
    oss_ngram *good = make(symbol, unigram, 6), *capitals = make(capital, unigram, 6);
    oss_ngram *with_rare = make(rare, few, 7), *with_others = make(rare, many, 7);
    ck_assert_int_eq(oss_symbol_tokens_check(good, characters, "x.olm"), OSS_OK);
    ck_assert_int_eq(oss_symbol_tokens_check(with_rare, characters, "x.olm"), OSS_OK);
    refuse(capitals, characters, "x.olm has 1 of the model's 3 symbols");
    refuse(with_others, characters,
           "x.olm has 3 of the model's 3 symbols, and expects them 31 times in a hundred");
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "ossicle lm build --model M"));
    /* A model of the units' letters alone is none of the units; the word model knows "a", "ab" and "b", no space. */
    static const char *const letters[] = {"<unk>", "<s>", "</s>", "_", "a"};
    oss_ngram *poor = make(letters, unigram, 5), *words = oss_beam_ngram(false);
    refuse(poor, pieces, "x.olm has 2 of the model's 5 symbols");
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "ossicle lm build --model M"));
    static const char *const one[] = {"<unk>", "<s>", "</s>", "a", "it", "they"};
    oss_ngram_parts parts = {.order = 1, .token = one, .list = {{6, NULL, unigram, NULL}}};
    oss_ngram *three = NULL;
    ck_assert_int_eq(oss_ngram_pack(&three, &parts), OSS_OK);
    refuse(three, characters, "it is of words");
    oss_ngram_free(three);
    oss_ngram_free(poor);
    oss_ngram_free(words);
    oss_ngram_free(good);
    oss_ngram_free(capitals);
    oss_ngram_free(with_rare);
    oss_ngram_free(with_others);
    oss_vocab_free(characters);
    oss_vocab_free(pieces);
}
END_TEST

/* "aab" and "abb" are unknown, end alike and are equally long, but to a trigram of symbols "a" is likely after the first and not
 * after the second: both must live until then, whichever is ahead. */
START_TEST(histories_of_other_spellings_are_kept) {
    static const uint32_t pair[] = {4, 5, 5, 5}, triple[] = {4, 5, 4, 5, 5, 4};
    static const float p2[] = {-1.0F, -1.0F}, p3[] = {-0.1F, -10.0F};
    static const float back[] = {0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F};
    enum { T = 7, V = 5 };
    static const int32_t said[T] = {3, 0, 4, 0, 4, 0, 3}, wanted[] = {3, 3, 4, 3};
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, false);
    oss_ngram_parts parts = {.order = 3, .is_of_symbols = true, .token = symbol};
    parts.list[0] = (oss_ngram_list){6, NULL, unigram, back};
    parts.list[1] = (oss_ngram_list){2, pair, p2, back};
    parts.list[2] = (oss_ngram_list){2, triple, p3, NULL};
    ck_assert_msg(oss_ngram_pack(&kit.symbols, &parts) == OSS_OK, "%s", oss_last_error());
    for (int pruned = 0; pruned < 2; pruned++) {
        float logits[T * V];
        for (int32_t i = 0; i < T * V; i++) {
            logits[i] = i % V == said[i / V] ? 0.0F : -12.0F;
        }
        logits[2 * V + 3] = -1.0F; /* "a" in the place of the first "b" */
        oss_beam_options options = oss_beam_wide(256);
        options.prune_history = pruned;
        oss_beam *beam = oss_beam_of(&kit, &options);
        ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
        oss_hypothesis *got = NULL;
        int32_t count = 0;
        ck_assert_int_eq(oss_beam_best(beam, true, 1, &got, &count), OSS_OK);
        ck_assert_int_eq(got->ids, 4);
        ck_assert_mem_eq(got->id, wanted, sizeof wanted);
        oss_hypotheses_free(got, count);
        oss_beam_free(beam);
    }
    oss_beam_kit_free(&kit);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/symbol_tokens");
    TCase *tests = tcase_create("symbol_tokens");
    tcase_add_test(tests, tokens_are_found);
    tcase_add_test(tests, a_small_text_will_do);
    tcase_add_test(tests, other_symbols_are_refused);
    tcase_add_test(tests, histories_of_other_spellings_are_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
