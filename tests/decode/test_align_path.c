/* The best path for a known text without cuts, against all paths. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "decode/align.h"
#include "decode/greedy.h"
#include "support/suite.h"

enum { V = 4, T_MAX = 7 };

static float logits_of(uint64_t seed, int64_t i) {
    uint32_t word = (uint32_t)((seed * 2654435761U) ^ ((uint64_t)i * 40503U + 12345U));
    word ^= word >> 13;
    word *= 1274126177U;
    word ^= word >> 16;
    return (float)(word % 1000) / 125.0F - 4.0F;
}

/* What frames have, and the sum of their logits. */
static oss_status align(int32_t *label, double *sum, const float *logits, int32_t t, const int32_t *id,
                        int32_t symbols) {
    const oss_align_text text = {.id = id, .symbols = symbols};
    oss_aligned aligned[2 * T_MAX];
    oss_status status = oss_align(aligned, NULL, &text, logits, t, V);
    for (int32_t i = 0; i < t; i++) {
        label[i] = 0;
    }
    for (int32_t i = 0; i < symbols && status == OSS_OK; i++) {
        for (int64_t frame = aligned[i].begin; frame < aligned[i].end; frame++) {
            label[frame] = id[i];
        }
    }
    *sum = 0.0;
    for (int32_t i = 0; i < t; i++) {
        *sum += (double)logits[i * V + label[i]];
    }
    return status;
}

/* Collapses label[t] and compares it with id. */
static bool spells(const int32_t *label, int32_t t, const int32_t *id, int32_t symbols) {
    int32_t count = 0, last = 0;
    for (int32_t i = 0; i < t; i++) {
        if (label[i] != 0 && label[i] != last) {
            if (count >= symbols || id[count] != label[i]) {
                return false;
            }
            count++;
        }
        last = label[i];
    }
    return count == symbols;
}

static double best_of_all(const float *logits, int32_t t, const int32_t *id, int32_t symbols) {
    double best = -INFINITY;
    int32_t paths = 1;
    for (int32_t i = 0; i < t; i++) {
        paths *= V;
    }
    for (int32_t number = 0; number < paths; number++) {
        int32_t label[T_MAX], rest = number;
        double sum = 0.0;
        for (int32_t i = 0; i < t; i++, rest /= V) {
            label[i] = rest % V;
            sum += (double)logits[i * V + label[i]];
        }
        if (sum > best && spells(label, t, id, symbols)) {
            best = sum;
        }
    }
    return best;
}

START_TEST(equals_the_best_of_all_paths) {
    static const int32_t text[][3] = {{1, 2, 3}, {1, 1, 2}, {3, 3, 3}, {2, 1, 2}};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        float logits[T_MAX * V];
        for (int32_t i = 0; i < T_MAX * V; i++) {
            logits[i] = logits_of(seed, i);
        }
        for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
            for (int32_t symbols = 0; symbols <= 3; symbols++) {
                int32_t label[T_MAX];
                double sum = 0.0;
                ck_assert_int_eq(align(label, &sum, logits, T_MAX, text[k], symbols), OSS_OK);
                ck_assert(spells(label, T_MAX, text[k], symbols));
                ck_assert_double_eq_tol(sum, best_of_all(logits, T_MAX, text[k], symbols), 1e-4);
            }
        }
    }
}
END_TEST

START_TEST(tells_how_many_frames_a_text_needs) {
    static const int32_t id[] = {1, 1, 2, 2, 3, 1, 3, 2}; /* a a b b c a c b: 8 symbols, 10 frames */
    float logits[10 * V] = {0};
    int32_t label[10];
    double sum = 0.0;
    ck_assert_int_eq(align(label, &sum, logits, 9, id, 8), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "needs 10 frames and the audio gives 9"));
    ck_assert_int_eq(align(label, &sum, logits, 10, id, 8), OSS_OK);
    ck_assert(spells(label, 10, id, 8));
}
END_TEST

START_TEST(goes_through_what_has_no_probability) {
    static const int32_t id[] = {1, 2};
    float logits[5 * V];
    for (int32_t i = 0; i < 5 * V; i++) {
        logits[i] = i % 3 == 0 ? NAN : -INFINITY;
    }
    int32_t label[5];
    double sum = 0.0;
    ck_assert_int_eq(align(label, &sum, logits, 5, id, 2), OSS_OK);
    ck_assert(spells(label, 5, id, 2));
}
END_TEST

/* The text of the best path, aligned, is that path: symbols, frames, probabilities. */
START_TEST(follows_the_greedy_path_as_it_is) {
    enum { T = 300 };
    float logits[T * V];
    for (int32_t i = 0; i < T * V; i++) {
        logits[i] = logits_of(7, i) + (i % V == 0 ? 1.5F : 0.0F);
    }
    int32_t id[T];
    int32_t symbols = oss_ctc_greedy(id, logits, T, V);
    oss_best_path greedy = {0}, aligned = {0};
    ck_assert_int_eq(oss_best_path_add(&greedy, logits, T, V), OSS_OK);
    ck_assert_int_eq(oss_align_path(&aligned, logits, T, V, id, symbols), OSS_OK);
    ck_assert_int_eq(aligned.symbols, greedy.symbols);
    for (int64_t i = 0; i < greedy.symbols; i++) {
        ck_assert_int_eq(aligned.symbol[i].id, greedy.symbol[i].id);
        ck_assert_int_eq(aligned.symbol[i].begin, greedy.symbol[i].begin);
        ck_assert_int_eq(aligned.symbol[i].end, greedy.symbol[i].end);
        ck_assert_float_eq(aligned.symbol[i].cost, greedy.symbol[i].cost);
        ck_assert_float_eq(aligned.symbol[i].probability, greedy.symbol[i].probability);
    }
    oss_best_path_deinit(&greedy);
    oss_best_path_deinit(&aligned);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/align_path");
    TCase *tests = tcase_create("align_path");
    tcase_add_test(tests, equals_the_best_of_all_paths);
    tcase_add_test(tests, tells_how_many_frames_a_text_needs);
    tcase_add_test(tests, goes_through_what_has_no_probability);
    tcase_add_test(tests, follows_the_greedy_path_as_it_is);
    suite_add_tcase(suite, tests);
    return suite;
}
