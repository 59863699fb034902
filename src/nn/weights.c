/* Parameters of the weight table to layers, and layers to tensors. */
#include "base/fail.h"
#include "nn/net_internal.h"

static oss_status find_layer(oss_net_layer *out, const oss_net *net, int32_t place) {
    oss_layer what = oss_network_layer(&net->config->model, net->vocab, place);
    *out = (oss_net_layer){.what = what,
                           .weight = oss_params_get(net->params, what.role, what.index, OSS_PART_WEIGHT),
                           .bias = oss_params_get(net->params, what.role, what.index, OSS_PART_BIAS),
                           .is_packed = oss_layer_has_products(&what) && what.trained};
    if (out->weight == NULL) {
        char name[OSS_LAYER_NAME_BYTES];
        oss_layer_name(name, what.role, what.index);
        return oss_fail(OSS_EBUG, "the weight table has no \"%s.weight\"", name);
    }
    return OSS_OK;
}

oss_status oss_net_find_weights(oss_net *net) {
    oss_status status = OSS_OK;
    for (int32_t place = 0; status == OSS_OK && place < net->layers; place++) {
        status = find_layer(&net->layer[place], net, place);
    }
    return status;
}

const oss_net_layer *oss_net_get(const oss_net *net, oss_role role, int32_t index) {
    return &net->layer[oss_network_place(&net->config->model, net->vocab, role, index)];
}

/* The tape only writes where there is a gradient; a value is never written. While measuring there are no
 * blocks. */
oss_tensor *oss_net_param(const oss_net_run *run, const oss_param *param) {
    if (param == NULL) {
        return NULL;
    }
    bool frozen = run->frozen != NULL && run->frozen[param - run->net->params->item];
    const float *value = run->value == NULL ? NULL : run->value + param->offset;
    float *grad = run->grad == NULL ? NULL : run->grad + param->offset;
    oss_tensor *tensor = oss_tape_param(run->tape, value, grad, param->rank, param->dim, !frozen);
    /* Each is one tensor however often it is used: unless asked to add, the first use in backward stores the
     * gradient, the others add, and nobody need clear the block before. */
    tensor->grad_written = run->input->add_gradient;
    return tensor;
}

oss_k_weight oss_net_weight_shape(const oss_net *net, const oss_net_layer *layer) {
    return oss_layer_weight(&layer->what, net->config->training.precision);
}

oss_tensor *oss_net_weight(const oss_net_run *run, const oss_net_layer *layer) {
    oss_tensor *tensor = oss_net_param(run, layer->weight);
    tensor->format = oss_net_weight_shape(run->net, layer).format;
    const float *packed = run->input->packed;
    if (packed != NULL && layer->is_packed) {
        tensor->packed = packed + layer->pack;
        tensor->packed_back = packed + layer->pack_back;
    }
    return tensor;
}

oss_tensor *oss_net_linear(const oss_net_run *run, const oss_net_layer *layer, oss_tensor *x) {
    return oss_op_linear(run->tape, x, oss_net_weight(run, layer), oss_net_param(run, layer->bias));
}

oss_tensor *oss_net_linear_gelu(const oss_net_run *run, const oss_net_layer *layer, oss_tensor *x) {
    return oss_op_linear_gelu(run->tape, x, oss_net_weight(run, layer), oss_net_param(run, layer->bias));
}

oss_tensor *oss_net_rmsnorm(const oss_net_run *run, const oss_net_layer *layer, oss_tensor *x) {
    return oss_op_rmsnorm(run->tape, x, oss_net_param(run, layer->weight), OSS_NORM_EPS);
}
