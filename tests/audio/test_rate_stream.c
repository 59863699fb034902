/* Samples of a stream at another rate: the bytes of the whole recording at that rate, however it is cut. */
#include "audio/rate_stream.h"

#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio_file.h"
#include "support/exact.h"
#include "support/faults.h"
#include "support/suite.h"

#define ok(call) ck_assert_msg((call) == OSS_OK, "%s", oss_last_error())

enum { FRAMES = 30011 };

/* y[*out_samples] of the stream, which takes `piece` frames and gives at most `most` samples at a time. */
static float *run_stream(const float *x, int64_t frames, int32_t source_rate_hz, int32_t rate_hz,
                         int64_t piece, int64_t most, int64_t room, int64_t *out_samples) {
    oss_rate_stream *stream = NULL;
    ok(oss_rate_stream_create(&stream, "the test", source_rate_hz, rate_hz));
    float *y = oss_exact_floats((size_t)(room + most));
    int64_t samples = 0;
    for (int64_t at = 0; at < frames;) {
        int64_t taken = frames - at < piece ? frames - at : piece, given = most;
        ok(oss_rate_stream_add(stream, x + at, &taken, y + samples, &given));
        ck_assert(taken > 0 || given > 0);
        at += taken;
        samples += given;
        ck_assert_int_le(samples, room);
    }
    for (int64_t given = 1; given > 0;) {
        ok(oss_rate_stream_end(stream, y + samples, most, &given));
        samples += given;
        ck_assert_int_le(samples, room);
    }
    oss_rate_stream_free(stream);
    *out_samples = samples;
    return y;
}

START_TEST(test_same_samples) {
    static const int32_t rates[][2] = {{8000, 16000},  {44100, 16000}, {48000, 16000},
                                       {16000, 16000}, {11025, 8000},  {16000, 1000}};
    static const int64_t lengths[] = {1, 2, 17, 4000, FRAMES};
    static const int64_t cuts[][2] = {{1, 4096}, {160, 7}, {4410, 4096}, {FRAMES, 1}, {FRAMES, 65536}};
    float *x = oss_exact_filled(FRAMES, 6);
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            oss_audio want;
            ok(oss_audio_from_samples(&want, x, lengths[l], rates[r][0], rates[r][1]));
            for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
                int64_t samples = 0;
                float *got = run_stream(x, lengths[l], rates[r][0], rates[r][1], cuts[c][0], cuts[c][1],
                                        want.samples, &samples);
                ck_assert_int_eq(samples, want.samples);
                ck_assert_msg(memcmp(got, want.sample, (size_t)samples * sizeof *got) == 0,
                              "%d to %d Hz, %lld frames in pieces of %lld: other samples", rates[r][0],
                              rates[r][1], (long long)lengths[l], (long long)cuts[c][0]);
                free(got);
            }
            oss_audio_deinit(&want);
        }
    }
    free(x);
}
END_TEST

START_TEST(test_nothing_gives_nothing) {
    oss_rate_stream *stream = NULL;
    float y[10];
    int64_t given = -1;
    ok(oss_rate_stream_create(&stream, "the test", 8000, 16000));
    ok(oss_rate_stream_end(stream, y, 10, &given));
    ck_assert_int_eq(given, 0);
    oss_rate_stream_free(stream);
    oss_rate_stream_free(NULL);
}
END_TEST

START_TEST(test_refusals) {
    oss_rate_stream *stream = NULL;
    ck_assert_int_eq(oss_rate_stream_create(&stream, "the test", 999, 16000), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "the test: a rate of 999 Hz; 1000 to 768000 Hz are read");
    ck_assert_int_eq(oss_rate_stream_create(&stream, "the test", 768000, 16000), OSS_EINPUT);
    ck_assert_ptr_null(stream);
    float x[4000], y[4000];
    for (int i = 0; i < 4000; i++) {
        x[i] = i < 2000 ? -FLT_MAX : FLT_MAX;
    }
    int64_t taken = 4000, given = 4000;
    ok(oss_rate_stream_create(&stream, "the test", 44100, 16000));
    ck_assert_int_eq(oss_rate_stream_add(stream, x, &taken, y, &given), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(),
                     "the test: the samples are too large to be resampled; scale them to [-1, 1]");
    oss_rate_stream_free(stream);
}
END_TEST

START_TEST(test_memory_runs_out) {
    oss_faults_install();
    oss_rate_stream *stream = NULL;
    for (int64_t k = 1; k <= 2; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        ck_assert_int_eq(oss_rate_stream_create(&stream, "the test", 8000, 16000), OSS_ENOMEM);
        ck_assert(oss_faults_clear());
        ck_assert_ptr_null(stream);
        ck_assert_int_eq(oss_faults_blocks(), 0);
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/rate_stream");
    TCase *tcase = tcase_create("rate_stream");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_same_samples);
    tcase_add_test(tcase, test_nothing_gives_nothing);
    tcase_add_test(tcase, test_refusals);
    tcase_add_test(tcase, test_memory_runs_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
