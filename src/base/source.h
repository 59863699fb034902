/* Bytes at offsets, from a regular file, from memory, or from a pipe that was read to its end. */
#ifndef OSS_BASE_SOURCE_H
#define OSS_BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_source {
    int fd;            /* of a file; -1: memory, or nothing */
    const char *bytes; /* [size_bytes] of memory; NULL: a file */
    char *owned;       /* what close frees of it; NULL: it is the caller's */
    int64_t size_bytes;
    int64_t fd_position_bytes; /* where the descriptor stands */
    int error_number;          /* errno of the first failure, which ends all reading; 0: none */
} oss_source;

/* Refuses all but regular files, links to them included, and never waits for one: a FIFO or a device is
 * OSS_EINPUT. */
oss_status oss_source_open(oss_source *source, const char *path);
/* The same, but a pipe, a terminal or a device is read to its end into memory; more than max_bytes of it is
 * OSS_EINPUT. Waits for whoever writes. */
oss_status oss_source_open_any(oss_source *source, const char *path, size_t max_bytes);
/* bytes[count] stay the caller's and must outlive the source. */
void oss_source_memory(oss_source *source, const void *bytes, size_t count);
/* Nothing for a source that is closed already. */
void oss_source_close(oss_source *source);

/* Bytes read from offset_bytes >= 0 on: fewer than `bytes` at the end or after a failure (see error_number). */
size_t oss_source_read(oss_source *source, int64_t offset_bytes, void *into, size_t bytes);
/* OSS_OK, or the failure kept in error_number with its message. */
oss_status oss_source_status(const oss_source *source, const char *name);
/* *out = all bytes, [*out_bytes], at most max_bytes: those of memory where they are, those of a file read
 * into memory of the source, where they stay until it is closed. */
oss_status oss_source_load(oss_source *source, const char *name, size_t max_bytes, const char **out,
                           size_t *out_bytes);

#endif
