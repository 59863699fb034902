/* Rows of CSVs: `wav,text` with the names that other programs give these columns, and metadata.csv of an audiofolder. */
#include <string.h>

#include "base/csv.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "dataset/row_source.h"
#include "dataset/separators.h"

enum { PIPE_MAX_BYTES = 16 << 20 }; /* rows are kept in memory, and a pipe may give some for ever */

/* As oss_csv_column takes them. */
typedef struct column_names {
    const char *wav, *text;
} column_names;

static const column_names plain = {"wav|audio|path|wav_filename", "text|transcript|sentence"};
static const column_names audiofolder = {"file_name", "transcription|text|sentence"};

typedef struct csv_rows {
    oss_row_source base;
    oss_csv *csv;
    bool is_file; /* no pipe or device: it has an end */
    const char *path, *folder;
    int32_t wav_column, text_column, speaker_column, start_column, end_column; /* -1: absent */
} csv_rows;

static oss_status refuse_header(const csv_rows *rows, const char *names) {
    const char *separator = oss_separator_find(rows->csv);
    if (separator != NULL) {
        char columns[80];
        (void)oss_format(columns, sizeof columns, "a column called %s", names);
        return oss_separator_refuse(rows->path, separator, columns);
    }
    oss_strbuf has = {0};
    for (int32_t i = 0; i < oss_csv_columns(rows->csv); i++) {
        oss_strbuf_printf(&has, "%s\"%s\"", i == 0 ? "" : ", ", oss_csv_column_name(rows->csv, i));
    }
    oss_status status = OSS_ENOMEM;
    if (oss_strbuf_ok(&has)) {
        status = oss_fail(OSS_EINPUT, "%s: the header names %s, but one column must be called %s", rows->path,
                          has.data == NULL ? "nothing" : has.data, names);
    }
    oss_strbuf_deinit(&has);
    return status;
}

/* Finds a column that must be there; `names` as oss_csv_column takes them. */
static oss_status find_column(const csv_rows *rows, const char *names, int32_t *out) {
    int32_t column = oss_csv_column(rows->csv, names);
    if (column < 0) {
        return refuse_header(rows, names);
    }
    *out = column;
    return OSS_OK;
}

static oss_status find_columns(csv_rows *rows, const column_names *names) {
    oss_status status = find_column(rows, names->wav, &rows->wav_column);
    if (status == OSS_OK) {
        status = find_column(rows, names->text, &rows->text_column);
    }
    rows->speaker_column = oss_csv_column(rows->csv, "speaker");
    rows->start_column = oss_csv_column(rows->csv, "start");
    rows->end_column = oss_csv_column(rows->csv, "end");
    return status;
}

/* ".wav" of "a/b.wav"; "" when there is none. */
static const char *find_extension(const char *path) {
    const char *dot = strrchr(oss_path_name(path), '.');
    return dot == NULL ? "" : dot;
}

/* Whether a line that a quoted field takes in names a recording. */
static oss_status is_recording(void *context, const char *cell, const char *own, bool *out) {
    const csv_rows *rows = context;
    char *path = oss_rows_resolve(rows->folder, cell);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    const char *extension = find_extension(cell);
    bool is_alike = extension[0] != '\0' && own != NULL && strcmp(extension, find_extension(own)) == 0;
    *out = cell[0] != '\0' && (is_alike || (oss_file_exists(path) && !oss_file_is_folder(path)));
    oss_free(path);
    return OSS_OK;
}

/* ---- Rows ---- */

static oss_status read_seconds(const csv_rows *rows, const oss_csv_row *row, int32_t column, double absent,
                               double *out) {
    const char *text = column < 0 ? "" : row->field[column];
    double seconds = absent;
    if (text[0] != '\0' && (!oss_number_parse(text, &seconds) || seconds < 0)) {
        return oss_fail(
            OSS_EINPUT,
            "%s:%lld: row %lld: \"%s\" in column %s is no time: give seconds, 0 or more, such as 1.5",
            rows->path, (long long)row->line, (long long)row->number, text,
            oss_csv_column_name(rows->csv, column));
    }
    *out = seconds;
    return OSS_OK;
}

