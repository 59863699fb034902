#include "kernel/conv2d.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lengths.h"
#include "support/exact.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

typedef struct shape {
    int32_t t, f, ci, co, to, fo;
    size_t x, w, y; /* floats */
} shape;

static shape make_shape(int32_t t, int32_t f, int32_t ci, int32_t co) {
    int32_t to = oss_len_conv(t), fo = oss_len_conv(f);
    return (shape){t, f, ci, co, to, fo, (size_t)(t * f * ci), (size_t)(9 * ci * co), (size_t)(to * fo * co)};
}

static const char *describe(const shape *s, const char *what) {
    static char text[160];
    (void)snprintf(text, sizeof text, "%s %s T=%d F=%d ci=%d co=%d", oss_cpu_isa_name(oss_cpu_isa()), what,
                   s->t, s->f, s->ci, s->co);
    return text;
}

/* Calls visit for each product of the convolution: pre[y] += w[w] * x[x]. */
typedef void visit_function(void *state, size_t y, size_t w, size_t x);

static void visit_taps(const shape *s, int32_t t, int32_t f, int32_t o, visit_function *visit, void *state) {
    for (int32_t a = 0; a < 3; a++) {
        for (int32_t b = 0; b < 3; b++) {
            int32_t u = 2 * t + a - 1, v = 2 * f + b - 1;
            for (int32_t i = 0; i < s->ci && u >= 0 && u < s->t && v >= 0 && v < s->f; i++) {
                visit(state, (size_t)((t * s->fo + f) * s->co + o),
                      (size_t)(((o * s->ci + i) * 3 + a) * 3 + b), (size_t)((u * s->f + v) * s->ci + i));
            }
        }
    }
}

static void visit_products(const shape *s, visit_function *visit, void *state) {
    for (int32_t t = 0; t < s->to; t++) {
        for (int32_t f = 0; f < s->fo; f++) {
            for (int32_t o = 0; o < s->co; o++) {
                visit_taps(s, t, f, o, visit, state);
            }
        }
    }
}

typedef struct reference {
    const float *x, *w, *dpre;
    double *pre, *dx, *dw;
} reference;

static void add_forward(void *state, size_t y, size_t w, size_t x) {
    reference *r = state;
    r->pre[y] += (double)r->w[w] * (double)r->x[x];
}

static void add_backward(void *state, size_t y, size_t w, size_t x) {
    reference *r = state;
    r->dx[x] += (double)r->dpre[y] * (double)r->w[w];
    r->dw[w] += (double)r->dpre[y] * (double)r->x[x];
}

static double *make_doubles(size_t count) {
    double *x = calloc(count, sizeof *x);
    ck_assert_ptr_nonnull(x);
    return x;
}

static void check_forward(const shape *s) {
    float *x = oss_exact_filled(s->x, 1), *w = oss_exact_filled(s->w, 2),
          *bias = oss_exact_filled((size_t)s->co, 3);
    float *packed = oss_exact_floats(oss_k_conv2d_packed_floats(s->ci, s->co));
    float *y = oss_exact_floats(s->y), *pre = oss_exact_floats(s->y), *gelu = oss_exact_floats(s->y);
    reference r = {.x = x, .w = w, .pre = make_doubles(s->y)};
    double *want_gelu = make_doubles(s->y), bound = 2e-6 * (2.0 + sqrt(9.0 * s->ci));
    for (size_t i = 0; i < s->y; i++) {
        r.pre[i] = (double)bias[i % (size_t)s->co];
    }
    visit_products(s, add_forward, &r);
    for (size_t i = 0; i < s->y; i++) {
        want_gelu[i] = 0.5 * r.pre[i] * (1.0 + erf(r.pre[i] / sqrt(2.0)));
    }
    oss_k_conv2d_pack(packed, w, s->ci, s->co);
    oss_k_conv2d_fwd(y, NULL, x, packed, bias, s->t, s->f, s->ci, s->co, 0, s->to, false);
    oss_assert_close_f32(y, r.pre, s->y, describe(s, "forward"), 1e-5, bound);
    oss_k_conv2d_fwd(gelu, pre, x, packed, bias, s->t, s->f, s->ci, s->co, 0, s->to, true);
    ck_assert_msg(memcmp(pre, y, s->y * sizeof *y) == 0, "%s",
                  describe(s, "pre differs from the plain forward"));
    oss_assert_close_f32(gelu, want_gelu, s->y, describe(s, "gelu"), INFINITY, bound);
    oss_k_conv2d_fwd(y, NULL, x, packed, bias, s->t, s->f, s->ci, s->co, 0, s->to, true);
    ck_assert_msg(memcmp(gelu, y, s->y * sizeof *y) == 0, "%s",
                  describe(s, "gelu depends on whether pre is kept"));
    free(x), free(w), free(bias), free(packed), free(y), free(pre), free(gelu), free(r.pre), free(want_gelu);
}

