#include "model/sizes.h"

#include <math.h>

#include "kernel/lengths.h"

enum { KERNEL_SIZE = 9 /* 3x3 */ };

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

/* Of convolution `layer` (from 0) on one utterance: 2 * 9 * in * out * time * bins of its output. */
static double count_conv_flop(const oss_model_config *config, int64_t samples, int32_t layer) {
    int32_t frames = oss_sizes_mel_frames(config, samples);
    for (int32_t i = 0; i <= layer; i++) {
        frames = oss_len_conv(frames);
    }
    double channels_in = layer == 0 ? 1 : config->conv_channels;
    return 2.0 * (double)KERNEL_SIZE * channels_in * config->conv_channels * frames *
           oss_sizes_stem_bins(config, layer + 1);
}

/* Linear layers: 2 * rows * in * out. Attention: QK^T and PV, each 2 * S * S * d over all heads. */
double oss_sizes_forward_flop(const oss_model_config *config, int64_t samples, int32_t vocab) {
    double flop = 0.0;
    for (int32_t layer = 0; layer < oss_sizes_stem_layers(config); layer++) {
        flop += count_conv_flop(config, samples, layer);
    }
    double s = oss_sizes_encoder_frames(config, samples);
    double d = config->d_model;
    double block = 2.0 * s * d * (3.0 * d + d + 2.0 * config->d_ff) + 4.0 * s * s * d;
    flop += 2.0 * s * oss_sizes_flat_width(config) * d + config->n_layers * block;
    return flop + 2.0 * s * d * config->ctc_subframes * vocab;
}

/* Every product has two gradients, of its weights and of its input; the first convolution's input needs none.
 */
double oss_sizes_training_flop(const oss_model_config *config, int64_t samples, int32_t vocab) {
    return 3.0 * oss_sizes_forward_flop(config, samples, vocab) - count_conv_flop(config, samples, 0);
}
