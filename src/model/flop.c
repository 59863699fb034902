#include "model/flop.h"

#include "kernel/lengths.h"
#include "model/network.h"
#include "model/sizes.h"

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
double oss_flop_forward(const oss_model_config *config, int64_t samples, int32_t vocab) {
    double s = oss_sizes_encoder_frames(config, samples);
    double flop = config->n_layers * 4.0 * s * s * config->d_model;
    for (int32_t place = 0; place < oss_network_layers(config, vocab); place++) {
        oss_layer layer = oss_network_layer(config, vocab, place);
        flop += layer.role == OSS_ROLE_PROJECTOR ? 0.0 : count_layer_flop(config, samples, &layer);
    }
    return flop;
}

/* Every product has two gradients, of its weights and of its input; the first convolution's input needs none. */
double oss_flop_training(const oss_model_config *config, int64_t samples, int32_t vocab) {
    oss_layer first = oss_network_layer(config, vocab, 0);
    return 3.0 * oss_flop_forward(config, samples, vocab) - count_layer_flop(config, samples, &first);
}
