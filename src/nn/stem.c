/* Convolutions that halve time and frequency, then a projection to the model's width. */
#include "nn/net_internal.h"

oss_tensor *oss_net_stem(const oss_net_run *run, oss_tensor *mel, oss_seq mel_seq, oss_seq *frame_seq) {
    oss_tensor *x = mel;
    oss_seq seq = mel_seq;
    for (int32_t i = 0; i < run->net->convs; i++) {
        const oss_net_layer *conv = oss_net_get(run->net, OSS_ROLE_CONV, i);
        bool half = i + 1 < run->net->convs && oss_net_weight_shape(run->net, conv + 1).format == OSS_K_BF16;
        x = oss_op_conv2d_gelu(run->tape, x, oss_net_weight(run, conv), oss_net_param(run, conv->bias), seq,
                               &seq, half);
    }
    *frame_seq = seq;
    return oss_net_linear(run, oss_net_get(run->net, OSS_ROLE_PROJ, 0), oss_op_flatten(run->tape, x));
}
