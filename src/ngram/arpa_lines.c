#include "ngram/arpa_lines.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"

enum { FIRST_BYTES = 1 << 16, MOST_BYTES = 1 << 20 /* of a line */ };

void oss_arpa_lines_init(oss_arpa_lines *lines, oss_pipe *pipe) {
    *lines = (oss_arpa_lines){.pipe = pipe};
}

void oss_arpa_lines_deinit(oss_arpa_lines *lines) {
    oss_free(lines->block);
    *lines = (oss_arpa_lines){0};
}

static oss_status make_room(oss_arpa_lines *lines) {
    if (lines->begin > 0) {
        memmove(lines->block, lines->block + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
        return OSS_OK;
    }
    if (lines->capacity >= MOST_BYTES) {
        return oss_fail(OSS_EINPUT, "%s:%lld: a line of more than %d bytes", lines->pipe->name,
                        (long long)lines->number + 1, (int)MOST_BYTES);
    }
    size_t capacity = lines->capacity == 0 ? FIRST_BYTES : 2 * lines->capacity;
    char *block = oss_resize(lines->block, capacity + 1, 1);
    if (block == NULL) {
        return OSS_ENOMEM;
    }
    lines->block = block;
    lines->capacity = capacity;
    return OSS_OK;
}

static oss_status read_more(oss_arpa_lines *lines) {
    size_t got = 0;
    oss_status status = lines->end == lines->capacity ? make_room(lines) : OSS_OK;
    if (status == OSS_OK) {
        status = oss_pipe_read(lines->pipe, lines->block + lines->end, lines->capacity - lines->end, &got);
    }
    if (status == OSS_OK) {
        lines->ended = got == 0;
        lines->end += got;
        lines->read_bytes += (int64_t)got;
    }
    if (status == OSS_OK && lines->most_bytes > 0 && lines->read_bytes > lines->most_bytes) {
        status = oss_fail(OSS_EINPUT, "%s: %s", lines->pipe->name, lines->too_much);
    }
    return status;
}

static oss_status give(oss_arpa_lines *lines, size_t length, char **out) {
    char *line = lines->block + lines->begin;
    lines->begin += length < lines->end - lines->begin ? length + 1 : length;
    lines->number++;
    if (length > 0 && line[length - 1] == '\r') {
        length--;
    }
    line[length] = '\0';
    if (memchr(line, '\0', length) != NULL) {
        return oss_fail(OSS_EINPUT, "%s:%lld: a NUL byte", lines->pipe->name, (long long)lines->number);
    }
    *out = line;
    return OSS_OK;
}

oss_status oss_arpa_lines_next(oss_arpa_lines *lines, char **out) {
    size_t looked = 0;
    for (;;) {
        size_t left = lines->end - lines->begin;
        const char *from = left > 0 ? lines->block + lines->begin : NULL;
        const char *end = left > looked ? memchr(from + looked, '\n', left - looked) : NULL;
        if (end != NULL) {
            return give(lines, (size_t)(end - from), out);
        }
        if (lines->ended) {
            *out = NULL;
            return left > 0 ? give(lines, left, out) : OSS_OK;
        }
        looked = left;
        oss_status status = read_more(lines);
        if (status != OSS_OK) {
            return status;
        }
    }
}
