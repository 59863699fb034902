/* What an ARPA file says, before it is packed. Within src/ngram only. */
#ifndef OSS_NGRAM_ARPA_MODEL_H
#define OSS_NGRAM_ARPA_MODEL_H

#include "ngram/pack.h"

/* n-grams of order n in any order. */
typedef struct oss_arpa_list {
    int64_t count, capacity;
    uint32_t *token; /* [count,n] */
    float *ln_p, *ln_backoff;
    uint32_t *line; /* of the file; those past 2^32 - 1 count as that */
} oss_arpa_list;

/* Numbers for words, in the order in which they came; 0 to 2 are <unk>, <s>, </s>. */
typedef struct oss_arpa_words {
    char *text; /* NUL-terminated words, one behind the other */
    size_t text_bytes, text_capacity;
    uint64_t *offset; /* [count] */
    uint32_t count, capacity;
    uint32_t *slot; /* [slots], a power of 2: word + 1, 0: free */
    uint64_t slots;
} oss_arpa_words;

typedef struct oss_arpa_model {
    const char *name; /* of the file; the caller's */
    int32_t order;
    oss_arpa_words words;
    oss_arpa_list list[OSS_NGRAM_ORDER_MAX];
} oss_arpa_model;

#define OSS_ARPA_NONE UINT32_MAX

/* Zero-initialise; holds the three that every model has. */
oss_status oss_arpa_words_init(oss_arpa_words *words);
void oss_arpa_words_deinit(oss_arpa_words *words);
/* OSS_ARPA_NONE: there is none. <UNK> is <unk>. */
uint32_t oss_arpa_words_find(const oss_arpa_words *words, const char *word);
/* Of a word that is not there yet. */
oss_status oss_arpa_words_add(oss_arpa_words *words, const char *word);
const char *oss_arpa_words_text(const oss_arpa_words *words, uint32_t word);

/* One more: token[n]. */
oss_status oss_arpa_list_add(oss_arpa_list *list, int32_t n, const uint32_t *token, float ln_p,
                             float ln_backoff, int64_t line);
void oss_arpa_list_deinit(oss_arpa_list *list);
void oss_arpa_model_deinit(oss_arpa_model *model);

/* Sorts, gives contexts that are missing, and packs. OSS_EINPUT: an n-gram is there twice: both lines named. The model may
 * not be used afterwards but for its end. */
oss_status oss_arpa_model_pack(oss_ngram **out, oss_arpa_model *model);

#endif
