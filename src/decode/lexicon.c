#include "decode/lexicon.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "decode/lexicon_internal.h"

typedef struct spelt_word {
    const int32_t *letter; /* [letters] */
    int32_t letters;
    uint32_t token;
} spelt_word;

/* Words that can be spelt, sorted by their letters. */
typedef struct spelt_words {
    spelt_word *word;
    int64_t words, tokens; /* tokens: asked for */
    int32_t *letter;       /* [all of them] */
} spelt_words;

/* Nodes of one depth and the words below them, while the trie is made. */
typedef struct word_range {
    int64_t low, high;
} word_range;

void oss_lexicon_free(oss_lexicon *lexicon) {
    if (lexicon != NULL) {
        oss_letters_deinit(&lexicon->letters);
        oss_free(lexicon->node);
        oss_free(lexicon->ahead);
        oss_free(lexicon->letter);
        oss_free(lexicon);
    }
}

int64_t oss_lexicon_words(const oss_lexicon *lexicon) {
    return lexicon->words;
}

static int compare_words(const void *a, const void *b) {
    const spelt_word *left = a, *right = b;
    int32_t shared = left->letters < right->letters ? left->letters : right->letters;
    for (int32_t i = 0; i < shared; i++) {
        if (left->letter[i] != right->letter[i]) {
            return left->letter[i] < right->letter[i] ? -1 : 1;
        }
    }
    return (left->letters > right->letters) - (left->letters < right->letters);
}

/* Letters of token[bytes]; -1: not all of it is letters. */
static int32_t spell_token(const oss_letters *letters, int32_t *out, const char *token, size_t bytes) {
    int32_t count = 0;
    for (size_t at = 0; at < bytes;) {
        char character[5] = {0};
        size_t here = 1;
        while (at + here < bytes && here < 4 && ((unsigned char)token[at + here] & 0xC0) == 0x80) {
            here++;
        }
        memcpy(character, token + at, here);
        const char *cursor = character;
        int32_t letter = oss_letters_find(letters, oss_text_next(&cursor));
        if (letter < 0 || *cursor != '\0') {
            return -1;
        }
        out[count++] = letter;
        at += here;
    }
    return count > 0 ? count : -1;
}

static oss_status spell_words(spelt_words *out, const oss_ngram *ngram, const oss_letters *letters) {
    int64_t tokens = oss_ngram_count(ngram, 1);
    size_t total = 0;
    for (int64_t token = OSS_NGRAM_SPECIALS; token < tokens; token++) {
        size_t bytes = 0;
        oss_ngram_token(ngram, (uint32_t)token, &bytes);
        total += bytes;
    }
    out->tokens = tokens > OSS_NGRAM_SPECIALS ? tokens - OSS_NGRAM_SPECIALS : 0;
    out->word = oss_alloc((size_t)out->tokens, sizeof *out->word);
    out->letter = oss_alloc(total, sizeof *out->letter);
    if (out->word == NULL || out->letter == NULL) {
        return OSS_ENOMEM;
    }
    int32_t *next = out->letter;
    for (int64_t token = OSS_NGRAM_SPECIALS; token < tokens; token++) {
        size_t bytes = 0;
        const char *text = oss_ngram_token(ngram, (uint32_t)token, &bytes);
        int32_t count = spell_token(letters, next, text, bytes);
        if (count > 0) {
            out->word[out->words++] = (spelt_word){next, count, (uint32_t)token};
            next += count;
        }
    }
    qsort(out->word, (size_t)out->words, sizeof *out->word, compare_words);
    return OSS_OK;
}

static bool reserve(oss_lexicon *lexicon, word_range **range) {
    if (lexicon->nodes < lexicon->capacity) {
        return true;
    }
    size_t capacity = lexicon->capacity == 0 ? 1024 : 2 * (size_t)lexicon->capacity;
    oss_lexicon_node *node = oss_resize(lexicon->node, capacity + 1, sizeof *node);
    lexicon->node = node != NULL ? node : lexicon->node;
    float *ahead = oss_resize(lexicon->ahead, capacity, sizeof *ahead);
    lexicon->ahead = ahead != NULL ? ahead : lexicon->ahead;
    int32_t *letter = oss_resize(lexicon->letter, capacity, sizeof *letter);
    lexicon->letter = letter != NULL ? letter : lexicon->letter;
    word_range *more = oss_resize(*range, capacity, sizeof *more);
    *range = more != NULL ? more : *range;
    if (node == NULL || ahead == NULL || letter == NULL || more == NULL || capacity > UINT32_MAX / 2) {
        return false;
    }
    lexicon->capacity = (uint32_t)capacity;
    return true;
}

