/* chunk_training: how far the attention of each utterance sees in this step. */
#include "base/rng.h"
#include "model/sizes.h"
#include "nn/net_internal.h"

typedef enum draw_kind { DRAW_LIMITED, DRAW_CHUNK, DRAW_LEFT } draw_kind;

/* Uniform in [0, 1). */
static double draw(const oss_net_input *input, int32_t b, draw_kind kind) {
    uint64_t place = (uint64_t)input->step << 32 | input->utterance_id[b];
    return oss_rng_uniform(input->seed, OSS_RNG_CHUNK, place, (uint32_t)kind);
}

/* Whole embeddings, uniform between two lengths. */
static int32_t draw_length(const oss_net_run *run, int32_t b, draw_kind kind, double min_seconds,
                           double max_seconds) {
    int32_t low = oss_sizes_embeddings(&run->net->config->model, min_seconds);
    int32_t high = oss_sizes_embeddings(&run->net->config->model, max_seconds);
    return low + (int32_t)(draw(run->input, b, kind) * ((double)high - low + 1.0));
}

static oss_attention_reach draw_reach(const oss_net_run *run, int32_t b) {
    const oss_chunk_spec *spec = &run->net->config->training.chunk;
    if (draw(run->input, b, DRAW_LIMITED) >= spec->prob) {
        return (oss_attention_reach){0};
    }
    int32_t chunk = draw_length(run, b, DRAW_CHUNK, spec->seconds_min, spec->seconds_max);
    return (oss_attention_reach){
        .chunk = chunk > 0 ? chunk : 1,
        .left = draw_length(run, b, DRAW_LEFT, spec->left_seconds_min, spec->left_seconds_max)};
}

const oss_attention_reach *oss_net_draw_reach(const oss_net_run *run) {
    if (!run->input->chunks || run->net->config->training.chunk.prob <= 0) {
        return NULL;
    }
    int32_t utterances = run->input->utterances;
    oss_attention_reach *reach = oss_tape_take(run->tape, (size_t)utterances, sizeof *reach);
    for (int32_t b = 0; reach != NULL && b < utterances; b++) {
        reach[b] = draw_reach(run, b);
    }
    return reach;
}
