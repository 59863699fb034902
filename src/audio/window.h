/* A source through a window that moves on: for walks over headers, which would otherwise read a few bytes each. */
#ifndef OSS_AUDIO_WINDOW_H
#define OSS_AUDIO_WINDOW_H

#include <stdbool.h>

#include "base/source.h"

enum { OSS_WINDOW_BYTES = 1 << 14 };

typedef struct oss_window {
    oss_source *source;
    int64_t begin_bytes; /* of what is in the window */
    size_t count;
    unsigned char byte[OSS_WINDOW_BYTES];
} oss_window;

void oss_window_init(oss_window *window, oss_source *source);
/* The bytes[count] at offset_bytes >= 0, until the next call; NULL when they are not all there. count <=
 * OSS_WINDOW_BYTES. */
const unsigned char *oss_window_at(oss_window *window, int64_t offset_bytes, size_t count);
/* Where pattern[count], count >= 1, first lies wholly within [from, to); -1: nowhere. */
int64_t oss_window_find(oss_window *window, int64_t from, int64_t to, const char *pattern, size_t count);

/* Unsigned numbers in files. */
int64_t oss_window_number(const unsigned char *at, int32_t bytes, bool big_endian);

#endif
