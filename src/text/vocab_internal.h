/* What vocab.c and those who make vocabularies (src/units) share. */
#ifndef OSS_TEXT_VOCAB_INTERNAL_H
#define OSS_TEXT_VOCAB_INTERNAL_H

#include <stddef.h>

#include "text/bpe.h"
#include "text/vocab.h"

/* A code point and its id; entries of a vocabulary are sorted by code point, so that a text is spelled by
 * binary search. */
typedef struct vocab_entry {
    uint32_t code_point;
    int32_t id;
} vocab_entry;

struct oss_vocab {
    oss_units units;
    int32_t size, capacity;
    size_t stride;      /* bytes from one symbol to the next */
    char *symbol;       /* [capacity, stride], by id, NUL-terminated */
    vocab_entry *entry; /* [characters] */
    int32_t characters;
    /* byte-pair units only */
    int32_t *index; /* [slots] ids by the hash of their symbol; 0: empty */
    uint32_t slots;
    oss_bpe_table pair; /* ids that two ids spell */
    int32_t space;      /* id */
};

/* The special symbols, and room for `capacity` symbols in all; NULL when memory is short. */
oss_vocab *oss_vocab_create(oss_units units, int32_t capacity);
/* Appends a unit of `bytes` bytes, valid and new; there is room. Single characters must be appended in the
 * order of their code points, or be sorted afterwards. */
void oss_vocab_append(oss_vocab *vocab, const char *symbol, size_t bytes);
char *oss_vocab_place(const oss_vocab *vocab, int32_t id);

/* Notes which pairs of units spell unit `id`; *out_earlier (may be NULL) is whether two with lower ids do. */
oss_status oss_vocab_link_parts(oss_vocab *vocab, int32_t id, bool *out_earlier);
/* Notes which pairs with unit `id` spell another unit. */
oss_status oss_vocab_link_wholes(oss_vocab *vocab, int32_t id);

/* Id of a code point, -1: none. */
int32_t oss_vocab_find_character(const oss_vocab *vocab, uint32_t code_point);

#endif
