#include "model/sizes.h"

#include <math.h>

#include "kernel/lengths.h"

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
