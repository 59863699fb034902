/* Alignment with cuts against a matrix of all states, and in halves as in one. */
#include "decode/align.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/suite.h"

enum { V = 5 };

static float *make_logits(int64_t t, uint64_t seed) {
    float *logits = malloc((size_t)t * V * sizeof *logits);
    oss_fill_f32(logits, (size_t)t * V, seed, 4.0);
    return logits;
}

static double score(const float *logits, int64_t frame, int32_t id) {
    const float *row = logits + frame * V;
    float best = row[0];
    for (int32_t i = 1; i < V; i++) {
        best = fmaxf(best, row[i]);
    }
    return (double)row[id] - (double)best;
}

static int64_t cut_at(const oss_align_text *text, int64_t i) {
    for (int64_t c = 0; c < text->cuts; c++) {
        if (text->cut[c] == i) {
            return c;
        }
    }
    return -1;
}

static double gap_score(const oss_align_text *text, const float *logits, int64_t frame, int64_t i) {
    double blank = score(logits, frame, 0);
    return cut_at(text, i) >= 0 ? fmax(blank, -(double)text->wild_price) : blank;
}

/* Of the best path, by a matrix of doubles; state 0 stands before the first frame. */
static double best_score(const oss_align_text *text, const float *logits, int64_t t) {
    int64_t states = 2 * text->symbols + 1;
    double *now = malloc((size_t)states * sizeof *now), *next = malloc((size_t)states * sizeof *next);
    for (int64_t s = 0; s < states; s++) {
        now[s] = s == 0 ? 0.0 : -INFINITY;
    }
    for (int64_t frame = 0; frame < t; frame++) {
        for (int64_t s = 0; s < states; s++) {
            int64_t i = s / 2;
            double from = s > 0 ? fmax(now[s], now[s - 1]) : now[s];
            if (s % 2 == 1) {
                from = s > 2 && text->id[i] != text->id[i - 1] ? fmax(from, now[s - 2]) : from;
                next[s] = from + score(logits, frame, text->id[i]);
                continue;
            }
            int64_t cut = cut_at(text, i);
            if (cut > 0) {
                int64_t past = 2 * text->cut[cut - 1];
                double before = past > 0 ? fmax(now[past], now[past - 1]) : now[past];
                from = fmax(from, before - (double)text->skip_price[cut]);
            }
            next[s] = from + gap_score(text, logits, frame, i);
        }
        double *other = now;
        now = next;
        next = other;
    }
    double best = states > 1 ? fmax(now[states - 1], now[states - 2]) : now[0];
    int64_t last = text->cuts - 1;
    if (last > 0 && text->cut[last] == text->symbols) {
        int64_t past = 2 * text->cut[last - 1];
        double before = past > 0 ? fmax(now[past], now[past - 1]) : now[past];
        best = fmax(best, before - (double)text->skip_price[last]);
    }
    free(now);
    free(next);
    return best;
}

/* Of what came out; asserts that it is a path. */
static double score_of(const oss_aligned *aligned, const oss_align_text *text, const float *logits,
                       int64_t t) {
    double sum = 0.0;
    int64_t frame = 0, last = -1;
    for (int64_t i = 0; i <= text->symbols; i++) {
        int64_t cut = cut_at(text, i);
        if (cut > 0 && aligned[text->cut[cut - 1]].end == aligned[text->cut[cut - 1]].begin) {
            sum -= (double)text->skip_price[cut];
        }
        if (i < text->symbols && aligned[i].begin == aligned[i].end) {
            ck_assert(text->cuts > 0);
            continue;
        }
        int64_t begin = i < text->symbols ? aligned[i].begin : t;
        if (i < text->symbols && last >= 0 && text->id[i] == text->id[last]) {
            ck_assert_int_gt(begin, aligned[last].end);
        }
        ck_assert_int_ge(begin, frame);
        for (; frame < begin; frame++) {
            double best =
                -INFINITY; /* of the gaps that may be there: those of the cuts on the way, or this one */
            for (int64_t k = last + 1; k <= i; k++) {
                bool may = k == last + 1 || k == i || cut_at(text, k) >= 0;
                best = may ? fmax(best, gap_score(text, logits, frame, k)) : best;
            }
            sum += best;
        }
        for (; i < text->symbols && frame < aligned[i].end; frame++) {
            sum += score(logits, frame, text->id[i]);
        }
        last = i;
    }
    return sum;
}

