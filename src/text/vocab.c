#include "text/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"
#include "text/unicode.h"
#include "text/vocab_internal.h"

enum { CHARACTER_BYTES = 4, CHARACTER_STRIDE = 8, UNIT_BYTES = CHARACTER_BYTES * OSS_BPE_MAX_CHARACTERS };

static const char *const special_symbol[OSS_VOCAB_SPECIALS] = {"<blank>", "<UNK>"};

/* ---- Look-up ---- */

int32_t oss_vocab_find_character(const oss_vocab *vocab, uint32_t code_point) {
    int32_t low = 0;
    int32_t high = vocab->characters;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (vocab->entry[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < vocab->characters && vocab->entry[low].code_point == code_point;
    return found ? vocab->entry[low].id : -1;
}

oss_units oss_vocab_units(const oss_vocab *vocab) {
    return vocab->units;
}

int32_t oss_vocab_size(const oss_vocab *vocab) {
    return vocab->size;
}

int32_t oss_vocab_characters(const oss_vocab *vocab) {
    return vocab->characters;
}

char *oss_vocab_place(const oss_vocab *vocab, int32_t id) {
    return vocab->symbol + (size_t)id * vocab->stride;
}

const char *oss_vocab_symbol(const oss_vocab *vocab, int32_t id) {
    return id >= 0 && id < vocab->size ? oss_vocab_place(vocab, id) : NULL;
}

/* Slot of the index where the symbol is, or the empty one where it belongs. */
static uint32_t find_slot(const oss_vocab *vocab, const char *symbol, size_t bytes) {
    uint32_t at = (uint32_t)oss_hash(symbol, bytes) & (vocab->slots - 1);
    for (; vocab->index[at] != 0; at = (at + 1) & (vocab->slots - 1)) {
        const char *other = oss_vocab_place(vocab, vocab->index[at]);
        if (strncmp(other, symbol, bytes) == 0 && other[bytes] == '\0') {
            break;
        }
    }
    return at;
}

/* Byte-pair units; -1: none. */
static int32_t find_unit(const oss_vocab *vocab, const char *symbol, size_t bytes) {
    int32_t id = bytes == 0 || bytes > UNIT_BYTES ? 0 : vocab->index[find_slot(vocab, symbol, bytes)];
    return id > 0 ? id : -1;
}

int32_t oss_vocab_find(const oss_vocab *vocab, const char *symbol) {
    for (int32_t id = 0; id < OSS_VOCAB_SPECIALS; id++) {
        if (strcmp(symbol, special_symbol[id]) == 0) {
            return id;
        }
    }
    if (vocab->units == OSS_UNITS_BPE) {
        return find_unit(vocab, symbol, strlen(symbol));
    }
    const char *cursor = symbol;
    uint32_t code_point = oss_text_next(&cursor);
    if (code_point == 0 || *cursor != '\0' || oss_text_invalid_offset(symbol, strlen(symbol)) >= 0) {
        return -1;
    }
    return oss_vocab_find_character(vocab, code_point);
}

bool oss_vocab_equal(const oss_vocab *a, const oss_vocab *b) {
    return a->units == b->units && a->size == b->size &&
           memcmp(a->symbol, b->symbol, (size_t)a->size * a->stride) == 0;
}

/* ---- Making ---- */

void oss_vocab_free(oss_vocab *vocab) {
    if (vocab != NULL) {
        oss_free(vocab->symbol);
        oss_free(vocab->entry);
        oss_free(vocab->index);
        oss_bpe_table_deinit(&vocab->pair);
        oss_free(vocab);
    }
}

static bool reserve_index(oss_vocab *vocab) {
    vocab->slots = 2;
    while (vocab->slots < 2 * (uint32_t)vocab->capacity) {
        vocab->slots *= 2;
    }
    vocab->index = oss_alloc_zero(vocab->slots, sizeof *vocab->index);
    return vocab->index != NULL;
}

oss_vocab *oss_vocab_create(oss_units units, int32_t capacity) {
    oss_vocab *vocab = oss_alloc_zero(1, sizeof *vocab);
    if (vocab == NULL) {
        return NULL;
    }
    *vocab = (oss_vocab){.units = units, .size = OSS_VOCAB_SPECIALS, .capacity = capacity, .space = -1};
    vocab->stride = units == OSS_UNITS_CHAR ? CHARACTER_STRIDE : UNIT_BYTES + CHARACTER_STRIDE;
    vocab->symbol = oss_alloc_zero((size_t)capacity, vocab->stride);
    vocab->entry = oss_alloc_zero((size_t)(capacity - OSS_VOCAB_SPECIALS), sizeof *vocab->entry);
    if (vocab->symbol == NULL || vocab->entry == NULL || (units == OSS_UNITS_BPE && !reserve_index(vocab))) {
        oss_vocab_free(vocab);
        return NULL;
    }
    for (int32_t id = 0; id < OSS_VOCAB_SPECIALS; id++) {
        memcpy(oss_vocab_place(vocab, id), special_symbol[id], strlen(special_symbol[id]));
    }
    return vocab;
}

void oss_vocab_append(oss_vocab *vocab, const char *symbol, size_t bytes) {
    int32_t id = vocab->size++;
    memcpy(oss_vocab_place(vocab, id), symbol, bytes);
    const char *cursor = oss_vocab_place(vocab, id);
    uint32_t code_point = oss_text_next(&cursor);
    if (*cursor == '\0') {
        vocab->entry[vocab->characters++] = (vocab_entry){code_point, id};
        vocab->space = code_point == ' ' ? id : vocab->space;
    }
    if (vocab->units == OSS_UNITS_BPE) {
        vocab->index[find_slot(vocab, symbol, bytes)] = id;
    }
}

oss_status oss_vocab_link_parts(oss_vocab *vocab, int32_t id, bool *out_earlier) {
    const char *symbol = oss_vocab_place(vocab, id);
    size_t bytes = strlen(symbol);
    oss_status status = OSS_OK;
    bool earlier = false;
    for (const char *cut = symbol; oss_text_next(&cut) != 0 && status == OSS_OK;) {
        int32_t left = find_unit(vocab, symbol, (size_t)(cut - symbol));
        int32_t right = find_unit(vocab, cut, bytes - (size_t)(cut - symbol));
        if (left >= 0 && right >= 0) {
            status = oss_bpe_table_put(&vocab->pair, left, right, id);
            earlier = earlier || (left < id && right < id);
        }
    }
    if (out_earlier != NULL) {
        *out_earlier = earlier;
    }
    return status;
}

oss_status oss_vocab_link_wholes(oss_vocab *vocab, int32_t id) {
    const char *part = oss_vocab_place(vocab, id);
    size_t bytes = strlen(part);
    oss_status status = OSS_OK;
    for (int32_t whole = OSS_VOCAB_SPECIALS; whole < vocab->size && status == OSS_OK; whole++) {
        const char *symbol = oss_vocab_place(vocab, whole);
        size_t length = strlen(symbol);
        if (length > bytes &&
            (memcmp(symbol, part, bytes) == 0 || memcmp(symbol + length - bytes, part, bytes) == 0)) {
            status = oss_vocab_link_parts(vocab, whole, NULL);
        }
    }
    return status;
}

/* ---- From a list ---- */

static int compare_entries(const void *a, const void *b) {
    uint32_t left = ((const vocab_entry *)a)->code_point;
    uint32_t right = ((const vocab_entry *)b)->code_point;
    return (left > right) - (left < right);
}

/* What can be said of an entry of a model file's list by itself. */
static oss_status check_symbol(const oss_vocab *vocab, const char *symbol) {
    int id = (int)vocab->size;
    if (symbol[0] == '\0') {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d is empty", id);
    }
    if (oss_text_invalid_offset(symbol, strlen(symbol)) >= 0) {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d is not valid UTF-8", id);
    }
    int64_t length = oss_text_length(symbol);
    if (vocab->units == OSS_UNITS_CHAR && length > 1) {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d, \"%.40s\", is longer than one character", id,
                        symbol);
    }
    if (length > OSS_BPE_MAX_CHARACTERS) {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d, \"%.80s\", is longer than %d characters", id,
                        symbol, (int)OSS_BPE_MAX_CHARACTERS);
    }
    if (strchr(symbol + 1, ' ') != NULL) {
        return oss_fail(OSS_EINPUT, "vocabulary: symbol %d, \"%.80s\", has a space after its beginning", id,
                        symbol);
    }
    return OSS_OK;
}

