#include "dataset/dataset_csv.h"

#include <string.h>

#include "base/csv.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/strbuf.h"

struct oss_dataset {
    oss_csv *csv;
    char *csv_path;
    char *folder; /* of the CSV: what its paths are relative to */
    oss_case policy;
    int32_t wav_column, text_column, speaker_column, start_column, end_column; /* -1: absent */
    int64_t rows; /* read so far, bad ones included */
    oss_dataset_row row;
    char *path; /* behind row.path and row.text */
    char *text;
};

/* Finds a column that must be there; `names` as oss_csv_column takes them. */
static oss_status find_column(const oss_dataset *dataset, const char *names, int32_t *out) {
    int32_t column = oss_csv_column(dataset->csv, names);
    if (column >= 0) {
        *out = column;
        return OSS_OK;
    }
    oss_strbuf has = {0};
    for (int32_t i = 0; i < oss_csv_columns(dataset->csv); i++) {
        oss_strbuf_printf(&has, "%s\"%s\"", i == 0 ? "" : ", ", oss_csv_column_name(dataset->csv, i));
    }
    oss_status status = OSS_ENOMEM;
    if (oss_strbuf_ok(&has)) {
        status = oss_fail(OSS_EINPUT, "%s: the header names %s, but one column must be called %s",
                          dataset->csv_path, has.data == NULL ? "nothing" : has.data, names);
    }
    oss_strbuf_deinit(&has);
    return status;
}

static oss_status find_columns(oss_dataset *dataset) {
    oss_status status = find_column(dataset, "wav|audio|path|wav_filename", &dataset->wav_column);
    if (status == OSS_OK) {
        status = find_column(dataset, "text|transcript|sentence", &dataset->text_column);
    }
    dataset->speaker_column = oss_csv_column(dataset->csv, "speaker");
    dataset->start_column = oss_csv_column(dataset->csv, "start");
    dataset->end_column = oss_csv_column(dataset->csv, "end");
    return status;
}

oss_status oss_dataset_open(oss_dataset **out, const char *csv_path, oss_case policy) {
    oss_dataset *dataset = oss_alloc_zero(1, sizeof *dataset);
    if (dataset == NULL) {
        return OSS_ENOMEM;
    }
    dataset->policy = policy;
    dataset->csv_path = oss_strdup(csv_path);
    dataset->folder = oss_path_folder(csv_path);
    oss_status status = OSS_ENOMEM;
    if (dataset->csv_path != NULL && dataset->folder != NULL) {
        status = oss_csv_open(&dataset->csv, csv_path);
    }
    if (status == OSS_OK) {
        status = find_columns(dataset);
    }
    if (status != OSS_OK) {
        oss_dataset_free(dataset);
        return status;
    }
    *out = dataset;
    return OSS_OK;
}

void oss_dataset_free(oss_dataset *dataset) {
    if (dataset == NULL) {
        return;
    }
    oss_csv_free(dataset->csv);
    oss_free(dataset->csv_path);
    oss_free(dataset->folder);
    oss_free(dataset->path);
    oss_free(dataset->text);
    oss_free(dataset);
}

/* Against the CSV's folder; when nothing is there, against the working directory. The first stays the answer
 * when both are missing: it is what the writer of the CSV most likely meant, so messages should name it. */
static char *resolve_path(const oss_dataset *dataset, const char *wav) {
    char *beside = oss_path_join(dataset->folder, wav);
    if (beside == NULL || oss_file_exists(beside) || !oss_file_exists(wav)) {
        return beside;
    }
    oss_free(beside);
    return oss_strdup(wav);
}

static oss_status read_seconds(const oss_dataset *dataset, const oss_csv_row *row, int32_t column,
                               double absent, double *out) {
    const char *text = column < 0 ? "" : row->field[column];
    double seconds = absent;
    if (text[0] != '\0' && (!oss_number_parse(text, &seconds) || seconds < 0)) {
        return oss_fail(
            OSS_EINPUT,
            "%s:%lld: row %lld: \"%s\" in column %s is no time: give seconds, 0 or more, such as 1.5",
            dataset->csv_path, (long long)row->line, (long long)row->number, text,
            oss_csv_column_name(dataset->csv, column));
    }
    *out = seconds;
    return OSS_OK;
}

