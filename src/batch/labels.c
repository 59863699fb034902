#include "batch/labels.h"

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kernel/lengths.h"
#include "model/sizes.h"
#include "model/vocab_file.h"
#include "units/learn.h"
#include "text/unicode.h"

enum { LISTED_UNKNOWN = 12 };

/* The transcripts of the rows (oss_free the list, not the texts); NULL when memory is short. */
static const char **list_texts(const oss_manifest *train) {
    const char **text = oss_alloc((size_t)train->rows, sizeof *text);
    for (int32_t i = 0; text != NULL && i < train->rows; i++) {
        text[i] = train->row[i].csv.text;
    }
    return text;
}

oss_status oss_labels_vocabulary(oss_vocab **out, const oss_manifest *train, const oss_config *config) {
    if (config->data.vocab_json != NULL) {
        oss_status status = oss_vocab_load(out, config->data.vocab_json, config);
        return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "vocab_json");
    }
    const char **text = list_texts(train);
    oss_status status = text == NULL ? OSS_ENOMEM : oss_vocab_make(out, text, train->rows, config);
    oss_free(text);
    return status;
}

oss_status oss_labels_extend_vocabulary(oss_vocab **out, const oss_vocab *vocab, const oss_manifest *train,
                                        const oss_config *config) {
    const char **text = list_texts(train);
    oss_status status =
        text == NULL ? OSS_ENOMEM : oss_vocab_extend(out, vocab, text, train->rows, config->model.vocab_size);
    oss_free(text);
    return status;
}

/* Distinct characters outside the vocabulary, the first few written out. */
typedef struct unknown_list {
    uint32_t code_point[LISTED_UNKNOWN];
    int32_t count;
    bool more;
} unknown_list;

static void note_unknown(unknown_list *list, uint32_t code_point) {
    for (int32_t i = 0; i < list->count; i++) {
        if (list->code_point[i] == code_point) {
            return;
        }
    }
    if (list->count == LISTED_UNKNOWN) {
        list->more = true;
        return;
    }
    list->code_point[list->count++] = code_point;
}

static void note_unknown_characters(unknown_list *list, const oss_vocab *vocab, const char *text) {
    const char *cursor = text;
    for (uint32_t code_point; (code_point = oss_text_next(&cursor)) != 0;) {
        char symbol[5];
        (void)oss_text_encode(symbol, code_point);
        if (oss_vocab_find(vocab, symbol) < 0) {
            note_unknown(list, code_point);
        }
    }
}

static char *print_unknown(const unknown_list *list) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "");
    for (int32_t i = 0; i < list->count; i++) {
        char symbol[5];
        (void)oss_text_encode(symbol, list->code_point[i]);
        oss_strbuf_printf(&text, "%s'%s' U+%04X", i == 0 ? "" : ", ", symbol, list->code_point[i]);
    }
    if (list->more) {
        oss_strbuf_append(&text, ", and more");
    }
    return oss_strbuf_take(&text);
}

static oss_status spell_row(oss_row *row, const oss_vocab *vocab) {
    int32_t *character = NULL;
    oss_status status = oss_vocab_spell(vocab, &character, &row->characters, row->csv.text);
    if (status == OSS_OK) {
        oss_free(row->character);
        row->character = character;
    }
    return status;
}

static oss_status encode_row(oss_row *row, const oss_vocab *vocab, unknown_list *list,
                             oss_label_report *report) {
    int32_t unknown = 0;
    int32_t *label = NULL;
    int32_t labels = 0;
    oss_status status = oss_vocab_encode(vocab, &label, &labels, &unknown, row->csv.text);
    if (status != OSS_OK) {
        return status;
    }
    oss_free(row->label);
    row->label = label;
    row->labels = labels;
    report->empty_rows += labels == 0;
    if (unknown > 0) {
        report->unknown_characters += unknown;
        report->unknown_rows++;
        note_unknown_characters(list, vocab, row->csv.text);
    }
    return OSS_OK;
}

