/* Records of numbers that are written one after another and then read in the same order: in memory, or in a file without a
 * name when they are many. */
#ifndef OSS_LM_RECORD_STREAM_H
#define OSS_LM_RECORD_STREAM_H

#include <stdbool.h>

#include "base/scratch.h"

typedef struct oss_record_stream {
    const char *folder; /* the caller's */
    uint32_t *number;   /* [capacity,width] */
    size_t width, capacity, count, at;
    uint64_t left, offset; /* records in the file that were not read, and where they begin */
    oss_scratch scratch;
    bool is_open;
} oss_record_stream;

oss_status oss_record_stream_open(oss_record_stream *stream, const char *folder, int32_t width);
/* Nothing for a zeroed one. */
void oss_record_stream_close(oss_record_stream *stream);
oss_status oss_record_stream_add(oss_record_stream *stream, const uint32_t *record);
/* After the last record. */
oss_status oss_record_stream_rewind(oss_record_stream *stream);
/* *out: the next one [width], until the next call; NULL: there is none. */
oss_status oss_record_stream_next(oss_record_stream *stream, const uint32_t **out);

#endif
