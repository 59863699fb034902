#include "audio/container.h"

#include <string.h>

enum {
    FILE_HEADER_BYTES = 12,
    CHUNK_HEADER_BYTES = 8,
    DS64_BYTES = 16,
    AU_MOST_HEADER_BYTES = 0xffff, /* there may be a text in it; four letters alone may be anything */
    GUID_BYTES = 16,
    W64_CHUNK_HEADER_BYTES = 24, /* its size counts in a chunk's */
    W64_FILE_HEADER_BYTES = 40,
    W64_ALIGN_BYTES = 8,
    CAF_FILE_HEADER_BYTES = 8,
    CAF_CHUNK_HEADER_BYTES = 12,
    CAF_EDIT_BYTES = 4, /* a count of edits, before the samples */
    VOC_FILE_HEADER_BYTES = 26,
    VOC_BLOCK_HEADER_BYTES = 4, /* kind, and three bytes of size */
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
    int64_t present = window->source->size_bytes - first_sample;
    return (oss_container){.declared_bytes = unknown ? -1 : declared,
                           .present_bytes = present < 0 ? 0 : present,
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

/* Walks the chunks from `at` to the samples. A "ds64" chunk (EBU Tech 3306) has the 64-bit sizes of a file and a data
 * chunk that say 0xffffffff; end_bytes is that of the file, as it stands there. */
static oss_container walk_chunks(oss_window *window, int64_t at, const chunk_format *format) {
    int64_t wide_bytes = -1, wide_file_bytes = -1;
    int64_t format_at = 0;
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
            found.format_bytes = format_at;
            found.end_bytes = wide ? wide_file_bytes : -1;
            return found;
        }
        const unsigned char *ds64 =
            memcmp(name, "ds64", 4) == 0 ? oss_window_at(window, at, DS64_BYTES) : NULL;
        if (ds64 != NULL) {
            wide_file_bytes = oss_window_number(ds64, 8, false);
            wide_bytes = oss_window_number(ds64 + 8, 8, false);
        }
        if (memcmp(name, "fmt ", 4) == 0) {
            tag = read_tag(window, at, format);
            format_at = at;
        }
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
    return (*big_endian || (header != NULL && memcmp(header, "dns.", 4) == 0)) &&
           oss_window_number(header + 4, 4, *big_endian) <= AU_MOST_HEADER_BYTES;
}

/* ---- Sizes of 64 bits ---- */

/* Sony's Wave64: RIFF with GUIDs for names. The first four bytes are the name in RIFF, the others the same in all
 * but the file's. */
static bool is_w64(oss_window *window, int64_t at_bytes) {
    static const char riff[] = "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0";
    const unsigned char *header = oss_window_at(window, at_bytes, W64_FILE_HEADER_BYTES);
    return header != NULL && memcmp(header, riff, GUID_BYTES) == 0 &&
           memcmp(header + W64_CHUNK_HEADER_BYTES, "wave", 4) == 0;
}

static bool is_caf(oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, CAF_FILE_HEADER_BYTES);
    return header != NULL && memcmp(header, "caff\0\1", 6) == 0;
}

static int64_t add_sizes(int64_t at, int64_t bytes) {
    int64_t sum;
    return __builtin_add_overflow(at, bytes, &sum) ? INT64_MAX : sum;
}

static oss_container measure_w64(oss_window *window, int64_t begin_bytes) {
    const unsigned char *header = oss_window_at(window, begin_bytes, W64_FILE_HEADER_BYTES);
    int64_t file_bytes = oss_window_number(header + GUID_BYTES, 8, false);
    int64_t at = begin_bytes + W64_FILE_HEADER_BYTES;
    for (int32_t chunk = 0; chunk < MOST_CHUNKS; chunk++) {
        header = oss_window_at(window, at, W64_CHUNK_HEADER_BYTES);
        int64_t bytes = header == NULL ? 0 : oss_window_number(header + GUID_BYTES, 8, false);
        if (bytes < W64_CHUNK_HEADER_BYTES) {
            break;
        }
        if (memcmp(header, "data", 4) == 0) {
            oss_container found = note_length(window, at + W64_CHUNK_HEADER_BYTES,
                                              bytes - W64_CHUNK_HEADER_BYTES, bytes != INT64_MAX);
            found.end_bytes = add_sizes(begin_bytes, file_bytes);
            found.reads_on = true;
            return found;
        }
        bytes = add_sizes(bytes, W64_ALIGN_BYTES - 1);
        at = add_sizes(at, bytes - bytes % W64_ALIGN_BYTES);
    }
    return not_known;
}

static bool is_chunk_name(const unsigned char *name) {
    bool text = true;
    for (int i = 0; i < 4; i++) {
        text = text && name[i] >= ' ' && name[i] <= '~';
    }
    return text;
}

