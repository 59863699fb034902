/* Lines of a text of any length, one after another. */
#ifndef OSS_NGRAM_ARPA_LINES_H
#define OSS_NGRAM_ARPA_LINES_H

#include "base/pipe.h"

typedef struct oss_arpa_lines {
    oss_pipe *pipe;
    int64_t number; /* of the line that was given last, from 1 */
    char *block;    /* [begin, end) of [capacity] are not given yet; owned */
    size_t begin, end, capacity;
    bool ended;
    int64_t read_bytes, most_bytes; /* of the text; 0: any */
    const char *too_much;           /* what is told of more */
} oss_arpa_lines;

/* The pipe stays the caller's. */
void oss_arpa_lines_init(oss_arpa_lines *lines, oss_pipe *pipe);
void oss_arpa_lines_deinit(oss_arpa_lines *lines);
/* *out: the next line without its end (LF or CR LF), NUL-terminated, to be written to until the next call; NULL: there is
 * none. OSS_EINPUT: a line of more than 1 MiB, or with a NUL, or more than most_bytes of text. */
oss_status oss_arpa_lines_next(oss_arpa_lines *lines, char **out);

#endif
