/* The pull stream: the samples of a load, however they are asked for, from a file or from memory. */
#include "audio/stream.h"

#include <math.h>

#include "audio/audio_cases.h"
#include "support/encode.h"
#include "support/faults.h"

enum { FRAMES = 100000 };

/* Reads a whole stream in steps of `most` samples into x[room]; the last read says that it is the end. */
static int64_t drain(oss_audio_stream *stream, float *x, int64_t room, int64_t most) {
    int64_t done = 0, got = 1;
    while (got > 0) {
        ck_assert_int_ge(room, done + most);
        ck_assert_msg(oss_audio_stream_read(stream, x + done, most, &got) == OSS_OK, "%s", oss_last_error());
        ck_assert(got == most || got == 0 || most > 1);
        done += got;
    }
    ck_assert_int_eq(oss_audio_stream_read(stream, x, most, &got), OSS_OK);
    ck_assert_int_eq(got, 0);
    return done;
}

static const int rates[] = {16000, 8000, 11025, 22050, 44100, 48000, 1000, 96000};

START_TEST(test_same_bits_in_any_steps) {
    static const int64_t steps[] = {1, 3, 1000, 4096, 65537};
    const int rate = rates[_i];
    float *x = take_noise(2 * FRAMES, 0.5);
    float *y = malloc((size_t)FRAMES * 17 * sizeof *y);
    oss_wav_write_f32(path, x, FRAMES, 2, rate);
    for (size_t part = 0; part < 2; part++) {
        const oss_audio_request request = {
            .rate_hz = 16000, .start_seconds = part == 0 ? 0 : 0.25, .end_seconds = part == 0 ? -1 : 0.75};
        oss_audio whole = load(16000, request.start_seconds, request.end_seconds);
        for (size_t i = rate > 1000 ? 0 : 2; i < 5;
             i++) { /* 16 samples for each frame: the smallest steps are slow */
            oss_source source;
            oss_audio_stream *stream = NULL;
            ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
            ck_assert_msg(oss_audio_stream_open(&stream, &source, path, &request) == OSS_OK, "%s",
                          oss_last_error());
            oss_audio_format format = oss_audio_stream_format(stream);
            ck_assert_int_eq(format.rate_hz, 16000);
            ck_assert_int_eq(format.source_rate_hz, rate);
            ck_assert_int_eq(format.source_channels, 2);
            ck_assert_int_eq(drain(stream, y, (int64_t)FRAMES * 17, steps[i]), whole.samples);
            ck_assert_mem_eq(y, whole.sample, (size_t)whole.samples * sizeof *y);
            oss_audio_stream_close(stream);
            oss_source_close(&source);
        }
        oss_audio_deinit(&whole);
    }
    free(y);
    free(x);
}
END_TEST

/* Decoders need nothing but bytes: a file's content in memory gives what the file gives. */
START_TEST(test_every_format_from_memory) {
    float *x = take_noise(16000, 0.5);
    if (oss_encode(path, (oss_encoding)_i, x, 16000, 1, 16000)) {
        long bytes = 0;
        char *all = oss_tempdir_read(path, &bytes);
        for (int part = 0; part < 2; part++) {
            oss_audio from_file = load(16000, part == 0 ? 0 : 0.3, -1);
            oss_source source;
            oss_audio from_memory;
            const oss_audio_request request = {
                .rate_hz = 16000, .start_seconds = part == 0 ? 0 : 0.3, .end_seconds = -1};
            oss_source_memory(&source, all, (size_t)bytes);
            ck_assert_msg(oss_audio_load_source(&from_memory, &source, "a block", &request) == OSS_OK, "%s",
                          oss_last_error());
            ck_assert_int_eq(from_memory.samples, from_file.samples);
            ck_assert_mem_eq(from_memory.sample, from_file.sample, (size_t)from_file.samples * sizeof *x);
            oss_audio_deinit(&from_memory);
            oss_audio_deinit(&from_file);
            oss_source_close(&source);
        }
        free(all);
    }
    free(x);
}
END_TEST

START_TEST(test_names_what_it_reads) {
    oss_source source;
    oss_audio audio = {.samples = 77};
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1};
    oss_source_memory(&source, "", 0);
    ck_assert_int_eq(oss_audio_load_source(&audio, &source, "a block", &request), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "a block: an empty file (0 bytes)");
    oss_source_memory(&source, "no audio at all", 15);
    ck_assert_int_eq(oss_audio_load_source(&audio, &source, "a block", &request), OSS_EINPUT);
    ck_assert_ptr_eq(strstr(oss_last_error(), "a block: not audio that can be read"), oss_last_error());
    ck_assert_int_eq(audio.samples, 77);
}
END_TEST

/* What is sound before the fault comes out first. */
START_TEST(test_failures_come_where_they_are) {
    float *x = take_noise(FRAMES, 0.5);
    float *y = malloc(FRAMES * sizeof *y);
    x[90000] = NAN;
    oss_wav_write_f32(path, x, FRAMES, 1, 16000);
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1};
    oss_source source;
    oss_audio_stream *stream = NULL;
    int64_t got = 0;
    ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
    ck_assert_int_eq(oss_audio_stream_open(&stream, &source, path, &request), OSS_OK);
    ck_assert_int_eq(oss_audio_stream_read(stream, y, 60000, &got), OSS_OK);
    ck_assert_int_eq(got, 60000);
    ck_assert_mem_eq(y, x, 60000 * sizeof *x);
    ck_assert_int_eq(oss_audio_stream_read(stream, y, 40000, &got), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "not a number at frame 90000"));
    oss_audio_stream_close(stream);
    oss_audio_stream_close(NULL);
    oss_source_close(&source);
    free(x);
    free(y);
}
END_TEST

/* Memory does not grow with the length: nothing is allocated after opening. */
START_TEST(test_reading_allocates_nothing) {
    float *x = take_noise(FRAMES, 0.5);
    float y[1000];
    oss_wav_write_f32(path, x, FRAMES, 1, 22050);
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1};
    oss_source source;
    oss_audio_stream *stream = NULL;
    ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
    ck_assert_int_eq(oss_audio_stream_open(&stream, &source, path, &request), OSS_OK);
    oss_faults_install();
    oss_faults_fail_from(OSS_CALL_ANY_HEAP, 1, 0);
    int64_t got = 1;
    while (got > 0) {
        ck_assert_int_eq(oss_audio_stream_read(stream, y, 1000, &got), OSS_OK);
    }
    ck_assert(!oss_faults_clear());
    oss_faults_remove();
    oss_audio_stream_close(stream);
    oss_source_close(&source);
    free(x);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/stream");
    TCase *tests = tcase_create("stream");
    tcase_set_timeout(tests, 600);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_same_bits_in_any_steps, 0, 8);
    tcase_add_loop_test(tests, test_every_format_from_memory, 0, OSS_ENCODE_COUNT);
    tcase_add_test(tests, test_names_what_it_reads);
    tcase_add_test(tests, test_failures_come_where_they_are);
    tcase_add_test(tests, test_reading_allocates_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
