/* The characters of transcripts. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "text/unicode.h"
#include "text/vocab_internal.h"
#include "units/learn.h"
#include "units/unit_table.h"

/* New code points are rare, so shifting the rest costs little. */
oss_status oss_unit_table_add(unit_table *table, uint32_t code_point) {
    int32_t low = 0;
    for (int32_t high = table->units; low < high;) {
        int32_t middle = low + (high - low) / 2;
        if (table->unit[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < table->units && table->unit[low].code_point == code_point) {
        table->unit[low].count++;
        return OSS_OK;
    }
    if (table->units == table->capacity) {
        int32_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
        unit_count *grown = oss_resize(table->unit, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        table->unit = grown;
        table->capacity = capacity;
    }
    memmove(table->unit + low + 1, table->unit + low, (size_t)(table->units - low) * sizeof *table->unit);
    table->unit[low] = (unit_count){code_point, 1};
    table->units++;
    return OSS_OK;
}

oss_status oss_unit_table_add_texts(unit_table *table, const char *const *text, int64_t count) {
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < count && status == OSS_OK; i++) {
        const char *cursor = text[i];
        for (uint32_t c = oss_text_next(&cursor); c != 0 && status == OSS_OK; c = oss_text_next(&cursor)) {
            status = oss_unit_table_add(table, c);
        }
    }
    return status;
}

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
