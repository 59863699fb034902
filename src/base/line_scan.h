/* The lines of a file of any size, one at a time. */
#ifndef OSS_BASE_LINE_SCAN_H
#define OSS_BASE_LINE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_scanned_line {
    const char *text; /* without its newline, not NUL-terminated; NULL: longer than max_bytes */
    size_t bytes;     /* of text */
    int64_t number;   /* from 1 */
    int64_t begin_bytes;
    bool is_open; /* the file ends without the line's newline */
} oss_scanned_line;

/* Calls take(context, line) for every line of the regular file at `path`; ends with the first call that does not
 * return OSS_OK, and returns that. Memory is bounded by max_bytes. */
oss_status oss_line_scan(const char *path, size_t max_bytes,
                         oss_status (*take)(void *context, const oss_scanned_line *line), void *context);

#endif
