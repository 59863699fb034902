/* From an ARPA file's n-grams, in any order, to those that oss_ngram_pack takes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "ngram/arpa_model.h"
#include "ngram/ngram_image.h"

/* ---- Words in order ---- */

typedef struct sorted_word {
    const char *text;
    uint32_t word;
} sorted_word;

static int compare_words(const void *a, const void *b) {
    return strcmp(((const sorted_word *)a)->text, ((const sorted_word *)b)->text);
}

/* *out = the word's number by its place in the file; token = texts by number; both [words], the caller's. */
static oss_status number_words(uint32_t **out, const char ***out_token, const oss_arpa_words *words) {
    sorted_word *sorted = oss_alloc(words->count, sizeof *sorted);
    uint32_t *number = oss_alloc(words->count, sizeof *number);
    const char **token = oss_alloc(words->count, sizeof *token);
    if (sorted == NULL || number == NULL || token == NULL) {
        oss_free(sorted);
        oss_free(number);
        oss_free(token);
        return OSS_ENOMEM;
    }
    for (uint32_t i = 0; i < words->count; i++) {
        sorted[i] = (sorted_word){.text = oss_arpa_words_text(words, i), .word = i};
    }
    qsort(sorted + OSS_NGRAM_SPECIALS, words->count - OSS_NGRAM_SPECIALS, sizeof *sorted, compare_words);
    for (uint32_t i = 0; i < words->count; i++) {
        number[sorted[i].word] = i;
        token[i] = sorted[i].text;
    }
    oss_free(sorted);
    *out = number;
    *out_token = token;
    return OSS_OK;
}

/* ---- n-grams in order ---- */

enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };

/* One pass of a radix sort: places `from` into `to`, in the order of one digit of one token of each. */
static void sort_by_digit(uint32_t *to, const uint32_t *from, const oss_arpa_list *list, int32_t n, int32_t k,
                          int32_t shift, uint32_t *begin) {
    memset(begin, 0, DIGITS * sizeof *begin);
    for (int64_t i = 0; i < list->count; i++) {
        begin[list->token[i * n + k] >> shift & (DIGITS - 1)]++;
    }
    uint32_t sum = 0;
    for (int32_t digit = 0; digit < DIGITS; digit++) {
        uint32_t count = begin[digit];
        begin[digit] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < list->count; i++) {
        to[begin[list->token[(int64_t)from[i] * n + k] >> shift & (DIGITS - 1)]++] = from[i];
    }
}

static void sort_places(uint32_t **place, uint32_t **other, const oss_arpa_list *list, int32_t n,
                        uint32_t words, uint32_t *begin) {
    for (int32_t k = n - 1; k >= 0; k--) {
        for (int32_t shift = 0; shift < 32 && (words - 1) >> shift != 0; shift += DIGIT_BITS) {
            sort_by_digit(*other, *place, list, n, k, shift, begin);
            uint32_t *swapped = *place;
            *place = *other;
            *other = swapped;
        }
    }
}

static oss_status take_in_order(oss_arpa_list *list, int32_t n, const uint32_t *place) {
    oss_arpa_list sorted = {0};
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < list->count && status == OSS_OK; i++) {
        const uint32_t from = place[i];
        status = oss_arpa_list_add(&sorted, n, list->token + (int64_t)from * n, list->ln_p[from],
                                   list->ln_backoff[from], list->line[from]);
    }
    if (status != OSS_OK) {
        oss_arpa_list_deinit(&sorted);
        return status;
    }
    oss_arpa_list_deinit(list);
    *list = sorted;
    return OSS_OK;
}

