/* What an acoustic model's symbols are made of: letters, which are its single code points but for the space, numbered by
 * code point. A symbol is an optional space and then letters; characters are one letter or the space. */
#ifndef OSS_DECODE_LETTERS_H
#define OSS_DECODE_LETTERS_H

#include <stdbool.h>

#include "text/vocab.h"

enum { OSS_LETTER_NONE = -1 }; /* what no word has: <UNK> */

typedef struct oss_letters {
    uint32_t *code_point; /* [letters], ascending */
    int32_t letters;
    int32_t symbols; /* size of the vocabulary */
    int32_t space;   /* id of the symbol that is the space alone; -1: none */
    int32_t *first;  /* [symbols + 1]: symbol i is letter[first[i]] to letter[first[i + 1] - 1] */
    int32_t *letter;
    bool *begins_word; /* [symbols]: whether a space is before its letters */
} oss_letters;

/* Free with oss_letters_deinit. OSS_ENOMEM. */
oss_status oss_letters_init(oss_letters *letters, const oss_vocab *vocab);
/* Zeroed ones too. */
void oss_letters_deinit(oss_letters *letters);
/* The number of a code point, OSS_LETTER_NONE: not one of them. */
int32_t oss_letters_find(const oss_letters *letters, uint32_t code_point);

#endif
