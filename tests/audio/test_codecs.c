/* What a container says and what its codec does: GSM 6.10 and MP3 in WAV; what is not decoded is named. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "audio/audio_cases.h"
#include "support/encode.h"

enum { RATE = 16000, FRAMES = 40000 };

/* ---- GSM 6.10 ---- */

/* 65 bytes a block, padded to an even number: the byte is no block. */
START_TEST(test_gsm_ends_with_its_last_block) {
    float *x = malloc(320 * 60 * sizeof *x);
    for (int i = 0; i < 320 * 60; i++) {
        x[i] = (float)(0.4 * sin(6.283185307179586 * 300.0 * i / 8000));
    }
    for (int blocks = 24; blocks < 30; blocks++) {
        ck_assert(oss_encode(path, OSS_ENCODE_GSM, x, 320L * blocks, 1, 8000));
        oss_audio audio = load(8000, 0, -1);
        ck_assert_int_eq(audio.samples, 320L * blocks);
        double loudest = 0.0;
        for (int64_t i = audio.samples - 320; i < audio.samples; i++) {
            loudest = fmax(loudest, (double)fabsf(audio.sample[i]));
        }
        ck_assert_msg(loudest < 0.55, "%d blocks: %.3g at the end of a tone of 0.4", blocks, loudest);
        oss_audio_deinit(&audio);
        assert_fails((oss_audio_request){.rate_hz = 8000, .end_seconds = 0.04 * blocks + 0.02}, OSS_EINPUT,
                     "outside the file");
    }
    free(x);
}
END_TEST

/* ---- MP3 in WAV ---- */

static char *put_number(char *at, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        *at++ = (char)(value >> (8 * i));
    }
    return at;
}

/* The MP3 at `path` becomes a WAV (MPEGLAYER3WAVEFORMAT), which keeps `share` of the bytes that it declares, and
 * more[count] behind them. */
static void wrap_in_wav(int channels, double share, const char *more, size_t count) {
    long bytes = 0;
    char *mp3 = oss_tempdir_read(path, &bytes);
    char *wav = calloc((size_t)bytes + count + 100, 1);
    char *at = wav;
    memcpy(at, "RIFF", 4);
    at = put_number(at + 4, (uint32_t)(bytes + 62 + bytes % 2), 4);
    memcpy(at, "WAVEfmt ", 8);
    at = put_number(at + 8, 30, 4);
    at = put_number(at, 0x55, 2);
    at = put_number(at, (uint32_t)channels, 2);
    at = put_number(at, RATE, 4);
    at = put_number(at, 4000, 4);
    at = put_number(at, 1, 2);
    at = put_number(at, 0, 2);
    at = put_number(at, 12, 2);
    at = put_number(at, 1, 2);
    at = put_number(at, 2, 4);
    at = put_number(at, 288, 2);
    at = put_number(at, 1, 2);
    at = put_number(at, 0, 2);
    memcpy(at, "fact\4\0\0\0\0\0\0\0data", 16);
    at = put_number(at + 16, (uint32_t)bytes, 4);
    long kept = (long)((double)bytes * share);
    memcpy(at, mp3, (size_t)kept);
    at += kept + (share < 1.0 ? 0 : bytes % 2);
    memcpy(at, more, count);
    oss_tempdir_write(path, wav, at + count - wav);
    free(wav);
    free(mp3);
}

/* Speech-like: dear frames, then cheap ones, so that a guess by the first one is wrong. */
static float *take_uneven(int64_t frames) {
    float *x = take_noise(frames, 0.4);
    for (int64_t i = frames / 4; i < frames; i++) {
        x[i] *= 0.001f;
    }
    return x;
}

static bool encode_mp3(bool constant, const float *x, int channels) {
    return constant ? oss_encode_constant_mp3(path, x, FRAMES / channels, channels, RATE)
                    : oss_encode(path, OSS_ENCODE_MP3, x, FRAMES / channels, channels, RATE);
}

