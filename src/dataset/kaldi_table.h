/* A file of a Kaldi folder: an id and a value on each line, sorted by the bytes of the ids. */
#ifndef OSS_DATASET_KALDI_TABLE_H
#define OSS_DATASET_KALDI_TABLE_H

#include "dataset/row_lines.h"

/* Zero-initialise. */
typedef struct oss_kaldi_table {
    oss_row_lines lines;
    char *path;
    char *id, *value; /* of the line that was read last, until the next; NULL: none, or the end */
    char *last_id;    /* a copy, to see that they are sorted */
    size_t last_capacity;
    bool is_open;
} oss_kaldi_table;

/* The file `name` of `folder`; when it is not there and need not be, the table stays closed: OSS_OK. */
oss_status oss_kaldi_table_open(oss_kaldi_table *table, const char *folder, const char *name, bool is_needed);
void oss_kaldi_table_close(oss_kaldi_table *table);
/* Reads a line. OSS_EINPUT for a line that is wrong by itself; OSS_EIO, for good, when the ids are not sorted, since lines of
 * several files are found for each other by their order. */
oss_status oss_kaldi_table_next(oss_kaldi_table *table);
/* Goes on to the line with this id: table->value, or NULL when there is none. Ids are asked for in their order. */
oss_status oss_kaldi_table_find(oss_kaldi_table *table, const char *id, const char **out);

#endif
