#include "audio/ogg.h"

#include <string.h>

enum { PAGE_HEADER_BYTES = 27, FLAGS_AT = 5, SEGMENTS_AT = 26, FIRST_OF_STREAM = 2, CODEC_BYTES = 8 };
static const char capture[] = "OggS";

typedef struct ogg_page {
    int64_t body_at_bytes, end_bytes;
    bool first; /* of its logical stream */
} ogg_page;

static bool page_at(ogg_page *out, oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, PAGE_HEADER_BYTES);
    if (header == NULL || memcmp(header, capture, 4) != 0) {
        return false;
    }
    int32_t segments = header[SEGMENTS_AT];
    out->first = (header[FLAGS_AT] & FIRST_OF_STREAM) != 0;
    const unsigned char *lacing = oss_window_at(window, at_bytes + PAGE_HEADER_BYTES, (size_t)segments);
    if (lacing == NULL) {
        return false;
    }
    out->body_at_bytes = at_bytes + PAGE_HEADER_BYTES + segments;
    out->end_bytes = out->body_at_bytes;
    for (int32_t i = 0; i < segments; i++) {
        out->end_bytes += lacing[i];
    }
    return true;
}

/* The codecs of the first pages of streams: https://wiki.xiph.org/MIMETypesCodecs. */
static const char *name_foreign(oss_window *window, const ogg_page *page) {
    static const struct {
        const char *magic, *name;
    } codec[] = {{"\177FLAC", "Ogg FLAC"}, {"fLaC", "Ogg FLAC"},     {"Speex   ", "Ogg Speex"},
                 {"PCM     ", "Ogg PCM"},  {"CELT    ", "Ogg CELT"}, {"\200theora", "Ogg Theora"}};
    const unsigned char *body = oss_window_at(window, page->body_at_bytes, CODEC_BYTES);
    for (size_t i = 0; i < sizeof codec / sizeof *codec && body != NULL; i++) {
        if (memcmp(body, codec[i].magic, strlen(codec[i].magic)) == 0) {
            return codec[i].name;
        }
    }
    return NULL;
}

/* After damage: the next page, or `to`. */
static int64_t find_page(oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    int64_t at = oss_window_find(window, from_bytes, to_bytes, capture, 4);
    return at < 0 ? to_bytes : at;
}

bool oss_ogg_find(oss_ogg_link *out, oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    oss_ogg_link link = {.begin_bytes = find_page(window, from_bytes, to_bytes)};
    int64_t at = link.begin_bytes;
    bool headers = true; /* the first pages of all streams of a link come first */
    link.end_bytes = at;
    while (at < to_bytes) {
        ogg_page page;
        if (!page_at(&page, window, at) || page.end_bytes > to_bytes) {
            /* Nothing but a part of a page is left, or what lies here is no page. */
            int64_t next = find_page(window, at + 1, to_bytes);
            link.cut =
                link.cut || (next == to_bytes && oss_window_find(window, at, at + 4, capture, 4) == at);
            at = next;
            continue;
        }
        if (page.first && !headers) {
            break;
        }
        if (page.first && link.foreign == NULL) {
            link.foreign = name_foreign(window, &page);
        }
        headers = page.first;
        link.end_bytes = at = page.end_bytes;
    }
    *out = link;
    return link.end_bytes > link.begin_bytes;
}
