/* The formats: what comes out of the libraries, seeking, damage. */
#include "audio/audio_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/encode.h"
#include "support/fill.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/tolerance.h"
#include "support/wav.h"

enum { RATE = 16000, FRAMES = 40000 };

/* For the leak sanitizer: libsndfile 1.2.0 forgets a block of libvorbis when it refuses a damaged Ogg file. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
    return "leak:vorbis_info_init";
}

static char *folder;
static char *path;
static float *speech; /* [FRAMES]: sines that come and go, and a little noise */

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "clip.wav");
    speech = malloc(FRAMES * sizeof *speech);
    for (int i = 0; i < FRAMES; i++) {
        double t = (double)i / (double)RATE;
        double swell = 0.3 + 0.2 * sin(7.0 * t);
        speech[i] = (float)(swell * sin(6.283185307179586 * (200.0 + 300.0 * t) * t) +
                            0.01 * oss_fill_value(5, (uint64_t)i));
    }
}

static void tear_down(void) {
    free(speech);
    free(path);
    oss_tempdir_remove(folder);
}

static oss_audio load(double start, double end) {
    const oss_audio_request request = {.rate_hz = RATE, .start_seconds = start, .end_seconds = end};
    oss_audio audio = {0};
    oss_status status = oss_audio_load(&audio, path, &request);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return audio;
}

static void assert_fails(oss_status want, const char *message) {
    const oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1};
    oss_audio audio = {.samples = 77};
    ck_assert_int_eq(oss_audio_load(&audio, path, &request), want);
    ck_assert_int_eq(audio.samples, 77);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "\"%s\" is not in: %s", message,
                  oss_last_error());
    ck_assert_msg(strstr(oss_last_error(), path) != NULL, "no path in: %s", oss_last_error());
}

/* Largest relative L2 error of what was written and read back; the lossy codecs may also shift nothing. */
static double tolerance_of(oss_encoding encoding) {
    switch (encoding) {
    case OSS_ENCODE_PCM8:
    case OSS_ENCODE_ULAW:
        return 0.03;
    case OSS_ENCODE_GSM:
        return 0.6;
    case OSS_ENCODE_VORBIS:
    case OSS_ENCODE_OPUS:
    case OSS_ENCODE_MP3:
        return 0.15;
    case OSS_ENCODE_FLOAT:
    case OSS_ENCODE_DOUBLE:
        return 0.0;
    case OSS_ENCODE_PCM24:
    case OSS_ENCODE_PCM32:
        return 1e-6;
    default:
        return 2e-4;
    }
}

START_TEST(test_every_format_comes_back) {
    oss_encoding encoding = (oss_encoding)_i;
    if (!oss_encode(path, encoding, speech, FRAMES, 1, RATE)) {
        return;
    }
    oss_audio audio = load(0, -1);
    if (encoding == OSS_ENCODE_GSM) { /* whole blocks */
        ck_assert(audio.samples >= FRAMES && audio.samples < FRAMES + 640);
    } else {
        ck_assert_int_eq(audio.samples, FRAMES);
    }
    ck_assert_int_eq(audio.rate_hz, RATE);
    ck_assert_int_eq(audio.source_rate_hz, RATE);
    ck_assert_int_eq(audio.source_channels, 1);
    oss_assert_close_f32_f32(audio.sample, speech, FRAMES, oss_encoding_name(encoding),
                             tolerance_of(encoding), INFINITY);
    oss_audio_deinit(&audio);
}
END_TEST

/* A segment is the same samples as that part of the whole, whether the codec seeks, does not, or only says
 * so. */
START_TEST(test_segments_of_every_format) {
    oss_encoding encoding = (oss_encoding)_i;
    if (!oss_encode(path, encoding, speech, FRAMES, 1, RATE)) {
        return;
    }
    oss_audio whole = load(0, -1);
    const double starts[] = {0.0, 0.5, 1.23456, 2.499};
    for (size_t i = 0; i < 4; i++) {
        int64_t first = llround(starts[i] * (double)RATE);
        int64_t last = i == 1 ? llround(1.75 * (double)RATE) : whole.samples;
        oss_audio part = load(starts[i], i == 1 ? 1.75 : -1);
        ck_assert_int_eq(part.samples, last - first);
        double most = encoding == OSS_ENCODE_OPUS ? 0.05 : 0.0; /* Opus fills in noise of its own */
        oss_assert_close_f32_f32(part.sample, whole.sample + first, (size_t)part.samples,
                                 oss_encoding_name(encoding), most, INFINITY);
        oss_audio_deinit(&part);
    }
    oss_audio_deinit(&whole);
}
END_TEST

