#include "decode/best_path.h"

#include <math.h>

#include "decode/greedy.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"

/* Every member, not what lies between them, which no one has to set. */
static void expect_same_symbols(const oss_best_path *got, const oss_best_path *want) {
    ck_assert_int_eq(got->symbols, want->symbols);
    for (int64_t i = 0; i < want->symbols; i++) {
        const oss_best_path_symbol *g = &got->symbol[i], *w = &want->symbol[i];
        const float numbers[2][6] = {{g->probability, g->entropy, g->cost, g->doubt, g->weight, g->moment},
                                     {w->probability, w->entropy, w->cost, w->doubt, w->weight, w->moment}};
        ck_assert_int_eq(g->id, w->id);
        ck_assert_mem_eq(numbers[0], numbers[1], sizeof numbers[0]);
        ck_assert(g->begin == w->begin && g->end == w->end);
    }
}

enum { FRAMES = 200, SYMBOLS = 5 };

static void make_logits(float *logits) {
    oss_fill_f32(logits, (size_t)FRAMES * SYMBOLS, 7, 5.0);
}

START_TEST(a_path_in_pieces_is_the_greedy_one) {
    float logits[FRAMES * SYMBOLS];
    int32_t ids[FRAMES];
    make_logits(logits);
    int32_t count = oss_ctc_greedy(ids, logits, FRAMES, SYMBOLS);
    for (int32_t piece = 1; piece <= FRAMES; piece += 13) {
        oss_best_path path = {0};
        for (int32_t at = 0; at < FRAMES; at += piece) {
            int32_t here = FRAMES - at < piece ? FRAMES - at : piece;
            ck_assert_int_eq(oss_best_path_add(&path, logits + at * SYMBOLS, here, SYMBOLS), OSS_OK);
        }
        ck_assert_int_eq(path.symbols, count);
        int64_t end = 0;
        for (int32_t i = 0; i < count; i++) {
            ck_assert_int_eq(path.symbol[i].id, ids[i]);
            ck_assert(path.symbol[i].begin >= end && path.symbol[i].end > path.symbol[i].begin);
            ck_assert(path.symbol[i].probability > 1.0F / SYMBOLS && path.symbol[i].probability <= 1.0F);
            end = path.symbol[i].end;
        }
        ck_assert(end <= FRAMES);
        oss_best_path_deinit(&path);
    }
}
END_TEST

START_TEST(a_path_forgets_and_keeps_the_clock) {
    static const float a[] = {0, 0, 9, 0, 0}, blank[] = {9, 0, 0, 0, 0};
    oss_best_path path = {0};
    ck_assert_int_eq(oss_best_path_add(&path, a, 1, SYMBOLS), OSS_OK);
    oss_best_path_forget(&path);
    ck_assert_int_eq(path.symbols, 0);
    ck_assert_int_eq(oss_best_path_add(&path, blank, 1, SYMBOLS), OSS_OK);
    ck_assert_int_eq(oss_best_path_add(&path, a, 1, SYMBOLS), OSS_OK);
    ck_assert_int_eq(path.symbols, 1);
    ck_assert_int_eq(path.symbol[0].begin, 2);
    oss_best_path_deinit(&path);
}
END_TEST

static oss_best_path path_of(const float *logits, int32_t frames, int32_t piece, int32_t v) {
    oss_best_path path = {0};
    for (int32_t at = 0; at < frames; at += piece) {
        int32_t here = frames - at < piece ? frames - at : piece;
        ck_assert_int_eq(oss_best_path_add(&path, logits + at * v, here, v), OSS_OK);
    }
    return path;
}

START_TEST(pieces_give_the_same_bits) {
    float logits[FRAMES * SYMBOLS];
    make_logits(logits);
    oss_best_path whole = path_of(logits, FRAMES, FRAMES, SYMBOLS);
    for (int32_t piece = 1; piece < FRAMES; piece++) {
        oss_best_path parts = path_of(logits, FRAMES, piece, SYMBOLS);
        ck_assert_int_eq(parts.symbols, whole.symbols);
        expect_same_symbols(&parts, &whole);
        oss_best_path_deinit(&parts);
    }
    oss_best_path_deinit(&whole);
}
END_TEST

/* Posteriors of symbol 2 over five frames, the rest blank: where its middle is, by hand. */
/* A copy goes on as its original does, in whatever memory it had, and leaves that alone. */
START_TEST(copies_go_on_by_themselves) {
    float logits[FRAMES * SYMBOLS];
    make_logits(logits);
    oss_best_path whole = path_of(logits, FRAMES, FRAMES, SYMBOLS), copy = {0};
    for (int32_t frames = 0; frames <= FRAMES; frames += 17) {
        oss_best_path part = path_of(logits, frames, FRAMES, SYMBOLS);
        oss_best_path before = path_of(logits, frames, FRAMES, SYMBOLS), none = {0};
        ck_assert_int_eq(oss_best_path_copy(&copy, &part), OSS_OK);
        ck_assert_int_eq(oss_best_path_add(&copy, logits + frames * SYMBOLS, FRAMES - frames, SYMBOLS),
                         OSS_OK);
        ck_assert_int_eq(copy.frames, FRAMES);
        expect_same_symbols(&copy, &whole);
        expect_same_symbols(&part, &before);
        ck_assert_int_eq(oss_best_path_copy(&copy, &none), OSS_OK);
        ck_assert(copy.symbols == 0 && copy.frames == 0 && copy.v == 0);
        oss_best_path_deinit(&part);
        oss_best_path_deinit(&before);
    }
    oss_best_path_deinit(&whole);
    oss_best_path_deinit(&copy);
}
END_TEST

