#include "infer/word_posteriors.h"

#include "base/mem.h"
#include "decode/path_words.h"
#include "decode/symbol_text.h"
#include "text/edit_distance.h"

/* The words of the best hypothesis, and what each has gathered. */
typedef struct words_heard {
    oss_path_word *word; /* [words] */
    int64_t words;
    const char **text; /* [words] */
    bool *right;       /* [words] */
    double *sum;       /* [words] */
} words_heard;

static void discard(words_heard *heard) {
    oss_path_words_free(heard->word, heard->words);
    oss_free((void *)heard->text);
    oss_free(heard->right);
    oss_free(heard->sum);
}

static oss_status find_words(words_heard *heard, const oss_best_path *path, const oss_vocab *vocab,
                             oss_case policy) {
    oss_status status = oss_path_words(&heard->word, &heard->words, path, vocab, policy);
    if (status != OSS_OK) {
        return status;
    }
    size_t words = (size_t)heard->words;
    heard->text = oss_alloc(words, sizeof *heard->text);
    heard->right = oss_alloc(words, sizeof *heard->right);
    heard->sum = oss_alloc_zero(words, sizeof *heard->sum);
    if (heard->text == NULL || heard->right == NULL || heard->sum == NULL) {
        return OSS_ENOMEM;
    }
    for (size_t i = 0; i < words; i++) {
        heard->text[i] = heard->word[i].text;
    }
    return OSS_OK;
}

static oss_status gather(words_heard *heard, const oss_hypothesis *hypothesis, const oss_vocab *vocab,
                         oss_case policy) {
    char *text = NULL;
    oss_status status = oss_symbol_text(&text, vocab, policy, hypothesis->id, hypothesis->ids);
    if (status == OSS_OK) {
        status = oss_edits_match_words(heard->right, text, heard->text, heard->words);
    }
    for (int64_t i = 0; i < heard->words && status == OSS_OK; i++) {
        heard->sum[i] += heard->right[i] ? hypothesis->posterior : 0.0;
    }
    oss_free(text);
    return status;
}

oss_status oss_word_posteriors(float *posterior, const oss_best_path *path, const oss_hypothesis *hypothesis,
                               int32_t count, const oss_vocab *vocab, oss_case policy) {
    words_heard heard = {0};
    oss_status status = find_words(&heard, path, vocab, policy);
    for (int32_t i = 0; i < count && heard.words > 0 && status == OSS_OK; i++) {
        status = gather(&heard, &hypothesis[i], vocab, policy);
    }
    for (int64_t i = 0; i < path->symbols && status == OSS_OK; i++) {
        posterior[i] = 1.0F;
    }
    for (int64_t i = 0; i < heard.words && status == OSS_OK; i++) {
        const oss_path_word *word = &heard.word[i];
        for (int32_t k = 0; k < word->symbols; k++) {
            posterior[word->first + k] = heard.sum[i] < 1.0 ? (float)heard.sum[i] : 1.0F;
        }
    }
    discard(&heard);
    return status;
}
