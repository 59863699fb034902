#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "decode/beam_internal.h"
#include "decode/log_add.h"

/* A prefix of the beam as a result: its text is text[text_at], ended by 0. */
typedef struct beam_result {
    oss_hypothesis hypothesis; /* without id */
    int32_t node;
    int32_t order; /* slot: of equal ones the earlier first */
    size_t text_at;
    uint64_t hash;
} beam_result;

typedef struct beam_results {
    beam_result *result; /* [count] */
    int32_t count;
    int32_t *id; /* of the one that is looked at */
    int32_t capacity;
    oss_strbuf text;
} beam_results;

void oss_hypotheses_free(oss_hypothesis *hypothesis, int32_t count) {
    for (int32_t i = 0; hypothesis != NULL && i < count; i++) {
        oss_free(hypothesis[i].id);
    }
    oss_free(hypothesis);
}

/* Symbols of a node from the root on, in results->id; the space at the end only when something may follow. */
static bool list_symbols(const oss_beam *beam, beam_results *results, int32_t node, bool ended,
                         int32_t *out_ids) {
    int32_t count = 0;
    for (int32_t at = node; at != beam->root; at = beam->node[at].parent) {
        count++;
    }
    if (count > results->capacity) {
        int32_t *id = oss_resize(results->id, 2 * (size_t)count, sizeof *id);
        if (id == NULL) {
            return false;
        }
        results->id = id;
        results->capacity = 2 * count;
    }
    int32_t place = count;
    for (int32_t at = node; at != beam->root; at = beam->node[at].parent) {
        results->id[--place] = beam->node[at].symbol;
    }
    while (ended && count > 0 && results->id[count - 1] == beam->letters.space) {
        count--;
    }
    *out_ids = count;
    return true;
}

/* The text without spaces at its ends, appended to results->text. */
static bool append_text(const oss_beam *beam, beam_results *results, beam_result *result, int32_t ids) {
    oss_strbuf *text = &results->text;
    size_t begin = text->length;
    for (int32_t i = 0; i < ids; i++) {
        const char *symbol = oss_vocab_symbol(beam->models.vocab, results->id[i]);
        bool after_space = text->length == begin || text->data[text->length - 1] == ' ';
        oss_strbuf_append(text, symbol + (after_space && symbol[0] == ' '));
    }
    while (text->length > begin && text->data[text->length - 1] == ' ') {
        text->length--;
    }
    result->text_at = begin;
    result->hash = text->length == begin ? 0 : oss_hash(text->data + begin, text->length - begin);
    oss_strbuf_append_bytes(text, "", 1);
    return oss_strbuf_ok(text);
}

static bool add_result(oss_beam *beam, beam_results *results, int32_t slot, bool ended) {
    beam_node *node = &beam->node[beam->now.node[slot]];
    beam_context context = node->context;
    if (ended) {
        oss_beam_finish(beam, node, &context);
    }
    beam_result *result = &results->result[results->count];
    int32_t ids = 0;
    *result = (beam_result){.node = beam->now.node[slot], .order = slot};
    if (!list_symbols(beam, results, result->node, ended, &ids) || !append_text(beam, results, result, ids)) {
        return false;
    }
    double acoustic = beam->base + (double)beam->now.total[slot];
    result->hypothesis = (oss_hypothesis){.ids = ids,
                                          .total = acoustic + context.done + (double)context.pending,
                                          .acoustic = acoustic,
                                          .lm = context.lm,
                                          .hotwords = context.bonus,
                                          .words = context.words,
                                          .unknown_words = context.unknown};
    results->count++;
    return true;
}

static int compare_totals(const void *a, const void *b) {
    const beam_result *left = a, *right = b;
    if (left->hypothesis.total != right->hypothesis.total) {
        return left->hypothesis.total > right->hypothesis.total ? -1 : 1;
    }
    return left->order - right->order;
}

static int compare_texts(const void *a, const void *b) {
    const beam_result *left = a, *right = b;
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return compare_totals(a, b);
}

static double log_add_double(double a, double b) {
    double high = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

/* Results of one text become the best of them, with the sum of their acoustic scores; then all are sorted. */
static void merge_texts(beam_results *results) {
    qsort(results->result, (size_t)results->count, sizeof *results->result, compare_texts);
    int32_t kept = 0;
    for (int32_t i = 0; i < results->count; i++) {
        const beam_result *here = &results->result[i];
        beam_result *before = kept == 0 ? NULL : &results->result[kept - 1];
        if (before == NULL || before->hash != here->hash ||
            strcmp(results->text.data + before->text_at, results->text.data + here->text_at) != 0) {
            results->result[kept++] = *here;
            continue;
        }
        oss_hypothesis *best = &before->hypothesis;
        double sum = log_add_double(best->acoustic, here->hypothesis.acoustic);
        best->total += sum - best->acoustic;
        best->acoustic = sum;
    }
    results->count = kept;
    qsort(results->result, (size_t)results->count, sizeof *results->result, compare_totals);
}

static oss_status copy_results(const oss_beam *beam, beam_results *results, bool ended, oss_hypothesis *out) {
    double sum = -INFINITY;
    for (int32_t i = 0; i < results->count; i++) {
        sum = log_add_double(sum, results->result[i].hypothesis.total);
    }
    for (int32_t i = 0; i < results->count; i++) {
        const beam_result *result = &results->result[i];
        out[i] = result->hypothesis;
        out[i].posterior = exp(out[i].total - sum);
        out[i].id = oss_alloc((size_t)out[i].ids, sizeof *out[i].id);
        int32_t ids = 0;
        if (out[i].id == NULL || !list_symbols(beam, results, result->node, ended, &ids)) {
            return OSS_ENOMEM;
        }
        if (ids > 0) {
            memcpy(out[i].id, results->id, (size_t)ids * sizeof *out[i].id);
        }
    }
    return OSS_OK;
}

oss_status oss_beam_best(oss_beam *beam, bool ended, int32_t most, oss_hypothesis **out_hypothesis,
                         int32_t *out_count) {
    beam_results results = {.result = oss_alloc((size_t)beam->now.count, sizeof *results.result)};
    oss_hypothesis *made = NULL;
    bool fits = results.result != NULL;
    for (int32_t slot = 0; fits && slot < beam->now.count; slot++) {
        fits = add_result(beam, &results, slot, ended);
    }
    oss_status status = OSS_ENOMEM;
    if (fits) {
        merge_texts(&results);
        results.count = results.count < most ? results.count : most;
        made = oss_alloc_zero((size_t)results.count, sizeof *made);
        status = made == NULL ? OSS_ENOMEM : copy_results(beam, &results, ended, made);
    }
    if (status == OSS_OK) {
        *out_hypothesis = made;
        *out_count = results.count;
    } else {
        oss_hypotheses_free(made, results.count);
    }
    oss_free(results.result);
    oss_free(results.id);
    oss_strbuf_deinit(&results.text);
    return status;
}
