/* The beam search against all paths, where there are few enough to look at. */
#include "decode/beam.h"

#include "decode/beam_cases.h"
#include "decode/greedy.h"
#include "decode/symbol_priors.h"
#include "decode/symbol_text.h"

/* What models add to a whole text, from the definition. */
typedef struct text_score {
    double sum, lm, bonus;
    int32_t words, unknown;
} text_score;

/* in_phrase[words]: those that are words of phrases ("ba", "a b", "aa bb"), said as phrases or not. */
static double phrase_bonus(const char *text, bool *in_phrase, int32_t words) {
    char word[16][ALL_TEXT_BYTES];
    char copy[ALL_TEXT_BYTES];
    strcpy(copy, text);
    int32_t count = 0;
    for (char *at = strtok(copy, " "); at != NULL; at = strtok(NULL, " ")) {
        strcpy(word[count++], at);
    }
    ck_assert_int_eq(count, words);
    double bonus = 0.0;
    for (int32_t i = 0; i < count; i++) {
        static const char *const of_phrases[] = {"ba", "a", "b", "aa", "bb"};
        for (size_t k = 0; k < sizeof of_phrases / sizeof *of_phrases; k++) {
            in_phrase[i] = in_phrase[i] || strcmp(word[i], of_phrases[k]) == 0;
        }
        bonus += strcmp(word[i], "ba") == 0 ? 2.0 : 0.0;
        if (i + 1 < count) {
            bonus += strcmp(word[i], "a") == 0 && strcmp(word[i + 1], "b") == 0 ? 3.0 : 0.0;
            bonus += strcmp(word[i], "aa") == 0 && strcmp(word[i + 1], "bb") == 0 ? 4.0 : 0.0;
        }
    }
    return bonus;
}

static int32_t count_words(const char *text) {
    int32_t words = text[0] != '\0';
    for (; *text != '\0'; text++) {
        words += *text == ' ';
    }
    return words;
}

static double spell(const beam_kit *kit, const char *word, size_t bytes) {
    oss_ngram_state state = oss_ngram_begin(kit->symbols);
    double sum = 0.0;
    oss_ngram_score(kit->symbols, &state, oss_ngram_find(kit->symbols, "_", 1), &state);
    for (size_t i = 0; i < bytes; i++) {
        sum +=
            (double)oss_ngram_score(kit->symbols, &state, oss_ngram_find(kit->symbols, word + i, 1), &state);
    }
    return sum + (double)oss_ngram_score(kit->symbols, &state, oss_ngram_find(kit->symbols, "_", 1), &state);
}

static text_score score_text(const beam_kit *kit, const oss_beam_options *options, const char *text) {
    text_score score = {.words = count_words(text)};
    bool in_phrase[16] = {false};
    double penalties = 0.0;
    if (kit->hotwords != NULL) {
        score.bonus = phrase_bonus(text, in_phrase, score.words);
    }
    oss_ngram_state state = {0};
    if (kit->words != NULL) {
        state = oss_ngram_begin(kit->words);
    }
    if (kit->words == NULL && kit->symbols != NULL) {
        state = oss_ngram_begin(kit->symbols);
        for (const char *at = text; *at != '\0'; at++) {
            uint32_t token = oss_ngram_find(kit->symbols, *at == ' ' ? "_" : at, 1);
            score.lm += (double)oss_ngram_score(kit->symbols, &state, token, &state);
        }
        score.lm += (double)oss_ngram_score(kit->symbols, &state, OSS_NGRAM_END, NULL);
        score.sum = options->lm_weight * score.lm + options->word_bonus * score.words;
    }
    const char *word = text;
    for (int32_t i = 0; i < score.words && kit->words != NULL; i++) {
        size_t bytes = strcspn(word, " ");
        uint32_t token = oss_ngram_find(kit->words, word, bytes);
        score.lm += (double)oss_ngram_score(kit->words, &state, token, &state);
        if (token == OSS_NGRAM_UNKNOWN && !in_phrase[i]) {
            score.unknown++;
            score.lm += kit->symbols != NULL ? spell(kit, word, bytes) : 0.0;
            penalties +=
                options->unknown_penalty * (kit->symbols == NULL && bytes > 6 ? (double)bytes / 6.0 : 1.0);
        }
        word += bytes + (word[bytes] == ' ');
    }
    if (kit->words != NULL) {
        score.lm += (double)oss_ngram_score(kit->words, &state, OSS_NGRAM_END, NULL);
        score.sum = options->lm_weight * score.lm + options->word_bonus * score.words + penalties;
    }
    score.sum += score.bonus;
    return score;
}

