/* WAV through a pipe: the samples, the length and the messages of the same file on a disk. */
#include <errno.h>
#include <math.h>

#include "audio/audio_cases.h"
#include "audio/wav_pipe.h"
#include "base/mem.h"
#include "base/stop.h"
#include "support/encode.h"
#include "support/faults.h"

enum { FRAMES = 70001, HEADER_BYTES = 4096 };

/* All mono samples, at `rate_hz`, of the file as it would come through a pipe. */
static oss_status pull_all(const oss_audio_request *request, float **out, int64_t *out_samples) {
    oss_pipe pipe;
    oss_wav_pipe wav = {0};
    oss_audio_stream *stream = NULL;
    float *x = oss_alloc(1 << 20, sizeof *x);
    int64_t samples = 0, got = 0;
    oss_status status = x == NULL ? OSS_ENOMEM : oss_pipe_open(&pipe, path);
    if (status != OSS_OK) {
        oss_free(x);
        return status;
    }
    status = oss_wav_pipe_open(&wav, &pipe, HEADER_BYTES, request);
    if (status == OSS_OK) {
        const oss_audio_format format = {.rate_hz = request->rate_hz,
                                         .source_rate_hz = wav.format.rate_hz,
                                         .source_channels = wav.format.channels};
        status = oss_audio_stream_open_pull(&stream, path, oss_wav_pipe_pull(&wav), &format);
    }
    do {
        status = status == OSS_OK ? oss_audio_stream_read(stream, x + samples, 10007, &got) : status;
        samples += status == OSS_OK ? got : 0;
    } while (status == OSS_OK && got > 0);
    oss_audio_stream_close(stream);
    oss_wav_pipe_close(&wav);
    oss_pipe_close(&pipe);
    if (status != OSS_OK) {
        oss_free(x);
        return status;
    }
    *out = x;
    *out_samples = samples;
    return OSS_OK;
}

static void check_pulled(int32_t rate_hz, const oss_audio *want) {
    const oss_audio_request request = {.rate_hz = rate_hz, .end_seconds = -1};
    float *x = NULL;
    int64_t samples = 0;
    oss_status status = pull_all(&request, &x, &samples);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(samples, want->samples);
    ck_assert_mem_eq(x, want->sample, (size_t)samples * sizeof *x);
    oss_free(x);
}

static void check_same_as_file(int32_t rate_hz) {
    oss_audio want = load(rate_hz, 0, -1);
    check_pulled(rate_hz, &want);
    oss_audio_deinit(&want);
}

static void check_fails(oss_audio_request request, oss_status want, const char *message) {
    float *x = NULL;
    int64_t samples = 0;
    ck_assert_int_eq(pull_all(&request, &x, &samples), want);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "\"%s\" is not in: %s", message,
                  oss_last_error());
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    ck_assert_ptr_null(x);
}

static const oss_encoding linear[] = {OSS_ENCODE_PCM8,  OSS_ENCODE_PCM16,  OSS_ENCODE_PCM24, OSS_ENCODE_PCM32,
                                      OSS_ENCODE_FLOAT, OSS_ENCODE_DOUBLE, OSS_ENCODE_RF64};
enum { LINEAR = sizeof linear / sizeof *linear };

static bool begins(void) {
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    bool known = oss_wav_pipe_begins(all, bytes < HEADER_BYTES ? (size_t)bytes : HEADER_BYTES);
    free(all);
    return known;
}

START_TEST(test_samples_are_those_of_the_file) {
    for (int channels = 1; channels <= 3; channels++) {
        float *x = take_noise((int64_t)FRAMES * channels, 0.9);
        ck_assert(oss_encode(path, linear[_i], x, FRAMES, channels, 16000));
        ck_assert(begins());
        check_same_as_file(16000);
        check_same_as_file(8000);
        free(x);
    }
}
END_TEST

