#include "train/label_prior.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "train/adamw.h"

/* A symbol that is never given is as rare as this. */
static const double LEAST = 1e-8;

struct oss_label_prior {
    float *prior; /* [symbols] the caller's */
    int32_t symbols, shards;
    double weight, decay;
    float *shift;         /* [symbols] */
    double *sum;          /* [1 + shards,symbols] of the step, then of each shard */
    int64_t *rows;        /* [1 + shards] */
    oss_ctc_prior *given; /* [shards] */
};

void oss_label_prior_init(float *prior, int32_t symbols) {
    for (int32_t v = 0; v < symbols; v++) {
        prior[v] = 1.0f / (float)symbols;
    }
}

oss_status oss_label_prior_create(oss_label_prior **out, float *prior, int32_t symbols,
                                  const oss_config *config) {
    oss_label_prior *p = oss_alloc_zero(1, sizeof *p);
    if (p == NULL) {
        return OSS_ENOMEM;
    }
    const int32_t shards = config->training.grad_shards;
    *p = (oss_label_prior){.prior = prior,
                           .symbols = symbols,
                           .shards = shards,
                           .weight = config->training.label_prior_weight,
                           .decay = config->training.label_prior_decay};
    p->shift = oss_alloc_zero((size_t)symbols, sizeof *p->shift);
    p->sum = oss_alloc_zero(((size_t)shards + 1) * (size_t)symbols, sizeof *p->sum);
    p->rows = oss_alloc_zero((size_t)shards + 1, sizeof *p->rows);
    p->given = oss_alloc((size_t)shards, sizeof *p->given);
    if (p->shift == NULL || p->sum == NULL || p->rows == NULL || p->given == NULL) {
        oss_label_prior_free(p);
        return OSS_ENOMEM;
    }
    for (int32_t s = 0; s < shards; s++) {
        p->given[s] = (oss_ctc_prior){
            .shift = p->shift, .sum = p->sum + ((size_t)s + 1) * (size_t)symbols, .rows = p->rows + s + 1};
    }
    *out = p;
    return OSS_OK;
}

void oss_label_prior_free(oss_label_prior *p) {
    if (p != NULL) {
        oss_free(p->shift);
        oss_free(p->sum);
        oss_free(p->rows);
        oss_free(p->given);
        oss_free(p);
    }
}

void oss_label_prior_begin(oss_label_prior *p) {
    if (p == NULL) {
        return;
    }
    memset(p->sum, 0, ((size_t)p->shards + 1) * (size_t)p->symbols * sizeof *p->sum);
    memset(p->rows, 0, ((size_t)p->shards + 1) * sizeof *p->rows);
    for (int32_t v = 0; v < p->symbols; v++) {
        p->shift[v] = (float)(p->weight * log(fmax((double)p->prior[v], LEAST)));
    }
}

const oss_ctc_prior *oss_label_prior_of(const oss_label_prior *p, int32_t shard) {
    return p == NULL ? NULL : &p->given[shard];
}

void oss_label_prior_collect(oss_label_prior *p) {
    for (int32_t s = 0; p != NULL && s < p->shards; s++) {
        double *own = p->given[s].sum;
        for (int32_t v = 0; v < p->symbols; v++) {
            p->sum[v] += own[v];
            own[v] = 0;
        }
        p->rows[0] += *p->given[s].rows;
        *p->given[s].rows = 0;
    }
}

void oss_label_prior_update(oss_label_prior *p, int64_t update) {
    if (p == NULL || p->rows[0] == 0) {
        return;
    }
    const double gain = oss_average_gain(p->decay, update);
    for (int32_t v = 0; v < p->symbols; v++) {
        double mean = p->sum[v] / (double)p->rows[0];
        p->prior[v] = (float)((double)p->prior[v] + gain * (mean - (double)p->prior[v]));
    }
}
