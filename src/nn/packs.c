/* Weights laid out for the products once a step, by the pool's threads, instead of once in every shard. */
#include "nn/net_internal.h"

int32_t oss_net_pack_tasks(const oss_net *net) {
    return net->layers;
}

size_t oss_net_lay_out_packs(oss_net *net) {
    size_t floats = 0;
    for (int32_t place = 0; place < net->layers; place++) {
        oss_net_layer *layer = &net->layer[place];
        if (layer->is_packed) {
            oss_k_weight shape = oss_net_weight_shape(net, layer);
            layer->pack = floats;
            layer->pack_back = layer->pack + oss_k_weight_floats(&shape);
            floats = layer->pack_back + oss_k_weight_back_floats(&shape);
        }
    }
    return floats;
}

size_t oss_net_packed_floats(const oss_net *net) {
    return net->packed_floats;
}

void oss_net_pack(const oss_net *net, float *packed, const float *value, int32_t task) {
    const oss_net_layer *layer = &net->layer[task];
    if (layer->is_packed) {
        oss_k_weight shape = oss_net_weight_shape(net, layer);
        oss_k_weight_pack(&shape, packed + layer->pack, value + layer->weight->offset);
        oss_k_weight_pack_back(&shape, packed + layer->pack_back, value + layer->weight->offset);
    }
}
