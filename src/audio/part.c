#include "audio/part.h"

#include <string.h>

#include "audio/ogg.h"

enum {
    READ_AHEAD_BYTES = 1 << 16, /* that a decoder may have read of what follows */
    STREAMINFO_BYTES = 34,
    FLAC_HEADER_BYTES = 8,
    FLAC_COUNT_END_BYTES = 18,
    LEAST_MPEG_FRAMES =
        3, /* fewer without a header of their own are the rest of a recording: encoders miscount */
    MAGIC_BYTES = 36
};

/* ---- What is known not to be read ---- */

static const struct {
    int32_t at;
    const char *magic, *name;
} foreign[] = {
    {4, "ftyp", "MP4 or M4A (AAC, ALAC)"},
    {0, "\x1a\x45\xdf\xa3", "Matroska or WebM"},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA (ASF)"},
    {0, "#!AMR", "AMR"},
    {0, "MAC ", "Monkey's Audio"},
    {0, "wvpk", "WavPack"},
    {0, "TTA1", "True Audio"},
    {0, "DSD ", "DSD"},
    {0, "FLV\x01", "Flash video"},
    {0, "\xff\xf1", "AAC (ADTS)"},
    {0, "\xff\xf9", "AAC (ADTS)"},
    {0, "\x0b\x77", "AC-3"},
};

static const char *name_foreign(oss_window *window) {
    const unsigned char *head = oss_window_at(window, 0, MAGIC_BYTES);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign && head != NULL; i++) {
        if (memcmp(head + foreign[i].at, foreign[i].magic, strlen(foreign[i].magic)) == 0) {
            return foreign[i].name;
        }
    }
    return NULL;
}

/* ---- Kinds ---- */

static bool take_mpeg(oss_audio_part *part, oss_window *window, int64_t from_bytes, int64_t to_bytes,
                      bool there) {
    if (!oss_mpeg_find(&part->mpeg, window, from_bytes, to_bytes, there)) {
        return false;
    }
    part->kind = OSS_PART_MPEG;
    part->begin_bytes = part->mpeg.begin_bytes;
    part->end_bytes = part->mpeg.end_bytes;
    part->cut = part->mpeg.cut;
    return true;
}

static bool take_ogg(oss_audio_part *part, oss_window *window, int64_t from_bytes) {
    oss_ogg_link link;
    if (!oss_ogg_find(&link, window, from_bytes, part->limit_bytes)) {
        return false;
    }
    part->kind = OSS_PART_OGG;
    part->begin_bytes = link.begin_bytes;
    part->end_bytes = link.end_bytes;
    part->cut = link.cut;
    part->foreign = link.foreign;
    return true;
}

/* Ends where its header says, when another begins there; what else follows is of no account. */
static bool take_container(oss_audio_part *part, oss_window *window, int64_t at_bytes) {
    if (!oss_container_begins(window, at_bytes)) {
        return false;
    }
    int64_t size = window->source->size_bytes;
    oss_container found = oss_container_measure(window, at_bytes);
    bool ends = found.end_bytes > found.first_sample_bytes && oss_container_begins(window, found.end_bytes);
    *part = (oss_audio_part){.kind = OSS_PART_CONTAINER,
                             .begin_bytes = at_bytes,
                             .end_bytes = ends ? found.end_bytes : size,
                             .limit_bytes = size,
                             .container = found};
    if (found.format_tag == OSS_CONTAINER_MPEG || found.format_tag == OSS_CONTAINER_MP3) {
        int64_t bytes = found.declared_bytes < 0 || found.declared_bytes > found.present_bytes
                            ? found.present_bytes
                            : found.declared_bytes;
        int64_t first = found.first_sample_bytes;
        part->limit_bytes = first + bytes;
        if (!take_mpeg(part, window, first, first + bytes, false)) {
            part->limit_bytes = size;
        }
    }
    return true;
}

static bool is_flac(oss_window *window, int64_t at_bytes) {
    const unsigned char *magic = oss_window_at(window, at_bytes, 4);
    return magic != NULL && memcmp(magic, "fLaC", 4) == 0;
}

