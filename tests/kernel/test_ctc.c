/* CTC against the definition (all paths, summed one by one), against a textbook recursion in logarithms, and
 * against its own finite differences, on every ISA. (Golden values of PyTorch at T = 4000: tests/op.) */
#include "kernel/ctc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lengths.h"
#include "support/ctc_reference.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { GUARD = 64 };

static void *take(size_t count, size_t size) {
    void *block = malloc(count * size + 1);
    ck_assert_ptr_nonnull(block);
    return block;
}

/* Calls the kernel with garbage in dlogits and scratch and guards behind both. */
static oss_ctc_result run(float *dlogits, const float *logits, int32_t t, int32_t v, const int32_t *label,
                          int32_t labels, double scale) {
    const size_t count = (size_t)t * (size_t)v;
    const size_t bytes = oss_k_ctc_scratch_bytes(t, v, labels);
    float *out = take(count + GUARD, sizeof(float));
    char *scratch = NULL;
    ck_assert_int_eq(posix_memalign((void **)&scratch, 64, bytes + GUARD), 0);
    oss_fill_garbage_f32(out, count + GUARD);
    memset(scratch, 0x7f, bytes + GUARD); /* 1e306, wherever it is read before it is written */
    oss_ctc_result result =
        oss_k_ctc(dlogits != NULL ? out : NULL, logits, t, v, label, labels, scale, scratch);
    for (int i = 0; i < GUARD; i++) {
        if (scratch[bytes + (size_t)i] != 0x7f) {
            ck_abort_msg("scratch: wrote past its end (T %d V %d L %d)", t, v, labels);
        }
    }
    if (dlogits != NULL) {
        float *want = take(count + GUARD, sizeof(float));
        oss_fill_garbage_f32(want, count + GUARD);
        ck_assert(memcmp(out + count, want + count, GUARD * sizeof(float)) == 0);
        memcpy(dlogits, out, count * sizeof(float));
        free(want);
    }
    free(out);
    free(scratch);
    return result;
}

/* ---- the definition: all V^T paths ---- */

static int collapses_to(const int32_t *path, int32_t t, const int32_t *label, int32_t labels) {
    int32_t at = 0;
    for (int32_t i = 0; i < t; i++) {
        if (path[i] != OSS_CTC_BLANK && (i == 0 || path[i] != path[i - 1])) {
            if (at == labels || label[at] != path[i]) {
                return 0;
            }
            at++;
        }
    }
    return at == labels;
}

/* Returns p(label); want[T,V] = softmax - posterior. */
static double enumerate(double *want, const double *p, int32_t t, int32_t v, const int32_t *label,
                        int32_t labels) {
    int32_t path[8] = {0};
    double total = 0.0;
    memset(want, 0, sizeof(double) * (size_t)(t * v));
    for (;;) {
        if (collapses_to(path, t, label, labels)) {
            double weight = 1.0;
            for (int32_t i = 0; i < t; i++) {
                weight *= p[i * v + path[i]];
            }
            total += weight;
            for (int32_t i = 0; i < t; i++) {
                want[i * v + path[i]] += weight;
            }
        }
        int32_t digit = 0;
        while (digit < t && ++path[digit] == v) {
            path[digit++] = 0;
        }
        if (digit == t) {
            break;
        }
    }
    for (int32_t i = 0; i < t * v; i++) {
        want[i] = total > 0.0 ? p[i] - want[i] / total : 0.0;
    }
    return total;
}

