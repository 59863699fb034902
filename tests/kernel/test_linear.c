/* Fully connected layers and convolutions in every format, against plain loops in double on operands that are
 * rounded as the format says. */
#include "kernel/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lengths.h"
#include "support/exact.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

static const oss_k_format formats[] = {OSS_K_FP32, OSS_K_BF16};
enum { FORMATS = 2 };

/* To the upper half, ties to even. */
static double rounded(oss_k_format format, float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (format == OSS_K_BF16) {
        bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000U;
    }
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

static double gelu(double x) {
    return 0.5 * x * (1.0 + erf(x / sqrt(2.0)));
}

static double *doubles(size_t count) {
    double *block = calloc(count, sizeof *block);
    ck_assert_ptr_nonnull(block);
    return block;
}

/* x as operand, in memory that ends where it must; freed with free() unless it is x. */
static const void *make_operand(oss_k_format format, const float *x, int32_t rows, int32_t columns,
                                float **out_memory) {
    size_t bytes = oss_k_operand_bytes(format, rows, columns);
    ck_assert_int_eq(bytes == 0, format == OSS_K_FP32);
    *out_memory = bytes == 0 ? NULL : oss_exact_floats((bytes + sizeof(float) - 1) / sizeof(float));
    return oss_k_operand(format, x, rows, columns, *out_memory);
}

static void check(const float *got, const double *want, size_t count, const char *what) {
    oss_assert_close_f32(got, want, count, what, 1e-5, INFINITY);
}

/* ---- fully connected ---- */

typedef struct linear_case {
    oss_k_weight weight;
    int32_t m;
    float *x, *dy, *w, *bias, *packed, *back, *y, *pre, *dx, *x_memory, *dy_memory;
    const void *x_operand, *dy_operand;
    double *want, *want_dx;
} linear_case;

static linear_case make_linear(oss_k_format format, int32_t m, int32_t n, int32_t k) {
    linear_case c = {.weight = {.format = format, .n = n, .k = k}, .m = m};
    size_t outputs = (size_t)m * (size_t)n, inputs = (size_t)m * (size_t)k;
    c.x = oss_exact_filled(inputs, 1);
    c.dy = oss_exact_filled(outputs, 2);
    c.w = oss_exact_filled((size_t)n * (size_t)k, 3);
    c.bias = oss_exact_filled((size_t)n, 4);
    c.packed = oss_exact_floats(oss_k_weight_floats(&c.weight));
    c.back = oss_exact_floats(oss_k_weight_back_floats(&c.weight));
    c.y = oss_exact_floats(outputs);
    c.pre = oss_exact_floats(outputs);
    c.dx = oss_exact_floats(inputs);
    oss_k_weight_pack(&c.weight, c.packed, c.w);
    oss_k_weight_pack_back(&c.weight, c.back, c.w);
    c.weight.packed = c.packed;
    c.weight.packed_back = c.back;
    c.weight.bias = c.bias;
    c.x_operand = make_operand(format, c.x, m, k, &c.x_memory);
    c.dy_operand = make_operand(format, c.dy, m, n, &c.dy_memory);
    c.want = doubles(outputs);
    c.want_dx = doubles(inputs);
    for (int32_t i = 0; i < m; i++) {
        for (int32_t j = 0; j < n; j++) {
            double *y = &c.want[i * n + j];
            *y = (double)c.bias[j];
            for (int32_t p = 0; p < k; p++) {
                double w = rounded(format, c.w[j * k + p]);
                *y += rounded(format, c.x[i * k + p]) * w;
                c.want_dx[i * k + p] += rounded(format, c.dy[i * n + j]) * w;
            }
        }
    }
    return c;
}

static void free_linear(linear_case *c) {
    float *const block[] = {c->x, c->dy,  c->w,  c->bias,     c->packed,   c->back,
                            c->y, c->pre, c->dx, c->x_memory, c->dy_memory};
    for (size_t i = 0; i < sizeof block / sizeof *block; i++) {
        free(block[i]);
    }
    free(c->want);
    free(c->want_dx);
}

static void check_linear(oss_k_format format, int32_t m, int32_t n, int32_t k) {
    linear_case c = make_linear(format, m, n, k);
    size_t outputs = (size_t)m * (size_t)n, inputs = (size_t)m * (size_t)k;
    oss_k_linear(c.y, NULL, c.x_operand, &c.weight, m, OSS_EPI_BIAS);
    check(c.y, c.want, outputs, "y");
    oss_k_linear_bwd_input(c.dx, c.dy_operand, &c.weight, m, false);
    check(c.dx, c.want_dx, inputs, "dx");
    oss_k_linear_bwd_input(c.dx, c.dy_operand, &c.weight, m, true);
    for (size_t i = 0; i < inputs; i++) {
        c.want_dx[i] *= 2.0;
    }
    check(c.dx, c.want_dx, inputs, "dx added");
    oss_k_linear(c.y, c.pre, c.x_operand, &c.weight, m, OSS_EPI_BIAS_GELU);
    check(c.pre, c.want, outputs, "pre");
    for (size_t i = 0; i < outputs; i++) {
        c.want[i] = gelu(c.want[i]);
    }
    check(c.y, c.want, outputs, "gelu beside pre");
    memset(c.y, 0xff, outputs * sizeof *c.y);
    oss_k_linear(c.y, NULL, c.x_operand, &c.weight, m, OSS_EPI_BIAS_GELU);
    check(c.y, c.want, outputs, "gelu");
    free_linear(&c);
}

static const int32_t linear_shapes[][3] = {{1, 1, 1}, {5, 7, 3}, {13, 64, 24}, {9, 33, 65}};

START_TEST(test_linear) {
    oss_require_isa();
    for (size_t i = 0; i < sizeof linear_shapes / sizeof *linear_shapes; i++) {
        for (int f = 0; f < FORMATS; f++) {
            check_linear(formats[f], linear_shapes[i][0], linear_shapes[i][1], linear_shapes[i][2]);
        }
    }
}
END_TEST

/* Rows that begin further on, and no bias: y = y + x w^T. */
START_TEST(test_rows_and_sums) {
    oss_require_isa();
    enum { M = 6, N = 10, K = 7, FROM = 2 };
    for (int f = 0; f < FORMATS; f++) {
        linear_case c = make_linear(formats[f], M, N, K);
        c.weight.bias = NULL;
        float *y = oss_exact_filled((size_t)(M - FROM) * N, 9);
        int32_t row = formats[f] == OSS_K_BF16 ? K + 1 : K;
        for (size_t i = 0; i < (size_t)(M - FROM) * N; i++) {
            c.want[FROM * N + i] += (double)y[i] - (double)c.bias[i % N];
        }
        oss_k_linear(y, NULL, oss_k_operand_at(formats[f], c.x_operand, (size_t)(FROM * row)), &c.weight,
                     M - FROM, OSS_EPI_BIAS_ADD);
        check(y, c.want + FROM * N, (size_t)(M - FROM) * N, "sum");
        free(y);
        free_linear(&c);
    }
}
END_TEST

/* ---- convolution ---- */

typedef struct conv_sizes {
    int32_t t, f, ci, co, to, fo;
} conv_sizes;

/* Calls each(context, cell of y, cell of x, index in w[Co,Ci,3,3]) for every product of the convolution. */
static void each_product(const conv_sizes *s, void (*each)(void *context, size_t y, size_t x, size_t w),
                         void *context) {
    for (int32_t at = 0; at < s->to * s->fo * s->co; at++) {
        int32_t o = at % s->co, v = at / s->co % s->fo, u = at / s->co / s->fo;
        for (int32_t tap = 0; tap < 9 * s->ci; tap++) {
            int32_t i = tap / 9, a = tap % 9 / 3, b = tap % 3;
            int32_t row = 2 * u + a - 1, column = 2 * v + b - 1;
            if (row >= 0 && row < s->t && column >= 0 && column < s->f) {
                each(context, (size_t)at, (size_t)((row * s->f + column) * s->ci + i),
                     (size_t)(o * 9 * s->ci + tap));
            }
        }
    }
}

typedef struct conv_case {
    oss_k_weight weight;
    conv_sizes s;
    float *x, *dpre, *w, *bias, *packed, *back, *y, *pre, *dx, *dw, *db, *scratch, *x_memory, *dpre_memory;
    const void *x_operand, *dpre_operand;
    double *want, *want_dx, *want_dw, *want_db;
} conv_case;

static void add_product(void *context, size_t y, size_t x, size_t w) {
    conv_case *c = context;
    oss_k_format format = c->weight.format;
    c->want[y] += rounded(format, c->x[x]) * rounded(format, c->w[w]);
    c->want_dx[x] += rounded(format, c->dpre[y]) * rounded(format, c->w[w]);
    c->want_dw[w] += rounded(format, c->dpre[y]) * rounded(format, c->x[x]);
}

static conv_case make_conv(oss_k_format format, int32_t t, int32_t f, int32_t ci, int32_t co) {
    conv_case c = {.weight = {.format = format, .conv = true, .n = co, .k = ci},
                   .s = {t, f, ci, co, oss_len_conv(t), oss_len_conv(f)}};
    size_t outputs = (size_t)(c.s.to * c.s.fo * co), inputs = (size_t)(t * f * ci),
           taps = (size_t)(9 * ci * co);
    c.x = oss_exact_filled(inputs, 1);
    c.dpre = oss_exact_filled(outputs, 2);
    c.w = oss_exact_filled(taps, 3);
    c.bias = oss_exact_filled((size_t)co, 4);
    c.packed = oss_exact_floats(oss_k_weight_floats(&c.weight));
    c.back = oss_exact_floats(oss_k_weight_back_floats(&c.weight));
    c.y = oss_exact_floats(outputs);
    c.pre = oss_exact_floats(outputs);
    c.dx = oss_exact_floats(inputs);
    c.dw = oss_exact_floats(taps);
    c.db = oss_exact_floats((size_t)co);
    c.scratch = oss_exact_floats(oss_k_conv_scratch_floats(&c.weight, f));
    oss_k_weight_pack(&c.weight, c.packed, c.w);
    oss_k_weight_pack_back(&c.weight, c.back, c.w);
    c.weight.packed = c.packed;
    c.weight.packed_back = c.back;
    c.weight.bias = c.bias;
    c.x_operand = make_operand(format, c.x, t, f * ci, &c.x_memory);
    c.dpre_operand = make_operand(format, c.dpre, c.s.to, c.s.fo * co, &c.dpre_memory);
    c.want = doubles(outputs);
    c.want_dx = doubles(inputs);
    c.want_dw = doubles(taps);
    c.want_db = doubles((size_t)co);
    for (size_t i = 0; i < outputs; i++) {
        c.want[i] = (double)c.bias[i % (size_t)co];
        c.want_db[i % (size_t)co] += (double)c.dpre[i];
    }
    each_product(&c.s, add_product, &c);
    return c;
}

static void free_conv(conv_case *c) {
    float *const block[] = {c->x,   c->dpre, c->w,  c->bias, c->packed,  c->back,     c->y,
                            c->pre, c->dx,   c->dw, c->db,   c->scratch, c->x_memory, c->dpre_memory};
    double *const wanted[] = {c->want, c->want_dx, c->want_dw, c->want_db};
    for (size_t i = 0; i < sizeof block / sizeof *block; i++) {
        free(block[i]);
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        free(wanted[i]);
    }
}

static void check_conv(oss_k_format format, int32_t t, int32_t f, int32_t ci, int32_t co) {
    conv_case c = make_conv(format, t, f, ci, co);
    size_t row = (size_t)(c.s.fo * co), outputs = (size_t)c.s.to * row, inputs = (size_t)(t * f * ci);
    size_t taps = (size_t)(9 * ci * co);
    int32_t middle = c.s.to / 2;
    oss_k_conv(c.y, NULL, c.x_operand, &c.weight, t, f, 0, middle, false);
    oss_k_conv(c.y, NULL, c.x_operand, &c.weight, t, f, middle, c.s.to, false);
    check(c.y, c.want, outputs, "conv");
    oss_k_conv_bwd_input(c.dx, c.dpre_operand, &c.weight, t, f, false);
    check(c.dx, c.want_dx, inputs, "conv dx");
    oss_k_conv_bwd_input(c.dx, c.dpre_operand, &c.weight, t, f, true);
    for (size_t i = 0; i < inputs; i++) {
        c.want_dx[i] *= 2.0;
    }
    check(c.dx, c.want_dx, inputs, "conv dx added");
    memset(c.dw, 0, taps * sizeof *c.dw);
    memset(c.db, 0, (size_t)co * sizeof *c.db);
    oss_k_conv_bwd_weight(c.dw, c.db, c.x_operand, c.dpre, c.dpre_operand, &c.weight, t, f, c.scratch);
    check(c.dw, c.want_dw, taps, "conv dw");
    check(c.db, c.want_db, (size_t)co, "conv db");
    oss_k_conv(c.y, c.pre, c.x_operand, &c.weight, t, f, 0, c.s.to, true);
    check(c.pre, c.want, outputs, "conv pre");
    for (size_t i = 0; i < outputs; i++) {
        c.want[i] = gelu(c.want[i]);
    }
    check(c.y, c.want, outputs, "conv gelu");
    free_conv(&c);
}

START_TEST(test_conv) {
    oss_require_isa();
    check_conv(OSS_K_FP32, 9, 8, 1, 6);
    check_conv(OSS_K_FP32, 8, 5, 3, 17);
    check_conv(OSS_K_BF16, 9, 8, 4, 6);
    check_conv(OSS_K_BF16, 8, 5, 6, 18);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/linear");
    TCase *tcase = tcase_create("linear");
    oss_add_each_isa(tcase, test_linear);
    oss_add_each_isa(tcase, test_rows_and_sums);
    oss_add_each_isa(tcase, test_conv);
    suite_add_tcase(suite, tcase);
    return suite;
}
