/* How loud a recording is said to be, and which ones are made louder. */
#include "audio/level.h"

#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/suite.h"

enum { RATE = 16000, SAMPLES = 3 * RATE };

static float x[SAMPLES], y[SAMPLES];

/* A tone whose variance is `db` below 1 in the samples [from, to), zeros elsewhere, all of it on `offset`. */
static void make_tone(double db, int32_t from, int32_t to, float offset) {
    double height = sqrt(2.0) * pow(10.0, db / 20.0);
    for (int32_t i = 0; i < SAMPLES; i++) {
        x[i] =
            offset +
            (float)(i >= from && i < to ? height * sin(2 * 3.14159265358979 * 440 * i / (double)RATE) : 0.0);
    }
}

/* As a recording of the usual level of models that know none. */
static double raise_quiet(int64_t samples) {
    return oss_audio_raise_quiet(x, samples, oss_audio_speech_level(x, samples, RATE), OSS_LEVEL_USUAL_DB);
}

START_TEST(test_level_is_that_of_what_sounds) {
    const int32_t to[] = {SAMPLES, RATE, RATE / 5};
    for (int i = 0; i < 3; i++) {
        for (double db = -70; db < 0; db += 12.3) {
            make_tone(db, 0, to[i], 0);
            ck_assert_double_eq_tol(oss_audio_speech_level(x, SAMPLES, RATE), db, 0.01);
            make_tone(db, 0, to[i], 0.25f);
            ck_assert_double_eq_tol(oss_audio_speech_level(x, SAMPLES, RATE), db, 0.01);
        }
    }
    make_tone(-20, 0, RATE, 0); /* noise 40 dB below speech is a pause, 20 dB below it is not */
    for (int32_t i = RATE; i < SAMPLES; i++) {
        x[i] = (float)(0.001 * sqrt(3.0) * oss_fill_value(1, (uint64_t)i));
    }
    ck_assert_double_eq_tol(oss_audio_speech_level(x, SAMPLES, RATE), -20, 0.01);
    for (int32_t i = RATE; i < SAMPLES; i++) {
        x[i] *= 10.0f;
    }
    ck_assert_double_eq_tol(oss_audio_speech_level(x, SAMPLES, RATE), 10 * log10((0.01 + 2 * 0.0001) / 3),
                            0.1);
}
END_TEST

START_TEST(test_nothing_sounds) {
    memset(x, 0, sizeof x);
    ck_assert(oss_audio_speech_level(x, SAMPLES, RATE) == -HUGE_VAL);
    ck_assert_double_eq(raise_quiet(SAMPLES), 0);
    x[0] = 0.5f;
    ck_assert(oss_audio_speech_level(x, 1, RATE) == -HUGE_VAL);
    ck_assert_double_eq(raise_quiet(1), 0);
}
END_TEST

/* What is loud enough keeps its bits, and so does what is next to nothing. */
START_TEST(test_only_quiet_recordings_are_raised) {
    const double untouched[] = {-3, -20, -39.9, -80.1, -100};
    for (int i = 0; i < 5; i++) {
        make_tone(untouched[i], 0, SAMPLES, 0);
        memcpy(y, x, sizeof y);
        ck_assert_double_eq(raise_quiet(SAMPLES), 0);
        ck_assert_mem_eq(x, y, sizeof y);
    }
    for (double db = -79.9; db < -40; db += 10) {
        make_tone(db, 0, RATE, 0);
        memcpy(y, x, sizeof y);
        double gain_db = raise_quiet(SAMPLES);
        ck_assert_double_eq_tol(gain_db, -26 - db, 0.01);
        ck_assert_double_eq_tol(oss_audio_speech_level(x, SAMPLES, RATE), -26, 0.01);
        for (int32_t i = 0; i < SAMPLES; i++) {
            ck_assert(fabs((double)x[i] - (double)y[i] * pow(10, gain_db / 20)) <= 1e-6 * fabs((double)x[i]));
        }
    }
}
END_TEST

/* 14 dB below what is usual, wherever that is. */
START_TEST(test_what_is_usual) {
    for (double usual_db = -40; usual_db < -5; usual_db += 7) {
        make_tone(usual_db - 13.9, 0, SAMPLES, 0);
        ck_assert_double_eq(oss_audio_raise_quiet(x, SAMPLES, usual_db - 13.9, usual_db), 0);
        make_tone(usual_db - 14.1, 0, SAMPLES, 0);
        ck_assert_double_eq_tol(oss_audio_raise_quiet(x, SAMPLES, usual_db - 14.1, usual_db), 14.1, 1e-9);
        ck_assert_double_eq_tol(oss_audio_speech_level(x, SAMPLES, RATE), usual_db, 0.01);
    }
}
END_TEST

/* A click of full scale is not speech: it does not keep the recording quiet. */
START_TEST(test_a_click_does_not_count) {
    make_tone(-60, 0, SAMPLES, 0);
    x[100] = 0.03f;
    ck_assert_double_ge(raise_quiet(SAMPLES), 25);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/level");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_level_is_that_of_what_sounds);
    tcase_add_test(all, test_nothing_sounds);
    tcase_add_test(all, test_only_quiet_recordings_are_raised);
    tcase_add_test(all, test_what_is_usual);
    tcase_add_test(all, test_a_click_does_not_count);
    suite_add_tcase(suite, all);
    return suite;
}