START_TEST(test_others_are_left_to_the_library) {
    static const oss_encoding others[] = {OSS_ENCODE_ULAW, OSS_ENCODE_GSM,  OSS_ENCODE_W64, OSS_ENCODE_AIFF,
                                          OSS_ENCODE_AU,   OSS_ENCODE_FLAC, OSS_ENCODE_CAF};
    float *x = take_noise(FRAMES, 0.9);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert(oss_encode(path, others[i], x, FRAMES, 1, 8000));
        ck_assert_msg(!begins(), "%s", oss_encoding_name(others[i]));
    }
    ck_assert(!oss_wav_pipe_begins("RIFF", 4));
    ck_assert(!oss_wav_pipe_begins("", 0));
    free(x);
}
END_TEST

/* ---- Changed files ---- */

static char *read_wav(long *out_bytes) {
    float *x = take_noise(FRAMES, 0.9);
    oss_wav_write_f32(path, x, FRAMES, 1, 16000);
    free(x);
    return oss_tempdir_read(path, out_bytes);
}

static void put_number(char *at, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        at[i] = (char)(value >> 8 * i);
    }
}

static char *find_data(char *all, long bytes) {
    for (long i = 0; i + 4 <= bytes; i++) {
        if (memcmp(all + i, "data", 4) == 0) {
            return all + i;
        }
    }
    ck_abort_msg("no data chunk");
    return NULL;
}

/* Recorded into a pipe: as far as it goes. */
START_TEST(test_length_that_nobody_knows) {
    static const uint32_t unknown[] = {UINT32_MAX, 0x7ffff000, 0x80000000};
    long bytes = 0;
    char *all = read_wav(&bytes);
    oss_audio want = load(16000, 0, -1);
    for (size_t i = 0; i < 3; i++) {
        put_number(all + 4, unknown[i]);
        put_number(find_data(all, bytes) + 4, unknown[i]);
        oss_tempdir_write(path, all, bytes);
        check_same_as_file(16000);
        check_pulled(16000, &want);
        oss_tempdir_write(path, all, bytes - 2); /* half a sample */
        want.samples = FRAMES - 1;
        check_pulled(16000, &want);
        want.samples = FRAMES;
    }
    oss_audio_deinit(&want);
    free(all);
}
END_TEST

START_TEST(test_truncated) {
    long bytes = 0;
    char *all = read_wav(&bytes);
    oss_audio want = load(16000, 0, -1);
    oss_tempdir_write(path, all, bytes - 4003);
    bool cut_off = false;
    float *x = NULL;
    int64_t samples = 0;
    check_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                "truncated; its header promises 280004 bytes of samples, 276001 are there");
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1, .cut_off = &cut_off};
    ck_assert_int_eq(pull_all(&request, &x, &samples), OSS_OK);
    ck_assert(cut_off);
    ck_assert_int_eq(samples, FRAMES - 1001);
    ck_assert_mem_eq(x, want.sample, (size_t)samples * sizeof *x);
    oss_free(x);
    x = NULL;
    oss_tempdir_write(path, all, find_data(all, bytes) + 8 - all);
    ck_assert_int_eq(pull_all(&request, &x, &samples), OSS_EINPUT);
    oss_audio_deinit(&want);
    free(all);
}
END_TEST

START_TEST(test_not_finite) {
    float *x = take_noise(2L * FRAMES, 0.9);
    x[2 * 50000 + 1] = NAN;
    oss_wav_write_f32(path, x, FRAMES, 2, 16000);
    assert_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                 "not a number at frame 50000 (3.125 s), channel 2");
    check_fails((oss_audio_request){.rate_hz = 16000, .end_seconds = -1}, OSS_EINPUT,
                "not a number at frame 50000 (3.125 s), channel 2");
    free(x);
}
END_TEST

/* ---- What follows ---- */

static void append(const char *bytes, long count) {
    long before = 0;
    char *all = oss_tempdir_read(path, &before);
    all = realloc(all, (size_t)(before + count));
    memcpy(all + before, bytes, (size_t)count);
    oss_tempdir_write(path, all, before + count);
    free(all);
}

