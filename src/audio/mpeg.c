#include "audio/mpeg.h"

#include <string.h>

enum {
    HEADER_BYTES = 4,
    TAG_HEADER_BYTES = 10,
    TAG_FOOTER_FLAG = 0x10,
    MOST_TAGS = 64,
    XING_REACH_BYTES = 64, /* the header sits 13 to 40 bytes into the first frame */
    XING_HAS_FRAMES = 1,
    XING_HAS_BYTES = 2,
    XING_FIELDS_BYTES = 16
};

/* ---- One frame ---- */

typedef struct mpeg_frame {
    int64_t bytes;
    int32_t samples; /* per channel */
    int32_t kind;    /* version, layer, rate, and whether it is mono: what does not change within a run */
} mpeg_frame;

/* kbit/s by [table][index]: layers I, II and III of version 1; I, and II and III, of versions 2 and 2.5. */
static const int16_t kilobits[5][16] = {
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0},
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0},
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
};
static const int32_t rates_hz[3] = {44100, 48000, 32000};

/* Version bits: 3 is 1, 2 is 2, 0 is 2.5; layer bits count down from 3 for I. Free formats have no length. */
static bool parse_frame(mpeg_frame *out, const unsigned char *header) {
    int version = header[1] >> 3 & 3, layer = 4 - (header[1] >> 1 & 3);
    int bits = header[2] >> 4, rate = header[2] >> 2 & 3, padding = header[2] >> 1 & 1;
    if (header[0] != 0xff || (header[1] & 0xe0) != 0xe0 || version == 1 || layer == 4 || rate == 3) {
        return false;
    }
    bool low = version != 3;
    int64_t kilobit = kilobits[!low ? layer - 1 : layer == 1 ? 3 : 4][bits];
    int64_t rate_hz = rates_hz[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    bool mono = header[3] >> 6 == 3;
    if (kilobit == 0) {
        return false;
    }
    out->samples = layer == 1 ? 384 : low && layer == 3 ? 576 : 1152;
    out->bytes = layer == 1 ? (12000 * kilobit / rate_hz + padding) * 4
                            : out->samples / 8 * 1000 * kilobit / rate_hz + padding;
    out->kind = (header[1] & 0x1e) << 8 | rate << 1 | mono;
    return true;
}

static bool frame_at(mpeg_frame *out, oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, HEADER_BYTES);
    return header != NULL && parse_frame(out, header);
}

/* Where the frame's Xing or Info header begins; 0: it has none. */
static int64_t find_xing(oss_window *window, int64_t at_bytes, int64_t frame_bytes) {
    size_t reach = frame_bytes < XING_REACH_BYTES ? (size_t)frame_bytes : XING_REACH_BYTES;
    const unsigned char *frame = oss_window_at(window, at_bytes, reach);
    if (frame == NULL) {
        return 0;
    }
    const unsigned char *tag = memmem(frame, reach, "Xing", 4);
    tag = tag == NULL ? memmem(frame, reach, "Info", 4) : tag;
    return tag == NULL ? 0 : at_bytes + (tag - frame);
}

/* Name, flags, then the fields that the flags announce. */
static void read_xing(oss_mpeg_run *run, oss_window *window) {
    int64_t at = find_xing(window, run->begin_bytes, run->first_bytes);
    const unsigned char *field = at == 0 ? NULL : oss_window_at(window, at, XING_FIELDS_BYTES);
    run->has_xing = at != 0;
    int flags = field == NULL ? 0 : field[7];
    if ((flags & XING_HAS_FRAMES) != 0) {
        run->promised_frames = oss_window_number(field + 8, 4, true);
    }
    if ((flags & XING_HAS_BYTES) != 0) {
        run->promised_bytes = oss_window_number(field + ((flags & XING_HAS_FRAMES) != 0 ? 12 : 8), 4, true);
    }
}

/* ---- Runs ---- */

