/* Channels, values and rates of what is loaded. */
#include <float.h>
#include <math.h>

#include "audio/audio_cases.h"

/* ---- Channels ---- */

START_TEST(test_channels_are_averaged) {
    static const int counts[] = {1, 2, 3, 6, 8, 64};
    for (size_t i = 0; i < 6; i++) {
        int channels = counts[i];
        enum { FRAMES = 2000 };
        float *x = take_noise((int64_t)FRAMES * channels, 0.9);
        oss_wav_write_f32(path, x, FRAMES, channels, 16000);
        oss_audio audio = load(16000, 0, -1);
        ck_assert_int_eq(audio.samples, FRAMES);
        ck_assert_int_eq(audio.source_channels, channels);
        float peak = 0.0f;
        for (int f = 0; f < FRAMES; f++) {
            double sum = 0.0;
            for (int c = 0; c < channels; c++) {
                sum += (double)x[f * channels + c];
            }
            if (audio.sample[f] != (float)(sum / channels)) {
                ck_abort_msg("frame %d of %d channels: %.9g, not %.9g", f, channels, (double)audio.sample[f],
                             sum / channels);
            }
            peak = fmaxf(peak, fabsf(audio.sample[f]));
        }
        ck_assert_float_eq(audio.peak, peak);
        oss_audio_deinit(&audio);
        free(x);
    }
}
END_TEST

START_TEST(test_too_many_channels) {
    float *x = take_noise(65 * 10, 0.5);
    oss_wav_write_f32(path, x, 10, 65, 16000);
    assert_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                 "65 channels; 1 to 64");
    free(x);
}
END_TEST

/* ---- Values ---- */

START_TEST(test_values_beyond_one_stay) {
    const float x[] = {0.5f, -3.25f, 2.0f, 1e-30f, -0.0f};
    oss_wav_write_f32(path, x, 5, 1, 16000);
    oss_audio audio = load(16000, 0, -1);
    ck_assert_mem_eq(audio.sample, x, sizeof x);
    ck_assert_float_eq(audio.peak, 3.25f);
    oss_audio_normalize_peak(audio.sample, audio.samples);
    ck_assert_float_eq(audio.sample[1], -1.0f);
    ck_assert_float_eq(audio.sample[2], 2.0f / 3.25f);
    oss_audio_deinit(&audio);
}
END_TEST

START_TEST(test_peak_of_silence_and_of_whispers) {
    float silence[3] = {0};
    oss_audio_normalize_peak(silence, 3);
    ck_assert_float_eq(silence[0], 0.0f);
    float whisper[2] = {1e-42f, -5e-43f}; /* 1/peak would be infinite */
    oss_audio_normalize_peak(whisper, 2);
    ck_assert_float_eq(whisper[0], 1.0f);
    ck_assert_float_eq_tol(whisper[1], -0.5f, 1e-2f);
    oss_audio_normalize_peak(silence, 0);
}
END_TEST

/* In a later chunk, not the first channel: the place is that of the file, also when a segment is read. */
START_TEST(test_nan_and_infinity_are_named) {
    enum { FRAMES = 40000, AT = 35007 };
    float *x = take_noise(2 * FRAMES, 0.5);
    x[2 * AT + 1] = NAN;
    oss_wav_write_f32(path, x, FRAMES, 2, 16000);
    const char *nan = "not a number at frame 35007 (2.188 s), channel 2";
    assert_fails((oss_audio_request){.rate_hz = 8000, .end_seconds = -1}, OSS_EINPUT, nan);
    assert_fails((oss_audio_request){.rate_hz = 16000, .start_seconds = 2.0, .end_seconds = 2.4}, OSS_EINPUT,
                 nan);
    x[2 * AT + 1] = -INFINITY;
    oss_wav_write_f32(path, x, FRAMES, 2, 16000);
    assert_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                 "infinite at frame 35007");
    oss_audio audio = load(16000, 0, 2.0); /* a segment without it */
    ck_assert_int_eq(audio.samples, 32000);
    oss_audio_deinit(&audio);
    free(x);
}
END_TEST

