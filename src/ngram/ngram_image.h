/* The packed form of an n-gram model: one block of bytes, the same in a file and in memory (docs/file-formats.md). Within
 * src/ngram only.
 *
 * A level holds the n-grams of one order as records of equal width in bits, sorted: the token (order 1: none, the place is
 * the token), the probability and the back-off as places in the order's tables, and the place in the next level at which
 * those that go on with one more token begin; they end where the next record's begin. Nothing in a record is trusted: what
 * points outside is cut to what is there (Pauls and Klein 2011 have the idea of such tries, in another form). */
#ifndef OSS_NGRAM_NGRAM_IMAGE_H
#define OSS_NGRAM_NGRAM_IMAGE_H

#include <stdatomic.h>
#include <string.h>

#include "ngram/ngram.h"

enum {
    OSS_NGRAM_BOOK = 256,   /* values of a table */
    OSS_NGRAM_VERSION = 3,  /* of the file, the newest; 1 has no unknown_penalty, 2 no prior_weight */
    OSS_NGRAM_CODE_BITS = 8 /* of a probability or back-off */
};
#define OSS_NGRAM_MAX_COUNT INT64_C(0xfffffffe)
/* ln(10^-100): nothing is less likely. */
#define OSS_NGRAM_LN_FLOOR (-230.2585093f)
#define OSS_NGRAM_LN10     2.302585092994045684

typedef struct oss_ngram_header {
    char magic[8];
    uint32_t version;
    uint32_t byte_order; /* OSS_NGRAM_LITTLE_ENDIAN */
    uint64_t sum;        /* XXH3 of everything behind it */
    uint64_t bytes;      /* of the file */
    uint32_t order, flags;
    double lm_weight, word_bonus;
    uint64_t text_bytes;                 /* of all tokens */
    uint64_t count[OSS_NGRAM_ORDER_MAX]; /* n-grams by order; 0 above the highest */
    double unknown_penalty;              /* with OSS_NGRAM_FLAG_PENALTY; else 0 */
    double prior_weight;                 /* with OSS_NGRAM_FLAG_PRIOR; else 0 */
} oss_ngram_header;
_Static_assert(sizeof(oss_ngram_header) == 128, "as it is in files");

enum { OSS_NGRAM_LITTLE_ENDIAN = 0x01020304, OSS_NGRAM_SUM_END = 24 };
enum {
    OSS_NGRAM_FLAG_SYMBOLS = 1,
    OSS_NGRAM_FLAG_TUNED = 2,
    OSS_NGRAM_FLAG_PENALTY = 4,
    OSS_NGRAM_FLAG_PRIOR = 8
};
extern const char oss_ngram_magic[8];

typedef struct oss_ngram_level {
    unsigned char *record;  /* [count or count + 1 records], then 8 bytes that reading may touch */
    uint64_t count, nexts;  /* records, and those of the next level */
    uint32_t width;         /* bits of a record */
    uint64_t tokens;        /* of the model */
    uint32_t token_bits;    /* 0 in the first level */
    uint32_t backoff_shift; /* places in the record, in bits; the probability's is token_bits */
    uint32_t next_shift, next_bits;
    uint64_t bytes;
    const float *ln_p, *ln_backoff; /* [OSS_NGRAM_BOOK] */
} oss_ngram_level;

struct oss_ngram {
    _Atomic int32_t owners;
    void *block;
    bool is_mapped;
    uint64_t bytes;
    oss_ngram_header header;
    float *book;                                /* [order,2,OSS_NGRAM_BOOK]: probabilities, then back-offs */
    uint32_t *text_offset;                      /* [tokens + 1] */
    char *text;                                 /* [header.text_bytes] */
    oss_ngram_level level[OSS_NGRAM_ORDER_MAX]; /* [n - 1]: order n */
};

/* Places of everything by the header's counts, and the bytes of all of it. False: no such model. */
bool oss_ngram_lay_out(oss_ngram *ngram, const oss_ngram_header *header);
/* Points into a block of the size that was laid out. */
void oss_ngram_place(oss_ngram *ngram, void *block);

static inline uint64_t oss_ngram_bits(const unsigned char *record, uint64_t bit) {
    uint64_t word;
    memcpy(&word, record + (bit >> 3), sizeof word);
    return word >> (bit & 7);
}

/* At most 57 bits, onto zeros. */
static inline void oss_ngram_put_bits(unsigned char *record, uint64_t bit, uint64_t value) {
    uint64_t word;
    memcpy(&word, record + (bit >> 3), sizeof word);
    word |= value << (bit & 7);
    memcpy(record + (bit >> 3), &word, sizeof word);
}

static inline uint64_t oss_ngram_mask(uint32_t bits) {
    return (UINT64_C(1) << bits) - 1;
}

static inline uint32_t oss_ngram_token_at(const oss_ngram_level *level, uint64_t place) {
    return (uint32_t)(oss_ngram_bits(level->record, place * level->width) &
                      oss_ngram_mask(level->token_bits));
}

static inline float oss_ngram_ln_p_at(const oss_ngram_level *level, uint64_t place) {
    return level->ln_p[oss_ngram_bits(level->record, place * level->width + level->token_bits) & 0xff];
}

/* Not of the highest order. */
static inline float oss_ngram_ln_backoff_at(const oss_ngram_level *level, uint64_t place) {
    return level
        ->ln_backoff[oss_ngram_bits(level->record, place * level->width + level->backoff_shift) & 0xff];
}

/* Not of the highest order: places [*begin, *end) of the next level. */
static inline void oss_ngram_nexts_at(const oss_ngram_level *level, uint64_t place, uint64_t *begin,
                                      uint64_t *end) {
    uint64_t bit = place * level->width + level->next_shift, mask = oss_ngram_mask(level->next_bits);
    uint64_t first = oss_ngram_bits(level->record, bit) & mask;
    uint64_t last = oss_ngram_bits(level->record, bit + level->width) & mask;
    *end = last < level->nexts ? last : level->nexts;
    *begin = first < *end ? first : *end;
}

#endif
