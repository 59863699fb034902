/* Segments, limits, and calls that fail while a file is loaded. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "audio/audio_cases.h"
#include "base/mem.h"
#include "support/encode.h"
#include "support/faults.h"

START_TEST(test_segments) {
    enum { FRAMES = 20000 };
    float *x = take_noise(FRAMES, 0.5);
    oss_wav_write_f32(path, x, FRAMES, 1, 8000); /* 2.5 s */
    static const struct {
        double start, end;
        int64_t first, last;
    } cases[] = {{0, 1, 0, 8000},
                 {1, -1, 8000, FRAMES},
                 {0.99995, 2.00005, 8000, 16000}, /* rounded to frames */
                 {2.25, 2.5, 18000, FRAMES},
                 {2.25, 2.51, 18000, FRAMES}, /* an end within 10 ms */
                 {2.4999, -1, 19999, FRAMES},
                 {0, 0.000125, 0, 1}};
    for (size_t i = 0; i < 7; i++) {
        oss_audio audio = load(8000, cases[i].start, cases[i].end);
        ck_assert_int_eq(audio.samples, cases[i].last - cases[i].first);
        ck_assert_mem_eq(audio.sample, x + cases[i].first, (size_t)audio.samples * sizeof *x);
        oss_audio_deinit(&audio);
    }
    free(x);
}
END_TEST

/* A segment is resampled by itself: what lies around it in the file does not reach it. */
START_TEST(test_segments_are_resampled_alone) {
    enum { FRAMES = 22050 };
    float *x = take_noise(FRAMES, 0.5);
    oss_wav_write_f32(path, x, FRAMES, 1, 22050);
    oss_audio part = load(16000, 0.25, 0.75);
    oss_audio want;
    int64_t first = llround(0.25 * 22050), last = llround(0.75 * 22050);
    ck_assert_int_eq(oss_audio_from_samples(&want, x + first, last - first, 22050, 16000), OSS_OK);
    ck_assert_int_eq(part.samples, want.samples);
    ck_assert_mem_eq(part.sample, want.sample, (size_t)want.samples * sizeof *x);
    oss_audio_deinit(&part);
    oss_audio_deinit(&want);
    free(x);
}
END_TEST

