/* Changes of speed: tones of the pass band come out within 60 dB, those above the new band do not come out,
 * and every length and edge is what the equation says. */
#include "augment/speed.h"

#include <math.h>
#include <string.h>

#include "support/faults.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { SAMPLES = 6000, MOST = 2 * SAMPLES + 1, EDGE = 140 };

static const double PI = 3.14159265358979323846;
static const double factors[] = {0.5, 0.77, 0.9, 0.997, 1.003, 1.05, 1.0905077, 1.1, 1.37, 1.9, 2.0};
enum { FACTORS = sizeof factors / sizeof factors[0] };

static oss_speed_bank *make_bank(double max_factor) {
    oss_speed_bank *bank = NULL;
    oss_status status = oss_speed_create(&bank, max_factor);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return bank;
}

/* cycles: per sample. */
static void make_tone(float *x, int32_t n, double cycles) {
    for (int32_t i = 0; i < n; i++) {
        x[i] = (float)(0.7 * sin(2.0 * PI * cycles * i + 0.3));
    }
}

/* 10 log10 of the power of y - gain * (the tone at its new pitch) against the tone's, away from the edges. */
static double measure_error_db(const float *y, int64_t n, double cycles, double gain) {
    double error = 0;
    int64_t count = 0;
    for (int64_t i = EDGE; i < n - EDGE; i++) {
        double want = gain * 0.7 * sin(2.0 * PI * cycles * (double)i + 0.3);
        error += ((double)y[i] - want) * ((double)y[i] - want);
        count++;
    }
    return 10.0 * log10(error / (double)count / (0.7 * 0.7 / 2.0));
}

START_TEST(test_tones) {
    oss_require_isa();
    static float x[SAMPLES], y[MOST];
    oss_speed_bank *bank = make_bank(2.0);
    for (int f = 0; f < FACTORS; f++) {
        double factor = factors[f];
        double pass = 0.5 * (factor > 1.0 ? 0.78 / factor : 0.86); /* of the input's band */
        int64_t n = oss_speed_length(SAMPLES, factor);
        for (int t = 0; t <= 12; t++) {
            double cycles = pass * t / 12.0 + (t == 0 ? 1e-4 : 0.0);
            make_tone(x, SAMPLES, cycles);
            oss_speed_change(y, x, SAMPLES, factor, bank);
            double db = measure_error_db(y, n, cycles * factor, 1.0);
            ck_assert_msg(db < -60.0, "factor %g, tone at %g of the rate: error %.1f dB", factor, cycles, db);
        }
    }
    oss_speed_free(bank);
}
END_TEST

START_TEST(test_what_would_fold_is_gone) {
    oss_require_isa();
    static float x[SAMPLES], y[MOST];
    oss_speed_bank *bank = make_bank(2.0);
    for (int f = 0; f < FACTORS; f++) {
        double low = 0.5 / factors[f];
        for (int t = 1; t < 6 && factors[f] > 1.04; t++) {
            double cycles = low + (0.5 - low) * t / 6.0;
            make_tone(x, SAMPLES, cycles);
            oss_speed_change(y, x, SAMPLES, factors[f], bank);
            double db = measure_error_db(y, oss_speed_length(SAMPLES, factors[f]), 0.0, 0.0);
            ck_assert_msg(db < -60.0, "factor %g, tone at %g of the rate: %.1f dB left", factors[f], cycles,
                          db);
        }
    }
    oss_speed_free(bank);
}
END_TEST

START_TEST(test_lengths) {
    ck_assert_int_eq(oss_speed_length(16000, 1.0), 16000);
    ck_assert_int_eq(oss_speed_length(16000, 1.1), 14545);
    ck_assert_int_eq(oss_speed_length(16000, 0.9), 17778);
    ck_assert_int_eq(oss_speed_length(3, 2.0), 2); /* 1.5 */
    ck_assert_int_eq(oss_speed_length(1, 2.0), 1);
    ck_assert_int_eq(oss_speed_length(1, 0.5), 2);
    ck_assert_int_eq(oss_speed_length(INT64_C(3600) * 192000, 0.5), INT64_C(7200) * 192000);
}
END_TEST

