/* The beam search over time: pieces, commits, memory, inputs that are no logits. */
#include <errno.h>

#include "decode/beam_cases.h"
#include "decode/beam_internal.h"
#include "support/faults.h"

enum { V = 5, T = 120 };

/* Speech-like: a symbol or the blank a frame, with doubt. */
static void make_logits(float *logits, int32_t t, uint64_t seed) {
    oss_fill_f32(logits, (size_t)t * V, seed, 2.5);
    for (int32_t i = 0; i < t; i++) {
        uint64_t bits = oss_fill_bits(seed + 77, (uint64_t)i);
        logits[i * V + (bits % 3 == 0 ? (int32_t)(2 + bits / 3 % 3) : 0)] += 4.0F;
    }
}

static oss_beam_options usual(int32_t width) {
    oss_beam_options options = oss_beam_defaults();
    options.width = width;
    return options;
}

/* All of the beam, as bytes to be compared. */
static oss_hypothesis *best(oss_beam *beam, bool ended, int32_t most, int32_t *out_count) {
    oss_hypothesis *got = NULL;
    ck_assert_int_eq(oss_beam_best(beam, ended, most, &got, out_count), OSS_OK);
    ck_assert_int_ge(*out_count, 1);
    ck_assert_int_le(*out_count, most);
    return got;
}

static void expect_equal(const oss_hypothesis *a, int32_t count_a, const oss_hypothesis *b, int32_t count_b) {
    ck_assert_int_eq(count_a, count_b);
    for (int32_t i = 0; i < count_a; i++) {
        ck_assert_int_eq(a[i].ids, b[i].ids);
        ck_assert_mem_eq(a[i].id, b[i].id, (size_t)a[i].ids * sizeof *a[i].id);
        ck_assert(a[i].total == b[i].total && a[i].acoustic == b[i].acoustic && a[i].lm == b[i].lm);
        ck_assert(a[i].posterior == b[i].posterior && a[i].words == b[i].words);
    }
}

START_TEST(pieces_and_reuse_give_the_same_bits) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, true);
    oss_beam_options options = usual(16);
    options.prune_history = true;
    oss_beam *beam = oss_beam_of(&kit, &options), *other = oss_beam_of(&kit, &options);
    for (uint64_t seed = 0; seed < 6; seed++) {
        float logits[T * V];
        int32_t counts[2];
        make_logits(logits, T, seed);
        oss_beam_begin(beam); /* has heard something else before */
        ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
        oss_beam_free(other);
        other = oss_beam_of(&kit, &options);
        int32_t piece = 1 + (int32_t)seed * 7;
        for (int32_t at = 0; at < T; at += piece) {
            ck_assert_int_eq(oss_beam_add(other, logits + at * V, T - at < piece ? T - at : piece), OSS_OK);
            int32_t count = 0; /* to look changes nothing */
            oss_hypothesis *seen = best(other, at % 2 == 0, 3, &count);
            oss_hypotheses_free(seen, count);
        }
        oss_hypothesis *a = best(beam, true, 16, &counts[0]), *b = best(other, true, 16, &counts[1]);
        expect_equal(a, counts[0], b, counts[1]);
        oss_hypotheses_free(a, counts[0]);
        oss_hypotheses_free(b, counts[1]);
    }
    oss_beam_free(beam);
    oss_beam_free(other);
    oss_beam_kit_free(&kit);
}
END_TEST

START_TEST(results_are_sorted_and_distinct) {
    for (int32_t kind = 0; kind < 2; kind++) {
        beam_kit kit = oss_beam_kit(oss_beam_characters(), kind == 1, false, false);
        oss_beam_options options = usual(64);
        oss_beam *beam = oss_beam_of(&kit, &options);
        float logits[T * V];
        make_logits(logits, T, 5);
        ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
        for (int32_t ended = 0; ended < 2; ended++) {
            int32_t count = 0;
            oss_hypothesis *got = best(beam, ended == 1, 20, &count);
            ck_assert_int_gt(count, 5);
            double sum = 0.0;
            for (int32_t i = 0; i < count; i++) {
                sum += got[i].posterior;
                ck_assert(i == 0 || got[i].total <= got[i - 1].total);
                ck_assert(ended == 0 || got[i].ids == 0 || got[i].id[got[i].ids - 1] != 2);
                for (int32_t j = 0; j < i && ended == 1; j++) {
                    ck_assert(got[i].ids != got[j].ids ||
                              memcmp(got[i].id, got[j].id, (size_t)got[i].ids * sizeof *got[i].id) != 0);
                }
            }
            ck_assert_double_eq_tol(sum, 1.0, 1e-9);
            oss_hypotheses_free(got, count);
        }
        oss_beam_free(beam);
        oss_beam_kit_free(&kit);
    }
}
END_TEST

