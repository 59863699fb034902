/* The rows that train or validate, and those that were left out with the reason.
 *
 *     CSV --read--> rows --scan--> decoded once, filtered, cached --split--> train | dev
 *       --encode--> labels, feasible ones
 *
 * Rows come from dataset/dataset.h, which `ossicle eval` reads through as well. */
#ifndef OSS_DATASET_MANIFEST_H
#define OSS_DATASET_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/clip.h"
#include "dataset/verdict.h"
#include "text/vocab.h"

typedef struct oss_row {
    oss_dataset_row csv;
    int32_t source;     /* index into config->data.train_csv; -1: dev_csv */
    uint64_t key;       /* oss_dataset_row_key */
    oss_sound sound;    /* known after the scan */
    uint64_t file_hash; /* of its recording's bytes (base/file_sample.h), likewise */
    oss_clip clip;      /* the audio, when the cache had room for it */
    int32_t *label;     /* ids, known after encoding */
    int32_t labels;
    int32_t *character; /* with bpe_dropout: ids of the characters, of which labels are drawn (spelling.h) */
    int32_t characters;
} oss_row;

/* A row that does not train, and why, in words with the numbers. */
typedef struct oss_skipped {
    int32_t source;
    int64_t number;
    char *wav; /* as written; "" when the row could not be read */
    oss_skip_reason reason;
    char *message; /* names CSV, row and file */
} oss_skipped;

/* Zero-initialise. */
typedef struct oss_manifest {
    oss_row *row;
    int32_t rows, row_capacity;
    oss_skipped *skipped;
    int32_t skippeds, skipped_capacity;
    int64_t by_reason[OSS_SKIP_REASONS];
    int32_t space_label;    /* put between joined rows, known after encoding; 0: none, for the vocabulary has
                               none or, with byte-pair units, every row begins with its own */
    const oss_vocab *vocab; /* with which it was encoded; the caller's */
} oss_manifest;

void oss_manifest_deinit(oss_manifest *manifest);
/* The CSV's path of a source number. */
const char *oss_source_path(const oss_config *config, int32_t source);

/* Appends the rows of a CSV. Rows that cannot be read (columns, UTF-8, times) become skipped ones. */
oss_status oss_manifest_read(oss_manifest *manifest, const oss_config *config, int32_t source);

/* Takes over `row` (with its strings); on failure it stays the caller's. */
oss_status oss_manifest_add(oss_manifest *manifest, const oss_row *row);
void oss_row_deinit(oss_row *row);

/* Notes that a row is left out; text is copied. "CSV row N (wav): " is put before `message`. */
oss_status oss_manifest_skip(oss_manifest *manifest, const oss_config *config, int32_t source, int64_t number,
                             const char *wav, oss_skip_reason reason, const char *message);

/* OSS_EINPUT that names the first of the skipped rows from number `first` on and says how many more there
 * are; OSS_OK when there is none. `key` is the setting whose value "error" made this an error. */
oss_status oss_manifest_refuse_skipped(const oss_manifest *manifest, int32_t first, const char *key);

double oss_manifest_seconds(const oss_manifest *manifest, const oss_config *config);

#endif
