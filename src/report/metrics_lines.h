/* The lines of RUN/metrics.jsonl as such: which can be read, which are in order, and a file that has no others. */
#ifndef OSS_REPORT_METRICS_LINES_H
#define OSS_REPORT_METRICS_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/line_scan.h"

enum { OSS_METRICS_LINE_BYTES = 1 << 20 };

/* *out = the step that the line is of; -1: it is no line of the trainer's. OSS_ENOMEM alone. */
oss_status oss_metrics_read_step(int64_t *out, const oss_scanned_line *line);
/* All of the file from begin_bytes on. A failure of the writer is kept there. */
oss_status oss_metrics_put_file(oss_writer *writer, const char *path, int64_t begin_bytes);

typedef struct oss_metrics_lines {
    int64_t lines;                        /* all */
    int64_t unreadable, first_unreadable; /* and the number of the first, from 1; 0: none */
    int64_t disordered, first_disordered; /* of the others: the fewest without which steps never go back */
    bool is_torn; /* the last line is among the unreadable ones, and lacks its newline */
    bool is_open; /* the last line can be read, but lacks its newline */
} oss_metrics_lines;

/* Changes nothing. OSS_EINPUT or OSS_EIO when the file cannot be read. Memory: 32 bytes a line. */
oss_status oss_metrics_inspect(oss_metrics_lines *out, const char *path);

/* Moves what oss_metrics_inspect complains of to the end of metrics.superseded.jsonl beside the file, which is then
 * written anew without it. Nothing is lost: a kill in between leaves those lines in both. The caller holds the run's
 * lock. */
oss_status oss_metrics_mend(const char *path);

#endif
