#include <math.h>

#include "audio/measure.h"
#include "support/suite.h"

START_TEST(test_levels) {
    const float x[] = {0.5f, -0.25f, 0.75f, 0.0f, 0.5f, 0.5f, -0.25f, 0.0f, 0.25f, -1.0f, 0.1f};
    double sum = 0, squares = 0;
    for (int i = 0; i < 11; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    oss_audio_measure measure = oss_audio_measure_samples(x, 11);
    ck_assert_int_eq(measure.samples, 11);
    ck_assert_double_eq(measure.peak, 1.0);
    ck_assert_double_eq_tol(measure.mean, sum / 11, 1e-12);
    ck_assert_double_eq_tol(measure.deviation, sqrt(squares / 11 - sum / 11 * sum / 11), 1e-12);
    ck_assert_int_eq(measure.clipped_samples, 0); /* one sample is no flat top */
}
END_TEST

START_TEST(test_moments) {
    const float few[] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3};
    ck_assert_double_eq(oss_audio_find_moments(few, 10).variance, 1.0);
    ck_assert_double_eq(oss_audio_find_moments(few, 10).mean, 2.0);
    ck_assert_double_eq(oss_audio_find_moments(few, 1).variance, 0.0);
    float x[16000]; /* a tone of -20 dB beside an offset */
    for (int i = 0; i < 16000; i++) {
        x[i] = (float)(0.5 + sqrt(0.02) * sin(2 * 3.14159265358979 * 440 * i / 16000.0));
    }
    ck_assert_double_eq_tol(oss_audio_find_moments(x, 16000).variance, 0.01, 1e-7);
}
END_TEST

START_TEST(test_constant) {
    const float x[] = {0.3f, 0.3f, 0.3f, 0.3f, 0.3f};
    oss_audio_measure measure = oss_audio_measure_samples(x, 5);
    ck_assert_double_eq_tol(measure.mean, 0.3, 1e-7);
    ck_assert_double_lt(measure.deviation, 1e-7);
}
END_TEST

/* Runs of two, three and four, of both signs. */
START_TEST(test_clipping) {
    const float x[] = {1, 1, 0, -1, 1, -1.5f, 0.99f, 0.9995f, 1, 1, 1, 0};
    ck_assert_int_eq(oss_audio_measure_samples(x, 12).clipped_samples, 3 + 4);
    ck_assert_int_eq(oss_audio_measure_samples(x, 9).clipped_samples, 3);
}
END_TEST

START_TEST(test_hash_is_of_all_samples) {
    float x[100] = {0};
    uint64_t before = oss_audio_measure_samples(x, 100).hash;
    ck_assert_uint_eq(oss_audio_measure_samples(x, 100).hash, before);
    ck_assert_uint_ne(oss_audio_measure_samples(x, 99).hash, before);
    x[99] = 1e-30f;
    ck_assert_uint_ne(oss_audio_measure_samples(x, 100).hash, before);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/measure");
    TCase *tests = tcase_create("measure");
    tcase_add_test(tests, test_levels);
    tcase_add_test(tests, test_moments);
    tcase_add_test(tests, test_constant);
    tcase_add_test(tests, test_clipping);
    tcase_add_test(tests, test_hash_is_of_all_samples);
    suite_add_tcase(suite, tests);
    return suite;
}
