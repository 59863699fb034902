#include "text/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "text/unicode.h"

enum { SPECIALS = 2, SYMBOL_BYTES = 8 };

static const char special_symbol[SPECIALS][SYMBOL_BYTES] = {"<blank>", "<UNK>"};

/* A unit and its id; entries of a vocabulary are sorted by code point, so that a text is encoded by binary
 * search. */
typedef struct vocab_entry {
    uint32_t code_point;
    int32_t id;
} vocab_entry;

struct oss_vocab {
    int32_t size;
    char (*symbol)[SYMBOL_BYTES]; /* [size], by id, NUL-terminated */
    vocab_entry *entry;           /* [size - SPECIALS], by code point */
};

/* ---- Look-up ---- */

static int32_t find_code_point(const oss_vocab *vocab, uint32_t code_point) {
    int32_t low = 0;
    int32_t high = vocab->size - SPECIALS;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (vocab->entry[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < vocab->size - SPECIALS && vocab->entry[low].code_point == code_point;
    return found ? vocab->entry[low].id : -1;
}

int32_t oss_vocab_size(const oss_vocab *vocab) {
    return vocab->size;
}

const char *oss_vocab_symbol(const oss_vocab *vocab, int32_t id) {
    return id >= 0 && id < vocab->size ? vocab->symbol[id] : NULL;
}

int32_t oss_vocab_find(const oss_vocab *vocab, const char *symbol) {
    for (int32_t id = 0; id < SPECIALS; id++) {
        if (strcmp(symbol, special_symbol[id]) == 0) {
            return id;
        }
    }
    const char *cursor = symbol;
    uint32_t code_point = oss_text_next(&cursor);
    if (code_point == 0 || *cursor != '\0' || oss_text_invalid_offset(symbol, strlen(symbol)) >= 0) {
        return -1;
    }
    return find_code_point(vocab, code_point);
}

bool oss_vocab_equal(const oss_vocab *a, const oss_vocab *b) {
    return a->size == b->size && memcmp(a->symbol, b->symbol, (size_t)a->size * SYMBOL_BYTES) == 0;
}

/* ---- Making ---- */

void oss_vocab_free(oss_vocab *vocab) {
    if (vocab != NULL) {
        oss_free(vocab->symbol);
        oss_free(vocab->entry);
        oss_free(vocab);
    }
}

/* Special symbols in place, the rest zero. NULL when memory is short. */
static oss_vocab *create_blank(int32_t size) {
    oss_vocab *vocab = oss_alloc_zero(1, sizeof *vocab);
    if (vocab == NULL) {
        return NULL;
    }
    vocab->size = size;
    vocab->symbol = oss_alloc_zero((size_t)size, sizeof *vocab->symbol);
    vocab->entry = oss_alloc_zero((size_t)(size - SPECIALS), sizeof *vocab->entry);
    if (vocab->symbol == NULL || vocab->entry == NULL) {
        oss_vocab_free(vocab);
        return NULL;
    }
    memcpy(vocab->symbol, special_symbol, sizeof special_symbol);
    return vocab;
}

static int compare_entries(const void *a, const void *b) {
    uint32_t left = ((const vocab_entry *)a)->code_point;
    uint32_t right = ((const vocab_entry *)b)->code_point;
    return (left > right) - (left < right);
}

/* The single code point of a model file's entry, or OSS_EINPUT. */
static oss_status read_symbol(uint32_t *out, const char *symbol, int32_t id) {
    if (symbol[0] == '\0') {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d is empty", (int)id);
    }
    if (oss_text_invalid_offset(symbol, strlen(symbol)) >= 0) {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d is not valid UTF-8", (int)id);
    }
    const char *cursor = symbol;
    uint32_t code_point = oss_text_next(&cursor);
    if (*cursor != '\0') {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d, \"%.40s\", is longer than one character", (int)id,
                        symbol);
    }
    *out = code_point;
    return OSS_OK;
}

static oss_status fill_from_symbols(oss_vocab *vocab, const char *const *symbol) {
    int32_t units = vocab->size - SPECIALS;
    for (int32_t i = 0; i < units; i++) {
        vocab_entry *entry = &vocab->entry[i];
        entry->id = i + SPECIALS;
        oss_status status = read_symbol(&entry->code_point, symbol[entry->id], entry->id);
        if (status != OSS_OK) {
            return status;
        }
        (void)oss_text_encode(vocab->symbol[entry->id], entry->code_point);
    }
    qsort(vocab->entry, (size_t)units, sizeof *vocab->entry, compare_entries);
    for (int32_t i = 1; i < units; i++) {
        const vocab_entry *pair = &vocab->entry[i - 1];
        if (pair[0].code_point == pair[1].code_point) {
            return oss_fail(OSS_EINPUT, "vocabulary: symbols %d and %d are both \"%s\"", (int)pair[0].id,
                            (int)pair[1].id, vocab->symbol[pair[0].id]);
        }
    }
    return OSS_OK;
}

oss_status oss_vocab_from_symbols(oss_vocab **out, const char *const *symbol, int32_t count) {
    for (int32_t id = 0; id < SPECIALS; id++) {
        if (id >= count || strcmp(symbol[id], special_symbol[id]) != 0) {
            return oss_fail(OSS_EINPUT, "vocabulary: symbol %d must be \"%s\", not %s%.40s%s", (int)id,
                            special_symbol[id], id < count ? "\"" : "missing", id < count ? symbol[id] : "",
                            id < count ? "\"" : "");
        }
    }
    oss_vocab *vocab = create_blank(count);
    if (vocab == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = fill_from_symbols(vocab, symbol);
    if (status != OSS_OK) {
        oss_vocab_free(vocab);
        return status;
    }
    *out = vocab;
    return OSS_OK;
}

/* ---- Building from transcripts ---- */

typedef struct unit_count {
    uint32_t code_point;
    int64_t count;
} unit_count;

/* Units seen so far, sorted by code point. New ones are rare, so shifting the rest costs little. */
typedef struct unit_table {
    unit_count *unit;
    int32_t units, capacity;
} unit_table;

static oss_status count_unit(unit_table *table, uint32_t code_point) {
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
    if (max_size > 0 && units > max_size - SPECIALS) {
        qsort(table->unit, (size_t)units, sizeof *table->unit, compare_counts);
        units = max_size - SPECIALS;
        qsort(table->unit, (size_t)units, sizeof *table->unit, compare_units);
    }
    oss_vocab *vocab = create_blank(units + SPECIALS);
    if (vocab == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < units; i++) {
        vocab->entry[i] = (vocab_entry){table->unit[i].code_point, i + SPECIALS};
        (void)oss_text_encode(vocab->symbol[i + SPECIALS], table->unit[i].code_point);
    }
    *out = vocab;
    return OSS_OK;
}

oss_status oss_vocab_build(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size) {
    if (max_size < 0 || (max_size > 0 && max_size <= SPECIALS)) {
        return oss_fail(OSS_EUSAGE,
                        "vocab_size %d has no room for a character beside <blank> and <UNK>; give 0 (no "
                        "bound) or at least %d",
                        (int)max_size, SPECIALS + 1);
    }
    unit_table table = {0};
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < count && status == OSS_OK; i++) {
        const char *cursor = text[i];
        for (uint32_t c = oss_text_next(&cursor); c != 0 && status == OSS_OK; c = oss_text_next(&cursor)) {
            status = count_unit(&table, c);
        }
    }
    if (status == OSS_OK) {
        status = create_from_table(out, &table, max_size);
    }
    oss_free(table.unit);
    return status;
}

/* ---- Texts ---- */

oss_status oss_vocab_encode(const oss_vocab *vocab, int32_t **out_ids, int32_t *out_count,
                            int32_t *out_unknown, const char *text) {
    int64_t length = oss_text_length(text);
    if (length > INT32_MAX) {
        return oss_fail(OSS_EINPUT, "a text of %lld characters is too long for one utterance",
                        (long long)length);
    }
    int32_t *ids = oss_alloc((size_t)length, sizeof *ids);
    if (ids == NULL) {
        return OSS_ENOMEM;
    }
    int32_t unknown = 0;
    for (int32_t i = 0; i < (int32_t)length; i++) {
        int32_t id = find_code_point(vocab, oss_text_next(&text));
        unknown += id < 0;
        ids[i] = id < 0 ? OSS_VOCAB_UNK : id;
    }
    *out_ids = ids;
    *out_count = (int32_t)length;
    if (out_unknown != NULL) {
        *out_unknown = unknown;
    }
    return OSS_OK;
}

oss_status oss_vocab_decode(const oss_vocab *vocab, char **out, const int32_t *ids, int32_t count) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "");
    for (int32_t i = 0; i < count; i++) {
        if (ids[i] <= OSS_VOCAB_BLANK || ids[i] >= vocab->size) {
            oss_strbuf_deinit(&text);
            return oss_fail(OSS_EUSAGE,
                            "id %d at place %d is no symbol of a text: the vocabulary has ids 1 to %d",
                            (int)ids[i], (int)i, (int)vocab->size - 1);
        }
        oss_strbuf_append(&text, ids[i] == OSS_VOCAB_UNK ? "\xef\xbf\xbd" : vocab->symbol[ids[i]]);
    }
    char *result = oss_strbuf_take(&text);
    if (result == NULL) {
        return OSS_ENOMEM;
    }
    *out = result;
    return OSS_OK;
}