static void cut_file(double fraction) {
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    oss_tempdir_write(path, all, (long)((double)bytes * fraction));
    free(all);
}

START_TEST(test_truncated_files_are_refused) {
    const struct {
        oss_encoding encoding;
        const char *message;
    } cases[] = {
        {OSS_ENCODE_PCM16, "truncated; its header promises 80000 bytes of samples"},
        {OSS_ENCODE_FLOAT, "truncated; its header promises 160000 bytes of samples"},
        {OSS_ENCODE_ULAW, "truncated; its header promises 40000 bytes of samples"},
        {OSS_ENCODE_RF64, "truncated; its header promises 80000 bytes of samples"},
        {OSS_ENCODE_AIFF, "truncated; its header promises 80008 bytes of samples"},
        {OSS_ENCODE_AU, "truncated; its header promises 80000 bytes of samples"},
        {OSS_ENCODE_CAF, "truncated; its header promises 80000 bytes of samples"},
        {OSS_ENCODE_W64, "truncated; its header promises 80000 bytes of samples"},
        {OSS_ENCODE_FLAC, "truncated"},
        {OSS_ENCODE_VORBIS, "truncated; it breaks off at"},
        {OSS_ENCODE_OPUS, "truncated; it breaks off at"},
        {OSS_ENCODE_MP3, "truncated; it breaks off at"},
    };
    if (oss_encode(path, cases[_i].encoding, speech, FRAMES, 1, RATE)) {
        cut_file(0.6);
        assert_fails(OSS_EINPUT, cases[_i].message);
    }
}
END_TEST

/* Writes noise, then silence (dear frames, then cheap ones) as MP3 without the Xing header, after `tag_bytes`
 * of ID3v2 tag. */
static bool write_mp3_without_xing(float *x, int64_t frames, size_t tag_bytes) {
    oss_fill_f32(x, (size_t)frames / 4, 3, 0.5);
    if (!oss_encode(path, OSS_ENCODE_MP3, x, frames, 1, RATE)) {
        return false;
    }
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    const char *second = memmem(all + 4, (size_t)bytes - 4, all, 2); /* the first frame is the Xing header */
    ck_assert_ptr_nonnull(second);
    size_t rest = (size_t)(bytes - (second - all));
    char *joined = calloc(10 + tag_bytes + rest, 1);
    memcpy(joined, "ID3\x03", 4);
    joined[8] = (char)(tag_bytes >> 7);
    joined[9] = (char)(tag_bytes & 0x7f);
    memcpy(joined + 10 + tag_bytes, second, rest);
    oss_tempdir_write(path, joined, (long)(10 + tag_bytes + rest));
    free(joined);
    free(all);
    return true;
}

/* Without its Xing header libsndfile takes an estimate for the length and drops the rest, or waits for more
 * than there is: all of it is read. */
START_TEST(test_mp3_of_unknown_length) {
    enum { LONG = 30 * FRAMES };
    float *x = calloc(LONG, sizeof *x);
    const struct {
        int64_t frames;
        size_t tag_bytes;
    } cases[] = {{LONG, 64}, {FRAMES / 4, 16000}}; /* the latter's estimate, which counts tags, is too long */
    for (size_t i = 0; i < 2 && write_mp3_without_xing(x, cases[i].frames, cases[i].tag_bytes); i++) {
        oss_audio audio = load(0, -1);
        ck_assert_int_ge(audio.samples, cases[i].frames);
        ck_assert_int_le(audio.samples, cases[i].frames + 4000);
        oss_audio_deinit(&audio);
    }
    free(x);
}
END_TEST

/* ---- Headers that lie, and what is no audio ---- */

