/* Babble of known tones, recordings that go round, and the level at which they are added. */
#include "augment/noise_mix.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/fill.h"
#include "support/suite.h"

enum { VOICES = 10, LENGTH = 16000 };
static const double PI = 3.14159265358979323846;

/* Voice v: 16000 samples of a tone of 100 (v + 1) periods, so that it goes round without a seam; each is as
 * loud as it likes. */
static void make_voices(oss_clip clip[VOICES]) {
    for (int32_t v = 0; v < VOICES; v++) {
        clip[v] =
            (oss_clip){.value = oss_alloc(LENGTH, sizeof(int16_t)), .samples = LENGTH, .scale = 0x1p-15f};
        for (int32_t i = 0; i < LENGTH; i++) {
            double phase = 2.0 * PI * 100 * (v + 1) * i / (double)LENGTH;
            clip[v].value[i] = (int16_t)lrint(1000.0 * (v + 1) * sin(phase));
        }
    }
}

static void free_voices(oss_clip clip[VOICES]) {
    for (int32_t v = 0; v < VOICES; v++) {
        oss_clip_deinit(&clip[v]);
    }
}

/* Mean square of the tone of voice v in y[LENGTH]. */
static double measure_voice(const float *y, int32_t v) {
    double re = 0, im = 0;
    for (int32_t i = 0; i < LENGTH; i++) {
        double phase = 2.0 * PI * 100 * (v + 1) * i / (double)LENGTH;
        re += (double)y[i] * cos(phase);
        im += (double)y[i] * sin(phase);
    }
    return 2.0 * (re * re + im * im) / ((double)LENGTH * (double)LENGTH);
}

static double power(const float *x, int32_t n) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

/* Each voice that was drawn is there once for each time, at a mean square of 1, and no other. */
START_TEST(test_babble_of_tones) {
    static float y[LENGTH];
    oss_clip clip[VOICES];
    make_voices(clip);
    int32_t alone = 0;
    for (uint32_t key = 0; key < 40; key++) {
        oss_babble babble = oss_babble_draw(VOICES, 3, 1, key);
        int32_t times[VOICES] = {0};
        for (int32_t v = 0; v < babble.voices; v++) {
            times[babble.clip[v]]++;
        }
        oss_babble_mix(y, LENGTH, &babble, clip);
        ck_assert_int_eq(times[3], 0);
        for (int32_t v = 0; v < VOICES; v++) {
            if (times[v] <= 1) { /* twice the same tone interferes with itself */
                ck_assert_double_eq_tol(measure_voice(y, v), times[v], 1e-3);
                alone += times[v];
            }
        }
    }
    ck_assert_int_gt(alone, 80);
    free_voices(clip);
}
END_TEST

START_TEST(test_who_speaks) {
    enum { DRAWS = 6000 };
    int32_t number[OSS_BABBLE_MAX_VOICES + 1] = {0}, chosen[VOICES] = {0}, all = 0;
    for (uint32_t key = 0; key < DRAWS; key++) {
        oss_babble babble = oss_babble_draw(VOICES, 0, 9, key);
        ck_assert_int_ge(babble.voices, OSS_BABBLE_MIN_VOICES);
        ck_assert_int_le(babble.voices, OSS_BABBLE_MAX_VOICES);
        number[babble.voices]++;
        for (int32_t v = 0; v < babble.voices; v++) {
            ck_assert(babble.place[v] >= 0 && babble.place[v] < 1);
            chosen[babble.clip[v]]++;
            all++;
        }
    }
    for (int32_t n = OSS_BABBLE_MIN_VOICES; n <= OSS_BABBLE_MAX_VOICES; n++) {
        ck_assert_double_eq_tol(number[n] / (double)DRAWS, 1.0 / 6, 0.03);
    }
    ck_assert_int_eq(chosen[0], 0);
    for (int32_t v = 1; v < VOICES; v++) {
        ck_assert_double_eq_tol(chosen[v] / (double)all, 1.0 / 9, 0.02);
    }
    ck_assert_int_eq(oss_babble_draw(1, 0, 1, 1).voices, 0);
    ck_assert_int_eq(oss_babble_draw(0, -1, 1, 1).voices, 0);
    ck_assert_int_ge(oss_babble_draw(1, -1, 1, 1).voices, OSS_BABBLE_MIN_VOICES);
    ck_assert_int_ge(oss_babble_draw(2, 1, 1, 1).voices, OSS_BABBLE_MIN_VOICES);
}
END_TEST

START_TEST(test_silent_voices) {
    float y[10];
    int16_t zero[4] = {0};
    const oss_clip clip[2] = {{.value = zero, .samples = 4, .scale = 1}, {0}};
    oss_babble babble = {.voices = 2, .clip = {0, 1}, .place = {0.5, 0.5}};
    oss_babble_mix(y, 10, &babble, clip);
    for (int i = 0; i < 10; i++) {
        ck_assert(y[i] == 0.0f);
    }
}
END_TEST

START_TEST(test_a_recording_goes_round) {
    int16_t value[5] = {10, 20, 30, 40, 50};
    const oss_clip clip = {.value = value, .samples = 5, .scale = 0.5f};
    const float want[12] = {20, 25, 5, 10, 15, 20, 25, 5, 10, 15, 20, 25};
    float y[12];
    oss_noise_loop(y, 12, &clip, 3);
    ck_assert_mem_eq(y, want, sizeof y);
    oss_noise_loop(y, 2, &clip, 3);
    ck_assert_mem_eq(y, want, sizeof y);
}
END_TEST

START_TEST(test_level) {
    static float x[LENGTH], y[LENGTH], noise[LENGTH];
    oss_clip clip[VOICES];
    make_voices(clip);
    for (double snr_db = -10; snr_db <= 40; snr_db += 5) {
        for (int kind = 0; kind < 3; kind++) {
            oss_babble babble = oss_babble_draw(VOICES, -1, 1, (uint32_t)(snr_db + 10));
            if (kind == 0) {
                oss_babble_mix(noise, LENGTH, &babble, clip);
            } else if (kind == 1) {
                oss_noise_loop(noise, LENGTH, &clip[2], 77);
            } else {
                oss_noise_pink(noise, LENGTH, 3, 4);
            }
            oss_fill_f32(x, LENGTH, 1, 0.3);
            memcpy(y, x, sizeof x);
            oss_noise_add(y, noise, LENGTH, snr_db);
            double signal = power(x, LENGTH);
            for (int32_t i = 0; i < LENGTH; i++) {
                x[i] = y[i] - x[i];
            }
            double got = 10.0 * log10(signal / power(x, LENGTH));
            ck_assert_msg(fabs(got - snr_db) < 0.01, "%g dB, asked for %g", got, snr_db);
        }
    }
    free_voices(clip);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("noise mix");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_babble_of_tones);
    tcase_add_test(all, test_who_speaks);
    tcase_add_test(all, test_silent_voices);
    tcase_add_test(all, test_a_recording_goes_round);
    tcase_add_test(all, test_level);
    suite_add_tcase(suite, all);
    return suite;
}
