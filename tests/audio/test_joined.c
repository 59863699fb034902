/* Recordings put end to end in one file: all of them are heard, wherever a segment lies. */
#include <errno.h>
#include <math.h>

#include "audio/audio_cases.h"
#include "support/encode.h"
#include "support/faults.h"

enum { RATE = 16000, FIRST = 24000, SECOND = 32000 };

/* For the leak sanitizer: libsndfile 1.2.0 forgets a block of libvorbis when it refuses a damaged Ogg file. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
    return "leak:vorbis_info_init";
}

static const oss_encoding joinable[] = {OSS_ENCODE_FLAC,  OSS_ENCODE_VORBIS, OSS_ENCODE_OPUS, OSS_ENCODE_MP3,
                                        OSS_ENCODE_PCM16, OSS_ENCODE_PCM24,  OSS_ENCODE_AIFF, OSS_ENCODE_AU,
                                        OSS_ENCODE_RF64,  OSS_ENCODE_W64,    OSS_ENCODE_CAF};
enum { JOINABLE = sizeof joinable / sizeof *joinable };

typedef struct piece {
    char *bytes;
    long count;
    oss_audio audio;
} piece;

/* A tone of its own, encoded, and what is heard of it alone. */
static piece make_piece(oss_encoding encoding, int64_t frames, double hertz, int channels, int rate) {
    piece made = {0};
    float *x = malloc((size_t)(frames * channels) * sizeof *x);
    for (int64_t i = 0; i < frames * channels; i++) {
        x[i] = (float)(0.4 * sin(6.283185307179586 * hertz * (double)(i / channels) / rate));
    }
    ck_assert(oss_encode(path, encoding, x, frames, channels, rate));
    free(x);
    made.bytes = oss_tempdir_read(path, &made.count);
    made.audio = load(RATE, 0, -1);
    return made;
}

static void free_piece(piece *made) {
    free(made->bytes);
    oss_audio_deinit(&made->audio);
}

/* Nothing may be NULL, which memcpy must not be given. */
static size_t append(char *to, size_t used, const char *bytes, size_t count) {
    if (count > 0) {
        memcpy(to + used, bytes, count);
    }
    return used + count;
}

/* a, then between[count], then b; the pieces may be empty. */
static void join(const piece *a, const char *between, size_t count, const piece *b) {
    size_t bytes = (size_t)a->count + count + (size_t)b->count;
    char *joined = malloc(bytes);
    size_t used = append(joined, 0, a->bytes, (size_t)a->count);
    used = append(joined, used, between, count);
    (void)append(joined, used, b->bytes, (size_t)b->count);
    oss_tempdir_write(path, joined, (long)bytes);
    free(joined);
}

/* The file is a's samples and then b's, from `start` to `end`. Opus fills in noise of its own where it is sought. */
static void assert_heard(const piece *a, const piece *b, double start, double end, bool opus) {
    oss_audio audio = load(RATE, start, end);
    int64_t begin = llround(start * (double)RATE), whole = a->audio.samples + b->audio.samples;
    ck_assert_int_eq(audio.samples, (end < 0 ? whole : llround(end * (double)RATE)) - begin);
    for (int64_t i = 0; i < audio.samples; i++) {
        int64_t at = begin + i;
        float want = at < a->audio.samples ? a->audio.sample[at] : b->audio.sample[at - a->audio.samples];
        float tolerance = opus && start > 0 ? 0.05f : 0.0f;
        if (!(fabsf(audio.sample[i] - want) <= tolerance)) {
            ck_abort_msg("from %g to %g: sample %lld is %g, not %g", start, end, (long long)i,
                         (double)audio.sample[i], (double)want);
        }
    }
    oss_audio_deinit(&audio);
}

START_TEST(test_all_of_two_are_heard) {
    oss_encoding encoding = joinable[_i];
    bool opus = encoding == OSS_ENCODE_OPUS;
    piece a = make_piece(encoding, FIRST, 440, 1, RATE);
    piece b = make_piece(encoding, SECOND, 880, 1, RATE);
    ck_assert_int_eq(a.audio.samples, FIRST);
    ck_assert_int_eq(b.audio.samples, SECOND);
    const piece *const orders[][2] = {
        {&a, &b}, {&b, &a}, {&a, &a}}; /* the last with the same numbers twice */
    static const double spans[][2] = {{0, -1},     {0, 1},    {0.5, 1.2},   {1.25, 1.75},
                                      {1.499, -1}, {1.5, -1}, {2.25, 2.75}, {0.75, -1}};
    for (size_t o = 0; o < 3; o++) {
        join(orders[o][0], "", 0, orders[o][1]);
        for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
            assert_heard(orders[o][0], orders[o][1], spans[i][0], spans[i][1], opus);
        }
    }
    free_piece(&a);
    free_piece(&b);
}
END_TEST

