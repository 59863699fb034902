/* Bytes of a CSV file to records; csv.c gives them names and numbers. */
#ifndef OSS_BASE_CSV_SCAN_H
#define OSS_BASE_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "ossicle/status.h"

/* A field that was kept. */
typedef struct csv_field {
    size_t start;         /* where it begins in text */
    uint64_t offset;      /* where it begins in the file, a quote included */
    uint64_t next_offset; /* where the line begins that comes after the one with its opening quote */
    int64_t next_line;    /* and its number; 0: the field holds no line break */
    bool was_right;       /* nothing was wrong with the record up to there */
} csv_field;

typedef struct csv_scan {
    char *path;
    int fd;
    unsigned char *buffer;
    size_t buffer_bytes;
    size_t at;
    size_t filled;
    uint64_t buffer_offset; /* of buffer[0] in the file */
    int64_t line;           /* of the next byte, from 1 */
    uint64_t line_begin;    /* where that line begins */
    uint64_t reread_bytes;  /* that were or will be read twice, for quotes that should not be there */
    bool ended;
    bool is_no_csv;    /* reading ended in a record that went on and on */
    oss_status status; /* of reading and memory */

    /* The record that was read last. */
    int64_t record_line;
    uint64_t record_begin, record_end; /* its bytes in the file, the line break included */
    int32_t fields;                    /* all of them, also those that were not kept */
    char *text;                        /* the kept fields, each with its NUL */
    size_t length;
    size_t capacity;
    csv_field *field; /* [field_capacity] */
    size_t field_capacity;
    bool is_cut;         /* it ended with the line of a stray quote */
    char complaint[192]; /* the first thing wrong with the record, "" when none */

    size_t field_bytes;
    csv_field current;
    bool is_held; /* bytes from hold_offset on stay in the buffer: reading may go back to them */
    uint64_t hold_offset;
    int32_t keep; /* fields kept of this record */
    oss_utf8_state utf8;
    uint64_t character_offset; /* where the current character begins */
} csv_scan;

oss_status oss_csv_scan_init(csv_scan *scan, const char *path);
void oss_csv_scan_deinit(csv_scan *scan);

/* Reads one record and keeps its first `keep` fields; empty lines are passed over. *out_is_there false at the
 * end of the file. Fails only when the file or memory does, and then for good: what is wrong with the
 * record's text is in `complaint`, and the next call goes on with the next record.
 *
 * A quote takes in the lines up to the quote that closes it. When there is none, or text follows on it, or the
 * field grows too long, the first one was a stray one: the record ends with the line on which it stands. A field
 * that is not kept ends with its line in any case. A record that has no end within 4 MiB is no text's: is_no_csv, with
 * OSS_EIO, for nothing can be read on behind it. */
oss_status oss_csv_scan_record(csv_scan *scan, int32_t keep, bool *out_is_there);

/* Ends the record that was read last with the line on which the opening quote of a kept field stands, where
 * next_line says that the field holds line breaks. False, with nothing done, when the record is so long that its
 * lines cannot be read again. */
bool oss_csv_scan_go_back(csv_scan *scan, int32_t field);

/* "has 2 fields, but the header has 3" */
void oss_csv_format_count(char *out, size_t bytes, int32_t fields, int32_t columns);

#endif
