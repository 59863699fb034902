#include "units/bpe_words.h"

#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_SLOTS = 1024 };

/* Room for `more` items after count ones. */
oss_status oss_bpe_grow(void **array, int32_t *capacity, int32_t count, int32_t more, size_t item_bytes) {
    if (more <= *capacity - count) {
        return OSS_OK;
    }
    int64_t wanted = (int64_t)count + more;
    int64_t larger = 2 * (int64_t)*capacity > wanted ? 2 * (int64_t)*capacity : wanted + 256;
    if (wanted > INT32_MAX / 2) {
        return oss_fail(OSS_EINPUT,
                        "the texts are too long to learn byte-pair units from: use fewer of them");
    }
    void *grown = oss_resize(*array, (size_t)larger, item_bytes);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    *array = grown;
    *capacity = (int32_t)larger;
    return OSS_OK;
}

/* Slot of the word id[length], or the empty one where it belongs. */
static uint32_t find_word(const oss_bpe_words *w, const int32_t *id, int32_t length) {
    size_t bytes = (size_t)length * sizeof *id;
    uint32_t at = (uint32_t)oss_hash(id, bytes) & (w->slots - 1);
    for (; w->slot[at] != 0; at = (at + 1) & (w->slots - 1)) {
        const oss_bpe_word *other = &w->word[w->slot[at] - 1];
        if (other->length == length && memcmp(w->id + other->first, id, bytes) == 0) {
            break;
        }
    }
    return at;
}

static oss_status grow_slots(oss_bpe_words *w) {
    uint32_t slots = w->slots == 0 ? FIRST_SLOTS : 2 * w->slots;
    int32_t *slot = oss_alloc_zero(slots, sizeof *slot);
    if (slot == NULL) {
        return OSS_ENOMEM;
    }
    oss_free(w->slot);
    w->slot = slot;
    w->slots = slots;
    for (int32_t i = 0; i < w->words; i++) {
        w->slot[find_word(w, w->id + w->word[i].first, w->word[i].length)] = i + 1;
    }
    return OSS_OK;
}

/* The word's ids are the last ones of w->id, not counted in `places` yet: they stay when the word is new. */
static oss_status count_word(oss_bpe_words *w, int32_t length) {
    if ((uint32_t)w->words >= w->slots / 2) {
        oss_status status = grow_slots(w);
        if (status != OSS_OK) {
            return status;
        }
    }
    uint32_t slot = find_word(w, w->id + w->places, length);
    if (w->slot[slot] != 0) {
        w->word[w->slot[slot] - 1].count++;
        return OSS_OK;
    }
    void *array = w->word;
    oss_status status = oss_bpe_grow(&array, &w->word_capacity, w->words, 1, sizeof *w->word);
    if (status == OSS_OK) {
        w->word = array;
        w->word[w->words++] = (oss_bpe_word){w->places, length, 1};
        w->slot[slot] = w->words;
        w->places += length;
    }
    return status;
}

oss_status oss_bpe_words_add(oss_bpe_words *w, const oss_vocab *vocab, int32_t space, const char *text) {
    int32_t *id = NULL;
    int32_t count = 0;
    oss_status status = oss_vocab_spell(vocab, &id, &count, text);
    for (int32_t first = 0, end; first < count && status == OSS_OK; first = end) {
        end = first + 1;
        while (end < count && id[end] != space) {
            end++;
        }
        void *array = w->id;
        status = oss_bpe_grow(&array, &w->place_capacity, w->places, end - first, sizeof *w->id);
        if (status == OSS_OK) {
            w->id = array;
            memcpy(w->id + w->places, id + first, (size_t)(end - first) * sizeof *id);
            status = count_word(w, end - first);
        }
    }
    oss_free(id);
    return status;
}

void oss_bpe_words_deinit(oss_bpe_words *words) {
    oss_free(words->word);
    oss_free(words->id);
    oss_free(words->slot);
    *words = (oss_bpe_words){0};
}
