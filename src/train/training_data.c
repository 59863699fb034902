#include "train/training_data.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "batch/labels.h"
#include "batch/split.h"
#include "train/training_check.h"

enum { FEW_TEXTS = 20, NAMED_IN_LOG = 3 };

/* ---- What the log says ---- */

/* "; left out 12: audio 3, short 9", or nothing. */
static void append_reasons(oss_strbuf *text, const oss_manifest *manifest) {
    const char *separator = ": ";
    if (manifest->skippeds > 0) {
        oss_strbuf_printf(text, "; left out %d", manifest->skippeds);
    }
    for (int reason = 0; reason < OSS_SKIP_REASONS; reason++) {
        if (manifest->by_reason[reason] > 0) {
            oss_strbuf_printf(text, "%s%s %lld", separator, oss_skip_reason_name((oss_skip_reason)reason),
                              (long long)manifest->by_reason[reason]);
            separator = ", ";
        }
    }
}

static oss_status report_rows(const char *what, const oss_manifest *manifest, const oss_config *config,
                              const oss_label_report *report) {
    oss_strbuf text = {0};
    oss_strbuf_printf(&text, "%s: %d rows, %.1f minutes", what, manifest->rows,
                      oss_manifest_seconds(manifest, config) / 60.0);
    append_reasons(&text, manifest);
    if (report->empty_rows > 0) {
        oss_strbuf_printf(&text, "; %d with an empty transcript (kept: all blank)", report->empty_rows);
    }
    char *line = oss_strbuf_take(&text);
    if (line == NULL) {
        return OSS_ENOMEM;
    }
    oss_log_info("%s", line);
    oss_free(line);
    for (int32_t i = 0; i < manifest->skippeds && i < NAMED_IN_LOG; i++) {
        oss_log_warn("left out: %s", manifest->skipped[i].message);
    }
    if (manifest->skippeds > NAMED_IN_LOG) {
        oss_log_warn("and %d more rows left out: skipped.jsonl in the run folder lists all",
                     manifest->skippeds - NAMED_IN_LOG);
    }
    return OSS_OK;
}

static void report_unknown(const char *what, const oss_label_report *report) {
    if (report->unknown_characters > 0) {
        oss_log_warn("%s: %lld characters in %d rows are not in the vocabulary and become <UNK>: %s", what,
                     (long long)report->unknown_characters, report->unknown_rows, report->unknown_list);
    }
}

/* ---- The steps ---- */

static oss_status read_sources(oss_training_data *data, const oss_config *config) {
    if (config->data.train_csvs == 0) {
        return oss_fail(OSS_EUSAGE, "no training data: set train_csv to a CSV with columns wav and text");
    }
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < config->data.train_csvs && status == OSS_OK; i++) {
        status = oss_manifest_read(&data->train, config, i);
    }
    if (status == OSS_OK && config->data.dev_csv != NULL) {
        status = oss_manifest_read(&data->dev, config, -1);
    }
    return status;
}

static oss_status scan_sources(oss_training_data *data, const oss_config *config, oss_pool *pool,
                               const oss_scan_hooks *hooks) {
    int64_t cache_bytes = config->data.cache_mib << 20;
    oss_status status = oss_manifest_scan(&data->train, config, pool, &cache_bytes, hooks);
    if (status == OSS_OK && config->data.dev_csv != NULL) {
        status = oss_manifest_scan(&data->dev, config, pool, &cache_bytes, hooks);
    }
    return status;
}

/* A split by text holds out whole texts: with few of them, what is held out was never trained. */
static oss_status split_rows(oss_training_data *data, const oss_config *config) {
    int32_t groups = 0;
    if (config->data.dev_csv != NULL) {
        return OSS_OK;
    }
    oss_status status = oss_split(&data->train, &data->dev, config, &groups);
    if (status == OSS_OK && config->data.split_by == OSS_SPLIT_TEXT && groups > 0 && groups < FEW_TEXTS) {
        oss_log_warn(
            "only %d distinct transcripts, and split_by \"text\" holds out whole ones, which are then never "
            "trained: split_by speaker or row may be what you want",
            groups);
    }
    return status;
}

static oss_status encode_set(oss_manifest *manifest, const char *what, const oss_vocab *vocab,
                             const oss_config *config, bool drop_infeasible) {
    oss_label_report report = {0};
    oss_status status = oss_labels_encode(manifest, vocab, config, drop_infeasible, &report);
    if (status != OSS_OK) {
        return status;
    }
    status = report_rows(what, manifest, config, &report);
    report_unknown(what, &report);
    if (!drop_infeasible && report.infeasible_rows > 0) {
        oss_log_warn("%s: %d of %d transcripts need more frames than there are: they count in CER and WER, "
                     "not in the loss",
                     what, report.infeasible_rows, manifest->rows);
    }
    oss_free(report.unknown_list);
    return status;
}

