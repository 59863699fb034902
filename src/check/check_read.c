#include "check/check_read.h"

#include <string.h>

#include "base/fail.h"
#include "base/failure.h"
#include "base/mem.h"
#include "dataset/dataset.h"

enum { FIRST_ROWS = 256 };

void oss_check_data_deinit(oss_check_data *data) {
    for (int32_t i = 0; i < data->rows; i++) {
        oss_check_row *row = &data->row[i];
        oss_dataset_row_deinit(&row->csv);
        oss_free(row->message);
    }
    oss_free(data->row);
    oss_free(data->place);
    oss_check_words_deinit(&data->words);
    *data = (oss_check_data){0};
}

/* ---- Rows ---- */

/* Room for one more row. */
static oss_status reserve_row(oss_check_data *data) {
    if (data->rows < data->capacity) {
        return OSS_OK;
    }
    if (data->capacity > INT32_MAX / 2) {
        return oss_fail(OSS_ENOMEM, "more than %d rows: check the CSVs one by one", data->capacity);
    }
    int32_t capacity = data->capacity == 0 ? FIRST_ROWS : 2 * data->capacity;
    oss_check_row *row = oss_resize(data->row, (size_t)capacity, sizeof *row);
    data->row = row != NULL ? row : data->row;
    oss_check_place *place = row == NULL ? NULL : oss_resize(data->place, (size_t)capacity, sizeof *place);
    if (place == NULL) {
        return OSS_ENOMEM;
    }
    data->place = place;
    data->capacity = capacity;
    return OSS_OK;
}

/* A row that the dataset's reader refused: the message is its own. */
static oss_status add_bad_row(oss_check_data *data, int32_t source, oss_csv_place place) {
    oss_check_row row = {.source = source,
                         .csv = {.number = place.number, .line = place.line},
                         .fault = OSS_CHECK_CSV,
                         .message = oss_strdup(oss_last_error())};
    if (row.message == NULL) {
        return OSS_ENOMEM;
    }
    data->place[data->rows] = (oss_check_place){.place = place};
    data->row[data->rows++] = row;
    return OSS_OK;
}

static oss_status add_row(oss_check_data *data, int32_t source, const oss_dataset_row *csv,
                          const oss_dataset *dataset) {
    data->place[data->rows] = (oss_check_place){oss_dataset_place(dataset), oss_dataset_wav_offset(dataset)};
    data->row[data->rows++] = (oss_check_row){.csv = *csv, .source = source};
    return oss_check_words_add(&data->words, oss_dataset_source_text(dataset), data->rows - 1);
}

oss_status oss_check_read_csv(oss_check_data *data, const oss_config *config, const oss_check_source *source,
                              int32_t index) {
    oss_dataset *dataset = NULL;
    int32_t rows_before = data->rows;
    bool is_there = true;
    oss_status status =
        oss_dataset_open(&dataset, source[index].csv, config->data.data_format, config->model.text_case);
    while (status == OSS_OK) {
        oss_dataset_row csv;
        status = reserve_row(data);
        if (status != OSS_OK) {
            break;
        }
        status = oss_dataset_next(dataset, &csv, &is_there);
        if (status == OSS_EINPUT) {
            status = add_bad_row(data, index, oss_dataset_place(dataset));
        } else if (status == OSS_OK && !is_there) {
            break;
        } else if (status == OSS_OK) {
            status = add_row(data, index, &csv, dataset);
        }
    }
    oss_dataset_free(dataset);
    if (status == OSS_OK && data->rows == rows_before) {
        return oss_fail(OSS_EINPUT, "%s has no rows: nothing to check", source[index].csv);
    }
    return status;
}

/* ---- Audio ---- */

typedef struct audio_job {
    oss_check_data *data;
    const oss_config *config;
    oss_failure failure; /* that no row is to blame for */
} audio_job;

/* The message without the file's name, which the row has. */
static char *cut_message(const char *message, const char *path) {
    size_t length = strlen(path);
    bool named = strncmp(message, path, length) == 0 && strncmp(message + length, ": ", 2) == 0;
    return oss_strdup(named ? message + length + 2 : message);
}

static void read_row(void *context, int32_t task, int32_t worker) {
    (void)worker;
    audio_job *job = context;
    oss_check_row *row = &job->data->row[task];
    if (row->message != NULL || oss_failure_precedes(&job->failure, task)) {
        return;
    }
    oss_verdict verdict;
    oss_status status = oss_sound_judge(&verdict, &row->sound, NULL, &row->csv, job->config);
    row->usable = verdict.usable;
    if (status == OSS_OK && !verdict.usable) {
        row->fault = oss_check_kind_of(verdict.reason);
        row->message = cut_message(verdict.message, row->csv.path);
        status = row->message == NULL ? OSS_ENOMEM : OSS_OK;
    }
    oss_free(verdict.message);
    oss_failure_note(&job->failure, task, status);
}

oss_status oss_check_read_audio(oss_check_data *data, const oss_config *config, oss_pool *pool) {
    audio_job job = {.data = data, .config = config};
    oss_pool_run(pool, data->rows, read_row, &job);
    return oss_failure_report(&job.failure);
}
