#include "lm/lm_prune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"

/* What the n-grams of one context leave to others; never nothing. */
#define LEAST 1e-9

typedef struct left_over {
    double p, lower; /* 1 - the sum of p(w | h), and of p(w | h') over the same words */
} left_over;

static left_over sum_context(const oss_lm_model *model, int32_t n, int64_t begin, int64_t end) {
    const oss_lm_order *of = &model->of[n - 1];
    left_over left = {1.0, 1.0};
    for (int64_t i = begin; i < end; i++) {
        left.p -= exp((double)of->ln_p[i]);
        left.lower -= exp(oss_lm_model_ln_p(model, n - 1, of->token + i * n + 1));
    }
    left.p = left.p > LEAST ? left.p : LEAST;
    left.lower = left.lower > LEAST ? left.lower : LEAST;
    return left;
}

/* By how much of itself the perplexity grows without each n-gram of one context. */
static void weigh_context(const oss_lm_model *model, int32_t n, int64_t context, float *growth) {
    const oss_lm_order *of = &model->of[n - 1], *above = &model->of[n - 2];
    const int64_t begin = above->child[context], end = above->child[context + 1];
    const double share = (double)above->share[context], ln_backoff = (double)above->ln_backoff[context];
    if (begin == end) {
        return;
    }
    left_over left = sum_context(model, n, begin, end);
    left.p = exp(ln_backoff) * left.lower; /* the same, but for rounding */
    for (int64_t i = begin; i < end; i++) {
        double ln_p = (double)of->ln_p[i], ln_lower = oss_lm_model_ln_p(model, n - 1, of->token + i * n + 1);
        double ln_without = log((left.p + exp(ln_p)) / (left.lower + exp(ln_lower)));
        double change = exp(ln_p) * (ln_lower + ln_without - ln_p) + left.p * (ln_without - ln_backoff);
        growth[i] = (float)expm1(-share * change);
    }
}

/* An n-gram that others begin with stays as long as any of them. */
static void raise_contexts(const oss_lm_model *model, float *const *growth) {
    for (int32_t n = model->order - 1; n >= 2; n--) {
        const oss_lm_order *of = &model->of[n - 1];
        for (int64_t i = 0; i < of->count; i++) {
            for (int64_t k = of->child[i]; k < of->child[i + 1]; k++) {
                growth[n - 1][i] = growth[n][k] > growth[n - 1][i] ? growth[n][k] : growth[n - 1][i];
            }
        }
    }
}

static int descending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void count_left(const oss_lm_model *model, float *const *growth, double threshold,
                       int64_t count[OSS_NGRAM_ORDER_MAX]) {
    for (int32_t n = 1; n <= OSS_NGRAM_ORDER_MAX; n++) {
        count[n - 1] = n == 1 ? model->of[0].count : 0;
        for (int64_t i = 0; n > 1 && n <= model->order && i < model->of[n - 1].count; i++) {
            count[n - 1] += (double)growth[n - 1][i] >= threshold;
        }
    }
}

/* What those must reach that are left when the first of sorted[kept] and all below it are not. */
static double threshold_above(const float *sorted, int64_t kept) {
    return (double)nextafterf(sorted[kept], INFINITY);
}

static oss_status sort_growth(const oss_lm_model *model, float *const *growth, float **out,
                              int64_t *out_count) {
    int64_t all = 0, used = 0;
    for (int32_t n = 2; n <= model->order; n++) {
        all += model->of[n - 1].count;
    }
    float *sorted = oss_alloc((size_t)all, sizeof *sorted);
    if (sorted == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t n = 2; n <= model->order; n++) {
        memcpy(sorted + used, growth[n - 1], (size_t)model->of[n - 1].count * sizeof *sorted);
        used += model->of[n - 1].count;
    }
    qsort(sorted, (size_t)all, sizeof *sorted, descending);
    *out = sorted;
    *out_count = all;
    return OSS_OK;
}

