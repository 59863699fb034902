#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/rng.h"
#include "kernel/lengths.h"
#include "train/reduce.h"
#include "train/step_internal.h"

static oss_status reserve_inputs(shard_inputs *inputs, int32_t capacity, int32_t views) {
    size_t count = (size_t)capacity, all = count * (size_t)views;
    inputs->views = views;
    inputs->capacity = capacity;
    inputs->audio = oss_alloc(all, sizeof *inputs->audio);
    inputs->samples = oss_alloc(all, sizeof *inputs->samples);
    inputs->label = oss_alloc(all, sizeof *inputs->label);
    inputs->labels = oss_alloc(all, sizeof *inputs->labels);
    inputs->key = oss_alloc(all, sizeof *inputs->key);
    inputs->nll = oss_alloc(all, sizeof *inputs->nll);
    inputs->frames = oss_alloc(count, sizeof *inputs->frames);
    inputs->planned_samples = oss_alloc(count, sizeof *inputs->planned_samples);
    inputs->planned_labels = oss_alloc(count, sizeof *inputs->planned_labels);
    bool complete = inputs->audio != NULL && inputs->samples != NULL && inputs->label != NULL &&
                    inputs->labels != NULL && inputs->key != NULL && inputs->nll != NULL &&
                    inputs->frames != NULL && inputs->planned_samples != NULL &&
                    inputs->planned_labels != NULL;
    return complete ? OSS_OK : OSS_ENOMEM;
}

static void free_inputs(shard_inputs *inputs) {
    oss_free((void *)inputs->audio);
    oss_free(inputs->samples);
    oss_free((void *)inputs->label);
    oss_free(inputs->labels);
    oss_free(inputs->key);
    oss_free(inputs->nll);
    oss_free(inputs->frames);
    oss_free(inputs->planned_samples);
    oss_free(inputs->planned_labels);
    *inputs = (shard_inputs){0};
}

static oss_status reserve_blocks(oss_step *step) {
    size_t shards = (size_t)step->setup.config->training.grad_shards;
    size_t floats = step->setup.params->floats;
    step->grad = oss_alloc_zero(shards, sizeof *step->grad);
    step->filled = oss_alloc(shards, sizeof *step->filled);
    step->partial = oss_alloc((size_t)step->spans.count, sizeof *step->partial);
    step->imbalance = oss_alloc(shards, sizeof *step->imbalance);
    step->frames = oss_alloc(shards, sizeof *step->frames);
    step->blanks = oss_alloc(shards, sizeof *step->blanks);
    step->status = oss_alloc(shards, sizeof *step->status);
    step->total = oss_alloc_aligned(floats, sizeof *step->total);
    step->packed = oss_alloc_aligned(oss_net_packed_floats(step->setup.workers->net), sizeof *step->packed);
    bool complete = step->grad != NULL && step->filled != NULL && step->partial != NULL &&
                    step->imbalance != NULL && step->frames != NULL && step->blanks != NULL &&
                    step->status != NULL && step->total != NULL && step->packed != NULL;
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
    oss_free(step->status);
    oss_muon_free(step->muon);
    oss_spans_deinit(&step->spans);
    oss_shards_deinit(&step->shards);
    free_inputs(&step->inputs);
    oss_free(step);
}

/* ---- Before the steps: memory ---- */

static oss_status reserve_utterances(oss_step *step, const oss_epoch_plan *plan) {
    int32_t most = 0;
    for (int32_t b = 0; b < plan->batches; b++) {
        int32_t count = plan->first[b + 1] - plan->first[b];
        most = count > most ? count : most;
    }
    if (most <= step->inputs.capacity) {
        return OSS_OK;
    }
    free_inputs(&step->inputs);
    oss_shards_deinit(&step->shards);
    oss_status status =
        reserve_inputs(&step->inputs, most, step->setup.config->training.cr_ctc_weight > 0.0 ? 2 : 1);
    return status == OSS_OK ? oss_shards_init(&step->shards, step->setup.config->training.grad_shards, most)
                            : status;
}

oss_net_input oss_step_part_input(const oss_step *step, int32_t shard, int32_t from) {
    int32_t end = oss_shards_part_end(&step->shards, step->inputs.frames, shard, from);
    int32_t views = step->inputs.views, first = from * views;
    return (oss_net_input){.utterances = (end - from) * views,
                           .audio = step->inputs.audio + first,
                           .samples = step->inputs.samples + first,
                           .label = step->inputs.label + first,
                           .labels = step->inputs.labels + first,
                           .utterance_id = step->inputs.key + first,
                           .seed = step->setup.config->training.seed,
                           .step = (uint32_t)step->number,
                           .dropout = true,
                           .spec_mask = true,
                           .chunks = true,
                           .packed = step->packed,
                           .pairs = views == 2,
                           .add_gradient = from > step->shards.first[shard]};
}

