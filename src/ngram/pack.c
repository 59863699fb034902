#include "ngram/pack.h"

#include <math.h>

#include "base/fail.h"
#include "base/mem.h"
#include "ngram/codebook.h"
#include "ngram/ngram_image.h"

/* ---- What is refused ---- */

static oss_status refuse(const oss_ngram_list *list, int32_t n, int64_t place, const char *what) {
    return oss_fail(OSS_EINPUT, "n-gram %lld of %lld of order %d: %s", (long long)place + 1,
                    (long long)list->count, (int)n, what);
}

static int compare(const uint32_t *a, const uint32_t *b, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static oss_status check_list(const oss_ngram_list *list, int32_t n, int64_t tokens) {
    for (int64_t i = 0; i < list->count; i++) {
        if (!isfinite(list->ln_p[i]) || list->ln_p[i] > 0.0f ||
            (list->ln_backoff != NULL && !isfinite(list->ln_backoff[i]))) {
            return refuse(list, n, i, "its probability is above 1, or a number is none");
        }
        const uint32_t *token = n == 1 ? NULL : list->token + i * n;
        for (int32_t k = 0; k < n && token != NULL; k++) {
            if (token[k] >= tokens) {
                return refuse(list, n, i, "a token that is none");
            }
        }
        if (token != NULL && i > 0 && compare(token - n, token, n) >= 0) {
            return refuse(list, n, i, "not behind the one before it");
        }
    }
    return OSS_OK;
}

static oss_status check_tokens(const oss_ngram_parts *parts) {
    static const char *const special[OSS_NGRAM_SPECIALS] = {"<unk>", "<s>", "</s>"};
    const int64_t count = parts->list[0].count;
    if (parts->order < 1 || parts->order > OSS_NGRAM_ORDER_MAX || count < OSS_NGRAM_SPECIALS) {
        return oss_fail(OSS_EINPUT, "an n-gram model has orders 1 to %d and at least <unk>, <s> and </s>",
                        (int)OSS_NGRAM_ORDER_MAX);
    }
    for (int64_t i = 0; i < count; i++) {
        if (i < OSS_NGRAM_SPECIALS
                ? strcmp(parts->token[i], special[i]) != 0
                : i > OSS_NGRAM_SPECIALS && strcmp(parts->token[i - 1], parts->token[i]) >= 0) {
            return oss_fail(OSS_EINPUT, "token %lld, \"%s\", is not where it belongs", (long long)i,
                            parts->token[i]);
        }
    }
    return OSS_OK;
}

static oss_status check_parts(const oss_ngram_parts *parts) {
    oss_status status = check_tokens(parts);
    for (int32_t n = 1; n <= parts->order && status == OSS_OK; n++) {
        const oss_ngram_list *list = &parts->list[n - 1];
        status = list->count > OSS_NGRAM_MAX_COUNT
                     ? oss_fail(OSS_EINPUT, "%lld n-grams of order %d are too many", (long long)list->count,
                                (int)n)
                     : check_list(list, n, parts->list[0].count);
    }
    return status;
}

/* ---- Filling the block ---- */

int64_t oss_ngram_bytes_of(int32_t order, const int64_t count[OSS_NGRAM_ORDER_MAX], int64_t text_bytes) {
    oss_ngram ngram;
    oss_ngram_header header = {.order = (uint32_t)order, .text_bytes = (uint64_t)text_bytes};
    for (int32_t n = 0; n < order; n++) {
        header.count[n] = (uint64_t)count[n];
    }
    return oss_ngram_lay_out(&ngram, &header) && ngram.bytes <= INT64_MAX ? (int64_t)ngram.bytes : -1;
}

static oss_status lay_out(oss_ngram *ngram, const oss_ngram_parts *parts) {
    oss_ngram_header header = {.byte_order = OSS_NGRAM_LITTLE_ENDIAN,
                               .order = (uint32_t)parts->order,
                               .flags = parts->is_of_symbols ? OSS_NGRAM_FLAG_SYMBOLS : 0u};
    memcpy(header.magic, oss_ngram_magic, sizeof header.magic);
    for (int32_t n = 0; n < parts->order; n++) {
        header.count[n] = (uint64_t)parts->list[n].count;
    }
    for (int64_t i = 0; i < parts->list[0].count; i++) {
        header.text_bytes += strlen(parts->token[i]);
    }
    return oss_ngram_lay_out(ngram, &header) && ngram->bytes <= SIZE_MAX / 2
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "the texts of the tokens take more than 2 GiB");
}

