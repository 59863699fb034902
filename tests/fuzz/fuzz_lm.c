/* Language models in our own form, with a sum and a size that are right. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fuzz/ngram_use.h"
#include "ngram/ngram_image.h"

/* The tables of numbers are most of a file, and any number in them says the same: between zeros here, in places of 16 bytes, to
 * keep inputs short. */
enum { BOOK_BYTES = OSS_NGRAM_BOOK * 2 * sizeof(float) };

static char *expand(const uint8_t *data, size_t size, size_t *out_size) {
    oss_ngram_header header = {0};
    memcpy(&header, data, size < sizeof header ? size : sizeof header);
    size_t books = header.order <= OSS_NGRAM_ORDER_MAX ? header.order * (size_t)BOOK_BYTES : 0;
    size_t kept = size < sizeof header ? size : sizeof header, rest = size - kept,
           values = rest < 16 ? 0 : 16;
    size_t whole = kept + books + rest - values;
    char *bytes = calloc(whole + 1, 1);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, data, kept);
    for (size_t at = 0; at + values <= books && values > 0 && at < 64; at += values) {
        memcpy(bytes + kept + at, data + kept, values);
    }
    memcpy(bytes + kept + books, data + kept + values, rest - values);
    if (kept == sizeof header) {
        header.bytes = whole;
        memcpy(bytes, &header, sizeof header);
        header.sum = oss_hash(bytes + OSS_NGRAM_SUM_END, whole - OSS_NGRAM_SUM_END);
        memcpy(bytes, &header, sizeof header);
    }
    *out_size = whole;
    return bytes;
}

static void run(const uint8_t *data, size_t size) {
    size_t whole = 0;
    char *bytes = expand(data, size, &whole);
    oss_ngram *ngram = NULL;
    if (whole >= 8 && memcmp(bytes, oss_ngram_magic, 8) == 0 &&
        oss_fuzz_ok(oss_ngram_load(&ngram, oss_fuzz_file(bytes, whole)))) {
        oss_fuzz_use_ngram(ngram, data, size);
        (void)oss_fuzz_ok(oss_ngram_write_arpa(ngram, oss_fuzz_scratch()));
        oss_ngram_free(ngram);
    } else {
        ck_assert_ptr_null(ngram);
    }
    free(bytes);
}

/* Of a file of ours what `expand` makes it of. */
static void seed(const oss_ngram_parts *parts) {
    static const uint8_t values[16] = {0, 0, 0x80, 0xbf, 0, 0, 0,    0xbf,
                                       0, 0, 0,    0xc0, 0, 0, 0x80, 0xbe}; /* -1 -0.5 -2 -0.25 */
    oss_ngram *ngram = NULL;
    ck_assert_msg(oss_ngram_pack(&ngram, parts) == OSS_OK, "%s", oss_last_error());
    size_t books = (size_t)parts->order * BOOK_BYTES, head = sizeof(oss_ngram_header);
    size_t rest = (size_t)ngram->bytes - head - books;
    char *bytes = malloc(head + sizeof values + rest);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, &ngram->header, head);
    memcpy(bytes + head, values, sizeof values);
    memcpy(bytes + head + sizeof values, (const char *)ngram->block + head + books, rest);
    oss_fuzz_seed(bytes, head + sizeof values + rest);
    free(bytes);
    oss_ngram_free(ngram);
}

static void seeds(void) {
    static const char *const token[] = {"<unk>", "<s>", "</s>", "a", "b", "c"};
    static const float unigram[] = {-3, -9, -1.5F, -1, -2, -2.5F}, back[] = {0, -0.5F, 0, -0.25F, 0.5F, 0};
    static const uint32_t two[] = {1, 3, 1, 4, 3, 2, 3, 4, 4, 3}, three[] = {1, 3, 4, 3, 4, 3};
    static const float bigram[] = {-0.5F, -0.75F, -0.3F, -0.2F, -0.1F}, trigram[] = {-0.05F, -0.07F};
    oss_ngram_parts parts = {.order = 3,
                             .token = token,
                             .list = {{.count = 6, .ln_p = unigram, .ln_backoff = back},
                                      {.count = 5, .token = two, .ln_p = bigram, .ln_backoff = back},
                                      {.count = 2, .token = three, .ln_p = trigram}}};
    seed(&parts);
    parts.order = 1;
    seed(&parts);
    parts.order = 2;
    parts.is_of_symbols = true;
    seed(&parts);
}

const oss_fuzz_target oss_target_lm = {.name = "lm", .run = run, .seeds = seeds};