static int compare(const uint32_t *a, const uint32_t *b, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static bool is_sorted(const oss_arpa_list *list, int32_t n) {
    for (int64_t i = 1; i < list->count; i++) {
        if (compare(list->token + (i - 1) * n, list->token + i * n, n) > 0) {
            return false;
        }
    }
    return true;
}

static oss_status sort_list(oss_arpa_list *list, int32_t n, uint32_t words) {
    if (list->count > OSS_NGRAM_MAX_COUNT) {
        return oss_fail(OSS_EINPUT, "more than %lld n-grams of order %d", (long long)OSS_NGRAM_MAX_COUNT,
                        (int)n);
    }
    if (is_sorted(list, n)) {
        return OSS_OK;
    }
    uint32_t *place = oss_alloc((size_t)list->count, sizeof *place);
    uint32_t *other = oss_alloc((size_t)list->count, sizeof *other);
    uint32_t *begin = oss_alloc(DIGITS, sizeof *begin);
    oss_status status = place == NULL || other == NULL || begin == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        for (int64_t i = 0; i < list->count; i++) {
            place[i] = (uint32_t)i;
        }
        sort_places(&place, &other, list, n, words, begin);
        status = take_in_order(list, n, place);
    }
    oss_free(place);
    oss_free(other);
    oss_free(begin);
    return status;
}

static oss_status name_twice(const oss_arpa_model *model, const oss_arpa_list *list, int32_t n, int64_t i,
                             const char *const *token) {
    char text[256] = "";
    size_t length = 0;
    for (int32_t k = 0; k < n && length < sizeof text; k++) {
        const char *word = token[list->token[i * n + k]];
        size_t left = sizeof text - 1 - length, bytes = strlen(word) + (k > 0);
        if (bytes > left) {
            break;
        }
        (void)strcpy(text + length, k > 0 ? " " : "");
        (void)strcat(text + length, word);
        length += bytes;
    }
    const uint32_t a = list->line[i - 1], b = list->line[i];
    return oss_fail(OSS_EINPUT, "%s:%u: \"%s\" is there twice, first on line %u: take one of them out",
                    model->name, a > b ? a : b, text, a > b ? b : a);
}

/* ---- Contexts that are missing ---- */

/* First place of a list whose n-gram is not before token[n]. */
static int64_t find_place(const oss_arpa_list *list, int32_t n, const uint32_t *token) {
    int64_t low = 0, high = list->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        bool less = compare(list->token + middle * n, token, n) < 0;
        low = less ? middle + 1 : low;
        high = less ? high : middle;
    }
    return low;
}

/* The place, or -1. */
static int64_t find_ngram(const oss_arpa_list *list, int32_t n, const uint32_t *token) {
    int64_t place = find_place(list, n, token);
    return place < list->count && compare(list->token + place * n, token, n) == 0 ? place : -1;
}

/* ln p(last | those before) of a token[n] that is no n-gram, by backing off. */
static float back_off(const oss_arpa_model *model, int32_t n, const uint32_t *token) {
    float ln_p = 0.0f;
    for (;; n--, token++) {
        int64_t context = find_ngram(&model->list[n - 2], n - 1, token);
        ln_p += context < 0 ? 0.0f : model->list[n - 2].ln_backoff[context];
        int64_t found = find_ngram(&model->list[n - 2], n - 1, token + 1);
        if (found >= 0) {
            ln_p += model->list[n - 2].ln_p[found];
            return ln_p < 0.0f ? ln_p : 0.0f;
        }
    }
}

/* n-grams of order n that begin longer ones and are not there themselves, in order, all as likely as backing off would
 * have them. Those of lower orders must be complete. */
static oss_status find_missing(oss_arpa_list *missing, const oss_arpa_model *model, int32_t n) {
    const oss_arpa_list *list = &model->list[n - 1], *longer = &model->list[n];
    int64_t at = 0;
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < longer->count && status == OSS_OK; i++) {
        const uint32_t *token = longer->token + i * (n + 1);
        while (at < list->count && compare(list->token + at * n, token, n) < 0) {
            at++;
        }
        bool is_there = at < list->count && compare(list->token + at * n, token, n) == 0;
        bool is_added =
            missing->count > 0 && compare(missing->token + (missing->count - 1) * n, token, n) == 0;
        if (!is_there && !is_added) {
            status = oss_arpa_list_add(missing, n, token, 0.0f, 0.0f, longer->line[i]);
        }
    }
    return status;
}

