/* Rooms: the convolution against its definition, the response's reverberation time and direct-to-reverberant
 * ratio measured back, words and energy where they were. */
#include "augment/reverb.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/fill.h"
#include "support/suite.h"

enum { RATE = 16000, MOST = 60000 };

static oss_reverb *make_reverb(int32_t taps) {
    oss_reverb *reverb = NULL;
    ck_assert_int_eq(oss_reverb_create(&reverb, taps), OSS_OK);
    return reverb;
}

static float *make_work(const oss_reverb *reverb) {
    size_t floats = (size_t)oss_reverb_work_floats(reverb);
    float *work = oss_alloc_aligned(floats, sizeof *work);
    ck_assert_ptr_nonnull(work);
    for (size_t i = 0; i < floats; i++) {
        work[i] = NAN;
    }
    return work;
}

static double sum_squares(const double *x, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sum;
}

/* Lengths on both sides of one block, of all lanes of blocks, and of the response. */
START_TEST(test_convolution) {
    static const struct {
        int32_t samples, taps, max_taps;
    } cases[] = {{1, 1, 1},       {5, 700, 700},     {3000, 1, 40},       {2049, 301, 301},
                 {50000, 37, 37}, {40000, 90, 9600}, {30000, 3000, 3000}, {9000, 9600, 9600}};
    static float x[MOST], h[10000];
    static double want[MOST];
    int32_t samples = cases[_i].samples, taps = cases[_i].taps;
    oss_reverb *reverb = make_reverb(cases[_i].max_taps);
    float *work = make_work(reverb);
    double energy = 0, largest = 0;
    for (int32_t i = 0; i < samples; i++) {
        x[i] = (float)oss_fill_value(1, (uint64_t)i);
        energy += (double)x[i] * (double)x[i];
    }
    for (int32_t i = 0; i < taps; i++) {
        h[i] = (float)(oss_fill_value(2, (uint64_t)i) * (i % 7 == 0 ? 1.0 : 0.1));
    }
    for (int32_t i = 0; i < samples; i++) {
        want[i] = 0;
        for (int32_t j = 0; j < taps && j <= i; j++) {
            want[i] += (double)h[j] * (double)x[i - j];
        }
    }
    double scale = sqrt(energy / sum_squares(want, samples));
    oss_reverb_apply(x, samples, h, taps, reverb, work);
    for (int32_t i = 0; i < samples; i++) {
        double error = fabs((double)x[i] - want[i] * scale);
        largest = error > largest ? error : largest;
    }
    ck_assert_msg(largest < 1e-4, "error %g", largest);
    oss_free(work);
    oss_reverb_free(reverb);
}
END_TEST

START_TEST(test_direct_sound_alone_changes_nothing) {
    static float x[20000], before[20000];
    const float h[3] = {0.25f, 0, 0};
    oss_reverb *reverb = make_reverb(3);
    float *work = make_work(reverb);
    for (int32_t i = 0; i < 20000; i++) {
        x[i] = before[i] = (float)oss_fill_value(3, (uint64_t)i);
    }
    oss_reverb_apply(x, 20000, h, 3, reverb, work);
    for (int32_t i = 0; i < 20000; i++) {
        ck_assert_float_eq_tol(x[i], before[i], 1e-5f);
    }
    memset(x, 0, sizeof x);
    oss_reverb_apply(x, 20000, h, 3, reverb, work);
    for (int32_t i = 0; i < 20000; i++) {
        ck_assert(x[i] == 0.0f);
    }
    oss_free(work);
    oss_reverb_free(reverb);
}
END_TEST

/* A click stays where it was and is the largest sample; nothing comes before it. */
START_TEST(test_words_keep_their_times) {
    static float x[MOST], h[MOST];
    enum { AT = 5000, LENGTH = 20000 };
    int32_t taps = oss_reverb_taps(0.4, RATE);
    oss_reverb *reverb = make_reverb(taps);
    float *work = make_work(reverb);
    oss_reverb_make(h, 0.4, 6.0, RATE, 1, 2);
    x[AT] = 0.5f;
    oss_reverb_apply(x, LENGTH, h, taps, reverb, work);
    double energy = 0;
    for (int32_t i = 0; i < LENGTH; i++) {
        ck_assert(i >= AT || fabsf(x[i]) < 1e-5f);
        ck_assert(fabsf(x[i]) <= fabsf(x[AT]));
        energy += (double)x[i] * (double)x[i];
    }
    ck_assert_double_eq_tol(energy, 0.25, 1e-4);
    oss_free(work);
    oss_reverb_free(reverb);
}
END_TEST

/* Schroeder's backward integral of the tail falls by 60 dB in rt60 (ISO 3382: the slope from -5 to -25 dB,
 * times three). */
static double measure_rt60(const float *h, int32_t taps) {
    static double left[MOST];
    double sum = 0;
    for (int32_t i = taps - 1; i > 0; i--) {
        sum += (double)h[i] * (double)h[i];
        left[i] = sum;
    }
    int32_t at_5 = 0, at_25 = 0;
    for (int32_t i = 1; i < taps; i++) {
        double db = 10.0 * log10(left[i] / left[1]);
        at_5 = at_5 == 0 && db < -5 ? i : at_5;
        at_25 = at_25 == 0 && db < -25 ? i : at_25;
    }
    return 3.0 * (at_25 - at_5) / (double)RATE;
}

START_TEST(test_response_is_as_drawn) {
    static float h[MOST];
    for (double rt60_s = 0.1; rt60_s < 0.65; rt60_s += 0.1) {
        double drr_db = 30.0 * rt60_s - 3.0, mean = 0, tail = 0;
        int32_t taps = oss_reverb_taps(rt60_s, RATE);
        ck_assert_int_eq(taps, (int32_t)(rt60_s * (double)RATE));
        for (uint32_t key = 0; key < 8; key++) {
            tail = 0;
            oss_reverb_make(h, rt60_s, drr_db, RATE, 5, key);
            mean += measure_rt60(h, taps) / 8;
            for (int32_t i = 1; i < taps; i++) {
                tail += (double)h[i] * (double)h[i];
                ck_assert(i > 40 || h[i] == 0.0f);
            }
            ck_assert_double_eq_tol(10.0 * log10((double)h[0] * (double)h[0] / tail), drr_db, 0.01);
        }
        ck_assert_msg(fabs(mean / rt60_s - 1.0) < 0.05, "%g s measured, %g drawn", mean, rt60_s);
    }
}
END_TEST

START_TEST(test_shortest_and_longest) {
    float h[1] = {9};
    ck_assert_int_eq(oss_reverb_taps(1e-9, RATE), 1);
    ck_assert_int_eq(oss_reverb_taps(3, 192000), OSS_REVERB_MAX_TAPS);
    oss_reverb_make(h, 1e-9, 3, RATE, 1, 1);
    ck_assert(h[0] == 1.0f);
    oss_reverb *reverb = make_reverb(1 << 30);
    ck_assert_int_eq(oss_reverb_max_taps(reverb), OSS_REVERB_MAX_TAPS);
    oss_reverb_free(reverb);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("reverb");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, test_convolution, 0, 8);
    tcase_add_test(all, test_direct_sound_alone_changes_nothing);
    tcase_add_test(all, test_words_keep_their_times);
    tcase_add_test(all, test_response_is_as_drawn);
    tcase_add_test(all, test_shortest_and_longest);
    suite_add_tcase(suite, all);
    return suite;
}
