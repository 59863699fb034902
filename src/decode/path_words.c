#include "decode/path_words.h"

#include <string.h>

#include "base/mem.h"
#include "decode/symbol_text.h"

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

/* ---- Texts ---- */

static int32_t longest_of(const oss_path_word *word, int64_t words) {
    int32_t symbols = 0;
    for (int64_t i = 0; i < words; i++) {
        symbols = word[i].symbols > symbols ? word[i].symbols : symbols;
    }
    return symbols;
}

static oss_status make_text(oss_path_word *word, int32_t *id, const oss_best_path *path,
                            const oss_vocab *vocab, oss_case policy) {
    for (int32_t i = 0; i < word->symbols; i++) {
        id[i] = path->symbol[word->first + i].id;
    }
    return oss_symbol_text(&word->text, vocab, policy, id, word->symbols);
}

/* *words: how many are left. */
static oss_status make_texts(oss_path_word *word, int64_t *words, const oss_best_path *path,
                             const oss_vocab *vocab, oss_case policy) {
    int32_t *id = oss_alloc((size_t)longest_of(word, *words), sizeof *id);
    oss_status status = id == NULL ? OSS_ENOMEM : OSS_OK;
    int64_t found = *words, kept = 0;
    for (int64_t i = 0; i < found && status == OSS_OK; i++) {
        oss_path_word made = word[i];
        status = make_text(&made, id, path, vocab, policy);
        if (status == OSS_OK && made.text[0] != '\0') {
            word[kept++] = made;
        } else if (status == OSS_OK) {
            oss_free(made.text);
        }
    }
    oss_free(id);
    *words = kept;
    return status;
}

oss_status oss_path_words(oss_path_word **out_word, int64_t *out_words, const oss_best_path *path,
                          const oss_vocab *vocab, oss_case policy) {
    int64_t words = find_words(NULL, path, vocab);
    oss_path_word *word = oss_alloc((size_t)words, sizeof *word);
    if (word == NULL) {
        return OSS_ENOMEM;
    }
    (void)find_words(word, path, vocab);
    oss_status status = make_texts(word, &words, path, vocab, policy);
    if (status != OSS_OK) {
        oss_path_words_free(word, words);
        return status;
    }
    *out_words = words;
    *out_word = word;
    return OSS_OK;
}

void oss_path_words_free(oss_path_word *word, int64_t words) {
    for (int64_t i = 0; word != NULL && i < words; i++) {
        oss_free(word[i].text);
    }
    oss_free(word);
}
