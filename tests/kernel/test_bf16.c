/* Every path (float arithmetic on each ISA, the instruction) against the definition in bf16.h, the float
 * kernels on rounded inputs, and each other. */
#include "kernel/bf16.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/conv2d.h"
#include "kernel/lengths.h"
#include "support/exact.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { NATIVE = OSS_BUILT_ISAS, PATHS = OSS_BUILT_ISAS + 1 };

static const char *path_name = "";

/* False when this machine lacks the path. */
static bool use_path(int path) {
    oss_cpu_hide_bf16(path != NATIVE);
    path_name = path == NATIVE ? "native" : oss_cpu_isa_name((oss_isa)path);
    return path == NATIVE ? oss_cpu_force(OSS_ISA_AVX512) && oss_cpu_has_bf16()
                          : oss_cpu_force((oss_isa)path);
}

static const char *describe(const char *what, int32_t a, int32_t b, int32_t c, int32_t d) {
    static char text[160];
    (void)snprintf(text, sizeof text, "%s %s %d %d %d %d", path_name, what, a, b, c, d);
    return text;
}

static uint32_t bits_of(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static float float_of(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static float widen(oss_bf16 x) {
    return float_of((uint32_t)x << 16);
}

static float flush(float x) {
    return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}

/* ---- rounding ---- */

/* The nearer of the two neighbours, found in double; at a tie the one whose last bit is 0. */
static oss_bf16 round_reference(float x) {
    x = isnan(x) ? x : flush(x);
    uint32_t u = bits_of(x);
    if (isnan(x)) {
        return (oss_bf16)(u >> 16 | 0x40);
    }
    oss_bf16 low = (oss_bf16)(u >> 16), high = (oss_bf16)(low + 1);
    double up = fabs((double)widen((oss_bf16)(high & 0x7fff))), down = fabs((double)widen(low));
    if ((high & 0x7fff) == 0x7f80) {
        up = 0x1p128; /* infinity stands where the next number would */
    }
    double above = up - fabs((double)x), below = fabs((double)x) - down;
    return isinf(x) || below < above || (below == above && (low & 1) == 0) ? low : high;
}

START_TEST(rounding) {
    if (!use_path(_i)) {
        return;
    }
    static const uint32_t ends[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    enum { COUNT = 6 * 65536, MANY = COUNT + 5 };
    float *x = oss_exact_floats(MANY);
    oss_bf16 *y = (oss_bf16 *)oss_exact_floats((MANY + 1) / 2);
    for (uint32_t i = 0; i < MANY; i++) {
        x[i] = i < COUNT ? float_of((i / 6) << 16 | ends[i % 6]) : (float)i;
    }
    oss_k_bf16_round(y, x, MANY, 1, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        if (y[i] != round_reference(x[i])) { /* an assertion that holds costs a system call */
            ck_abort_msg("%s: %a (%08x) becomes %04x, not %04x", path_name, (double)x[i], bits_of(x[i]), y[i],
                         round_reference(x[i]));
        }
    }
    ck_assert_int_eq(y[MANY], 0);
    free(x), free(y);
}
END_TEST

START_TEST(rows_are_rounded_apart) {
    if (!use_path(_i)) {
        return;
    }
    for (int32_t c = 1; c <= 40; c++) {
        int32_t rows = 3, ld = c + 2, columns = oss_bf16_columns(c);
        float *x = oss_exact_filled((size_t)(rows * ld - 2), 1);
        oss_bf16 *y = (oss_bf16 *)oss_exact_floats((size_t)(rows * columns / 2));
        oss_k_bf16_round(y, x, ld, rows, c);
        for (int32_t i = 0; i < rows * columns; i++) {
            int32_t j = i % columns;
            ck_assert_int_eq(y[i], j < c ? round_reference(x[i / columns * ld + j]) : 0);
        }
        free(x), free(y);
    }
}
END_TEST

/* ---- products ---- */

/* x[rows,c] rounded; `x` itself becomes what bf16 holds of it. */
static oss_bf16 *make_rounded(float *x, int32_t rows, int32_t c) {
    int32_t columns = oss_bf16_columns(c);
    oss_bf16 *y = (oss_bf16 *)oss_exact_floats((size_t)rows * (size_t)columns / 2);
    oss_k_bf16_round(y, x, c, rows, c);
    for (int32_t i = 0; i < rows; i++) {
        for (int32_t j = 0; j < c; j++) {
            x[i * c + j] = widen(y[i * columns + j]);
        }
    }
    return y;
}

static void round_in_place(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        x[i] = widen(round_reference(x[i]));
    }
}

/* The instruction, step by step, over a[k] with stride and b[k] with stride. */
static float multiply_reference(float sum, const float *a, ptrdiff_t a_step, const float *b, ptrdiff_t b_step,
                                int32_t k) {
    for (int32_t p = 0; p < k; p += 2, a += 2 * a_step, b += 2 * b_step) {
        if (p + 1 < k) {
            sum = flush(fmaf(flush(a[a_step]), flush(b[b_step]), flush(sum)));
        }
        sum = flush(fmaf(flush(a[0]), flush(b[0]), flush(sum)));
    }
    return sum;
}

static void check_bits(const float *got, const float *want, size_t count, const char *what) {
    for (size_t i = 0; i < count; i++) {
        if (bits_of(got[i]) != bits_of(want[i])) {
            ck_abort_msg("%s: element %zu is %a, not %a", what, i, (double)got[i], (double)want[i]);
        }
    }
}

typedef struct linear {
    int32_t m, n, k;
    float *x, *w, *b, *dy, *y, *want;
    float *packed;
    oss_bf16 *x2, *dy2;
} linear;

/* The same from floats, in which the two of every pair are swapped. */
static void check_forward_in_floats(const linear *s) {
    int32_t m = s->m, n = s->n, k = s->k;
    float *x = oss_exact_floats((size_t)(m * k));
    oss_k_bf16_widen(x, s->x, m, k);
    oss_k_pack_weight(s->packed, s->w, n, k);
    oss_k_bf16_widen_packed(s->packed, n, k);
    oss_k_linear_packed(s->y, n, x, k, s->packed, s->b, m, n, k, OSS_EPI_BIAS);
    check_bits(s->y, s->want, (size_t)(m * n), describe("in floats", m, n, k, 0));
    free(x);
}

static void check_forward(const linear *s) {
    int32_t m = s->m, n = s->n, k = s->k;
    size_t count = (size_t)(m * n);
    oss_k_pack_weight(s->packed, s->w, n, k);
    oss_k_bf16_pair_packed(s->packed, n, k);
    for (int32_t at = 0; at < m * n; at++) {
        s->want[at] = multiply_reference(s->b[at % n], s->x + at / n * k, 1, s->w + at % n * k, 1, k);
    }
    oss_k_bf16_linear(s->y, NULL, s->x2, s->packed, s->b, m, n, k, OSS_EPI_BIAS);
    check_bits(s->y, s->want, count, describe("forward", m, n, k, 0));
    float *gelu = oss_exact_floats(count);
    double *want = malloc(count * sizeof *want);
    for (size_t i = 0; i < count; i++) {
        want[i] = 0.5 * (double)s->want[i] * (1 + erf((double)s->want[i] / sqrt(2)));
    }
    oss_k_bf16_linear(gelu, s->y, s->x2, s->packed, s->b, m, n, k, OSS_EPI_BIAS_GELU);
    check_bits(s->y, s->want, count, describe("what gelu is taken of", m, n, k, 0));
    oss_assert_close_f32(gelu, want, count, describe("gelu", m, n, k, 0), 1e-6, 4e-6);
    free(gelu), free(want);
}

static void check_backward(const linear *s) {
    int32_t m = s->m, n = s->n, k = s->k;
    oss_k_pack_weight_back(s->packed, s->w, n, k);
    oss_k_bf16_pair_packed(s->packed, k, n);
    float *dx = oss_exact_filled((size_t)(m * k), 7), *dw = oss_exact_filled((size_t)(n * k), 8);
    float *want = oss_exact_filled((size_t)(m * k), 7), *want_dw = oss_exact_filled((size_t)(n * k), 8);
    uint32_t *scratch = (uint32_t *)oss_exact_floats(oss_k_bf16_linear_scratch(m, n));
    for (int32_t at = 0; at < m * k; at++) {
        want[at] += multiply_reference(0, s->dy + at / k * n, 1, s->w + at % k, k, n);
    }
    for (int32_t at = 0; at < n * k; at++) {
        for (int32_t p = 0; p < m; p += 512) { /* dw is visited once a block of rows */
            int32_t rows = m - p < 512 ? m - p : 512;
            want_dw[at] += multiply_reference(0, s->dy + p * n + at / k, n, s->x + p * k + at % k, k, rows);
        }
    }
    oss_k_bf16_linear(dx, NULL, s->dy2, s->packed, NULL, m, k, n, OSS_EPI_BIAS_ADD);
    check_bits(dx, want, (size_t)(m * k), describe("dx", m, n, k, 0));
    oss_k_bf16_linear_bwd_weight(dw, s->dy2, s->x2, m, n, k, true, scratch);
    check_bits(dw, want_dw, (size_t)(n * k), describe("dw", m, n, k, 0));
    if (m <= 512) {
        for (int32_t at = 0; at < n * k; at++) {
            dw[at] = NAN;
            want_dw[at] = multiply_reference(0, s->dy + at / k, n, s->x + at % k, k, m);
        }
        oss_k_bf16_linear_bwd_weight(dw, s->dy2, s->x2, m, n, k, false, scratch);
        check_bits(dw, want_dw, (size_t)(n * k), describe("dw stored", m, n, k, 0));
    }
    free(dx), free(dw), free(want), free(want_dw), free(scratch);
}

static void check_linear(int32_t m, int32_t n, int32_t k, double scale) {
    size_t packed = oss_k_packed_floats(n, k), back = oss_k_packed_floats(k, n);
    linear s = {.m = m, .n = n, .k = k};
    s.x = oss_exact_filled((size_t)(m * k), 1);
    s.w = oss_exact_filled((size_t)(n * k), 2);
    s.b = oss_exact_filled((size_t)n, 3);
    s.dy = oss_exact_filled((size_t)(m * n), 4);
    for (int32_t i = 0; i < n; i++) {
        s.b[i] *= (float)(scale * scale);
    }
    for (int32_t i = 0; i < n * k; i++) {
        s.w[i] *= (float)scale;
    }
    for (int32_t i = 0; i < m * k; i++) {
        s.x[i] *= (float)scale;
    }
    s.y = oss_exact_floats((size_t)(m * n));
    s.want = oss_exact_floats((size_t)(m * n));
    s.packed = oss_exact_floats(packed > back ? packed : back);
    s.x2 = make_rounded(s.x, m, k);
    s.dy2 = make_rounded(s.dy, m, n);
    round_in_place(s.w, (size_t)(n * k));
    check_forward(&s);
    if (scale >= 1) { /* nothing is tiny */
        check_forward_in_floats(&s);
    }
    check_backward(&s);
    free(s.x), free(s.w), free(s.b), free(s.dy), free(s.y), free(s.want), free(s.packed), free(s.x2),
        free(s.dy2);
}

START_TEST(products) {
    if (!use_path(_i)) {
        return;
    }
    for (int32_t i = 1; i <= 67; i++) { /* every width, every height, odd and even sums */
        check_linear(i, 68 - i, 1 + i * 7 % 31, 1);
    }
    static const int32_t sizes[] = {1, 2, 3, 5, 6, 7, 13, 16, 17, 31, 33, 64, 65, 130};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    for (uint64_t i = 0; i < 40; i++) {
        check_linear(sizes[oss_fill_bits(10, i) % SIZES], sizes[oss_fill_bits(11, i) % SIZES],
                     sizes[oss_fill_bits(12, i) % SIZES], 1);
    }
    check_linear(1027, 20, 17, 1); /* more than one block of rows */
}
END_TEST

/* Products and sums around 2^-126, which the instruction takes for 0. */
START_TEST(tiny_numbers_are_zero) {
    if (!use_path(_i) || _i == OSS_ISA_GENERIC) {
        return; /* without a fused multiply-add a tiny product is rounded by itself */
    }
    check_linear(9, 33, 40, 0x1p-62);
    check_linear(9, 33, 41, 0x1p-63);
    check_linear(9, 33, 40, 0x1p-65);
}
END_TEST

/* ---- convolutions ---- */

typedef struct image {
    int32_t t, f, ci, co, to, fo;
    size_t x, w, y; /* floats */
} image;

/* Forward, dx and dw, one after the other in out[y + x + w]. */
static void run_image(const image *s, float *out, const oss_bf16 *x2, const oss_bf16 *dpre2, const float *w,
                      const float *bias) {
    float *packed = oss_exact_floats(oss_k_conv2d_packed_floats(s->ci, s->co));
    float *back = oss_exact_floats(oss_k_conv2d_packed_back_floats(s->ci, s->co));
    uint32_t *scratch = (uint32_t *)oss_exact_floats(oss_k_bf16_conv2d_scratch(s->f, s->ci, s->co));
    oss_k_conv2d_pack(packed, w, s->ci, s->co);
    oss_k_bf16_pair_packed(packed, s->co, 9 * s->ci);
    oss_k_conv2d_pack_back(back, w, s->ci, s->co);
    oss_k_bf16_pair_packed(back, s->ci, 9 * s->co);
    float *dw = out + s->y + s->x;
    memset(dw, 0, s->w * sizeof *dw);
    int32_t cut = s->to / 2;
    oss_k_bf16_conv2d_fwd(out, NULL, x2, packed, bias, s->t, s->f, s->ci, s->co, 0, cut, false);
    oss_k_bf16_conv2d_fwd(out, NULL, x2, packed, bias, s->t, s->f, s->ci, s->co, cut, s->to, false);
    oss_k_bf16_conv2d_bwd_input(out + s->y, dpre2, back, s->t, s->f, s->ci, s->co, false);
    oss_k_bf16_conv2d_bwd_weight(dw, x2, dpre2, s->t, s->f, s->ci, s->co, scratch);
    free(packed), free(back), free(scratch);
}

/* The same by the float kernels. */
static void run_image_in_floats(const image *s, float *out, const float *x, const float *dpre, const float *w,
                                const float *bias) {
    float *packed = oss_exact_floats(oss_k_conv2d_packed_floats(s->ci, s->co));
    float *back = oss_exact_floats(oss_k_conv2d_packed_back_floats(s->ci, s->co));
    float *scratch = oss_exact_floats(oss_k_conv2d_scratch_floats(s->f, s->ci, s->co));
    float *dw = out + s->y + s->x, *db = calloc((size_t)s->co, sizeof *db);
    memset(dw, 0, s->w * sizeof *dw);
    oss_k_conv2d_pack(packed, w, s->ci, s->co);
    oss_k_conv2d_pack_back(back, w, s->ci, s->co);
    oss_k_conv2d_fwd(out, NULL, x, packed, bias, s->t, s->f, s->ci, s->co, 0, s->to, false);
    oss_k_conv2d_bwd_input(out + s->y, dpre, back, s->t, s->f, s->ci, s->co, false);
    oss_k_conv2d_bwd_weight(dw, db, x, dpre, s->t, s->f, s->ci, s->co, scratch);
    free(packed), free(back), free(scratch), free(db);
}

static void check_image(int path, int32_t t, int32_t f, int32_t ci, int32_t co) {
    int32_t to = oss_len_conv(t), fo = oss_len_conv(f);
    const image s = {t,
                     f,
                     ci,
                     co,
                     to,
                     fo,
                     (size_t)t * (size_t)(f * ci),
                     (size_t)(9 * ci * co),
                     (size_t)to * (size_t)(fo * co)};
    size_t count = s.x + s.w + s.y;
    float *x = oss_exact_filled(s.x, 1), *dpre = oss_exact_filled(s.y, 2), *w = oss_exact_filled(s.w, 3);
    float *bias = oss_exact_filled((size_t)co, 4), *got = oss_exact_floats(count),
          *want = oss_exact_floats(count);
    oss_bf16 *x2 = make_rounded(x, t * f, ci), *dpre2 = make_rounded(dpre, to * fo, co);
    round_in_place(w, s.w);
    run_image(&s, got, x2, dpre2, w, bias);
    run_image_in_floats(&s, want, x, dpre, w, bias);
    double bound = 2e-6 * (2 + sqrt(9.0 * ci + 4.0 * co + to * fo));
    oss_assert_close_f32_f32(got, want, s.y, describe("conv forward", t, f, ci, co), 1e-5, bound);
    oss_assert_close_f32_f32(got + s.y, want + s.y, s.x, describe("conv dx", t, f, ci, co), 1e-5, bound);
    oss_assert_close_f32_f32(got + s.y + s.x, want + s.y + s.x, s.w, describe("conv dw", t, f, ci, co), 1e-5,
                             bound);
    ck_assert(use_path(OSS_ISA_GENERIC));
    run_image(&s, want, x2, dpre2, w, bias);
    ck_assert(use_path(path));
    check_bits(got, want, count, describe("conv against generic", t, f, ci, co));
    free(x), free(dpre), free(w), free(bias), free(got), free(want), free(x2), free(dpre2);
}

START_TEST(convolutions) {
    if (!use_path(_i)) {
        return;
    }
    static const int32_t channels[][2] = {{2, 2}, {2, 6}, {16, 2}, {6, 16}, {64, 64}};
    for (int32_t at = 0; at < 5; at++) {
        for (int32_t t = 1; t <= 6; t++) {
            for (int32_t f = 1; f <= 5; f++) {
                check_image(_i, t, f, channels[at][0], channels[at][1]);
            }
        }
    }
    /* more than one block and chunk, rows longer than a block, several and ragged panels */
    check_image(_i, 75, 40, 2, 6);
    check_image(_i, 64, 33, 16, 16);
    check_image(_i, 5, 601, 2, 18);
    check_image(_i, 31, 20, 70, 66);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/bf16");
    TCase *tcase = tcase_create("bf16");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, rounding, 0, PATHS);
    tcase_add_loop_test(tcase, rows_are_rounded_apart, 0, PATHS);
    tcase_add_loop_test(tcase, products, 0, PATHS);
    tcase_add_loop_test(tcase, tiny_numbers_are_zero, 0, PATHS);
    tcase_add_loop_test(tcase, convolutions, 0, PATHS);
    suite_add_tcase(suite, tcase);
    return suite;
}
