/* Weights from the model's table into the kernels' layouts. */
#include <string.h>

#include "base/mem.h"
#include "infer/encoder_internal.h"
#include "model/sizes.h"

/* One pass over the weights either counts their memory (a measuring arena) or packs them. */
typedef struct packer {
    const oss_model *model;
    oss_precision precision;
    oss_arena *arena;
} packer;

/* A copy of a vector: biases and norms. */
static const float *take_vector(const packer *p, oss_role role, int32_t index, oss_part part) {
    const oss_param *param = oss_params_get(p->model->params, role, index, part);
    float *copy = oss_arena_take(p->arena, param->count, sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, p->model->value + param->offset, param->count * sizeof *copy);
    }
    return copy;
}

/* w: NULL: the model's own; else the weight to pack instead (same shape). */
static oss_k_weight take_weight(const packer *p, oss_role role, int32_t index, const float *w) {
    const oss_param *param = oss_params_get(p->model->params, role, index, OSS_PART_WEIGHT);
    oss_k_weight weight = oss_layer_weight(&param->layer, p->precision);
    weight.format = oss_k_format_of_inference(weight.format);
    float *packed = oss_arena_take(p->arena, oss_k_weight_floats(&weight), sizeof *packed);
    if (packed != NULL) {
        oss_k_weight_pack(&weight, packed, w != NULL ? w : p->model->value + param->offset);
    }
    weight.packed = packed;
    weight.bias = take_vector(p, role, index, OSS_PART_BIAS);
    return weight;
}

/* All 0 when the network has none. */
static oss_value_conv take_value_conv(const packer *p, int32_t index) {
    const oss_param *param = oss_params_get(p->model->params, OSS_ROLE_VALUE_CONV, index, OSS_PART_WEIGHT);
    if (param == NULL) {
        return (oss_value_conv){0};
    }
    int32_t taps = param->layer.in, width = param->layer.out;
    float *w = oss_arena_take(p->arena, param->count, sizeof *w);
    if (w != NULL) {
        oss_k_value_conv_pack(w, p->model->value + param->offset, taps, width);
    }
    return (oss_value_conv){.w = w, .taps = taps, .width = width};
}

static void take_block(const packer *p, oss_packed_block *block, int32_t index) {
    block->norm1 = take_vector(p, OSS_ROLE_NORM1, index, OSS_PART_WEIGHT);
    block->qkv = take_weight(p, OSS_ROLE_QKV, index, NULL);
    block->value_conv = take_value_conv(p, index);
    block->out = take_weight(p, OSS_ROLE_OUT, index, NULL);
    block->norm2 = take_vector(p, OSS_ROLE_NORM2, index, OSS_PART_WEIGHT);
    block->mlp_in = take_weight(p, OSS_ROLE_MLP_IN, index, NULL);
    block->mlp_out = take_weight(p, OSS_ROLE_MLP_OUT, index, NULL);
}

/* PyTorch's flatten puts channels outermost, column ch*F + f; the stem leaves frames as [F, channels].
 * Reordering the columns of the weight once spares reordering every frame. */
static float *reorder_projection(const oss_model *model) {
    const oss_param *param = oss_params_get(model->params, OSS_ROLE_PROJ, 0, OSS_PART_WEIGHT);
    float *w = oss_alloc(param->count, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    size_t channels = (size_t)model->config.conv_channels;
    size_t width = (size_t)param->dim[1];
    size_t bins = width / channels;
    const float *from = model->value + param->offset;
    for (size_t row = 0; row < (size_t)param->dim[0]; row++, from += width) {
        for (size_t ch = 0; ch < channels; ch++) {
            for (size_t f = 0; f < bins; f++) {
                w[row * width + f * channels + ch] = from[ch * bins + f];
            }
        }
    }
    return w;
}

static void take_weights(const packer *p, oss_encoder_weights *weights, const float *projection) {
    weights->layers = oss_sizes_stem_layers(&p->model->config);
    for (int32_t l = 0; l < weights->layers; l++) {
        weights->conv[l] = take_weight(p, OSS_ROLE_CONV, l, NULL);
        weights->bins[l] = oss_sizes_stem_bins(&p->model->config, l);
    }
    weights->proj = take_weight(p, OSS_ROLE_PROJ, 0, projection);
    for (int32_t i = 0; i < weights->blocks; i++) {
        take_block(p, &weights->block[i], i);
    }
    weights->norm = take_vector(p, OSS_ROLE_NORM, 0, OSS_PART_WEIGHT);
    if (p->model->vocab != NULL) {
        weights->head = take_weight(p, OSS_ROLE_HEAD, 0, NULL);
    }
    if (p->model->config.projector_dim > 0) {
        weights->projector = take_weight(p, OSS_ROLE_PROJECTOR, 0, NULL);
    }
}

oss_status oss_encoder_weights_init(oss_encoder_weights *out, const oss_model *model,
                                    oss_precision precision) {
    oss_arena measure;
    oss_arena_init_measuring(&measure);
    packer p = {.model = model, .precision = precision, .arena = &measure};
    oss_encoder_weights weights = {.steady = precision == OSS_PRECISION_INT8,
                                   .blocks = model->config.n_layers};
    float *projection = NULL;
    oss_status status = OSS_ENOMEM;
    weights.block = oss_alloc_zero((size_t)weights.blocks, sizeof *weights.block);
    if (weights.block == NULL) {
        goto done;
    }
    take_weights(&p, &weights, NULL);
    projection = reorder_projection(model);
    if (projection == NULL || oss_arena_init(&weights.memory, measure.peak_bytes) != OSS_OK) {
        goto done;
    }
    p.arena = &weights.memory;
    take_weights(&p, &weights, projection);
    *out = weights;
    status = OSS_OK;
done:
    oss_free(projection);
    if (status != OSS_OK) {
        oss_encoder_weights_deinit(&weights);
    }
    return status;
}

void oss_encoder_weights_deinit(oss_encoder_weights *weights) {
    oss_free(weights->block);
    weights->block = NULL;
    oss_arena_deinit(&weights->memory);
}
