#include "check/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"
#include "text/unicode.h"

void oss_check_words_deinit(oss_check_words *words) {
    for (int32_t i = 0; i < words->slots; i++) {
        oss_free(words->slot[i].first.text);
        oss_free(words->slot[i].second.text);
    }
    oss_free(words->slot);
    *words = (oss_check_words){0};
}

static oss_check_word *find_slot(oss_check_word *slot, int32_t slots, uint64_t hash) {
    uint64_t mask = (uint64_t)slots - 1;
    uint64_t at = hash & mask;
    while (slot[at].hash != 0 && slot[at].hash != hash) {
        at = (at + 1) & mask;
    }
    return &slot[at];
}

static oss_status grow(oss_check_words *words) {
    if (words->slots > INT32_MAX / 4) {
        return oss_fail(OSS_ENOMEM, "more than %d different words: check the CSVs one by one", words->words);
    }
    int32_t slots = words->slots == 0 ? 1024 : 2 * words->slots;
    oss_check_word *slot = oss_alloc_zero((size_t)slots, sizeof *slot);
    if (slot == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < words->slots; i++) {
        if (words->slot[i].hash != 0) {
            *find_slot(slot, slots, words->slot[i].hash) = words->slot[i];
        }
    }
    oss_free(words->slot);
    words->slot = slot;
    words->slots = slots;
    return OSS_OK;
}

static bool is_form(const oss_check_form *form, const char *text) {
    return text == NULL || form->text == NULL ? text == form->text : strcmp(text, form->text) == 0;
}

/* text: as written, NULL when that is the normalised form; taken over. */
static void count_form(oss_check_word *word, char *text, int32_t row) {
    oss_check_form *form =
        word->first.count == 0 || is_form(&word->first, text) ? &word->first : &word->second;
    if (form->count == 0) {
        *form = (oss_check_form){.text = text, .row = row, .count = 1};
        return;
    }
    form->count += is_form(form, text);
    oss_free(text);
}

/* Takes `form` over, also when it fails. */
static oss_status add_form(oss_check_words *words, const char *normal, size_t bytes, char *form,
                           int32_t row) {
    if (2 * words->words >= words->slots) {
        oss_status status = grow(words);
        if (status != OSS_OK) {
            oss_free(form);
            return status;
        }
    }
    uint64_t hash = oss_hash(normal, bytes);
    hash = hash == 0 ? 1 : hash;
    oss_check_word *slot = find_slot(words->slot, words->slots, hash);
    words->words += slot->hash == 0;
    slot->hash = hash;
    count_form(slot, form, row);
    return OSS_OK;
}

/* Of one word, NUL-terminated. */
static oss_status add_word(oss_check_words *words, const char *word, int32_t row) {
    char *normal = NULL;
    oss_status status = oss_text_normalize(&normal, word, OSS_CASE_KEEP);
    if (status != OSS_OK) {
        return status;
    }
    char *form = NULL;
    if (strcmp(normal, word) != 0) {
        form = oss_strdup(word);
        status = form == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK && normal[0] != '\0') {
        status = add_form(words, normal, strlen(normal), form, row);
    } else {
        oss_free(form);
    }
    oss_free(normal);
    return status;
}

static bool is_ascii(const char *word, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        if ((unsigned char)word[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

oss_status oss_check_words_add(oss_check_words *words, const char *text, int32_t row) {
    oss_status status = OSS_OK;
    const char *cursor = text;
    while (status == OSS_OK && *cursor != '\0') {
        const char *begin = cursor, *end = cursor;
        for (uint32_t c = oss_text_next(&cursor); c != 0 && !oss_text_is_space(c);
             c = oss_text_next(&cursor)) {
            end = cursor;
        }
        size_t bytes = (size_t)(end - begin);
        if (is_ascii(begin, bytes)) { /* is its own normal form */
            status = bytes == 0 ? OSS_OK : add_form(words, begin, bytes, NULL, row);
            continue;
        }
        char *word = oss_strndup(begin, bytes);
        status = word == NULL ? OSS_ENOMEM : add_word(words, word, row);
        oss_free(word);
    }
    return status;
}