START_TEST(the_middle_is_the_mean_of_the_posteriors) {
    static const double p[5] = {0.001, 0.3, 0.8, 0.6, 0.2};
    float logits[5 * 3];
    for (int t = 0; t < 5; t++) {
        logits[3 * t] = (float)log(1.0 - p[t]);
        logits[3 * t + 1] = -INFINITY;
        logits[3 * t + 2] = (float)log(p[t]);
    }
    oss_best_path path = path_of(logits, 5, 5, 3);
    ck_assert_int_eq(path.symbols, 1);
    double mean = (0.3 * 1.5 + 0.8 * 2.5 + 0.6 * 3.5 + 0.2 * 4.5) / (0.3 + 0.8 + 0.6 + 0.2);
    ck_assert_double_eq_tol(oss_best_path_center(&path.symbol[0]), mean, 1e-5);
    ck_assert_int_eq(path.symbol[0].begin, 2);
    ck_assert_int_eq(path.symbol[0].end, 4);
    ck_assert_double_eq_tol((double)path.symbol[0].probability, 0.8, 1e-6);
    double least = -(0.8 * log(0.8) + 0.2 * log(0.2));
    ck_assert_double_eq_tol((double)path.symbol[0].entropy, least, 1e-6);
    ck_assert_double_eq_tol((double)path.symbol[0].cost, -log(0.8) - log(0.6) - log(0.8), 1e-5);
    oss_best_path_deinit(&path);
}
END_TEST

START_TEST(middles_rise_and_stay_near_their_frames) {
    enum { MANY = 4000, WIDE = 40 };
    static float logits[MANY * WIDE];
    for (uint32_t seed = 0; seed < 4; seed++) {
        oss_fill_f32(logits, (size_t)MANY * WIDE, seed, seed % 2 == 0 ? 1.0 : 9.0);
        for (int32_t t = 0; t < MANY; t++) {
            logits[t * WIDE] += t % 3 != 0 ? 2.0F : 0.0F;
        }
        oss_best_path path = path_of(logits, MANY, 777, WIDE);
        ck_assert_int_gt(path.symbols, 1000);
        double last = 0.0;
        for (int64_t i = 0; i < path.symbols; i++) {
            double center = oss_best_path_center(&path.symbol[i]);
            ck_assert(center > last);
            ck_assert(center > (double)path.symbol[i].begin - 0.5 &&
                      center < (double)path.symbol[i].end + 0.5);
            last = center;
        }
        oss_best_path_deinit(&path);
    }
}
END_TEST

/* The encoder refuses to give such; a path of them is blanks, or what can be compared, and all its numbers are numbers. */
START_TEST(what_is_not_a_number_stays_out) {
    float logits[6 * SYMBOLS] = {0};
    for (int i = 0; i < SYMBOLS; i++) {
        logits[i] = NAN;
        logits[2 * SYMBOLS + i] = -INFINITY;
    }
    logits[SYMBOLS] = NAN;
    logits[SYMBOLS + 2] = 3.0F;
    logits[3 * SYMBOLS + 3] = INFINITY;
    logits[4 * SYMBOLS + 1] = INFINITY;
    logits[4 * SYMBOLS + 2] = INFINITY;
    oss_best_path path = path_of(logits, 6, 2, SYMBOLS);
    ck_assert_int_eq(path.symbols, 3);
    for (int64_t i = 0; i < path.symbols; i++) {
        const oss_best_path_symbol *s = &path.symbol[i];
        ck_assert(s->probability > 0.0F && s->probability <= 1.0F);
        ck_assert(isfinite(s->entropy) && isfinite(s->cost) && isfinite(s->doubt) && s->entropy >= -1e-6F);
        ck_assert(isfinite(oss_best_path_center(s)));
    }
    oss_best_path_deinit(&path);
}
END_TEST

START_TEST(memory_that_is_short_changes_nothing) {
    float logits[FRAMES * SYMBOLS];
    make_logits(logits);
    oss_best_path whole = path_of(logits, FRAMES, FRAMES, SYMBOLS);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_best_path path = {0};
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status first = oss_best_path_add(&path, logits, 90, SYMBOLS);
        if (first != OSS_OK) {
            (void)oss_faults_clear();
            ck_assert_int_eq(path.frames, 0);
            ck_assert_int_eq(oss_best_path_add(&path, logits, 90, SYMBOLS), OSS_OK);
        }
        oss_status then = oss_best_path_add(&path, logits + 90 * SYMBOLS, 110, SYMBOLS);
        bool fired = oss_faults_clear() || first != OSS_OK;
        if (then != OSS_OK) {
            ck_assert_int_eq(path.frames, 90);
            ck_assert_int_eq(oss_best_path_add(&path, logits + 90 * SYMBOLS, 110, SYMBOLS), OSS_OK);
        }
        ck_assert_int_eq(path.symbols, whole.symbols);
        expect_same_symbols(&path, &whole);
        oss_best_path_deinit(&path);
        if (!fired) {
            ck_assert_int_gt(k, 2);
            break;
        }
    }
    oss_faults_remove();
    oss_best_path_deinit(&whole);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/best_path");
    TCase *tests = tcase_create("path");
    tcase_add_test(tests, a_path_in_pieces_is_the_greedy_one);
    tcase_add_test(tests, a_path_forgets_and_keeps_the_clock);
    tcase_add_test(tests, pieces_give_the_same_bits);
    tcase_add_test(tests, copies_go_on_by_themselves);
    tcase_add_test(tests, the_middle_is_the_mean_of_the_posteriors);
    tcase_add_test(tests, middles_rise_and_stay_near_their_frames);
    tcase_add_test(tests, what_is_not_a_number_stays_out);
    tcase_add_test(tests, memory_that_is_short_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