static void fill_ids(int32_t *id, int64_t symbols, uint64_t seed) {
    for (int64_t i = 0; i < symbols; i++) {
        id[i] = 1 + (int32_t)(oss_fill_bits(seed, (uint64_t)i) % (V - 1));
    }
}

static void assert_best(const oss_align_text *text, int64_t t, uint64_t seed) {
    float *logits = make_logits(t, seed);
    oss_aligned *aligned = malloc(((size_t)text->symbols + 1) * sizeof *aligned);
    oss_align_wild *wild = malloc(((size_t)text->cuts + 1) * sizeof *wild);
    ck_assert_int_eq(oss_align(aligned, wild, text, logits, t, V), OSS_OK);
    double want = best_score(text, logits, t);
    ck_assert_double_eq_tol(score_of(aligned, text, logits, t), want, 1e-4 * (1.0 + fabs(want)));
    free(logits);
    free(aligned);
    free(wild);
}

START_TEST(equals_the_matrix) {
    for (uint64_t seed = 0; seed < 400; seed++) {
        int32_t id[12];
        int64_t symbols = (int64_t)(seed % 12);
        fill_ids(id, symbols, 1000 + seed);
        const oss_align_text text = {.id = id, .symbols = symbols};
        assert_best(&text, oss_align_frames(id, symbols) + (int64_t)(seed % 7) + (symbols == 0), seed);
    }
}
END_TEST

START_TEST(equals_the_matrix_with_cuts) {
    static const int64_t cut[] = {0, 3, 5, 9, 12};
    for (uint64_t seed = 0; seed < 400; seed++) {
        int32_t id[12];
        fill_ids(id, 12, 2000 + seed);
        float price[5];
        for (int32_t i = 0; i < 5; i++) {
            price[i] = 1.0F + (float)((seed + 3 * (uint64_t)i) % 11);
        }
        const oss_align_text text = {.id = id,
                                     .symbols = 12,
                                     .cut = cut + seed % 2,
                                     .cuts = 5 - (int64_t)(seed % 2) - (int64_t)(seed % 3 == 0),
                                     .wild_price = 0.5F + (float)(seed % 5),
                                     .skip_price = price};
        assert_best(&text, 24 + (int64_t)(seed % 9), seed);
    }
}
END_TEST

/* Too large for one matrix, so that it is cut into halves. */
START_TEST(halves_equal_the_whole) {
    enum { SYMBOLS = 700, T = 3000 };
    int32_t id[SYMBOLS];
    int64_t cut[SYMBOLS / 35 + 1];
    float price[SYMBOLS / 35 + 1];
    fill_ids(id, SYMBOLS, 7);
    for (int64_t i = 0; i <= SYMBOLS / 35; i++) {
        cut[i] = 35 * i;
        price[i] = 12.0F + (float)(i % 3 * 8);
    }
    oss_align_text text = {.id = id, .symbols = SYMBOLS, .cut = cut, .wild_price = 1.5F, .skip_price = price};
    assert_best(&text, T, 8);
    assert_best(&text, oss_align_frames(id, SYMBOLS), 9);
    text.cuts = SYMBOLS / 35 + 1;
    assert_best(&text, T, 10);
    assert_best(&text, oss_align_frames(id, SYMBOLS) + 5, 11);
}
END_TEST

START_TEST(a_path_has_the_frames_that_were_aligned) {
    enum { SYMBOLS = 40, T = 130 };
    int32_t id[SYMBOLS];
    fill_ids(id, SYMBOLS, 3);
    float *logits = make_logits(T, 4);
    oss_aligned aligned[SYMBOLS];
    oss_best_path path = {0};
    const oss_align_text text = {.id = id, .symbols = SYMBOLS};
    ck_assert_int_eq(oss_align(aligned, NULL, &text, logits, T, V), OSS_OK);
    ck_assert_int_eq(oss_align_path(&path, logits, T, V, id, SYMBOLS), OSS_OK);
    ck_assert_int_eq(oss_align_path(&path, logits, T, V, id, SYMBOLS), OSS_OK);
    ck_assert_int_eq(path.symbols, 2 * SYMBOLS);
    ck_assert_int_eq(path.frames, 2 * T);
    for (int32_t i = 0; i < 2 * SYMBOLS; i++) {
        int64_t before = i / SYMBOLS * T;
        ck_assert_int_eq(path.symbol[i].id, id[i % SYMBOLS]);
        ck_assert_int_eq(path.symbol[i].begin, before + aligned[i % SYMBOLS].begin);
        ck_assert_int_eq(path.symbol[i].end, before + aligned[i % SYMBOLS].end);
        ck_assert(path.symbol[i].probability > 0.0F && path.symbol[i].probability <= 1.0F);
    }
    oss_best_path_deinit(&path);
    free(logits);
}
END_TEST