static void check_by_enumeration(int32_t t, int32_t v, const int32_t *label, int32_t labels, double spread) {
    float x[8 * 8], dx[8 * 8];
    double p[8 * 8], want[8 * 8];
    oss_fill_f32(x, (size_t)(t * v), (uint64_t)(t * 100 + v), spread);
    oss_ref_softmax(p, x, t, v);
    double total = enumerate(want, p, t, v, label, labels);
    oss_ctc_result result = run(dx, x, t, v, label, labels, 1.0);
    if (total == 0.0) {
        ck_assert_int_gt(oss_len_ctc_needed(label, labels), t);
        ck_assert(result.nll == INFINITY && result.max_imbalance == 0.0);
    } else {
        double nll = -log(total);
        if (!(fabs(result.nll - nll) <= 1e-12 * fmax(1.0, nll)) || !(result.max_imbalance < 1e-12)) {
            ck_abort_msg("T %d V %d L %d: nll %.17g, want %.17g, imbalance %.3g", t, v, labels, result.nll,
                         nll, result.max_imbalance);
        }
    }
    oss_assert_each_f32(dx, want, (size_t)(t * v), "gradient", 2e-7, 6e-8);
}

/* All label sequences of up to four symbols: empty, repeating, minimal and infeasible ones among them. */
START_TEST(test_all_paths_of_small_problems) {
    oss_require_isa();
    const int32_t sizes[][2] = {{1, 2}, {1, 3}, {2, 3}, {3, 3}, {4, 3},
                                {5, 3}, {6, 3}, {8, 3}, {5, 4}, {8, 2}};
    for (int k = 0; k < 10; k++) {
        const int32_t t = sizes[k][0], v = sizes[k][1];
        int32_t label[4] = {0};
        for (int32_t labels = 0; labels <= 4; labels++) {
            int32_t count = 1;
            for (int32_t i = 0; i < labels; i++) {
                count *= v - 1;
            }
            for (int32_t code = 0; code < count; code++) {
                for (int32_t i = 0, rest = code; i < labels; i++, rest /= v - 1) {
                    label[i] = 1 + rest % (v - 1);
                }
                check_by_enumeration(t, v, label, labels, 3.0);
            }
        }
    }
    const int32_t word[] = {1, 2, 2, 1};
    check_by_enumeration(8, 3, word, 4, 30.0); /* far apart */
    check_by_enumeration(7, 8, word, 3, 1.0);
}
END_TEST

/* ---- against the recursion in logarithms ---- */

static void draw_labels(int32_t *label, int32_t labels, int32_t v, uint64_t seed) {
    for (int32_t i = 0; i < labels; i++) {
        label[i] = 1 + (int32_t)(oss_fill_bits(seed, (uint64_t)i) % (uint64_t)(v - 1));
    }
}

static void check_by_recursion(int32_t t, int32_t v, int32_t labels, double spread) {
    const size_t count = (size_t)t * (size_t)v;
    int32_t *label = take((size_t)labels, sizeof(int32_t));
    float *x = take(count, sizeof(float)), *dx = take(count, sizeof(float));
    double *want = take(count, sizeof(double));
    draw_labels(label, labels, v, (uint64_t)t);
    oss_fill_f32(x, count, (uint64_t)(t + v), spread);
    double nll = oss_ref_ctc(want, x, t, v, label, labels);
    for (size_t i = 0; i < count; i++) {
        want[i] *= -2.5;
    }
    oss_ctc_result result = run(dx, x, t, v, label, labels, -2.5);
    ck_assert_double_le(fabs(result.nll - nll), 1e-12 * nll + 1e-12);
    ck_assert_double_lt(result.max_imbalance, 1e-10);
    oss_assert_close_f32(dx, want, count, "gradient", 1e-7, 1e-6);
    oss_ctc_result loss_only = run(NULL, x, t, v, label, labels, -2.5);
    ck_assert(loss_only.nll == result.nll && loss_only.max_imbalance == 0.0);
    free(label);
    free(x);
    free(dx);
    free(want);
}