static void write_wav_claiming(uint32_t data_bytes) {
    int16_t x[1000];
    for (int i = 0; i < 1000; i++) {
        x[i] = (int16_t)(i * 30);
    }
    oss_wav_write_pcm16(path, x, 1000, 1, RATE);
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    for (int i = 0; i < 4; i++) {
        all[40 + i] = (char)(data_bytes >> (8 * i));
    }
    oss_tempdir_write(path, all, bytes);
    free(all);
}

START_TEST(test_wav_headers_that_lie) {
    const uint32_t unfinished[] = {UINT32_MAX, 0x7ffff000, 0x80000000};
    for (size_t i = 0; i < 3; i++) {
        write_wav_claiming(unfinished[i]);
        oss_audio audio = load(0, -1);
        ck_assert_int_eq(audio.samples, 1000);
        ck_assert_float_eq(audio.sample[999], 999.0f * 30.0f / 32768.0f);
        oss_audio_deinit(&audio);
    }
    write_wav_claiming(600); /* too small: what it says is what there is */
    oss_audio audio = load(0, -1);
    ck_assert_int_eq(audio.samples, 300);
    oss_audio_deinit(&audio);
    write_wav_claiming(0);
    assert_fails(OSS_EINPUT,
                 "unfinished recording; its header says that there are no samples, 2000 bytes follow");
    write_wav_claiming(2002);
    assert_fails(OSS_EINPUT, "truncated; its header promises 2002 bytes of samples, 2000 are there");
}
END_TEST

/* Both codes of libsndfile's: the one reads what is there, the other has no name for it. */
START_TEST(test_truncated_voc) {
    static const char begin[] = "Creative Voice File\x1a\x1a\0\x14\x01\x1f\x11";
    static const struct {
        const char *block;
        size_t lead_bytes;
    } kind[] = {{"\x09\xac\x0f\0\x80\x3e\0\0\x10\x01\x04\0\0\0\0\0", 16}, {"\x01\xa2\x0f\0\xc1\0", 6}};
    char file[26 + 16 + 4000 + 1] = {0};
    memcpy(file, begin, sizeof begin - 1);
    for (size_t i = 0; i < 2; i++) {
        memcpy(file + 26, kind[i].block, kind[i].lead_bytes);
        memset(file + 26 + kind[i].lead_bytes, 1, 4000);
        oss_tempdir_write(path, file, (long)(26 + kind[i].lead_bytes + 4000 + 1));
        oss_audio audio = load(0, -1);
        ck_assert_int_gt(audio.samples, 1900);
        oss_audio_deinit(&audio);
        cut_file(0.6);
        assert_fails(OSS_EINPUT, "truncated; its header promises 4000 bytes of samples");
    }
}
END_TEST

/* Finite, and no sound on any scale: what the network would make of it is not finite. */
START_TEST(test_samples_beyond_all_scales) {
    static const float large[] = {1.01e10f, -1e30f, 3e38f};
    float x[2 * 500] = {0.0f};
    for (size_t i = 0; i < 3; i++) {
        x[2 * 100 + 1] = large[i];
        ck_assert(oss_encode(path, OSS_ENCODE_FLOAT, x, 500, 2, RATE));
        assert_fails(OSS_EINPUT, "a sample that is beyond 1e10 in magnitude at frame 100 (0.0");
    }
    x[2 * 100 + 1] = 2147483648.0f; /* an integer of 32 bits, taken for a float */
    ck_assert(oss_encode(path, OSS_ENCODE_FLOAT, x, 500, 2, RATE));
    oss_audio audio = load(0, -1);
    ck_assert_float_eq(audio.peak, 1073741824.0f);
    oss_audio_deinit(&audio);
}
END_TEST

/* A FLAC that promises 2^36 - 1 frames: neither memory for them nor belief. */
START_TEST(test_flac_that_promises_too_much) {
    ck_assert(oss_encode(path, OSS_ENCODE_FLAC, speech, FRAMES, 1, RATE));
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    all[21] = (char)(all[21] | 0x0f);
    memset(all + 22, 0xff, 4);
    oss_tempdir_write(path, all, bytes);
    assert_fails(OSS_EINPUT, "2.500 s");
    all[21] = (char)(all[21] & 0xf0); /* 0: an encoder that could not go back; read as far as it goes */
    memset(all + 22, 0, 4);
    oss_tempdir_write(path, all, bytes);
    free(all);
    oss_audio audio = load(1.0, 2.0);
    ck_assert_int_eq(audio.samples, RATE);
    oss_audio_deinit(&audio);
}
END_TEST