static void expect_all(const beam_kit *kit, const oss_beam_options *options, const float *logits, int32_t t) {
    all_texts *all = oss_all_paths(kit->vocab, logits, t);
    oss_beam *beam = oss_beam_of(kit, options);
    ck_assert_int_eq(oss_beam_add(beam, logits, t), OSS_OK);
    oss_hypothesis *got = NULL;
    int32_t count = 0;
    ck_assert_int_eq(oss_beam_best(beam, true, options->width, &got, &count), OSS_OK);
    ck_assert_int_eq(count, all->count);
    double posteriors = 0.0;
    for (int32_t i = 0; i < count; i++) {
        char text[ALL_TEXT_BYTES];
        int32_t path[32] = {0};
        ck_assert_int_le(got[i].ids, 16);
        for (int32_t j = 0; j < got[i].ids; j++) {
            path[2 * j] = got[i].id[j]; /* a blank between any two */
        }
        oss_path_text(text, kit->vocab, path, 2 * got[i].ids);
        int32_t at = 0;
        while (at < all->count && strcmp(all->text[at], text) != 0) {
            at++;
        }
        ck_assert_msg(at < all->count, "\"%s\" is there twice or is no text", text);
        text_score want = score_text(kit, options, text);
        ck_assert_double_eq_tol(got[i].acoustic, log(all->p[at]), 1e-4);
        ck_assert_msg(fabs(got[i].total - (log(all->p[at]) + want.sum)) < 1e-4, "\"%s\": %.6f, not %.6f",
                      text, got[i].total, log(all->p[at]) + want.sum);
        ck_assert_double_eq_tol(got[i].lm, want.lm, 1e-4);
        ck_assert_double_eq_tol(got[i].hotwords, want.bonus, 1e-5);
        ck_assert_int_eq(got[i].unknown_words, want.unknown);
        ck_assert_int_eq(got[i].words, want.words);
        ck_assert(i == 0 || got[i].total <= got[i - 1].total);
        posteriors += got[i].posterior;
        all->text[at][0] = '\x01'; /* found */
    }
    ck_assert_double_eq_tol(posteriors, 1.0, 1e-9);
    oss_hypotheses_free(got, count);
    oss_beam_free(beam);
    free(all);
}

/* As if the logits were without them: all texts with all their scores. */
START_TEST(priors_are_divided_out) {
    enum { T = 5, V = 5 };
    oss_beam_options options = oss_beam_wide(4096), without = options;
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, false);
    float logits[T * V], divided[T * V], prior[V];
    kit.prior = malloc(sizeof prior);
    ck_assert_ptr_nonnull(kit.prior);
    ck_assert_int_eq(oss_symbol_priors_find(kit.prior, kit.words, kit.vocab), OSS_OK);
    memcpy(prior, kit.prior, sizeof prior);
    options.prior_weight = 0.75;
    oss_fill_f32(logits, T * V, 3, 2.0);
    for (int32_t i = 0; i < T * V; i++) {
        divided[i] = logits[i] - 0.75F * prior[i % V];
    }
    oss_beam *beam = oss_beam_of(&kit, &options), *plain = oss_beam_of(&kit, &without);
    oss_hypothesis *got = NULL, *want = NULL;
    int32_t count = 0, wanted = 0;
    ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
    ck_assert_int_eq(oss_beam_best(beam, true, 4096, &got, &count), OSS_OK);
    for (int with = 1; with >= 0; with--) {
        oss_beam_begin(plain);
        ck_assert_int_eq(oss_beam_add(plain, with ? divided : logits, T), OSS_OK);
        ck_assert_int_eq(oss_beam_best(plain, true, 4096, &want, &wanted), OSS_OK);
        ck_assert_int_eq(count, wanted);
        bool same = true;
        for (int32_t i = 0; i < count; i++) {
            same = same && got[i].total == want[i].total && got[i].acoustic == want[i].acoustic &&
                   got[i].ids == want[i].ids;
        }
        ck_assert_int_eq(same, with);
        oss_hypotheses_free(want, wanted);
    }
    oss_hypotheses_free(got, count);
    oss_beam_free(beam);
    oss_beam_free(plain);
    oss_beam_kit_free(&kit);
}
END_TEST

START_TEST(all_paths_of_characters) {
    enum { T = 5, V = 5 };
    oss_beam_options options = oss_beam_wide(4096);
    static const struct {
        bool words, symbols, hotwords;
    } kinds[] = {{false, false, false}, {true, false, false}, {false, false, true}, {true, true, false},
                 {true, false, true},   {true, true, true},   {false, true, false}, {false, true, true}};
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        beam_kit kit =
            oss_beam_kit(oss_beam_characters(), kinds[kind].words, kinds[kind].symbols, kinds[kind].hotwords);
        for (uint64_t seed = 0; seed < 2; seed++) {
            float logits[T * V];
            oss_fill_f32(logits, T * V, 100 * (uint64_t)kind + seed, 3.0);
            expect_all(&kit, &options, logits, T);
        }
        oss_beam_kit_free(&kit);
    }
}
END_TEST

