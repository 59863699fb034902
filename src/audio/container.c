#include "audio/container.h"

#include <string.h>

enum {
    FILE_HEADER_BYTES = 12,
    CHUNK_HEADER_BYTES = 8,
    DS64_BYTES = 16,
    MOST_CHUNKS = 4096,
    EXTENSIBLE_TAG = 0xfffe,
    SUBFORMAT_AT = 24
};
static const int64_t unknown_from = 0x7fff0000;

/* One kind of chunked file: form type, byte order, and the chunk that holds the samples. */
typedef struct chunk_format {
    char magic[5], form[5], samples[5];
    bool big_endian;
} chunk_format;

static const chunk_format formats[] = {
    {"RIFF", "WAVE", "data", false}, {"RF64", "WAVE", "data", false}, {"RIFX", "WAVE", "data", true},
    {"FORM", "AIFF", "SSND", true},  {"FORM", "AIFC", "SSND", true},
};

static const oss_container not_known = {.declared_bytes = -1, .end_bytes = -1};

static oss_container note_length(const oss_window *window, int64_t first_sample, int64_t declared,
                                 bool wide) {
    bool unknown = !wide && declared >= unknown_from;
    return (oss_container){.declared_bytes = unknown ? -1 : declared,
                           .present_bytes = window->source->size_bytes - first_sample,
                           .first_sample_bytes = first_sample,
                           .end_bytes = -1};
}

/* 0 when the chunk is too short to say. */
static int32_t read_tag(oss_window *window, int64_t at, const chunk_format *format) {
    const unsigned char *fmt = oss_window_at(window, at, 2);
    int32_t tag = fmt == NULL ? 0 : (int32_t)oss_window_number(fmt, 2, format->big_endian);
    if (tag == EXTENSIBLE_TAG && (fmt = oss_window_at(window, at + SUBFORMAT_AT, 2)) != NULL) {
        tag = (int32_t)oss_window_number(fmt, 2, format->big_endian);
    }
    return tag;
}

/* Walks the chunks from `at` to the samples. A "ds64" chunk (EBU Tech 3306) has the 64-bit size of a data chunk
 * that says 0xffffffff. */
static oss_container walk_chunks(oss_window *window, int64_t at, const chunk_format *format) {
    int64_t wide_bytes = -1;
    int32_t tag = 0;
    for (int32_t chunk = 0; chunk < MOST_CHUNKS; chunk++) {
        const unsigned char *header = oss_window_at(window, at, CHUNK_HEADER_BYTES);
        if (header == NULL) {
            break;
        }
        char name[4];
        memcpy(name, header, sizeof name);
        int64_t bytes = oss_window_number(header + 4, 4, format->big_endian);
        at += CHUNK_HEADER_BYTES;
        if (memcmp(name, format->samples, 4) == 0) {
            bool wide = bytes == UINT32_MAX && wide_bytes >= 0;
            oss_container found = note_length(window, at, wide ? wide_bytes : bytes, wide);
            found.format_tag = tag;
            return found;
        }
        const unsigned char *ds64 =
            memcmp(name, "ds64", 4) == 0 ? oss_window_at(window, at, DS64_BYTES) : NULL;
        wide_bytes = ds64 != NULL ? oss_window_number(ds64 + 8, 8, false) : wide_bytes;
        tag = memcmp(name, "fmt ", 4) == 0 ? read_tag(window, at, format) : tag;
        at += bytes + bytes % 2;
    }
    return not_known;
}

/* NULL: none. */
static const chunk_format *find_format(oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, FILE_HEADER_BYTES);
    for (size_t i = 0; i < sizeof formats / sizeof *formats && header != NULL; i++) {
        if (memcmp(header, formats[i].magic, 4) == 0 && memcmp(header + 8, formats[i].form, 4) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

static bool is_au(oss_window *window, int64_t at_bytes, bool *big_endian) {
    const unsigned char *header = oss_window_at(window, at_bytes, FILE_HEADER_BYTES);
    *big_endian = header != NULL && memcmp(header, ".snd", 4) == 0;
    return *big_endian || (header != NULL && memcmp(header, "dns.", 4) == 0);
}

bool oss_container_begins(oss_window *window, int64_t at_bytes) {
    bool big_endian;
    return find_format(window, at_bytes) != NULL || is_au(window, at_bytes, &big_endian);
}

static oss_container measure_au(oss_window *window, int64_t begin_bytes, bool big_endian) {
    const unsigned char *header = oss_window_at(window, begin_bytes, FILE_HEADER_BYTES);
    int64_t first = begin_bytes + oss_window_number(header + 4, 4, big_endian);
    oss_container found = note_length(window, first, oss_window_number(header + 8, 4, big_endian), false);
    found.end_bytes = found.declared_bytes < 0 ? -1 : first + found.declared_bytes;
    return found;
}

oss_container oss_container_measure(oss_window *window, int64_t begin_bytes) {
    bool big_endian;
    const chunk_format *format = find_format(window, begin_bytes);
    if (format == NULL) {
        return is_au(window, begin_bytes, &big_endian) ? measure_au(window, begin_bytes, big_endian)
                                                       : not_known;
    }
    const unsigned char *header = oss_window_at(window, begin_bytes, FILE_HEADER_BYTES);
    int64_t bytes = oss_window_number(header + 4, 4, format->big_endian);
    oss_container found = walk_chunks(window, begin_bytes + FILE_HEADER_BYTES, format);
    found.end_bytes = bytes >= unknown_from ? -1 : begin_bytes + CHUNK_HEADER_BYTES + bytes + bytes % 2;
    return found;
}
