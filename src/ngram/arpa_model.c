#include "ngram/arpa_model.h"

#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_WORDS = 1024, FIRST_TEXT_BYTES = 8192, FIRST_NGRAMS = 1024 };

/* ---- Words ---- */

static uint64_t find_slot(const oss_arpa_words *words, const char *word) {
    uint64_t slot = oss_hash(word, strlen(word)) & (words->slots - 1);
    while (words->slot[slot] != 0 && strcmp(oss_arpa_words_text(words, words->slot[slot] - 1), word) != 0) {
        slot = (slot + 1) & (words->slots - 1);
    }
    return slot;
}

static oss_status make_room_for_word(oss_arpa_words *words) {
    if (words->count < words->capacity) {
        return OSS_OK;
    }
    if (words->capacity > OSS_ARPA_NONE / 4) {
        return oss_fail(OSS_EINPUT, "more than %u words", words->capacity);
    }
    const uint32_t capacity = words->capacity == 0 ? FIRST_WORDS : 2 * words->capacity;
    uint64_t *offset = oss_resize(words->offset, capacity, sizeof *offset);
    words->offset = offset == NULL ? words->offset : offset;
    uint32_t *slot = offset == NULL ? NULL : oss_alloc_zero((size_t)capacity * 2, sizeof *slot);
    if (slot == NULL) {
        return OSS_ENOMEM;
    }
    oss_free(words->slot);
    words->slot = slot;
    words->slots = (uint64_t)capacity * 2;
    words->capacity = capacity;
    for (uint32_t i = 0; i < words->count; i++) {
        words->slot[find_slot(words, oss_arpa_words_text(words, i))] = i + 1;
    }
    return OSS_OK;
}

static oss_status make_room_for_text(oss_arpa_words *words, size_t bytes) {
    size_t capacity = words->text_capacity == 0 ? FIRST_TEXT_BYTES : words->text_capacity;
    while (capacity - words->text_bytes < bytes) {
        capacity *= 2;
    }
    if (capacity == words->text_capacity) {
        return OSS_OK;
    }
    char *text = oss_resize(words->text, capacity, 1);
    if (text == NULL) {
        return OSS_ENOMEM;
    }
    words->text = text;
    words->text_capacity = capacity;
    return OSS_OK;
}

oss_status oss_arpa_words_add(oss_arpa_words *words, const char *word) {
    const size_t bytes = strlen(word) + 1;
    oss_status status = make_room_for_word(words);
    if (status == OSS_OK) {
        status = make_room_for_text(words, bytes);
    }
    if (status == OSS_OK) {
        memcpy(words->text + words->text_bytes, word, bytes);
        words->offset[words->count] = words->text_bytes;
        words->text_bytes += bytes;
        words->slot[find_slot(words, word)] = words->count + 1;
        words->count++;
    }
    return status;
}

oss_status oss_arpa_words_init(oss_arpa_words *words) {
    oss_status status = oss_arpa_words_add(words, "<unk>");
    if (status == OSS_OK) {
        status = oss_arpa_words_add(words, "<s>");
    }
    return status == OSS_OK ? oss_arpa_words_add(words, "</s>") : status;
}

void oss_arpa_words_deinit(oss_arpa_words *words) {
    oss_free(words->text);
    oss_free(words->offset);
    oss_free(words->slot);
    *words = (oss_arpa_words){0};
}

uint32_t oss_arpa_words_find(const oss_arpa_words *words, const char *word) {
    if (strcmp(word, "<UNK>") == 0) {
        return OSS_NGRAM_UNKNOWN;
    }
    uint32_t found = words->slot[find_slot(words, word)];
    return found == 0 ? OSS_ARPA_NONE : found - 1;
}

const char *oss_arpa_words_text(const oss_arpa_words *words, uint32_t word) {
    return words->text + words->offset[word];
}

/* ---- n-grams ---- */

static oss_status make_room(oss_arpa_list *list, int32_t n) {
    const size_t capacity = list->capacity == 0 ? FIRST_NGRAMS : 2 * (size_t)list->capacity;
    uint32_t *token = oss_resize(list->token, capacity, (size_t)n * sizeof *token);
    list->token = token == NULL ? list->token : token;
    float *ln_p = token == NULL ? NULL : oss_resize(list->ln_p, capacity, sizeof *ln_p);
    list->ln_p = ln_p == NULL ? list->ln_p : ln_p;
    float *ln_backoff = ln_p == NULL ? NULL : oss_resize(list->ln_backoff, capacity, sizeof *ln_backoff);
    list->ln_backoff = ln_backoff == NULL ? list->ln_backoff : ln_backoff;
    uint32_t *line = ln_backoff == NULL ? NULL : oss_resize(list->line, capacity, sizeof *line);
    list->line = line == NULL ? list->line : line;
    list->capacity = line == NULL ? list->capacity : (int64_t)capacity;
    return line == NULL ? OSS_ENOMEM : OSS_OK;
}

oss_status oss_arpa_list_add(oss_arpa_list *list, int32_t n, const uint32_t *token, float ln_p,
                             float ln_backoff, int64_t line) {
    oss_status status = list->count == list->capacity ? make_room(list, n) : OSS_OK;
    if (status == OSS_OK) {
        memcpy(list->token + list->count * n, token, (size_t)n * sizeof *token);
        list->ln_p[list->count] = ln_p;
        list->ln_backoff[list->count] = ln_backoff;
        list->line[list->count] = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
        list->count++;
    }
    return status;
}

void oss_arpa_list_deinit(oss_arpa_list *list) {
    oss_free(list->token);
    oss_free(list->ln_p);
    oss_free(list->ln_backoff);
    oss_free(list->line);
    *list = (oss_arpa_list){0};
}

void oss_arpa_model_deinit(oss_arpa_model *model) {
    oss_arpa_words_deinit(&model->words);
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        oss_arpa_list_deinit(&model->list[n]);
    }
}
