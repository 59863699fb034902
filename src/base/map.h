/* Files as memory that is shared with all who read them so. */
#ifndef OSS_BASE_MAP_H
#define OSS_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "ossicle/status.h"

/* *out = all bytes of a regular file, on the boundary of a page, to be read alone, until oss_map_close. Where files cannot
 * be mapped they are read into memory: *out_is_mapped false. Who writes into the file changes what is there, and who cuts it
 * off ends the process that reads behind its end: a file that is mapped is to be replaced by rename, as oss_writer does.
 * OSS_EINPUT: no regular file, or an empty one. */
oss_status oss_map_open(void **out, size_t *out_bytes, bool *out_is_mapped, const char *path);
void oss_map_close(void *bytes, size_t count, bool is_mapped);

#endif
