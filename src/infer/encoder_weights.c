/* Weights from the model's table into the kernels' layouts. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "infer/encoder_internal.h"
#include "kernel/conv2d.h"
#include "kernel/gemm.h"
#include "model/sizes.h"

/* One pass over the weights either counts their memory (a measuring arena) or packs them. */
typedef struct packer {
    const oss_model *model;
    oss_precision precision;
    oss_arena *arena;
    const char *missing; /* name of a parameter that the table lacks: a bug, reported once at the end */
    char name[64];
} packer;

static const oss_param *find_param(packer *p, const char *prefix, const char *suffix) {
    (void)oss_format(p->name, sizeof p->name, "%s.%s", prefix, suffix);
    const oss_param *param = oss_params_find(p->model->params, p->name);
    if (param == NULL) {
        p->missing = p->missing == NULL ? prefix : p->missing;
    }
    return param;
}

/* A copy of a vector: biases and norms. */
static const float *take_vector(packer *p, const char *prefix, const char *suffix) {
    const oss_param *param = find_param(p, prefix, suffix);
    size_t count = param == NULL ? 0 : param->count;
    float *copy = oss_arena_take(p->arena, count, sizeof *copy);
    if (copy != NULL && param != NULL) {
        memcpy(copy, p->model->value + param->offset, count * sizeof *copy);
    }
    return copy;
}

/* w: NULL: the model's own; else the weight to pack instead (same shape). */
static oss_packed_linear take_linear(packer *p, const char *prefix, const float *w) {
    oss_packed_linear linear = {0};
    const oss_param *param = find_param(p, prefix, "weight");
    if (param == NULL) {
        return linear;
    }
    linear.n = param->dim[0];
    linear.k = param->dim[1];
    linear.weight = oss_arena_take(p->arena, oss_k_packed_floats(linear.n, linear.k), sizeof(float));
    linear.bf16 = p->precision == OSS_PRECISION_BF16;
    if (linear.weight != NULL) {
        oss_k_pack_weight(linear.weight, w != NULL ? w : p->model->value + param->offset, linear.n, linear.k);
    }
    if (linear.weight != NULL && linear.bf16) {
        oss_k_bf16_pair_packed(linear.weight, linear.n, linear.k);
    }
    linear.bias = take_vector(p, prefix, "bias");
    return linear;
}

static void take_conv(packer *p, oss_packed_conv *conv, int32_t layer) {
    static const char *const names[OSS_STEM_MAX_LAYERS] = {"encoder.down.0.net.0", "encoder.down.0.net.2",
                                                           "encoder.down.1"};
    const oss_param *param = find_param(p, names[layer], "weight");
    if (param == NULL) {
        return;
    }
    conv->co = param->dim[0];
    conv->ci = param->dim[1];
    conv->bins = oss_sizes_stem_bins(&p->model->config, layer);
    conv->weight = oss_arena_take(p->arena, oss_k_conv2d_packed_floats(conv->ci, conv->co), sizeof(float));
    if (conv->weight != NULL) {
        oss_k_conv2d_pack(conv->weight, p->model->value + param->offset, conv->ci, conv->co);
    }
    conv->bf16 = p->precision == OSS_PRECISION_BF16 && conv->ci % 2 == 0;
    if (conv->weight != NULL && conv->bf16) {
        oss_k_bf16_pair_packed(conv->weight, conv->co, 9 * conv->ci);
    }
    conv->bias = take_vector(p, names[layer], "bias");
}

static void take_block(packer *p, oss_packed_block *block, int32_t index) {
    char prefix[48];
    (void)oss_format(prefix, sizeof prefix, "encoder.blocks.%d", index);
    block->norm1 = take_vector(p, prefix, "norm1.weight");
    block->norm2 = take_vector(p, prefix, "norm2.weight");
    struct {
        oss_packed_linear *linear;
        const char *name;
    } parts[] = {
        {&block->qkv, "qkv_proj"}, {&block->out, "out_proj"}, {&block->up, "mlp.0"}, {&block->down, "mlp.2"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        (void)oss_format(prefix, sizeof prefix, "encoder.blocks.%d.%s", index, parts[i].name);
        *parts[i].linear = take_linear(p, prefix, NULL);
    }
}

/* PyTorch's flatten puts channels outermost, column ch*F + f; the stem leaves frames as [F, channels].
 * Reordering the columns of the weight once spares reordering every frame. */
static float *reorder_projection(const oss_model *model) {
    const oss_param *param = oss_params_find(model->params, "encoder.proj.weight");
    if (param == NULL) {
        (void)oss_fail(OSS_EBUG, "the weight table has no encoder.proj.weight");
        return NULL;
    }
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

static void take_weights(packer *p, oss_encoder_weights *weights, const float *projection) {
    weights->layers = oss_sizes_stem_layers(&p->model->config);
    for (int32_t l = 0; l < weights->layers; l++) {
        take_conv(p, &weights->conv[l], l);
    }
    weights->proj = take_linear(p, "encoder.proj", projection);
    for (int32_t i = 0; i < weights->blocks; i++) {
        take_block(p, &weights->block[i], i);
    }
    weights->norm = take_vector(p, "encoder.norm", "weight");
    if (p->model->vocab != NULL) {
        weights->head = take_linear(p, "head", NULL);
    }
    if (p->model->config.projector_dim > 0) {
        weights->projector = take_linear(p, "projector", NULL);
    }
}

oss_status oss_encoder_weights_init(oss_encoder_weights *out, const oss_model *model,
                                    oss_precision precision) {
    oss_arena measure;
    oss_arena_init_measuring(&measure);
    packer p = {.model = model, .precision = precision, .arena = &measure};
    oss_encoder_weights weights = {.blocks = model->config.n_layers};
    float *projection = NULL;
    oss_status status = OSS_ENOMEM;
    weights.block = oss_alloc_zero((size_t)weights.blocks, sizeof *weights.block);
    if (weights.block == NULL) {
        goto done;
    }
    take_weights(&p, &weights, NULL);
    if (p.missing != NULL) {
        status = oss_fail(OSS_EBUG, "the weight table lacks a parameter of %s", p.missing);
        goto done;
    }
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
