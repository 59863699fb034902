/* Plain samples: names of formats, numbers as libsndfile reads them, and what WAV headers say. */
#include "audio/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio_file.h"
#include "support/exact.h"
#include "support/suite.h"
#include "support/tempdir.h"

#define ok(call) ck_assert_msg((call) == OSS_OK, "%s", oss_last_error())

START_TEST(test_names) {
    static const struct {
        const char *text;
        oss_raw want;
        size_t bytes;
    } good[] = {
        {"s16le:16000:1", {OSS_RAW_S16LE, 16000, 1}, 2},  {"u8", {OSS_RAW_U8, 16000, 1}, 1},
        {"f32le:44100:2", {OSS_RAW_F32LE, 44100, 2}, 8},  {"mulaw:8000", {OSS_RAW_MULAW, 8000, 1}, 1},
        {"s24le:48000:6", {OSS_RAW_S24LE, 48000, 6}, 18}, {"s16be:1000:64", {OSS_RAW_S16BE, 1000, 64}, 128}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        oss_raw raw;
        ok(oss_raw_parse(&raw, good[i].text, "--raw"));
        ck_assert_int_eq(raw.kind, good[i].want.kind);
        ck_assert_int_eq(raw.rate_hz, good[i].want.rate_hz);
        ck_assert_int_eq(raw.channels, good[i].want.channels);
        ck_assert_uint_eq(oss_raw_frame_bytes(&raw), good[i].bytes);
    }
}
END_TEST

START_TEST(test_wrong_names) {
    static const char *const wrong[][2] = {
        {"s16", "the format \"s16\" is none of u8, s16le"},
        {"", "the format \"\" is none of"},
        {":16000", "the format \"\" is none of"},
        {"s16le:", "\"\" is no whole number from 1000 to 768000"},
        {"s16le:999", "\"999\" is no whole number"},
        {"s16le:16k", "\"16k\" is no whole number"},
        {"s16le:16000000000000000000", "is no whole number"},
        {"s16le:16000:0", "\"0\" is no whole number from 1 to 64"},
        {"s16le:16000:65", "\"65\" is no whole number"},
        {"s16le:16000:1:2", "\"2\" is too much: write FORMAT:RATE:CHANNELS"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        oss_raw raw;
        ck_assert_int_eq(oss_raw_parse(&raw, wrong[i][0], "--raw"), OSS_EUSAGE);
        ck_assert_msg(strncmp(oss_last_error(), "--raw: ", 7) == 0 &&
                          strstr(oss_last_error(), wrong[i][1]) != NULL,
                      "%s", oss_last_error());
    }
}
END_TEST

/* ---- As a decoder reads them ---- */

/* A WAV file of every byte, and of what each code makes of it. */
static size_t write_header(unsigned char *to, unsigned code, unsigned bits, unsigned channels,
                           unsigned data_bytes) {
    unsigned frame = bits / 8 * channels;
    const unsigned words[] = {36 + data_bytes,    16,        code | channels << 16, 8000, 8000 * frame,
                              frame | bits << 16, data_bytes};
    memcpy(to, "RIFF....WAVEfmt ....................data....", 44);
    static const size_t place[] = {4, 16, 20, 24, 28, 32, 40};
    for (size_t i = 0; i < 7; i++) {
        for (size_t k = 0; k < 4; k++) {
            to[place[i] + k] = (unsigned char)(words[i] >> (8 * k));
        }
    }
    return 44;
}

START_TEST(test_as_the_decoder) {
    static const struct {
        unsigned code, bits;
        oss_raw_kind kind;
    } forms[] = {{1, 8, OSS_RAW_U8}, {1, 16, OSS_RAW_S16LE}, {1, 24, OSS_RAW_S24LE}, {1, 32, OSS_RAW_S32LE}};
    enum { FRAMES = 256, MOST = 44 + FRAMES * 4 * 2 };
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "bytes.wav");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        for (unsigned channels = 1; channels <= 2; channels++) {
            unsigned char file[MOST];
            unsigned data = FRAMES * forms[i].bits / 8 * channels;
            size_t at = write_header(file, forms[i].code, forms[i].bits, channels, data);
            for (unsigned k = 0; k < data; k++) {
                file[at + k] = (unsigned char)(k * 151 + k / 256 + k % 3);
            }
            oss_tempdir_write(path, (const char *)file, (long)(at + data));
            oss_audio want;
            ok(oss_audio_load(&want, path, &(oss_audio_request){.rate_hz = 8000, .end_seconds = -1}));
            oss_raw raw;
            size_t header = 0;
            int64_t data_bytes = 0;
            ok(oss_raw_read_wav(&raw, file, at + data, &header, &data_bytes, "the test"));
            ck_assert_uint_eq(header, 44);
            ck_assert_int_eq(data_bytes, data);
            ck_assert_int_eq(raw.kind, forms[i].kind);
            ck_assert_int_eq(raw.rate_hz, 8000);
            ck_assert_int_eq(raw.channels, (int)channels);
            float *got = oss_exact_floats(FRAMES);
            oss_raw_mix(&raw, got, file + header, FRAMES);
            ck_assert_int_eq(want.samples, FRAMES);
            ck_assert_msg(memcmp(got, want.sample, FRAMES * sizeof *got) == 0,
                          "kind %d, %u channels: other samples", (int)forms[i].kind, channels);
            free(got);
            oss_audio_deinit(&want);
        }
    }
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