START_TEST(what_is_settled_stays) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, false);
    oss_beam_options options = usual(16);
    oss_beam *beam = oss_beam_of(&kit, &options);
    float logits[T * V];
    int32_t settled = 0, before[T] = {0}, most = 0;
    make_logits(logits, T, 9);
    for (int32_t i = 0; i < T; i++) {
        ck_assert_int_eq(oss_beam_add(beam, logits + i * V, 1), OSS_OK);
        int32_t count = 0, now = oss_beam_settled(beam);
        oss_hypothesis *got = best(beam, false, 16, &count);
        ck_assert_int_ge(now, settled);
        for (int32_t j = 0; j < count; j++) {
            ck_assert_int_ge(got[j].ids, now);
            ck_assert_mem_eq(got[j].id, before, (size_t)settled * sizeof *before);
            ck_assert_mem_eq(got[j].id, got[0].id, (size_t)now * sizeof *before);
        }
        memcpy(before, got[0].id, (size_t)now * sizeof *before);
        settled = now;
        most = now > most ? now : most;
        oss_hypotheses_free(got, count);
    }
    ck_assert_int_gt(most, 5);
    oss_beam_free(beam);
    oss_beam_kit_free(&kit);
}
END_TEST

/* With one hypothesis nothing is lost by a commit, wherever it is: in a word, on a symbol that goes on. */
START_TEST(commits_keep_scores) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, true);
    oss_beam_options options = usual(1);
    oss_beam *whole = oss_beam_of(&kit, &options), *parts = oss_beam_of(&kit, &options);
    for (int32_t every = 1; every < 30; every += 4) {
        float logits[T * V];
        double sums[4] = {0.0};
        int32_t words = 0, ids = 0, id[T], count = 0;
        make_logits(logits, T, (uint64_t)every);
        oss_beam_begin(whole);
        oss_beam_begin(parts);
        ck_assert_int_eq(oss_beam_add(whole, logits, T), OSS_OK);
        for (int32_t at = 0; at < T; at += every) {
            int32_t here = T - at < every ? T - at : every;
            ck_assert_int_eq(oss_beam_add(parts, logits + at * V, here), OSS_OK);
            bool last = at + here == T;
            oss_hypothesis *got = best(parts, last, 1, &count);
            memcpy(id + ids, got->id, (size_t)got->ids * sizeof *id);
            ids += got->ids;
            words += got->words;
            sums[0] += got->acoustic;
            sums[1] += got->lm;
            sums[2] += got->hotwords;
            oss_hypotheses_free(got, count);
            if (!last) {
                ck_assert_int_eq(oss_beam_commit(parts), OSS_OK);
            }
        }
        oss_hypothesis *got = best(whole, true, 1, &count);
        /* A space at the end is no part of an ended text; it may have been committed. */
        ck_assert(ids == got->ids || (ids == got->ids + 1 && id[ids - 1] == 2));
        ck_assert_mem_eq(got->id, id, (size_t)got->ids * sizeof *id);
        ck_assert_int_eq(words, got->words);
        ck_assert_double_eq_tol(sums[0], got->acoustic, 1e-3);
        ck_assert_double_eq_tol(sums[1], got->lm, 1e-4);
        ck_assert_double_eq_tol(sums[2], got->hotwords, 1e-4);
        oss_hypotheses_free(got, count);
    }
    oss_beam_free(whole);
    oss_beam_free(parts);
    oss_beam_kit_free(&kit);
}
END_TEST

