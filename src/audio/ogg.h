/* The pages of Ogg (RFC 3533): where one of several joined recordings (a chain of links) ends and the next begins. */
#ifndef OSS_AUDIO_OGG_H
#define OSS_AUDIO_OGG_H

#include <stdbool.h>

#include "audio/window.h"

typedef struct oss_ogg_link {
    int64_t begin_bytes, end_bytes; /* whole pages only */
    bool cut;                       /* the bytes end within a page */
    const char *foreign; /* a codec that libsndfile does not decode, by name; NULL: perhaps it does */
} oss_ogg_link;

/* The link that begins with the page at from_bytes, or the next page after it. False: there is none. */
bool oss_ogg_find(oss_ogg_link *out, oss_window *window, int64_t from_bytes, int64_t to_bytes);

#endif
