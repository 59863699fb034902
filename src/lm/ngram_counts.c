#include "lm/ngram_counts.h"

#include <string.h>

#include "base/fail.h"

/* ---- n-grams of the highest order, in the order of their last tokens ---- */

typedef struct window {
    oss_sorter *all;
    int32_t order;
    uint32_t token[OSS_NGRAM_ORDER_MAX + 1]; /* [order] and a count of 1 */
} window;

static void begin_sentence(window *w) {
    for (int32_t i = 0; i < w->order; i++) {
        w->token[i] = OSS_NGRAM_BEGIN;
    }
    w->token[w->order] = 1;
}

static oss_status take_token(void *context, uint32_t token) {
    window *w = context;
    memmove(w->token, w->token + 1, (size_t)(w->order - 1) * sizeof *w->token);
    w->token[w->order - 1] = token;
    oss_status status = oss_sorter_add(w->all, w->token);
    if (token == OSS_NGRAM_END) {
        begin_sentence(w);
    }
    return status;
}

/* ---- Adjusted counts ---- */

/* The last n-gram of each order that is a suffix of the last record, while its counts grow. */
typedef struct adjusting {
    oss_ngram_counts *counts;
    uint32_t record[OSS_NGRAM_ORDER_MAX + 1];
    int32_t length; /* the last record without all but one <s> at its beginning; 0: there was none */
    uint64_t adjusted[OSS_NGRAM_ORDER_MAX + 1], raw[OSS_NGRAM_ORDER_MAX + 1]; /* [1 to order] */
} adjusting;

static uint32_t bound(uint64_t count, uint32_t most) {
    return count > most ? most : (uint32_t)count;
}

/* The n-gram of order n, none of which comes any more. */
static oss_status end_ngram(adjusting *a, int32_t n) {
    oss_ngram_counts *counts = a->counts;
    uint32_t record[OSS_NGRAM_ORDER_MAX + OSS_COUNT_NUMBERS];
    const uint32_t *token = a->record + counts->order - n;
    bool is_raw = n == counts->order || token[0] == OSS_NGRAM_BEGIN;
    uint64_t count = is_raw ? a->raw[n] : a->adjusted[n];
    bool is_cut = n > 1 && a->raw[n] <= counts->cutoff[n - 1];
    memcpy(record, token, (size_t)n * sizeof *record);
    record[n + OSS_COUNT_ADJUSTED] = bound(count, OSS_COUNT_MOST) | (is_cut ? OSS_COUNT_IS_CUT : 0);
    record[n + OSS_COUNT_RAW] = bound(a->raw[n], UINT32_MAX);
    if (count <= OSS_COUNTS_OF_COUNTS) {
        counts->of_count[n - 1][count - 1]++;
    }
    counts->kept[n - 1] += !is_cut;
    return oss_sorter_add(&counts->sorter[n - 1], record);
}

/* Tokens at the end that both have. */
static int32_t count_common(const adjusting *a, const uint32_t *record, int32_t length) {
    const int32_t order = a->counts->order;
    int32_t most = length < a->length ? length : a->length, common = 0;
    while (common < most && record[order - 1 - common] == a->record[order - 1 - common]) {
        common++;
    }
    return common;
}

static int32_t get_length(const uint32_t *record, int32_t order) {
    int32_t length = order;
    while (length > 1 && record[order - length] == OSS_NGRAM_BEGIN &&
           record[order - length + 1] == OSS_NGRAM_BEGIN) {
        length--;
    }
    return length;
}

static oss_status adjust(adjusting *a, const uint32_t *record) {
    const int32_t order = a->counts->order;
    int32_t length = get_length(record, order), common = count_common(a, record, length);
    oss_status status = OSS_OK;
    for (int32_t n = a->length; n > common && status == OSS_OK; n--) {
        status = end_ngram(a, n);
    }
    for (int32_t n = 1; n <= length; n++) {
        a->raw[n] = (n > common ? 0 : a->raw[n]) + record[order];
        a->adjusted[n] = n > common ? 1 : a->adjusted[n] + (n == common);
    }
    memcpy(a->record, record, ((size_t)order + 1) * sizeof *record);
    a->length = length;
    return status;
}

static oss_status adjust_all(oss_ngram_counts *counts, oss_sorter *all) {
    adjusting a = {.counts = counts};
    const uint32_t *record = NULL;
    oss_status status = oss_sorter_next(all, &record);
    while (status == OSS_OK && record != NULL) {
        status = adjust(&a, record);
        if (status == OSS_OK) {
            status = oss_sorter_next(all, &record);
        }
    }
    for (int32_t n = a.length; n > 0 && status == OSS_OK; n--) {
        status = end_ngram(&a, n);
    }
    return status;
}

oss_status oss_ngram_counts_make(oss_ngram_counts *counts, oss_corpus *corpus, const oss_sort_room *room,
                                 uint32_t *memory, size_t numbers) {
    oss_sorter all;
    const oss_sort_form form = {
        .width = counts->order + 1, .keys = counts->order, .is_reversed = true, .is_summed = true};
    window w = {.all = &all, .order = counts->order};
    oss_status status = oss_sorter_open(&all, form, room, memory, numbers);
    begin_sentence(&w);
    if (status == OSS_OK) {
        status = oss_corpus_walk(corpus, take_token, &w);
    }
    if (status == OSS_OK) {
        status = oss_sorter_finish(&all);
    }
    if (status == OSS_OK) {
        status = adjust_all(counts, &all);
    }
    oss_sorter_close(&all);
    return status;
}