int32_t oss_step_count_frames(const oss_step *step, int64_t samples) {
    return step->inputs.views * oss_len_mel_frames(samples, step->setup.config->model.mel.hop_samples);
}

/* Of the second view: a draw of its own at every site that the first one's key has one for. */
static uint32_t draw_key(const oss_step *step, uint32_t key) {
    return (uint32_t)oss_rng_u64(step->setup.config->training.seed, OSS_RNG_VIEW, key, 0);
}

void oss_step_place_utterance(oss_step *step, int32_t i, const oss_micro_batch *batch, int32_t u) {
    shard_inputs *inputs = &step->inputs;
    for (int32_t v = 0; v < inputs->views; v++) {
        int32_t to = i * inputs->views + v;
        inputs->audio[to] = batch->audio[u];
        inputs->samples[to] = batch->samples[u];
        inputs->label[to] = batch->label[u];
        inputs->labels[to] = batch->labels[u];
        inputs->key[to] = v == 0 ? batch->key[u] : draw_key(step, batch->key[u]);
    }
}

/* Lengths of a planned batch, in the order of the plan; returns the number of utterances. */
static int32_t list_utterances(oss_step *step, const oss_manifest *manifest, const oss_batch_item *item,
                               int32_t count) {
    shard_inputs *inputs = &step->inputs;
    int32_t u = 0;
    for (int32_t i = 0, items = 0; i < count; i += items) {
        items = oss_batch_utterance_items(item + i, count - i);
        inputs->planned_samples[u] = oss_batch_utterance_samples(item + i, items);
        inputs->planned_labels[u] = oss_batch_utterance_labels(item + i, items, manifest);
        inputs->frames[u] = oss_step_count_frames(step, inputs->planned_samples[u]);
        u++;
    }
    return u;
}

/* The largest arena that a part of this shard takes. */
static oss_status measure_shard(oss_step *step, int32_t shard, size_t *largest) {
    for (int32_t from = step->shards.first[shard]; from < step->shards.first[shard + 1];) {
        oss_net_input input = oss_step_part_input(step, shard, from);
        size_t bytes = 0;
        oss_status status = oss_workers_measure(step->setup.workers, &input, true, &bytes);
        if (status != OSS_OK) {
            return status;
        }
        *largest = bytes > *largest ? bytes : *largest;
        from += input.utterances / step->inputs.views;
    }
    return OSS_OK;
}

/* Utterance u of a planned batch in place `i` of the order of shards. */
static void plan_utterance(oss_step *step, int32_t i, int32_t u) {
    static const int32_t any_label = 1;
    shard_inputs *inputs = &step->inputs;
    for (int32_t to = i * inputs->views; to < (i + 1) * inputs->views; to++) {
        inputs->audio[to] = NULL;
        inputs->samples[to] = inputs->planned_samples[u];
        inputs->label[to] = &any_label;
        inputs->labels[to] = inputs->planned_labels[u];
        inputs->key[to] = 0;
    }
}

/* The largest arena that a part of a shard of this batch of the plan takes. Measuring looks at lengths only:
 * no audio, and one label that stands for all. */
static oss_status measure_batch(oss_step *step, const oss_manifest *manifest, const oss_epoch_plan *plan,
                                int32_t b, size_t *largest) {
    int32_t first = plan->first[b];
    int32_t count = list_utterances(step, manifest, plan->item + first, plan->first[b + 1] - first);
    oss_shards_assign(&step->shards, step->inputs.frames, count);
    for (int32_t i = 0; i < count; i++) {
        plan_utterance(step, i, step->shards.utterance[i]);
    }
    for (int32_t turn = 0; turn < step->shards.filled; turn++) {
        oss_status status = measure_shard(step, step->shards.turn[turn], largest);
        if (status != OSS_OK) {
            return status;
        }
    }
    return OSS_OK;
}

oss_status oss_step_reserve(oss_step *step, const oss_manifest *manifest, const oss_epoch_plan *plan) {
    oss_status status = reserve_utterances(step, plan);
    size_t largest = 0;
    for (int32_t b = 0; b < plan->batches && status == OSS_OK; b++) {
        status = measure_batch(step, manifest, plan, b, &largest);
    }
    return status == OSS_OK ? oss_workers_reserve(step->setup.workers, largest) : status;
}
