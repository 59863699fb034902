/* Products and convolutions on every path against plain loops in double, and against each other: the same bits. */
#include "kernel/int8_cases.h"
#include "kernel/lengths.h"
#include "support/suite.h"

/* ---- products ---- */

typedef struct product_case {
    const float *x, *w, *bias;
    int32_t m, n, k;
    oss_epilogue epilogue;
} product_case;

static void fill_product(float *y, void *context) {
    const product_case *c = context;
    float *packed = oss_exact_floats(oss_k_int8_packed_floats(c->n, c->k, false));
    float *rows = oss_exact_floats((size_t)c->m * oss_int8_row_bytes(c->k, 0) / sizeof(float));
    oss_k_int8_pack(packed, c->w, c->n, c->k, false);
    oss_k_int8_quantize(rows, c->x, c->m, c->k, 0);
    for (int32_t i = 0; i < c->m * c->n; i++) {
        y[i] = (float)(i % 7);
    }
    int32_t cut = c->m / 3; /* rows may be cut anywhere */
    oss_k_int8_linear(y, rows, packed, c->bias, cut, c->n, c->k, c->epilogue);
    oss_k_int8_linear(y + cut * c->n, (char *)rows + (size_t)cut * oss_int8_row_bytes(c->k, 0), packed,
                      c->bias, c->m - cut, c->n, c->k, c->epilogue);
    free(packed);
    free(rows);
}

static double finish(double sum, float bias, oss_epilogue epilogue, int32_t i) {
    double y = sum + (double)bias;
    return epilogue == OSS_EPI_BIAS_GELU ? gelu(y) : epilogue == OSS_EPI_BIAS_ADD ? y + i % 7 : y;
}

static void check_product(product_case c) {
    float *x = oss_exact_filled((size_t)(c.m * c.k), 1), *w = oss_exact_filled((size_t)(c.n * c.k), 2);
    float *bias = oss_exact_filled((size_t)c.n, 3), *y = oss_exact_floats((size_t)(c.m * c.n));
    c.x = x;
    c.w = w;
    c.bias = c.epilogue == OSS_EPI_BIAS_ADD ? NULL : bias;
    uint8_t *rows = make_rows(x, c.m, c.k, 0, false);
    int8_t *q = malloc((size_t)c.k);
    ck_assert_ptr_nonnull(q);
    check_paths(fill_product, &c, y, (size_t)(c.m * c.n));
    for (int32_t j = 0; j < c.n; j++) {
        double scale = (double)oss_k_int8_row(q, w + j * c.k, (size_t)c.k);
        for (int32_t i = 0; i < c.m; i++) {
            double sum = 0.0, size = 0.0;
            for (int32_t p = 0; p < c.k; p++) {
                double term = value_at(rows + (size_t)i * oss_int8_row_bytes(c.k, 0), 0, p) * q[p] * scale;
                sum += term;
                size += fabs(term);
            }
            double want = finish(sum, c.bias == NULL ? 0.0F : bias[j], c.epilogue, i * c.n + j);
            double bound = 1e-5 * (1.0 + size) + (c.epilogue == OSS_EPI_BIAS_GELU ? 3.2e-4 : 0.0);
            ck_assert_msg(fabs((double)y[i * c.n + j] - want) <= bound,
                          "%d x %d x %d: y[%d, %d] is %g, not %g", c.m, c.n, c.k, i, j,
                          (double)y[i * c.n + j], want);
        }
    }
    free(x);
    free(w);
    free(bias);
    free(y);
    free(q);
    free(rows);
}

START_TEST(test_products) {
    static const int32_t shapes[][3] = {{1, 1, 1},    {2, 5, 3},     {7, 16, 4},  {5, 33, 37},
                                        {13, 64, 24}, {11, 70, 192}, {3, 49, 65}, {4, 129, 130}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int e = OSS_EPI_BIAS; e <= OSS_EPI_BIAS_ADD; e++) {
            check_product((product_case){
                .m = shapes[i][0], .n = shapes[i][1], .k = shapes[i][2], .epilogue = (oss_epilogue)e});
        }
    }
}
END_TEST

/* The largest sums that there are, all of one sign: no product of bytes may saturate, no sum wrap. */
START_TEST(test_largest_sums) {
    enum { K = OSS_INT8_MAX_TERMS };
    float *x = oss_exact_floats(K), *w = oss_exact_floats(K), y = 0.0F;
    product_case c = {.x = x, .w = w, .m = 1, .n = 1, .k = K, .epilogue = OSS_EPI_BIAS};
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int32_t i = 0; i < K; i++) {
            x[i] = 1.0F;
            w[i] = (float)sign;
        }
        check_paths(fill_product, &c, &y, 1);
        ck_assert_double_le(fabs((double)y - sign * (double)K), 0.01 * K);
    }
    free(x);
    free(w);
}
END_TEST

