#include "model/network.h"

#include "base/contract.h"
#include "base/number.h"
#include "kernel/int8.h"
#include "model/sizes.h"

/* ---- The list ---- */

/* A block's layers stand in the order of their roles; value_conv is not in every network. */
static int32_t count_block_layers(const oss_model_config *config) {
    return OSS_ROLE_MLP_OUT - OSS_ROLE_NORM1 + (config->value_conv > 0 ? 1 : 0);
}

static int32_t find_in_block(const oss_model_config *config, oss_role role) {
    return (int32_t)role - OSS_ROLE_NORM1 - (config->value_conv == 0 && role > OSS_ROLE_VALUE_CONV ? 1 : 0);
}

static oss_role find_block_role(const oss_model_config *config, int32_t place) {
    bool behind = config->value_conv == 0 && place >= OSS_ROLE_VALUE_CONV - OSS_ROLE_NORM1;
    return (oss_role)(OSS_ROLE_NORM1 + place + (behind ? 1 : 0));
}

int32_t oss_network_layers(const oss_model_config *config, int32_t vocab) {
    return oss_sizes_stem_layers(config) + 1 + count_block_layers(config) * config->n_layers + 1 +
           (vocab > 0 ? 1 : 0) + (config->projector_dim > 0 ? 1 : 0);
}

/* Which layer stands at `place`; index in *index. */
static oss_role find_role(const oss_model_config *config, int32_t vocab, int32_t place, int32_t *index) {
    int32_t convs = oss_sizes_stem_layers(config), in_block = count_block_layers(config);
    int32_t in_blocks = in_block * config->n_layers;
    *index = 0;
    if (place < convs) {
        *index = place;
        return OSS_ROLE_CONV;
    }
    if (place == convs) {
        return OSS_ROLE_PROJ;
    }
    place -= convs + 1;
    if (place < in_blocks) {
        *index = place / in_block;
        return find_block_role(config, place % in_block);
    }
    place -= in_blocks;
    if (place == 0) {
        return OSS_ROLE_NORM;
    }
    return place == 1 && vocab > 0 ? OSS_ROLE_HEAD : OSS_ROLE_PROJECTOR;
}

int32_t oss_network_place(const oss_model_config *config, int32_t vocab, oss_role role, int32_t index) {
    int32_t proj = oss_sizes_stem_layers(config);
    int32_t norm = proj + 1 + count_block_layers(config) * config->n_layers;
    switch (role) {
    case OSS_ROLE_CONV:
        return index;
    case OSS_ROLE_PROJ:
        return proj;
    case OSS_ROLE_NORM:
        return norm;
    case OSS_ROLE_HEAD:
        return norm + 1;
    case OSS_ROLE_PROJECTOR:
        return norm + 1 + (vocab > 0 ? 1 : 0);
    default:
        return proj + 1 + count_block_layers(config) * index + find_in_block(config, role);
    }
}

/* ---- What each is ---- */

static oss_layer make_conv(int32_t out, int32_t in) {
    return (oss_layer){.kind = OSS_LAYER_CONV, .out = out, .in = in, .trained = true};
}

static oss_layer make_linear(int32_t out, int32_t in) {
    return (oss_layer){.kind = OSS_LAYER_LINEAR, .out = out, .in = in, .trained = true};
}

static oss_layer make_norm(int32_t width) {
    return (oss_layer){
        .kind = OSS_LAYER_NORM, .out = width, .in = width, .weight_init = OSS_INIT_ONES, .trained = true};
}

/* As torch.nn.MultiheadAttention begins. */
static oss_layer make_attention(int32_t out, int32_t in, oss_init weight_init) {
    oss_layer layer = make_linear(out, in);
    layer.weight_init = weight_init;
    layer.bias_init = OSS_INIT_ZEROS;
    return layer;
}

/* It adds nothing to begin with. */
static oss_layer make_taps(int32_t channels, int32_t taps) {
    return (oss_layer){
        .kind = OSS_LAYER_TAPS, .out = channels, .in = taps, .weight_init = OSS_INIT_ZEROS, .trained = true};
}

static oss_layer make_projector(int32_t out, int32_t in) {
    oss_layer layer = make_linear(out, in);
    layer.trained = false;
    return layer;
}

