#include "dataset/row_lines.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/utf8.h"

enum { PIPE_MAX_BYTES = 16 << 20 }; /* rows are kept in memory, and a pipe may give some for ever */

oss_status oss_row_lines_open(oss_row_lines *lines, const char *path) {
    oss_status status = oss_pipe_open(&lines->pipe, path);
    if (status != OSS_OK) {
        return status;
    }
    lines->path = path;
    lines->is_open = true;
    oss_arpa_lines_init(&lines->lines, &lines->pipe);
    if (!oss_file_is_regular(path)) {
        lines->lines.most_bytes = PIPE_MAX_BYTES;
        lines->lines.too_much =
            "gives more than 16 MiB, which is the most that is taken from a pipe; save it as a file and give its path";
    }
    return OSS_OK;
}

void oss_row_lines_close(oss_row_lines *lines) {
    oss_free(lines->failure);
    if (lines->is_open) {
        oss_arpa_lines_deinit(&lines->lines);
        oss_pipe_close(&lines->pipe);
    }
    *lines = (oss_row_lines){0};
}

void oss_row_lines_tell(const oss_row_lines *lines) {
    if (lines->is_at_end) {
        int64_t count = lines->lines.number;
        oss_log_info("%s: %lld row%s on %lld line%s", lines->path, (long long)lines->rows,
                     lines->rows == 1 ? "" : "s", (long long)count, count == 1 ? "" : "s");
    }
}

oss_status oss_row_lines_fail(const oss_row_lines *lines, const char *format, ...) {
    char what[OSS_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)oss_vformat(what, sizeof what, format, arguments);
    va_end(arguments);
    return oss_fail(OSS_EINPUT, "%s:%lld: row %lld: %s", lines->path, (long long)lines->lines.number,
                    (long long)lines->rows, what);
}

/* A line that was not given stays where it is, and would be met again for ever. */
static oss_status end_reading(oss_row_lines *lines, oss_status status) {
    status = status == OSS_EINPUT ? OSS_EIO : status;
    lines->failure = oss_strdup(oss_last_error());
    return lines->failure == NULL ? OSS_ENOMEM : oss_fail(status, "%s", lines->failure);
}

static uint64_t count_given(const oss_row_lines *lines) {
    return (uint64_t)lines->lines.read_bytes - (lines->lines.end - lines->lines.begin);
}

oss_status oss_row_lines_refuse(oss_row_lines *lines) {
    if (!oss_wrong_rows_add(&lines->wrong, lines->row_bytes, lines->rows, count_given(lines), 0)) {
        return OSS_EINPUT;
    }
    (void)oss_fail(OSS_EIO, "%s: %lld of the first %lld rows are wrong, too many to read on. The last: %s",
                   lines->path, (long long)lines->wrong.rows, (long long)lines->rows, oss_last_error());
    return end_reading(lines, OSS_EIO);
}

static char *skip_byte_order_mark(char *text) {
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r")] == '\0';
}

static oss_status check_utf8(const oss_row_lines *lines, const char *text) {
    size_t bytes = strlen(text), valid = oss_utf8_valid_length(text, bytes);
    return valid == bytes
               ? OSS_OK
               : oss_row_lines_fail(lines, "byte %zu of the line is not UTF-8; save the file as UTF-8",
                                    valid + 1);
}

oss_status oss_row_lines_next(oss_row_lines *lines, char **out) {
    char *text = NULL;
    if (lines->failure != NULL) {
        return oss_fail(OSS_EIO, "%s", lines->failure);
    }
    do {
        int64_t before = lines->lines.number;
        uint64_t given = count_given(lines);
        oss_status status = oss_arpa_lines_next(&lines->lines, &text);
        if (status != OSS_OK && (status != OSS_EINPUT || lines->lines.number == before)) {
            return end_reading(lines, status);
        }
        lines->row_bytes = count_given(lines) - given;
        if (status != OSS_OK) {
            lines->rows++;
            return oss_row_lines_fail(lines, "there is a NUL byte; is it UTF-16? save it as UTF-8");
        }
        if (text == NULL) {
            lines->is_at_end = true;
            *out = NULL;
            return OSS_OK;
        }
        text = lines->lines.number == 1 ? skip_byte_order_mark(text) : text;
    } while (is_blank(text));
    lines->rows++;
    oss_status status = check_utf8(lines, text);
    if (status == OSS_OK) {
        *out = text;
    }
    return status;
}