START_TEST(test_recursion_in_logs) {
    oss_require_isa();
    /* Around the register widths; both sides of the size from which alpha is computed twice. */
    const int32_t labels[] = {0, 1, 2, 3, 4, 6, 7, 8, 9, 15, 16, 17, 31, 33};
    for (int k = 0; k < 14; k++) {
        check_by_recursion(labels[k] * 2 + 3, 5 + k, labels[k], 2.0);
        check_by_recursion(labels[k] * 3 + 40, 40 - k, labels[k], 5.0);
    }
    check_by_recursion(200, 32, 60, 3.0);
    check_by_recursion(300, 30, 100, 3.0);
    check_by_recursion(331, 1000, 40, 3.0);
    check_by_recursion(500, 7, 40, 300.0);
}
END_TEST

/* Every frame is needed: one path only, whatever it weighs. */
START_TEST(test_minimal_length) {
    oss_require_isa();
    for (int32_t labels = 1; labels <= 40; labels++) {
        enum { V = 4, MOST = 100 };
        int32_t label[MOST];
        float x[MOST * V], dx[MOST * V];
        double p[MOST * V];
        draw_labels(label, labels, V, (uint64_t)labels);
        int32_t t = oss_len_ctc_needed(label, labels);
        oss_fill_f32(x, (size_t)(t * V), 1, 200.0);
        oss_ref_softmax(p, x, t, V);
        double nll = 0.0;
        for (int32_t i = 0, at = 0; i < labels; i++) {
            if (i > 0 && label[i] == label[i - 1]) {
                nll -= log(p[V * at + OSS_CTC_BLANK]);
                p[V * at++ + OSS_CTC_BLANK] -= 1.0;
            }
            nll -= log(p[V * at + label[i]]);
            p[V * at++ + label[i]] -= 1.0;
        }
        oss_ctc_result result = run(dx, x, t, V, label, labels, 1.0);
        ck_assert_double_le(fabs(result.nll - nll), 1e-12 * nll);
        oss_assert_each_f32(dx, p, (size_t)(t * V), "gradient", 2e-7, 6e-8);
        result = run(dx, x, t - 1, V, label, labels, 1.0);
        ck_assert(result.nll == INFINITY && result.max_imbalance == 0.0);
        for (int32_t i = 0; i < (t - 1) * V; i++) {
            ck_assert(dx[i] == 0.0f);
        }
    }
}
END_TEST

START_TEST(test_finite_differences) {
    oss_require_isa();
    enum { T = 14, V = 6, L = 5 };
    const int32_t label[L] = {3, 3, 1, 5, 5};
    float x[T * V], dx[T * V];
    double want[T * V];
    oss_fill_f32(x, T * V, 9, 2.0);
    for (int32_t i = 0; i < T * V; i++) {
        const float kept = x[i], step = 0x1p-8f;
        x[i] = kept + step;
        double up = run(NULL, x, T, V, label, L, 1.0).nll, width = (double)x[i];
        x[i] = kept - step;
        double down = run(NULL, x, T, V, label, L, 1.0).nll;
        width -= (double)x[i];
        x[i] = kept;
        want[i] = 0.7 * (up - down) / width;
    }
    (void)run(dx, x, T, V, label, L, 0.7);
    oss_assert_close_f32(dx, want, T * V, "gradient", 1e-5, 1e-5);
}
END_TEST

START_TEST(test_values_that_are_not_finite) {
    oss_require_isa();
    enum { T = 9, V = 5 };
    const int32_t label[] = {1, 2};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int32_t place = 0; place < T * V; place++) {
        float x[T * V], dx[T * V];
        oss_fill_f32(x, T * V, 3, 1.0);
        x[place] = bad[place % 3];
        oss_ctc_result result = run(dx, x, T, V, label, 2, 1.0);
        ck_assert(isnan(result.nll) && result.max_imbalance == 0.0);
        for (int32_t i = 0; i < T * V; i++) {
            ck_assert(dx[i] == 0.0f);
        }
    }
}
END_TEST

