/* RFC 4180 reader: quotes, doubled quotes, commas and line breaks inside quotes, CRLF or LF, a UTF-8
 * byte-order mark. UTF-8 is checked (bad bytes: row and byte offset named); NUL bytes and an unterminated
 * quote are errors.
 *
 * A quote that stands where a field begins and should not be there would take in the rows up to the next quote, or
 * all that follow. Such a quote spoils the row on its own line and no other: reading goes on with the next line when
 * the quote is never closed, when text follows on the quote that closes it, when the caller's witness knows a line in
 * between for a row of its own, and when there are two whole lines or more in between and each has as many fields as
 * the header, without a blank behind a comma. */
#ifndef OSS_BASE_CSV_H
#define OSS_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_csv oss_csv;

/* One record. Strings belong to the reader and live until the next call. */
typedef struct oss_csv_row {
    int64_t number; /* 1 = first data row after the header */
    int64_t line;   /* line of the file on which the record starts, from 1 */
    int32_t fields;
    char *const *field; /* unquoted, NUL-terminated */
} oss_csv_row;

/* Opens and reads the header. Streams: memory does not grow with the file; a field is at most 1 MiB. Blanks
 * around a column's name are dropped; a name that is there twice is an error (empty ones apart: spreadsheets
 * leave them). */
oss_status oss_csv_open(oss_csv **out, const char *path);
/* Tells the log how many rows and lines there were, if the end was reached: whoever reads ahead is done by then. */
void oss_csv_free(oss_csv *csv);
/* Index of the column with the first of the names in `names` ("wav|audio|path") that is there, -1 when there
 * is none. */
int32_t oss_csv_column(const oss_csv *csv, const char *names);
int32_t oss_csv_columns(const oss_csv *csv);
const char *oss_csv_column_name(const oss_csv *csv, int32_t index);
/* A line of a quoted field has, were it not quoted, as many fields as the header, or more. *out: whether `cell`, its
 * field in the witness's column, makes it a row by itself. `own` is that column of the record which the line would
 * belong to; NULL: it has none, or it is the quoted field. */
typedef oss_status (*oss_csv_witness)(void *context, const char *cell, const char *own, bool *out);
void oss_csv_set_witness(oss_csv *csv, int32_t column, oss_csv_witness witness, void *context);

/* The next record: OSS_OK and *out_row filled, or *out_row NULL at the end. Empty lines are skipped. A record with another number of fields than the header is OSS_EINPUT (file,
 * line, counts); reading may go on after it. One of more than 4 MiB is OSS_EIO (of the header, when the file is opened,
 * OSS_EINPUT), and nothing is read behind it. So is, with the message of the last one, what makes 10,000 rows wrong and
 * more than are right, or wrong ones and the search for their ends 32 MiB and more than the right ones: that is no CSV
 * with mistakes in it, and may have been made to cost time. */
oss_status oss_csv_next(oss_csv *csv, const oss_csv_row **out_row);
/* The row that oss_csv_next gave last is wrong for whoever reads it, who has set the message: counts it with the others.
 * OSS_EINPUT, or OSS_EIO as oss_csv_next has it. */
oss_status oss_csv_refuse(oss_csv *csv);

/* Where the record that was read last stands in the file, right or wrong. */
typedef struct oss_csv_place {
    int64_t number, line; /* as in oss_csv_row */
    uint64_t begin, end;  /* bytes [begin, end), the line break included */
} oss_csv_place;
oss_csv_place oss_csv_place_of_record(const oss_csv *csv);
/* Of the row that oss_csv_next gave last: the file's byte at which a field begins, its quote included. */
uint64_t oss_csv_field_offset(const oss_csv *csv, int32_t column);

#endif
