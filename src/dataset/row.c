#include "dataset/row.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void oss_dataset_row_deinit(oss_dataset_row *row) {
    oss_free(row->wav);
    oss_free(row->path);
    oss_free(row->text);
    oss_free(row->speaker);
    *row = (oss_dataset_row){0};
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

oss_status oss_dataset_row_decode(oss_audio *out, const oss_dataset_row *row, const oss_config *config) {
    const oss_audio_request request = {.rate_hz = config->model.mel.sample_rate_hz,
                                       .start_seconds = row->start_seconds,
                                       .end_seconds = row->end_seconds,
                                       .max_seconds = config->data.max_seconds};
    oss_status status = oss_audio_load(out, row->path, &request);
    if (status == OSS_OK && config->model.normalize == OSS_NORMALIZE_PEAK) {
        oss_audio_normalize_peak(out->sample, out->samples);
    }
    return status;
}