START_TEST(test_factor_one_is_identity) {
    float x[1000], y[1000];
    oss_speed_bank *bank = make_bank(1.0);
    oss_fill_f32(x, 1000, 5, 1.0);
    oss_speed_change(y, x, 1000, 1.0, bank);
    ck_assert_mem_eq(x, y, sizeof x);
    oss_speed_free(bank);
}
END_TEST

/* A short signal must be what a long one with silence around it is: the edges are no special case. */
START_TEST(test_edges_are_silence) {
    oss_require_isa();
    enum { PAD = 300 };
    static float padded[2 * PAD + 400], bare[402], y[900], around[3000];
    oss_speed_bank *bank = make_bank(2.0);
    for (int32_t n = 1; n < 400; n += n < 20 ? 1 : 37) {
        for (int f = 0; f < FACTORS; f++) {
            double factor = factors[f];
            int32_t lead = (int32_t)(factor * 256.0 + 0.5); /* whole outputs for factors that are halves */
            if (fabs(factor * 256.0 - lead) > 1e-9) {
                continue;
            }
            for (int32_t i = 0; i < 2 * PAD + 400; i++) {
                padded[i] = 0.0f;
            }
            oss_fill_f32(padded + lead, (size_t)n, (uint64_t)n, 1.0);
            oss_fill_garbage_f32(y, 900);
            bare[0] = bare[n + 1] = NAN; /* must not be read */
            memcpy(bare + 1, padded + lead, (size_t)n * sizeof *bare);
            int64_t length = oss_speed_length(n, factor);
            float after = y[length];
            oss_speed_change(y, bare + 1, n, factor, bank);
            oss_speed_change(around, padded, 2 * PAD + 400, factor, bank);
            int64_t skip = llround(lead / factor);
            oss_assert_close_f32_f32(y, around + skip, (size_t)length, "edges", 1e-6, 1e-6);
            ck_assert(y[length] == after);
        }
    }
    oss_speed_free(bank);
}
END_TEST

START_TEST(test_constant_stays) {
    static float x[SAMPLES], y[MOST];
    oss_speed_bank *bank = make_bank(1.1);
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = 0.5f;
    }
    for (int f = 0; f < FACTORS && factors[f] <= 1.1; f++) {
        oss_speed_change(y, x, SAMPLES, factors[f], bank);
        for (int64_t i = EDGE; i < oss_speed_length(SAMPLES, factors[f]) - EDGE; i++) {
            ck_assert_msg(fabsf(y[i] - 0.5f) < 1e-6f, "factor %g: %g", factors[f], (double)y[i]);
        }
    }
    oss_speed_free(bank);
}
END_TEST

START_TEST(test_refusals_and_memory) {
    oss_speed_bank *bank = NULL;
    ck_assert_int_eq(oss_speed_create(&bank, 2.01), OSS_EUSAGE);
    ck_assert_int_eq(oss_speed_create(&bank, 0.4), OSS_EUSAGE);
    ck_assert_int_eq(oss_speed_create(&bank, NAN), OSS_EUSAGE);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_speed_create(&bank, 1.1);
        if (status == OSS_OK) {
            ck_assert_int_gt(k, 2);
            break;
        }
        ck_assert_int_eq(status, OSS_ENOMEM);
        ck_assert_ptr_null(bank);
    }
    oss_faults_remove();
    oss_speed_free(bank);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("speed");
    TCase *all = tcase_create("all");
    oss_add_each_isa(all, test_tones);
    oss_add_each_isa(all, test_what_would_fold_is_gone);
    tcase_add_test(all, test_lengths);
    tcase_add_test(all, test_factor_one_is_identity);
    oss_add_each_isa(all, test_edges_are_silence);
    tcase_add_test(all, test_constant_stays);
    tcase_add_test(all, test_refusals_and_memory);
    suite_add_tcase(suite, all);
    return suite;
}
