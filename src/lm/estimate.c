#include "lm/estimate.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "lm/arpa_lines_out.h"
#include "lm/lm_model.h"
#include "lm/lm_prune.h"
#include "lm/smoothing.h"
#include "ngram/pack.h"

#define LN10 2.302585092994045684

struct oss_estimate {
    oss_estimate_options options;
    oss_sort_room room;
    uint32_t *
        memory; /* [numbers]: the first half sorts n-grams of the highest order, then smoothed ones; the second
                         one holds the text, then n-grams of all orders by their tokens */
    size_t numbers;
    oss_corpus corpus;
    oss_ngram_counts counts;
    oss_lm_model model;
    oss_arpa_out arpa;
};

oss_status oss_estimate_open(oss_estimate **out, const oss_estimate_options *options) {
    oss_estimate *e = oss_alloc_zero(1, sizeof *e);
    oss_status status = OSS_ENOMEM;
    if (e != NULL) {
        e->options = *options;
        e->room = (oss_sort_room){options->pool, options->stop, options->text.folder};
        e->numbers = (size_t)options->memory_bytes / sizeof *e->memory;
        e->memory = oss_alloc(e->numbers, sizeof *e->memory);
    }
    if (e != NULL && e->memory != NULL) {
        size_t half = e->numbers / 2;
        status = oss_corpus_open(&e->corpus, &options->text, e->memory + half, e->numbers - half);
    }
    if (status != OSS_OK) {
        oss_estimate_free(e);
        e = NULL;
    }
    *out = e;
    return status;
}

void oss_estimate_free(oss_estimate *estimate) {
    if (estimate == NULL) {
        return;
    }
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        oss_sorter_close(&estimate->counts.sorter[n]);
    }
    oss_corpus_deinit(&estimate->corpus);
    oss_lm_model_deinit(&estimate->model);
    oss_arpa_out_abort(&estimate->arpa);
    oss_free(estimate->memory);
    oss_free(estimate);
}

oss_corpus *oss_estimate_corpus(oss_estimate *estimate) {
    return &estimate->corpus;
}

/* ---- Counts ---- */

/* The second half of the memory, by the sizes that are likely: there are more of the longer n-grams. It holds the text
 * while sorters fill that are opened after it was read: each sorter's records come after the last word is counted. */
static oss_status open_sorters(oss_estimate *e) {
    size_t weights = 0, used = e->numbers / 2, half = e->numbers - used;
    oss_status status = OSS_OK;
    const int32_t order = e->options.order;
    for (int32_t n = 1; n <= order; n++) {
        weights += (size_t)(n * n);
    }
    for (int32_t n = 1; n <= order && status == OSS_OK; n++) {
        size_t numbers = half / weights * (size_t)(n * n);
        oss_sort_form form = {.width = n + OSS_COUNT_NUMBERS, .keys = n};
        status = oss_sorter_open(&e->counts.sorter[n - 1], form, &e->room, e->memory + used, numbers);
        used += numbers;
    }
    return status;
}

static oss_status count(oss_estimate *e) {
    e->counts.order = e->options.order;
    for (int32_t n = 0; n < e->options.order; n++) {
        int64_t cutoff = e->options.cutoff[n];
        e->counts.cutoff[n] = cutoff > UINT32_MAX ? UINT32_MAX : (uint32_t)cutoff;
    }
    oss_status status =
        e->corpus.sentences > 0 ? OSS_OK : oss_fail(OSS_EINPUT, "there is no sentence in the text");
    if (status == OSS_OK) {
        status = oss_corpus_close_vocab(&e->corpus);
    }
    if (status == OSS_OK) {
        status = open_sorters(e);
    }
    if (status == OSS_OK) {
        status = oss_ngram_counts_make(&e->counts, &e->corpus, &e->room, e->memory, e->numbers / 2);
    }
    return status;
}

/* ---- The file ---- */

static oss_status put_in_arpa(void *context, int32_t n, const uint32_t *token, double p, double backoff,
                              double share) {
    oss_arpa_out *out = context;
    (void)share;
    if (n <= out->order) {
        oss_arpa_out_put(out, n, token, log10(p), log10(backoff));
    }
    return OSS_OK;
}

static void put_model_in_arpa(oss_arpa_out *out, const oss_lm_model *model) {
    for (int32_t n = 1; n <= model->order; n++) {
        const oss_lm_order *of = &model->of[n - 1];
        for (int64_t i = 0; i < of->count; i++) {
            oss_arpa_out_put(out, n, of->token + i * n, (double)of->ln_p[i] / LN10,
                             (double)of->ln_backoff[i] / LN10);
        }
    }
}