START_TEST(all_paths_of_pieces) {
    enum { T = 4, V = 7 };
    oss_beam_options options = oss_beam_wide(4096);
    for (int32_t kind = 0; kind < 4; kind++) {
        beam_kit kit = oss_beam_kit(oss_beam_pieces(), (kind & 1) != 0, false, (kind & 2) != 0);
        for (uint64_t seed = 0; seed < 2; seed++) {
            float logits[T * V];
            oss_fill_f32(logits, T * V, 1000 + 100 * (uint64_t)kind + seed, 3.0);
            expect_all(&kit, &options, logits, T);
        }
        oss_beam_kit_free(&kit);
    }
}
END_TEST

/* Words of more letters than OSS_BEAM_UNKNOWN_LETTERS, which short texts have not. */
START_TEST(long_unknown_words_cost_more) {
    enum { V = 5 };
    static const char text[] = "abababababab b";
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, false);
    oss_beam_options options = oss_beam_wide(1);
    oss_beam *beam = oss_beam_of(&kit, &options);
    for (const char *at = text; *at != '\0'; at++) {
        float logits[V] = {0};
        logits[*at == ' ' ? 2 : *at - 'a' + 3] = 60.0F;
        ck_assert_int_eq(oss_beam_add(beam, logits, 1), OSS_OK);
    }
    oss_hypothesis *got = NULL;
    int32_t count = 0;
    ck_assert_int_eq(oss_beam_best(beam, true, 1, &got, &count), OSS_OK);
    ck_assert_double_eq_tol(got->total, score_text(&kit, &options, text).sum, 1e-4);
    ck_assert_int_eq(got->unknown_words, 1);
    oss_hypotheses_free(got, count);
    oss_beam_free(beam);
    oss_beam_kit_free(&kit);
}
END_TEST

/* Hypotheses of narrow beams have a part of the paths that all of them have, and the same models. */
START_TEST(no_beam_is_better_than_all_paths) {
    enum { T = 6, V = 5 };
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, true);
    for (uint64_t seed = 0; seed < 20; seed++) {
        float logits[T * V];
        oss_fill_f32(logits, T * V, 7000 + seed, 3.0);
        double best[4];
        for (int32_t i = 0; i < 4; i++) {
            static const int32_t width[] = {1, 4, 16, 4096};
            oss_beam_options options = oss_beam_wide(width[i]);
            oss_beam *beam = oss_beam_of(&kit, &options);
            ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
            oss_hypothesis *got = NULL;
            int32_t count = 0;
            ck_assert_int_eq(oss_beam_best(beam, true, 1, &got, &count), OSS_OK);
            ck_assert_int_eq(count, 1);
            best[i] = got->total;
            oss_hypotheses_free(got, count);
            oss_beam_free(beam);
        }
        for (int32_t i = 0; i < 3; i++) {
            ck_assert(best[i] <= best[3] + 1e-4);
        }
    }
    oss_beam_kit_free(&kit);
}
END_TEST

/* Where one symbol has more than half of each frame, the best path's text is the most probable one. */
START_TEST(width_one_is_greedy) {
    enum { T = 300, V = 5 };
    beam_kit kit = oss_beam_kit(oss_beam_characters(), false, false, false);
    oss_beam_options options = oss_beam_defaults();
    options.width = 1;
    oss_beam *beam = oss_beam_of(&kit, &options);
    for (uint64_t seed = 0; seed < 10; seed++) {
        float logits[T * V];
        oss_fill_f32(logits, T * V, 300 + seed, 1.0);
        for (int32_t i = 0; i < T; i++) {
            logits[i * V + (int32_t)(oss_fill_bits(seed, (uint64_t)i) % V)] += 9.0F;
        }
        oss_beam_begin(beam);
        ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
        oss_hypothesis *got = NULL;
        int32_t count = 0;
        ck_assert_int_eq(oss_beam_best(beam, true, 5, &got, &count), OSS_OK);
        ck_assert_int_eq(count, 1);
        char *text = NULL, *greedy = NULL;
        ck_assert_int_eq(oss_symbol_text(&text, kit.vocab, OSS_CASE_KEEP, got->id, got->ids), OSS_OK);
        ck_assert_int_eq(oss_logits_text(&greedy, kit.vocab, OSS_CASE_KEEP, logits, T), OSS_OK);
        ck_assert_str_eq(text, greedy);
        oss_free(text);
        oss_free(greedy);
        oss_hypotheses_free(got, count);
    }
    oss_beam_free(beam);
    oss_beam_kit_free(&kit);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("beam");
    TCase *tests = tcase_create("all paths");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, priors_are_divided_out);
    tcase_add_test(tests, all_paths_of_characters);
    tcase_add_test(tests, all_paths_of_pieces);
    tcase_add_test(tests, long_unknown_words_cost_more);
    tcase_add_test(tests, no_beam_is_better_than_all_paths);
    tcase_add_test(tests, width_one_is_greedy);
    suite_add_tcase(suite, tests);
    return suite;
}