START_TEST(test_mp3_in_wav) {
    bool constant = _i % 2 == 1;
    int channels = _i / 2 + 1;
    float *x = take_uneven(FRAMES);
    if (encode_mp3(constant, x, channels)) {
        oss_audio want = load(RATE, 0, -1);
        ck_assert_int_ge(want.samples, FRAMES / channels);
        wrap_in_wav(channels, 1.0, "LIST\4\0\0\0abcd", 12);
        oss_audio audio = load(RATE, 0, -1);
        ck_assert_int_eq(audio.samples, want.samples);
        ck_assert_mem_eq(audio.sample, want.sample, (size_t)want.samples * sizeof *x);
        oss_audio_deinit(&audio);
        audio = load(RATE, 0.5, 1.0);
        ck_assert_mem_eq(audio.sample, want.sample + 8000, 8000 * sizeof *x);
        oss_audio_deinit(&audio);
        ck_assert(encode_mp3(constant, x, channels));
        wrap_in_wav(channels, 0.6, "", 0);
        assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT,
                     "truncated; its header promises");
        bool cut = false;
        const oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1, .cut_off = &cut};
        ck_assert_int_eq(oss_audio_load(&audio, path, &request), OSS_OK);
        ck_assert(cut);
        ck_assert_int_lt(audio.samples, want.samples);
        oss_audio_deinit(&audio);
        oss_audio_deinit(&want);
    }
    free(x);
}
END_TEST

static double mean_square_of_difference(const float *x, const float *y, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    }
    return sum / (double)count;
}

/* Without LAME's header an MP3 does not say how many of its first samples are the encoder's own, and nobody takes them
 * away (findings/ffmpeg-encoder-delay.sh): what docs/inference.md says of times. */
START_TEST(test_mp3_without_its_delay) {
    enum { DELAY = 1105 };
    float *x = take_noise(FRAMES, 0.2);
    for (int64_t i = 1; i < FRAMES; i++) {
        x[i] = 0.9f * x[i - 1] + 0.1f * x[i]; /* low tones, which an encoder keeps */
    }
    if (encode_mp3(_i == 1, x, 1)) {
        oss_audio audio = load(RATE, 0, -1);
        const int64_t late = _i == 1 ? DELAY : 0, count = FRAMES - 2 * DELAY;
        double loudness = mean_square_of_difference(x, (const float[FRAMES]){0}, count);
        ck_assert_int_ge(audio.samples, FRAMES + late);
        ck_assert_double_lt(mean_square_of_difference(audio.sample + late, x, count), 0.1 * loudness);
        ck_assert_double_gt(mean_square_of_difference(audio.sample + DELAY - late, x, count), loudness);
        oss_audio_deinit(&audio);
    }
    free(x);
}
END_TEST

/* Two WAVs with MP3 in them: the second is found behind the first one's chunks. */
START_TEST(test_mp3_in_wav_twice) {
    float *x = take_uneven(FRAMES);
    if (encode_mp3(false, x, 1)) {
        oss_audio want = load(RATE, 0, -1);
        wrap_in_wav(1, 1.0, "", 0);
        long bytes = 0;
        char *wav = oss_tempdir_read(path, &bytes);
        ck_assert(encode_mp3(false, x, 1));
        wrap_in_wav(1, 1.0, wav, (size_t)bytes);
        oss_audio audio = load(RATE, 0, -1);
        ck_assert_int_eq(audio.samples, 2 * want.samples);
        ck_assert_mem_eq(audio.sample + want.samples, want.sample, (size_t)want.samples * sizeof *x);
        oss_audio_deinit(&audio);
        oss_audio_deinit(&want);
        free(wav);
    }
    free(x);
}
END_TEST

/* ---- Cut MP3 ---- */

/* By our own count of frames, whatever the library makes of it; without a Xing header only a frame that is not
 * whole shows it. */
