#include "cli/augment_voices.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "dataset/dataset.h"

/* Takes `row` over, also when it fails. */
static oss_status add_row(oss_cli_voices *voices, oss_dataset_row row, const char *file) {
    if (voices->rows == voices->capacity) {
        int32_t larger = voices->capacity == 0 ? 256 : 2 * voices->capacity;
        oss_dataset_row *moved = oss_resize(voices->row, (size_t)larger, sizeof *moved);
        if (moved == NULL) {
            oss_dataset_row_deinit(&row);
            return OSS_ENOMEM;
        }
        voices->row = moved;
        voices->capacity = larger;
    }
    if (voices->own < 0 && row.end_seconds < 0 && oss_file_is_same(row.path, file)) {
        voices->own = voices->rows;
    }
    voices->row[voices->rows++] = row;
    return OSS_OK;
}

/* Rows that cannot be read do not train, and do not speak. */
static oss_status read_rows(oss_cli_voices *voices, const char *csv, const oss_config *config,
                            const char *file) {
    oss_dataset *dataset = NULL;
    bool is_there = true;
    oss_status status = oss_dataset_open(&dataset, csv, config->data.data_format, config->model.text_case);
    while (status == OSS_OK && is_there) {
        oss_dataset_row row;
        status = oss_dataset_next(dataset, &row, &is_there);
        if (status == OSS_OK && is_there) {
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
    oss_audio audio;
    oss_status status = oss_dataset_row_decode(&audio, &voices->row[row], config);
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
        status = read_rows(voices, config->data.train_csv[i].csv, config, file);
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
        oss_dataset_row_deinit(&voices->row[i]);
        if (voices->clip != NULL) {
            oss_clip_deinit(&voices->clip[i]);
        }
    }
    oss_free(voices->row);
    oss_free(voices->clip);
    *voices = (oss_cli_voices){0};
}
