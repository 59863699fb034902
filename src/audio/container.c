#include "audio/container.h"

#include <stdbool.h>
#include <string.h>

enum {
    FILE_HEADER_BYTES = 12,
    CHUNK_HEADER_BYTES = 8,
    DS64_BYTES = 16,
    MOST_CHUNKS = 4096,
    ID3_HEADER_BYTES = 10,
    XING_REACH_BYTES = 64 /* the header sits 13 to 36 bytes into the first frame */
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

static int64_t read_number(const unsigned char *at, int32_t bytes, bool big_endian) {
    uint64_t value = 0;
    for (int32_t i = 0; i < bytes; i++) {
        value = value << 8 | at[big_endian ? i : bytes - 1 - i];
    }
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static bool read_at(oss_source *source, int64_t position, unsigned char *into, size_t bytes) {
    return oss_source_read(source, position, into, bytes) == bytes;
}

static oss_container_length note_length(const oss_source *source, int64_t first_sample, int64_t declared,
                                        bool wide) {
    bool unknown = !wide && declared >= unknown_from;
    return (oss_container_length){unknown ? -1 : declared, source->size_bytes - first_sample};
}

/* Walks the chunks to the samples. A "ds64" chunk (EBU Tech 3306) has the 64-bit size of a data chunk that
 * says 0xffffffff. */
static oss_container_length walk_chunks(oss_source *source, const chunk_format *format) {
    unsigned char header[CHUNK_HEADER_BYTES];
    int64_t wide_bytes = -1;
    int64_t at = FILE_HEADER_BYTES;
    for (int32_t chunk = 0; chunk < MOST_CHUNKS && read_at(source, at, header, sizeof header); chunk++) {
        int64_t bytes = read_number(header + 4, 4, format->big_endian);
        at += CHUNK_HEADER_BYTES;
        if (memcmp(header, format->samples, 4) == 0) {
            bool wide = bytes == UINT32_MAX && wide_bytes >= 0;
            return note_length(source, at, wide ? wide_bytes : bytes, wide);
        }
        unsigned char ds64[DS64_BYTES];
        if (memcmp(header, "ds64", 4) == 0 && read_at(source, at, ds64, sizeof ds64)) {
            wide_bytes = read_number(ds64 + 8, 8, false);
        }
        at += bytes + bytes % 2;
    }
    return (oss_container_length){-1, 0};
}

oss_container_length oss_container_measure(oss_source *source) {
    unsigned char header[FILE_HEADER_BYTES];
    if (!read_at(source, 0, header, sizeof header)) {
        return (oss_container_length){-1, 0};
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (memcmp(header, formats[i].magic, 4) == 0 && memcmp(header + 8, formats[i].form, 4) == 0) {
            return walk_chunks(source, &formats[i]);
        }
    }
    bool big_endian = memcmp(header, ".snd", 4) == 0;
    if (big_endian || memcmp(header, "dns.", 4) == 0) {
        return note_length(source, read_number(header + 4, 4, big_endian),
                           read_number(header + 8, 4, big_endian), false);
    }
    return (oss_container_length){-1, 0};
}

/* An ID3v2 tag says its length in four bytes of seven bits each, its own ten not counted. */
bool oss_container_has_xing(oss_source *source) {
    unsigned char tag[ID3_HEADER_BYTES];
    unsigned char frame[XING_REACH_BYTES] = {0};
    int64_t first = 0;
    if (read_at(source, 0, tag, sizeof tag) && memcmp(tag, "ID3", 3) == 0) {
        first = ID3_HEADER_BYTES +
                ((int64_t)tag[6] << 21 | (int64_t)tag[7] << 14 | (int64_t)tag[8] << 7 | tag[9]);
    }
    size_t bytes = oss_source_read(source, first, frame, sizeof frame);
    return memmem(frame, bytes, "Xing", 4) != NULL || memmem(frame, bytes, "Info", 4) != NULL;
}
