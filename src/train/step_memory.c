/* Before the steps: memory for every batch of a plan. */
#include "train/step_internal.h"

static oss_status reserve_utterances(oss_step *step, const oss_epoch_plan *plan) {
    int32_t most = 0;
    for (int32_t b = 0; b < plan->batches; b++) {
        int32_t count = plan->first[b + 1] - plan->first[b];
        most = count > most ? count : most;
    }
    if (most <= step->inputs.capacity) {
        return OSS_OK;
    }
    oss_shard_inputs_deinit(&step->inputs);
    oss_shards_deinit(&step->shards);
    oss_status status =
        oss_shard_inputs_init(&step->inputs, most, step->setup.config->training.cr_ctc_weight > 0.0 ? 2 : 1);
    return status == OSS_OK ? oss_shards_init(&step->shards, step->setup.config->training.grad_shards, most)
                            : status;
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
