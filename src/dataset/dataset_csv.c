#include "dataset/dataset_csv.h"

#include <string.h>

#include "base/csv.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/source.h"
#include "base/strbuf.h"

enum { PIPE_MAX_BYTES = 16 << 20 }; /* rows are kept in memory, and a pipe may give some for ever */

struct oss_dataset {
    oss_csv *csv;
    bool is_file; /* no pipe or device: it has an end */
    char *csv_path;
    char *folder; /* of the CSV: what its paths are relative to */
    oss_case policy;
    int32_t wav_column, text_column, speaker_column, start_column, end_column; /* -1: absent */
    const char *source_text; /* of the last row, the reader's */
};

/* Lists made for spreadsheets and databases are often separated otherwise. */
static const char *const other_separator[][2] = {{"\t", "tabs"}, {";", "semicolons"}, {"|", "vertical bars"}};
enum { OTHER_SEPARATORS = sizeof other_separator / sizeof *other_separator };

static oss_status refuse_separator(const char *csv_path, const char *separator, const char *columns) {
    return oss_fail(OSS_EINPUT,
                    "%s: its columns are separated by %s, and a CSV's by commas: save it as CSV (texts with "
                    "commas in double quotes) with %s",
                    csv_path, separator, columns);
}

/* NULL: by commas, as far as one sees. */
static const char *find_separator(const oss_csv *csv) {
    for (int i = 0; i < OTHER_SEPARATORS && oss_csv_columns(csv) == 1; i++) {
        if (strstr(oss_csv_column_name(csv, 0), other_separator[i][0]) != NULL) {
            return other_separator[i][1];
        }
    }
    return NULL;
}

/* What stands behind the first closing quote of a header that could not be read: a separator other than a comma, in
 * words, or NULL. */
static const char *find_separator_behind_quote(const char *header) {
    for (const char *at = strchr(header, '"'); at != NULL; at = strchr(at + 1, '"')) {
        const char *behind = at + 1 + strspn(at + 1, " ");
        if (behind[0] == ',') {
            return NULL;
        }
        for (int i = 0; i < OTHER_SEPARATORS; i++) {
            if (behind[0] == other_separator[i][0][0]) {
                return other_separator[i][1];
            }
        }
    }
    return NULL;
}

static const char *find_separator_of_file(const char *csv_path) {
    char header[1024] = ""; /* the first line, as far as it fits */
    oss_source source;
    if (oss_source_open(&source, csv_path) == OSS_OK) {
        header[oss_source_read(&source, 0, header, sizeof header - 1)] = '\0';
        header[strcspn(header, "\r\n")] = '\0';
        oss_source_close(&source);
    }
    return find_separator_behind_quote(header);
}

