/* Weights and rows as integers, on every path the same bits. */
#include "kernel/int8_cases.h"
#include "support/suite.h"

/* ---- weights ---- */

START_TEST(test_row) {
    const float w[] = {-0.5F, 0.25F, 0.127F, 0.0F, 0.0019F, 0.5F};
    int8_t q[6];
    float scale = oss_k_int8_row(q, w, 6);
    ck_assert_double_ge((double)scale, (double)(0.5F / 127));
    ck_assert_double_le((double)scale, (double)(0.5F / 127 * (1 + 0x1p-15F)));
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

/* ---- rows ---- */

static void check_rows(int32_t columns, int32_t pad, double scale, bool through_gelu) {
    enum { ROWS = 3 };
    size_t bytes = oss_int8_row_bytes(columns, pad);
    float *x = oss_exact_filled((size_t)(ROWS * columns), (uint64_t)columns);
    for (int32_t i = 0; i < ROWS * columns; i++) {
        x[i] = (float)(scale * (double)x[i]);
    }
    uint8_t *rows = make_rows(x, ROWS, columns, pad, through_gelu);
    for (int32_t r = 0; r < ROWS; r++) {
        const uint8_t *row = rows + (size_t)r * bytes;
        double unit = (double)head_of(row).scale, largest = 0.0;
        for (int32_t i = 0; i < columns; i++) {
            double want = (double)x[r * columns + i];
            want = through_gelu ? gelu(want) : want;
            largest = fmax(largest, fabs(want));
            ck_assert_double_le(fabs(value_at(row, pad, i) - want),
                                0.5001 * unit + (through_gelu ? 3.2e-4 : 0.0));
        }
        ck_assert_double_le(unit, through_gelu ? (largest + 0.171) / 253.9 : largest / 126.9);
        for (int32_t i = OSS_INT8_HEAD_BYTES; i < (int32_t)bytes; i++) { /* zeros on both sides */
            int32_t at = i - OSS_INT8_HEAD_BYTES - pad;
            ck_assert(at >= 0 && at < columns ? true : row[i] == head_of(row).zero);
        }
    }
    free(x);
    free(rows);
}

START_TEST(test_rows) {
    static const int32_t columns[] = {1, 3, 16, 29, 64, 131};
    static const double scales[] = {1e-12, 0.1, 1.0, 9.0, 1e6};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
            check_rows(columns[c], 0, scales[s], false);
            check_rows(columns[c], 5, scales[s], true);
        }
    }
}
END_TEST

/* Every row alone: what stands in another changes nothing. */
START_TEST(test_rows_alone) {
    enum { COLUMNS = 37, BYTES = 48 };
    ck_assert_uint_eq(oss_int8_row_bytes(COLUMNS, 0), BYTES);
    float *x = oss_exact_filled(2 * COLUMNS, 3);
    uint8_t *both = make_rows(x, 2, COLUMNS, 0, true);
    uint8_t *second = make_rows(x + COLUMNS, 1, COLUMNS, 0, true);
    ck_assert_mem_eq(both + BYTES, second, BYTES);
    free(x);
    free(both);
    free(second);
}
END_TEST

/* At every place of a row, in vectors and in the tail. */
START_TEST(test_rows_that_are_not_finite) {
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    enum { COLUMNS = 41 };
    for (int32_t i = 0; i < COLUMNS * 8; i++) {
        bool through_gelu = i % 2 == 1;
        float *x = oss_exact_filled(COLUMNS, 5);
        x[i / 8] = bad[i / 2 % 4];
        uint8_t *row = make_rows(x, 1, COLUMNS, 0, through_gelu);
        ck_assert(isnan(head_of(row).scale));
        free(row);
        free(x);
    }
}
END_TEST

START_TEST(test_rows_of_nothing) {
    float *x = oss_exact_floats(19);
    for (int i = 0; i < 19; i++) {
        x[i] = i % 2 == 0 ? 0.0F : -0x1p-130F;
    }
    uint8_t *row = make_rows(x, 1, 19, 0, false), *positive = make_rows(x, 1, 19, 0, true);
    for (int i = 0; i < 19; i++) {
        ck_assert_double_eq(value_at(row, 0, i), 0.0);
        ck_assert_double_eq(value_at(positive, 0, i), 0.0);
    }
    free(x);
    free(row);
    free(positive);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/int8_rows");
    TCase *weights = tcase_create("weights"), *rows = tcase_create("rows");
    tcase_add_test(weights, test_row);
    tcase_add_test(weights, test_row_again);
    tcase_add_test(weights, test_row_without_numbers);
    tcase_add_test(rows, test_rows);
    tcase_add_test(rows, test_rows_alone);
    tcase_add_test(rows, test_rows_that_are_not_finite);
    tcase_add_test(rows, test_rows_of_nothing);
    suite_add_tcase(suite, weights);
    suite_add_tcase(suite, rows);
    return suite;
}
