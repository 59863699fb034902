/* Attention against loops in double, forward and backward, with and without dropout, on every ISA. */
#include "kernel/attention.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { GUARD = 64 };

typedef struct problem {
    int32_t s, heads, d;
    oss_attention_reach reach;
    float p;
    oss_dropout_key key;
    float *qkv, *dout, *out, *lse, *dqkv, *scratch;
    double *want_out, *want_lse, *want_dqkv;
} problem;

static void *take(size_t count, size_t size) {
    void *block = malloc(count * size + 1);
    ck_assert_ptr_nonnull(block);
    return block;
}

static size_t wide(const problem *a) {
    return (size_t)a->s * (size_t)a->heads * (size_t)a->d;
}

static size_t scratch_floats(const problem *a) {
    return oss_k_attention_scratch_floats(a->s, a->d);
}

static problem make(int32_t s, int32_t heads, int32_t d, float p, double spread) {
    problem a = {.s = s, .heads = heads, .d = d, .p = p, .key = {0xfeedfacecafeULL, 3, 77, 5}};
    const size_t n = wide(&a);
    a.qkv = take(3 * n, sizeof(float));
    a.dqkv = take(3 * n + GUARD, sizeof(float));
    a.out = take(n + GUARD, sizeof(float));
    a.dout = take(n, sizeof(float));
    a.lse = take((size_t)(s * heads) + GUARD, sizeof(float));
    a.scratch = take(scratch_floats(&a) + GUARD, sizeof(float));
    a.want_out = take(n, sizeof(double));
    a.want_lse = take((size_t)(s * heads), sizeof(double));
    a.want_dqkv = take(3 * n, sizeof(double));
    oss_fill_f32(a.qkv, 3 * n, 1, spread);
    oss_fill_f32(a.dout, n, 2, 1.0);
    oss_fill_garbage_f32(a.out, n + GUARD);
    oss_fill_garbage_f32(a.lse, (size_t)(s * heads) + GUARD);
    oss_fill_garbage_f32(a.dqkv, 3 * n + GUARD);
    oss_fill_garbage_f32(a.scratch, scratch_floats(&a) + GUARD);
    return a;
}

