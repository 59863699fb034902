#include "lm/smoothing.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "lm/record_stream.h"

oss_discount oss_discount_of(const int64_t of_count[OSS_COUNTS_OF_COUNTS]) {
    oss_discount discount = {{0.5, 1.0, 1.5}, true};
    double found[3];
    double n1 = (double)of_count[0], n2 = (double)of_count[1];
    for (int i = 0; i < 3; i++) {
        if (of_count[i] == 0) {
            return discount;
        }
        found[i] = i + 1 - (i + 2) * (n1 / (n1 + 2.0 * n2)) * (double)of_count[i + 1] / (double)of_count[i];
        if (!(found[i] > 0.0 && found[i] <= i + 1)) {
            return discount; /* nothing would be left for others, or more than there is */
        }
    }
    memcpy(discount.of, found, sizeof found);
    discount.is_fallback = false;
    return discount;
}

/* Numbers in records. */
static uint32_t to_bits(double value) {
    float number = (float)value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static double from_bits(uint32_t bits) {
    float number;
    memcpy(&number, &bits, sizeof number);
    return (double)number;
}

typedef struct smoother {
    const oss_smoothing *s;
    double *unigram; /* [words] */
    double all_raw;  /* tokens and ends of sentences of the text */
    oss_sorter by_suffix, by_token[OSS_NGRAM_ORDER_MAX];
    oss_record_stream
        context[OSS_NGRAM_ORDER_MAX]; /* [n - 1]: of n-grams of order n: tokens, backoff, share */
    oss_record_stream lower, own;     /* p of order n - 1 and n, by suffixes */
    uint32_t *group;                  /* [group_capacity, n + 2]: n-grams with one context */
    size_t grouped, group_capacity;
} smoother;

static void deinit(smoother *m) {
    oss_sorter_close(&m->by_suffix);
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        oss_sorter_close(&m->by_token[n]);
        oss_record_stream_close(&m->context[n]);
    }
    oss_record_stream_close(&m->lower);
    oss_record_stream_close(&m->own);
    oss_free(m->group);
    oss_free(m->unigram);
}

/* ---- Contexts ---- */

/* Sums over the n-grams of one context. */
typedef struct context_sums {
    double total, raw, free; /* free: what discounts and what was cut off leave to others */
} context_sums;

static double get_discount(const oss_discount *discount, uint32_t count) {
    return discount->of[count > 3 ? 2 : count - 1];
}

static void add_to_context(context_sums *sums, const oss_discount *discount, const uint32_t *numbers) {
    uint32_t adjusted = numbers[OSS_COUNT_ADJUSTED], count = adjusted & OSS_COUNT_MOST;
    sums->total += count;
    sums->raw += numbers[OSS_COUNT_RAW];
    sums->free += adjusted & OSS_COUNT_IS_CUT ? (double)count : get_discount(discount, count);
}

/* ---- Order 1 ---- */

static oss_status smooth_unigrams(smoother *m) {
    const oss_smoothing *s = m->s;
    oss_discount discount = oss_discount_of(s->counts->of_count[0]);
    context_sums sums = {0};
    const uint32_t *record = NULL;
    m->unigram = oss_alloc_zero(s->words, sizeof *m->unigram);
    oss_status status = m->unigram == NULL ? OSS_ENOMEM : oss_sorter_finish(&s->counts->sorter[0]);
    while (status == OSS_OK) {
        status = oss_sorter_next(&s->counts->sorter[0], &record);
        if (status != OSS_OK || record == NULL) {
            break;
        }
        add_to_context(&sums, &discount, record + 1);
        m->unigram[record[0]] = record[1] - get_discount(&discount, record[1]);
    }
    oss_sorter_close(&s->counts->sorter[0]);
    m->all_raw = sums.raw;
    /* What is left is shared by all tokens that may follow on something: all but <s>. */
    double uniform = sums.total > 0.0 ? sums.free / sums.total / (s->words - 1) : 1.0 / (s->words - 1);
    for (uint32_t i = 0; i < s->words && status == OSS_OK; i++) {
        m->unigram[i] =
            i == OSS_NGRAM_BEGIN ? 0.0 : uniform + (sums.total > 0.0 ? m->unigram[i] / sums.total : 0.0);
    }
    return status;
}

/* ---- Higher orders: shares of each context, then p with that of the lower order ---- */

