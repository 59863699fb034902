/* Bytes of a CSV file to records; csv.c gives them names and numbers. */
#ifndef OSS_BASE_CSV_SCAN_H
#define OSS_BASE_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "ossicle/status.h"

typedef struct csv_scan {
    char *path;
    int fd;
    unsigned char *buffer;
    size_t at;
    size_t filled;
    uint64_t buffer_offset; /* of buffer[0] in the file */
    int64_t line;           /* of the next byte, from 1 */
    bool ended;
    oss_status status; /* of reading and memory */

    /* The record that was read last. */
    int64_t record_line;
    uint64_t record_begin, record_end; /* its bytes in the file, the line break included */
    int32_t fields;                    /* all of them, also those that were not kept */
    char *text;                        /* the kept fields, each with its NUL */
    size_t length;
    size_t capacity;
    size_t *start;    /* [start_capacity]: where each kept field begins in text */
    uint64_t *offset; /* [start_capacity]: where it begins in the file, a quote included */
    size_t start_capacity;
    char complaint[160]; /* the first thing wrong with the record, "" when none */

    size_t field_bytes;
    int32_t keep; /* fields kept of this record */
    oss_utf8_state utf8;
    uint64_t character_offset; /* where the current character begins */
} csv_scan;

oss_status oss_csv_scan_init(csv_scan *scan, const char *path);
void oss_csv_scan_deinit(csv_scan *scan);

/* Reads one record and keeps its first `keep` fields; empty lines are passed over. *out_is_there false at the
 * end of the file. Fails only when the file or memory does, and then for good: what is wrong with the
 * record's text is in `complaint`, and the next call goes on with the next record. */
oss_status oss_csv_scan_record(csv_scan *scan, int32_t keep, bool *out_is_there);

/* "has 2 fields, but the header has 3" */
void oss_csv_format_count(char *out, size_t bytes, int32_t fields, int32_t columns);

#endif
