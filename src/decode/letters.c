#include "decode/letters.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/unicode.h"

static int compare_code_points(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

void oss_letters_deinit(oss_letters *letters) {
    oss_free(letters->code_point);
    oss_free(letters->first);
    oss_free(letters->letter);
    oss_free(letters->begins_word);
    *letters = (oss_letters){0};
}

int32_t oss_letters_find(const oss_letters *letters, uint32_t code_point) {
    int32_t low = 0, high = letters->letters;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (letters->code_point[middle] < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < letters->letters && letters->code_point[low] == code_point ? low : OSS_LETTER_NONE;
}

/* Symbols of one code point, and how many code points all symbols have. */
static int64_t collect(oss_letters *letters, const oss_vocab *vocab) {
    int64_t total = OSS_VOCAB_SPECIALS;
    for (int32_t id = OSS_VOCAB_SPECIALS; id < letters->symbols; id++) {
        const char *cursor = oss_vocab_symbol(vocab, id);
        uint32_t code_point = oss_text_next(&cursor);
        if (*cursor == '\0' && code_point != ' ') {
            letters->code_point[letters->letters++] = code_point;
        }
        total += oss_text_length(oss_vocab_symbol(vocab, id));
    }
    qsort(letters->code_point, (size_t)letters->letters, sizeof *letters->code_point, compare_code_points);
    return total;
}

static void spell(oss_letters *letters, const oss_vocab *vocab) {
    int32_t count = 0;
    for (int32_t id = 0; id < letters->symbols; id++) {
        letters->first[id] = count;
        if (id < OSS_VOCAB_SPECIALS) {
            letters->letter[count] = OSS_LETTER_NONE;
            count += id == OSS_VOCAB_UNK;
            continue;
        }
        const char *cursor = oss_vocab_symbol(vocab, id);
        letters->begins_word[id] = *cursor == ' ';
        cursor += letters->begins_word[id];
        if (*cursor == '\0') {
            letters->space = id;
        }
        for (uint32_t code_point; (code_point = oss_text_next(&cursor)) != 0;) {
            letters->letter[count++] = oss_letters_find(letters, code_point);
        }
    }
    letters->first[letters->symbols] = count;
}

oss_status oss_letters_init(oss_letters *letters, const oss_vocab *vocab) {
    size_t symbols = (size_t)oss_vocab_size(vocab);
    oss_letters made = {.symbols = (int32_t)symbols, .space = -1};
    made.code_point = oss_alloc(symbols, sizeof *made.code_point);
    made.first = oss_alloc(symbols + 1, sizeof *made.first);
    made.begins_word = oss_alloc_zero(symbols, sizeof *made.begins_word);
    if (made.code_point != NULL && made.first != NULL && made.begins_word != NULL) {
        made.letter = oss_alloc((size_t)collect(&made, vocab), sizeof *made.letter);
    }
    if (made.letter == NULL) {
        oss_letters_deinit(&made);
        return OSS_ENOMEM;
    }
    spell(&made, vocab);
    *letters = made;
    return OSS_OK;
}
