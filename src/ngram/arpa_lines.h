/* Lines of a text of any length, one after another. */
#ifndef OSS_NGRAM_ARPA_LINES_H
#define OSS_NGRAM_ARPA_LINES_H

#include "base/pipe.h"

typedef struct oss_lines {
    oss_pipe *pipe;
    int64_t number; /* of the line that was given last, from 1 */
    char *block;    /* [begin, end) of [capacity] are not given yet; owned */
    size_t begin, end, capacity;
    bool ended;
} oss_lines;

/* The pipe stays the caller's. */
void oss_lines_init(oss_lines *lines, oss_pipe *pipe);
void oss_lines_deinit(oss_lines *lines);
/* *out: the next line without its end (LF or CR LF), NUL-terminated, to be written to until the next call; NULL: there is
 * none. OSS_EINPUT: a line of more than 1 MiB, or with a NUL. */
oss_status oss_lines_next(oss_lines *lines, char **out);

#endif
