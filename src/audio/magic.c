#include "audio/magic.h"

#include <string.h>

#include "audio/container.h"
#include "audio/mpeg.h"

enum {
    MAGIC_BYTES = 36,
    FOREIGN_LEAST_BYTES = 4,
    STREAMINFO_BYTES = 34,
    FLAC_HEADER_BYTES = 8,
    METADATA_HEADER_BYTES = 4,
    METADATA_LAST = 0x80,
    MOST_METADATA = 4096,
    OGG_HEADER_BYTES = 6,
    OGG_FIRST_PAGE = 2
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

/* Two letters may be anything elsewhere than at the beginning of a file. */
const char *oss_magic_name_foreign(oss_window *window, int64_t at_bytes) {
    const unsigned char *head = oss_window_at(window, at_bytes, MAGIC_BYTES);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign && head != NULL; i++) {
        size_t count = strlen(foreign[i].magic);
        if (memcmp(head + foreign[i].at, foreign[i].magic, count) == 0 &&
            (at_bytes == 0 || count >= FOREIGN_LEAST_BYTES)) {
            return foreign[i].name;
        }
    }
    return NULL;
}

/* ---- What is known by a magic ---- */

bool oss_magic_is_flac(oss_window *window, int64_t at_bytes) {
    const unsigned char *magic = oss_window_at(window, at_bytes, 4);
    return magic != NULL && memcmp(magic, "fLaC", 4) == 0;
}

bool oss_magic_begins_flac(oss_window *window, int64_t at_bytes) {
    const unsigned char *header =
        oss_magic_is_flac(window, at_bytes) ? oss_window_at(window, at_bytes, FLAC_HEADER_BYTES) : NULL;
    return header != NULL && (header[4] & 0x7f) == 0 &&
           oss_window_number(header + 5, 3, true) == STREAMINFO_BYTES;
}

int64_t oss_magic_find_flac(oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    int64_t at = from_bytes;
    while ((at = oss_window_find(window, at, to_bytes, "fLaC", 4)) >= 0) {
        if (oss_magic_begins_flac(window, at)) {
            return at;
        }
        at++;
    }
    return -1;
}

bool oss_magic_begins_ogg(oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, OGG_HEADER_BYTES);
    return header != NULL && memcmp(header, "OggS", 5) == 0 &&
           (header[OGG_HEADER_BYTES - 1] & OGG_FIRST_PAGE) != 0;
}

bool oss_magic_begins(oss_window *window, int64_t at_bytes) {
    return oss_magic_begins_flac(window, at_bytes) || oss_magic_begins_ogg(window, at_bytes) ||
           oss_container_begins(window, at_bytes);
}

int64_t oss_magic_find(oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    static const char first_letters[] = "fORF.drc";
    const unsigned char *byte;
    for (int64_t at = from_bytes; at < to_bytes && (byte = oss_window_at(window, at, 1)) != NULL; at++) {
        if (memchr(first_letters, *byte, sizeof first_letters - 1) != NULL && oss_magic_begins(window, at)) {
            return at;
        }
    }
    return to_bytes;
}

int64_t oss_magic_skip_flac_metadata(oss_window *window, int64_t at_bytes) {
    int64_t at = oss_mpeg_skip_tags(window, at_bytes);
    if (!oss_magic_is_flac(window, at)) {
        return at_bytes + 1;
    }
    at += 4;
    for (int32_t block = 0; block < MOST_METADATA; block++) {
        const unsigned char *header = oss_window_at(window, at, METADATA_HEADER_BYTES);
        if (header == NULL) {
            break;
        }
        bool last = (header[0] & METADATA_LAST) != 0;
        at += METADATA_HEADER_BYTES + oss_window_number(header + 1, 3, true);
        if (last) {
            break;
        }
    }
    return at;
}