START_TEST(test_segments_that_cannot_be) {
    float *x = take_noise(20000, 0.5);
    oss_wav_write_f32(path, x, 20000, 1, 8000);
    static const struct {
        double start, end;
        const char *message;
    } cases[] = {{2.5, -1, "the segment from 2.5 s to the end is outside the file, which lasts 2.500 s"},
                 {7, 9, "the segment from 7 s to 9 s is outside the file, which lasts 2.500 s"},
                 {1, 2.52, "the segment from 1 s to 2.52 s is outside the file, which lasts 2.500 s"},
                 {2.5, 2.505, "outside the file"},
                 {1e300, -1, "outside the file"},
                 {1e300, 2e300, "is outside the file"},
                 {1, 1, "does not run"},
                 {2, 1, "the segment from 2 s to 1 s does not run"},
                 {-0.5, 1, "does not run"},
                 {NAN, 1, "does not run"},
                 {1, NAN, "does not run"},
                 {INFINITY, -1, "does not run"},
                 {1, 1.00001, "shorter than a sample"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails((oss_audio_request){.rate_hz = 8000,
                                         .start_seconds = cases[i].start,
                                         .end_seconds = cases[i].end},
                     OSS_EINPUT, cases[i].message);
    }
    free(x);
}
END_TEST

START_TEST(test_max_seconds) {
    float *x = take_noise(20000, 0.5);
    oss_wav_write_f32(path, x, 20000, 1, 8000); /* 2.5 s */
    bool too_long = false;
    oss_audio_request request = {
        .rate_hz = 16000, .end_seconds = -1, .max_seconds = 2.4999, .too_long = &too_long};
    assert_fails(request, OSS_EINPUT, "longer than max_seconds, 2.4999 s");
    ck_assert(too_long);
    request.max_seconds = 2.5;
    oss_audio audio;
    ck_assert_int_eq(oss_audio_load(&audio, path, &request), OSS_OK);
    ck_assert(!too_long);
    ck_assert_int_eq(audio.samples, 40000);
    oss_audio_deinit(&audio);
    request.max_seconds = 0.5; /* the segment counts, not the file */
    request.start_seconds = 1.9;
    request.end_seconds = 2.4;
    ck_assert_int_eq(oss_audio_load(&audio, path, &request), OSS_OK);
    oss_audio_deinit(&audio);
    request.end_seconds = 2.401;
    assert_fails(request, OSS_EINPUT, "longer than max_seconds");
    ck_assert(too_long);
    request.end_seconds = -1;
    assert_fails(request, OSS_EINPUT, "longer than max_seconds");
    request.start_seconds = 9;
    assert_fails(request, OSS_EINPUT, "outside the file"); /* another reason */
    ck_assert(!too_long);
    free(x);
}
END_TEST

/* Four minutes are refused after the five seconds that are allowed. */
START_TEST(test_too_long_stops_early) {
    const int64_t frames = 4000000;
    float *x = calloc((size_t)frames, sizeof *x);
    ck_assert(oss_encode(path, OSS_ENCODE_PCM16, x, frames, 1, 16000));
    free(x);
    oss_faults_install();
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1, .max_seconds = 5};
    assert_fails(request, OSS_EINPUT, "longer than max_seconds, 5 s");
    ck_assert_int_lt(oss_faults_count(OSS_CALL_READ), 100); /* of 8 MB */
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

/* ---- Memory and system ---- */

/* Every file and heap call fails in turn: an error, or what would have come without it; nothing is left over. */
START_TEST(test_every_call_may_fail) {
    const oss_call kinds[] = {OSS_CALL_ANY_FILE, OSS_CALL_ANY_HEAP};
    const int errors[] = {EIO, ENOMEM};
    float *x = take_noise(2 * 40000, 0.5);
    oss_encoding encoding = _i == 0 ? OSS_ENCODE_FLOAT : _i == 1 ? OSS_ENCODE_FLAC : OSS_ENCODE_OPUS;
    ck_assert(oss_encode(path, encoding, x, 40000, 2, 48000));
    free(x);
    oss_audio want = load(16000, 0.2, -1);
    oss_faults_install();
    for (size_t k = 0; k < 2; k++) {
        for (int64_t nth = 1;; nth++) {
            const oss_audio_request request = {.rate_hz = 16000, .start_seconds = 0.2, .end_seconds = -1};
            oss_audio audio = {.samples = 77};
            oss_faults_fail(kinds[k], nth, errors[k]);
            oss_status status = oss_audio_load(&audio, path, &request);
            bool fired = oss_faults_clear();
            if (status == OSS_OK) {
                ck_assert_int_eq(audio.samples, want.samples);
                ck_assert_mem_eq(audio.sample, want.sample, (size_t)want.samples * sizeof(float));
                oss_audio_deinit(&audio);
            } else {
                ck_assert_int_eq(audio.samples, 77);
                ck_assert(fired);
                ck_assert(k == 0 ? status == OSS_EIO : status == OSS_ENOMEM);
            }
            ck_assert_int_eq(oss_faults_blocks(), 0);
            if (!fired) {
                ck_assert_int_eq(status, OSS_OK);
                ck_assert_int_gt(nth, k == 0 ? 5 : 3);
                break;
            }
        }
    }
    oss_faults_remove();
    oss_audio_deinit(&want);
}
END_TEST

START_TEST(test_short_reads_and_interrupts_do_not_show) {
    float *x = take_noise(20000, 0.5);
    ck_assert(oss_encode(path, OSS_ENCODE_FLAC, x, 20000, 1, 8000));
    free(x);
    oss_audio want = load(16000, 0.5, 2);
    oss_faults_install();
    oss_faults_short(17);
    oss_faults_interrupt();
    oss_audio got = load(16000, 0.5, 2);
    oss_faults_remove();
    ck_assert_int_eq(got.samples, want.samples);
    ck_assert_mem_eq(got.sample, want.sample, (size_t)want.samples * sizeof(float));
    oss_free(got.sample);
    oss_audio_deinit(&want);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/segments");
    TCase *tests = tcase_create("segments");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_segments);
    tcase_add_test(tests, test_segments_are_resampled_alone);
    tcase_add_test(tests, test_segments_that_cannot_be);
    tcase_add_test(tests, test_max_seconds);
    tcase_add_test(tests, test_too_long_stops_early);
    tcase_add_loop_test(tests, test_every_call_may_fail, 0, 3);
    tcase_add_test(tests, test_short_reads_and_interrupts_do_not_show);
    suite_add_tcase(suite, tests);
    return suite;
}