static void drop(problem *a) {
    void *blocks[] = {a->qkv,     a->dqkv,     a->out,      a->dout,     a->lse,
                      a->scratch, a->want_out, a->want_lse, a->want_dqkv};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

/* Keys [*first, *end) that query q sees. */
static void find_keys(const problem *a, int32_t q, int32_t *first, int32_t *end) {
    *first = 0;
    *end = a->s;
    if (a->reach.chunk > 0) {
        int64_t begin = (int64_t)(q / a->reach.chunk) * a->reach.chunk;
        int64_t after = begin + a->reach.chunk;
        *first = (int32_t)(begin - a->reach.left > 0 ? begin - a->reach.left : 0);
        *end = after < a->s ? (int32_t)after : a->s;
    }
}

/* j: counted from the first key that q sees */
static double draw_mask(const problem *a, int32_t h, int32_t q, int32_t j) {
    uint64_t row = (uint64_t)(a->s + 7) / 8 * 8;
    uint64_t index = ((uint64_t)h * (uint64_t)a->s + (uint64_t)q) * row + (uint64_t)j;
    const uint32_t seed[2] = {(uint32_t)a->key.seed, (uint32_t)(a->key.seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)(index / 8), a->key.site, a->key.utterance, a->key.step};
    uint32_t word[4];
    oss_rng_philox(word, seed, counter);
    uint32_t draw = index % 2 == 0 ? word[index % 8 / 2] & 0xffffU : word[index % 8 / 2] >> 16;
    double threshold = floor((double)a->p * 65536.0 + 0.5);
    return draw < threshold ? 0.0 : 1.0 / (1.0 - threshold / 65536.0);
}

static const float *part(const problem *a, int which, int32_t h, int32_t row) {
    return a->qkv + ((row * 3 + which) * a->heads + h) * a->d;
}

/* One query of one head: p[S] and all that follows from it. */
static void reference_row(problem *a, int32_t h, int32_t q, double *p) {
    const int32_t s = a->s, d = a->d, heads = a->heads;
    const double scale = 1.0 / sqrt(d);
    const float *dout = a->dout + (q * heads + h) * d;
    double *out = a->want_out + (q * heads + h) * d;
    double largest = -INFINITY, sum = 0.0, delta = 0.0;
    int32_t first, end;
    find_keys(a, q, &first, &end);
    for (int32_t j = first; j < end; j++) {
        p[j] = 0.0;
        for (int32_t i = 0; i < d; i++) {
            p[j] += scale * (double)part(a, 0, h, q)[i] * (double)part(a, 1, h, j)[i];
        }
        largest = fmax(largest, p[j]);
    }
    for (int32_t j = first; j < end; j++) {
        sum += exp(p[j] - largest);
    }
    a->want_lse[h * s + q] = largest + log(sum);
    memset(out, 0, sizeof(double) * (size_t)d);
    for (int32_t j = first; j < end; j++) {
        p[j] = exp(p[j] - a->want_lse[h * s + q]);
        for (int32_t i = 0; i < d; i++) {
            out[i] += p[j] * draw_mask(a, h, q, j - first) * (double)part(a, 2, h, j)[i];
        }
    }
    for (int32_t i = 0; i < d; i++) {
        delta += (double)dout[i] * out[i];
    }
    double *dq = a->want_dqkv + ((q * 3 + 0) * heads + h) * d;
    for (int32_t j = first; j < end; j++) {
        double *dk = a->want_dqkv + ((j * 3 + 1) * heads + h) * d;
        double *dv = a->want_dqkv + ((j * 3 + 2) * heads + h) * d;
        double mask = draw_mask(a, h, q, j - first), dp = 0.0;
        for (int32_t i = 0; i < d; i++) {
            dp += (double)dout[i] * (double)part(a, 2, h, j)[i];
            dv[i] += p[j] * mask * (double)dout[i];
        }
        double dscore = scale * p[j] * (mask * dp - delta);
        for (int32_t i = 0; i < d; i++) {
            dq[i] += dscore * (double)part(a, 1, h, j)[i];
            dk[i] += dscore * (double)part(a, 0, h, q)[i];
        }
    }
}

static void make_reference(problem *a) {
    double *p = take((size_t)a->s, sizeof(double));
    memset(a->want_dqkv, 0, sizeof(double) * 3 * wide(a));
    for (int32_t h = 0; h < a->heads; h++) {
        for (int32_t q = 0; q < a->s; q++) {
            reference_row(a, h, q, p);
        }
    }
    free(p);
}

static void assert_guard(const float *block, size_t count, const char *what) {
    float *want = take(count + GUARD, sizeof(float));
    oss_fill_garbage_f32(want, count + GUARD);
    ck_assert_msg(memcmp(block + count, want + count, GUARD * sizeof(float)) == 0, "%s: wrote past its end",
                  what);
    free(want);
}

static void check_reach(int32_t s, int32_t heads, int32_t d, oss_attention_reach reach, float p,
                        double spread, double bound) {
    problem a = make(s, heads, d, p, spread);
    a.reach = reach;
    const size_t n = wide(&a);
    const oss_dropout_key *key = p > 0.0f ? &a.key : NULL;
    char what[96];
    (void)snprintf(what, sizeof what, "S %d H %d D %d chunk %d left %d p %g", s, heads, d, reach.chunk,
                   reach.left, (double)p);
    make_reference(&a);
    oss_k_attention_fwd(a.out, a.lse, a.qkv, s, heads, d, 0, s, &a.reach, p, key, a.scratch);
    oss_assert_close_f32(a.out, a.want_out, n, what, bound, INFINITY);
    oss_assert_each_f32(a.lse, a.want_lse, (size_t)(s * heads), what, bound, bound);
    oss_k_attention_bwd(a.dqkv, a.dout, a.out, a.lse, a.qkv, s, heads, d, &a.reach, p, key, a.scratch);
    /* With one key the gradient of q and k is 0 and what is left is rounding. */
    oss_assert_close_f32(a.dqkv, a.want_dqkv, 3 * n, what, 3.0 * bound, INFINITY);
    assert_guard(a.out, n, "out");
    assert_guard(a.lse, (size_t)(s * heads), "lse");
    assert_guard(a.dqkv, 3 * n, "dqkv");
    assert_guard(a.scratch, scratch_floats(&a), "scratch");
    drop(&a);
}

static void check(int32_t s, int32_t heads, int32_t d, float p, double spread, double bound) {
    check_reach(s, heads, d, (oss_attention_reach){0}, p, spread, bound);
}

START_TEST(test_all_shapes) {
    oss_require_isa();
    const int32_t lengths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 65};
    const int32_t widths[] = {1, 2, 3, 4, 5, 8, 12, 16, 17, 33, 64};
    for (int i = 0; i < 14; i++) {
        for (int k = 0; k < 11; k++) {
            check(lengths[i], 1 + (i + k) % 3, widths[k], (i + k) % 2 == 0 ? 0.0f : 0.3f, 1.0, 2e-6);
        }
    }
}
END_TEST