/* NaN reaches all that it belongs to, and nothing else. */
START_TEST(test_nan_in_products) {
    enum { M = 4, N = 19, K = 21 };
    float *x = oss_exact_filled(M * K, 1), *w = oss_exact_filled(N * K, 2), *y = oss_exact_floats(M * N);
    product_case c = {.x = x, .w = w, .m = M, .n = N, .k = K, .epilogue = OSS_EPI_BIAS};
    x[2 * K + 7] = NAN;
    w[17 * K + 20] = INFINITY;
    check_paths(fill_product, &c, y, M * N);
    for (int i = 0; i < M * N; i++) {
        ck_assert_int_eq(isnan(y[i]) != 0, i / N == 2 || i % N == 17);
    }
    free(x);
    free(w);
    free(y);
}
END_TEST

/* ---- convolutions ---- */

typedef struct conv_case {
    int32_t t, f, ci, co;
    bool gelu;
    float *x, *w, *bias;
} conv_case;

static void fill_conv(float *y, void *context) {
    const conv_case *c = context;
    size_t bytes = oss_int8_row_bytes(c->f * c->ci, c->ci);
    float *packed = oss_exact_floats(oss_k_int8_packed_floats(c->co, c->ci, true));
    float *rows = oss_exact_floats((size_t)c->t * bytes / sizeof(float));
    oss_k_int8_pack(packed, c->w, c->co, c->ci, true);
    oss_k_int8_quantize_gelu(rows, c->x, c->t, c->f * c->ci, c->ci);
    for (int32_t row = 0; row < oss_len_conv(c->t); row++) {
        oss_k_int8_conv2d_row(y + row * oss_len_conv(c->f) * c->co, rows, packed, c->bias, c->t, c->f, c->ci,
                              c->co, row, c->gelu);
    }
    free(packed);
    free(rows);
}

/* Cell (row, column) of channel o, from integers and weights as they are rounded; *size: of its terms. */
static double convolve(const conv_case *c, const uint8_t *rows, const int8_t *q, double scale, int32_t row,
                       int32_t column, double *size) {
    double sum = 0.0;
    for (int32_t tap = 0; tap < 9 * c->ci; tap++) {
        int32_t u = 2 * row + tap % 9 / 3 - 1, v = 2 * column + tap % 3 - 1;
        if (u >= 0 && u < c->t && v >= 0 && v < c->f) {
            const uint8_t *from = rows + (size_t)u * oss_int8_row_bytes(c->f * c->ci, c->ci);
            double term = value_at(from, c->ci, v * c->ci + tap / 9) * q[tap] * scale;
            sum += term;
            *size += fabs(term);
        }
    }
    return sum;
}

static void check_conv(conv_case c) {
    int32_t to = oss_len_conv(c.t), fo = oss_len_conv(c.f);
    c.x = oss_exact_filled((size_t)(c.t * c.f * c.ci), 1);
    c.w = oss_exact_filled((size_t)(c.co * c.ci * 9), 2);
    c.bias = oss_exact_filled((size_t)c.co, 3);
    float *y = oss_exact_floats((size_t)(to * fo * c.co));
    uint8_t *rows = make_rows(c.x, c.t, c.f * c.ci, c.ci, true);
    int8_t *q = malloc((size_t)c.ci * 9);
    ck_assert_ptr_nonnull(q);
    check_paths(fill_conv, &c, y, (size_t)(to * fo * c.co));
    for (int32_t i = 0; i < to * fo * c.co; i++) {
        int32_t o = i % c.co;
        double size = 1.0, scale = (double)oss_k_int8_row(q, c.w + o * c.ci * 9, (size_t)c.ci * 9);
        double want = convolve(&c, rows, q, scale, i / c.co / fo, i / c.co % fo, &size) + (double)c.bias[o];
        want = c.gelu ? gelu(want) : want;
        ck_assert_msg(fabs((double)y[i] - want) <= 1e-5 * size + (c.gelu ? 3.2e-4 : 0.0),
                      "%d x %d x %d to %d: y[%d] is %g, not %g", c.t, c.f, c.ci, c.co, i, (double)y[i], want);
    }
    free(c.x);
    free(c.w);
    free(c.bias);
    free(y);
    free(q);
    free(rows);
}

START_TEST(test_convolutions) {
    static const int32_t shapes[][4] = {{1, 1, 1, 1},   {1, 2, 2, 3},   {2, 1, 5, 4},   {5, 7, 3, 17},
                                        {6, 14, 8, 64}, {7, 13, 6, 33}, {4, 32, 16, 70}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        conv_case c = {.t = shapes[i][0], .f = shapes[i][1], .ci = shapes[i][2], .co = shapes[i][3]};
        check_conv(c);
        c.gelu = true;
        check_conv(c);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/int8");
    TCase *sums = tcase_create("sums");
    tcase_add_test(sums, test_products);
    tcase_add_test(sums, test_largest_sums);
    tcase_add_test(sums, test_nan_in_products);
    tcase_add_test(sums, test_convolutions);
    suite_add_tcase(suite, sums);
    return suite;
}
