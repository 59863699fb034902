#include "kernel/gemm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/exact.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

typedef struct product {
    bool ta, tb;
    int32_t m, n, k, lda, ldb, ldc;
    float beta;
} product;

static size_t count_floats(int32_t rows, int32_t columns, int32_t ld) {
    return rows > 0 && columns > 0 ? (size_t)(rows - 1) * (size_t)ld + (size_t)columns : 0;
}

/* What lies between the rows must not be read (NaN) or written. */
static void spoil_gaps(float *x, int32_t rows, int32_t columns, int32_t ld) {
    for (int32_t i = 0; i + 1 < rows && columns > 0; i++) {
        for (int32_t j = columns; j < ld; j++) {
            x[i * ld + j] = NAN;
        }
    }
}

static float *make_matrix(int32_t rows, int32_t columns, int32_t ld, uint64_t seed) {
    float *x = oss_exact_filled(count_floats(rows, columns, ld), seed);
    spoil_gaps(x, rows, columns, ld);
    return x;
}

/* One for the whole program: filling it anew for thousands of small products would take most of the time. */
static float *get_scratch(void) {
    static float *scratch = NULL;
    scratch = scratch != NULL ? scratch : oss_exact_floats(OSS_GEMM_SCRATCH_FLOATS);
    return scratch;
}

static double reference_element(const product *p, const float *a, const float *b, int32_t i, int32_t j) {
    double sum = 0;
    for (int32_t l = 0; l < p->k; l++) {
        sum += (double)(p->ta ? a[l * p->lda + i] : a[i * p->lda + l]) *
               (double)(p->tb ? b[j * p->ldb + l] : b[l * p->ldb + j]);
    }
    return sum;
}

static void check_product(const product *p, const char *isa) {
    float *a = p->ta ? make_matrix(p->k, p->m, p->lda, 1) : make_matrix(p->m, p->k, p->lda, 1);
    float *b = p->tb ? make_matrix(p->n, p->k, p->ldb, 2) : make_matrix(p->k, p->n, p->ldb, 2);
    size_t count = count_floats(p->m, p->n, p->ldc);
    float *c = oss_exact_floats(count);
    double *want = malloc((count > 0 ? count : 1) * sizeof *want);
    for (size_t i = 0; i < count; i++) {
        want[i] = NAN;
    }
    for (int32_t i = 0; i < p->m; i++) {
        for (int32_t j = 0; j < p->n; j++) {
            size_t at = (size_t)i * (size_t)p->ldc + (size_t)j;
            c[at] = p->beta != 0.0F ? (float)oss_fill_value(3, at) : NAN;
            want[at] = reference_element(p, a, b, i, j) + (p->beta != 0.0F ? (double)c[at] : 0.0);
        }
    }
    oss_k_gemm(p->ta, p->tb, p->m, p->n, p->k, a, p->lda, b, p->ldb, p->beta, c, p->ldc, get_scratch());
    char what[128];
    (void)snprintf(what, sizeof what, "%s ta=%d tb=%d m=%d n=%d k=%d beta=%g", isa, p->ta, p->tb, p->m, p->n,
                   p->k, (double)p->beta);
    oss_assert_close_f32(c, want, count, what, 1e-6, 2e-6 * (1.0 + sqrt(p->k)));
    free(a);
    free(b);
    free(c);
    free(want);
}

static void check_size(int32_t m, int32_t n, int32_t k, int32_t gap, const char *isa) {
    for (int combination = 0; combination < 8; combination++) {
        bool ta = (combination & 1) != 0, tb = (combination & 2) != 0;
        product p = {.ta = ta,
                     .tb = tb,
                     .m = m,
                     .n = n,
                     .k = k,
                     .lda = (ta ? m : k) + gap,
                     .ldb = (tb ? k : n) + 2 * gap,
                     .ldc = n + 3 * gap,
                     .beta = (combination & 4) != 0 ? 1.0F : 0.0F};
        check_product(&p, isa);
    }
}