START_TEST(test_values_too_large_to_resample) {
    float x[400];
    for (int i = 0; i < 400; i++) {
        x[i] = i / 20 % 2 == 0 ? FLT_MAX : -FLT_MAX;
    }
    oss_wav_write_f32(path, x, 400, 1, 16000);
    assert_fails((oss_audio_request){.rate_hz = 8000, .end_seconds = -1}, OSS_EINPUT,
                 "beyond 1e10 in magnitude");
}
END_TEST

/* ---- Rates ---- */

/* A tone is the same tone, at the same time, whatever the rate of the file. */
START_TEST(test_tones_at_all_rates) {
    static const int rates[] = {4000, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000};
    const int rate = rates[_i];
    const int frames = rate / 2 + 1;
    float *x = malloc((size_t)frames * sizeof *x);
    for (int i = 0; i < frames; i++) {
        x[i] = (float)(0.5 * sin(6.283185307179586 * 440.0 * i / rate));
    }
    oss_wav_write_f32(path, x, (size_t)frames, 1, rate);
    oss_audio audio = load(16000, 0, -1);
    ck_assert_int_eq(audio.source_rate_hz, rate);
    ck_assert_int_eq(audio.rate_hz, 16000);
    ck_assert_int_eq(audio.samples, (int64_t)floor((double)frames * 16000.0 / rate + 0.5));
    double worst = 0.0;
    for (int64_t i = 800; i < audio.samples - 800; i++) { /* the filter is 9 ms to either side at 16 kHz */
        double want = 0.5 * sin(6.283185307179586 * 440.0 * (double)i / 16000.0);
        worst = fmax(worst, fabs((double)audio.sample[i] - want));
    }
    ck_assert_msg(worst < 2e-6, "%d Hz: off by %.3g", rate, worst);
    oss_audio_deinit(&audio);
    free(x);
}
END_TEST

START_TEST(test_what_the_new_rate_cannot_hold_is_gone) {
    enum { FRAMES = 24000 };
    float *x = malloc(FRAMES * sizeof *x);
    for (int i = 0; i < FRAMES; i++) {
        x[i] = (float)(0.5 * sin(6.283185307179586 * 11000.0 * i / 48000.0));
    }
    oss_wav_write_f32(path, x, FRAMES, 1, 48000);
    oss_audio audio = load(16000, 0, -1);
    for (int64_t i = 800; i < audio.samples - 800; i++) {
        if (fabsf(audio.sample[i]) > 1e-4f) { /* the edges of the tone have all frequencies */
            ck_abort_msg("sample %lld is %g", (long long)i, (double)audio.sample[i]);
        }
    }
    oss_audio_deinit(&audio);
    free(x);
}
END_TEST

/* round(n * ratio) samples, at least one, for every short length and every rate; never what the resampler
 * happens to give. */
START_TEST(test_lengths_after_resampling) {
    static const int32_t rates[] = {1000, 1001, 8000, 11025, 12000, 16000, 22050, 24000};
    const int32_t from = rates[_i];
    float *x = take_noise(3000, 0.5);
    for (size_t r = 0; r < 8; r++) {
        for (int64_t n = 1; n < 3000; n = n < 40 ? n + 1 : n * 3 / 2 + 1) {
            oss_audio audio;
            ck_assert_msg(oss_audio_from_samples(&audio, x, n, from, rates[r]) == OSS_OK, "%s",
                          oss_last_error());
            int64_t want = (2 * n * rates[r] + from) / (2 * (int64_t)from);
            if (audio.samples != (want < 1 ? 1 : want)) {
                ck_abort_msg("%lld frames, %d to %d Hz: %lld samples", (long long)n, from, rates[r],
                             (long long)audio.samples);
            }
            oss_audio_deinit(&audio);
        }
    }
    free(x);
}
END_TEST