/* Chunks may follow the samples, and nothing says how many. */
static int64_t find_caf_end(oss_window *window, int64_t at) {
    const unsigned char *header;
    for (int32_t chunk = 0;
         chunk < MOST_CHUNKS && !oss_container_begins(window, at) &&
         (header = oss_window_at(window, at, CAF_CHUNK_HEADER_BYTES)) != NULL && is_chunk_name(header);
         chunk++) {
        int64_t next = add_sizes(at + CAF_CHUNK_HEADER_BYTES, oss_window_number(header + 4, 8, true));
        if (next > window->source->size_bytes) {
            break;
        }
        at = next;
    }
    return at;
}

/* Core Audio Format. A data chunk of size -1 reaches to the end of the file. */
static oss_container measure_caf(oss_window *window, int64_t begin_bytes) {
    int64_t at = begin_bytes + CAF_FILE_HEADER_BYTES;
    for (int32_t chunk = 0; chunk < MOST_CHUNKS; chunk++) {
        const unsigned char *header = oss_window_at(window, at, CAF_CHUNK_HEADER_BYTES);
        if (header == NULL) {
            break;
        }
        int64_t bytes = oss_window_number(header + 4, 8, true);
        bool data = memcmp(header, "data", 4) == 0, says = (header[4] & 0x80) == 0;
        at += CAF_CHUNK_HEADER_BYTES;
        if (data) {
            oss_container found = note_length(window, at + CAF_EDIT_BYTES, bytes - CAF_EDIT_BYTES, says);
            found.end_bytes = says ? find_caf_end(window, add_sizes(at, bytes)) : -1;
            return found;
        }
        at = add_sizes(at, bytes);
    }
    return not_known;
}

/* ---- Blocks ---- */

static bool is_voc(oss_window *window, int64_t at_bytes) {
    static const char magic[] = "Creative Voice File\x1a";
    const unsigned char *header = oss_window_at(window, at_bytes, VOC_FILE_HEADER_BYTES);
    return header != NULL && memcmp(header, magic, sizeof magic - 1) == 0;
}

/* Bytes of a block before its samples; -1: it has none. */
static int32_t voc_lead_bytes(int kind) {
    return kind == 1 ? 2 : kind == 2 ? 0 : kind == 9 ? 12 : -1;
}

/* From the first sample to the end of the last block that has some. Not among those that `begins` knows: libsndfile does not
 * read every VOC, and what it leaves is another format. */
static oss_container measure_voc(oss_window *window, int64_t begin_bytes) {
    const unsigned char *header = oss_window_at(window, begin_bytes, VOC_FILE_HEADER_BYTES);
    int64_t at = begin_bytes + oss_window_number(header + VOC_FILE_HEADER_BYTES - 6, 2, false);
    int64_t first = 0, end = 0;
    while ((header = oss_window_at(window, at, VOC_BLOCK_HEADER_BYTES)) != NULL && header[0] != 0) {
        int32_t lead = voc_lead_bytes(header[0]);
        int64_t next = at + VOC_BLOCK_HEADER_BYTES + oss_window_number(header + 1, 3, false);
        if (lead >= 0) {
            first = first == 0 ? at + VOC_BLOCK_HEADER_BYTES + lead : first;
            end = next;
        }
        at = next;
    }
    return end > first ? note_length(window, first, end - first, true) : not_known;
}

bool oss_container_begins(oss_window *window, int64_t at_bytes) {
    bool big_endian;
    return find_format(window, at_bytes) != NULL || is_au(window, at_bytes, &big_endian) ||
           is_w64(window, at_bytes) || is_caf(window, at_bytes);
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
    if (is_w64(window, begin_bytes)) {
        return measure_w64(window, begin_bytes);
    }
    if (is_caf(window, begin_bytes)) {
        return measure_caf(window, begin_bytes);
    }
    if (is_voc(window, begin_bytes)) {
        return measure_voc(window, begin_bytes);
    }
    if (format == NULL) {
        return is_au(window, begin_bytes, &big_endian) ? measure_au(window, begin_bytes, big_endian)
                                                       : not_known;
    }
    const unsigned char *header = oss_window_at(window, begin_bytes, FILE_HEADER_BYTES);
    int64_t bytes = oss_window_number(header + 4, 4, format->big_endian);
    oss_container found = walk_chunks(window, begin_bytes + FILE_HEADER_BYTES, format);
    bytes = bytes == UINT32_MAX ? found.end_bytes : bytes >= unknown_from ? -1 : bytes;
    found.end_bytes =
        bytes < 0 ? -1 : add_sizes(add_sizes(begin_bytes, bytes), CHUNK_HEADER_BYTES + bytes % 2);
    return found;
}