static void check_odd_sizes(const char *isa) {
    static const int32_t sizes[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 12, 13, 14, 15, 16, 17,
                                    23, 29, 31, 32, 33, 47, 48, 49, 50, 61, 63, 64, 65, 66, 67};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    for (uint64_t i = 0; i < 150; i++) {
        check_size(sizes[oss_fill_bits(10, i) % SIZES], sizes[oss_fill_bits(11, i) % SIZES],
                   sizes[oss_fill_bits(12, i) % SIZES], (int32_t)(i % 3), isa);
    }
    for (int32_t i = 1; i <= 67; i++) { /* every width and every height at least once */
        check_size(i, 68 - i, 5, 1, isa);
    }
}

START_TEST(odd_sizes) {
    oss_require_isa();
    check_odd_sizes(oss_cpu_isa_name(oss_cpu_isa()));
}
END_TEST

static void check_large(const char *isa) {
    check_size(33, 130, 1024, 0, isa);
    check_size(5, 70, 2500, 3, isa); /* more than one block of k */
    check_size(101, 192, 192, 0, isa);
}

START_TEST(large_sizes) {
    oss_require_isa();
    check_large(oss_cpu_isa_name(oss_cpu_isa()));
}
END_TEST

static void check_empty(const char *isa) {
    check_size(0, 3, 4, 0, isa);
    check_size(3, 0, 4, 0, isa);
    check_size(0, 0, 0, 0, isa);
    check_size(3, 5, 0, 1, isa); /* no products: beta 0 stores zeros, beta 1 leaves c */
}

START_TEST(empty_sizes) {
    oss_require_isa();
    check_empty(oss_cpu_isa_name(oss_cpu_isa()));
}
END_TEST

static void run_rows(bool ta, bool tb, int32_t begin, int32_t end, const float *a, const float *b, float *c) {
    enum { M = 101, N = 77, K = 1301 };
    oss_k_gemm(ta, tb, end - begin, N, K, ta ? a + begin : a + begin * K, ta ? M : K, b, tb ? K : N, 1.0F,
               c + begin * N, N, get_scratch());
}

static void check_row_split(const char *isa) {
    enum { M = 101, N = 77, K = 1301 };
    static const int32_t steps[] = {16, 48, 96, 7};
    float *a = oss_exact_filled(M * K, 5), *b = oss_exact_filled(N * K, 6);
    for (int combination = 0; combination < 4; combination++) {
        bool ta = (combination & 1) != 0, tb = (combination & 2) != 0;
        float *whole = oss_exact_filled(M * N, 7);
        run_rows(ta, tb, 0, M, a, b, whole);
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            float *split = oss_exact_filled(M * N, 7);
            for (int32_t row = 0; row < M; row += steps[s]) {
                run_rows(ta, tb, row, row + steps[s] < M ? row + steps[s] : M, a, b, split);
            }
            ck_assert_msg(memcmp(whole, split, M * N * sizeof *whole) == 0,
                          "%s: bits differ, ta=%d tb=%d, rows by %d", isa, ta, tb, steps[s]);
            free(split);
        }
        free(whole);
    }
    free(a);
    free(b);
}

START_TEST(rows_may_be_split) {
    oss_require_isa();
    check_row_split(oss_cpu_isa_name(oss_cpu_isa()));
}
END_TEST

static double reference_gelu(double x) {
    return 0.5 * x * (1.0 + erf(x / sqrt(2.0)));
}

