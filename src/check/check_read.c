#include "check/check_read.h"

#include <stdatomic.h>
#include <string.h>

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "dataset/dataset_csv.h"

enum { FIRST_ROWS = 256 };

void oss_check_data_deinit(oss_check_data *data) {
    for (int32_t i = 0; i < data->rows; i++) {
        oss_check_row *row = &data->row[i];
        oss_free(row->wav);
        oss_free(row->path);
        oss_free(row->text);
        oss_free(row->speaker);
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
static oss_status add_bad_row(oss_check_data *data, int32_t source, int64_t number, oss_csv_place place) {
    oss_check_row row = {.source = source,
                         .number = number,
                         .line = place.line,
                         .fault = OSS_CHECK_CSV,
                         .message = oss_strdup(oss_last_error())};
    if (row.message == NULL) {
        return OSS_ENOMEM;
    }
    data->place[data->rows] = (oss_check_place){.place = place};
    data->row[data->rows++] = row;
    return OSS_OK;
}

static oss_status add_row(oss_check_data *data, int32_t source, const oss_dataset_row *from,
                          oss_csv_place place) {
    oss_check_row *row = &data->row[data->rows];
    *row = (oss_check_row){.source = source,
                           .number = from->number,
                           .line = from->line,
                           .wav = oss_strdup(from->wav),
                           .path = oss_strdup(from->path),
                           .text = oss_strdup(from->text),
                           .start_seconds = from->start_seconds,
                           .end_seconds = from->end_seconds};
    row->speaker = from->speaker == NULL ? NULL : oss_strdup(from->speaker);
    data->place[data->rows] = (oss_check_place){place, from->wav_offset};
    data->rows++;
    bool whole = row->wav != NULL && row->path != NULL && row->text != NULL &&
                 (from->speaker == NULL || row->speaker != NULL);
    return whole ? oss_check_words_add(&data->words, from->source_text, data->rows - 1) : OSS_ENOMEM;
}

oss_status oss_check_read_csv(oss_check_data *data, const oss_config *config, const oss_check_source *source,
                              int32_t index) {
    oss_dataset *dataset = NULL;
    int32_t rows_before = data->rows;
    oss_status status = oss_dataset_open(&dataset, source[index].csv, config->model.text_case);
    while (status == OSS_OK) {
        const oss_dataset_row *from = NULL;
        int64_t number = 0;
        status = reserve_row(data);
        if (status != OSS_OK) {
            break;
        }
        status = oss_dataset_next(dataset, &from, &number);
        if (status == OSS_EINPUT) {
            status = add_bad_row(data, index, number, oss_dataset_place_of_row(dataset));
        } else if (status == OSS_OK && from == NULL) {
            break;
        } else if (status == OSS_OK) {
            status = add_row(data, index, from, oss_dataset_place_of_row(dataset));
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
    _Atomic int32_t failure; /* an oss_status that no row is to blame for */
} audio_job;

static char *describe(const char *format, double a, double b) __attribute__((format(printf, 1, 0)));
static char *describe(const char *format, double a, double b) {
    oss_strbuf text = {0};
    oss_strbuf_printf(&text, format, a, b);
    return oss_strbuf_take(&text);
}

static void judge(oss_check_row *row, const oss_config *config) {
    double seconds = (double)row->samples / config->model.mel.sample_rate_hz;
    const oss_audio_measure *measure = &row->measure;
    row->usable = false;
    if (seconds < config->data.min_seconds) {
        row->fault = OSS_CHECK_SHORT;
        row->message =
            describe("%.4g seconds of audio, min_seconds is %g", seconds, config->data.min_seconds);
    } else if (measure->peak < config->model.min_peak) {
        row->fault = OSS_CHECK_SILENT;
        row->message =
            describe("the loudest sample is %.3g, min_peak is %g", measure->peak, config->model.min_peak);
    } else if (measure->deviation < OSS_CHECK_SILENT_DEVIATION) {
        row->fault = OSS_CHECK_SILENT;
        row->message = describe("the samples deviate by %.3g from their mean; %g or more is sound",
                                measure->deviation, OSS_CHECK_SILENT_DEVIATION);
    } else {
        row->usable = true;
    }
}

/* The message without the file's name, which the row has. */
static char *copy_message(const char *path) {
    const char *message = oss_last_error();
    size_t length = strlen(path);
    bool named = strncmp(message, path, length) == 0 && strncmp(message + length, ": ", 2) == 0;
    return oss_strdup(named ? message + length + 2 : message);
}

static void read_row(void *context, int32_t task, int32_t worker) {
    (void)worker;
    audio_job *job = context;
    oss_check_row *row = &job->data->row[task];
    if (row->message != NULL || atomic_load(&job->failure) != OSS_OK) {
        return;
    }
    bool too_long = false;
    const oss_audio_request request = {.rate_hz = job->config->model.mel.sample_rate_hz,
                                       .keep_rate = true,
                                       .start_seconds = row->start_seconds,
                                       .end_seconds = row->end_seconds,
                                       .max_seconds = job->config->data.max_seconds,
                                       .too_long = &too_long};
    oss_audio audio;
    oss_status status = oss_audio_load(&audio, row->path, &request);
    if (status == OSS_OK) {
        row->measure = oss_audio_measure_samples(audio.sample, audio.samples);
        row->samples = oss_audio_resampled(audio.samples, audio.source_rate_hz, request.rate_hz);
        row->source_rate_hz = audio.source_rate_hz;
        oss_audio_deinit(&audio);
        judge(row, job->config);
    } else if (status == OSS_EINPUT || status == OSS_EIO) {
        row->fault = too_long ? OSS_CHECK_LONG : OSS_CHECK_AUDIO;
        row->message = copy_message(row->path);
    }
    bool failed = status != OSS_OK && status != OSS_EINPUT && status != OSS_EIO;
    if (failed || (!row->usable && row->message == NULL)) {
        atomic_store(&job->failure, failed ? (int32_t)status : (int32_t)OSS_ENOMEM);
    }
}

oss_status oss_check_read_audio(oss_check_data *data, const oss_config *config, oss_pool *pool) {
    audio_job job = {.data = data, .config = config};
    atomic_init(&job.failure, OSS_OK);
    oss_pool_run(pool, data->rows, read_row, &job);
    oss_status status = (oss_status)atomic_load(&job.failure);
    return status == OSS_OK ? OSS_OK
                            : oss_fail(status, "reading the recordings: %s",
                                       status == OSS_ENOMEM ? "out of memory" : oss_status_name(status));
}
