/* THE description of the network: its layers in the order in which they run, which is the order of a model
 * file, each with its part in the network, its name, its shape and how it begins; and the numbers that the
 * layers share. The weight table (params.h), training (nn), inference (infer) and whatever writes the network
 * in another form walk this list or look layers up by role; nobody else knows a name.
 *
 *     stem        conv 0..: 3x3, stride 2, padding 1 in time and frequency, each followed by GELU;
 *                 flattened channel by channel (column ch*F + f), then proj
 *     position    sinusoidal: added once; rope: on q and k of every block; base OSS_POSITION_BASE
 *     block 0..   x += out(attention(qkv(norm1(x))));  x += mlp_out(gelu(mlp_in(norm2(x))))
 *                 with value_conv: x += out(attention(..) + value_conv(v)), v the values in qkv(norm1(x))
 *     norm        its output is the embeddings
 *     head        row j*V + v of its weight is symbol v of sub-frame j, so row s*k + j of the logits [S*k, V]
 *                 is sub-frame j of embedding s
 *     projector   of the embeddings
 *
 * Norms are RMSNorm with OSS_NORM_EPS; attention scales by D^-0.5; GELU is the exact form. */
#ifndef OSS_MODEL_NETWORK_H
#define OSS_MODEL_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/linear.h"
#include "model/config.h"

enum {
    OSS_MAX_CONVS = 3,
    OSS_CONV_SIZE = 3, /* of the kernel, in time and in frequency */
    OSS_LAYER_NAME_BYTES = 48
};
#define OSS_NORM_EPS      1e-5f
#define OSS_POSITION_BASE 10000.0

/* What a layer is in the network. */
typedef enum oss_role {
    OSS_ROLE_CONV, /* index: from 0 */
    OSS_ROLE_PROJ,
    OSS_ROLE_NORM1, /* from here to MLP_OUT index is the block's */
    OSS_ROLE_QKV,
    OSS_ROLE_VALUE_CONV, /* where the configuration has one */
    OSS_ROLE_OUT,
    OSS_ROLE_NORM2,
    OSS_ROLE_MLP_IN,
    OSS_ROLE_MLP_OUT,
    OSS_ROLE_NORM,
    OSS_ROLE_HEAD,
    OSS_ROLE_PROJECTOR
} oss_role;

/* What it computes, and so which parameters it has. */
typedef enum oss_layer_kind {
    OSS_LAYER_CONV,   /* weight [out, in, 3, 3], bias [out] */
    OSS_LAYER_LINEAR, /* weight [out, in], bias [out] */
    OSS_LAYER_TAPS,   /* weight [out, 1, in]: each channel by itself, in: taps */
    OSS_LAYER_NORM    /* weight [out] */
} oss_layer_kind;

/* Rules for initial values (params.h says which distributions). */
typedef enum oss_init { OSS_INIT_UNIFORM_FAN_IN, OSS_INIT_ONES, OSS_INIT_ZEROS, OSS_INIT_XAVIER } oss_init;

typedef struct oss_layer {
    oss_role role;
    int32_t index; /* of the convolution or the block; else 0 */
    oss_layer_kind kind;
    int32_t out, in; /* a norm: both its width; taps: channels and taps */
    oss_init weight_init, bias_init;
    bool trained; /* false: CTC gives it no gradient (projector), so it keeps its values and does not decay */
} oss_layer;

/* Whether it multiplies matrices: its weight is laid out for that, and has a bias. */
bool oss_layer_has_products(const oss_layer *layer);

/* Layer number `place` in [0, oss_network_layers). vocab: symbols of the head, 0: there is none. */
int32_t oss_network_layers(const oss_model_config *config, int32_t vocab);
oss_layer oss_network_layer(const oss_model_config *config, int32_t vocab, int32_t place);

/* The number of the layer with this role; one that the network has. */
int32_t oss_network_place(const oss_model_config *config, int32_t vocab, oss_role role, int32_t index);

/* PyTorch's name of the layer, "encoder.blocks.0.qkv_proj"; a parameter of it has ".weight" or ".bias" after it. */
void oss_layer_name(char out[OSS_LAYER_NAME_BYTES], oss_role role, int32_t index);

/* The weight of a convolution or a linear layer, without arrays, in the format that its products multiply in at
 * a precision. bf16: all do but convolutions with an odd number of channels on either side, such as the first
 * one. */
oss_k_weight oss_layer_weight(const oss_layer *layer, oss_precision precision);

#endif