/* Recordings that lie end to end are one; they may differ in channels and numbers, not in rate. */
START_TEST(test_joined) {
    float *x = take_noise(2L * FRAMES, 0.9);
    long first = 0, second = 0, slow = 0, flac = 0;
    ck_assert(oss_encode(path, OSS_ENCODE_PCM8, x, FRAMES, 1, 16000)); /* an odd number of bytes */
    char *a = oss_tempdir_read(path, &first);
    ck_assert(oss_encode(path, OSS_ENCODE_PCM24, x, FRAMES, 2, 16000));
    char *b = oss_tempdir_read(path, &second);
    ck_assert(oss_encode(path, OSS_ENCODE_PCM16, x, FRAMES, 1, 8000));
    char *c = oss_tempdir_read(path, &slow);
    ck_assert(oss_encode(path, OSS_ENCODE_FLAC, x, FRAMES, 1, 16000));
    char *d = oss_tempdir_read(path, &flac);
    const oss_audio_request request = {.rate_hz = 16000, .end_seconds = -1};
    oss_tempdir_write(path, a, first);
    append(b, second);
    append(a, first);
    check_same_as_file(16000);
    append("some bytes", 10); /* that are of no account */
    check_same_as_file(16000);
    oss_tempdir_write(path, a, first);
    append(c, slow);
    check_fails(request, OSS_EINPUT, "another recording follows from 4.375 s on, at another rate");
    oss_tempdir_write(path, a, first);
    append(d, flac);
    check_fails(request, OSS_EINPUT, "another recording follows from 4.375 s on, which cannot be read");
    free(a);
    free(b);
    free(c);
    free(d);
    free(x);
}
END_TEST

/* ---- Progress, stop, faults ---- */

static void keep_fraction(void *context, double fraction) {
    double *last = context;
    ck_assert_double_ge(fraction, *last);
    *last = fraction;
}

START_TEST(test_progress_and_stop) {
    long bytes = 0;
    char *all = read_wav(&bytes);
    double last = 0.0;
    oss_stop stop = false;
    float *x = NULL;
    int64_t samples = 0;
    const oss_audio_request request = {.rate_hz = 16000,
                                       .end_seconds = -1,
                                       .progress = keep_fraction,
                                       .progress_context = &last,
                                       .stop = &stop};
    ck_assert_int_eq(pull_all(&request, &x, &samples), OSS_OK);
    ck_assert_double_eq(last, 1.0);
    oss_free(x);
    oss_stop_ask(&stop);
    last = 0.0;
    x = NULL;
    check_fails(request, OSS_ESTOPPED, "stopped");
    free(all);
}
END_TEST

START_TEST(test_faults) {
    static const struct {
        oss_call kind;
        int error_number;
        oss_status want;
    } cases[] = {{OSS_CALL_ANY_HEAP, ENOMEM, OSS_ENOMEM}, {OSS_CALL_READ, EIO, OSS_EIO}};
    float *noise = take_noise(FRAMES, 0.9);
    const oss_audio_request request = {.rate_hz = 8000, .end_seconds = -1};
    oss_wav_write_f32(path, noise, FRAMES, 1, 16000);
    oss_faults_install();
    bool fired = true;
    for (int64_t nth = 1; fired; nth++) {
        float *x = NULL;
        int64_t samples = 0;
        oss_faults_fail(cases[_i].kind, nth, cases[_i].error_number);
        oss_status status = pull_all(&request, &x, &samples);
        fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? cases[_i].want : OSS_OK);
        oss_free(x);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert(fired || nth > 3);
    }
    oss_faults_remove();
    free(noise);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/wav_pipe");
    TCase *tests = tcase_create("wav pipe");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_samples_are_those_of_the_file, 0, LINEAR);
    tcase_add_test(tests, test_others_are_left_to_the_library);
    tcase_add_test(tests, test_length_that_nobody_knows);
    tcase_add_test(tests, test_truncated);
    tcase_add_test(tests, test_not_finite);
    tcase_add_test(tests, test_joined);
    tcase_add_test(tests, test_progress_and_stop);
    tcase_add_loop_test(tests, test_faults, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