/* An ID3v2 tag says its length in four bytes of seven bits each, its header and footer not counted. */
int64_t oss_mpeg_skip_tags(oss_window *window, int64_t from_bytes) {
    for (int tags = 0; tags < MOST_TAGS; tags++) {
        const unsigned char *tag = oss_window_at(window, from_bytes, TAG_HEADER_BYTES);
        if (tag == NULL || memcmp(tag, "ID3", 3) != 0) {
            break;
        }
        int64_t bytes =
            (int64_t)(tag[6] & 0x7f) << 21 | (tag[7] & 0x7f) << 14 | (tag[8] & 0x7f) << 7 | (tag[9] & 0x7f);
        from_bytes += bytes + ((tag[5] & TAG_FOOTER_FLAG) != 0 ? 2 : 1) * TAG_HEADER_BYTES;
    }
    return from_bytes;
}

bool oss_mpeg_seems(oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, HEADER_BYTES);
    return header != NULL && header[0] == 0xff && (header[1] & 0xe0) == 0xe0 && header[2] >> 4 != 0;
}

/* Whether a frame lies at at_bytes for sure: another of its kind, or the end, follows. */
static bool is_sure(mpeg_frame *out, oss_window *window, int64_t at_bytes, int64_t to_bytes) {
    mpeg_frame next;
    if (!frame_at(out, window, at_bytes)) {
        return false;
    }
    int64_t end = at_bytes + out->bytes;
    return end == to_bytes || (end < to_bytes && frame_at(&next, window, end) && next.kind == out->kind);
}

/* Elsewhere than at a place where one is expected, three in a row. */
static int64_t find_first(mpeg_frame *out, oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    mpeg_frame next;
    while ((from_bytes = oss_window_find(window, from_bytes, to_bytes, "\xff", 1)) >= 0) {
        if (is_sure(out, window, from_bytes, to_bytes) &&
            is_sure(&next, window, from_bytes + out->bytes, to_bytes)) {
            return from_bytes;
        }
        from_bytes++;
    }
    return -1;
}

/* Bytes from at_bytes to the end that are too few for a header, but may have become one. */
static bool is_rest_of_frame(oss_window *window, int64_t at_bytes, int64_t to_bytes) {
    const unsigned char *rest =
        at_bytes < to_bytes ? oss_window_at(window, at_bytes, (size_t)(to_bytes - at_bytes)) : NULL;
    return rest != NULL && rest[0] == 0xff && (to_bytes - at_bytes == 1 || (rest[1] & 0xe0) == 0xe0);
}

static void walk_run(oss_mpeg_run *run, oss_window *window, const mpeg_frame *first, int64_t to_bytes) {
    int64_t at = run->begin_bytes + first->bytes;
    mpeg_frame frame;
    while (run->frames != run->promised_frames && at + HEADER_BYTES <= to_bytes &&
           frame_at(&frame, window, at) && frame.kind == first->kind &&
           find_xing(window, at, frame.bytes) == 0) {
        if (at + frame.bytes > to_bytes) {
            run->cut = true;
            break;
        }
        run->frames++;
        run->last_bytes = frame.bytes;
        at += frame.bytes;
    }
    run->end_bytes = at;
    run->cut = run->cut || (to_bytes - at < HEADER_BYTES && is_rest_of_frame(window, at, to_bytes));
}

bool oss_mpeg_find(oss_mpeg_run *out, oss_window *window, int64_t from_bytes, int64_t to_bytes, bool there) {
    int64_t begin = oss_mpeg_skip_tags(window, from_bytes);
    mpeg_frame first;
    if (!is_sure(&first, window, begin, to_bytes)) {
        begin = there ? -1 : find_first(&first, window, begin, to_bytes);
    }
    if (begin < 0) {
        return false;
    }
    oss_mpeg_run run = {.begin_bytes = begin,
                        .promised_frames = -1,
                        .first_bytes = first.bytes,
                        .last_bytes = first.bytes,
                        .frame_samples = first.samples};
    read_xing(&run, window);
    run.frames = !run.has_xing;
    walk_run(&run, window, &first, to_bytes);
    *out = run;
    return true;
}
