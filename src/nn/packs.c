/* Weights laid out for the products once a step, by the pool's threads, instead of once in every shard. */
#include "kernel/bf16.h"
#include "kernel/conv2d.h"
#include "kernel/gemm.h"
#include "nn/net_internal.h"

int32_t oss_net_pack_tasks(const oss_net *net) {
    return net->layers;
}

static bool is_conv(const oss_param *weight) {
    return weight->rank == 4;
}

static size_t count_forward(const oss_param *weight) {
    return is_conv(weight) ? oss_k_conv2d_packed_floats(weight->dim[1], weight->dim[0])
                           : oss_k_packed_floats(weight->dim[0], weight->dim[1]);
}

static size_t count_back(const oss_param *weight) {
    return is_conv(weight) ? oss_k_conv2d_packed_back_floats(weight->dim[1], weight->dim[0])
                           : oss_k_packed_floats(weight->dim[1], weight->dim[0]);
}

size_t oss_net_lay_out_packs(oss_net *net) {
    size_t floats = 0;
    for (int32_t place = 0; place < net->layers; place++) {
        oss_net_layer *layer = &net->layer[place];
        if (layer->is_packed) {
            layer->pack = floats;
            layer->pack_back =
                layer->pack + count_forward(layer->weight); /* both are multiples of 16 floats */
            floats = layer->pack_back + count_back(layer->weight);
        }
    }
    return floats;
}

size_t oss_net_packed_floats(const oss_net *net) {
    return net->packed_floats;
}

void oss_net_pack(const oss_net *net, float *packed, const float *value, int32_t task) {
    const oss_net_layer *layer = &net->layer[task];
    const oss_param *weight = layer->weight;
    if (!layer->is_packed) {
        return;
    }
    const float *w = value + weight->offset;
    float *forward = packed + layer->pack, *back = packed + layer->pack_back;
    int32_t out = weight->dim[0], in = weight->dim[1], taps = is_conv(weight) ? 9 : 1;
    if (is_conv(weight)) {
        oss_k_conv2d_pack(forward, w, in, out);
        oss_k_conv2d_pack_back(back, w, in, out);
    } else {
        oss_k_pack_weight(forward, w, out, in);
        oss_k_pack_weight_back(back, w, out, in);
    }
    if (oss_net_is_bf16(net, layer)) {
        oss_k_bf16_pair_packed(forward, out, taps * in);
        oss_k_bf16_pair_packed(back, in, taps * out);
    }
}