START_TEST(test_many) {
    oss_encoding encoding = joinable[_i];
    piece a = make_piece(encoding, 8000, 440, 1, RATE);
    char *joined = malloc((size_t)a.count * 20);
    for (int i = 0; i < 20; i++) {
        memcpy(joined + i * a.count, a.bytes, (size_t)a.count);
    }
    oss_tempdir_write(path, joined, 20 * a.count);
    oss_audio audio = load(RATE, 0, -1);
    ck_assert_int_eq(audio.samples, 20 * 8000);
    for (int i = 0; i < 20; i++) {
        ck_assert_mem_eq(audio.sample + i * 8000, a.audio.sample, 8000 * sizeof(float));
    }
    oss_audio_deinit(&audio);
    assert_fails((oss_audio_request){.rate_hz = RATE, .start_seconds = 10, .end_seconds = -1}, OSS_EINPUT,
                 "is outside the file, which lasts 10.000 s");
    assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1, .max_seconds = 9.9}, OSS_EINPUT,
                 "longer than max_seconds");
    free(joined);
    free_piece(&a);
}
END_TEST

/* Tags and padding that lie between belong to nothing. */
START_TEST(test_what_lies_between) {
    oss_encoding encoding = joinable[_i];
    char tags[128 + 10 + 300] = "TAGTitle"; /* ID3v1 at the end of the one, ID3v2 before the other */
    memcpy(tags + 128, "ID3\x03\0\0\0\0\x02\x2c", 10);
    if (encoding == OSS_ENCODE_FLAC || encoding == OSS_ENCODE_MP3) {
        piece a = make_piece(encoding, FIRST, 440, 1, RATE);
        piece b = make_piece(encoding, SECOND, 880, 1, RATE);
        join(&a, tags, sizeof tags, &b);
        assert_heard(&a, &b, 0, -1, false);
        join(&a, tags, 128, &b);
        assert_heard(&a, &b, 0.7, -1, false);
        b.count = 0;
        join(&a, tags, 128, &b);
        oss_audio audio = load(RATE, 0, -1);
        ck_assert_int_eq(audio.samples, FIRST);
        oss_audio_deinit(&audio);
        free_piece(&a);
        free_piece(&b);
    }
}
END_TEST

START_TEST(test_channels_may_differ_and_rates_may_not) {
    oss_encoding encoding = joinable[_i];
    piece a = make_piece(encoding, FIRST, 440, 1, RATE);
    piece b = make_piece(encoding, SECOND, 880, 2, RATE);
    join(&a, "", 0, &b);
    assert_heard(&a, &b, 0, -1, false);
    join(&b, "", 0, &a);
    assert_heard(&b, &a, 0, -1, false);
    free_piece(&b);
    b = make_piece(encoding, SECOND, 880, 1, 24000);
    join(&a, "", 0, &b);
    assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT,
                 "joined from recordings of different rates: 16000 Hz up to 1.500 s, then 24000 Hz");
    oss_audio audio = load(RATE, 0.25, 1.25); /* the segment is of one */
    ck_assert_int_eq(audio.samples, RATE);
    oss_audio_deinit(&audio);
    free_piece(&a);
    free_piece(&b);
}
END_TEST

/* Whatever the kinds of the two. */
START_TEST(test_kinds_may_differ) {
    oss_encoding encoding = joinable[_i];
    piece a = make_piece(encoding, FIRST, 440, 1, RATE);
    for (size_t i = 0; i < JOINABLE; i++) {
        piece b = make_piece(joinable[i], SECOND, 880, 1, RATE);
        bool opus = encoding == OSS_ENCODE_OPUS || joinable[i] == OSS_ENCODE_OPUS;
        join(&a, "", 0, &b);
        assert_heard(&a, &b, 0, -1, opus);
        assert_heard(&a, &b, 0.5, 2.5, opus);
        assert_heard(&a, &b, 1.5, -1, opus);
        free_piece(&b);
    }
    free_piece(&a);
}
END_TEST

