/* A file without a name, for what memory has no room for: it is gone when it is closed, or when the process ends in
 * whatever way. */
#ifndef OSS_BASE_SCRATCH_H
#define OSS_BASE_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_scratch {
    int fd;             /* -1: not open */
    const char *folder; /* for messages; the caller's */
    uint64_t bytes;     /* appended so far */
} oss_scratch;

/* In `folder`, which must outlive it. */
oss_status oss_scratch_open(oss_scratch *scratch, const char *folder);
/* Nothing for one that is closed. */
void oss_scratch_close(oss_scratch *scratch);
/* OSS_ENOSPC when the disk is full: names the folder. */
oss_status oss_scratch_append(oss_scratch *scratch, const void *bytes, size_t count);
/* All of [offset, offset + count), which was appended before. */
oss_status oss_scratch_read(oss_scratch *scratch, uint64_t offset, void *into, size_t count);

#endif