START_TEST(test_what_is_no_audio) {
    oss_tempdir_write(path, "", 0);
    assert_fails(OSS_EINPUT, "an empty file (0 bytes)");
    oss_tempdir_write(path, "wav,text\na.wav,hello\n", 21);
    assert_fails(OSS_EINPUT, "not audio that can be read");
    const int16_t none = 0;
    oss_wav_write_pcm16(path, &none, 0, 1, RATE);
    assert_fails(OSS_EINPUT, "no samples");
    cut_file(0.5);
    assert_fails(OSS_EINPUT, "not audio that can be read");
    ck_assert(oss_encode(path, OSS_ENCODE_FLAC, speech, 0, 1, RATE));
    assert_fails(OSS_EINPUT, "");
}
END_TEST

START_TEST(test_what_is_no_file) {
    assert_fails(OSS_EIO, "No such file");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    assert_fails(OSS_EINPUT, "not a regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_fails(OSS_EINPUT, "a folder");
    ck_assert_int_eq(rmdir(path), 0);
    char *other = oss_tempdir_path(folder, "other.wav");
    oss_wav_write_tone(other, 0.1, 440, 0.5, RATE);
    ck_assert_int_eq(symlink("other.wav", path), 0);
    oss_audio audio = load(0, -1); /* a link to a file is a file */
    ck_assert_int_eq(audio.samples, 1600);
    oss_audio_deinit(&audio);
    free(other);
}
END_TEST

/* Bits of every format are changed one after the other: an error or samples, never a crash or a hang. */
START_TEST(test_damaged_files_end) {
    oss_encoding encoding = (oss_encoding)_i;
    if (!oss_encode(path, encoding, speech, 4000, 1, RATE)) {
        return;
    }
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    for (uint64_t round = 0; round < 60; round++) {
        char *copy = malloc((size_t)bytes);
        memcpy(copy, all, (size_t)bytes);
        uint64_t limit =
            round % 2 == 0 && bytes > 200 ? 200 : (uint64_t)bytes; /* every other one in the headers */
        copy[oss_fill_bits(round, 0) % limit] ^= (char)(1 << oss_fill_bits(round, 1) % 8);
        oss_tempdir_write(path, copy, bytes);
        free(copy);
        const oss_audio_request request = {.rate_hz = RATE,
                                           .start_seconds = round % 3 == 0 ? 0.1 : 0.0,
                                           .end_seconds = -1,
                                           .max_seconds = 30};
        oss_audio audio = {0};
        if (oss_audio_load(&audio, path, &request) == OSS_OK) {
            ck_assert_int_gt(audio.samples, 0);
            ck_assert(isfinite(audio.peak));
            oss_audio_deinit(&audio);
        }
    }
    free(all);
}
END_TEST

START_TEST(test_libraries_are_named) {
    const char *libraries = oss_audio_libraries();
    ck_assert_ptr_eq(libraries, oss_audio_libraries());
    ck_assert_ptr_eq(strstr(libraries, "libsndfile-"), libraries);
    ck_assert_ptr_nonnull(strstr(libraries, " libsamplerate-"));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/audio_file");
    TCase *tests = tcase_create("formats");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_every_format_comes_back, 0, OSS_ENCODE_COUNT);
    tcase_add_loop_test(tests, test_segments_of_every_format, 0, OSS_ENCODE_COUNT);
    tcase_add_loop_test(tests, test_truncated_files_are_refused, 0, 12);
    tcase_add_test(tests, test_truncated_voc);
    tcase_add_test(tests, test_samples_beyond_all_scales);
    tcase_add_test(tests, test_mp3_of_unknown_length);
    tcase_add_test(tests, test_wav_headers_that_lie);
    tcase_add_test(tests, test_flac_that_promises_too_much);
    tcase_add_test(tests, test_what_is_no_audio);
    tcase_add_test(tests, test_what_is_no_file);
    tcase_add_loop_test(tests, test_damaged_files_end, 0, OSS_ENCODE_COUNT);
    tcase_add_test(tests, test_libraries_are_named);
    suite_add_tcase(suite, tests);
    return suite;
}
