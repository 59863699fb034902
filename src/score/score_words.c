#include "score/score_words.h"

#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_SLOTS = 1024 };

void oss_score_words_deinit(oss_score_words *words) {
    oss_free(words->slot);
    oss_free(words->offset);
    oss_strbuf_deinit(&words->texts);
    *words = (oss_score_words){0};
}

const char *oss_score_words_text(const oss_score_words *words, uint32_t number) {
    return words->texts.data + words->offset[number];
}

/* The slot of the word, or the free one where it belongs. */
static uint32_t *find_slot(const oss_score_words *words, const char *text, size_t bytes) {
    size_t at = (size_t)oss_hash(text, bytes) & words->mask;
    while (words->slot[at] != 0) {
        const char *known = oss_score_words_text(words, words->slot[at] - 1);
        if (strncmp(known, text, bytes) == 0 && known[bytes] == '\0') {
            break;
        }
        at = (at + 1) & words->mask;
    }
    return &words->slot[at];
}

static oss_status grow_slots(oss_score_words *words) {
    size_t slots = words->slot == NULL ? FIRST_SLOTS : 2 * (words->mask + 1);
    uint32_t *slot = oss_alloc_zero(slots, sizeof *slot);
    if (slot == NULL) {
        return OSS_ENOMEM;
    }
    oss_free(words->slot);
    words->slot = slot;
    words->mask = slots - 1;
    for (uint32_t i = 0; i < words->words; i++) {
        const char *text = oss_score_words_text(words, i);
        *find_slot(words, text, strlen(text)) = i + 1;
    }
    return OSS_OK;
}

static oss_status grow_offsets(oss_score_words *words) {
    if (words->words < words->capacity) {
        return OSS_OK;
    }
    if (words->words >= UINT32_MAX / 4) {
        return oss_fail(OSS_EINPUT, "more than %u different words are no text", UINT32_MAX / 4);
    }
    uint32_t capacity = words->capacity == 0 ? FIRST_SLOTS : 2 * words->capacity;
    size_t *offset = oss_resize(words->offset, capacity, sizeof *offset);
    if (offset == NULL) {
        return OSS_ENOMEM;
    }
    words->offset = offset;
    words->capacity = capacity;
    return OSS_OK;
}

oss_status oss_score_words_add(oss_score_words *words, const char *text, size_t bytes, uint32_t *out) {
    if (words->slot == NULL || 2 * ((size_t)words->words + 1) > words->mask + 1) {
        oss_status status = grow_slots(words);
        if (status != OSS_OK) {
            return status;
        }
    }
    uint32_t *slot = find_slot(words, text, bytes);
    if (*slot != 0) {
        *out = *slot - 1;
        return OSS_OK;
    }
    oss_status status = grow_offsets(words);
    if (status != OSS_OK) {
        return status;
    }
    size_t start = words->texts.length;
    oss_strbuf_append_bytes(&words->texts, text, bytes);
    oss_strbuf_append_bytes(&words->texts, "", 1);
    if (!oss_strbuf_ok(&words->texts)) {
        return OSS_ENOMEM;
    }
    words->offset[words->words] = start;
    *out = words->words;
    *slot = ++words->words;
    return OSS_OK;
}