START_TEST(what_is_no_logit) {
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38F, -3e38F, 0.0F};
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, true);
    oss_beam_options options = usual(8);
    oss_beam *beam = oss_beam_of(&kit, &options);
    for (uint64_t seed = 0; seed < 200; seed++) {
        float logits[T * V];
        make_logits(logits, T, seed);
        for (int32_t i = 0; i < T * V; i++) {
            uint64_t bits = oss_fill_bits(seed, (uint64_t)i);
            logits[i] = bits % (1 + seed % 9) == 0 ? odd[bits / 9 % 6] : logits[i];
        }
        oss_beam_begin(beam);
        ck_assert_int_eq(oss_beam_add(beam, logits, T), OSS_OK);
        int32_t count = 0;
        oss_hypothesis *got = best(beam, true, 8, &count);
        for (int32_t i = 0; i < count; i++) {
            ck_assert(isfinite(got[i].total) && isfinite(got[i].acoustic) && got[i].posterior <= 1.0);
        }
        oss_hypotheses_free(got, count);
    }
    oss_beam_free(beam);
    oss_beam_kit_free(&kit);
}
END_TEST

START_TEST(nothing_said) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, true);
    oss_beam_options options = usual(8);
    oss_beam *beam = oss_beam_of(&kit, &options);
    int32_t count = 0;
    ck_assert_int_eq(oss_beam_add(beam, NULL, 0), OSS_OK);
    oss_hypothesis *got = best(beam, true, 8, &count);
    ck_assert(count == 1 && got->ids == 0 && got->words == 0 && got->acoustic == 0.0);
    ck_assert_double_eq_tol(got->posterior, 1.0, 1e-12);
    ck_assert_double_eq_tol(got->lm, -0.3 - 1.5, 1e-6); /* </s> after <s> */
    ck_assert_int_eq(oss_beam_settled(beam), 0);
    oss_hypotheses_free(got, count);
    oss_beam_free(beam);
    oss_beam_kit_free(&kit);
}
END_TEST

START_TEST(options_are_checked) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), false, false, false);
    oss_beam_models models = {.vocab = kit.vocab};
    oss_beam *beam = NULL;
    for (int32_t kind = 0; kind < 6; kind++) {
        oss_beam_options options = oss_beam_defaults();
        options.width = kind == 0 ? 0 : kind == 1 ? 4097 : 16;
        options.lm_weight = kind == 2 ? (double)NAN : 0.5;
        options.beam_prune_logp = kind == 3 ? 1.0 : -10.0;
        options.token_min_logp = kind == 4 ? (double)NAN : -5.0;
        options.unknown_penalty = kind == 5 ? -(double)INFINITY : -10.0;
        ck_assert_int_eq(oss_beam_create(&beam, &models, &options), OSS_EUSAGE);
        ck_assert_ptr_null(beam);
    }
    oss_beam_kit_free(&kit);
}
END_TEST

START_TEST(phrases_change_with_the_next_utterance) {
    static const oss_hotword phrase = {"bbab", 30.0};
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, false);
    oss_hotwords *hotwords = NULL;
    ck_assert_int_eq(oss_hotwords_create(&hotwords, &phrase, 1, kit.vocab, OSS_CASE_KEEP), OSS_OK);
    oss_beam_options options = usual(32);
    oss_beam *beam = oss_beam_of(&kit, &options);
    for (int32_t round = 0; round < 3; round++) {
        float logits[8 * V] = {0};
        oss_beam_set_hotwords(beam, round == 1 ? hotwords : NULL);
        oss_beam_begin(beam);
        ck_assert_int_eq(oss_beam_add(beam, logits, 8), OSS_OK);
        int32_t count = 0;
        oss_hypothesis *got = best(beam, true, 1, &count);
        static const int32_t want[] = {4, 4, 3, 4};
        bool said = got->ids == 4 && memcmp(got->id, want, sizeof want) == 0;
        ck_assert(said == (round == 1));
        ck_assert_double_eq_tol(got->hotwords, said ? 30.0 : 0.0, 1e-5);
        ck_assert_int_eq(got->unknown_words, 0); /* no word of the model's, and no penalty */
        oss_hypotheses_free(got, count);
    }
    oss_beam_free(beam);
    oss_hotwords_free(hotwords);
    oss_beam_kit_free(&kit);
}
END_TEST

