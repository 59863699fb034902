/* Lengths and bits of what is resampled: a stream in pieces of any size gives what all of it at once gives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio_file.h"
#include "audio/rate_stream.h"
#include "fuzz/fuzz.h"

enum { FRAMES_MAX = 2000, ROOM = 256 };

typedef struct sink {
    float *y;
    int64_t samples, most;
} sink;

static void take(sink *s, const float *y, int64_t samples) {
    ck_assert(samples >= 0 && s->samples + samples <= s->most);
    memcpy(s->y + s->samples, y, (size_t)samples * sizeof *y);
    s->samples += samples;
}

static bool add(oss_rate_stream *stream, sink *s, const float *x, int64_t frames, int64_t room) {
    float y[ROOM];
    for (int64_t at = 0; at < frames;) {
        int64_t taken = frames - at, given = room;
        if (!oss_fuzz_ok(oss_rate_stream_add(stream, x + at, &taken, y, &given))) {
            return false;
        }
        ck_assert(taken >= 0 && taken <= frames - at && given <= room && taken + given > 0);
        take(s, y, given);
        at += taken;
    }
    return true;
}

static bool end(oss_rate_stream *stream, sink *s, int64_t room) {
    float y[ROOM];
    int64_t given = 1;
    while (given > 0) {
        if (!oss_fuzz_ok(oss_rate_stream_end(stream, y, room, &given))) {
            return false;
        }
        take(s, y, given);
    }
    return true;
}

/* Pieces as the input says, until it is at its end. */
static bool stream_all(oss_rate_stream *stream, sink *s, const float *x, int64_t frames,
                       oss_fuzz_bytes *bytes) {
    for (int64_t at = 0; at < frames;) {
        int64_t piece = bytes->left > 0 ? oss_fuzz_u8(bytes) : frames,
                room = 1 + oss_fuzz_up_to(bytes, ROOM - 1);
        piece = piece < frames - at ? piece : frames - at;
        if (!add(stream, s, x + at, piece, room)) {
            return false;
        }
        at += piece;
    }
    return end(stream, s, 1 + oss_fuzz_up_to(bytes, ROOM - 1));
}

static void compare(const float *x, int64_t frames, int32_t from_hz, int32_t to_hz, oss_fuzz_bytes *bytes) {
    oss_rate_stream *stream = NULL;
    oss_audio whole = {0};
    sink s = {.most = oss_audio_resampled(frames, from_hz, to_hz) + ROOM};
    bool is_whole = oss_fuzz_ok(oss_audio_from_samples(&whole, x, frames, from_hz, to_hz));
    s.y = malloc((size_t)s.most * sizeof *s.y);
    ck_assert_ptr_nonnull(s.y);
    if (oss_fuzz_ok(oss_rate_stream_create(&stream, "input", from_hz, to_hz)) &&
        stream_all(stream, &s, x, frames, bytes) && is_whole) {
        ck_assert_int_eq(s.samples, oss_audio_resampled(frames, from_hz, to_hz));
        ck_assert_int_eq(s.samples, whole.samples);
        ck_assert(memcmp(s.y, whole.sample, (size_t)s.samples * sizeof *s.y) == 0);
    }
    oss_rate_stream_free(stream);
    if (is_whole) {
        oss_audio_deinit(&whole);
    }
    free(s.y);
}

/* Rates first, as 1000 to 768000 Hz or any number; then loudness, then frames, then pieces. */
static void run(const uint8_t *data, size_t size) {
    static const int32_t usual[] = {8000, 11025, 16000, 22050, 44100, 48000, 1000, 768000};
    oss_fuzz_bytes bytes = {data, size};
    float x[FRAMES_MAX];
    int32_t rate[2];
    for (int i = 0; i < 2; i++) {
        uint8_t how = oss_fuzz_u8(&bytes);
        rate[i] = how < 8     ? usual[how]
                  : how < 200 ? 1000 + (int32_t)oss_fuzz_up_to(&bytes, 100000)
                              : (int32_t)oss_fuzz_u32(&bytes);
    }
    int64_t frames = 1 + oss_fuzz_up_to(&bytes, FRAMES_MAX - 1);
    float gain = oss_fuzz_f32(&bytes);
    gain = fabsf(gain) <= 1e30F ? gain : 1.0F; /* what is too large or no number has tests of its own */
    for (int64_t i = 0; i < frames; i++) {
        x[i] = gain * ((float)(i * 7919 % 1000) / 500.0F - 1.0F);
    }
    if (rate[0] > 0 && rate[1] > 0 && (double)rate[1] / rate[0] <= 24.0) {
        compare(x, frames, rate[0], rate[1], &bytes);
    }
}

static void seeds(void) {
    OSS_FUZZ_SEED("\x00\x02\xf0\x03\0\0\0\0\x80\x3f\x10\xff\x20\x40");
    OSS_FUZZ_SEED("\x04\x02\xd0\x07\0\0\0\0\x80\x3f\x01\x01\x02\x02\x03\x03\xff\xff");
    OSS_FUZZ_SEED("\x02\x02\x05\0\0\0\0\0\x80\x3f");
    OSS_FUZZ_SEED("\x80\xe8\x03\0\0\x80\x10\x27\0\0\x64\0\0\0\0\0\0\x4f");
    OSS_FUZZ_SEED("\xff\x01\0\0\0\xff\xff\xff\xff\x7f\0");
}

const oss_fuzz_target oss_target_resample = {.name = "resample", .run = run, .seeds = seeds};
