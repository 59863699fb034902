/* What of a recording's bytes we read ourselves: WAV, RF64, W64, AIFF, AU, CAF, the pages of Ogg, the frames of MP3, FLAC's blocks of
 * metadata, tags, and which recordings lie end to end. Nothing is decoded: no byte goes to libsndfile. */
#include <math.h>
#include <string.h>

#include "audio/magic.h"
#include "audio/ogg.h"
#include "audio/part.h"
#include "fuzz/fuzz.h"
#include "support/encode.h"

static void check_container(oss_window *window, int64_t at, int64_t size) {
    oss_container found = oss_container_measure(window, at);
    ck_assert(found.declared_bytes >= -1 && found.end_bytes >= -1 && found.first_sample_bytes >= 0);
    ck_assert_msg(found.first_sample_bytes == 0 || found.present_bytes >= 0, "%lld bytes are there",
                  (long long)found.present_bytes);
    ck_assert(found.present_bytes <= size);
    ck_assert(found.format_bytes >= 0 && found.format_bytes <= size);
}

static void check_ogg(oss_window *window, int64_t size) {
    oss_ogg_link link;
    for (int64_t at = 0; oss_ogg_find(&link, window, at, size); at = link.end_bytes) {
        ck_assert(link.begin_bytes >= at && link.end_bytes > link.begin_bytes && link.end_bytes <= size);
    }
}

static void check_mpeg(oss_window *window, int64_t size, bool there) {
    oss_mpeg_run run;
    for (int64_t at = 0; oss_mpeg_find(&run, window, at, size, there); at = run.end_bytes) {
        ck_assert(run.begin_bytes >= at && run.end_bytes > at && run.end_bytes <= size && run.frames >= 0);
        ck_assert(run.promised_frames >= -1 && run.promised_bytes >= 0 && run.frame_samples > 0);
    }
    int64_t behind = oss_mpeg_skip_tags(window, 0);
    ck_assert_int_ge(behind, 0);
}

static void check_magic(oss_window *window, int64_t size) {
    for (int64_t at = 0; at < size && at < 64; at++) {
        (void)oss_magic_name_foreign(window, at);
        (void)oss_magic_begins(window, at);
        (void)oss_magic_begins_ogg(window, at);
        (void)oss_mpeg_seems(window, at);
        if (oss_magic_begins_flac(window, at)) {
            ck_assert_int_gt(oss_magic_skip_flac_metadata(window, at), at);
        }
    }
    int64_t found = oss_magic_find(window, 0, size), flac = oss_magic_find_flac(window, 0, size);
    ck_assert(found >= 0 && found <= size && flac >= -1 && flac < size);
}

/* Each part lies behind the one before it, so there is an end of them. */
static void check_parts(oss_source *source, int64_t size) {
    oss_audio_part part;
    int64_t parts = 0;
    oss_audio_part_first(&part, source);
    do {
        ck_assert(part.begin_bytes >= 0 && part.end_bytes >= part.begin_bytes);
        ck_assert(part.end_bytes <= size && part.limit_bytes <= size);
        oss_audio_part before = part;
        oss_audio_part_bound(&part, source);
        ck_assert(part.end_bytes >= part.begin_bytes && part.end_bytes <= before.limit_bytes);
        ck_assert_msg(++parts <= size + 1, "%lld parts of %lld bytes", (long long)parts, (long long)size);
    } while (oss_audio_part_next(&part, source, part.end_bytes - part.begin_bytes));
}

static void run(const uint8_t *data, size_t size) {
    static oss_window window;
    oss_source source;
    oss_source_memory(&source, data, size);
    oss_window_init(&window, &source);
    (void)oss_container_begins(&window, 0);
    check_container(&window, 0, (int64_t)size);
    check_container(&window, (int64_t)size / 3, (int64_t)size);
    check_ogg(&window, (int64_t)size);
    check_mpeg(&window, (int64_t)size, true);
    check_mpeg(&window, (int64_t)size, false);
    check_magic(&window, (int64_t)size);
    check_parts(&source, (int64_t)size);
    oss_source_close(&source);
}

static void seeds(void) {
    enum { FRAMES = 1500 };
    static const char tag[] = "ID3\x03\0\0\0\0\0\x05title";
    float x[FRAMES];
    for (int i = 0; i < FRAMES; i++) {
        x[i] = 0.3F * (float)sin(i * 0.2);
    }
    for (int encoding = 0; encoding < OSS_ENCODE_COUNT; encoding++) {
        bool is_plain = encoding < OSS_ENCODE_FLAC; /* short: all of their bytes but the first are samples */
        const char *path = oss_fuzz_scratch();
        if (oss_encode(path, (oss_encoding)encoding, x, is_plain ? 20 : FRAMES, 1, 16000)) {
            oss_fuzz_seed_file(path, -1);
        }
    }
    const char *path = oss_fuzz_scratch();
    if (oss_encode_constant_mp3(path, x, FRAMES, 1, 16000)) {
        oss_fuzz_seed_file(path, -1);
    }
    OSS_FUZZ_SEED(tag);
}

const oss_fuzz_target oss_target_audio = {.name = "audio", .run = run, .seeds = seeds};