static bool append(oss_lexicon *lexicon, word_range **range, int64_t low, int64_t high, int32_t letter) {
    if (!reserve(lexicon, range)) {
        return false;
    }
    uint32_t at = lexicon->nodes++;
    lexicon->node[at] = (oss_lexicon_node){0};
    lexicon->letter[at] = letter;
    (*range)[at] = (word_range){low, high};
    return true;
}

/* The children of node `at`, whose words words[range[at]] are equal up to `depth` letters. */
static bool branch(oss_lexicon *lexicon, word_range **range, const spelt_words *words, uint32_t at,
                   int32_t depth) {
    word_range here = (*range)[at];
    lexicon->node[at].first = lexicon->nodes;
    while (here.low < here.high && words->word[here.low].letters == depth) {
        lexicon->node[at].word = words->word[here.low++].token;
    }
    while (here.low < here.high) {
        int32_t letter = words->word[here.low].letter[depth];
        int64_t end = here.low + 1;
        while (end < here.high && words->word[end].letter[depth] == letter) {
            end++;
        }
        if (!append(lexicon, range, here.low, end, letter)) {
            return false;
        }
        if (lexicon->masked) {
            lexicon->node[at].mask |= UINT64_C(1) << letter;
        }
        here.low = end;
    }
    return true;
}

static oss_status build(oss_lexicon *lexicon, const spelt_words *words, const oss_ngram *ngram) {
    word_range *range = NULL;
    bool fits = append(lexicon, &range, 0, words->words, OSS_LETTER_NONE);
    uint32_t level_end = 1;
    int32_t depth = 0;
    for (uint32_t at = 0; fits && at < lexicon->nodes; at++) {
        if (at == level_end) {
            level_end = lexicon->nodes;
            depth++;
        }
        fits = branch(lexicon, &range, words, at, depth);
    }
    oss_free(range);
    if (!fits) {
        return OSS_ENOMEM;
    }
    lexicon->node[lexicon->nodes] = (oss_lexicon_node){.first = lexicon->nodes};
    for (uint32_t at = lexicon->nodes; at-- > 0;) {
        const oss_lexicon_node *node = &lexicon->node[at];
        lexicon->ahead[at] = oss_ngram_unigram(ngram, node->word);
        for (uint32_t child = node->first; child < node[1].first; child++) {
            bool better = (child == node->first && node->word == OSS_NGRAM_UNKNOWN) ||
                          lexicon->ahead[child] > lexicon->ahead[at];
            lexicon->ahead[at] = better ? lexicon->ahead[child] : lexicon->ahead[at];
        }
    }
    return OSS_OK;
}

/* 1,234,567 */
static void print_count(char out[32], int64_t count) {
    char digits[24];
    int length = oss_format(digits, sizeof digits, "%lld", (long long)count);
    int used = 0;
    for (int i = 0; i < length; i++) {
        out[used++] = digits[i];
        if ((length - i) % 3 == 1 && i + 1 < length) {
            out[used++] = ',';
        }
    }
    out[used] = '\0';
}

static oss_status check_enough(const spelt_words *words, const oss_vocab *vocab, const char *file) {
    if (words->words * 2 >= words->tokens && words->words > 0) {
        return OSS_OK;
    }
    char spelt[32], all[32];
    print_count(spelt, words->words);
    print_count(all, words->tokens);
    return oss_fail(OSS_EINPUT, "%s of %s words of %s can be spelt with the model's %d symbols; is it %s?", spelt,
                    all, file, (int)oss_vocab_size(vocab) - OSS_VOCAB_SPECIALS,
                    oss_vocab_find(vocab, "A") >= 0 && oss_vocab_find(vocab, "a") < 0 ? "lower case"
                                                                                      : "upper case");
}

oss_status oss_lexicon_create(oss_lexicon **out, const oss_ngram *ngram, const oss_vocab *vocab,
                              const char *file) {
    oss_lexicon *lexicon = oss_alloc_zero(1, sizeof *lexicon);
    if (lexicon == NULL) {
        return OSS_ENOMEM;
    }
    spelt_words words = {0};
    oss_status status = oss_letters_init(&lexicon->letters, vocab);
    if (status == OSS_OK) {
        lexicon->masked = lexicon->letters.letters <= OSS_LEXICON_MASK_BITS;
        status = spell_words(&words, ngram, &lexicon->letters);
    }
    if (status == OSS_OK) {
        status = check_enough(&words, vocab, file);
    }
    if (status == OSS_OK) {
        lexicon->words = words.words;
        status = build(lexicon, &words, ngram);
    }
    oss_free(words.word);
    oss_free(words.letter);
    if (status != OSS_OK) {
        oss_lexicon_free(lexicon);
        return status;
    }
    *out = lexicon;
    return OSS_OK;
}
