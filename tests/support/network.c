#include "support/network.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/tolerance.h"

oss_network_sizes oss_network_micro(void) {
    return (oss_network_sizes){.d_model = 32,
                               .n_heads = 2,
                               .d_ff = 64,
                               .n_layers = 2,
                               .conv_channels = 8,
                               .downsample = 8,
                               .k = 2,
                               .vocab = 11,
                               .position = OSS_POSITION_ROPE};
}

oss_network_sizes oss_network_least(void) {
    return (oss_network_sizes){.d_model = 4,
                               .n_heads = 2,
                               .d_ff = 4,
                               .n_layers = 1,
                               .conv_channels = 2,
                               .downsample = 8,
                               .k = 2,
                               .vocab = 6,
                               .position = OSS_POSITION_ROPE};
}

static void *check_block(void *block) {
    ck_assert_msg(block != NULL, "no memory for the test");
    return block;
}

static void require(oss_status status) {
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
}

static oss_config *make_config(const oss_network_sizes *sizes) {
    oss_config *config;
    require(oss_config_create(&config));
    config->model.d_model = sizes->d_model;
    config->model.n_heads = sizes->n_heads;
    config->model.d_ff = sizes->d_ff;
    config->model.n_layers = sizes->n_layers;
    config->model.conv_channels = sizes->conv_channels;
    config->model.downsample_time = sizes->downsample;
    config->model.target_hz = 100.0 / sizes->downsample;
    config->model.ctc_subframes = sizes->k;
    config->model.position = sizes->position;
    config->model.dropout = sizes->dropout;
    config->model.projector_dim = sizes->projector_dim;
    config->model.value_conv = sizes->value_conv;
    config->model.mel.kind = sizes->power ? OSS_MEL_POWER : OSS_MEL_LOG;
    return config;
}

oss_network *oss_network_create(const oss_network_sizes *sizes, int32_t utterances, const int32_t *samples,
                                const int32_t *labels) {
    oss_network *network = check_block(calloc(1, sizeof *network));
    network->config = make_config(sizes);
    network->vocab = sizes->vocab;
    require(oss_params_create(&network->params, &network->config->model, sizes->vocab));
    require(oss_mel_plan_create(&network->mel, &network->config->model.mel));
    require(oss_net_create(&network->net, network->config, network->params, network->mel, sizes->vocab));
    require(oss_tape_create(&network->tape, oss_net_tape_nodes(network->net)));
    size_t floats = network->params->floats;
    network->value = check_block(calloc(floats, sizeof(float)));
    network->grad = check_block(calloc(floats, sizeof(float)));
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        oss_network_fill_param(network->value + param->offset, param);
    }
    network->input = (oss_net_input){.audio = (const float *const *)network->audio,
                                     .samples = network->samples,
                                     .label = (const int32_t *const *)network->label,
                                     .labels = network->labels,
                                     .utterance_id = network->utterance_id,
                                     .seed = 1234,
                                     .step = 5,
                                     .dropout = sizes->dropout > 0};
    oss_network_set_utterances(network, utterances, 0, samples, labels);
    return network;
}

static void free_utterances(oss_network *network) {
    for (int32_t b = 0; b < OSS_NETWORK_MAX_UTTERANCES; b++) {
        free(network->audio[b]);
        free(network->audio_grad[b]);
        free(network->label[b]);
        network->audio[b] = NULL;
        network->audio_grad[b] = NULL;
        network->label[b] = NULL;
    }
}

void oss_network_set_arena(oss_network *network) {
    size_t train_bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    size_t forward_bytes = oss_net_measure(network->net, network->tape, &network->input, false);
    ck_assert_msg(train_bytes != SIZE_MAX && forward_bytes != SIZE_MAX, "%s", oss_last_error());
    require(oss_arena_reserve(oss_tape_arena(network->tape),
                              train_bytes > forward_bytes ? train_bytes : forward_bytes));
}

void oss_network_set_utterances(oss_network *network, int32_t utterances, uint32_t first_id,
                                const int32_t *samples, const int32_t *labels) {
    ck_assert_int_le(utterances, OSS_NETWORK_MAX_UTTERANCES);
    free_utterances(network);
    network->input.utterances = utterances;
    for (int32_t b = 0; b < utterances; b++) {
        uint32_t id = first_id + (uint32_t)b;
        network->utterance_id[b] = id;
        network->samples[b] = samples[b];
        network->labels[b] = labels[b];
        network->audio[b] = check_block(malloc((size_t)samples[b] * sizeof(float)));
        network->audio_grad[b] = check_block(calloc((size_t)samples[b], sizeof(float)));
        network->label[b] = check_block(malloc((size_t)labels[b] * sizeof(int32_t) + 1));
        oss_network_fill_audio(network->audio[b], samples[b], id);
        oss_network_fill_labels(network->label[b], labels[b], id, network->vocab);
    }
    oss_network_set_arena(network);
}

void oss_network_free(oss_network *network) {
    free_utterances(network);
    oss_tape_free(network->tape);
    oss_net_free(network->net);
    oss_mel_plan_free(network->mel);
    oss_params_free(network->params);
    oss_config_free(network->config);
    free(network->value);
    free(network->grad);
    free(network);
}

/* ---- runs ---- */

static void spoil_arena(oss_tape *tape) {
    oss_arena *arena = oss_tape_arena(tape);
    oss_arena_rewind(arena, 0);
    size_t floats = arena->size_bytes / sizeof(float);
    float *all = oss_arena_take(arena, floats, sizeof *all);
    for (size_t i = 0; all != NULL && i < floats; i++) {
        all[i] = NAN;
    }
}

oss_net_output oss_network_forward(oss_network *network, bool record) {
    oss_net_output output;
    spoil_arena(network->tape);
    oss_tape_reset(network->tape, record);
    require(oss_net_forward(network->net, network->tape, network->value, record ? network->grad : NULL, NULL,
                            &network->input, &output));
    return output;
}

oss_net_output oss_network_train(oss_network *network) {
    oss_net_output output = oss_network_forward(network, true);
    oss_tape_backward(network->tape, output.loss, NULL);
    require(oss_tape_status(network->tape));
    return output;
}

double oss_network_check_gradients(const oss_network *network, const oss_golden *golden, double limit) {
    double worst = 0;
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        worst = fmax(worst, oss_network_check_gradient(network->grad + param->offset, param->count, golden,
                                                       "", param->name, limit));
    }
    return worst;
}