static oss_layer make_layer(const oss_model_config *config, int32_t vocab, oss_role role, int32_t index) {
    int32_t d = config->d_model;
    switch (role) {
    case OSS_ROLE_CONV:
        return make_conv(config->conv_channels, index == 0 ? 1 : config->conv_channels);
    case OSS_ROLE_PROJ:
        return make_linear(d, oss_sizes_flat_width(config));
    case OSS_ROLE_QKV:
        return make_attention(3 * d, d, OSS_INIT_XAVIER);
    case OSS_ROLE_VALUE_CONV:
        return make_taps(d, config->value_conv);
    case OSS_ROLE_OUT:
        return make_attention(d, d, OSS_INIT_UNIFORM_FAN_IN);
    case OSS_ROLE_MLP_IN:
        return make_linear(config->d_ff, d);
    case OSS_ROLE_MLP_OUT:
        return make_linear(d, config->d_ff);
    case OSS_ROLE_HEAD:
        return make_linear(config->ctc_subframes * vocab, d);
    case OSS_ROLE_PROJECTOR:
        return make_projector(config->projector_dim, d);
    case OSS_ROLE_NORM1:
    case OSS_ROLE_NORM2:
    case OSS_ROLE_NORM:
        break;
    }
    return make_norm(d);
}

oss_layer oss_network_layer(const oss_model_config *config, int32_t vocab, int32_t place) {
    OSS_CONTRACT(place >= 0 && place < oss_network_layers(config, vocab));
    int32_t index;
    oss_role role = find_role(config, vocab, place, &index);
    oss_layer layer = make_layer(config, vocab, role, index);
    layer.role = role;
    layer.index = index;
    return layer;
}

bool oss_layer_has_products(const oss_layer *layer) {
    return layer->kind == OSS_LAYER_CONV || layer->kind == OSS_LAYER_LINEAR;
}

static oss_k_format choose_format(const oss_layer *layer, oss_precision precision) {
    bool conv = layer->kind == OSS_LAYER_CONV;
    switch (precision) {
    case OSS_PRECISION_BF16:
        return !conv || (layer->out % 2 == 0 && layer->in % 2 == 0) ? OSS_K_BF16 : OSS_K_FP32;
    case OSS_PRECISION_INT8:
        if (conv) {
            return layer->in > 1 ? OSS_K_INT8 : layer->out > 1 ? OSS_K_INT16 : OSS_K_FP32;
        }
        return layer->in <= OSS_INT8_MAX_TERMS ? OSS_K_INT8 : OSS_K_FP32;
    case OSS_PRECISION_FP32:
        break;
    }
    return OSS_K_FP32;
}

oss_k_weight oss_layer_weight(const oss_layer *layer, oss_precision precision) {
    OSS_CONTRACT(oss_layer_has_products(layer));
    bool conv = layer->kind == OSS_LAYER_CONV;
    return (oss_k_weight){
        .format = choose_format(layer, precision), .conv = conv, .n = layer->out, .k = layer->in};
}

/* ---- Names ---- */

static const char *const conv_name[OSS_MAX_CONVS] = {"encoder.down.0.net.0", "encoder.down.0.net.2",
                                                     "encoder.down.1"};
static const char *const role_name[] = {
    [OSS_ROLE_PROJ] = "encoder.proj",   [OSS_ROLE_NORM1] = "norm1",
    [OSS_ROLE_QKV] = "qkv_proj",        [OSS_ROLE_VALUE_CONV] = "value_conv",
    [OSS_ROLE_OUT] = "out_proj",        [OSS_ROLE_NORM2] = "norm2",
    [OSS_ROLE_MLP_IN] = "mlp.0",        [OSS_ROLE_MLP_OUT] = "mlp.2",
    [OSS_ROLE_NORM] = "encoder.norm",   [OSS_ROLE_HEAD] = "head",
    [OSS_ROLE_PROJECTOR] = "projector",
};

void oss_layer_name(char out[OSS_LAYER_NAME_BYTES], oss_role role, int32_t index) {
    if (role >= OSS_ROLE_NORM1 && role <= OSS_ROLE_MLP_OUT) {
        (void)oss_format(out, OSS_LAYER_NAME_BYTES, "encoder.blocks.%d.%s", index, role_name[role]);
    } else {
        (void)oss_format(out, OSS_LAYER_NAME_BYTES, "%s",
                         role == OSS_ROLE_CONV ? conv_name[index] : role_name[role]);
    }
}
