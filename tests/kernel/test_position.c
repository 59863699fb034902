/* Rotary and sinusoidal position against their formulas, one cosine at a time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

static void *take(size_t bytes) {
    void *block = malloc(bytes);
    ck_assert_ptr_nonnull(block);
    return block;
}

static void check_rope(int32_t s, int32_t heads, int32_t d, float sign) {
    const size_t count = (size_t)s * 3 * (size_t)heads * (size_t)d;
    float *x = take(sizeof(float) * count);
    float *table = take(sizeof(float) * (size_t)s * (size_t)d);
    double *want = take(sizeof(double) * count);
    oss_fill_f32(x, count, 1, 1.0);
    for (size_t i = 0; i < count; i++) {
        int32_t e = (int32_t)(i % (size_t)d);
        int32_t part = (int32_t)(i / (size_t)(heads * d) % 3);
        int32_t t = (int32_t)(i / (size_t)(3 * heads * d));
        int32_t pair = e % (d / 2);
        double angle = (double)sign * t * pow(10000.0, -2.0 * pair / d);
        if (part == 2) {
            want[i] = (double)x[i]; /* values are not turned */
        } else if (e < d / 2) {
            want[i] = (double)x[i] * cos(angle) - (double)x[i + (size_t)(d / 2)] * sin(angle);
        } else {
            want[i] = (double)x[i] * cos(angle) + (double)x[i - (size_t)(d / 2)] * sin(angle);
        }
    }
    oss_k_rope_table(table, s, d, 10000.0);
    oss_k_rope(x, table, s, heads, d, sign);
    oss_assert_close_f32(x, want, count, "rope", 2e-7, 3e-7);
    free(x);
    free(table);
    free(want);
}

START_TEST(test_rope) {
    oss_require_isa();
    const int32_t widths[] = {2, 4, 6, 10, 16, 34, 64};
    for (int k = 0; k < 7; k++) {
        check_rope(1, 1, widths[k], 1.0f);
        check_rope(13, 3, widths[k], 1.0f);
        check_rope(13, 2, widths[k], -1.0f);
    }
    check_rope(3000, 1, 64, 1.0f); /* the turning does not drift */
}
END_TEST

START_TEST(test_rope_backward_undoes_forward) {
    oss_require_isa();
    enum { S = 50, H = 3, D = 64, COUNT = S * 3 * H * D };
    static float x[COUNT], before[COUNT], table[S * D];
    oss_fill_f32(x, COUNT, 2, 1.0);
    memcpy(before, x, sizeof x);
    oss_k_rope_table(table, S, D, 10000.0);
    oss_k_rope(x, table, S, H, D, 1.0f);
    ck_assert(memcmp(x, before, sizeof x) != 0);
    oss_k_rope(x, table, S, H, D, -1.0f);
    oss_assert_close_f32_f32(x, before, COUNT, "there and back", 2e-7, 5e-7);
}
END_TEST

START_TEST(test_sinusoidal) {
    const int32_t sizes[][2] = {{1, 1}, {1, 2}, {7, 3}, {10, 16}, {5, 17}, {9, 30}, {4000, 192}};
    for (int k = 0; k < 7; k++) {
        const int32_t s = sizes[k][0], c = sizes[k][1];
        const size_t count = (size_t)s * (size_t)c;
        float *x = take(sizeof(float) * (count + 1));
        double *want = take(sizeof(double) * count);
        oss_fill_f32(x, count + 1, 3, 1.0);
        for (size_t i = 0; i < count; i++) {
            int32_t column = (int32_t)(i % (size_t)c), t = (int32_t)(i / (size_t)c);
            double angle = t * pow(10000.0, -(double)(column / 2 * 2) / c);
            want[i] = (double)x[i] + (column % 2 == 0 ? sin(angle) : cos(angle));
        }
        oss_k_sinusoidal_add(x, s, c, 10000.0);
        oss_assert_close_f32(x, want, count, "sinusoidal", 1e-7, 3e-7);
        ck_assert(x[count] == (float)oss_fill_value(3, count));
        free(x);
        free(want);
    }
}
END_TEST

/* Row after row, in calls of any length: the bytes of one call. */
START_TEST(test_rows_of_a_stream) {
    enum { S = 1000, MOST = 66 };
    static float whole[S * MOST], part[S * MOST];
    const int32_t widths[] = {2, 6, 16, 34, 64, 66};
    for (int k = 0; k < 6; k++) {
        const int32_t d = widths[k];
        oss_turning turning[8];
        ck_assert_int_le(oss_turning_count(d), 8);
        oss_k_rope_table(whole, S, d, 10000.0);
        oss_turning_start(turning, d, 10000.0);
        for (int32_t at = 0, rows = 0; at < S; at += rows) {
            rows = S - at < 1 + at % 37 ? S - at : 1 + at % 37;
            oss_k_rope_rows(part + (size_t)at * (size_t)d, rows, d, turning);
        }
        ck_assert_mem_eq(part, whole, (size_t)S * (size_t)d * sizeof *part);
        oss_fill_f32(whole, S * MOST, 5, 1.0);
        memcpy(part, whole, sizeof part);
        oss_k_sinusoidal_add(whole, S, d - 1, 10000.0);
        oss_turning_start(turning, d - 1, 10000.0);
        for (int32_t at = 0, rows = 0; at < S; at += rows) {
            rows = S - at < 1 + at % 37 ? S - at : 1 + at % 37;
            oss_k_sinusoidal_rows(part + (size_t)at * (size_t)(d - 1), rows, d - 1, turning);
        }
        ck_assert_mem_eq(part, whole, sizeof part);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/position");
    TCase *tcase = tcase_create("position");
    oss_add_each_isa(tcase, test_rope);
    oss_add_each_isa(tcase, test_rope_backward_undoes_forward);
    tcase_add_test(tcase, test_sinusoidal);
    tcase_add_test(tcase, test_rows_of_a_stream);
    suite_add_tcase(suite, tcase);
    return suite;
}
