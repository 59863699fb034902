/* WAV files, byte by byte as the format asks for (Microsoft, "Multiple Channel Audio Data and WAVE Files", and the
 * RIFF MCI specification of 1994: whatever is not PCM has cbSize and a fact chunk), and read back by libsndfile. */
#include "augment/wav_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio_file.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { RATE = 16000, SAMPLES = 5 };
static const float x[SAMPLES] = {0.0F, 0.25F, -1.0F, 1.0F / 3.0F, -0.7F};

static uint32_t number(const char *at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value |= (uint32_t)(unsigned char)at[i] << 8 * i;
    }
    return value;
}

/* The bytes of a chunk, which must begin at *at; *at moves behind it. */
static const char *chunk(const char **at, const char *tag, uint32_t bytes) {
    const char *body = *at + 8;
    ck_assert_msg(memcmp(*at, tag, 4) == 0, "\"%.4s\" where \"%s\" should be", *at, tag);
    ck_assert_uint_eq(number(*at + 4, 4), bytes);
    *at = body + bytes;
    return body;
}

static void check_format(const char *format, uint32_t tag, uint32_t sample_bytes) {
    ck_assert_uint_eq(number(format, 2), tag);
    ck_assert_uint_eq(number(format + 2, 2), 1); /* channel */
    ck_assert_uint_eq(number(format + 4, 4), RATE);
    ck_assert_uint_eq(number(format + 8, 4), RATE * sample_bytes);
    ck_assert_uint_eq(number(format + 12, 2), sample_bytes);
    ck_assert_uint_eq(number(format + 14, 2), 8 * sample_bytes);
}

typedef struct written {
    char *folder, *path, *file;
    long bytes;
} written;

static written write_file(bool as_float) {
    written w = {.folder = oss_tempdir_make()};
    w.path = oss_tempdir_path(w.folder, "x.wav");
    ck_assert_int_eq(oss_wav_save(w.path, x, SAMPLES, RATE, as_float), OSS_OK);
    w.file = oss_tempdir_read(w.path, &w.bytes);
    ck_assert_ptr_nonnull(w.file);
    ck_assert_int_eq(memcmp(w.file, "RIFF", 4), 0);
    ck_assert_int_eq((long)number(w.file + 4, 4), w.bytes - 8);
    ck_assert_int_eq(memcmp(w.file + 8, "WAVE", 4), 0);
    return w;
}

static void free_file(written *w) {
    free(w->file);
    free(w->path);
    oss_tempdir_remove(w->folder);
}

START_TEST(test_float) {
    written w = write_file(true);
    const char *at = w.file + 12;
    const char *format = chunk(&at, "fmt ", 18);
    check_format(format, 3, 4);
    ck_assert_uint_eq(number(format + 16, 2), 0); /* cbSize: no extension follows */
    ck_assert_uint_eq(number(chunk(&at, "fact", 4), 4), SAMPLES);
    ck_assert_int_eq(memcmp(chunk(&at, "data", SAMPLES * 4), x, sizeof x), 0);
    ck_assert_ptr_eq(at, w.file + w.bytes);
    free_file(&w);
}
END_TEST

START_TEST(test_pcm) {
    static const int16_t want[SAMPLES] = {0, 8192, -32768, 10923, -22938};
    written w = write_file(false);
    const char *at = w.file + 12;
    check_format(chunk(&at, "fmt ", 16), 1, 2);
    const char *data = chunk(&at, "data", SAMPLES * 2);
    for (int i = 0; i < SAMPLES; i++) {
        ck_assert_int_eq((int16_t)number(data + 2 * i, 2), want[i]);
    }
    ck_assert_ptr_eq(at, w.file + w.bytes);
    free_file(&w);
}
END_TEST

START_TEST(test_read_back) {
    written w = write_file(_i == 1);
    oss_audio audio;
    const oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1.0};
    ck_assert_msg(oss_audio_load(&audio, w.path, &request) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(audio.samples, SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
        float error = audio.sample[i] - x[i]; /* floats keep every bit, integers the nearest step */
        ck_assert(_i == 1 ? error == 0.0F : error <= 1.0F / 65536.0F && error >= -1.0F / 65536.0F);
    }
    oss_audio_deinit(&audio);
    free_file(&w);
}
END_TEST

/* Sizes in a WAV file have 32 bits, and the whole of the file has to fit. */
START_TEST(test_too_long) {
    ck_assert_int_eq(oss_wav_save("/nowhere/x.wav", x, (INT64_C(1) << 30) - 14, RATE, true), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "more than a WAV file holds"));
    ck_assert_int_eq(oss_wav_save("/nowhere/x.wav", x, INT64_C(1) << 31, RATE, false), OSS_EINPUT);
    ck_assert_int_eq(oss_wav_save("/nowhere/x.wav", x, (INT64_C(1) << 30) - 15, RATE, true), OSS_EIO);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("augment/wav_file");
    TCase *tests = tcase_create("wav");
    tcase_add_test(tests, test_float);
    tcase_add_test(tests, test_pcm);
    tcase_add_loop_test(tests, test_read_back, 0, 2);
    tcase_add_test(tests, test_too_long);
    suite_add_tcase(suite, tests);
    return suite;
}