static oss_status read_segment(const csv_rows *rows, const oss_csv_row *row, oss_source_row *out) {
    oss_status status = read_seconds(rows, row, rows->start_column, 0.0, &out->start_seconds);
    if (status == OSS_OK) {
        status = read_seconds(rows, row, rows->end_column, -1.0, &out->end_seconds);
    }
    if (status == OSS_OK && out->end_seconds >= 0 && out->end_seconds <= out->start_seconds) {
        return oss_fail(
            OSS_EINPUT, "%s:%lld: row %lld: the segment ends at %g s, which is not after its start at %g s",
            rows->path, (long long)row->line, (long long)row->number, out->end_seconds, out->start_seconds);
    }
    return status;
}

static oss_status take_row(const csv_rows *rows, const oss_csv_row *row, oss_source_row *out) {
    const char *wav = row->field[rows->wav_column];
    if (wav[0] == '\0') {
        return oss_fail(OSS_EINPUT, "%s:%lld: row %lld: column %s is empty: it must name a recording",
                        rows->path, (long long)row->line, (long long)row->number,
                        oss_csv_column_name(rows->csv, rows->wav_column));
    }
    *out = (oss_source_row){.number = row->number,
                            .line = row->line,
                            .file = rows->path,
                            .wav = wav,
                            .text = row->field[rows->text_column],
                            .speaker = rows->speaker_column < 0 ? NULL : row->field[rows->speaker_column]};
    return read_segment(rows, row, out);
}

static oss_status next_row(oss_row_source *source, oss_source_row *out, bool *out_is_there) {
    csv_rows *rows = (csv_rows *)source;
    const oss_csv_row *csv_row = NULL;
    oss_status status = oss_csv_next(rows->csv, &csv_row);
    if (!rows->is_file && oss_csv_place_of_record(rows->csv).end > PIPE_MAX_BYTES) {
        return oss_fail(
            OSS_EIO,
            "%s gives more than 16 MiB, which is the most that is taken from a pipe; save it as a "
            "file and give its path",
            rows->path);
    }
    if (status == OSS_OK && csv_row != NULL) {
        status = take_row(rows, csv_row, out);
        status = status == OSS_EINPUT ? oss_csv_refuse(rows->csv) : status;
    }
    if (status == OSS_OK) {
        *out_is_there = csv_row != NULL;
    }
    return status;
}

static oss_csv_place get_place(const oss_row_source *source) {
    return oss_csv_place_of_record(((const csv_rows *)source)->csv);
}

static uint64_t get_wav_offset(const oss_row_source *source) {
    const csv_rows *rows = (const csv_rows *)source;
    return oss_csv_field_offset(rows->csv, rows->wav_column);
}

static oss_status refuse_row(oss_row_source *source) {
    return oss_csv_refuse(((csv_rows *)source)->csv);
}

static void free_rows(oss_row_source *source) {
    csv_rows *rows = (csv_rows *)source;
    oss_csv_free(rows->csv);
    oss_free(rows);
}

static const oss_row_source_type csv_type = {next_row, get_place, get_wav_offset, refuse_row, free_rows};

static oss_status open_rows(oss_row_source **out, const char *path, const char *folder,
                            const column_names *names) {
    csv_rows *rows = oss_alloc_zero(1, sizeof *rows);
    if (rows == NULL) {
        return OSS_ENOMEM;
    }
    rows->base.type = &csv_type;
    rows->path = path;
    rows->folder = folder;
    rows->is_file = oss_file_is_regular(path);
    oss_status status = oss_csv_open(&rows->csv, path);
    status = status == OSS_OK || status == OSS_ENOMEM ? status : oss_rows_explain(path, status);
    if (status == OSS_OK) {
        status = find_columns(rows, names);
    }
    if (status != OSS_OK) {
        free_rows(&rows->base);
        return status;
    }
    oss_csv_set_witness(rows->csv, rows->wav_column, is_recording, rows);
    *out = &rows->base;
    return OSS_OK;
}

oss_status oss_csv_rows_open(oss_row_source **out, const char *path, const char *folder) {
    return open_rows(out, path, folder, &plain);
}

oss_status oss_csv_folder_rows_open(oss_row_source **out, const char *path, const char *folder) {
    return open_rows(out, path, folder, &audiofolder);
}
