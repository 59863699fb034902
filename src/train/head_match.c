#include "train/head_match.h"

#include <string.h>

#include "base/logger.h"
#include "base/strbuf.h"

enum { NAMED_IN_LOG = 12 };

const char *oss_head_obstacle(const oss_model *from, const oss_model_config *here) {
    const oss_model_config *there = &from->config;
    if (from->vocab == NULL) {
        return "the model has none";
    }
    if (here->units != there->units) {
        return "the units differ";
    }
    if (here->ctc_subframes != there->ctc_subframes) {
        return "ctc_subframes differs";
    }
    return here->d_model == there->d_model ? NULL : "the shape differs";
}

/* Row j V + v of a head with k sub-frames is sub-frame j, symbol v; a bias has rows of one number. */
static void copy_rows(oss_model *model, const oss_model *from, oss_part part, int32_t to_id,
                      int32_t from_id) {
    const oss_param *to = oss_params_get(model->params, OSS_ROLE_HEAD, 0, part);
    const oss_param *source = oss_params_get(from->params, OSS_ROLE_HEAD, 0, part);
    size_t width = to->count / (size_t)to->dim[0];
    size_t symbols = (size_t)oss_vocab_size(model->vocab), symbols_from = (size_t)oss_vocab_size(from->vocab);
    for (size_t j = 0; j < (size_t)model->config.ctc_subframes; j++) {
        size_t row = j * symbols + (size_t)to_id, row_from = j * symbols_from + (size_t)from_id;
        memcpy(model->value + to->offset + row * width, from->value + source->offset + row_from * width,
               width * sizeof *model->value);
    }
}

/* Symbols of one vocabulary that another lacks, as many as a log line holds. */
typedef struct missing_symbols {
    oss_strbuf text; /* "'q', 'x' and more" */
    int32_t count;
} missing_symbols;

static void note_missing(missing_symbols *missing, const char *symbol) {
    if (missing->count < NAMED_IN_LOG) {
        oss_strbuf_printf(&missing->text, "%s'%s'", missing->count == 0 ? "" : ", ", symbol);
    } else if (missing->count == NAMED_IN_LOG) {
        oss_strbuf_append(&missing->text, " and more");
    }
    missing->count++;
}

static missing_symbols find_missing(const oss_vocab *vocab, const oss_vocab *of) {
    missing_symbols missing = {0};
    oss_strbuf_append(&missing.text, "");
    for (int32_t id = 0; id < oss_vocab_size(of); id++) {
        if (oss_vocab_find(vocab, oss_vocab_symbol(of, id)) < 0) {
            note_missing(&missing, oss_vocab_symbol(of, id));
        }
    }
    return missing;
}

static oss_status report(const oss_vocab *vocab, const oss_vocab *before) {
    missing_symbols added = find_missing(before, vocab), dropped = find_missing(vocab, before);
    bool whole = oss_strbuf_ok(&added.text) && oss_strbuf_ok(&dropped.text);
    if (whole) {
        int32_t symbols = oss_vocab_size(vocab);
        oss_log_info("head: %d of %d symbols kept, %d new%s%s", symbols - added.count, symbols, added.count,
                     added.count > 0 ? ": " : "", added.text.data);
    }
    if (whole && dropped.count > 0) {
        oss_log_warn("head: %d symbols of the model are not in vocab_json and are lost: %s", dropped.count,
                     dropped.text.data);
    }
    oss_strbuf_deinit(&added.text);
    oss_strbuf_deinit(&dropped.text);
    return whole ? OSS_OK : OSS_ENOMEM;
}

oss_status oss_head_take(oss_model *model, const oss_model *from) {
    for (int32_t id = 0; id < oss_vocab_size(model->vocab); id++) {
        int32_t known = oss_vocab_find(from->vocab, oss_vocab_symbol(model->vocab, id));
        if (known >= 0) {
            copy_rows(model, from, OSS_PART_WEIGHT, id, known);
            copy_rows(model, from, OSS_PART_BIAS, id, known);
        }
    }
    return report(model->vocab, from->vocab);
}