/* Only pages belong into an Ogg: what cannot be heard is not passed over. Other kinds carry tags behind them. */
START_TEST(test_junk_behind) {
    oss_encoding encoding = joinable[_i];
    bool ogg = encoding == OSS_ENCODE_VORBIS || encoding == OSS_ENCODE_OPUS;
    piece a = make_piece(encoding, FIRST, 440, 1, RATE), none = {0};
    char junk[1000];
    memset(junk, 'j', sizeof junk);
    const oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1};
    join(&a, junk, sizeof junk, &none);
    if (ogg) {
        assert_fails(request, OSS_EINPUT, "what follows from 1.500 s on");
    } else {
        assert_heard(&a, &none, 0, -1, false);
    }
    join(&a, junk, 100, &none);
    assert_heard(&a, &none, 0, -1, false);
    memset(junk, 0, sizeof junk);
    join(&a, junk, sizeof junk, &none);
    assert_heard(&a, &none, 0, -1, false);
    free_piece(&a);
}
END_TEST

START_TEST(test_what_is_not_decoded_behind) {
    oss_encoding encoding = joinable[_i];
    piece a = make_piece(encoding, FIRST, 440, 1, RATE), none = {0};
    char mp4[600] = "\0\0\0\x20"
                    "ftypM4A ";
    join(&a, mp4, sizeof mp4, &none);
    if (encoding != OSS_ENCODE_FLAC) { /* which does not say where it ends */
        assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT,
                     "what follows from 1.500 s on");
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "MP4 or M4A"));
    }
    free_piece(&a);
}
END_TEST

/* A WAV that is kept as metadata of a FLAC (flac --keep-foreign-metadata) is none that is joined to it. */
START_TEST(test_foreign_metadata_in_flac) {
    piece a = make_piece(OSS_ENCODE_FLAC, FIRST, 440, 1, RATE), none = {0};
    static const char block[] = "\x02\0\0\x18riffRIFF\x24\0\0\0WAVEfmt \x10\0\0\0";
    size_t count = sizeof block - 1, at = 42; /* behind STREAMINFO */
    char *bytes = malloc((size_t)a.count + count);
    memcpy(bytes, a.bytes, at);
    memcpy(bytes + at, block, count);
    memcpy(bytes + at + count, a.bytes + at, (size_t)a.count - at);
    free(a.bytes);
    a.bytes = bytes;
    a.count += (long)count;
    join(&a, "", 0, &none);
    assert_heard(&a, &none, 0, -1, false);
    assert_heard(&a, &none, 0.5, 1.0, false);
    free_piece(&a);
}
END_TEST

/* The last frame of the first seems whole: the second lends it the bytes. */
START_TEST(test_the_first_mp3_breaks_off) {
    piece a = make_piece(OSS_ENCODE_MP3, FIRST, 440, 1, RATE);
    piece b = make_piece(joinable[_i], SECOND, 880, 1, RATE);
    long whole = a.count;
    for (a.count = whole - 1; a.count > whole - 60; a.count -= 3) {
        join(&a, "", 0, &b);
        assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT, "truncated");
    }
    a.count = whole / 2;
    join(&a, "", 0, &b);
    assert_fails((oss_audio_request){.rate_hz = RATE, .end_seconds = -1}, OSS_EINPUT, "truncated");
    free_piece(&a);
    free_piece(&b);
}
END_TEST

/* FLAC written to a pipe does not say how long it is: it ends where the next begins. */
START_TEST(test_flac_of_unknown_length) {
    piece a = make_piece(OSS_ENCODE_FLAC, FIRST, 440, 1, RATE);
    piece b = make_piece(OSS_ENCODE_FLAC, SECOND, 880, 1, RATE);
    a.bytes[21] = (char)(a.bytes[21] & 0xf0);
    memset(a.bytes + 22, 0, 4);
    b.bytes[21] = (char)(b.bytes[21] & 0xf0);
    memset(b.bytes + 22, 0, 4);
    join(&a, "", 0, &b);
    assert_heard(&a, &b, 0, -1, false);
    assert_heard(&a, &b, 1.25, 1.75, false);
    free_piece(&a);
    free_piece(&b);
}
END_TEST