/* The 256 codes of each law, as libsndfile expands them. */
START_TEST(test_logarithmic) {
    static const struct {
        unsigned code;
        oss_raw_kind kind;
    } laws[] = {{7, OSS_RAW_MULAW}, {6, OSS_RAW_ALAW}};
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "codes.wav");
    for (size_t i = 0; i < 2; i++) {
        unsigned char file[44 + 256];
        size_t at = write_header(file, laws[i].code, 8, 1, 256);
        for (unsigned k = 0; k < 256; k++) {
            file[at + k] = (unsigned char)k;
        }
        oss_tempdir_write(path, (const char *)file, (long)(at + 256));
        oss_audio want;
        ok(oss_audio_load(&want, path, &(oss_audio_request){.rate_hz = 8000, .end_seconds = -1}));
        float got[256];
        oss_raw_mix(&(oss_raw){laws[i].kind, 8000, 1}, got, file + at, 256);
        ck_assert_int_eq(want.samples, 256);
        ck_assert_mem_eq(got, want.sample, sizeof got);
        oss_audio_deinit(&want);
    }
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(test_big_endian_and_float) {
    const unsigned char big[] = {0x7f, 0xff, 0x80, 0x00, 0x00, 0x01};
    float y[3];
    oss_raw_mix(&(oss_raw){OSS_RAW_S16BE, 16000, 1}, y, big, 3);
    ck_assert(y[0] == 32767.0F / 32768.0F && y[1] == -1.0F && y[2] == 1.0F / 32768.0F);
    const unsigned char floats[] = {0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xbf};
    oss_raw_mix(&(oss_raw){OSS_RAW_F32LE, 16000, 2}, y, floats, 1);
    ck_assert(y[0] == 0.25F);
}
END_TEST

/* ---- Headers ---- */

START_TEST(test_header_comes_piece_by_piece) {
    unsigned char file[60];
    size_t at = write_header(file, 1, 16, 1, 16);
    memset(file + at, 0, 16);
    for (size_t count = 0; count <= at + 16; count++) {
        oss_raw raw;
        size_t header = 99;
        int64_t data = 99;
        ok(oss_raw_read_wav(&raw, file, count, &header, &data, "the test"));
        ck_assert_uint_eq(header, count < 44 ? 0 : 44);
    }
}
END_TEST

START_TEST(test_other_chunks_and_unknown_lengths) {
    unsigned char file[44 + 11 + 1];
    unsigned char plain[44];
    oss_raw raw;
    size_t header = 0;
    int64_t data = 0;
    (void)write_header(plain, 1, 16, 1, 0xffffffffU); /* of a writer that does not know */
    ok(oss_raw_read_wav(&raw, plain, 44, &header, &data, "the test"));
    ck_assert_int_eq(data, -1);
    (void)write_header(plain, 1, 16, 1, 0);
    ok(oss_raw_read_wav(&raw, plain, 44, &header, &data, "the test"));
    ck_assert_int_eq(data, -1);
    (void)write_header(plain, 1, 16, 1, 100);
    memcpy(file, plain, 36);
    memcpy(file + 36, "LIST\3\0\0\0abc", 12); /* three bytes, and one that makes them even */
    memcpy(file + 48, plain + 36, 8);
    ok(oss_raw_read_wav(&raw, file, sizeof file, &header, &data, "the test"));
    ck_assert_uint_eq(header, 56);
    ck_assert_int_eq(data, 100);
}
END_TEST

START_TEST(test_wrong_headers) {
    unsigned char file[44];
    static const struct {
        size_t place;
        unsigned char byte;
        const char *why;
    } wrong[] = {{0, 'X', "no WAV header"},
                 {8, 'X', "no WAV header"},
                 {20, 85, "samples that are not read from a pipe"},
                 {34, 12, "samples that are not read from a pipe"},
                 {22, 0, "samples that are not read from a pipe"},
                 {12, 'X', "without a format before its samples"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        oss_raw raw;
        size_t header = 0;
        int64_t data = 0;
        (void)write_header(file, 1, 16, 1, 100);
        file[wrong[i].place] = wrong[i].byte;
        ck_assert_int_eq(oss_raw_read_wav(&raw, file, 44, &header, &data, "the test"), OSS_EINPUT);
        ck_assert_msg(strstr(oss_last_error(), wrong[i].why) != NULL, "%s", oss_last_error());
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/raw");
    TCase *tcase = tcase_create("raw");
    tcase_add_test(tcase, test_names);
    tcase_add_test(tcase, test_wrong_names);
    tcase_add_test(tcase, test_as_the_decoder);
    tcase_add_test(tcase, test_logarithmic);
    tcase_add_test(tcase, test_big_endian_and_float);
    tcase_add_test(tcase, test_header_comes_piece_by_piece);
    tcase_add_test(tcase, test_other_chunks_and_unknown_lengths);
    tcase_add_test(tcase, test_wrong_headers);
    suite_add_tcase(suite, tcase);
    return suite;
}