START_TEST(test_edges) {
    oss_require_isa();
    const int32_t label[] = {1};
    float x[2] = {0.0f, 0.0f}, dx[2];
    ck_assert(run(dx, x, 0, 2, label, 0, 1.0).nll == 0.0);
    ck_assert(run(dx, x, 0, 2, label, 1, 1.0).nll == INFINITY);
    x[0] = 1000.0f; /* certain: not a rounding below zero */
    ck_assert(run(dx, x, 1, 2, label, 0, 1.0).nll == 0.0);
    ck_assert(dx[0] == 0.0f && dx[1] == 0.0f);
    ck_assert_double_eq_tol(run(dx, x, 1, 2, label, 1, 1.0).nll, 1000.0, 1e-10);
    ck_assert(dx[0] == 1.0f && dx[1] == -1.0f);
    x[0] = 3e38f; /* as far as floats go: the gradient holds, the loss counts 1e9 */
    x[1] = -3e38f;
    ck_assert(isfinite(run(dx, x, 1, 2, label, 1, 1.0).nll));
    ck_assert(dx[0] == 1.0f && dx[1] == -1.0f);
}
END_TEST

/* Where the label is all but certain, the sum over paths may round to more than the whole: never to a loss
 * below zero. */
START_TEST(test_nearly_certain) {
    oss_require_isa();
    enum { T = 4, V = 2, SEEDS = 30000 };
    const int32_t label[] = {1};
    char *scratch = NULL;
    ck_assert_int_eq(posix_memalign((void **)&scratch, 64, oss_k_ctc_scratch_bytes(T, V, 1)), 0);
    double least = INFINITY, most = 0.0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        float x[T * V];
        oss_fill_f32(x, T * V, seed, 20.0);
        for (int32_t i = 0; i < T; i++) {
            x[i * V + (i == 2)] += 45.0f;
        }
        double nll = oss_k_ctc(NULL, x, T, V, label, 1, 1.0, scratch).nll;
        least = fmin(least, nll);
        most = fmax(most, nll);
    }
    free(scratch);
    ck_assert(least == 0.0 && most > 0.0 && most < 10.0);
}
END_TEST

/* A shape at which float implementations lose the small probabilities: alpha and beta agree in every frame,
 * and the gradient of every frame adds up to nothing. */
START_TEST(test_long_and_far_apart) {
    oss_require_isa();
    enum { T = 4000, L = 1500, V = 30 };
    int32_t *label = take(L, sizeof(int32_t));
    float *x = take((size_t)T * V, sizeof(float)), *dx = take((size_t)T * V, sizeof(float));
    draw_labels(label, L, V, 5);
    oss_fill_f32(x, (size_t)T * V, 6, 300.0);
    ck_assert_uint_lt(oss_k_ctc_scratch_bytes(T, V, L), 24U << 20);
    oss_ctc_result result = run(dx, x, T, V, label, L, 1.0);
    ck_assert(isfinite(result.nll) && result.nll > 1000.0);
    ck_assert_double_lt(result.max_imbalance, 1e-10);
    double worst = 0.0;
    for (int32_t i = 0; i < T; i++) {
        double sum = 0.0;
        for (int32_t k = 0; k < V; k++) {
            sum += (double)dx[i * V + k];
        }
        worst = fmax(worst, fabs(sum));
    }
    ck_assert_double_lt(worst, 1e-6);
    free(label);
    free(x);
    free(dx);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/ctc");
    TCase *tcase = tcase_create("ctc");
    tcase_set_timeout(tcase, 30);
    oss_add_each_isa(tcase, test_all_paths_of_small_problems);
    oss_add_each_isa(tcase, test_recursion_in_logs);
    oss_add_each_isa(tcase, test_minimal_length);
    oss_add_each_isa(tcase, test_finite_differences);
    oss_add_each_isa(tcase, test_values_that_are_not_finite);
    oss_add_each_isa(tcase, test_edges);
    oss_add_each_isa(tcase, test_nearly_certain);
    oss_add_each_isa(tcase, test_long_and_far_apart);
    suite_add_tcase(suite, tcase);
    return suite;
}
