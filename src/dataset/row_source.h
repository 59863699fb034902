/* Where the rows of a dataset come from: one reader for each form, behind one interface. What a row means (paths, case,
 * segments) is dataset.c's, the same for all forms. */
#ifndef OSS_DATASET_ROW_SOURCE_H
#define OSS_DATASET_ROW_SOURCE_H

#include <stdbool.h>

#include "base/csv.h"
#include "model/data_format.h"
#include "ossicle/status.h"

/* A row as its form has it. Strings are the source's, until the next call. */
typedef struct oss_source_row {
    int64_t number, line; /* data row, from 1; line of `file` */
    const char *file;     /* that the line is in */
    const char *wav; /* relative to the folder of the dataset, or to the working directory, or absolute */
    const char *text;
    const char *speaker;               /* NULL: the form has none */
    double start_seconds, end_seconds; /* 0 and -1: the whole recording */
} oss_source_row;

typedef struct oss_row_source oss_row_source;

typedef struct oss_row_source_type {
    /* *out filled, or *out_is_there false at the end. OSS_EINPUT: a row that is wrong; the next call goes on behind it. Any
     * other failure is for good. */
    oss_status (*next)(oss_row_source *source, oss_source_row *out, bool *out_is_there);
    /* Of the row that was read last, right or wrong; begin and end are 0 where a row is no run of bytes. */
    oss_csv_place (*place)(const oss_row_source *source);
    uint64_t (*wav_offset)(const oss_row_source *source); /* NULL: the form has none */
    /* The row that `next` gave last is wrong for the dataset, which has set the message: OSS_EINPUT, or OSS_EIO for good
     * when that makes too many (oss_wrong_rows_add). */
    oss_status (*refuse)(oss_row_source *source);
    void (*free)(oss_row_source *source);
} oss_row_source_type;

/* The first member of every source. */
struct oss_row_source {
    const oss_row_source_type *type;
};

/* What every form opens with. `folder` is what paths are relative to; both strings must outlive the source. */
typedef oss_status oss_rows_open(oss_row_source **out, const char *path, const char *folder);
oss_rows_open oss_csv_rows_open;         /* csv_rows.c */
oss_rows_open oss_csv_folder_rows_open;  /* with the columns of metadata.csv */
oss_rows_open oss_nemo_rows_open;        /* json_rows.c */
oss_rows_open oss_json_folder_rows_open; /* metadata.jsonl */
oss_rows_open oss_commonvoice_rows_open; /* list_rows.c */
oss_rows_open oss_ljspeech_rows_open;
oss_rows_open oss_kaldi_rows_open; /* kaldi_rows.c */

/* `wav` beside what is in `folder`; when nothing is there, as it stands, against the working directory. The first stays
 * the answer when both are missing: it is what the writer of the dataset most likely meant, so messages should name it.
 * NULL: memory is short. */
char *oss_rows_resolve(const char *folder, const char *wav);
/* In what may be given by mistake for a dataset, reading which failed with `status`: says what it is. */
oss_status oss_rows_explain(const char *path, oss_status status);

#endif
