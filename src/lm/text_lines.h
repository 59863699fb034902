/* Sentences of files: the lines of a text, or the texts of a CSV. */
#ifndef OSS_LM_TEXT_LINES_H
#define OSS_LM_TEXT_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include "ossicle/status.h"

/* Takes a line, line[bytes] of which is 0; may write over it. OSS_EINPUT: it is no text. */
typedef oss_status (*oss_line_taker)(void *context, char *line, size_t bytes);

/* A sentence that is no text is told of by the log, and counted in *bad; all other failures end the reading. */
typedef struct oss_lines {
    oss_line_taker take;
    void *context;
    oss_stop *stop; /* NULL: nobody stops it */
    int64_t bad;
} oss_lines;

/* Of the file at `path`: "-" is standard input, *.gz and *.xz are what the programs gzip and xz make of them. */
oss_status oss_lines_of_text(oss_lines *lines, const char *path);
/* The texts of a CSV: of `column`, a name or several with | between them, the first that is there counts. */
oss_status oss_lines_of_csv(oss_lines *lines, const char *path, const char *column);

#endif
