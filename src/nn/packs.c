/* Weights laid out for the products once a step, by the pool's threads, instead of once in every shard. */
#include "kernel/bf16.h"
#include "kernel/conv2d.h"
#include "kernel/gemm.h"
#include "nn/net_internal.h"

enum { LINEARS_A_BLOCK = 4 };

int32_t oss_net_pack_tasks(const oss_net *net) {
    return net->convs + 1 + LINEARS_A_BLOCK * net->config->model.n_layers + (net->vocab > 0 ? 1 : 0);
}

/* Layer number `task`: convolutions, projection, blocks, head. */
static oss_net_layer *get_layer(oss_net *net, int32_t task) {
    if (task < net->convs) {
        return &net->conv[task];
    }
    task -= net->convs;
    if (task == 0) {
        return &net->proj;
    }
    task -= 1;
    if (task == LINEARS_A_BLOCK * net->config->model.n_layers) {
        return &net->head;
    }
    oss_net_block *block = &net->block[task / LINEARS_A_BLOCK];
    oss_net_layer *const layer[LINEARS_A_BLOCK] = {&block->qkv_proj, &block->out_proj, &block->mlp_in,
                                                   &block->mlp_out};
    return layer[task % LINEARS_A_BLOCK];
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
    for (int32_t task = 0; task < oss_net_pack_tasks(net); task++) {
        oss_net_layer *layer = get_layer(net, task);
        layer->pack = floats;
        layer->pack_back = layer->pack + count_forward(layer->weight); /* both are multiples of 16 floats */
        floats = layer->pack_back + count_back(layer->weight);
    }
    return floats;
}

size_t oss_net_packed_floats(const oss_net *net) {
    return net->packed_floats;
}

void oss_net_pack(const oss_net *net, float *packed, const float *value, int32_t task) {
    const oss_net_layer *layer = get_layer((oss_net *)(uintptr_t)net, task); /* only looked at */
    const oss_param *weight = layer->weight;
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
