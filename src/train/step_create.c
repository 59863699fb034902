#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "train/reduce.h"
#include "train/step_internal.h"

static oss_status reserve_blocks(oss_step *step) {
    size_t shards = (size_t)step->setup.config->training.grad_shards;
    size_t floats = step->setup.params->floats;
    step->grad = oss_alloc_zero(shards, sizeof *step->grad);
    step->filled = oss_alloc(shards, sizeof *step->filled);
    step->partial = oss_alloc((size_t)step->spans.count, sizeof *step->partial);
    step->imbalance = oss_alloc(shards, sizeof *step->imbalance);
    step->frames = oss_alloc(shards, sizeof *step->frames);
    step->blanks = oss_alloc(shards, sizeof *step->blanks);
    step->total = oss_alloc_aligned(floats, sizeof *step->total);
    step->packed = oss_alloc_aligned(oss_net_packed_floats(step->setup.workers->net), sizeof *step->packed);
    bool complete = step->grad != NULL && step->filled != NULL && step->partial != NULL &&
                    step->imbalance != NULL && step->frames != NULL && step->blanks != NULL &&
                    step->total != NULL && step->packed != NULL;
    for (size_t s = 0; s < shards && complete; s++) {
        step->grad[s] = oss_alloc_aligned(floats, sizeof *step->grad[s]);
        complete = step->grad[s] != NULL;
        if (complete) {
            memset(step->grad[s], 0, floats * sizeof *step->grad[s]);
        }
    }
    if (complete) {
        memset(step->total, 0, floats * sizeof *step->total);
    }
    return complete ? OSS_OK : OSS_ENOMEM;
}

oss_status oss_step_create(oss_step **out, const oss_step_setup *setup) {
    if (setup->config->training.grad_shards > OSS_MAX_SHARDS) {
        return oss_fail(OSS_EUSAGE, "grad_shards %d: at most %d", setup->config->training.grad_shards,
                        OSS_MAX_SHARDS);
    }
    oss_step *step = oss_alloc_zero(1, sizeof *step);
    if (step == NULL) {
        return OSS_ENOMEM;
    }
    step->setup = *setup;
    oss_status status = oss_spans_init(&step->spans, setup->params, setup->frozen);
    if (status == OSS_OK && setup->config->training.optimizer == OSS_OPTIMIZER_MUON) {
        status = oss_muon_create(&step->muon, setup->params, setup->frozen, setup->workers->pool);
    }
    if (status == OSS_OK && setup->prior != NULL) {
        status = oss_label_prior_create(&step->prior, setup->prior, setup->symbols, setup->config);
    }
    if (status == OSS_OK) {
        status = reserve_blocks(step);
    }
    if (status != OSS_OK) {
        oss_step_free(step);
        return status;
    }
    *out = step;
    return OSS_OK;
}

void oss_step_free(oss_step *step) {
    if (step == NULL) {
        return;
    }
    for (int32_t s = 0; step->grad != NULL && s < step->setup.config->training.grad_shards; s++) {
        oss_free(step->grad[s]);
    }
    oss_free((void *)step->grad);
    oss_free((void *)step->filled);
    oss_free(step->total);
    oss_free(step->packed);
    oss_free(step->partial);
    oss_free(step->imbalance);
    oss_free(step->frames);
    oss_free(step->blanks);
    oss_muon_free(step->muon);
    oss_label_prior_free(step->prior);
    oss_spans_deinit(&step->spans);
    oss_shards_deinit(&step->shards);
    oss_shard_inputs_deinit(&step->inputs);
    oss_free(step);
}