/* With the block that each begins with: STREAMINFO, the last block or not. */
static int64_t find_flac(oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    int64_t at = from_bytes;
    while ((at = oss_window_find(window, at, to_bytes, "fLaC", 4)) >= 0) {
        const unsigned char *header = oss_window_at(window, at, FLAC_HEADER_BYTES);
        if (header != NULL && (header[4] & 0x7f) == 0 &&
            oss_window_number(header + 5, 3, true) == STREAMINFO_BYTES) {
            return at;
        }
        at++;
    }
    return -1;
}

/* An encoder that could not go back says that there are 0 samples: then a decoder would read on into what follows. The
 * count has 36 bits, the last of the 18 bytes behind the block's header. */
static bool has_length(oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, FLAC_HEADER_BYTES + FLAC_COUNT_END_BYTES);
    return header == NULL || (header[FLAC_HEADER_BYTES + FLAC_COUNT_END_BYTES - 5] & 0x0f) != 0 ||
           oss_window_number(header + FLAC_HEADER_BYTES + FLAC_COUNT_END_BYTES - 4, 4, true) != 0;
}

static void take_flac(oss_audio_part *part, oss_window *window, int64_t begin_bytes, int64_t at_bytes) {
    part->kind = OSS_PART_FLAC;
    part->begin_bytes = begin_bytes;
    part->end_bytes = part->limit_bytes;
    if (!has_length(window, at_bytes)) {
        int64_t next = find_flac(window, at_bytes + 1, part->limit_bytes);
        part->end_bytes = next < 0 ? part->limit_bytes : next;
    }
}

void oss_audio_part_first(oss_audio_part *out, oss_source *source) {
    oss_window window;
    oss_window_init(&window, source);
    oss_audio_part part = {.end_bytes = source->size_bytes,
                           .limit_bytes = source->size_bytes,
                           .container = {.declared_bytes = -1, .end_bytes = -1}};
    int64_t tags = oss_mpeg_skip_tags(&window, 0);
    if (is_flac(&window, tags)) {
        take_flac(&part, &window, 0, tags);
    } else if (!take_container(&part, &window, 0)) {
        const unsigned char *magic = oss_window_at(&window, 0, 4);
        bool ogg = magic != NULL && memcmp(magic, "OggS", 4) == 0;
        part.foreign = name_foreign(&window);
        if (!(ogg && take_ogg(&part, &window, 0)) && !take_mpeg(&part, &window, 0, part.limit_bytes, true) &&
            tags > 0) {
            (void)take_mpeg(&part, &window, tags, part.limit_bytes, false);
        }
    }
    *out = part;
}

void oss_audio_part_bound(oss_audio_part *part, oss_source *source) {
    oss_window window;
    oss_window_init(&window, source);
    int64_t begin = oss_mpeg_skip_tags(&window, part->begin_bytes);
    int64_t next = find_flac(&window, begin + 1, part->limit_bytes);
    part->end_bytes = next < 0 ? part->limit_bytes : next;
}

static bool next_flac(oss_audio_part *part, oss_window *window, int64_t read_bytes) {
    int64_t begin = oss_mpeg_skip_tags(window, part->begin_bytes);
    int64_t from = read_bytes - READ_AHEAD_BYTES > begin ? read_bytes - READ_AHEAD_BYTES : begin + 1;
    int64_t next = find_flac(window, from, part->limit_bytes);
    if (next >= 0) {
        take_flac(part, window, next, next);
    }
    return next >= 0;
}

static bool next_mpeg(oss_audio_part *part, oss_window *window) {
    oss_audio_part next = *part;
    while (take_mpeg(&next, window, next.end_bytes, next.limit_bytes, false)) {
        if (next.mpeg.has_xing || next.mpeg.frames >= LEAST_MPEG_FRAMES) {
            *part = next;
            return true;
        }
    }
    return false;
}

bool oss_audio_part_next(oss_audio_part *part, oss_source *source, int64_t read_bytes) {
    oss_window window;
    oss_window_init(&window, source);
    if (part->kind == OSS_PART_FLAC) {
        return next_flac(part, &window, read_bytes);
    }
    if (part->kind == OSS_PART_OGG) {
        return take_ogg(part, &window, part->end_bytes);
    }
    if (part->kind == OSS_PART_MPEG && next_mpeg(part, &window)) {
        return true;
    }
    return part->container.end_bytes > 0 && take_container(part, &window, part->container.end_bytes);
}
