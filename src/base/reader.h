/* A regular file that is read piece by piece, forwards and backwards. */
#ifndef OSS_BASE_READER_H
#define OSS_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_reader {
    int fd;
    int64_t size_bytes;     /* when it was opened */
    int64_t position_bytes; /* of the next read */
    int error_number;       /* errno of the first failure, which ends all reading; 0: none */
} oss_reader;

/* Refuses all but regular files, links to them included, and never waits for one: a FIFO or a device is
 * OSS_EINPUT. */
oss_status oss_reader_open(oss_reader *reader, const char *path);
/* Nothing for a reader with fd -1. */
void oss_reader_close(oss_reader *reader);

/* Bytes read: fewer than `bytes` at the end of the file or after a failure (see error_number). */
size_t oss_reader_read(oss_reader *reader, void *into, size_t bytes);
/* The next read begins there, which may be past the end; false for a negative position or a failure. */
bool oss_reader_seek(oss_reader *reader, int64_t position_bytes);
/* OSS_OK, or the failure kept in error_number with its message. */
oss_status oss_reader_status(const oss_reader *reader, const char *path);

#endif
