/* CSV rows come from model/dataset_csv.h (written by the inference/CLI worker, shared with `ossicle eval`).
 * The rows of the training and held-out CSVs after reading, decoding once, normalising, splitting and filtering. */
#ifndef OSS_DATA_MANIFEST_H
#define OSS_DATA_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "model/config.h"
#include "text/vocab.h"

typedef struct oss_row {
    char *path;      /* resolved */
    char *text;      /* normalised */
    char *speaker;   /* NULL when there is no such column */
    int32_t source;  /* index into config->train_csv; -1: dev_csv */
    int64_t number;  /* row in that CSV, from 1 */
    double start_seconds, end_seconds; /* segment; 0 and -1: whole file */
    int64_t samples; /* at the model's rate, known after the scan */
    int32_t *label;  /* ids, known after encoding */
    int32_t labels;
    uint32_t id;     /* stable: hash of path, segment and text; keys dropout and shuffling */
} oss_row;

typedef enum oss_skip_reason {
    OSS_SKIP_CSV, OSS_SKIP_AUDIO, OSS_SKIP_SHORT, OSS_SKIP_LONG, OSS_SKIP_SILENT, OSS_SKIP_INFEASIBLE, OSS_SKIP_REASONS
} oss_skip_reason;

/* A row that does not train, and why, in words with the numbers. Written to RUN/skipped.jsonl by the trainer. */
typedef struct oss_skipped {
    int32_t source;
    int64_t number;
    char *path;
    oss_skip_reason reason;
    char *message;
} oss_skipped;

typedef struct oss_manifest {
    oss_row *row;
    int32_t rows;
    oss_skipped *skipped;
    int32_t skippeds;
    int64_t by_reason[OSS_SKIP_REASONS];
} oss_manifest;

void oss_manifest_deinit(oss_manifest *manifest);
const char *oss_skip_reason_name(oss_skip_reason reason); /* "csv" "audio" "short" "long" "silent" "infeasible" */

#endif