static oss_status choose_symbols(oss_training_data *data, const oss_config *config,
                                 const oss_symbol_source *symbols) {
    if (symbols->vocab == NULL) {
        return oss_labels_vocabulary(&data->vocab, &data->train, config);
    }
    return symbols->grows ? oss_labels_extend_vocabulary(&data->vocab, symbols->vocab, &data->train, config)
                          : oss_vocab_copy(&data->vocab, symbols->vocab);
}

/* A vocabulary that grows is checked as it will be; only the split may still leave a character out. */
static oss_status check_rows(const oss_training_data *data, const oss_config *config,
                             const oss_symbol_source *symbols) {
    oss_vocab *grown = NULL;
    oss_status status = OSS_OK;
    if (symbols->vocab != NULL && symbols->grows) {
        status = oss_labels_extend_vocabulary(&grown, symbols->vocab, &data->train, config);
    }
    if (status == OSS_OK) {
        status = oss_training_check(&data->train, &data->dev, config, grown != NULL ? grown : symbols->vocab);
    }
    oss_vocab_free(grown);
    return status;
}

static oss_status encode_rows(oss_training_data *data, const oss_config *config,
                              const oss_symbol_source *symbols) {
    oss_status status = choose_symbols(data, config, symbols);
    if (status == OSS_OK) {
        status = encode_set(&data->train, "train", data->vocab, config, true);
    }
    if (status == OSS_OK && data->dev.rows + data->dev.skippeds > 0) {
        status = encode_set(&data->dev, "dev", data->vocab, config, false);
    }
    if (status == OSS_OK && data->dev.rows == 0) {
        oss_log_warn("no held-out rows: no CER and no early stop, and \"best\" is the latest checkpoint");
    }
    return status;
}

static void hash_row(oss_hasher *hasher, const oss_row *row, const oss_config *config) {
    double weight = config->data.train_csv[row->source].weight;
    oss_hasher_update(hasher, &row->key, sizeof row->key);
    oss_hasher_update(hasher, &row->sound.samples, sizeof row->sound.samples);
    oss_hasher_update(hasher, &weight, sizeof weight);
}

static oss_status hash_rows(oss_training_data *data, const oss_config *config) {
    oss_hasher *rows = oss_hasher_create(), *files = oss_hasher_create();
    oss_status status = rows == NULL || files == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < data->train.rows && status == OSS_OK; i++) {
        const oss_row *row = &data->train.row[i];
        hash_row(rows, row, config);
        oss_hasher_update(files, &row->file_hash, sizeof row->file_hash);
    }
    uint64_t sounds = data->kit == NULL ? 0 : oss_augment_kit_hash(data->kit);
    if (status == OSS_OK && sounds != 0) {
        oss_hasher_update(rows, &sounds, sizeof sounds);
    }
    if (status == OSS_OK) {
        data->hash = oss_hasher_digest(rows);
        data->audio_hash = oss_hasher_digest(files);
    }
    oss_hasher_free(rows);
    oss_hasher_free(files);
    return status;
}

oss_status oss_training_data_init(oss_training_data *out, const oss_config *config,
                                  const oss_symbol_source *symbols, oss_pool *pool,
                                  const oss_scan_hooks *hooks) {
    oss_training_data data = {0};
    oss_status status = read_sources(&data, config);
    if (status == OSS_OK) {
        status = scan_sources(&data, config, pool, hooks);
    }
    if (status == OSS_OK) {
        status = check_rows(&data, config, symbols);
    }
    if (status == OSS_OK) {
        status = split_rows(&data, config);
    }
    if (status == OSS_OK) {
        status = encode_rows(&data, config, symbols);
    }
    if (status == OSS_OK && oss_augment_is_on(&config->augmentation.augment)) {
        status = oss_augment_kit_create(&data.kit, &config->augmentation.augment,
                                        config->model.mel.sample_rate_hz);
    }
    if (status == OSS_OK) {
        status = hash_rows(&data, config);
    }
    if (status != OSS_OK) {
        oss_training_data_deinit(&data);
        return status;
    }
    *out = data;
    return OSS_OK;
}

void oss_training_data_deinit(oss_training_data *data) {
    oss_manifest_deinit(&data->train);
    oss_manifest_deinit(&data->dev);
    oss_vocab_free(data->vocab);
    oss_augment_kit_free(data->kit);
    *data = (oss_training_data){0};
}
