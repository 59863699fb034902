#include "score/character_errors.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/unicode.h"

enum { ROWS = 64 }; /* of the reference in a block */

typedef struct code_points {
    uint32_t *at; /* [count] */
    int64_t count;
} code_points;

static oss_status list_code_points(code_points *out, const char *text) {
    out->count = oss_text_length(text);
    out->at = oss_alloc((size_t)out->count, sizeof *out->at);
    if (out->at == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i < out->count; i++) {
        out->at[i] = oss_text_next(&text);
    }
    return OSS_OK;
}

static int compare_points(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

/* sorted[*out]: the different ones of both texts, which are replaced by their places among them. */
static oss_status number_points(code_points *a, code_points *b, int64_t *out) {
    int64_t count = a->count + b->count, kept = 0;
    uint32_t *sorted = oss_alloc((size_t)count, sizeof *sorted);
    if (sorted == NULL) {
        return OSS_ENOMEM;
    }
    memcpy(sorted, a->at, (size_t)a->count * sizeof *sorted);
    memcpy(sorted + a->count, b->at, (size_t)b->count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_points);
    for (int64_t i = 0; i < count; i++) {
        if (kept == 0 || sorted[i] != sorted[kept - 1]) {
            sorted[kept++] = sorted[i];
        }
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t *point = i < a->count ? &a->at[i] : &b->at[i - a->count];
        const uint32_t *found = bsearch(point, sorted, (size_t)kept, sizeof *sorted, compare_points);
        *point = (uint32_t)(found - sorted);
    }
    oss_free(sorted);
    *out = kept;
    return OSS_OK;
}

/* Differences between neighbours in the matrix: bits of those that are +1 and -1. */
typedef struct differences {
    uint64_t plus, minus;
} differences;

/* One column of a block: `down` are its vertical differences, made those of the next column. across: the horizontal difference
 * above it; returns that of row `last`. */
static int8_t next_column(differences *down, uint64_t equal, int8_t across, int last) {
    uint64_t either = equal | down->minus;
    equal |= across < 0;
    uint64_t diagonal = (((equal & down->plus) + down->plus) ^ down->plus) | equal;
    uint64_t plus = down->minus | ~(diagonal | down->plus);
    uint64_t minus = down->plus & diagonal;
    int8_t out = (int8_t)((int)(plus >> last & 1) - (int)(minus >> last & 1));
    plus = plus << 1 | (uint64_t)(across > 0);
    minus = minus << 1 | (uint64_t)(across < 0);
    down->plus = minus | ~(either | plus);
    down->minus = plus & either;
    return out;
}

/* across[b->count]: horizontal differences above the block, made those of its last row. mask: zeroed, and left so. */
static void pass_block(int8_t *across, uint64_t *mask, const uint32_t *rows, int count,
                       const code_points *b) {
    differences down = {.plus = ~UINT64_C(0)};
    for (int i = 0; i < count; i++) {
        mask[rows[i]] |= UINT64_C(1) << i;
    }
    for (int64_t j = 0; j < b->count; j++) {
        across[j] = next_column(&down, mask[b->at[j]], across[j], count - 1);
    }
    for (int i = 0; i < count; i++) {
        mask[rows[i]] = 0;
    }
}

static oss_status find_distance(int64_t *out, code_points *a, code_points *b) {
    int64_t points = 0, distance = a->count;
    oss_status status = number_points(a, b, &points);
    if (status != OSS_OK) {
        return status;
    }
    int8_t *across = oss_alloc((size_t)b->count, sizeof *across);
    uint64_t *mask = oss_alloc_zero((size_t)points, sizeof *mask);
    status = across == NULL || mask == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        memset(across, 1, (size_t)b->count);
        for (int64_t i = 0; i < a->count; i += ROWS) {
            pass_block(across, mask, a->at + i, a->count - i < ROWS ? (int)(a->count - i) : ROWS, b);
        }
        for (int64_t j = 0; j < b->count; j++) {
            distance += across[j];
        }
        *out = distance;
    }
    oss_free(across);
    oss_free(mask);
    return status;
}

oss_status oss_character_errors(const char *reference, const char *hypothesis, int64_t *out_characters,
                                int64_t *out_errors) {
    code_points a = {0}, b = {0};
    oss_status status = list_code_points(&a, reference);
    if (status == OSS_OK) {
        status = list_code_points(&b, hypothesis);
    }
    if (status == OSS_OK) {
        status = find_distance(out_errors, &a, &b);
    }
    if (status == OSS_OK) {
        *out_characters = a.count;
    }
    oss_free(a.at);
    oss_free(b.at);
    return status;
}
