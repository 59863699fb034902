#include "dataset/manifest.h"

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "dataset/dataset.h"

enum { NAMED_IN_ERROR = 3 };

const char *oss_source_path(const oss_config *config, int32_t source) {
    return source < 0 ? config->data.dev_csv : config->data.train_csv[source].csv;
}

void oss_row_deinit(oss_row *row) {
    oss_dataset_row_deinit(&row->csv);
    oss_free(row->label);
    oss_free(row->character);
    oss_clip_deinit(&row->clip);
    *row = (oss_row){0};
}

void oss_manifest_deinit(oss_manifest *manifest) {
    for (int32_t i = 0; i < manifest->rows; i++) {
        oss_row_deinit(&manifest->row[i]);
    }
    for (int32_t i = 0; i < manifest->skippeds; i++) {
        oss_free(manifest->skipped[i].wav);
        oss_free(manifest->skipped[i].message);
    }
    oss_free(manifest->row);
    oss_free(manifest->skipped);
    *manifest = (oss_manifest){0};
}

/* Room for one more item in a growing array; false when memory is short. */
static bool grow_array(void **array, int32_t count, int32_t *capacity, size_t item_bytes) {
    if (count < *capacity) {
        return true;
    }
    if (*capacity > INT32_MAX / 2) {
        (void)oss_fail(OSS_ENOMEM, "more than %d rows: split the CSV", *capacity);
        return false;
    }
    int32_t larger = *capacity == 0 ? 256 : 2 * *capacity;
    void *moved = oss_resize(*array, (size_t)larger, item_bytes);
    if (moved == NULL) {
        return false;
    }
    *array = moved;
    *capacity = larger;
    return true;
}

oss_status oss_manifest_add(oss_manifest *manifest, const oss_row *row) {
    void *array = manifest->row;
    if (!grow_array(&array, manifest->rows, &manifest->row_capacity, sizeof *row)) {
        return OSS_ENOMEM;
    }
    manifest->row = array;
    manifest->row[manifest->rows++] = *row;
    return OSS_OK;
}

oss_status oss_manifest_skip(oss_manifest *manifest, const oss_config *config, int32_t source, int64_t number,
                             const char *wav, oss_skip_reason reason, const char *message) {
    void *array = manifest->skipped;
    if (!grow_array(&array, manifest->skippeds, &manifest->skipped_capacity, sizeof *manifest->skipped)) {
        return OSS_ENOMEM;
    }
    manifest->skipped = array;
    oss_strbuf text = {0};
    if (reason != OSS_SKIP_CSV) { /* the reader's message names file and row itself */
        oss_strbuf_printf(&text, "%s row %lld", oss_source_path(config, source), (long long)number);
        if (reason != OSS_SKIP_AUDIO && reason != OSS_SKIP_LONG) { /* the decoder's messages name it */
            oss_strbuf_printf(&text, " (%s)", wav);
        }
        oss_strbuf_append(&text, ": ");
    }
    oss_strbuf_append(&text, message);
    oss_skipped skipped = {.source = source, .number = number, .reason = reason};
    skipped.message = oss_strbuf_take(&text);
    skipped.wav = oss_strdup(wav);
    if (skipped.message == NULL || skipped.wav == NULL) {
        oss_free(skipped.message);
        oss_free(skipped.wav);
        return OSS_ENOMEM;
    }
    manifest->skipped[manifest->skippeds++] = skipped;
    manifest->by_reason[reason]++;
    return OSS_OK;
}

oss_status oss_manifest_refuse_skipped(const oss_manifest *manifest, int32_t first, const char *key) {
    int32_t count = manifest->skippeds - first;
    if (count <= 0) {
        return OSS_OK;
    }
    oss_strbuf text = {0};
    for (int32_t i = 0; i < count && i < NAMED_IN_ERROR; i++) {
        oss_strbuf_printf(&text, "%s%s", i == 0 ? "" : "; ", manifest->skipped[first + i].message);
    }
    if (count > NAMED_IN_ERROR) {
        oss_strbuf_printf(&text, "; and %d more", count - NAMED_IN_ERROR);
    }
    char *list = oss_strbuf_take(&text);
    if (list == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_fail(
        OSS_EINPUT,
        "%d row%s cannot be used and \"%s\" is \"error\": %s. Mend them, or set %s=skip to leave them out",
        count, count == 1 ? "" : "s", key, list, key);
    oss_free(list);
    return status;
}

double oss_manifest_seconds(const oss_manifest *manifest, const oss_config *config) {
    int64_t samples = 0;
    for (int32_t i = 0; i < manifest->rows; i++) {
        samples += manifest->row[i].sound.samples;
    }
    return (double)samples / config->model.mel.sample_rate_hz;
}

/* Takes `csv` over, also when it fails. */
static oss_status add_row(oss_manifest *manifest, oss_dataset_row csv, int32_t source) {
    oss_row row = {.csv = csv, .source = source, .key = oss_dataset_row_key(&csv)};
    oss_status status = oss_manifest_add(manifest, &row);
    if (status != OSS_OK) {
        oss_row_deinit(&row);
    }
    return status;
}

oss_status oss_manifest_read(oss_manifest *manifest, const oss_config *config, int32_t source) {
    oss_dataset *dataset = NULL;
    bool is_there = true;
    oss_status status = oss_dataset_open(&dataset, oss_source_path(config, source), config->data.data_format,
                                         config->model.text_case);
    while (status == OSS_OK) {
        oss_dataset_row row;
        status = oss_dataset_next(dataset, &row, &is_there);
        if (status == OSS_EINPUT) {
            status = oss_manifest_skip(manifest, config, source, oss_dataset_place(dataset).number, "",
                                       OSS_SKIP_CSV, oss_last_error());
        } else if (status == OSS_OK && !is_there) {
            break;
        } else if (status == OSS_OK) {
            status = add_row(manifest, row, source);
        }
    }
    oss_dataset_free(dataset);
    return status;
}