static void expect_bounded(bool prune_history) {
    enum { MINUTE = 1500 };
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, !prune_history, true);
    float *logits = malloc(sizeof *logits * MINUTE * V);
    ck_assert_ptr_nonnull(logits);
    make_logits(logits, MINUTE, 3);
    oss_faults_install();
    oss_beam_options options = usual(64);
    options.prune_history = prune_history;
    oss_beam *beam = oss_beam_of(&kit, &options);
    ck_assert_int_eq(oss_beam_add(beam, logits, MINUTE), OSS_OK);
    ck_assert((size_t)beam->nodes * sizeof *beam->node < 4U << 20);
    oss_faults_reset_counts();
    for (int32_t round = 0; round < 20; round++) { /* the second time, and much longer in parts */
        round < 2 ? oss_beam_begin(beam) : (void)oss_beam_commit(beam);
        ck_assert_int_eq(oss_beam_add(beam, logits, MINUTE), OSS_OK);
    }
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    /* No node is lost: those that are neither in the beam nor above it are free. */
    int32_t there = beam->used - beam->free_count, counted = 0;
    for (int32_t i = 0; i < beam->used; i++) {
        const beam_node *node = &beam->node[i];
        bool is_free = node->slot == OSS_BEAM_FREE;
        counted += !is_free;
        ck_assert(is_free || node->slot >= 0 || node->child != OSS_BEAM_NONE);
    }
    ck_assert_int_eq(there, counted);
    oss_beam_free(beam);
    oss_faults_remove();
    free(logits);
    oss_beam_kit_free(&kit);
}

START_TEST(memory_is_bounded_and_taken_once) {
    expect_bounded(false);
    expect_bounded(true);
}
END_TEST

/* All that is made and done, once; the first failure is the result. */
static oss_status make_and_run(oss_vocab *vocab, oss_ngram *words, const float *logits) {
    static const oss_hotword phrase[] = {{"ba", 2.0}, {"a b", 3.0}};
    oss_lexicon *lexicon = NULL;
    oss_hotwords *hotwords = NULL;
    oss_beam *beam = NULL;
    oss_hypothesis *got = NULL;
    int32_t count = 0;
    oss_beam_options options = usual(600);
    options.beam_prune_logp = options.token_min_logp = -INFINITY;
    oss_status status = oss_lexicon_create(&lexicon, words, vocab, "words");
    status = status == OSS_OK ? oss_hotwords_create(&hotwords, phrase, 2, vocab, OSS_CASE_KEEP) : status;
    oss_beam_models models = {vocab, lexicon, words, NULL, hotwords, NULL};
    status = status == OSS_OK ? oss_beam_create(&beam, &models, &options) : status;
    status = status == OSS_OK ? oss_beam_add(beam, logits, T) : status;
    status = status == OSS_OK ? oss_beam_best(beam, true, 5, &got, &count) : status;
    ck_assert(status == OSS_OK || got == NULL);
    oss_hypotheses_free(got, count);
    oss_beam_free(beam);
    oss_hotwords_free(hotwords);
    oss_lexicon_free(lexicon);
    return status;
}

START_TEST(memory_runs_out) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, false, false);
    float logits[T * V];
    make_logits(logits, T, 3);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = make_and_run(kit.vocab, kit.words, logits);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 20);
            break;
        }
    }
    oss_faults_remove();
    oss_beam_kit_free(&kit);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("beam over time");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, pieces_and_reuse_give_the_same_bits);
    tcase_add_test(tests, results_are_sorted_and_distinct);
    tcase_add_test(tests, what_is_settled_stays);
    tcase_add_test(tests, commits_keep_scores);
    tcase_add_test(tests, what_is_no_logit);
    tcase_add_test(tests, nothing_said);
    tcase_add_test(tests, options_are_checked);
    tcase_add_test(tests, phrases_change_with_the_next_utterance);
    tcase_add_test(tests, memory_is_bounded_and_taken_once);
    tcase_add_test(tests, memory_runs_out);
    suite_add_tcase(suite, tests);
    return suite;
}
