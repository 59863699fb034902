/* The helpers that other tests stand on. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/fill.h"
#include "support/golden.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/tolerance.h"
#include "support/wav.h"

START_TEST(test_golden_types) {
    oss_golden *golden = oss_golden_load("support");
    size_t count = 0;
    const double *f64 = oss_golden_f64(golden, "f64", &count);
    ck_assert_uint_eq(count, 6);
    ck_assert(f64[1] == -2.5 && f64[2] == 1e-300 && f64[3] == 3.141592653589793 && isinf(f64[4]) &&
              signbit(f64[5]));
    const float *f32 = oss_golden_f32(golden, "f32", &count);
    const double *wide = oss_golden_f64(golden, "f32", NULL);
    ck_assert_uint_eq(count, 24);
    ck_assert(f32[23] == 23.0f / 7.0f && wide[23] == (double)f32[23]);
    const int32_t *i64 = oss_golden_i32(golden, "i64", &count);
    ck_assert_uint_eq(count, 4);
    ck_assert(i64[1] == -1 && i64[2] == INT32_MAX && i64[3] == INT32_MIN);
    ck_assert_double_eq(oss_golden_f64(golden, "i32", NULL)[1], -6.0);
    ck_assert_double_eq(oss_golden_number(golden, "scalar"), 0.125);
    (void)oss_golden_f64(golden, "empty", &count);
    ck_assert_uint_eq(count, 0);
    ck_assert(oss_golden_has(golden, "f64") && !oss_golden_has(golden, "f65"));
    oss_golden_free(golden);
    oss_golden_free(NULL);
}
END_TEST

START_TEST(test_golden_shapes_from_any_folder) {
    ck_assert_int_eq(chdir("/"), 0);
    oss_golden *golden = oss_golden_load("support");
    int64_t dims[8];
    ck_assert_int_eq(oss_golden_dims(golden, "f32", dims), 3);
    ck_assert(dims[0] == 2 && dims[1] == 3 && dims[2] == 4);
    ck_assert_int_eq(oss_golden_dims(golden, "scalar", dims), 0);
    ck_assert_int_eq(oss_golden_dim(golden, "f32", -1), 4);
    ck_assert_int_eq(oss_golden_dim(golden, "empty", 0), 0);
    oss_golden_free(golden);
}
END_TEST

/* The C and the numpy formula give the same bits. */
START_TEST(test_fill_as_in_numpy) {
    oss_golden *golden = oss_golden_load("support");
    size_t count = 0;
    const double *zero = oss_golden_f64(golden, "fill.seed0", &count);
    const double *big = oss_golden_f64(golden, "fill.seed_big", NULL);
    double mine[64];
    ck_assert_uint_eq(count, 64);
    oss_fill_f64(mine, 64, 0, 1.0);
    ck_assert_mem_eq(mine, zero, sizeof mine);
    oss_fill_f64(mine, 64, (UINT64_C(1) << 63) + 12345, 1.0);
    ck_assert_mem_eq(mine, big, sizeof mine);
    float half[64];
    oss_fill_f32(half, 64, 0, 0.5);
    ck_assert(half[3] == (float)(0.5 * zero[3]));
    ck_assert(oss_fill_bits(0, 0) == UINT64_C(0xE220A8397B1DCDAF)); /* splitmix64's first output for seed 0 */
    oss_golden_free(golden);
}
END_TEST

START_TEST(test_errors) {
    const double want[4] = {3.0, 4.0, 0.0, 0.0};
    const float got[4] = {3.0f, 4.0f, 0.5f, 0.0f};
    oss_error error = oss_error_f32(got, want, 4);
    ck_assert_double_eq(error.relative_l2, 0.1);
    ck_assert_double_eq(error.max_abs, 0.5);
    ck_assert_uint_eq(error.worst, 2);
    const double zero[2] = {0.0, 0.0};
    error = oss_error_f32(got, zero, 2);
    ck_assert_double_eq(error.relative_l2, 5.0);
    ck_assert_double_eq(oss_error_f64(want, want, 4).relative_l2, 0.0);
    ck_assert_double_eq(oss_error_f64(want, want, 0).relative_l2, 0.0);
    oss_assert_close_f32(got, want, 4, "these", 0.11, 0.6);
    oss_assert_each_f32(got, want, 4, "these", 0.0, 0.5);
}
END_TEST