START_TEST(test_cut_mp3) {
    bool constant = _i == 1;
    float *x = take_uneven(FRAMES);
    if (encode_mp3(constant, x, 1)) {
        long bytes = 0;
        char *all = oss_tempdir_read(path, &bytes);
        oss_audio whole = load(RATE, 0, -1);
        const char *second = memmem(all + 4, (size_t)bytes - 4, all, 3);
        ck_assert(!constant || second != NULL);
        long frame_bytes = constant ? second - all : 0; /* all of one length at this rate */
        for (long left = bytes - 1; left > bytes * 9 / 10; left -= 7) {
            oss_tempdir_write(path, all, left);
            bool cut = false;
            oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1};
            oss_audio audio;
            bool between = constant && left % frame_bytes == 0;
            if (!between) {
                assert_fails(request, OSS_EINPUT, "truncated; it breaks off at");
            }
            request.cut_off = &cut;
            ck_assert_msg(oss_audio_load(&audio, path, &request) == OSS_OK, "%s", oss_last_error());
            ck_assert(cut == !between);
            ck_assert_int_le(audio.samples, whole.samples);
            ck_assert_int_ge(audio.samples, whole.samples / 4);
            oss_audio_deinit(&audio);
        }
        oss_audio_deinit(&whole);
        free(all);
    }
    free(x);
}
END_TEST

/* What libmpg123 would warn of on standard error never comes to it. */
static void assert_quiet(const char *message) {
    int error = dup(STDERR_FILENO);
    char *log = oss_tempdir_path(folder, "stderr");
    ck_assert_ptr_nonnull(freopen(log, "w", stderr));
    assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT, message);
    (void)fflush(stderr);
    ck_assert_int_ge(dup2(error, STDERR_FILENO), 0);
    (void)close(error);
    long bytes = 0;
    char *text = oss_tempdir_read(log, &bytes);
    ck_assert_msg(bytes == 0, "on standard error: %.*s", (int)bytes, text);
    free(text);
    free(log);
}

START_TEST(test_mp3_cut_in_its_first_frames) {
    float *x = take_noise(FRAMES, 0.4);
    if (encode_mp3(_i == 1, x, 1)) {
        long bytes = 0;
        char *all = oss_tempdir_read(path, &bytes);
        for (long left = 4; left < 400; left += 9) {
            oss_tempdir_write(path, all, left);
            assert_quiet("truncated");
            char tagged[500] = "ID3\x03\0\0\0\0\0\x20"; /* 42 bytes in all */
            memcpy(tagged + 42, all, (size_t)left);
            oss_tempdir_write(path, tagged, 42 + left);
            assert_quiet("truncated");
        }
        oss_tempdir_write(path, "ID3\x03\0\0\0\0\x20\0tag and no more than a little of it", 42);
        assert_quiet("truncated; it breaks off before its first sample");
        oss_tempdir_write(path, all, bytes);
        wrap_in_wav(1, 0.02, "", 0);
        assert_quiet("truncated");
        free(all);
    }
    oss_tempdir_write(path, "\xff\xfew\0a\0v\0,\0t\0e\0x\0t\0\n\0", 20); /* text in UTF-16 */
    assert_quiet("not audio that can be read");
    free(x);
}
END_TEST

/* Data sizes of 64 bits. */
START_TEST(test_cut_w64_and_caf) {
    static const oss_encoding encodings[] = {OSS_ENCODE_W64, OSS_ENCODE_CAF, OSS_ENCODE_RF64};
    static const double shares[] = {0.1, 0.3, 0.6, 0.97};
    float *x = take_noise(FRAMES, 0.4);
    ck_assert(oss_encode(path, encodings[_i], x, FRAMES, 1, RATE));
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    for (size_t i = 0; i < 4; i++) {
        oss_tempdir_write(path, all, (long)((double)bytes * shares[i]));
        assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT,
                     "truncated; its header promises 80000 bytes");
    }
    free(all);
    free(x);
}
END_TEST

/* Headers, and not one whole page of audio. */
START_TEST(test_ogg_cut_in_its_first_page) {
    float *x = take_noise(FRAMES, 0.4);
    ck_assert(oss_encode(path, OSS_ENCODE_OPUS, x, FRAMES, 1, RATE));
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    oss_tempdir_write(path, all, 1500);
    bool cut = false;
    assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1, .cut_off = &cut}, OSS_EINPUT,
                 "truncated; it breaks off before its first sample");
    ck_assert(!cut);
    free(all);
    free(x);
}
END_TEST

/* RFC 3533, section 6: polynomial 0x04c11db7, over the page with 0 in this place. */
static uint32_t sum_page(const unsigned char *page, size_t bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum ^= (uint32_t)page[i] << 24;
        for (int bit = 0; bit < 8; bit++) {
            sum = sum << 1 ^ (sum >> 31 != 0 ? 0x04c11db7U : 0);
        }
    }
    return sum;
}

