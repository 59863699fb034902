#include "decode/path_words.h"

#include <string.h>

#include "base/mem.h"

static const char *text_of(const oss_best_path *path, const oss_vocab *vocab, int64_t symbol) {
    return oss_vocab_symbol(vocab, path->symbol[symbol].id);
}

bool oss_path_is_space(const oss_best_path *path, const oss_vocab *vocab, int64_t symbol) {
    return strcmp(text_of(path, vocab, symbol), " ") == 0;
}

/* The word that begins at symbol `at` or, when that is a space, behind it; symbols 0: there is none. */
static oss_path_word word_at(const oss_best_path *path, const oss_vocab *vocab, int64_t at) {
    while (at < path->symbols && oss_path_is_space(path, vocab, at)) {
        at++;
    }
    int64_t end = at;
    while (end < path->symbols && (end == at || text_of(path, vocab, end)[0] != ' ')) {
        end++;
    }
    return (oss_path_word){.first = at, .symbols = (int32_t)(end - at)};
}

/* word NULL: only counts. */
static int64_t find_words(oss_path_word *word, const oss_best_path *path, const oss_vocab *vocab) {
    int64_t words = 0;
    for (oss_path_word at = word_at(path, vocab, 0); at.symbols > 0;
         at = word_at(path, vocab, at.first + at.symbols)) {
        if (word != NULL) {
            word[words] = at;
        }
        words++;
    }
    return words;
}

oss_status oss_path_words(oss_path_word **out_word, int64_t *out_words, const oss_best_path *path,
                          const oss_vocab *vocab) {
    int64_t words = find_words(NULL, path, vocab);
    oss_path_word *word = oss_alloc((size_t)words, sizeof *word);
    if (word == NULL) {
        return OSS_ENOMEM;
    }
    *out_words = find_words(word, path, vocab);
    *out_word = word;
    return OSS_OK;
}