START_TEST(test_errors_that_are_not_numbers) {
    const double infinite[2] = {-INFINITY, 1.0};
    const float same[2] = {-INFINITY, 1.0f};
    const float opposite[2] = {INFINITY, 1.0f};
    const float nothing[2] = {NAN, 1.0f};
    ck_assert_double_eq(oss_error_f32(same, infinite, 2).relative_l2, 0.0);
    ck_assert(isinf(oss_error_f32(opposite, infinite, 2).max_abs));
    ck_assert(isinf(oss_error_f32(nothing, infinite, 2).relative_l2));
    const double finite[2] = {0.0, 1.0};
    ck_assert(isinf(oss_error_f32(nothing, finite, 2).max_abs));
    ck_assert(isinf(oss_error_f32(same, finite, 2).relative_l2));
    const double wanted_nan[2] = {NAN, 1.0};
    ck_assert_double_eq(oss_error_f32(nothing, wanted_nan, 2).max_abs, 0.0);
}
END_TEST

/* The assertions do fail: these tests must end in a failure, which test_the_assertions_fail below runs and
 * counts. */
START_TEST(fail_l2) {
    const double want[1] = {1.0};
    const double got[1] = {1.1};
    oss_assert_close_f64(got, want, 1, "l2", 0.05, INFINITY);
}
END_TEST

START_TEST(fail_difference) {
    const double want[1] = {1.0};
    const double got[1] = {1.1};
    oss_assert_close_f64(got, want, 1, "difference", INFINITY, 0.05);
}
END_TEST

START_TEST(fail_nan) {
    const double want[1] = {1.0};
    const float got[1] = {NAN};
    oss_assert_each_f32(got, want, 1, "nan", 1.0, 1e9);
}
END_TEST

START_TEST(fail_missing_golden) {
    (void)oss_golden_load("no such file");
}
END_TEST

START_TEST(fail_missing_tensor) {
    oss_golden *golden = oss_golden_load("support");
    (void)oss_golden_f64(golden, "no such tensor", NULL);
}
END_TEST

START_TEST(fail_inexact_integer) {
    oss_golden *golden = oss_golden_load("support");
    (void)oss_golden_i32(golden, "f32", NULL);
}
END_TEST

START_TEST(test_the_assertions_fail) {
    Suite *suite = suite_create("must fail");
    TCase *fail = tcase_create("fail");
    tcase_add_test(fail, fail_l2);
    tcase_add_test(fail, fail_difference);
    tcase_add_test(fail, fail_nan);
    tcase_add_test(fail, fail_missing_golden);
    tcase_add_test(fail, fail_missing_tensor);
    tcase_add_test(fail, fail_inexact_integer);
    suite_add_tcase(suite, fail);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    ck_assert_int_eq(failed, 6);
}
END_TEST

START_TEST(test_wav_bytes) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "x.wav");
    const int16_t x[4] = {1, -2, 32767, -32768};
    oss_wav_write_pcm16(path, x, 2, 2, 8000);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    static const unsigned char want[52] = {'R', 'I', 'F', 'F',  44, 0, 0, 0,    'W',  'A',  'V',  'E',  'f',
                                           'm', 't', ' ', 16,   0,  0, 0, 1,    0,    2,    0,    0x40, 0x1f,
                                           0,   0,   0,   0x7d, 0,  0, 4, 0,    16,   0,    'd',  'a',  't',
                                           'a', 8,   0,   0,    0,  1, 0, 0xfe, 0xff, 0xff, 0x7f, 0,    0x80};
    ck_assert_int_eq(bytes, 52);
    ck_assert_mem_eq(text, want, 52);
    free(text);
    const float y[1] = {1.0f};
    oss_wav_write_f32(path, y, 1, 1, 16000);
    text = oss_tempdir_read(path, &bytes);
    ck_assert_int_eq(bytes, 48);
    ck_assert_mem_eq(text + 44, "\x00\x00\x80\x3f", 4);
    ck_assert_int_eq(text[20], 3);
    free(text);
    free(path);
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("tests/support");
    TCase *support = tcase_create("support");
    tcase_add_test(support, test_golden_types);
    tcase_add_test(support, test_golden_shapes_from_any_folder);
    tcase_add_test(support, test_fill_as_in_numpy);
    tcase_add_test(support, test_errors);
    tcase_add_test(support, test_errors_that_are_not_numbers);
    tcase_add_test(support, test_the_assertions_fail);
    tcase_add_test(support, test_wav_bytes);
    suite_add_tcase(suite, support);
    return suite;
}