/* One that breaks off is refused wherever it lies, and what there is can be had with a word about it. */
START_TEST(test_the_last_one_breaks_off) {
    oss_encoding encoding = joinable[_i];
    piece a = make_piece(encoding, FIRST, 440, 1, RATE);
    piece b = make_piece(encoding, SECOND, 880, 1, RATE);
    b.count = b.count * 3 / 5;
    join(&a, "", 0, &b);
    bool cut = false;
    oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1};
    assert_fails(request, OSS_EINPUT, "truncated");
    request.cut_off = &cut;
    oss_audio audio;
    ck_assert_msg(oss_audio_load(&audio, path, &request) == OSS_OK, "%s", oss_last_error());
    ck_assert(cut);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "truncated"));
    ck_assert_int_ge(audio.samples, FIRST);
    ck_assert_int_lt(audio.samples, FIRST + SECOND);
    ck_assert_mem_eq(audio.sample, a.audio.sample, FIRST * sizeof(float));
    oss_audio_deinit(&audio);
    request.end_seconds = 1.25;
    ck_assert_int_eq(oss_audio_load(&audio, path, &request), OSS_OK);
    ck_assert(!cut);
    oss_audio_deinit(&audio);
    free_piece(&a);
    free_piece(&b);
}
END_TEST

START_TEST(test_constant_mp3_behind_another) {
    float *x = take_noise(FIRST, 0.4);
    piece a = make_piece(OSS_ENCODE_MP3, FIRST, 440, 1, RATE);
    piece b = {0};
    if (oss_encode_constant_mp3(path, x, FIRST, 1, RATE)) {
        b.bytes = oss_tempdir_read(path, &b.count);
        b.audio = load(RATE, 0, -1);
        ck_assert_int_ge(b.audio.samples, FIRST);
        join(&a, "", 0, &b); /* nothing marks where it begins but the length of the first */
        assert_heard(&a, &b, 0, -1, false);
        join(&b, "", 0, &a);
        assert_heard(&b, &a, 0, -1, false);
        free_piece(&b);
    }
    free_piece(&a);
    free(x);
}
END_TEST

static oss_status load_once(double start) {
    const oss_audio_request request = {.rate_hz = RATE, .start_seconds = start, .end_seconds = -1};
    oss_audio audio;
    oss_status status = oss_audio_load(&audio, path, &request);
    if (status == OSS_OK) {
        oss_audio_deinit(&audio);
    }
    return status;
}

/* Whichever read or seek fails: it is said, and nothing passes for the end of the recording. */
START_TEST(test_reading_fails) {
    static const oss_call kinds[] = {OSS_CALL_STAT, OSS_CALL_OPEN, OSS_CALL_LSEEK, OSS_CALL_READ};
    oss_encoding encoding = joinable[_i];
    piece a = make_piece(encoding, 4000, 440, 1, RATE);
    piece b = make_piece(encoding, 6000, 880, 1, RATE);
    join(&a, "", 0, &b);
    oss_faults_install();
    for (size_t i = 0; i < 8; i++) {
        bool fired = true;
        for (int64_t nth = 1; fired; nth++) {
            oss_faults_fail(kinds[i / 2], nth, EIO);
            oss_status status = load_once(i % 2 == 0 ? 0.0 : 0.1);
            fired = oss_faults_clear();
            ck_assert_msg(status == (fired ? OSS_EIO : OSS_OK), "%d, call %d: %s: %s", (int)i, (int)nth,
                          oss_status_name(status), oss_last_error());
        }
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    free_piece(&a);
    free_piece(&b);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/joined");
    TCase *tests = tcase_create("joined");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_all_of_two_are_heard, 0, JOINABLE);
    tcase_add_loop_test(tests, test_many, 0, JOINABLE);
    tcase_add_loop_test(tests, test_what_lies_between, 0, JOINABLE);
    tcase_add_loop_test(tests, test_channels_may_differ_and_rates_may_not, 0, JOINABLE);
    tcase_add_loop_test(tests, test_the_last_one_breaks_off, 0, JOINABLE);
    tcase_add_loop_test(tests, test_kinds_may_differ, 0, JOINABLE);
    tcase_add_loop_test(tests, test_junk_behind, 0, JOINABLE);
    tcase_add_loop_test(tests, test_what_is_not_decoded_behind, 0, JOINABLE);
    tcase_add_test(tests, test_foreign_metadata_in_flac);
    tcase_add_loop_test(tests, test_the_first_mp3_breaks_off, 0, JOINABLE);
    tcase_add_test(tests, test_flac_of_unknown_length);
    tcase_add_test(tests, test_constant_mp3_behind_another);
    /* Not CAF, the last: when reading failed, libsndfile 1.2 was seen not to come back from its header. */
    tcase_add_loop_test(tests, test_reading_fails, 0, JOINABLE - 1);
    suite_add_tcase(suite, tests);
    return suite;
}
