#include "lm/text_lines.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/csv.h"
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/pipe.h"

enum { FIRST_BYTES = 1 << 18, MOST_BYTES = 1 << 26, CHILD_LIMIT_MS = 60000, MOST_TOLD = 5 };

static oss_status give(oss_lines *lines, char *text, size_t bytes, const char *name, int64_t number) {
    oss_status status = lines->take(lines->context, text, bytes);
    if (status != OSS_EINPUT) {
        return status;
    }
    if (lines->bad < MOST_TOLD) {
        oss_log_warn("%s:%lld: left out: %s", name, (long long)number, oss_last_error());
    }
    lines->bad++;
    return OSS_OK;
}

/* ---- Texts ---- */

typedef struct line_buffer {
    char *data;
    size_t begin, end, capacity; /* bytes [begin, end) are there */
    int64_t number;              /* of the line at `begin`, less one */
} line_buffer;

static oss_status make_room(line_buffer *buffer, const char *name) {
    if (buffer->begin > 0) {
        memmove(buffer->data, buffer->data + buffer->begin, buffer->end - buffer->begin);
        buffer->end -= buffer->begin;
        buffer->begin = 0;
    }
    if (buffer->end < buffer->capacity) {
        return OSS_OK;
    }
    if (buffer->capacity >= MOST_BYTES) {
        return oss_fail(OSS_EINPUT, "%s:%lld: a line of more than %d MiB; is it a text, one sentence a line?",
                        name, (long long)buffer->number + 1, (int)MOST_BYTES >> 20);
    }
    size_t capacity = buffer->capacity == 0 ? FIRST_BYTES : 2 * buffer->capacity;
    char *grown = oss_resize(buffer->data, capacity + 1, 1);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    buffer->data = grown;
    buffer->capacity = capacity;
    return OSS_OK;
}

static oss_status give_line(oss_lines *lines, line_buffer *buffer, size_t end, const char *name) {
    char *text = buffer->data + buffer->begin;
    size_t bytes = end - buffer->begin;
    buffer->number++;
    text[bytes] = '\0';
    return give(lines, text, bytes, name, buffer->number);
}

static oss_status give_lines(oss_lines *lines, line_buffer *buffer, const char *name, bool is_last) {
    oss_status status = OSS_OK;
    char *end;
    while (status == OSS_OK && buffer->begin < buffer->end &&
           (end = memchr(buffer->data + buffer->begin, '\n', buffer->end - buffer->begin)) != NULL) {
        size_t at = (size_t)(end - buffer->data);
        status = give_line(lines, buffer, at, name);
        buffer->begin = at + 1;
    }
    if (status == OSS_OK && is_last && buffer->begin < buffer->end) {
        status = give_line(lines, buffer, buffer->end, name);
        buffer->begin = buffer->end;
    }
    return status;
}

static oss_status read_lines(oss_lines *lines, oss_pipe *pipe, const char *name) {
    line_buffer buffer = {0};
    oss_status status = OSS_OK;
    size_t got = 1;
    while (status == OSS_OK && got > 0) {
        status = oss_stop_is_asked(lines->stop) ? oss_stop_answer(lines->stop) : make_room(&buffer, name);
        if (status == OSS_OK) {
            status = oss_pipe_read(pipe, buffer.data + buffer.end, buffer.capacity - buffer.end, &got);
        }
        if (status == OSS_OK) {
            buffer.end += got;
            status = give_lines(lines, &buffer, name, got == 0);
        }
    }
    oss_free(buffer.data);
    return status;
}

/* The program that reads such files; NULL: none is needed. */
static const char *find_program(const char *path) {
    return oss_path_ends_in(path, ".gz") ? "gzip" : oss_path_ends_in(path, ".xz") ? "xz" : NULL;
}

static oss_status read_packed(oss_lines *lines, const char *program, const char *path) {
    const char *argument[] = {program, "-dc", "--", path, NULL};
    oss_child child;
    oss_pipe pipe;
    oss_status status = oss_child_start(&child, argument, CHILD_LIMIT_MS, lines->stop, &pipe, path);
    if (status == OSS_EUSAGE) {
        return oss_fail(status, "%s: compressed, and there is no program %s here: install %s%s, or unpack it",
                        path, program, program, strcmp(program, "xz") == 0 ? "-utils" : "");
    }
    if (status != OSS_OK) {
        return status;
    }
    status = read_lines(lines, &pipe, path);
    if (status == OSS_OK) {
        status = oss_child_finish(&child);
    }
    oss_pipe_close(&pipe);
    oss_child_close(&child);
    return status == OSS_EINPUT ? oss_fail_prefix(status, "%s", path) : status;
}

oss_status oss_lines_of_text(oss_lines *lines, const char *path) {
    const char *program = find_program(path), *name = path;
    oss_pipe pipe;
    if (program != NULL) {
        return read_packed(lines, program, path);
    }
    if (strcmp(path, "-") == 0) {
        path = "/dev/stdin";
        name = "standard input";
    }
    oss_status status = oss_pipe_open(&pipe, path);
    if (status == OSS_OK) {
        status = read_lines(lines, &pipe, name);
        oss_pipe_close(&pipe);
    }
    return status;
}

/* ---- CSVs ---- */

static oss_status give_row(oss_lines *lines, oss_csv *csv, int32_t column, const char *path,
                           bool *out_is_last) {
    const oss_csv_row *row = NULL;
    oss_status status = oss_csv_next(csv, &row);
    if (status == OSS_EINPUT) {
        if (lines->bad++ < MOST_TOLD) {
            oss_log_warn("left out: %s", oss_last_error());
        }
        return OSS_OK;
    }
    *out_is_last = row == NULL;
    if (status != OSS_OK || row == NULL) {
        return status;
    }
    return give(lines, row->field[column], strlen(row->field[column]), path, row->line);
}

static oss_status give_rows(oss_lines *lines, oss_csv *csv, int32_t column, const char *path) {
    oss_status status = OSS_OK;
    bool is_last = false;
    while (status == OSS_OK && !is_last) {
        status = oss_stop_is_asked(lines->stop) ? oss_stop_answer(lines->stop)
                                                : give_row(lines, csv, column, path, &is_last);
    }
    return status;
}

oss_status oss_lines_of_csv(oss_lines *lines, const char *path, const char *column) {
    oss_csv *csv = NULL;
    oss_status status = oss_csv_open(&csv, path);
    if (status != OSS_OK) {
        return status;
    }
    int32_t index = oss_csv_column(csv, column);
    status = index < 0
                 ? oss_fail(OSS_EINPUT, "%s: there is no column %s; name it with --column", path, column)
                 : give_rows(lines, csv, index, path);
    oss_csv_free(csv);
    return status;
}