static oss_status read_segment(const oss_dataset *dataset, const oss_csv_row *row, oss_dataset_row *out) {
    oss_status status = read_seconds(dataset, row, dataset->start_column, 0.0, &out->start_seconds);
    if (status == OSS_OK) {
        status = read_seconds(dataset, row, dataset->end_column, -1.0, &out->end_seconds);
    }
    if (status == OSS_OK && out->end_seconds >= 0 && out->end_seconds <= out->start_seconds) {
        return oss_fail(OSS_EINPUT,
                        "%s:%lld: row %lld: the segment ends at %g s, which is not after its start at %g s",
                        dataset->csv_path, (long long)row->line, (long long)row->number, out->end_seconds,
                        out->start_seconds);
    }
    return status;
}

/* Fills dataset->row; on failure the strings of the row before stay allocated and valid. */
static oss_status read_row(oss_dataset *dataset, const oss_csv_row *csv_row) {
    oss_dataset_row row = {.number = csv_row->number,
                           .line = csv_row->line,
                           .wav = csv_row->field[dataset->wav_column],
                           .speaker =
                               dataset->speaker_column < 0 ? NULL : csv_row->field[dataset->speaker_column]};
    if (row.wav[0] == '\0') {
        return oss_fail(OSS_EINPUT, "%s:%lld: row %lld: column %s is empty: it must name a recording",
                        dataset->csv_path, (long long)row.line, (long long)row.number,
                        oss_csv_column_name(dataset->csv, dataset->wav_column));
    }
    oss_status status = read_segment(dataset, csv_row, &row);
    if (status != OSS_OK) {
        return status;
    }
    char *text = NULL;
    status = oss_text_normalize(&text, csv_row->field[dataset->text_column], dataset->policy);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s:%lld: row %lld", dataset->csv_path, (long long)row.line,
                               (long long)row.number);
    }
    char *path = resolve_path(dataset, row.wav);
    if (path == NULL) {
        oss_free(text);
        return OSS_ENOMEM;
    }
    oss_free(dataset->path);
    oss_free(dataset->text);
    dataset->path = path;
    dataset->text = text;
    row.path = path;
    row.text = text;
    row.source_text = csv_row->field[dataset->text_column];
    row.wav_offset = oss_csv_field_offset(dataset->csv, dataset->wav_column);
    dataset->row = row;
    return OSS_OK;
}

oss_status oss_dataset_next(oss_dataset *dataset, const oss_dataset_row **out, int64_t *out_number) {
    const oss_csv_row *csv_row = NULL;
    oss_status status = oss_csv_next(dataset->csv, &csv_row);
    if (status == OSS_OK && csv_row == NULL) {
        *out = NULL;
        return OSS_OK;
    }
    dataset->rows++;
    if (status == OSS_OK) {
        dataset->rows = csv_row->number;
        status = read_row(dataset, csv_row);
    }
    if (out_number != NULL) {
        *out_number = dataset->rows;
    }
    if (status == OSS_OK) {
        *out = &dataset->row;
    }
    return status;
}

oss_csv_place oss_dataset_place_of_row(const oss_dataset *dataset) {
    return oss_csv_place_of_record(dataset->csv);
}

uint64_t oss_dataset_row_key(const oss_dataset_row *row) {
    struct {
        uint64_t wav, text;
        double start_seconds, end_seconds;
    } identity = {.wav = oss_hash(row->wav, strlen(row->wav)),
                  .text = oss_hash(row->text, strlen(row->text)),
                  .start_seconds = row->start_seconds,
                  .end_seconds = row->end_seconds};
    return oss_hash(&identity, sizeof identity);
}