/* path NULL: *out_bytes alone. */
static oss_status write_arpa(oss_estimate *e, const char *path, int64_t *out_bytes) {
    const oss_lm_model *model = &e->model;
    int64_t ngrams[OSS_NGRAM_ORDER_MAX] = {0};
    for (int32_t n = 0; n < model->order; n++) {
        ngrams[n] = model->of[n].count;
    }
    oss_status status = oss_arpa_out_open(&e->arpa, path, e->corpus.word, model->order, ngrams);
    if (status == OSS_OK) {
        put_model_in_arpa(&e->arpa, model);
        status = oss_arpa_out_commit(&e->arpa);
        *out_bytes = (int64_t)e->arpa.bytes;
    }
    return status;
}

static oss_status write_own(oss_estimate *e, const char *path, int64_t *out_bytes) {
    const oss_lm_model *model = &e->model;
    oss_ngram_parts parts = {
        .order = model->order, .is_of_symbols = e->options.text.is_of_symbols, .token = e->corpus.word};
    for (int32_t n = 1; n <= model->order; n++) {
        const oss_lm_order *of = &model->of[n - 1];
        parts.list[n - 1] = (oss_ngram_list){.count = of->count,
                                             .token = n == 1 ? NULL : of->token,
                                             .ln_p = of->ln_p,
                                             .ln_backoff = n < model->order ? of->ln_backoff : NULL};
    }
    oss_ngram *ngram = NULL;
    oss_status status = oss_ngram_pack(&ngram, &parts);
    if (status == OSS_OK) {
        *out_bytes = oss_ngram_bytes(ngram);
        status = path == NULL ? OSS_OK : oss_ngram_save(ngram, path);
    }
    oss_ngram_free(ngram);
    return status;
}

static oss_status write_model(oss_estimate *e, const char *path, int64_t *out_bytes) {
    return e->options.is_arpa ? write_arpa(e, path, out_bytes) : write_own(e, path, out_bytes);
}

/* ---- Sizes ---- */

static bool count_fits(const void *most, const int64_t count[OSS_NGRAM_ORDER_MAX]) {
    int64_t ngrams = 0;
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        ngrams += count[n];
    }
    return ngrams <= *(const int64_t *)most;
}

typedef struct size_bound {
    int64_t text_bytes; /* of all tokens */
    double most;        /* bytes */
    double scale;       /* ARPA: bytes of a file by what is guessed of it */
} size_bound;

static bool own_size_fits(const void *context, const int64_t count[OSS_NGRAM_ORDER_MAX]) {
    const size_bound *bound = context;
    int32_t order = OSS_NGRAM_ORDER_MAX;
    while (order > 1 && count[order - 1] == 0) {
        order--;
    }
    const int64_t bytes = oss_ngram_bytes_of(order, count, bound->text_bytes);
    return bytes >= 0 && (double)bytes <= bound->most;
}

/* A line has two numbers of about eight digits, and its tokens. */
static double guess_arpa(const size_bound *bound, const int64_t count[OSS_NGRAM_ORDER_MAX]) {
    double token = 1.0 + (double)bound->text_bytes / (double)count[0], bytes = 0.0;
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        bytes += (double)count[n] * (18.0 + token * (n + 1));
    }
    return bytes;
}

static bool arpa_size_fits(const void *context, const int64_t count[OSS_NGRAM_ORDER_MAX]) {
    const size_bound *bound = context;
    return bound->scale * guess_arpa(bound, count) <= bound->most;
}

/* The size of our own file is known by its counts, so once is enough. That of an ARPA file depends on its digits: words of
 * what is pruned last are shorter than others, so it is come close to from above, and then with what was learnt there. */
static oss_status prune_once(oss_estimate *e, int64_t bytes) {
    size_bound bound = {.most = (double)e->options.most_bytes};
    int64_t count[OSS_NGRAM_ORDER_MAX] = {0};
    for (int64_t i = 0; i < e->model.of[0].count; i++) {
        bound.text_bytes += (int64_t)strlen(e->corpus.word[i]);
    }
    if (!e->options.is_arpa) {
        return oss_lm_prune(&e->model, 0.0, own_size_fits, &bound);
    }
    for (int32_t n = 0; n < e->model.order; n++) {
        count[n] = e->model.of[n].count;
    }
    bound.scale = (double)bytes / guess_arpa(&bound, count);
    bound.most *= (double)bytes > 1.1 * bound.most ? 1.04 : 0.995;
    return oss_lm_prune(&e->model, 0.0, arpa_size_fits, &bound);
}

