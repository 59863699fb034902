#include "cli/augment_voices.h"

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "dataset/dataset_csv.h"

static oss_status reserve_row(oss_cli_voices *voices) {
    if (voices->rows < voices->capacity) {
        return OSS_OK;
    }
    size_t larger = voices->capacity == 0 ? 256 : 2 * (size_t)voices->capacity;
    char **path = oss_resize((void *)voices->path, larger, sizeof *path);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    voices->path = path;
    double *times = oss_resize(voices->times, 2 * larger, sizeof *times);
    if (times == NULL) {
        return OSS_ENOMEM;
    }
    voices->times = times;
    voices->capacity = (int32_t)larger;
    return OSS_OK;
}

static oss_status add_row(oss_cli_voices *voices, const oss_dataset_row *row, const char *file) {
    oss_status status = reserve_row(voices);
    char *path = status == OSS_OK ? oss_strdup(row->path) : NULL;
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    voices->path[voices->rows] = path;
    voices->times[2 * voices->rows] = row->start_seconds;
    voices->times[2 * voices->rows + 1] = row->end_seconds;
    if (voices->own < 0 && row->end_seconds < 0 && oss_file_is_same(path, file)) {
        voices->own = voices->rows;
    }
    voices->rows++;
    return OSS_OK;
}

/* Rows that cannot be read do not train, and do not speak. */
static oss_status read_rows(oss_cli_voices *voices, const char *csv, oss_case policy, const char *file) {
    oss_dataset *dataset = NULL;
    oss_status status = oss_dataset_open(&dataset, csv, policy);
    while (status == OSS_OK) {
        const oss_dataset_row *row = NULL;
        int64_t number = 0;
        status = oss_dataset_next(dataset, &row, &number);
        if (status == OSS_OK && row == NULL) {
            break;
        }
        if (status == OSS_OK) {
            status = add_row(voices, row, file);
        } else if (status == OSS_EINPUT) {
            status = OSS_OK;
        }
    }
    oss_dataset_free(dataset);
    return status;
}

static oss_status decode_voice(oss_cli_voices *voices, int32_t row, const oss_config *config) {
    if (voices->clip[row].value != NULL) {
        return OSS_OK;
    }
    const oss_audio_request request = {.rate_hz = config->model.mel.sample_rate_hz,
                                       .start_seconds = voices->times[2 * row],
                                       .end_seconds = voices->times[2 * row + 1],
                                       .max_seconds = config->data.max_seconds};
    oss_audio audio;
    oss_status status = oss_audio_load(&audio, voices->path[row], &request);
    if (status == OSS_OK) {
        status = oss_clip_init(&voices->clip[row], audio.sample, (int32_t)audio.samples);
        oss_audio_deinit(&audio);
    }
    return status == OSS_OK ? status : oss_fail_prefix(status, "a voice of the babble");
}

oss_status oss_cli_voices_load(oss_cli_voices *voices, const oss_config *config, const char *file,
                               const oss_augment_view *view) {
    oss_status status = OSS_OK;
    voices->own = -1;
    if (config->data.train_csvs == 0) {
        return oss_fail(OSS_EUSAGE,
                        "babble is mixed from the rows of train_csv, and the config names none: --set "
                        "train_csv=FILE, or --set noise_babble=0");
    }
    for (int32_t i = 0; i < config->data.train_csvs && status == OSS_OK; i++) {
        status = read_rows(voices, config->data.train_csv[i].csv, config->model.text_case, file);
    }
    if (status != OSS_OK) {
        return status;
    }
    voices->clip = oss_alloc_zero((size_t)voices->rows, sizeof *voices->clip);
    if (voices->clip == NULL) {
        return OSS_ENOMEM;
    }
    voices->babble = oss_babble_draw(voices->rows, voices->own, view->seed, view->key);
    for (int32_t v = 0; v < voices->babble.voices && status == OSS_OK; v++) {
        status = decode_voice(voices, voices->babble.clip[v], config);
    }
    return status;
}

void oss_cli_voices_deinit(oss_cli_voices *voices) {
    for (int32_t i = 0; i < voices->rows; i++) {
        oss_free(voices->path[i]);
        if (voices->clip != NULL) {
            oss_clip_deinit(&voices->clip[i]);
        }
    }
    oss_free((void *)voices->path);
    oss_free(voices->times);
    oss_free(voices->clip);
    *voices = (oss_cli_voices){0};
}