static oss_status add_missing(oss_arpa_model *model, int32_t n, uint32_t words) {
    oss_arpa_list missing = {0};
    oss_status status = find_missing(&missing, model, n);
    for (int64_t i = 0; i < missing.count && status == OSS_OK; i++) {
        status = oss_arpa_list_add(&model->list[n - 1], n, missing.token + i * n, NAN, 0.0f, missing.line[i]);
    }
    oss_arpa_list_deinit(&missing);
    return status == OSS_OK ? sort_list(&model->list[n - 1], n, words) : status;
}

static void rate_missing(oss_arpa_model *model, int32_t n) {
    oss_arpa_list *list = &model->list[n - 1];
    for (int64_t i = 0; i < list->count; i++) {
        if (isnan(list->ln_p[i])) {
            list->ln_p[i] = back_off(model, n, list->token + i * n);
        }
    }
}

/* ---- All of it ---- */

/* A model has every word as an n-gram of order 1: the three that a file may lack are as unlikely as can be. */
static oss_status complete_words(oss_arpa_model *model) {
    bool there[OSS_NGRAM_SPECIALS] = {false};
    oss_arpa_list *list = &model->list[0];
    for (int64_t i = 0; i < list->count; i++) {
        if (list->token[i] < OSS_NGRAM_SPECIALS) {
            there[list->token[i]] = true;
        }
    }
    oss_status status = OSS_OK;
    for (uint32_t special = 0; special < OSS_NGRAM_SPECIALS && status == OSS_OK; special++) {
        if (!there[special]) {
            status = oss_arpa_list_add(list, 1, &special, OSS_NGRAM_LN_FLOOR, 0.0f, 0);
        }
    }
    return status;
}

static oss_status order_list(oss_arpa_model *model, int32_t n, const uint32_t *number,
                             const char *const *token) {
    oss_arpa_list *list = &model->list[n - 1];
    for (int64_t i = 0; i < list->count * n; i++) {
        list->token[i] = number[list->token[i]];
    }
    oss_status status = sort_list(list, n, model->words.count);
    for (int64_t i = 1; i < list->count && status == OSS_OK; i++) {
        if (compare(list->token + (i - 1) * n, list->token + i * n, n) == 0) {
            status = name_twice(model, list, n, i, token);
        }
    }
    return status;
}

static oss_status order_lists(oss_arpa_model *model, const uint32_t *number, const char *const *token) {
    oss_status status = complete_words(model);
    for (int32_t n = 1; n <= model->order && status == OSS_OK; n++) {
        status = order_list(model, n, number, token);
    }
    for (int32_t n = model->order - 1; n >= 2 && status == OSS_OK; n--) {
        status = add_missing(model, n, model->words.count);
    }
    for (int32_t n = 2; n < model->order && status == OSS_OK; n++) {
        rate_missing(model, n);
    }
    return status;
}

oss_status oss_arpa_model_pack(oss_ngram **out, oss_arpa_model *model) {
    uint32_t *number = NULL;
    const char **token = NULL;
    oss_status status = number_words(&number, &token, &model->words);
    if (status == OSS_OK) {
        status = order_lists(model, number, token);
    }
    if (status == OSS_OK) {
        oss_ngram_parts parts = {.order = model->order, .token = token};
        for (int32_t n = 0; n < model->order; n++) {
            const oss_arpa_list *list = &model->list[n];
            parts.list[n] = (oss_ngram_list){.count = list->count,
                                             .token = n == 0 ? NULL : list->token,
                                             .ln_p = list->ln_p,
                                             .ln_backoff = n + 1 == model->order ? NULL : list->ln_backoff};
        }
        status = oss_ngram_pack(out, &parts);
    }
    oss_free(number);
    oss_free(token);
    return status;
}