static oss_status prune_to_bytes(oss_estimate *e) {
    int64_t bytes = 0, most = e->options.most_bytes;
    oss_status status = most > 0 ? write_model(e, NULL, &bytes) : OSS_OK;
    while (status == OSS_OK && bytes > most) {
        status = oss_stop_is_asked(e->options.stop) ? oss_stop_answer(e->options.stop) : prune_once(e, bytes);
        if (status == OSS_OK) {
            status = write_model(e, NULL, &bytes);
        }
    }
    return status;
}

/* ---- All of it ---- */

static bool needs_model(const oss_estimate_options *o) {
    return !o->is_arpa || o->prune > 0.0 || o->most_ngrams > 0 || o->most_bytes > 0;
}

static int32_t get_order(const oss_estimate *e, int64_t ngrams[OSS_NGRAM_ORDER_MAX]) {
    int32_t order = e->options.order;
    for (int32_t n = 1; n <= order; n++) {
        ngrams[n - 1] = n == 1 ? e->corpus.words : e->counts.kept[n - 1];
    }
    while (order > 1 && ngrams[order - 1] == 0) {
        order--;
    }
    return order;
}

static oss_smoothing make_smoothing(oss_estimate *e, oss_ngram_taker take, void *context) {
    return (oss_smoothing){.counts = &e->counts,
                           .words = e->corpus.words,
                           .room = &e->room,
                           .memory = e->memory,
                           .numbers = e->numbers / 2,
                           .take = take,
                           .context = context};
}

static oss_status write_streamed(oss_estimate *e, const char *path, oss_estimate_report *report) {
    oss_smoothing smoothing = make_smoothing(e, put_in_arpa, &e->arpa);
    oss_status status = oss_arpa_out_open(&e->arpa, path, e->corpus.word, report->order, report->ngrams);
    if (status == OSS_OK) {
        status = oss_smoothing_run(&smoothing);
    }
    if (status == OSS_OK) {
        status = oss_arpa_out_commit(&e->arpa);
        report->bytes = (int64_t)e->arpa.bytes;
    }
    return status;
}

static oss_status write_whole(oss_estimate *e, const char *path, oss_estimate_report *report) {
    const oss_estimate_options *o = &e->options;
    oss_smoothing smoothing = make_smoothing(e, oss_lm_model_add, &e->model);
    oss_status status = oss_lm_model_init(&e->model, report->order, report->ngrams);
    if (status == OSS_OK) {
        status = oss_smoothing_run(&smoothing);
    }
    oss_free(e->memory); /* nothing is sorted any more */
    e->memory = NULL;
    if (status == OSS_OK) {
        oss_lm_model_link(&e->model);
        status =
            o->prune > 0.0 || o->most_ngrams > 0
                ? oss_lm_prune(&e->model, o->prune, o->most_ngrams > 0 ? count_fits : NULL, &o->most_ngrams)
                : OSS_OK;
    }
    if (status == OSS_OK) {
        status = prune_to_bytes(e);
    }
    if (status == OSS_OK) {
        status = write_model(e, path, &report->bytes);
    }
    report->order = e->model.order;
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        report->ngrams[n] = n < e->model.order ? e->model.of[n].count : 0;
    }
    return status;
}

oss_status oss_estimate_write(oss_estimate *estimate, const char *path, oss_estimate_report *report) {
    oss_status status = count(estimate);
    const oss_corpus *corpus = &estimate->corpus;
    *report = (oss_estimate_report){.sentences = corpus->sentences,
                                    .tokens = corpus->tokens,
                                    .unknown = corpus->unknown,
                                    .dropped = corpus->dropped};
    if (status != OSS_OK) {
        return status;
    }
    report->order = get_order(estimate, report->ngrams);
    for (int32_t n = 0; n < estimate->options.order; n++) {
        oss_discount discount = oss_discount_of(estimate->counts.of_count[n]);
        memcpy(report->discount[n], discount.of, sizeof discount.of);
        report->is_fallback[n] = discount.is_fallback;
    }
    return needs_model(&estimate->options) ? write_whole(estimate, path, report)
                                           : write_streamed(estimate, path, report);
}