/* The same stream, its first sample at time `later` (48 kHz): only the positions of pages tell. */
static void begin_later(char *ogg, long bytes, uint64_t later) {
    for (char *at = ogg; at < ogg + bytes;) {
        size_t segments = (unsigned char)at[26];
        size_t size = 27 + segments;
        for (size_t i = 0; i < segments; i++) {
            size += (unsigned char)at[27 + i];
        }
        uint64_t position = 0;
        for (int i = 7; i >= 0; i--) {
            position = position << 8 | (unsigned char)at[6 + i];
        }
        if (position != 0) { /* 0: headers */
            put_number(put_number(at + 6, (uint32_t)(position + later), 4),
                       (uint32_t)((position + later) >> 32), 4);
        }
        put_number(at + 22, 0, 4);
        put_number(at + 22, sum_page((const unsigned char *)at, size), 4);
        at += size;
    }
}

/* A recorded broadcast begins at any time (RFC 7845, section 4.3). */
START_TEST(test_opus_that_begins_later) {
    float *x = take_noise(FRAMES, 0.4);
    ck_assert(oss_encode(path, OSS_ENCODE_OPUS, x, FRAMES, 1, RATE));
    oss_audio want = load(RATE, 0, -1);
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    begin_later(all, bytes, 48000ULL * 100000);
    oss_tempdir_write(path, all, bytes);
    oss_audio audio = load(RATE, 0, -1);
    ck_assert_int_eq(audio.samples, want.samples);
    ck_assert_mem_eq(audio.sample, want.sample, (size_t)want.samples * sizeof *want.sample);
    oss_audio_deinit(&audio);
    oss_audio_deinit(&want);
    free(all);
    free(x);
}
END_TEST

/* ---- What is not decoded ---- */

#define CASE(bytes, name)                                                                                    \
    { bytes, sizeof(bytes) - 1, name }

START_TEST(test_what_is_not_decoded_is_named) {
    static const struct {
        const char *bytes;
        size_t count;
        const char *name;
    } cases[] = {
        CASE("OggS\0\2\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\x33\177FLAC\1\0\0\1fLaC", "Ogg FLAC"),
        CASE("OggS\0\2\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\x33Speex   1.2", "Ogg Speex"),
        CASE("\0\0\0\x20"
             "ftypM4A ",
             "MP4 or M4A"),
        CASE("\x1a\x45\xdf\xa3\1", "Matroska or WebM"),
        CASE("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "WMA"),
        CASE("#!AMR\n\x3c", "AMR"),
        CASE("wvpk", "WavPack"),
        CASE("MAC ", "Monkey's Audio"),
        CASE("TTA1", "True Audio"),
        CASE("DSD ", "DSD"),
        CASE("FLV\1", "Flash video"),
        CASE("\xff\xf1\x50\x80\1\x7f\xfc", "AAC"),
        CASE("\x0b\x77\1", "AC-3"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char bytes[300] = {0};
        memcpy(bytes, cases[i].bytes, cases[i].count);
        oss_tempdir_write(path, bytes, sizeof bytes);
        assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT, cases[i].name);
        ck_assert_msg(strstr(oss_last_error(), "convert it, for example with ffmpeg -i IN OUT.flac") != NULL,
                      "%s", oss_last_error());
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/codecs");
    TCase *tests = tcase_create("codecs");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_gsm_ends_with_its_last_block);
    tcase_add_loop_test(tests, test_mp3_in_wav, 0, 4);
    tcase_add_loop_test(tests, test_mp3_without_its_delay, 0, 2);
    tcase_add_test(tests, test_mp3_in_wav_twice);
    tcase_add_loop_test(tests, test_cut_mp3, 0, 2);
    tcase_add_loop_test(tests, test_mp3_cut_in_its_first_frames, 0, 2);
    tcase_add_loop_test(tests, test_cut_w64_and_caf, 0, 3);
    tcase_add_test(tests, test_ogg_cut_in_its_first_page);
    tcase_add_test(tests, test_opus_that_begins_later);
    tcase_add_test(tests, test_what_is_not_decoded_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
