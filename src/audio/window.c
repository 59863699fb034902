#include "audio/window.h"

#include <string.h>

void oss_window_init(oss_window *window, oss_source *source) {
    window->source = source;
    window->begin_bytes = 0;
    window->count = 0;
}

const unsigned char *oss_window_at(oss_window *window, int64_t offset_bytes, size_t count) {
    if (offset_bytes > window->source->size_bytes) {
        return NULL; /* a header may name any place, and the system's calls refuse some */
    }
    int64_t into = offset_bytes - window->begin_bytes;
    if (into < 0 || into > (int64_t)window->count - (int64_t)count) {
        window->begin_bytes = offset_bytes;
        window->count = oss_source_read(window->source, offset_bytes, window->byte, sizeof window->byte);
        into = 0;
    }
    return into <= (int64_t)window->count - (int64_t)count ? window->byte + into : NULL;
}

/* Where the pattern lies in the window from `into` on, if it begins before `end`. */
static const unsigned char *find_in(const oss_window *window, size_t into, size_t end, const char *pattern,
                                    size_t count) {
    const unsigned char *at = window->byte + into;
    const unsigned char *stop = window->byte + end;
    while (at < stop && (at = memchr(at, pattern[0], (size_t)(stop - at))) != NULL) {
        if (memcmp(at, pattern, count) == 0) {
            return at;
        }
        at++;
    }
    return NULL;
}

int64_t oss_window_find(oss_window *window, int64_t from, int64_t to, const char *pattern, size_t count) {
    while (from + (int64_t)count <= to && oss_window_at(window, from, count) != NULL) {
        size_t into = (size_t)(from - window->begin_bytes);
        size_t end = window->count - count + 1; /* of where it may begin */
        const unsigned char *found = find_in(window, into, end, pattern, count);
        if (found != NULL) {
            int64_t at = window->begin_bytes + (found - window->byte);
            return at + (int64_t)count <= to ? at : -1;
        }
        from = window->begin_bytes + (int64_t)end;
    }
    return -1;
}

int64_t oss_window_number(const unsigned char *at, int32_t bytes, bool big_endian) {
    uint64_t value = 0;
    for (int32_t i = 0; i < bytes; i++) {
        value = value << 8 | at[big_endian ? i : bytes - 1 - i];
    }
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}
