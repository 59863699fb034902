#include "model/sizes.h"

#include <math.h>

#include "kernel/lengths.h"
#include "model/network.h"

int32_t oss_sizes_mel_frames(const oss_model_config *config, int64_t samples) {
    return oss_len_mel_frames(samples, config->mel.hop_samples);
}

int32_t oss_sizes_encoder_frames(const oss_model_config *config, int64_t samples) {
    return oss_len_downsampled(oss_sizes_mel_frames(config, samples), config->downsample_time);
}

int32_t oss_sizes_ctc_frames(const oss_model_config *config, int64_t samples) {
    return oss_sizes_encoder_frames(config, samples) * config->ctc_subframes;
}

int32_t oss_sizes_stem_layers(const oss_model_config *config) {
    return config->downsample_time == 8 ? 3 : 2;
}

int32_t oss_sizes_stem_bins(const oss_model_config *config, int32_t layer) {
    int32_t bins = config->mel.bins;
    for (int32_t i = 0; i < layer; i++) {
        bins = oss_len_conv(bins);
    }
    return bins;
}

int32_t oss_sizes_flat_width(const oss_model_config *config) {
    return config->conv_channels * oss_sizes_stem_bins(config, oss_sizes_stem_layers(config));
}

int32_t oss_sizes_head_dim(const oss_model_config *config) {
    return config->d_model / config->n_heads;
}

double oss_sizes_embedding_hz(const oss_model_config *config) {
    return (double)config->mel.sample_rate_hz / config->mel.hop_samples / config->downsample_time;
}

int32_t oss_sizes_embeddings(const oss_model_config *config, double seconds) {
    return (int32_t)fmin(round(seconds * oss_sizes_embedding_hz(config)), INT32_MAX);
}

/* Of one utterance; a multiply-add counts 2. */
static double count_layer_flop(const oss_model_config *config, int64_t samples, const oss_layer *layer) {
    double rows = oss_sizes_encoder_frames(config, samples), inputs = layer->in;
    if (layer->kind == OSS_LAYER_NORM) {
        return 0.0;
    }
    if (layer->kind == OSS_LAYER_CONV) {
        int32_t frames = oss_sizes_mel_frames(config, samples);
        for (int32_t i = 0; i <= layer->index; i++) {
            frames = oss_len_conv(frames);
        }
        rows = (double)frames * oss_sizes_stem_bins(config, layer->index + 1);
        inputs *= (double)(OSS_CONV_SIZE * OSS_CONV_SIZE);
    }
    return 2.0 * rows * inputs * layer->out;
}

/* Attention: QK^T and PV, each 2 * S * S * d over all heads. The projector is not counted: CTC needs none. */
double oss_sizes_forward_flop(const oss_model_config *config, int64_t samples, int32_t vocab) {
    double s = oss_sizes_encoder_frames(config, samples);
    double flop = config->n_layers * 4.0 * s * s * config->d_model;
    for (int32_t place = 0; place < oss_network_layers(config, vocab); place++) {
        oss_layer layer = oss_network_layer(config, vocab, place);
        flop += layer.role == OSS_ROLE_PROJECTOR ? 0.0 : count_layer_flop(config, samples, &layer);
    }
    return flop;
}

/* Every product has two gradients, of its weights and of its input; the first convolution's input needs none.
 */
double oss_sizes_training_flop(const oss_model_config *config, int64_t samples, int32_t vocab) {
    oss_layer first = oss_network_layer(config, vocab, 0);
    return 3.0 * oss_sizes_forward_flop(config, samples, vocab) - count_layer_flop(config, samples, &first);
}