static void check_backward(const shape *s) {
    size_t scratch_floats = oss_k_conv2d_scratch_floats(s->f, s->ci, s->co);
    float *x = oss_exact_filled(s->x, 1), *w = oss_exact_filled(s->w, 2), *dpre = oss_exact_filled(s->y, 4);
    float *scratch = oss_exact_floats(scratch_floats), *dx = oss_exact_floats(s->x);
    float *packed = oss_exact_floats(oss_k_conv2d_packed_back_floats(s->ci, s->co));
    float *dw = oss_exact_filled(s->w, 6), *dbias = oss_exact_filled((size_t)s->co, 7);
    reference r = {.x = x, .w = w, .dpre = dpre, .dx = make_doubles(s->x), .dw = make_doubles(s->w)};
    double *db = make_doubles((size_t)s->co), bound = 2e-6 * (2.0 + sqrt(4.0 * s->co)), cells = s->to * s->fo;
    visit_products(s, add_backward, &r);
    for (size_t i = 0; i < s->w; i++) {
        r.dw[i] += (double)dw[i];
    }
    for (size_t i = 0; i < (size_t)s->co; i++) {
        db[i] = (double)dbias[i];
    }
    for (size_t i = 0; i < s->y; i++) {
        db[i % (size_t)s->co] += (double)dpre[i];
    }
    oss_k_conv2d_pack_back(packed, w, s->ci, s->co);
    oss_k_conv2d_bwd_input(dx, dpre, packed, s->t, s->f, s->ci, s->co, false); /* stores over NaN */
    oss_assert_close_f32(dx, r.dx, s->x, describe(s, "dx"), 1e-5, bound);
    for (size_t i = 0; i < s->x; i++) {
        dx[i] = (float)oss_fill_value(5, i);
        r.dx[i] += (double)dx[i];
    }
    oss_k_conv2d_bwd_input(dx, dpre, packed, s->t, s->f, s->ci, s->co, true);
    oss_assert_close_f32(dx, r.dx, s->x, describe(s, "dx added to"), 1e-5, bound);
    oss_k_conv2d_bwd_weight(dw, dbias, x, dpre, s->t, s->f, s->ci, s->co, scratch);
    oss_assert_close_f32(dw, r.dw, s->w, describe(s, "dw"), 1e-5, 2e-6 * (2.0 + sqrt(cells)));
    oss_assert_close_f32(dbias, db, (size_t)s->co, describe(s, "dbias"), 1e-5, 2e-6 * (2.0 + sqrt(cells)));
    free(x), free(w), free(dpre), free(scratch), free(packed), free(dx), free(dw), free(dbias), free(r.dx),
        free(r.dw), free(db);
}

static void for_each_edge(void (*check)(const shape *)) {
    static const int32_t channels[] = {1, 3, 16, 64};
    for (int32_t at = 0; at < 16; at++) {
        for (int32_t t = 1; t <= 9; t++) {
            for (int32_t f = 1; f <= 9; f++) {
                shape s = make_shape(t, f, channels[at / 4], channels[at % 4]);
                check(&s);
            }
        }
    }
}

START_TEST(forward_at_all_edges) {
    oss_require_isa();
    for_each_edge(check_forward);
}
END_TEST

START_TEST(backward_at_all_edges) {
    oss_require_isa();
    for_each_edge(check_backward);
}
END_TEST

/* More than one block of cells, more than one chunk of rows, rows longer than a block, several and ragged
 * panels. */
static const int32_t large[][4] = {{75, 40, 3, 5},   {64, 33, 16, 16}, {101, 16, 8, 64},
                                   {5, 1201, 1, 17}, {31, 20, 70, 65}, {40, 128, 1, 80}};

START_TEST(large_shapes) {
    oss_require_isa();
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        shape s = make_shape(large[i][0], large[i][1], large[i][2], large[i][3]);
        check_forward(&s);
        check_backward(&s);
    }
}
END_TEST

/* Any cut of the rows gives the bits of the whole, and rows outside it are left alone. */
static void check_split(const shape *s, int32_t step) {
    float *x = oss_exact_filled(s->x, 1), *w = oss_exact_filled(s->w, 2),
          *bias = oss_exact_filled((size_t)s->co, 3);
    float *packed = oss_exact_floats(oss_k_conv2d_packed_floats(s->ci, s->co));
    float *whole = oss_exact_floats(s->y), *split = oss_exact_floats(s->y);
    size_t row_floats = (size_t)(s->fo * s->co);
    oss_k_conv2d_pack(packed, w, s->ci, s->co);
    oss_k_conv2d_fwd(whole, NULL, x, packed, bias, s->t, s->f, s->ci, s->co, 0, s->to, true);
    for (int32_t row = 0; row < s->to; row += step) {
        int32_t end = row + step < s->to ? row + step : s->to;
        oss_k_conv2d_fwd(split, NULL, x, packed, bias, s->t, s->f, s->ci, s->co, row, end, true);
        bool untouched = true;
        for (size_t i = (size_t)end * row_floats; i < s->y; i++) {
            untouched = untouched && isnan(split[i]);
        }
        ck_assert_msg(untouched, "%s", describe(s, "a row outside the range was written"));
    }
    ck_assert_msg(memcmp(whole, split, s->y * sizeof *whole) == 0, "%s, rows by %d",
                  describe(s, "bits differ"), step);
    free(x), free(w), free(bias), free(packed), free(whole), free(split);
}

START_TEST(rows_may_be_split) {
    oss_require_isa();
    static const int32_t steps[] = {1, 2, 5, 13};
    for (size_t i = 0; i < 4; i++) {
        shape odd = make_shape(41, 17, 3, 20), even = make_shape(50, 32, 16, 64),
              one = make_shape(37, 64, 1, 64);
        check_split(&odd, steps[i]);
        check_split(&even, steps[i]);
        check_split(&one, steps[i]);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/conv2d");
    TCase *tcase = tcase_create("conv2d");
    tcase_set_timeout(tcase, 60);
    oss_add_each_isa(tcase, forward_at_all_edges);
    oss_add_each_isa(tcase, backward_at_all_edges);
    oss_add_each_isa(tcase, large_shapes);
    oss_add_each_isa(tcase, rows_may_be_split);
    suite_add_tcase(suite, tcase);
    return suite;
}