static oss_status put_in_group(smoother *m, const uint32_t *record, size_t width) {
    if ((m->grouped + 1) * width > m->group_capacity) {
        size_t capacity = 2 * m->group_capacity + (1 << 12);
        uint32_t *grown = oss_resize(m->group, capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        m->group = grown;
        m->group_capacity = capacity;
    }
    memcpy(m->group + m->grouped++ * width, record, width * sizeof *record);
    return OSS_OK;
}

static oss_status end_group(smoother *m, int32_t n, const oss_discount *discount) {
    const size_t width = (size_t)n + OSS_COUNT_NUMBERS;
    context_sums sums = {0};
    uint32_t record[OSS_NGRAM_ORDER_MAX + 2];
    for (size_t i = 0; i < m->grouped; i++) {
        add_to_context(&sums, discount, m->group + i * width + n);
    }
    const double backoff = sums.free / sums.total;
    memcpy(record, m->group, (size_t)(n - 1) * sizeof *record);
    record[n - 1] = to_bits(backoff);
    record[n] = to_bits(sums.raw / m->all_raw);
    oss_status status = oss_record_stream_add(&m->context[n - 1], record);
    for (size_t i = 0; i < m->grouped && status == OSS_OK; i++) {
        const uint32_t *at = m->group + i * width;
        if (!(at[n] & OSS_COUNT_IS_CUT)) {
            memcpy(record, at, (size_t)n * sizeof *record);
            record[n] = to_bits((at[n] - get_discount(discount, at[n])) / sums.total);
            record[n + 1] = to_bits(backoff);
            status = oss_sorter_add(&m->by_suffix, record);
        }
    }
    m->grouped = 0;
    return status;
}

static oss_status share_contexts(smoother *m, int32_t n) {
    const size_t width = (size_t)n + OSS_COUNT_NUMBERS;
    oss_discount discount = oss_discount_of(m->s->counts->of_count[n - 1]);
    oss_sorter *sorter = &m->s->counts->sorter[n - 1];
    const uint32_t *record = NULL;
    oss_status status = oss_sorter_finish(sorter);
    while (status == OSS_OK) {
        status = oss_sorter_next(sorter, &record);
        if (status != OSS_OK || record == NULL) {
            break;
        }
        if (m->grouped > 0 && memcmp(m->group, record, (size_t)(n - 1) * sizeof *record) != 0) {
            status = end_group(m, n, &discount);
        }
        status = status == OSS_OK ? put_in_group(m, record, width) : status;
    }
    if (status == OSS_OK && m->grouped > 0) {
        status = end_group(m, n, &discount);
    }
    oss_sorter_close(sorter);
    return status == OSS_OK ? oss_record_stream_rewind(&m->context[n - 1]) : status;
}

/* p of the last n - 1 tokens of token[n]; *lower moves on to them. */
static oss_status find_lower(smoother *m, int32_t n, const uint32_t *token, const uint32_t **lower,
                             double *out) {
    oss_status status = OSS_OK;
    if (n == 2) {
        *out = m->unigram[token[1]];
        return OSS_OK;
    }
    while (status == OSS_OK &&
           (*lower == NULL || memcmp(*lower, token + 1, (size_t)(n - 1) * sizeof *token) != 0)) {
        status = oss_record_stream_next(&m->lower, lower);
        if (status == OSS_OK && *lower == NULL) {
            return oss_fail(OSS_EINPUT, "an n-gram of order %d has no suffix: this is a defect of Ossicle",
                            (int)n);
        }
    }
    *out = status == OSS_OK ? from_bits((*lower)[n - 1]) : 0.0;
    return status;
}

static oss_status interpolate(smoother *m, int32_t n) {
    const uint32_t *record = NULL, *lower = NULL;
    uint32_t own[OSS_NGRAM_ORDER_MAX + 1];
    double p_lower = 0.0;
    oss_status status = oss_sorter_finish(&m->by_suffix);
    while (status == OSS_OK) {
        status = oss_sorter_next(&m->by_suffix, &record);
        if (status != OSS_OK || record == NULL) {
            break;
        }
        status = find_lower(m, n, record, &lower, &p_lower);
        memcpy(own, record, (size_t)n * sizeof *own);
        own[n] = to_bits(from_bits(record[n]) + from_bits(record[n + 1]) * p_lower);
        if (status == OSS_OK && n < m->s->counts->order) {
            status = oss_record_stream_add(&m->own, own);
        }
        if (status == OSS_OK) {
            status = oss_sorter_add(&m->by_token[n - 1], own);
        }
    }
    return status;
}

static oss_status smooth_order(smoother *m, int32_t n) {
    const oss_smoothing *s = m->s;
    const char *folder = s->room->folder;
    oss_status status =
        oss_sorter_open(&m->by_suffix, (oss_sort_form){.width = n + 2, .keys = n, .is_reversed = true},
                        s->room, s->memory, s->numbers / 2);
    if (status == OSS_OK) {
        status = oss_record_stream_open(&m->context[n - 1], folder, n + 1);
    }
    if (status == OSS_OK) {
        status = oss_record_stream_open(&m->own, folder, n + 1);
    }
    if (status == OSS_OK) {
        status = share_contexts(m, n);
    }
    if (status == OSS_OK) {
        status = interpolate(m, n);
    }
    oss_sorter_close(&m->by_suffix);
    oss_record_stream_close(&m->lower);
    m->lower = m->own;
    m->own = (oss_record_stream){0};
    return status == OSS_OK ? oss_record_stream_rewind(&m->lower) : status;
}

/* ---- What comes out ---- */

/* Moves *context on to token[n], or behind where it would be. */
static oss_status find_context(smoother *m, int32_t n, const uint32_t *token, const uint32_t **context,
                               bool *is_started) {
    oss_status status = OSS_OK;
    while (status == OSS_OK) {
        int32_t i = 0;
        while (*context != NULL && i < n && (*context)[i] == token[i]) {
            i++;
        }
        if (*is_started && (*context == NULL || i == n || (*context)[i] > token[i])) {
            break;
        }
        *is_started = true;
        status = oss_record_stream_next(&m->context[n], context);
    }
    return status;
}

static oss_status give(smoother *m, int32_t n, const uint32_t *token, double p, const uint32_t **context,
                       bool *is_started) {
    double backoff = 1.0, share = 0.0;
    oss_status status = n < m->s->counts->order ? find_context(m, n, token, context, is_started) : OSS_OK;
    if (*context != NULL && memcmp(*context, token, (size_t)n * sizeof *token) == 0) {
        backoff = from_bits((*context)[n]);
        share = from_bits((*context)[n + 1]);
    }
    return status == OSS_OK ? m->s->take(m->s->context, n, token, p, backoff, share) : status;
}

static oss_status give_order(smoother *m, int32_t n) {
    const uint32_t *context = NULL, *record = NULL;
    bool is_started = false;
    oss_status status = OSS_OK;
    if (n == 1) {
        for (uint32_t i = 0; i < m->s->words && status == OSS_OK; i++) {
            status = give(m, 1, &i, m->unigram[i], &context, &is_started);
        }
        return status;
    }
    status = oss_sorter_finish(&m->by_token[n - 1]);
    while (status == OSS_OK) {
        status = oss_sorter_next(&m->by_token[n - 1], &record);
        if (status != OSS_OK || record == NULL) {
            break;
        }
        status = give(m, n, record, from_bits(record[n]), &context, &is_started);
    }
    oss_sorter_close(&m->by_token[n - 1]);
    return status;
}

/* The second half of the memory, by the sizes that are likely. */
static oss_status open_sorters(smoother *m) {
    const oss_smoothing *s = m->s;
    size_t weights = 0, used = 0, half = s->numbers / 2;
    oss_status status = OSS_OK;
    for (int32_t n = 2; n <= s->counts->order; n++) {
        weights += (size_t)(n * n);
    }
    for (int32_t n = 2; n <= s->counts->order && status == OSS_OK; n++) {
        size_t numbers = half / weights * (size_t)(n * n);
        status = oss_sorter_open(&m->by_token[n - 1], (oss_sort_form){.width = n + 1, .keys = n}, s->room,
                                 s->memory + half + used, numbers);
        used += numbers;
    }
    return status;
}

oss_status oss_smoothing_run(const oss_smoothing *smoothing) {
    smoother m = {.s = smoothing};
    oss_status status = open_sorters(&m);
    if (status == OSS_OK) {
        status = smooth_unigrams(&m);
    }
    for (int32_t n = 2; n <= smoothing->counts->order && status == OSS_OK; n++) {
        status = smooth_order(&m, n);
    }
    for (int32_t n = 1; n <= smoothing->counts->order && status == OSS_OK; n++) {
        status = give_order(&m, n);
    }
    deinit(&m);
    return status;
}
