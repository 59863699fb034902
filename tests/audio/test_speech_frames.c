/* Statistics over speech: silence around it, a click and a gain change little or nothing. */
#include "audio/speech_frames.h"

#include <math.h>
#include <string.h>

#include "audio/mel_cases.h"
#include "support/isa.h"

enum { RATE = 16000, HOP = 160, SPEECH = RATE /* samples */ };

/* y[frames,1] with these levels: how many hold speech. */
static int32_t count_speech(const float *level, int32_t frames) {
    float threshold = oss_speech_threshold(level, frames, 1);
    int32_t count = 0;
    for (int32_t t = 0; t < frames; t++) {
        count += oss_speech_holds(level + t, 1, threshold);
    }
    return count;
}

/* The tenth loudest decides: the nine before it may be anything. 30 dB are 6.9078 of the natural logarithm. */
START_TEST(test_threshold) {
    float level[64];
    for (int32_t t = 0; t < 64; t++) {
        level[t] = t < 9 ? 50.0f + (float)t : t < 20 ? 2.0f : t < 30 ? 2.0f - 6.907f : 2.0f - 6.909f;
    }
    ck_assert_int_eq(count_speech(level, 64), 30);
    ck_assert_int_eq(count_speech(level, 5), 5);
    for (int32_t t = 0; t < 64; t++) {
        level[t] = NAN;
    }
    ck_assert_int_eq(count_speech(level, 64), 64);
    level[3] = 1.0f;
    ck_assert_int_eq(count_speech(level, 64), 64); /* no ten of them are numbers: all count */
}
END_TEST

START_TEST(test_level_is_the_loudest_bin) {
    float y[13 * 4];
    for (int32_t i = 0; i < 13 * 4; i++) {
        y[i] = -20.0f;
    }
    y[0 * 13 + 12] = y[2 * 13 + 8] = 1.0f;
    float threshold = 0.5f;
    ck_assert(oss_speech_holds(y, 13, threshold) && !oss_speech_holds(y + 13, 13, threshold));
    ck_assert(oss_speech_holds(y + 2 * 13, 13, threshold));
}
END_TEST

/* Something like words: noise that swells and falls five times a second. */
static void make_words(float *x) {
    for (int32_t i = 0; i < SPEECH; i++) {
        x[i] = (float)(0.1 * oss_fill_value(1, (uint64_t)i) *
                       (1.05 + sin(2 * 3.14159265 * 5 * i / (double)RATE)));
    }
}

/* The largest difference between features of x and those of x with `lead` and `tail` samples of silence, in frames that are
 * not at an end of x. */
static double compare_padded(const oss_mel_plan *plan, const float *x, int32_t lead, int32_t tail) {
    int32_t samples = lead + SPEECH + tail;
    float *padded = calloc((size_t)samples, sizeof *padded);
    memcpy(padded + lead, x, SPEECH * sizeof *x);
    mel_run want = run_forward(plan, x, SPEECH), got = run_forward(plan, padded, samples);
    double worst = 0.0;
    for (int32_t t = 4; t < want.frames - 4; t++) {
        for (int32_t m = 0; m < want.bins; m++) {
            float moved = got.y[(lead / HOP + t) * got.bins + m];
            worst = fmax(worst, fabs((double)moved - (double)want.y[t * want.bins + m]));
        }
    }
    free_run(&want);
    free_run(&got);
    free(padded);
    return worst;
}

/* Half a second of zeros moves every feature of an utterance when statistics are over all of it. */
START_TEST(test_silence_changes_no_features_of_speech) {
    oss_require_isa();
    static float x[SPEECH];
    make_words(x);
    oss_mel_plan *speech = make_kind(MEL_SPEECH), *utterance = make_kind(MEL_UTTERANCE);
    ck_assert_double_gt(compare_padded(utterance, x, 0, RATE / 2), 1.0);
    for (int32_t seconds = 1; seconds <= 30; seconds += 29) {
        ck_assert_double_lt(compare_padded(speech, x, 0, seconds * RATE), 0.1);
        ck_assert_double_lt(compare_padded(speech, x, seconds * RATE, 0), 0.1);
        ck_assert_double_lt(compare_padded(speech, x, seconds * RATE, seconds * RATE), 0.1);
    }
    oss_mel_plan_free(speech);
    oss_mel_plan_free(utterance);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/speech_frames");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 30);
    tcase_add_test(all, test_threshold);
    tcase_add_test(all, test_level_is_the_loudest_bin);
    oss_add_each_isa(all, test_silence_changes_no_features_of_speech);
    suite_add_tcase(suite, all);
    return suite;
}
