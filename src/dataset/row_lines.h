/* The lines of a list that has a row on each of them. */
#ifndef OSS_DATASET_ROW_LINES_H
#define OSS_DATASET_ROW_LINES_H

#include <stdbool.h>

#include "base/wrong_rows.h"
#include "ngram/arpa_lines.h"

/* Zero-initialise. */
typedef struct oss_row_lines {
    const char *path; /* the caller's */
    oss_pipe pipe;
    oss_arpa_lines lines;
    int64_t rows;       /* lines with something on them, so far */
    uint64_t row_bytes; /* of the last one, with its end */
    oss_wrong_rows wrong;
    bool is_open, is_at_end;
    char *failure; /* what ended reading for good; NULL: nothing */
} oss_row_lines;

oss_status oss_row_lines_open(oss_row_lines *lines, const char *path);
void oss_row_lines_close(oss_row_lines *lines);
/* Tells the log how many rows and lines there were, if the end was reached. */
void oss_row_lines_tell(const oss_row_lines *lines);
/* *out: the next line with something on it, to be written to until the next call, or NULL at the end. OSS_EINPUT, with
 * file and line: it is not UTF-8, or has a NUL; the next call goes on behind it. OSS_EIO: it has no end within 1 MiB, or
 * is of a pipe that gives more than 16 MiB; for good. */
oss_status oss_row_lines_next(oss_row_lines *lines, char **out);
/* OSS_EINPUT: "FILE:LINE: row N: " and the message, for the line that was read last. */
oss_status oss_row_lines_fail(const oss_row_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The row that was read last is wrong, and the message is set: counts it. OSS_EINPUT; OSS_EIO, for good, when that makes
 * too many (oss_wrong_rows_add). */
oss_status oss_row_lines_refuse(oss_row_lines *lines);

#endif
