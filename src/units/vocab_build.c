/* The characters of transcripts. */
#include <stdlib.h>

#include "base/fail.h"
#include "base/mem.h"
#include "text/unicode.h"
#include "text/vocab_internal.h"
#include "units/learn.h"
#include "units/unit_table.h"

static int compare_counts(const void *a, const void *b) {
    const unit_count *left = a;
    const unit_count *right = b;
    if (left->count != right->count) {
        return left->count < right->count ? 1 : -1;
    }
    return (left->code_point > right->code_point) - (left->code_point < right->code_point);
}

static int compare_units(const void *a, const void *b) {
    uint32_t left = ((const unit_count *)a)->code_point;
    uint32_t right = ((const unit_count *)b)->code_point;
    return (left > right) - (left < right);
}

static oss_status create_from_table(oss_vocab **out, unit_table *table, int32_t max_size) {
    int32_t units = table->units;
    if (max_size > 0 && units > max_size - OSS_VOCAB_SPECIALS) {
        qsort(table->unit, (size_t)units, sizeof *table->unit, compare_counts);
        units = max_size - OSS_VOCAB_SPECIALS;
        qsort(table->unit, (size_t)units, sizeof *table->unit, compare_units);
    }
    oss_vocab *vocab = oss_vocab_create(OSS_UNITS_CHAR, units + OSS_VOCAB_SPECIALS);
    if (vocab == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < units; i++) {
        char symbol[5];
        int32_t bytes = oss_text_encode(symbol, table->unit[i].code_point);
        oss_vocab_append(vocab, symbol, (size_t)bytes);
    }
    *out = vocab;
    return OSS_OK;
}

oss_status oss_vocab_build(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size) {
    if (max_size < 0 || (max_size > 0 && max_size <= OSS_VOCAB_SPECIALS)) {
        return oss_fail(OSS_EUSAGE,
                        "vocab_size %d has no room for a character beside <blank> and <UNK>; give 0 (no "
                        "bound) or at least %d",
                        (int)max_size, (int)OSS_VOCAB_SPECIALS + 1);
    }
    unit_table table = {0};
    oss_status status = oss_unit_table_add_texts(&table, text, count);
    if (status == OSS_OK) {
        status = create_from_table(out, &table, max_size);
    }
    oss_free(table.unit);
    return status;
}

oss_status oss_vocab_make(oss_vocab **out, const char *const *text, int64_t count, const oss_config *config) {
    if (config->model.units == OSS_UNITS_CHAR) {
        return oss_vocab_build(out, text, count, config->model.vocab_size);
    }
    return oss_vocab_learn(out, text, count,
                           config->model.vocab_size == 0 ? OSS_BPE_VOCAB_DEFAULT : config->model.vocab_size);
}
