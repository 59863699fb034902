/* What forward takes of a batch, in the order of the shards. */
#include "base/mem.h"
#include "base/rng.h"
#include "kernel/lengths.h"
#include "train/step_internal.h"

oss_status oss_shard_inputs_init(shard_inputs *inputs, int32_t capacity, int32_t views) {
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

void oss_shard_inputs_deinit(shard_inputs *inputs) {
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
                           .warp = true,
                           .chunks = true,
                           .prior = oss_label_prior_of(step->prior, shard),
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
