/* The convolution of values against loops in double over what attention says is seen, and its bits: on every ISA, and
 * however rows are split. */
#include "kernel/value_conv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/int8_cases.h"
#include "support/suite.h"
#include "support/tolerance.h"

typedef struct problem {
    int32_t s, width, taps;
    oss_attention_reach reach;
    bool whole; /* no reach is given */
} problem;

/* Widths around vectors of 4, 8 and 16 and around four of them; taps beyond the sequence; history shorter than half of the
 * taps, none, and more than there is; a chunk of one frame, and one longer than the sequence. */
static const problem problems[] = {
    {1, 1, 1, {0, 0}, true},     {1, 5, 7, {0, 0}, false},     {12, 17, 1, {3, 1}, false},
    {20, 33, 5, {0, 0}, true},   {20, 70, 15, {6, 2}, false},  {21, 64, 9, {1, 0}, false},
    {21, 3, 9, {1, 3}, false},   {37, 130, 31, {8, 5}, false}, {9, 16, 255, {4, 100}, false},
    {30, 48, 7, {16, 0}, false}, {13, 20, 5, {13, 4}, false},  {13, 20, 5, {50, 4}, false}};
enum { PROBLEMS = (int)(sizeof problems / sizeof *problems) };

static const oss_attention_reach *reach_of(const problem *p) {
    return p->whole ? NULL : &p->reach;
}

/* As attention.h says it. */
static bool sees(const problem *p, int32_t query, int32_t key) {
    if (p->whole || p->reach.chunk == 0) {
        return true;
    }
    int32_t own = query / p->reach.chunk * p->reach.chunk;
    return key >= own - p->reach.left && key < own + p->reach.chunk;
}

/* Arrays end where their contents end. */
typedef struct arrays {
    float *w, *qkv, *out, *dout, *dqkv, *dw;
} arrays;

static size_t wide(const problem *p) {
    return (size_t)p->s * (size_t)p->width;
}

static size_t weights(const problem *p) {
    return (size_t)p->taps * (size_t)p->width;
}

static arrays make_arrays(const problem *p) {
    return (arrays){.w = oss_exact_filled(weights(p), 1),
                    .qkv = oss_exact_filled(3 * wide(p), 2),
                    .out = oss_exact_filled(wide(p), 3),
                    .dout = oss_exact_filled(wide(p), 4),
                    .dqkv = oss_exact_filled(3 * wide(p), 5),
                    .dw = oss_exact_filled(weights(p), 6)};
}

