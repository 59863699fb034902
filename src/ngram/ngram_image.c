#include "ngram/ngram_image.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "models are used as they lie in the file, which is little-endian"
#endif

const char oss_ngram_magic[8] = "OSSLM\r\n";

enum { SLACK_BYTES = 8, MAX_TEXT_BYTES = INT32_MAX };

static uint64_t align(uint64_t bytes) {
    return (bytes + 7) & ~UINT64_C(7);
}

/* Bits that hold 0 to `most`. */
static uint32_t count_bits(uint64_t most) {
    uint32_t bits = 0;
    while (bits < 63 && most >> bits != 0) {
        bits++;
    }
    return bits;
}

static oss_ngram_level lay_out_level(const oss_ngram_header *header, uint32_t n) {
    oss_ngram_level level = {.count = header->count[n - 1], .tokens = header->count[0]};
    const bool highest = n == header->order;
    level.nexts = highest ? 0 : header->count[n];
    level.token_bits = n == 1 ? 0 : count_bits(header->count[0] - 1);
    level.backoff_shift = level.token_bits + OSS_NGRAM_CODE_BITS;
    level.next_shift = level.backoff_shift + OSS_NGRAM_CODE_BITS;
    level.next_bits = highest ? 0 : count_bits(level.nexts);
    level.width = highest ? level.backoff_shift : level.next_shift + level.next_bits;
    /* One more record tells where those behind the last one end. */
    level.bytes = align(((level.count + (highest ? 0 : 1)) * level.width + 7) / 8 + SLACK_BYTES);
    return level;
}

static bool is_possible(const oss_ngram_header *header) {
    if (header->order < 1 || header->order > OSS_NGRAM_ORDER_MAX || header->text_bytes > MAX_TEXT_BYTES ||
        header->count[0] < OSS_NGRAM_SPECIALS) {
        return false;
    }
    for (uint32_t n = 1; n <= OSS_NGRAM_ORDER_MAX; n++) {
        if (header->count[n - 1] > (n > header->order ? 0 : (uint64_t)OSS_NGRAM_MAX_COUNT)) {
            return false;
        }
    }
    return true;
}

bool oss_ngram_lay_out(oss_ngram *ngram, const oss_ngram_header *header) {
    if (!is_possible(header)) {
        return false;
    }
    ngram->header = *header;
    ngram->bytes = sizeof *header + header->order * 2 * OSS_NGRAM_BOOK * sizeof(float) +
                   align((header->count[0] + 1) * sizeof(uint32_t)) + align(header->text_bytes);
    for (uint32_t n = 1; n <= header->order; n++) {
        ngram->level[n - 1] = lay_out_level(header, n);
        ngram->bytes += ngram->level[n - 1].bytes;
    }
    return true;
}

void oss_ngram_place(oss_ngram *ngram, void *block) {
    const oss_ngram_header *header = &ngram->header;
    unsigned char *at = (unsigned char *)block + sizeof *header;
    ngram->block = block;
    ngram->book = (float *)(void *)at;
    at += header->order * 2 * OSS_NGRAM_BOOK * sizeof(float);
    ngram->text_offset = (uint32_t *)(void *)at;
    at += align((header->count[0] + 1) * sizeof(uint32_t));
    ngram->text = (char *)at;
    at += align(header->text_bytes);
    for (uint32_t n = 0; n < header->order; n++) {
        ngram->level[n].record = at;
        ngram->level[n].ln_p = ngram->book + (size_t)2 * n * OSS_NGRAM_BOOK;
        ngram->level[n].ln_backoff = ngram->level[n].ln_p + OSS_NGRAM_BOOK;
        at += ngram->level[n].bytes;
    }
}