static void check_linear(int32_t m, int32_t n, int32_t k, bool with_bias, oss_epilogue epilogue,
                         const char *isa) {
    int32_t ldx = k + 2, ldy = n + 3;
    float *x = make_matrix(m, k, ldx, 1), *w = oss_exact_filled((size_t)(n * k), 2),
          *bias = oss_exact_filled((size_t)n, 3);
    size_t count = count_floats(m, n, ldy);
    float *y = oss_exact_floats(count), *packed = oss_exact_floats(oss_k_packed_floats(n, k));
    double *want = malloc(count * sizeof *want);
    for (size_t i = 0; i < count; i++) {
        want[i] = NAN;
    }
    product p = {.tb = true, .m = m, .n = n, .k = k, .lda = ldx, .ldb = k};
    for (int32_t i = 0; i < m; i++) {
        for (int32_t j = 0; j < n; j++) {
            size_t at = (size_t)i * (size_t)ldy + (size_t)j;
            double sum = reference_element(&p, x, w, i, j) + (with_bias ? (double)bias[j] : 0.0);
            if (epilogue == OSS_EPI_BIAS_ADD) {
                y[at] = (float)oss_fill_value(4, at);
                sum += (double)y[at];
            }
            want[at] = epilogue == OSS_EPI_BIAS_GELU ? reference_gelu(sum) : sum;
        }
    }
    oss_k_pack_weight(packed, w, n, k);
    oss_k_linear_packed(y, ldy, x, ldx, packed, with_bias ? bias : NULL, m, n, k, epilogue);
    char what[128];
    (void)snprintf(what, sizeof what, "%s m=%d n=%d k=%d bias=%d epilogue=%d", isa, m, n, k, with_bias,
                   (int)epilogue);
    oss_assert_close_f32(y, want, count, what, 1e-6, 2e-6 * (1.0 + sqrt(k)));
    free(x);
    free(w);
    free(bias);
    free(y);
    free(packed);
    free(want);
}

static void check_linears(const char *isa) {
    static const int32_t sizes[][3] = {{1, 1, 1},     {5, 3, 7},     {13, 16, 9},    {17, 31, 33},
                                       {8, 48, 20},   {15, 60, 192}, {12, 64, 64},   {31, 65, 50},
                                       {7, 100, 128}, {20, 130, 67}, {101, 192, 192}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int epilogue = OSS_EPI_BIAS; epilogue <= OSS_EPI_BIAS_ADD; epilogue++) {
            check_linear(sizes[i][0], sizes[i][1], sizes[i][2], true, (oss_epilogue)epilogue, isa);
            check_linear(sizes[i][0], sizes[i][1], sizes[i][2], false, (oss_epilogue)epilogue, isa);
        }
    }
}

START_TEST(linear_with_epilogues) {
    oss_require_isa();
    check_linears(oss_cpu_isa_name(oss_cpu_isa()));
}
END_TEST

/* dx = dy w by the weight packed for it is y = x v^T with v = w^T packed as usual, bit for bit. */
static void check_linear_back(int32_t m, int32_t n, int32_t k, const char *isa) {
    float *dy = oss_exact_filled((size_t)(m * n), 1), *w = oss_exact_filled((size_t)(n * k), 2);
    float *v = oss_exact_floats((size_t)(n * k)), *dx = oss_exact_floats((size_t)(m * k)),
          *want = oss_exact_floats((size_t)(m * k));
    float *back = oss_exact_floats(oss_k_packed_floats(k, n)),
          *packed = oss_exact_floats(oss_k_packed_floats(k, n));
    for (int32_t i = 0; i < n * k; i++) {
        v[i % k * n + i / k] = w[i];
    }
    oss_k_pack_weight_back(back, w, n, k);
    oss_k_pack_weight(packed, v, k, n);
    oss_k_linear_packed(dx, k, dy, n, back, NULL, m, k, n, OSS_EPI_BIAS);
    oss_k_linear_packed(want, k, dy, n, packed, NULL, m, k, n, OSS_EPI_BIAS);
    ck_assert_msg(memcmp(dx, want, (size_t)(m * k) * sizeof *dx) == 0, "%s: m=%d n=%d k=%d", isa, m, n, k);
    free(dy), free(w), free(v), free(dx), free(want), free(back), free(packed);
}

