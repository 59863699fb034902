/* Sizes that follow from the model's sections of a config. Lengths: kernel/lengths.h. */
#ifndef OSS_MODEL_SIZES_H
#define OSS_MODEL_SIZES_H

#include <stdint.h>

#include "model/config.h"

int32_t oss_sizes_mel_frames(const oss_model_config *config, int64_t samples); /* T */
int32_t oss_sizes_encoder_frames(const oss_model_config *config,
                                 int64_t samples);                             /* S = ceil(T/downsample) */
int32_t oss_sizes_ctc_frames(const oss_model_config *config, int64_t samples); /* S * ctc_subframes */
int32_t oss_sizes_stem_layers(const oss_model_config *config);                 /* 2 or 3 */
int32_t oss_sizes_stem_bins(const oss_model_config *config, int32_t layer); /* F after `layer` convolutions */
int32_t oss_sizes_flat_width(const oss_model_config *config);               /* conv_channels * F */
int32_t oss_sizes_head_dim(const oss_model_config *config);                 /* d_model / n_heads */
double oss_sizes_embedding_hz(const oss_model_config *config);
/* The whole embeddings nearest to a length in seconds, at most INT32_MAX. */
int32_t oss_sizes_embeddings(const oss_model_config *config, double seconds);

#endif
