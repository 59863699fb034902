#include "kernel/int8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/exact.h"
#include "support/suite.h"

/* ---- weights ---- */

START_TEST(test_row) {
    const float w[] = {-0.5F, 0.25F, 0.127F, 0.0F, 0.0019F, 0.5F};
    int8_t q[6];
    float scale = oss_k_int8_row(q, w, 6);
    ck_assert_float_ge(scale, 0.5F / 127);
    ck_assert_float_le(scale, 0.5F / 127 * (1 + 0x1p-15F));
    const int8_t want[] = {-127, 63, 32, 0, 0, 127}; /* 0.25 lies just below the tie of 63 and 64 */
    ck_assert_mem_eq(q, want, sizeof want);
    ck_assert_float_eq(oss_k_int8_row(NULL, w, 6), scale);
}
END_TEST

/* What was quantised gives the same numbers again, exactly. */
START_TEST(test_row_again) {
    enum { N = 61, ROWS = 2000 };
    for (uint64_t seed = 0; seed < ROWS; seed++) {
        float *w = oss_exact_filled(N, seed);
        int8_t q[N], again[N];
        for (int i = 0; i < N; i++) {
            w[i] = ldexpf(w[i], (int)(seed % 140) - 90);
        }
        float scale = oss_k_int8_row(q, w, N);
        for (int i = 0; i < N; i++) {
            ck_assert_double_le(fabs((double)w[i] - q[i] * (double)scale), (double)scale * 0.50001);
            w[i] = q[i] * scale;
        }
        ck_assert_float_eq(oss_k_int8_row(again, w, N), scale);
        ck_assert_mem_eq(q, again, N);
        free(w);
    }
}
END_TEST

START_TEST(test_row_without_numbers) {
    int8_t q[3] = {1, 2, 3};
    const int8_t zeros[3] = {0};
    ck_assert_float_eq(oss_k_int8_row(q, (float[]){0.0F, -0.0F, 0x1p-120F}, 3), 0.0F);
    ck_assert_mem_eq(q, zeros, 3);
    memset(q, 1, 3);
    ck_assert(isnan(oss_k_int8_row(q, (float[]){1.0F, NAN, 2.0F}, 3)));
    ck_assert_mem_eq(q, zeros, 3);
    ck_assert(isnan(oss_k_int8_row(NULL, (float[]){1.0F, 0.0F, -INFINITY}, 3)));
    ck_assert_float_eq(oss_k_int8_row(NULL, NULL, 0), 0.0F);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/int8");
    TCase *weights = tcase_create("weights");
    tcase_add_test(weights, test_row);
    tcase_add_test(weights, test_row_again);
    tcase_add_test(weights, test_row_without_numbers);
    suite_add_tcase(suite, weights);
    return suite;
}
