/* The telephone band: its response to tones in dB, against Butterworth's formula, and mu-law's steps. */
#include "augment/telephone.h"

#include <math.h>
#include <stdlib.h>

#include "support/suite.h"

static const double PI = 3.14159265358979323846;

/* dB of a tone that passes through; the first half is left for the filters to settle. */
static double measure_tone(double hz, int32_t rate_hz, bool mu_law) {
    enum { LENGTH = 32000 };
    static float y[LENGTH];
    double re = 0, im = 0;
    for (int32_t i = 0; i < LENGTH; i++) {
        y[i] = (float)(0.5 * sin(2.0 * PI * hz * i / rate_hz));
    }
    oss_telephone_apply(y, LENGTH, rate_hz, mu_law);
    for (int32_t i = LENGTH / 2; i < LENGTH; i++) {
        double window = 0.5 - 0.5 * cos(2.0 * PI * i / (LENGTH / 2));
        re += window * (double)y[i] * cos(2.0 * PI * hz * i / rate_hz);
        im += window * (double)y[i] * sin(2.0 * PI * hz * i / rate_hz);
    }
    return 20.0 * log10(sqrt(re * re + im * im) / (0.5 * (double)LENGTH / 8));
}

/* |H|^2 = 1 / (1 + (tan(pi c / r) / tan(pi f / r))^8) / (1 + (tan(pi f / r) / tan(pi C / r))^16) */
static double butterworth(double hz, int32_t rate_hz) {
    double w = tan(PI * hz / rate_hz);
    double low = tan(PI * 300 / rate_hz) / w, high = w / tan(PI * 3400 / rate_hz);
    return -10.0 * log10((1.0 + pow(low, 8)) * (1.0 + pow(high, 16)));
}

START_TEST(test_band) {
    static const double tone[] = {100, 200, 300, 500, 1000, 2000, 3000, 3400, 4000, 5000};
    static const int32_t rate[] = {16000, 22050, 48000};
    for (size_t r = 0; r < 3; r++) {
        for (size_t i = 0; i < sizeof tone / sizeof *tone; i++) {
            double got = measure_tone(tone[i], rate[r], false), want = butterworth(tone[i], rate[r]);
            ck_assert_msg(fabs(got - want) < 0.05, "%g Hz of %d: %.2f dB, expected %.2f", tone[i], rate[r],
                          got, want);
        }
    }
    ck_assert_double_le(measure_tone(100, 16000, false), -38.0);
    ck_assert_double_eq_tol(measure_tone(1000, 16000, false), 0.0, 0.01);
    ck_assert_double_le(measure_tone(5000, 16000, false), -44.0);
}
END_TEST

START_TEST(test_other_rates) {
    ck_assert_double_eq_tol(measure_tone(1000, 8000, false), 0.0, 0.05);
    ck_assert_double_eq_tol(measure_tone(2900, 6000, false), 0.0, 0.05); /* no low-pass */
    ck_assert_double_eq_tol(measure_tone(1000, 16000, true), 0.0, 0.2);
}
END_TEST

/* 255 values, the nearest of which is taken; steps double from 2 to 256 of 8192. */
START_TEST(test_mu_law) {
    int32_t values = 0;
    float before = -2.0f;
    for (int32_t i = -9000; i <= 9000; i++) {
        float x = (float)i / 8192.0f, y = oss_telephone_mu_law(x);
        ck_assert(y >= before && y == -oss_telephone_mu_law(-x));
        ck_assert(oss_telephone_mu_law(y) == y);
        values += y != before;
        before = y;
        double step = exp2(fmax(1.0, floor(log2(fmin(fabs((double)i), 8158.0) + 33.0)) - 4.0));
        ck_assert(abs(i) > 8158 || fabs((double)(y - x)) * 8192.0 <= step / 2);
    }
    ck_assert_int_eq(values, 255);
    ck_assert(oss_telephone_mu_law(0.0f) == 0.0f);
    ck_assert_float_eq(oss_telephone_mu_law(7.0f), 8031.0f / 8192.0f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("telephone");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_band);
    tcase_add_test(all, test_other_rates);
    tcase_add_test(all, test_mu_law);
    suite_add_tcase(suite, all);
    return suite;
}