/* *threshold: what all n-grams that are left reach, raised until they fit: by halving, for more n-grams never fit better. */
static oss_status bound_size(const oss_lm_model *model, float *const *growth, oss_lm_fits fits,
                             const void *context, double *threshold) {
    int64_t count[OSS_NGRAM_ORDER_MAX], all = 0;
    float *sorted = NULL;
    count_left(model, growth, *threshold, count);
    if (fits(context, count)) {
        return OSS_OK;
    }
    count_left(model, growth, INFINITY, count);
    if (!fits(context, count)) {
        return oss_fail(
            OSS_EUSAGE,
            "the %lld tokens of the vocabulary alone are more than the model may have; give it a smaller "
            "vocabulary (--vocab-size) or more room",
            (long long)model->of[0].count);
    }
    oss_status status = sort_growth(model, growth, &sorted, &all);
    int64_t low = 0,
            high = all; /* with sorted[low] out it fits, with sorted[high] and nothing above it does not */
    while (status == OSS_OK && high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        count_left(model, growth, threshold_above(sorted, middle), count);
        low = fits(context, count) ? middle : low;
        high = low == middle ? high : middle;
    }
    if (status == OSS_OK) {
        *threshold = fmax(*threshold, threshold_above(sorted, low));
    }
    oss_free(sorted);
    return status;
}

static void take_out(oss_lm_model *model, float *const *growth, double threshold) {
    for (int32_t n = 2; n <= model->order; n++) {
        oss_lm_order *of = &model->of[n - 1];
        int64_t kept = 0;
        for (int64_t i = 0; i < of->count; i++) {
            if ((double)growth[n - 1][i] >= threshold) {
                memmove(of->token + kept * n, of->token + i * n, (size_t)n * sizeof *of->token);
                of->ln_p[kept] = of->ln_p[i];
                of->ln_backoff[kept] = of->ln_backoff[i];
                of->share[kept] = of->share[i];
                kept++;
            }
        }
        of->count = kept;
    }
    while (model->order > 1 && model->of[model->order - 1].count == 0) {
        model->order--;
    }
    oss_lm_model_link(model);
}

/* So that every context's probabilities are one in sum again: low orders first, which higher ones back off to. */
static void balance(oss_lm_model *model) {
    for (int32_t n = 2; n <= model->order; n++) {
        oss_lm_order *above = &model->of[n - 2];
        for (int64_t i = 0; i < above->count; i++) {
            if (above->child[i] == above->child[i + 1]) {
                above->ln_backoff[i] = 0.0f;
            } else {
                left_over left = sum_context(model, n, above->child[i], above->child[i + 1]);
                above->ln_backoff[i] = (float)log(left.p / left.lower);
            }
        }
    }
    for (int64_t i = 0; i < model->of[model->order - 1].count; i++) {
        model->of[model->order - 1].ln_backoff[i] = 0.0f;
    }
}

static oss_status weigh(const oss_lm_model *model, float **growth) {
    for (int32_t n = 2; n <= model->order; n++) {
        growth[n - 1] = oss_alloc_zero((size_t)model->of[n - 1].count, sizeof **growth);
        if (growth[n - 1] == NULL) {
            return OSS_ENOMEM;
        }
        for (int64_t i = 0; i < model->of[n - 2].count; i++) {
            weigh_context(model, n, i, growth[n - 1]);
        }
    }
    raise_contexts(model, growth);
    return OSS_OK;
}

oss_status oss_lm_prune(oss_lm_model *model, double threshold, oss_lm_fits fits, const void *context) {
    float *growth[OSS_NGRAM_ORDER_MAX] = {NULL};
    double least = threshold > 0.0 ? threshold : -INFINITY;
    oss_status status = weigh(model, growth);
    if (status == OSS_OK && fits != NULL) {
        status = bound_size(model, growth, fits, context, &least);
    }
    if (status == OSS_OK) {
        take_out(model, growth, least);
        balance(model);
    }
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        oss_free(growth[n]);
    }
    return status;
}