START_TEST(test_limited_reach) {
    oss_require_isa();
    const int32_t lengths[] = {1, 5, 16, 33, 70};
    const oss_attention_reach reaches[] = {{1, 0},  {1, 3},         {3, 2},  {4, 8},
                                           {16, 5}, {7, INT32_MAX}, {40, 0}, {40, 40}};
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 8; k++) {
            check_reach(lengths[i], 1 + (i + k) % 2, (i + k) % 3 == 0 ? 16 : 12, reaches[k],
                        (i + k) % 2 == 0 ? 0.0f : 0.3f, 1.0, 2e-6);
        }
    }
}
END_TEST

/* A chunk of everything is no limit: the same bits. */
START_TEST(test_a_chunk_of_all) {
    oss_require_isa();
    const oss_attention_reach reaches[] = {{0, 0}, {50, 0}, {51, 7}, {INT32_MAX, INT32_MAX}};
    problem a = make(50, 2, 16, 0.2f, 1.0);
    const size_t n = wide(&a);
    float *out = take(n, sizeof(float)), *dqkv = take(3 * n, sizeof(float));
    oss_k_attention_fwd(out, a.lse, a.qkv, a.s, a.heads, a.d, 0, a.s, NULL, a.p, &a.key, a.scratch);
    oss_k_attention_bwd(dqkv, a.dout, out, a.lse, a.qkv, a.s, a.heads, a.d, NULL, a.p, &a.key, a.scratch);
    for (int i = 0; i < 4; i++) {
        oss_k_attention_fwd(a.out, a.lse, a.qkv, a.s, a.heads, a.d, 0, a.s, &reaches[i], a.p, &a.key,
                            a.scratch);
        oss_k_attention_bwd(a.dqkv, a.dout, a.out, a.lse, a.qkv, a.s, a.heads, a.d, &reaches[i], a.p, &a.key,
                            a.scratch);
        ck_assert(memcmp(a.out, out, n * sizeof(float)) == 0);
        ck_assert(memcmp(a.dqkv, dqkv, 3 * n * sizeof(float)) == 0);
    }
    free(dqkv);
    free(out);
    drop(&a);
}
END_TEST

START_TEST(test_the_encoders_shapes) {
    oss_require_isa();
    check(100, 3, 64, 0.0f, 1.0, 1e-6);
    check(100, 3, 64, 0.1f, 1.0, 1e-6);
    check(375, 1, 64, 0.1f, 1.0, 1e-6);
    check(203, 1, 80, 0.1f, 1.0, 1e-6);
}
END_TEST