/* Moves a row whose labels need more frames than there are; says which numbers do not fit and what helps. */
static oss_status skip_infeasible(oss_manifest *manifest, const oss_row *row, const oss_config *config) {
    int32_t needed = oss_len_ctc_needed(row->label, row->labels);
    int32_t frames = oss_sizes_ctc_frames(&config->model, row->sound.samples);
    int32_t repeats = needed - row->labels;
    bool bpe = config->model.units == OSS_UNITS_BPE;
    oss_strbuf text = {0};
    oss_strbuf_printf(&text, "needs %d frames (%d %s%s and %d repeat%s), has %d in %.2f seconds: ", needed,
                      row->labels, bpe ? "unit" : "character", row->labels == 1 ? "" : "s", repeats,
                      repeats == 1 ? "" : "s", frames,
                      (double)row->sound.samples / config->model.mel.sample_rate_hz);
    oss_strbuf_printf(&text, "raise %sctc_subframes above %d, or set downsample_time to 4",
                      bpe ? "vocab_size, " : "", config->model.ctc_subframes);
    char *message = oss_strbuf_take(&text);
    if (message == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_manifest_skip(manifest, config, row->source, row->csv.number, row->csv.wav,
                                          OSS_SKIP_INFEASIBLE, message);
    oss_free(message);
    return status;
}

static oss_status sort_out_infeasible(oss_manifest *manifest, const oss_config *config, bool drop,
                                      oss_label_report *report) {
    oss_status status = OSS_OK;
    int32_t kept = 0;
    for (int32_t i = 0; i < manifest->rows; i++) {
        oss_row *row = &manifest->row[i];
        bool fits = oss_len_ctc_needed(row->label, row->labels) <=
                    oss_sizes_ctc_frames(&config->model, row->sound.samples);
        report->infeasible_rows += !fits;
        bool goes = !fits && drop && status == OSS_OK;
        if (goes) {
            status = skip_infeasible(manifest, row, config);
            goes = status == OSS_OK;
        }
        if (goes) {
            oss_row_deinit(row);
        } else {
            manifest->row[kept++] = *row;
        }
    }
    manifest->rows = kept;
    return status;
}

static oss_status encode_rows(oss_manifest *manifest, const oss_config *config, oss_label_report *report) {
    unknown_list list = {0};
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < manifest->rows && status == OSS_OK; i++) {
        status = encode_row(&manifest->row[i], manifest->vocab, &list, report);
        if (status == OSS_OK && config->augmentation.bpe_dropout > 0.0) {
            status = spell_row(&manifest->row[i], manifest->vocab);
        }
    }
    if (status == OSS_OK) {
        report->unknown_list = print_unknown(&list);
        status = report->unknown_list == NULL ? OSS_ENOMEM : OSS_OK;
    }
    return status;
}

oss_status oss_labels_encode(oss_manifest *manifest, const oss_vocab *vocab, const oss_config *config,
                             bool drop_infeasible, oss_label_report *out) {
    oss_label_report report = {0};
    int32_t skipped_before = manifest->skippeds;
    int32_t space = oss_vocab_units(vocab) == OSS_UNITS_CHAR ? oss_vocab_find(vocab, " ") : 0;
    manifest->space_label = space > 0 ? space : 0;
    manifest->vocab = vocab;
    oss_status status = encode_rows(manifest, config, &report);
    if (status == OSS_OK) {
        status = sort_out_infeasible(manifest, config, drop_infeasible, &report);
    }
    if (status == OSS_OK && config->data.infeasible == OSS_POLICY_ERROR) {
        status = oss_manifest_refuse_skipped(manifest, skipped_before, "infeasible");
    }
    if (status == OSS_OK && drop_infeasible && manifest->rows == 0) {
        status = oss_fail(OSS_EINPUT, "no transcript fits its recording; the first: %s",
                          manifest->skipped[skipped_before].message);
    }
    if (status == OSS_OK) {
        *out = report;
    } else {
        oss_free(report.unknown_list);
    }
    return status;
}