START_TEST(test_same_bits_every_time) {
    float *x = take_noise(100000, 0.5);
    oss_wav_write_f32(path, x, 50000, 2, 44100);
    oss_audio first = load(16000, 0.1, -1);
    oss_audio second = load(16000, 0.1, -1);
    ck_assert_int_eq(first.samples, second.samples);
    ck_assert_mem_eq(first.sample, second.sample, (size_t)first.samples * sizeof(float));
    oss_audio_deinit(&first);
    oss_audio_deinit(&second);
    free(x);
}
END_TEST

START_TEST(test_rates_out_of_range) {
    const int16_t x[100] = {1};
    oss_wav_write_pcm16(path, x, 100, 1, 999);
    assert_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                 "a rate of 999 Hz; 1000 to 768000");
    oss_wav_write_pcm16(path, x, 100, 1, 768001);
    assert_fails((oss_audio_request){.rate_hz = 48000, .end_seconds = -1}, OSS_EINPUT, "a rate of 768001 Hz");
    oss_wav_write_pcm16(path, x, 100, 1, 384001);
    assert_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                 "384001 Hz cannot become 16000 Hz");
    oss_wav_write_pcm16(path, x, 100, 1, 1000);
    assert_fails((oss_audio_request){.rate_hz = 24001, .end_seconds = -1}, OSS_EINPUT,
                 "1000 Hz cannot become 24001 Hz");
    oss_wav_write_pcm16(path, x, 100, 1, 384000);
    oss_audio audio = load(16000, 0, -1); /* just so */
    ck_assert_int_eq(audio.samples, 4);
    oss_audio_deinit(&audio);
    assert_fails((oss_audio_request){.rate_hz = 0, .end_seconds = -1}, OSS_EUSAGE, "cannot be read at 0 Hz");
    assert_fails((oss_audio_request){.rate_hz = 768001, .end_seconds = -1}, OSS_EUSAGE,
                 "cannot be read at 768001 Hz");
}
END_TEST

START_TEST(test_from_samples) {
    float x[] = {0.25f, -0.5f, 0.125f};
    oss_audio audio;
    ck_assert_int_eq(oss_audio_from_samples(&audio, x, 3, 16000, 16000), OSS_OK);
    ck_assert_mem_eq(audio.sample, x, sizeof x);
    ck_assert_int_eq(audio.source_channels, 1);
    ck_assert_float_eq(audio.peak, 0.5f);
    oss_audio_deinit(&audio);
    audio.samples = 77;
    ck_assert_int_eq(oss_audio_from_samples(&audio, x, 0, 16000, 16000), OSS_EINPUT);
    ck_assert_int_eq(oss_audio_from_samples(&audio, x, 3, 999, 16000), OSS_EINPUT);
    ck_assert_int_eq(oss_audio_from_samples(&audio, x, 3, 16000, 999), OSS_EUSAGE);
    x[2] = NAN;
    ck_assert_int_eq(oss_audio_from_samples(&audio, x, 3, 16000, 16000), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "sample 2 is not a number"));
    ck_assert_int_eq(audio.samples, 77);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/audio_load");
    TCase *tests = tcase_create("load");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_channels_are_averaged);
    tcase_add_test(tests, test_too_many_channels);
    tcase_add_test(tests, test_values_beyond_one_stay);
    tcase_add_test(tests, test_peak_of_silence_and_of_whispers);
    tcase_add_test(tests, test_nan_and_infinity_are_named);
    tcase_add_test(tests, test_values_too_large_to_resample);
    tcase_add_loop_test(tests, test_tones_at_all_rates, 0, 9);
    tcase_add_test(tests, test_what_the_new_rate_cannot_hold_is_gone);
    tcase_add_loop_test(tests, test_lengths_after_resampling, 0, 8);
    tcase_add_test(tests, test_same_bits_every_time);
    tcase_add_test(tests, test_rates_out_of_range);
    tcase_add_test(tests, test_from_samples);
    suite_add_tcase(suite, tests);
    return suite;
}