START_TEST(test_sharp_scores) {
    oss_require_isa();
    check(40, 2, 64, 0.0f, 8.0, 2e-5); /* scores of several hundred: softmax is nearly one-hot */
    check(40, 2, 64, 0.2f, 8.0, 2e-5);
}
END_TEST

/* Rows may be cut anywhere, lse may be left out: the same bits. */
START_TEST(test_rows_split_with_the_same_bits) {
    oss_require_isa();
    for (int variant = 0; variant < 4; variant++) {
        problem a = make(83, 3, 20, variant % 2 == 0 ? 0.0f : 0.1f, 1.0);
        a.reach = variant < 2 ? (oss_attention_reach){0} : (oss_attention_reach){19, 11};
        const size_t n = wide(&a);
        float *cut = take(n, sizeof(float));
        oss_k_attention_fwd(a.out, a.lse, a.qkv, a.s, a.heads, a.d, 0, a.s, &a.reach, a.p, &a.key, a.scratch);
        for (int32_t at = 2; at < a.s; at += 3) {
            oss_fill_garbage_f32(cut, n);
            oss_k_attention_fwd(cut, NULL, a.qkv, a.s, a.heads, a.d, at, a.s, &a.reach, a.p, &a.key,
                                a.scratch);
            float want[GUARD];
            oss_fill_garbage_f32(want, GUARD);
            ck_assert(memcmp(cut, want, sizeof want) == 0); /* rows of others are not touched */
            oss_k_attention_fwd(cut, NULL, a.qkv, a.s, a.heads, a.d, 0, at, &a.reach, a.p, &a.key, a.scratch);
            ck_assert(memcmp(cut, a.out, n * sizeof(float)) == 0);
        }
        free(cut);
        drop(&a);
    }
}
END_TEST

/* A key that is NULL and a rate of 0 both mean no dropout. */
START_TEST(test_no_dropout_two_ways) {
    oss_require_isa();
    problem a = make(30, 2, 16, 0.0f, 1.0);
    const size_t n = wide(&a);
    float *other = take(n, sizeof(float));
    oss_k_attention_fwd(a.out, NULL, a.qkv, a.s, a.heads, a.d, 0, a.s, NULL, 0.0f, &a.key, a.scratch);
    oss_k_attention_fwd(other, NULL, a.qkv, a.s, a.heads, a.d, 0, a.s, NULL, 0.5f, NULL, a.scratch);
    ck_assert(memcmp(other, a.out, n * sizeof(float)) == 0);
    free(other);
    drop(&a);
}
END_TEST

START_TEST(test_nan_reaches_the_output) {
    oss_require_isa();
    problem a = make(20, 1, 16, 0.0f, 1.0);
    a.qkv[(7 * 3 + 1) * 16 + 3] = NAN; /* one key: every query sees it */
    oss_k_attention_fwd(a.out, a.lse, a.qkv, a.s, 1, 16, 0, a.s, NULL, 0.0f, NULL, a.scratch);
    for (int i = 0; i < 20 * 16; i++) {
        ck_assert(isnan(a.out[i]));
    }
    drop(&a);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/attention");
    TCase *tcase = tcase_create("attention");
    tcase_set_timeout(tcase, 30);
    oss_add_each_isa(tcase, test_all_shapes);
    oss_add_each_isa(tcase, test_limited_reach);
    oss_add_each_isa(tcase, test_a_chunk_of_all);
    oss_add_each_isa(tcase, test_the_encoders_shapes);
    oss_add_each_isa(tcase, test_sharp_scores);
    oss_add_each_isa(tcase, test_rows_split_with_the_same_bits);
    oss_add_each_isa(tcase, test_no_dropout_two_ways);
    oss_add_each_isa(tcase, test_nan_reaches_the_output);
    suite_add_tcase(suite, tcase);
    return suite;
}