/* "a a b c c d e f" needs ten frames. */
START_TEST(frames_that_are_needed) {
    static const int32_t id[] = {1, 1, 2, 3, 3, 4, 1, 2};
    const oss_align_text text = {.id = id, .symbols = 8};
    oss_aligned aligned[8];
    float *logits = make_logits(10, 5);
    ck_assert_int_eq(oss_align_frames(id, 8), 10);
    ck_assert_int_eq(oss_align(aligned, NULL, &text, logits, 9, V), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "10 frames"));
    ck_assert_int_eq(oss_align(aligned, NULL, &text, logits, 10, V), OSS_OK);
    ck_assert_int_eq(aligned[0].begin, 0);
    ck_assert_int_eq(aligned[1].begin, 2);
    ck_assert_int_eq(aligned[7].end, 10);
    free(logits);
}
END_TEST

static void say(float *logits, const char *frames) {
    for (int64_t t = 0; frames[t] != '\0'; t++) {
        for (int32_t i = 0; i < V; i++) {
            logits[t * V + i] = i == frames[t] - '0' ? 8.0F : 0.0F;
        }
    }
}

/* 1 2 | 3 1 | 2 3, where 4 4 4 is heard that nobody wrote, and 3 1 is not heard at all. */
START_TEST(tells_what_is_missing_and_too_much) {
    static const int32_t id[] = {1, 2, 3, 1, 2, 3};
    static const int64_t cut[] = {0, 2, 4, 6};
    static const float price[] = {4, 4, 4, 4};
    static const char frames[] = "0102004040400203000";
    float logits[sizeof frames * V];
    say(logits, frames);
    const oss_align_text text = {
        .id = id, .symbols = 6, .cut = cut, .cuts = 4, .wild_price = 2.0F, .skip_price = price};
    oss_aligned aligned[6];
    oss_align_wild wild[4];
    ck_assert_int_eq(oss_align(aligned, wild, &text, logits, sizeof frames - 1, V), OSS_OK);
    ck_assert_int_eq(aligned[1].begin, 3);
    ck_assert_int_eq(aligned[1].end, 4);
    ck_assert_int_eq(aligned[2].begin, aligned[2].end);
    ck_assert_int_eq(aligned[3].begin, aligned[3].end);
    ck_assert_int_eq(aligned[4].begin, 13);
    ck_assert_int_eq(aligned[5].begin, 15);
    int64_t begin = wild[1].end > 0 ? wild[1].begin : wild[2].begin;
    int64_t end = wild[2].end > 0 ? wild[2].end : wild[1].end;
    ck_assert_int_eq(begin, 6);
    ck_assert_int_eq(end, 11);
    ck_assert_int_eq(wild[0].end, 0);
    ck_assert_int_eq(wild[3].end, 0);
}
END_TEST

/* What is not a number has no probability, and the path goes on. */
START_TEST(goes_through_what_is_not_a_number) {
    static const int32_t id[] = {1, 2};
    float logits[6 * V];
    for (int32_t i = 0; i < 6 * V; i++) {
        logits[i] = NAN;
    }
    oss_aligned aligned[2];
    const oss_align_text text = {.id = id, .symbols = 2};
    ck_assert_int_eq(oss_align(aligned, NULL, &text, logits, 6, V), OSS_OK);
    ck_assert(aligned[0].end > aligned[0].begin && aligned[1].end > aligned[1].begin);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/align");
    TCase *tests = tcase_create("align");
    tcase_add_test(tests, equals_the_matrix);
    tcase_add_test(tests, equals_the_matrix_with_cuts);
    tcase_add_test(tests, halves_equal_the_whole);
    tcase_add_test(tests, a_path_has_the_frames_that_were_aligned);
    tcase_add_test(tests, frames_that_are_needed);
    tcase_add_test(tests, tells_what_is_missing_and_too_much);
    tcase_add_test(tests, goes_through_what_is_not_a_number);
    suite_add_tcase(suite, tests);
    return suite;
}
