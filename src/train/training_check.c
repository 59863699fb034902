#include "train/training_check.h"

#include "base/logger.h"
#include "base/mem.h"
#include "check/check.h"

/* Rows of a manifest from out[0] on, with its strings; returns how many. dev: source of rows of the dev CSV. */
static int32_t list_rows(oss_check_row *out, const oss_manifest *manifest, int32_t dev) {
    for (int32_t i = 0; i < manifest->rows; i++) {
        const oss_row *row = &manifest->row[i];
        out[i] = (oss_check_row){.source = row->source < 0 ? dev : row->source,
                                 .csv = row->csv,
                                 .usable = true,
                                 .sound = row->sound};
    }
    for (int32_t i = 0; i < manifest->skippeds; i++) {
        const oss_skipped *skipped = &manifest->skipped[i];
        out[manifest->rows + i] = (oss_check_row){.source = skipped->source < 0 ? dev : skipped->source,
                                                  .csv = {.number = skipped->number, .wav = skipped->wav},
                                                  .fault = oss_check_kind_of(skipped->reason),
                                                  .message = skipped->message};
    }
    return manifest->rows + manifest->skippeds;
}

static void list_sources(oss_check_source *out, const oss_config *config) {
    for (int32_t i = 0; i < config->data.train_csvs; i++) {
        out[i] = (oss_check_source){config->data.train_csv[i].csv, OSS_CHECK_TRAIN};
    }
    out[config->data.train_csvs] = (oss_check_source){config->data.dev_csv, OSS_CHECK_DEV};
}

static oss_status log_summary(const oss_check_input *input) {
    oss_check_report *report = NULL;
    oss_status status = oss_check_create(&report, input);
    if (status != OSS_OK) {
        return status;
    }
    char *summary = oss_check_summary(report);
    status = summary == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        oss_log_info("%s", summary);
    }
    oss_free(summary);
    oss_check_free(report);
    return status;
}

oss_status oss_training_check(const oss_manifest *train, const oss_manifest *dev, const oss_config *config,
                              const oss_vocab *vocab) {
    size_t most = (size_t)train->rows + (size_t)train->skippeds + (size_t)dev->rows + (size_t)dev->skippeds;
    oss_check_row *row = oss_alloc(most, sizeof *row);
    oss_check_source *source = oss_alloc((size_t)config->data.train_csvs + 1, sizeof *source);
    oss_status status = row == NULL || source == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        int32_t rows = list_rows(row, train, config->data.train_csvs);
        rows += list_rows(row + rows, dev, config->data.train_csvs);
        list_sources(source, config);
        status = log_summary(&(oss_check_input){.config = config,
                                                .vocab = vocab,
                                                .judge_by_config = true,
                                                .source = source,
                                                .row = row,
                                                .rows = rows});
    }
    oss_free(row);
    oss_free(source);
    return status;
}