/* Both outputs are those of the two other epilogues, bit for bit. */
static void check_linear_gelu(int32_t m, int32_t n, int32_t k, const char *isa) {
    size_t count = (size_t)(m * n);
    float *x = oss_exact_filled((size_t)(m * k), 1), *w = oss_exact_filled((size_t)(n * k), 2),
          *bias = oss_exact_filled((size_t)n, 3), *packed = oss_exact_floats(oss_k_packed_floats(n, k));
    float *y = oss_exact_floats(count), *pre = oss_exact_floats(count), *want = oss_exact_floats(count);
    oss_k_pack_weight(packed, w, n, k);
    oss_k_linear_gelu_packed(y, pre, x, packed, bias, m, n, k);
    oss_k_linear_packed(want, n, x, k, packed, bias, m, n, k, OSS_EPI_BIAS);
    ck_assert_msg(memcmp(pre, want, count * sizeof *pre) == 0, "%s: pre of m=%d n=%d k=%d", isa, m, n, k);
    oss_k_linear_packed(want, n, x, k, packed, bias, m, n, k, OSS_EPI_BIAS_GELU);
    ck_assert_msg(memcmp(y, want, count * sizeof *y) == 0, "%s: gelu of m=%d n=%d k=%d", isa, m, n, k);
    free(x), free(w), free(bias), free(packed), free(y), free(pre), free(want);
}

START_TEST(linear_back_and_gelu) {
    static const int32_t sizes[][3] = {{1, 1, 1},    {5, 3, 7},    {17, 31, 33},
                                       {12, 64, 64}, {31, 65, 50}, {20, 130, 67}};
    oss_require_isa();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int32_t *s = sizes[i];
        check_linear_back(s[0], s[1], s[2], oss_cpu_isa_name(oss_cpu_isa()));
        check_linear_gelu(s[0], s[1], s[2], oss_cpu_isa_name(oss_cpu_isa()));
    }
}
END_TEST

static void check_linear_split(const char *isa) {
    enum { M = 37, N = 70, K = 51, STEP = 7 };
    float *x = oss_exact_filled(M * K, 1), *w = oss_exact_filled(N * K, 2), *bias = oss_exact_filled(N, 3);
    float *whole = oss_exact_floats(M * N), *split = oss_exact_floats(M * N);
    float *packed = oss_exact_floats(oss_k_packed_floats(N, K));
    oss_k_pack_weight(packed, w, N, K);
    oss_k_linear_packed(whole, N, x, K, packed, bias, M, N, K, OSS_EPI_BIAS_GELU);
    for (int32_t row = 0; row < M; row += STEP) {
        int32_t rows = M - row < STEP ? M - row : STEP;
        oss_k_linear_packed(split + row * N, N, x + row * K, K, packed, bias, rows, N, K, OSS_EPI_BIAS_GELU);
    }
    ck_assert_msg(memcmp(whole, split, M * N * sizeof *whole) == 0, "%s: bits differ", isa);
    free(x);
    free(w);
    free(bias);
    free(whole);
    free(split);
    free(packed);
}

START_TEST(linear_rows_may_be_split) {
    oss_require_isa();
    check_linear_split(oss_cpu_isa_name(oss_cpu_isa()));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/gemm");
    TCase *tcase = tcase_create("gemm");
    tcase_set_timeout(tcase, 60);
    oss_add_each_isa(tcase, odd_sizes);
    oss_add_each_isa(tcase, large_sizes);
    oss_add_each_isa(tcase, empty_sizes);
    oss_add_each_isa(tcase, rows_may_be_split);
    oss_add_each_isa(tcase, linear_with_epilogues);
    oss_add_each_isa(tcase, linear_back_and_gelu);
    oss_add_each_isa(tcase, linear_rows_may_be_split);
    suite_add_tcase(suite, tcase);
    return suite;
}
