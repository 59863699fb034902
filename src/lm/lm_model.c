#include "lm/lm_model.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* What stands for ln 0: that of <s>, which follows on nothing (-99 in base 10). */
#define LN_NEVER (-99.0 * 2.302585092994045684)

oss_status oss_lm_model_init(oss_lm_model *model, int32_t order, const int64_t count[OSS_NGRAM_ORDER_MAX]) {
    *model = (oss_lm_model){.order = order};
    for (int32_t n = 1; n <= order; n++) {
        oss_lm_order *of = &model->of[n - 1];
        size_t room = (size_t)count[n - 1];
        of->capacity = count[n - 1];
        of->token = oss_alloc(room, (size_t)n * sizeof *of->token);
        of->ln_p = oss_alloc(room, sizeof *of->ln_p);
        of->ln_backoff = oss_alloc(room, sizeof *of->ln_backoff);
        of->share = oss_alloc(room, sizeof *of->share);
        of->child = n < order ? oss_alloc(room + 1, sizeof *of->child) : NULL;
        if (of->token == NULL || of->ln_p == NULL || of->ln_backoff == NULL || of->share == NULL ||
            (n < order && of->child == NULL)) {
            return OSS_ENOMEM;
        }
    }
    return OSS_OK;
}

void oss_lm_model_deinit(oss_lm_model *model) {
    for (int32_t n = 0; n < OSS_NGRAM_ORDER_MAX; n++) {
        oss_free(model->of[n].token);
        oss_free(model->of[n].ln_p);
        oss_free(model->of[n].ln_backoff);
        oss_free(model->of[n].share);
        oss_free(model->of[n].child);
    }
    *model = (oss_lm_model){0};
}

static float to_ln(double p) {
    return p >= 1.0 ? 0.0f : p > 0.0 ? (float)log(p) : (float)LN_NEVER;
}

oss_status oss_lm_model_add(void *context, int32_t n, const uint32_t *token, double p, double backoff,
                            double share) {
    oss_lm_model *model = context;
    if (n > model->order) {
        return OSS_OK;
    }
    oss_lm_order *of = &model->of[n - 1];
    int64_t at = of->count++;
    memcpy(of->token + at * n, token, (size_t)n * sizeof *token);
    of->ln_p[at] = to_ln(p);
    of->ln_backoff[at] = to_ln(backoff);
    of->share[at] = (float)share;
    return OSS_OK;
}

/* Both are sorted, and every n-gram's context is there: one walk through both. */
void oss_lm_model_link(oss_lm_model *model) {
    for (int32_t n = 1; n < model->order; n++) {
        oss_lm_order *of = &model->of[n - 1];
        const oss_lm_order *next = &model->of[n];
        int64_t at = 0;
        for (int64_t i = 0; i < of->count; i++) {
            of->child[i] = at;
            while (at < next->count && memcmp(next->token + at * (n + 1), of->token + i * n,
                                              (size_t)n * sizeof *of->token) == 0) {
                at++;
            }
        }
        of->child[of->count] = at;
    }
}

int64_t oss_lm_model_find(const oss_lm_model *model, int32_t n, const uint32_t *token) {
    int64_t at = token[0]; /* all tokens are there, in their order */
    for (int32_t k = 2; k <= n; k++) {
        const uint32_t *of = model->of[k - 1].token;
        int64_t low = model->of[k - 2].child[at], high = model->of[k - 2].child[at + 1], end = high;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (of[middle * k + k - 1] < token[k - 1]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == end || of[low * k + k - 1] != token[k - 1]) {
            return -1;
        }
        at = low;
    }
    return at;
}

double oss_lm_model_ln_p(const oss_lm_model *model, int32_t n, const uint32_t *token) {
    double backoff = 0.0;
    for (; n > 1; n--, token++) {
        int64_t at = oss_lm_model_find(model, n, token);
        if (at >= 0) {
            return backoff + (double)model->of[n - 1].ln_p[at];
        }
        at = oss_lm_model_find(model, n - 1, token);
        backoff += at >= 0 ? (double)model->of[n - 2].ln_backoff[at] : 0.0;
    }
    return backoff + (double)model->of[0].ln_p[token[0]];
}
