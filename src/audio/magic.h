/* The bytes that recordings begin with, by which the next is found behind another in one file. */
#ifndef OSS_AUDIO_MAGIC_H
#define OSS_AUDIO_MAGIC_H

#include <stdbool.h>

#include "audio/window.h"

/* What is known not to be decoded, by name; NULL: nothing of that. Behind another recording (at_bytes > 0) only by a
 * magic of four bytes and more. */
const char *oss_magic_name_foreign(oss_window *window, int64_t at_bytes);
bool oss_magic_is_flac(oss_window *window, int64_t at_bytes);
/* With the block that each begins with: STREAMINFO, the last block or not. */
bool oss_magic_begins_flac(oss_window *window, int64_t at_bytes);
/* The first such in [from, to); -1: none. */
int64_t oss_magic_find_flac(oss_window *window, int64_t from_bytes, int64_t to_bytes);
/* Behind the blocks of metadata of the FLAC at at_bytes, and the tags before it: they may hold pictures and the headers
 * of other files. */
int64_t oss_magic_skip_flac_metadata(oss_window *window, int64_t at_bytes);
/* With the first page of a stream. */
bool oss_magic_begins_ogg(oss_window *window, int64_t at_bytes);
/* Recordings that are known by a magic, of which there is none for MP3. */
bool oss_magic_begins(oss_window *window, int64_t at_bytes);
/* The first of them in [from, to), or `to`. */
int64_t oss_magic_find(oss_window *window, int64_t from_bytes, int64_t to_bytes);

#endif