static void put_texts(oss_ngram *ngram, const oss_ngram_parts *parts) {
    uint32_t at = 0;
    for (int64_t i = 0; i < parts->list[0].count; i++) {
        size_t bytes = strlen(parts->token[i]);
        ngram->text_offset[i] = at;
        memcpy(ngram->text + at, parts->token[i], bytes);
        at += (uint32_t)bytes;
    }
    ngram->text_offset[parts->list[0].count] = at;
}

static oss_status fit_books(oss_ngram *ngram, const oss_ngram_parts *parts) {
    oss_status status = OSS_OK;
    for (int32_t n = 0; n < parts->order && status == OSS_OK; n++) {
        const oss_ngram_list *list = &parts->list[n];
        float *book = ngram->book + (size_t)2 * (size_t)n * OSS_NGRAM_BOOK;
        status = oss_codebook_fit(book, list->ln_p, list->count, OSS_NGRAM_LN_FLOOR);
        for (int32_t i = 0; i < OSS_NGRAM_BOOK; i++) {
            book[i] = fmaxf(book[i], OSS_NGRAM_LN_FLOOR); /* then the floor is at the beginning still */
        }
        if (status == OSS_OK) {
            status = oss_codebook_fit(book + OSS_NGRAM_BOOK, list->ln_backoff, list->count, 0.0f);
        }
    }
    return status;
}

/* Records of order n; *nexts of them begin at the same place in the list above, whose n-grams must all be reached. */
static oss_status put_level(oss_ngram *ngram, const oss_ngram_parts *parts, int32_t n) {
    const oss_ngram_level *level = &ngram->level[n - 1];
    const oss_ngram_list *list = &parts->list[n - 1];
    const oss_ngram_list *above = n < parts->order ? &parts->list[n] : NULL;
    int64_t next = 0;
    for (int64_t i = 0; i < list->count; i++) {
        const uint32_t first[1] = {(uint32_t)i}, *token = n == 1 ? first : list->token + i * n;
        uint64_t bit = (uint64_t)i * level->width;
        if (n > 1) {
            oss_ngram_put_bits(level->record, bit, token[n - 1]);
        }
        oss_ngram_put_bits(level->record, bit + level->token_bits,
                           oss_codebook_find(level->ln_p, list->ln_p[i]));
        if (above == NULL) {
            continue;
        }
        float backoff = list->ln_backoff == NULL ? 0.0f : list->ln_backoff[i];
        oss_ngram_put_bits(level->record, bit + level->backoff_shift,
                           oss_codebook_find(level->ln_backoff, backoff));
        oss_ngram_put_bits(level->record, bit + level->next_shift, (uint64_t)next);
        while (next < above->count && compare(above->token + next * (n + 1), token, n) == 0) {
            next++;
        }
    }
    if (above == NULL) {
        return OSS_OK;
    }
    oss_ngram_put_bits(level->record, (uint64_t)list->count * level->width + level->next_shift,
                       (uint64_t)next);
    return next == above->count ? OSS_OK
                                : refuse(above, n + 1, next, "its tokens but the last are no n-gram");
}

static oss_status fill(oss_ngram *ngram, const oss_ngram_parts *parts) {
    put_texts(ngram, parts);
    oss_status status = fit_books(ngram, parts);
    for (int32_t n = 1; n <= parts->order && status == OSS_OK; n++) {
        status = put_level(ngram, parts, n);
    }
    return status;
}

oss_status oss_ngram_pack(oss_ngram **out, const oss_ngram_parts *parts) {
    oss_status status = check_parts(parts);
    oss_ngram *ngram = status == OSS_OK ? oss_alloc_zero(1, sizeof *ngram) : NULL;
    if (ngram == NULL) {
        return status == OSS_OK ? OSS_ENOMEM : status;
    }
    ngram->owners = 1;
    status = lay_out(ngram, parts);
    void *block = status == OSS_OK ? oss_alloc_zero(1, (size_t)ngram->bytes) : NULL;
    if (status == OSS_OK && block == NULL) {
        status = OSS_ENOMEM;
    }
    if (block != NULL) {
        oss_ngram_place(ngram, block);
        status = fill(ngram, parts);
    }
    if (status == OSS_OK) {
        *out = ngram;
    } else {
        oss_ngram_free(ngram);
    }
    return status;
}
