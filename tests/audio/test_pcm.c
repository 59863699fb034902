/* Numbers of linear PCM. Against libsndfile: test_wav_pipe.c. */
#include <string.h>

#include "audio/pcm.h"
#include "support/suite.h"

START_TEST(test_numbers) {
    static const unsigned char bytes[] = {0x00, 0x80, 0xff, 0x01, 0x00, 0x00, 0x80, 0x3f};
    float x[8];
    oss_pcm_decode(x, bytes, 3, OSS_PCM_U8);
    ck_assert(x[0] == -1.0f && x[1] == 0.0f && x[2] == 127.0f / 128.0f);
    oss_pcm_decode(x, bytes, 4, OSS_PCM_S16);
    ck_assert(x[0] == -1.0f && x[1] == 511.0f / 32768.0f && x[2] == 0.0f && x[3] == 16256.0f / 32768.0f);
    oss_pcm_decode(x, bytes, 2, OSS_PCM_S24);
    ck_assert(x[0] == -32768.0f / 8388608.0f && x[1] == 1.0f / 8388608.0f);
    oss_pcm_decode(x, bytes + 4, 1, OSS_PCM_S32);
    ck_assert(x[0] == 1065353216.0f / 2147483648.0f);
    oss_pcm_decode(x, bytes + 4, 1, OSS_PCM_F32);
    ck_assert(x[0] == 1.0f);
    static const unsigned char half[] = {0, 0, 0, 0, 0, 0, 0xe0, 0xbf};
    oss_pcm_decode(x, half, 1, OSS_PCM_F64);
    ck_assert(x[0] == -0.5f);
}
END_TEST

typedef struct chunk {
    unsigned char byte[40];
} chunk;

static chunk make_chunk(int tag, int channels, int rate_hz, int align, int bits) {
    const int field[][2] = {{tag, 2},   {channels, 2}, {rate_hz, 4}, {rate_hz * align, 4},
                            {align, 2}, {bits, 2}};
    chunk c = {{0}};
    unsigned char *at = c.byte;
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        for (int j = 0; j < field[i][1]; j++) {
            *at++ = (unsigned char)(field[i][0] >> 8 * j);
        }
    }
    return c;
}

START_TEST(test_formats) {
    static const struct {
        int tag, channels, rate_hz, align, bits;
        bool known;
        oss_pcm_kind kind;
    } cases[] = {{1, 1, 16000, 1, 8, true, OSS_PCM_U8},    {1, 2, 44100, 4, 16, true, OSS_PCM_S16},
                 {1, 6, 48000, 18, 24, true, OSS_PCM_S24}, {1, 1, 8000, 4, 32, true, OSS_PCM_S32},
                 {3, 1, 8000, 4, 32, true, OSS_PCM_F32},   {3, 64, 8000, 512, 64, true, OSS_PCM_F64},
                 {1, 1, 8000, 4, 24, false, OSS_PCM_U8}, /* in four bytes */
                 {1, 1, 8000, 2, 12, false, OSS_PCM_U8},   {6, 1, 8000, 1, 8, false, OSS_PCM_U8},
                 {2, 1, 8000, 256, 4, false, OSS_PCM_U8},  {3, 1, 8000, 2, 16, false, OSS_PCM_U8},
                 {1, 0, 8000, 0, 16, false, OSS_PCM_U8},   {1, 65, 8000, 130, 16, false, OSS_PCM_U8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_pcm_format format = {.rate_hz = 77};
        chunk c =
            make_chunk(cases[i].tag, cases[i].channels, cases[i].rate_hz, cases[i].align, cases[i].bits);
        ck_assert_int_eq(oss_pcm_from_wav(&format, c.byte, 16), cases[i].known);
        ck_assert_int_eq(format.rate_hz, cases[i].known ? cases[i].rate_hz : 77);
        ck_assert(!cases[i].known || (format.kind == cases[i].kind && format.channels == cases[i].channels));
        ck_assert(!oss_pcm_from_wav(&format, c.byte, 15));
    }
}
END_TEST

/* The codec stands further on, and so does how many bits of each number count. */
START_TEST(test_extensible) {
    oss_pcm_format format;
    chunk c = make_chunk(0xfffe, 2, 48000, 6, 24);
    c.byte[16] = 22;
    c.byte[18] = 24;
    c.byte[24] = 1;
    ck_assert(oss_pcm_from_wav(&format, c.byte, sizeof c.byte));
    ck_assert(format.kind == OSS_PCM_S24 && format.channels == 2);
    ck_assert(!oss_pcm_from_wav(&format, c.byte, 39));
    c.byte[18] = 20;
    ck_assert(!oss_pcm_from_wav(&format, c.byte, sizeof c.byte));
    c.byte[18] = 24;
    c.byte[24] = 7;
    ck_assert(!oss_pcm_from_wav(&format, c.byte, sizeof c.byte));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/pcm");
    TCase *tests = tcase_create("pcm");
    tcase_add_test(tests, test_numbers);
    tcase_add_test(tests, test_formats);
    tcase_add_test(tests, test_extensible);
    suite_add_tcase(suite, tests);
    return suite;
}
