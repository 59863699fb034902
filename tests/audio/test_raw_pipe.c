/* Plain samples of a file, however long: the mean of the channels, and where they are wrong. */
#include "audio/raw_pipe.h"

#include <math.h>

#include "audio/audio_cases.h"
#include "base/stop.h"

enum { FRAMES = 50021, MOST = 1 << 17 };

static float result[MOST];
static double told;
static bool cut_off;

static void take_progress(void *context, double fraction) {
    (void)context;
    ck_assert(fraction >= told && fraction <= 1.0);
    told = fraction;
}

/* All frames of the file, asked for in pieces of `most`. */
static oss_status read_all(const char *format, int64_t most, bool takes_cut, oss_stop *stop,
                           int64_t *out_frames) {
    oss_raw raw;
    oss_pipe pipe;
    oss_raw_pipe input;
    const oss_audio_request request = {
        .progress = take_progress, .cut_off = takes_cut ? &cut_off : NULL, .stop = stop};
    int64_t got = 1;
    told = 0.0;
    cut_off = false;
    *out_frames = 0;
    ck_assert_int_eq(oss_raw_parse(&raw, format, "raw"), OSS_OK);
    ck_assert_int_eq(oss_pipe_open(&pipe, path), OSS_OK);
    oss_status status = oss_raw_pipe_open(&input, &pipe, &raw, &request);
    oss_audio_pull pull = oss_raw_pipe_pull(&input);
    while (status == OSS_OK && got > 0) {
        status = pull.read(pull.context, result + *out_frames, most, &got);
        *out_frames += status == OSS_OK ? got : 0;
    }
    oss_raw_pipe_close(&input);
    oss_pipe_close(&pipe);
    return status;
}

static void assert_says(const char *text) {
    ck_assert_msg(strstr(oss_last_error(), text) != NULL, "%s", oss_last_error());
    ck_assert_msg(strstr(oss_last_error(), path) != NULL, "%s", oss_last_error());
}

START_TEST(the_mean_of_the_channels) {
    float *x = take_noise(3 * FRAMES, 0.5);
    int64_t frames = 0;
    oss_tempdir_write(path, x, 3 * FRAMES * (long)sizeof *x);
    for (int64_t most = 1000; most <= 64000; most *= 4) {
        ck_assert_int_eq(read_all("f32le:8000:3", most, false, NULL, &frames), OSS_OK);
        ck_assert_int_eq(frames, FRAMES);
        ck_assert(told == 1.0);
        for (int64_t i = 0; i < FRAMES; i++) {
            double mean = ((double)x[3 * i] + (double)x[3 * i + 1] + (double)x[3 * i + 2]) / 3;
            ck_assert(fabs(mean - (double)result[i]) < 1e-7);
        }
    }
    free(x);
}
END_TEST

START_TEST(a_frame_that_is_not_whole) {
    float *x = take_noise(2 * FRAMES, 0.5);
    int64_t frames = 0;
    oss_tempdir_write(path, x, 8 * 40000 + 5);
    ck_assert_int_eq(read_all("f32le:8000:2", 1000, false, NULL, &frames), OSS_EINPUT);
    assert_says("ends within a frame, at 5.000 s (byte 320000): 5 of its 8 bytes");
    ck_assert_int_eq(read_all("f32le:8000:2", 1000, true, NULL, &frames), OSS_OK);
    ck_assert(cut_off);
    ck_assert_int_eq(frames, 40000);
    oss_tempdir_write(path, x, 5);
    ck_assert_int_eq(read_all("f32le:8000:2", 1000, true, NULL, &frames), OSS_EINPUT);
    ck_assert(!cut_off);
    free(x);
}
END_TEST

START_TEST(numbers_that_are_none) {
    float *x = take_noise(2 * FRAMES, 0.5);
    int64_t frames = 0;
    x[2 * 32000 + 1] = NAN;
    oss_tempdir_write(path, x, 2 * FRAMES * (long)sizeof *x);
    ck_assert_int_eq(read_all("f32le:8000:2", 1000, true, NULL, &frames), OSS_EINPUT);
    assert_says("a sample that is not a number at 4.000 s (byte 256000)");
    x[2 * 32000 + 1] = INFINITY;
    oss_tempdir_write(path, x, 2 * FRAMES * (long)sizeof *x);
    ck_assert_int_eq(read_all("f32le:8000:2", 1000, true, NULL, &frames), OSS_EINPUT);
    assert_says("a sample that is infinite at 4.000 s (byte 256000)");
    free(x);
}
END_TEST

START_TEST(it_is_stopped) {
    oss_stop stop = false;
    int64_t frames = 0;
    oss_tempdir_write(path, "abcdefgh", 8);
    oss_stop_ask(&stop);
    ck_assert_int_eq(read_all("u8", 1000, true, &stop, &frames), OSS_ESTOPPED);
    assert_says("stopped on request");
    ck_assert_int_eq(read_all("u8", 1000, true, &stop, &frames), OSS_OK);
    ck_assert_int_eq(frames, 8);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/raw_pipe");
    TCase *tests = tcase_create("raw_pipe");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_mean_of_the_channels);
    tcase_add_test(tests, a_frame_that_is_not_whole);
    tcase_add_test(tests, numbers_that_are_none);
    tcase_add_test(tests, it_is_stopped);
    suite_add_tcase(suite, tests);
    return suite;
}
