/* The weight table: the parameters of network.h's layers, in file order, in one flat block of floats; what
 * each begins with and which decay.
 *
 * Initial values have the distributions of PyTorch's defaults:
 *
 *     Conv2d, Linear   weight and bias uniform in +-1/sqrt(fan_in), as torch.nn.Linear
 *     norms            1
 *     value_conv       0: it adds nothing to begin with
 *     qkv_proj         weight uniform in +-sqrt(6 / (fan_in + fan_out)), fan_out = 3*d_model; bias 0
 *     out_proj         weight uniform in +-1/sqrt(fan_in); bias 0
 *     head             as linear, times head_init_gain
 *
 * qkv_proj and out_proj are what torch.nn.MultiheadAttention, which the seed uses, calls in_proj and
 * out_proj. A number is drawn from (seed, hash of the tensor's name, index in it): a new tensor changes no
 * other. */
#ifndef OSS_MODEL_PARAMS_H
#define OSS_MODEL_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/network.h"

/* More would not fit into the sizes that readers of model files accept (4 GiB). */
#define OSS_PARAMS_MAX ((size_t)1 << 30)

typedef enum oss_part { OSS_PART_WEIGHT, OSS_PART_BIAS } oss_part;

typedef struct oss_param {
    char name[64];   /* PyTorch's, e.g. "encoder.blocks.0.qkv_proj.weight" */
    oss_layer layer; /* whose `part` it is */
    oss_part part;
    int32_t rank;
    int32_t dim[4];
    size_t count;  /* product of dim */
    size_t offset; /* of the first float in the block; a multiple of 16 floats (64 bytes) */
    bool decay;    /* matrices and kernels of trained layers; never biases, norms, projector */
    bool trained;  /* false: gets no gradient from CTC (projector) */
} oss_param;

typedef struct oss_params {
    int32_t count;
    oss_param *item;
    size_t floats;     /* of the block, padding included (padding is zero and stays zero) */
    size_t parameters; /* sum of counts */
} oss_params;

/* vocab_size 0: no head. OSS_EINPUT for more than OSS_PARAMS_MAX parameters. */
oss_status oss_params_create(oss_params **out, const oss_model_config *config, int32_t vocab_size);
void oss_params_free(oss_params *params);
/* NULL when there is none; index: the layer's. */
const oss_param *oss_params_get(const oss_params *params, oss_role role, int32_t index, oss_part part);
/* By name, for files. NULL when absent. */
const oss_param *oss_params_find(const oss_params *params, const char *name);
/* Fills value[params->floats] from the seed (rule of each entry; the draw depends on name and index only).
 *
 * head_gain scales the head's: how strongly it prefers some symbols before it has learnt anything decides
 * what fills the frames between letters: the blank, which has more places in CTC's paths than any letter, or
 * a letter that happened to start ahead. Both are optima. Small sets need the first, which a small gain
 * brings; larger ones learn faster with PyTorch's, 1 (docs/configuration.md). */
void oss_params_init(const oss_params *params, float *value, uint64_t seed, double head_gain);

#endif