static oss_status fail_twice(const oss_vocab *vocab, int32_t first, int32_t second) {
    return oss_fail(OSS_EINPUT, "vocabulary: symbols %d and %d are both \"%s\"", (int)first, (int)second,
                    oss_vocab_place(vocab, first));
}

static oss_status fill_from_symbols(oss_vocab *vocab, const char *const *symbol) {
    while (vocab->size < vocab->capacity) {
        const char *next = symbol[vocab->size];
        oss_status status = check_symbol(vocab, next);
        int32_t twin = status == OSS_OK && vocab->units == OSS_UNITS_BPE ? oss_vocab_find(vocab, next) : -1;
        if (status == OSS_OK && twin >= OSS_VOCAB_SPECIALS) {
            status = fail_twice(vocab, twin, vocab->size);
        }
        if (status != OSS_OK) {
            return status;
        }
        oss_vocab_append(vocab, next, strlen(next));
    }
    qsort(vocab->entry, (size_t)vocab->characters, sizeof *vocab->entry, compare_entries);
    for (int32_t i = 1; i < vocab->characters; i++) {
        const vocab_entry *pair = &vocab->entry[i - 1];
        if (pair[0].code_point == pair[1].code_point) {
            return fail_twice(vocab, pair[0].id, pair[1].id);
        }
    }
    return OSS_OK;
}