static void free_arrays(arrays *a) {
    float *all[] = {a->w, a->qkv, a->out, a->dout, a->dqkv, a->dw};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

static oss_value_conv make_conv(const problem *p, const arrays *a) {
    return (oss_value_conv){.w = a->w, .taps = p->taps, .width = p->width};
}

/* ---- Against the definition ---- */

typedef struct wanted {
    double *out, *dqkv, *dw;
} wanted;

static double *widen(const float *from, size_t count) {
    double *to = malloc(count * sizeof *to);
    ck_assert_ptr_nonnull(to);
    for (size_t i = 0; i < count; i++) {
        to[i] = (double)from[i];
    }
    return to;
}

/* Each product of frame t with the key under tap o, forward and back, added to what is there. */
static wanted define(const problem *p, const arrays *a) {
    wanted want = {widen(a->out, wide(p)), widen(a->dqkv, 3 * wide(p)), widen(a->dw, weights(p))};
    for (int32_t t = 0; t < p->s; t++) {
        for (int32_t o = 0; o < p->taps; o++) {
            int32_t key = t + o - p->taps / 2;
            if (key < 0 || key >= p->s || !sees(p, t, key)) {
                continue;
            }
            for (int32_t i = 0; i < p->width; i++) {
                size_t w = (size_t)(o * p->width + i), y = (size_t)(t * p->width + i),
                       v = (size_t)((3 * key + 2) * p->width + i);
                want.out[y] += (double)a->w[w] * (double)a->qkv[v];
                want.dqkv[v] += (double)a->w[w] * (double)a->dout[y];
                want.dw[w] += (double)a->dout[y] * (double)a->qkv[v];
            }
        }
    }
    return want;
}

static void free_wanted(wanted *want) {
    free(want->out);
    free(want->dqkv);
    free(want->dw);
}

/* _i: problem and ISA. */
START_TEST(test_definition) {
    if (!oss_cpu_force((oss_isa)(_i % OSS_BUILT_ISAS))) {
        return;
    }
    const problem *p = &problems[_i / OSS_BUILT_ISAS];
    arrays a = make_arrays(p);
    wanted want = define(p, &a);
    const oss_value_conv conv = make_conv(p, &a);
    const ptrdiff_t row = 3 * (ptrdiff_t)p->width, values = 2 * (ptrdiff_t)p->width;
    oss_k_value_conv_fwd(a.out, a.qkv + values, 0, row, &conv, p->s, 0, p->s, reach_of(p));
    oss_k_value_conv_bwd(a.dqkv + values, row, a.dw, a.dout, a.qkv + values, row, &conv, p->s, reach_of(p));
    oss_assert_close_f32(a.out, want.out, wide(p), "out", 1e-6, INFINITY);
    oss_assert_close_f32(a.dqkv, want.dqkv, 3 * wide(p), "dqkv", 1e-6, INFINITY);
    oss_assert_close_f32(a.dw, want.dw, weights(p), "dw", 1e-6, INFINITY);
    free_wanted(&want);
    free_arrays(&a);
}
END_TEST

/* What nobody wants is not made, and the other is the same. */
START_TEST(test_one_gradient) {
    const problem *p = &problems[_i];
    arrays a = make_arrays(p), b = make_arrays(p);
    const oss_value_conv conv = make_conv(p, &a);
    const ptrdiff_t row = 3 * (ptrdiff_t)p->width;
    oss_k_value_conv_bwd(a.dqkv, row, a.dw, a.dout, a.qkv, row, &conv, p->s, reach_of(p));
    oss_k_value_conv_bwd(b.dqkv, row, NULL, a.dout, a.qkv, row, &conv, p->s, reach_of(p));
    oss_k_value_conv_bwd(NULL, row, b.dw, a.dout, a.qkv, row, &conv, p->s, reach_of(p));
    ck_assert_mem_eq(a.dqkv, b.dqkv, 3 * wide(p) * sizeof(float));
    ck_assert_mem_eq(a.dw, b.dw, weights(p) * sizeof(float));
    free_arrays(&a);
    free_arrays(&b);
}
END_TEST

/* ---- The same bits ---- */

typedef struct run_case {
    const problem *p;
    const arrays *a;
    int32_t step; /* rows of a part */
} run_case;

/* Rows in parts, each from a copy of the values that it may read and no others. */
static void fill_parts(float *out, void *context) {
    const run_case *c = context;
    const oss_value_conv conv = make_conv(c->p, c->a);
    memcpy(out, c->a->out, wide(c->p) * sizeof *out);
    for (int32_t begin = 0; begin < c->p->s; begin += c->step) {
        int32_t end = begin + c->step < c->p->s ? begin + c->step : c->p->s, first, values_end;
        oss_k_value_conv_rows(c->p->taps, c->p->s, begin, end, &first, &values_end);
        ck_assert(first >= 0 && first <= begin && values_end >= end && values_end <= c->p->s);
        ck_assert_int_le(values_end - first, end - begin + c->p->taps - 1);
        size_t width = (size_t)c->p->width;
        float *v = oss_exact_floats((size_t)(values_end - first) * width);
        for (int32_t key = first; key < values_end; key++) {
            memcpy(v + (size_t)(key - first) * width, c->a->qkv + ((size_t)key * 3 + 2) * width,
                   width * sizeof *v);
        }
        oss_k_value_conv_fwd(out, v, first, c->p->width, &conv, c->p->s, begin, end, reach_of(c->p));
        free(v);
    }
}

START_TEST(test_bits) {
    static const int32_t steps[] = {1, 2, 5, 16};
    const problem *p = &problems[_i];
    arrays a = make_arrays(p);
    const oss_value_conv conv = make_conv(p, &a);
    float *whole = oss_exact_floats(wide(p)), *parts = oss_exact_floats(wide(p));
    memcpy(whole, a.out, wide(p) * sizeof *whole);
    oss_k_value_conv_fwd(whole, a.qkv + 2 * (ptrdiff_t)p->width, 0, 3 * (ptrdiff_t)p->width, &conv, p->s, 0,
                         p->s, reach_of(p));
    ck_assert(memcmp(whole, a.out, wide(p) * sizeof *whole) != 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        run_case c = {p, &a, steps[i]};
        check_paths(fill_parts, &c, parts, wide(p));
        ck_assert_mem_eq(whole, parts, wide(p) * sizeof *whole);
    }
    free(whole);
    free(parts);
    free_arrays(&a);
}
END_TEST

static void fill_gradients(float *out, void *context) {
    const run_case *c = context;
    const oss_value_conv conv = make_conv(c->p, c->a);
    const ptrdiff_t row = 3 * (ptrdiff_t)c->p->width;
    memset(out, 0, (3 * wide(c->p) + weights(c->p)) * sizeof *out);
    oss_k_value_conv_bwd(out, row, out + 3 * wide(c->p), c->a->dout, c->a->qkv, row, &conv, c->p->s,
                         reach_of(c->p));
}

START_TEST(test_bits_of_gradients) {
    const problem *p = &problems[_i];
    arrays a = make_arrays(p);
    float *out = oss_exact_floats(3 * wide(p) + weights(p));
    run_case c = {p, &a, 0};
    check_paths(fill_gradients, &c, out, 3 * wide(p) + weights(p));
    free(out);
    free_arrays(&a);
}
END_TEST

/* ---- Layout ---- */

START_TEST(test_pack) {
    enum { TAPS = 5, WIDTH = 7 };
    float *weight = oss_exact_filled(TAPS * WIDTH, 1), *w = oss_exact_floats(TAPS * WIDTH);
    float *back = oss_exact_floats(TAPS * WIDTH);
    oss_k_value_conv_pack(w, weight, TAPS, WIDTH);
    ck_assert_float_eq(w[3 * WIDTH + 2], weight[2 * TAPS + 3]);
    oss_k_value_conv_unpack(back, w, TAPS, WIDTH, false);
    ck_assert_mem_eq(back, weight, TAPS * WIDTH * sizeof *back);
    oss_k_value_conv_unpack(back, w, TAPS, WIDTH, true);
    for (int i = 0; i < TAPS * WIDTH; i++) {
        ck_assert_float_eq(back[i], 2.0F * weight[i]);
    }
    free(weight);
    free(w);
    free(back);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/value_conv");
    TCase *tcase = tcase_create("value_conv");
    tcase_add_loop_test(tcase, test_definition, 0, PROBLEMS * OSS_BUILT_ISAS);
    tcase_add_loop_test(tcase, test_one_gradient, 0, PROBLEMS);
    tcase_add_loop_test(tcase, test_bits, 0, PROBLEMS);
    tcase_add_loop_test(tcase, test_bits_of_gradients, 0, PROBLEMS);
    tcase_add_test(tcase, test_pack);
    suite_add_tcase(suite, tcase);
    return suite;
}
