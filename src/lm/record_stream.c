#include "lm/record_stream.h"

#include <string.h>

#include "base/mem.h"

enum { BUFFER_NUMBERS = 1 << 14 };

oss_status oss_record_stream_open(oss_record_stream *stream, const char *folder, int32_t width) {
    *stream = (oss_record_stream){.folder = folder, .width = (size_t)width, .is_open = true};
    stream->scratch.fd = -1;
    stream->capacity = BUFFER_NUMBERS / stream->width;
    stream->number = oss_alloc(BUFFER_NUMBERS, sizeof *stream->number);
    return stream->number == NULL ? OSS_ENOMEM : OSS_OK;
}

void oss_record_stream_close(oss_record_stream *stream) {
    if (stream->is_open) {
        oss_scratch_close(&stream->scratch);
        oss_free(stream->number);
    }
    *stream = (oss_record_stream){0};
}

static oss_status flush(oss_record_stream *stream) {
    oss_status status = OSS_OK;
    if (stream->scratch.fd < 0) {
        status = oss_scratch_open(&stream->scratch, stream->folder);
    }
    if (status == OSS_OK) {
        status = oss_scratch_append(&stream->scratch, stream->number,
                                    stream->count * stream->width * sizeof *stream->number);
    }
    stream->left += stream->count;
    stream->count = 0;
    return status;
}

oss_status oss_record_stream_add(oss_record_stream *stream, const uint32_t *record) {
    if (stream->count == stream->capacity) {
        oss_status status = flush(stream);
        if (status != OSS_OK) {
            return status;
        }
    }
    memcpy(stream->number + stream->count++ * stream->width, record, stream->width * sizeof *record);
    return OSS_OK;
}

oss_status oss_record_stream_rewind(oss_record_stream *stream) {
    return stream->scratch.fd >= 0 ? flush(stream) : OSS_OK;
}

oss_status oss_record_stream_next(oss_record_stream *stream, const uint32_t **out) {
    *out = NULL;
    if (stream->at == stream->count && stream->left > 0) {
        size_t count = stream->left < stream->capacity ? (size_t)stream->left : stream->capacity;
        size_t bytes = count * stream->width * sizeof *stream->number;
        oss_status status = oss_scratch_read(&stream->scratch, stream->offset, stream->number, bytes);
        if (status != OSS_OK) {
            return status;
        }
        stream->left -= count;
        stream->offset += bytes;
        stream->count = count;
        stream->at = 0;
    }
    if (stream->at < stream->count) {
        *out = stream->number + stream->at++ * stream->width;
    }
    return OSS_OK;
}
