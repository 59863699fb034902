/* Networks whose weights, waveforms and labels are functions of names and numbers alone, so that PyTorch
 * (scripts/golden/reference.py) and the tests compute the same thing without storing it. */
#ifndef OSS_TESTS_NETWORK_H
#define OSS_TESTS_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/net.h"
#include "support/network_data.h"

typedef struct oss_network_sizes {
    int32_t d_model, n_heads, d_ff, n_layers, conv_channels, downsample, k, vocab;
    oss_position position;
    bool power; /* mel "power" instead of normalised logarithms */
    double dropout;
    int32_t projector_dim;
    int32_t value_conv; /* taps; 0: none */
} oss_network_sizes;

/* 23k parameters: d_model 32, 2 heads, d_ff 64, 2 layers, 8 channels, 8x, 2 sub-frames, 11 symbols, rope. */
oss_network_sizes oss_network_micro(void);
/* The least that is a network: for tests that change a model file bit by bit. */
oss_network_sizes oss_network_least(void);

enum { OSS_NETWORK_MAX_UTTERANCES = 8 };

typedef struct oss_network {
    oss_config *config;
    oss_params *params;
    oss_mel_plan *mel;
    oss_net *net;
    oss_tape *tape;
    int32_t vocab;
    float *value; /* [params->floats] filled */
    float *grad;  /* [params->floats] zero */
    /* the utterances, numbered from first_id, and their pointers */
    oss_net_input input;
    float *audio[OSS_NETWORK_MAX_UTTERANCES];
    float *audio_grad[OSS_NETWORK_MAX_UTTERANCES]; /* zero; used when input.audio_grad is set to it */
    int32_t *label[OSS_NETWORK_MAX_UTTERANCES];
    int32_t samples[OSS_NETWORK_MAX_UTTERANCES];
    int32_t labels[OSS_NETWORK_MAX_UTTERANCES];
    uint32_t utterance_id[OSS_NETWORK_MAX_UTTERANCES];
} oss_network;

/* The test fails when anything fails. The tape's arena has what forward and backward of the utterances take. */
oss_network *oss_network_create(const oss_network_sizes *sizes, int32_t utterances, const int32_t *samples,
                                const int32_t *labels);
/* The same with other utterances: number first_id and following. Reserves the arena again. */
void oss_network_set_utterances(oss_network *network, int32_t utterances, uint32_t first_id,
                                const int32_t *samples, const int32_t *labels);
/* Reserves the arena for what the input and the config now ask for: the larger of both kinds of run. */
void oss_network_set_arena(oss_network *network);
void oss_network_free(oss_network *network);

/* One forward (and backward of the loss) from a reset tape whose arena holds NaN; the test fails on an error. */
oss_net_output oss_network_forward(oss_network *network, bool record);
oss_net_output oss_network_train(oss_network *network);
/* Every parameter's gradient against golden values (oss_network_check_gradient); the largest relative error. */
double oss_network_check_gradients(const oss_network *network, const oss_golden *golden, double limit);

#endif
