/* Names of the weight table to layers, and layers to tensors. */
#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "nn/net_internal.h"

static oss_status find_param(const oss_param **out, const oss_net *net, const char *layer, const char *part) {
    char name[sizeof net->params->item->name];
    snprintf(name, sizeof name, "%s.%s", layer, part);
    *out = oss_params_find(net->params, name);
    return *out != NULL ? OSS_OK : oss_fail(OSS_EBUG, "the weight table has no \"%s\"", name);
}

static oss_status find_layer(oss_net_layer *out, const oss_net *net, const char *name) {
    oss_status status = find_param(&out->weight, net, name, "weight");
    return status == OSS_OK ? find_param(&out->bias, net, name, "bias") : status;
}

static oss_status find_norm(oss_net_layer *out, const oss_net *net, const char *name) {
    return find_param(&out->weight, net, name, "weight");
}

static oss_status find_block(oss_net_block *block, const oss_net *net, int32_t index) {
    const struct {
        const char *name;
        oss_net_layer *layer;
        oss_status (*find)(oss_net_layer *, const oss_net *, const char *);
    } part[] = {
        {"norm1", &block->norm1, find_norm},        {"qkv_proj", &block->qkv_proj, find_layer},
        {"out_proj", &block->out_proj, find_layer}, {"norm2", &block->norm2, find_norm},
        {"mlp.0", &block->mlp_in, find_layer},      {"mlp.2", &block->mlp_out, find_layer},
    };
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "encoder.blocks.%" PRId32 ".%s", index, part[i].name);
        oss_status status = part[i].find(part[i].layer, net, name);
        if (status != OSS_OK) {
            return status;
        }
    }
    return OSS_OK;
}

static oss_status find_stem(oss_net *net) {
    static const char *const name[OSS_NET_MAX_CONVS] = {"encoder.down.0.net.0", "encoder.down.0.net.2",
                                                        "encoder.down.1"};
    for (int32_t i = 0; i < net->convs; i++) {
        oss_status status = find_layer(&net->conv[i], net, name[i]);
        if (status != OSS_OK) {
            return status;
        }
    }
    return find_layer(&net->proj, net, "encoder.proj");
}

oss_status oss_net_find_weights(oss_net *net) {
    oss_status status = find_stem(net);
    for (int32_t i = 0; status == OSS_OK && i < net->config->model.n_layers; i++) {
        status = find_block(&net->block[i], net, i);
    }
    if (status == OSS_OK) {
        status = find_norm(&net->norm, net, "encoder.norm");
    }
    if (status == OSS_OK && net->vocab > 0) {
        status = find_layer(&net->head, net, "head");
    }
    if (status == OSS_OK && net->config->model.projector_dim > 0) {
        status = find_layer(&net->projector, net, "projector");
    }
    return status;
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

bool oss_net_is_bf16(const oss_net *net, const oss_net_layer *layer) {
    const oss_param *weight = layer->weight;
    bool fits = weight->rank == 2 || (weight->dim[0] % 2 == 0 && weight->dim[1] % 2 == 0);
    return net->config->training.precision == OSS_PRECISION_BF16 && fits;
}

oss_tensor *oss_net_weight(const oss_net_run *run, const oss_net_layer *layer) {
    oss_tensor *tensor = oss_net_param(run, layer->weight);
    tensor->bf16 = oss_net_is_bf16(run->net, layer);
    const float *packed = run->input->packed;
    if (packed != NULL) {
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
    return oss_op_rmsnorm(run->tape, x, oss_net_param(run, layer->weight), OSS_NET_RMSNORM_EPS);
}