static oss_status link_all(oss_vocab *vocab) {
    if (vocab->space < 0 && vocab->size > OSS_VOCAB_SPECIALS) {
        return oss_fail(OSS_EINPUT, "vocabulary: byte-pair units need a symbol that is a single space");
    }
    for (int32_t id = OSS_VOCAB_SPECIALS; id < vocab->size; id++) {
        bool earlier = false;
        const char *symbol = oss_vocab_place(vocab, id);
        oss_status status = oss_vocab_link_parts(vocab, id, &earlier);
        if (status == OSS_OK && !earlier && oss_text_length(symbol) > 1) {
            status =
                oss_fail(OSS_EINPUT, "vocabulary: symbol %d, \"%s\", is not what two symbols before it spell",
                         (int)id, symbol);
        }
        if (status != OSS_OK) {
            return status;
        }
    }
    return OSS_OK;
}

oss_status oss_vocab_from_units(oss_vocab **out, oss_units units, const char *const *symbol, int32_t count) {
    for (int32_t id = 0; id < OSS_VOCAB_SPECIALS; id++) {
        if (id >= count || strcmp(symbol[id], special_symbol[id]) != 0) {
            return oss_fail(OSS_EINPUT, "vocabulary: symbol %d must be \"%s\", not %s%.40s%s", (int)id,
                            special_symbol[id], id < count ? "\"" : "missing", id < count ? symbol[id] : "",
                            id < count ? "\"" : "");
        }
    }
    oss_vocab *vocab = oss_vocab_create(units, count);
    if (vocab == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = fill_from_symbols(vocab, symbol);
    if (status == OSS_OK && units == OSS_UNITS_BPE) {
        status = link_all(vocab);
    }
    if (status != OSS_OK) {
        oss_vocab_free(vocab);
        return status;
    }
    *out = vocab;
    return OSS_OK;
}

oss_status oss_vocab_from_symbols(oss_vocab **out, const char *const *symbol, int32_t count) {
    return oss_vocab_from_units(out, OSS_UNITS_CHAR, symbol, count);
}

oss_status oss_vocab_copy(oss_vocab **out, const oss_vocab *vocab) {
    const char **symbol = oss_alloc((size_t)vocab->size, sizeof *symbol);
    if (symbol == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t id = 0; id < vocab->size; id++) {
        symbol[id] = oss_vocab_place(vocab, id);
    }
    oss_status status = oss_vocab_from_units(out, vocab->units, symbol, vocab->size);
    oss_free(symbol);
    return status;
}
