/* Words as they are written, and as they are once normalised: two writings of one word are a clash (NFC and
 * NFD, an invisible character inside). */
#ifndef OSS_CHECK_WORDS_H
#define OSS_CHECK_WORDS_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_check_form {
    char *text;    /* NULL: as normalised */
    int32_t row;   /* the first that has it */
    int64_t count; /* of words */
} oss_check_form;

typedef struct oss_check_word {
    uint64_t hash; /* of the normalised word; 0: no word here */
    oss_check_form first,
        second; /* second.count 0: written in one way; third and further ways are not kept */
} oss_check_word;

/* Zero-initialise. */
typedef struct oss_check_words {
    oss_check_word *slot; /* [slots] a power of two */
    int32_t slots, words;
} oss_check_words;

void oss_check_words_deinit(oss_check_words *words);
/* The words of a text that oss_text_normalize accepts. Words are what stands between white space; case is
 * kept. */
oss_status oss_check_words_add(oss_check_words *words, const char *text, int32_t row);

#endif
