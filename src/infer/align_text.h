/* A text as alignment looks for it: words as they were written, symbols as the vocabulary spells them, and cuts. */
#ifndef OSS_INFER_ALIGN_TEXT_H
#define OSS_INFER_ALIGN_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model_file.h"
#include "ossicle/status.h"

typedef struct oss_text_word {
    char *text;    /* as it was written; owned */
    char *unknown; /* what the vocabulary does not have of it but for punctuation; owned */
    int32_t line;
    int32_t segment; /* from 1: a line, or a sentence of one */
    int32_t symbols; /* 0: nothing of it can be looked for */
    int64_t first;   /* of the symbols; where it would be when it has none */
} oss_text_word;

typedef struct oss_align_words {
    oss_text_word *word; /* [words] */
    int64_t words, word_capacity;
    int32_t *id; /* [ids], spaces between the words' among them */
    int64_t ids, id_capacity;
    int64_t *cut;   /* [cuts], rising */
    bool *wildcard; /* [cuts] one stands there */
    int64_t cuts, cut_capacity, wildcard_capacity;
} oss_align_words;

typedef struct oss_align_how {
    bool exact;
    const char *wildcard; /* NULL: none */
} oss_align_how;

/* Deinit also after a failure. OSS_EINPUT: not UTF-8, or too many words; OSS_ENOMEM. */
oss_status oss_align_words_read(oss_align_words *out, const char *text, const oss_model *model,
                                const oss_align_how *how);
void oss_align_words_deinit(oss_align_words *words);

#endif
