/* The public stream: calls in any order, pieces of any size, samples that are no numbers; afterwards it listens as a new one does. */
#include "fuzz/fuzz.h"
#include "infer/streaming_cases.h"

enum { PIECE_MAX = 6000, CALLS_MAX = 40 };

static oss_recognizer *recognizer;
static float sound[PIECE_MAX + 256 * 24]; /* a word, silence, a space */

static void prepare(void) {
    static const oss_recognizer_options options = {OSS_SIZE, .threads = 1};
    int64_t samples = 0;
    recognizer = oss_case_recognizer(oss_case_listener(), &options);
    oss_case_sound(sound, &samples, A_HZ, 0.25);
    oss_case_sound(sound, &samples, 0, 0.25);
    oss_case_sound(sound, &samples, SPACE_HZ, 0.2);
}

static void check_transcript(const oss_transcript *heard) {
    double now = 0.0;
    oss_fuzz_read_all(heard->text, strlen(heard->text));
    for (int32_t i = 0; i < heard->words; i++) {
        const oss_transcript_word *word = &heard->word[i];
        ck_assert(word->start_seconds >= now && word->end_seconds > word->start_seconds);
        ck_assert(word->confidence >= 0.0F && word->confidence <= 1.0F && word->symbols > 0);
        now = word->end_seconds;
    }
    ck_assert(now <= heard->audio_seconds + 1e-9);
}

static void take_finals(oss_stream *stream) {
    while (oss_stream_endpoint(stream) > 0) {
        oss_transcript *heard = NULL;
        if (!oss_fuzz_ok(oss_stream_final(stream, &heard))) {
            return;
        }
        check_transcript(heard);
        oss_transcript_free(heard);
    }
    oss_transcript *none = NULL;
    ck_assert_int_eq(oss_stream_final(stream, &none), OSS_EUSAGE);
}

static void look(const oss_stream *stream) {
    oss_transcript *heard = NULL;
    if (oss_fuzz_ok(oss_stream_partial(stream, &heard))) {
        check_transcript(heard);
        oss_transcript_free(heard);
    }
}

static bool accept(oss_stream *stream, oss_fuzz_bytes *bytes) {
    static const int32_t rates[] = {16000, 16000, 16000, 8000, 44100, 1000, 999, 0, -1, 768001};
    uint32_t from = oss_fuzz_up_to(bytes, PIECE_MAX - 1), count = oss_fuzz_up_to(bytes, 255) * 24;
    int32_t rate = rates[oss_fuzz_u8(bytes) % 10];
    float *x = malloc((count + 1) * sizeof *x);
    ck_assert_ptr_nonnull(x);
    memcpy(x, sound + from, count * sizeof *x);
    uint8_t odd = oss_fuzz_u8(bytes);
    if (odd > 250 && count > 0) {
        x[from % count] = odd == 251 ? NAN : odd == 252 ? INFINITY : odd == 253 ? 1e30F : -5.0F;
    }
    oss_status status = oss_stream_accept(stream, x, odd == 250 ? -1 : (int64_t)count, rate);
    free(x);
    (void)oss_fuzz_ok(status);
    return status != OSS_ENOMEM;
}

/* False: of no more use until it begins anew. */
static bool call(oss_stream *stream, oss_fuzz_bytes *bytes) {
    switch (oss_fuzz_u8(bytes) % 8) {
    case 0:
        look(stream);
        return true;
    case 1:
        take_finals(stream);
        return true;
    case 2: {
        oss_status status = oss_stream_finish(stream);
        (void)oss_fuzz_ok(status);
        return status != OSS_ENOMEM;
    }
    case 3:
        return oss_fuzz_ok(oss_stream_reset(stream));
    default:
        return accept(stream, bytes);
    }
}

static oss_stream_options read_options(oss_fuzz_bytes *bytes) {
    static const double latency[] = {0, 0.4, 1, 0.39, 30, 31};
    uint8_t how = oss_fuzz_u8(bytes), rules = oss_fuzz_u8(bytes);
    return (oss_stream_options){OSS_STREAM_SIZE,
                                .latency_seconds = latency[how % 6],
                                .left_seconds = (double)(how / 6 % 4),
                                .rule1_silence_seconds = rules % 4 == 3 ? -1.0 : rules % 4 * 0.2,
                                .rule2_silence_seconds = rules / 4 % 4 == 3 ? -1.0 : rules / 4 % 4 * 0.1,
                                .rule3_length_seconds = rules / 16 % 4 == 3 ? -1.0 : rules / 16 % 4 * 0.5};
}

/* What was heard before changes nothing. */
static void compare_with_new(oss_stream *stream, const oss_stream_options *options) {
    oss_stream *other = NULL;
    if (oss_fuzz_has_faults() || !oss_fuzz_ok(oss_stream_create(&other, recognizer, options))) {
        return;
    }
    ok(oss_stream_reset(stream));
    char *a = oss_case_story(stream, sound, PIECE_MAX, RATE, 4001),
         *b = oss_case_story(other, sound, PIECE_MAX, RATE, 777);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    oss_stream_free(other);
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    oss_stream_options options = read_options(&bytes);
    oss_stream *stream = NULL;
    if (!oss_fuzz_ok(oss_stream_create(&stream, recognizer, &options))) {
        ck_assert_ptr_null(stream);
        return;
    }
    bool is_of_use = true;
    for (int calls = 0; calls < CALLS_MAX && bytes.left > 0 && is_of_use; calls++) {
        is_of_use = call(stream, &bytes);
    }
    if (is_of_use) {
        compare_with_new(stream, &options);
    }
    oss_stream_free(stream);
}

static void seeds(void) {
    OSS_FUZZ_SEED("\x01\x00\x04\0\0\0\0\xff\0\0\x04\x10\0\0\0\xff\0\0\0\x01\x04\0\x05\0\0\xff\x01\0\x02\x01");
    OSS_FUZZ_SEED(
        "\x00\x15\x05\0\0\0\0\x80\x03\0\x05\x64\0\0\0\x80\x03\0\x00\x02\x01\x03\x05\0\0\0\0\x40\x05\xfb");
    OSS_FUZZ_SEED("\x02\x3f\x06\0\x10\0\0\xff\0\xfd\x01\x02\x02\x04\0\0\0\0\x01\x06\0");
}

const oss_fuzz_target oss_target_stream = {.name = "stream", .prepare = prepare, .run = run, .seeds = seeds};
