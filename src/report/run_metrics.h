/* What RUN/metrics.jsonl says of a run (docs/file-formats.md has its lines). */
#ifndef OSS_REPORT_RUN_METRICS_H
#define OSS_REPORT_RUN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

/* One scoring of the held-out rows. */
typedef struct oss_run_score {
    int64_t step;          /* 0: there was none, and the others are NaN */
    double cer, wer, loss; /* loss: NaN when no row was feasible */
} oss_run_score;

typedef struct oss_run_metrics {
    int64_t lines;         /* that count */
    int64_t lines_skipped; /* that do not: blank, cut off, damaged, or of no kind that the trainer writes */
    int64_t first_skipped; /* number of the first of them, from 1; 0: none */
    int64_t step, epoch;   /* of the last step */
    int64_t skipped_steps; /* whose loss or gradient was not finite */
    int64_t evals;
    double loss;                                       /* of the last step that had one; NaN: none had */
    double audio_seconds, train_seconds, wait_seconds; /* of the steps */
    double eval_seconds;
    oss_run_score best, last; /* best: the last that the trainer called so */
    char course[16];          /* "learning", "plateau", "failing"; "" before the first verdict */
} oss_run_metrics;

/* Reads the file at `path`; lines of steps before `from_step` are left out and not counted. A line that is
 * not the trainer's is skipped and counted, never an error: a full disk or an editor may have left it.
 * OSS_EINPUT or OSS_EIO when the file cannot be read. */
oss_status oss_run_metrics_read(oss_run_metrics *out, const char *path, int64_t from_step);
/* The same from text[0..bytes). OSS_ENOMEM alone. */
oss_status oss_run_metrics_parse(oss_run_metrics *out, const char *text, size_t bytes, int64_t from_step);

#endif