static oss_status refuse_header(const oss_dataset *dataset, const char *names) {
    const char *separator = find_separator(dataset->csv);
    if (separator != NULL) {
        char columns[80];
        (void)oss_format(columns, sizeof columns, "a column called %s", names);
        return refuse_separator(dataset->csv_path, separator, columns);
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

/* Finds a column that must be there; `names` as oss_csv_column takes them. */
static oss_status find_column(const oss_dataset *dataset, const char *names, int32_t *out) {
    int32_t column = oss_csv_column(dataset->csv, names);
    if (column < 0) {
        return refuse_header(dataset, names);
    }
    *out = column;
    return OSS_OK;
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

/* ".wav" of "a/b.wav"; "" when there is none. */
static const char *find_extension(const char *path) {
    const char *dot = strrchr(oss_path_name(path), '.');
    return dot == NULL ? "" : dot;
}

/* Whether a line that a quoted field takes in names a recording. */
static oss_status is_recording(void *context, const char *cell, const char *own, bool *out) {
    char *path = resolve_path(context, cell);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    const char *extension = find_extension(cell);
    bool is_alike = extension[0] != '\0' && own != NULL && strcmp(extension, find_extension(own)) == 0;
    *out = cell[0] != '\0' && (is_alike || (oss_file_exists(path) && !oss_file_is_folder(path)));
    oss_free(path);
    return OSS_OK;
}

/* What may be given by mistake for a CSV, in words; reading it as one failed with `status`. */
static oss_status explain_file(const char *csv_path, oss_status status) {
    static const char remedy[] = "give a CSV that lists recordings, with columns wav and text";
    const oss_audio_request request = {.rate_hz = 16000, .keep_rate = true, .end_seconds = 0.001};
    if (oss_file_is_folder(csv_path)) {
        return oss_fail(status, "%s is a folder: %s", csv_path, remedy);
    }
    if (status != OSS_EINPUT || !oss_file_is_regular(csv_path)) { /* of a pipe nothing is read twice */
        return status;
    }
    char *message = oss_strdup(oss_last_error());
    const char *separator = find_separator_of_file(csv_path);
    oss_audio audio;
    if (message == NULL) {
        status = OSS_ENOMEM;
    } else if (oss_audio_load(&audio, csv_path, &request) == OSS_OK) {
        oss_audio_deinit(&audio);
        status = oss_fail(status, "%s is a recording: %s", csv_path, remedy);
    } else if (separator != NULL) {
        status = refuse_separator(csv_path, separator, "columns called wav and text");
    } else {
        status = oss_fail(status, "%s", message);
    }
    oss_free(message);
    return status;
}

oss_status oss_dataset_open(oss_dataset **out, const char *csv_path, oss_case policy) {
    oss_dataset *dataset = oss_alloc_zero(1, sizeof *dataset);
    if (dataset == NULL) {
        return OSS_ENOMEM;
    }
    dataset->policy = policy;
    dataset->is_file = oss_file_is_regular(csv_path);
    dataset->csv_path = oss_strdup(csv_path);
    dataset->folder = oss_path_folder(csv_path);
    oss_status status = OSS_ENOMEM;
    if (dataset->csv_path != NULL && dataset->folder != NULL) {
        status = oss_csv_open(&dataset->csv, csv_path);
        status = status == OSS_OK || status == OSS_ENOMEM ? status : explain_file(csv_path, status);
    }
    if (status == OSS_OK) {
        status = find_columns(dataset);
    }
    if (status == OSS_OK) {
        oss_csv_set_witness(dataset->csv, dataset->wav_column, is_recording, dataset);
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
    oss_free(dataset);
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

static oss_status copy_row(const oss_dataset *dataset, const oss_csv_row *csv_row, oss_dataset_row *row) {
    oss_status status = oss_text_normalize(&row->text, csv_row->field[dataset->text_column], dataset->policy);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s:%lld: row %lld", dataset->csv_path, (long long)row->line,
                               (long long)row->number);
    }
    const char *wav = csv_row->field[dataset->wav_column];
    bool has_speaker = dataset->speaker_column >= 0;
    row->wav = oss_strdup(wav);
    row->path = resolve_path(dataset, wav);
    row->speaker = has_speaker ? oss_strdup(csv_row->field[dataset->speaker_column]) : NULL;
    bool whole = row->wav != NULL && row->path != NULL && (!has_speaker || row->speaker != NULL);
    return whole ? OSS_OK : OSS_ENOMEM;
}

static oss_status read_row(oss_dataset *dataset, const oss_csv_row *csv_row, oss_dataset_row *out) {
    oss_dataset_row row = {.number = csv_row->number, .line = csv_row->line};
    if (csv_row->field[dataset->wav_column][0] == '\0') {
        return oss_fail(OSS_EINPUT, "%s:%lld: row %lld: column %s is empty: it must name a recording",
                        dataset->csv_path, (long long)row.line, (long long)row.number,
                        oss_csv_column_name(dataset->csv, dataset->wav_column));
    }
    oss_status status = read_segment(dataset, csv_row, &row);
    if (status == OSS_OK) {
        status = copy_row(dataset, csv_row, &row);
    }
    if (status != OSS_OK) {
        oss_dataset_row_deinit(&row);
        return status;
    }
    dataset->source_text = csv_row->field[dataset->text_column];
    *out = row;
    return OSS_OK;
}

oss_status oss_dataset_next(oss_dataset *dataset, oss_dataset_row *out, bool *out_is_there) {
    const oss_csv_row *csv_row = NULL;
    oss_status status = oss_csv_next(dataset->csv, &csv_row);
    if (!dataset->is_file && oss_csv_place_of_record(dataset->csv).end > PIPE_MAX_BYTES) {
        return oss_fail(
            OSS_EIO,
            "%s gives more than 16 MiB, which is the most that is taken from a pipe; save it as a "
            "file and give its path",
            dataset->csv_path);
    }
    if (status == OSS_OK && csv_row != NULL) {
        status = read_row(dataset, csv_row, out);
        status = status == OSS_EINPUT ? oss_csv_refuse(dataset->csv) : status;
    }
    if (status == OSS_OK) {
        *out_is_there = csv_row != NULL;
    }
    return status;
}

oss_csv_place oss_dataset_place(const oss_dataset *dataset) {
    return oss_csv_place_of_record(dataset->csv);
}

const char *oss_dataset_source_text(const oss_dataset *dataset) {
    return dataset->source_text;
}

uint64_t oss_dataset_wav_offset(const oss_dataset *dataset) {
    return oss_csv_field_offset(dataset->csv, dataset->wav_column);
}
