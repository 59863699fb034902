#include "model/params.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/rng.h"
#include "base/round.h"
#include "model/sizes.h"

enum { ALIGNMENT_FLOATS = 16, PER_BLOCK = 10 };

static int32_t count_entries(const oss_model_config *config, int32_t vocab_size) {
    int32_t stem = 2 * oss_sizes_stem_layers(config) + 2;
    return stem + PER_BLOCK * config->n_layers + 1 + (vocab_size > 0 ? 2 : 0) +
           (config->projector_dim > 0 ? 2 : 0);
}

/* The next entry, laid out behind the ones before it; `entry` has everything but count and offset. */
static void add_entry(oss_params *params, const char *layer, const char *part, oss_param entry) {
    (void)oss_format(entry.name, sizeof entry.name, "%s.%s", layer, part);
    entry.count = 1;
    for (int32_t i = 0; i < entry.rank; i++) {
        entry.count *= (size_t)entry.dim[i];
    }
    entry.offset = params->floats;
    params->item[params->count++] = entry;
    params->parameters += entry.count;
    params->floats += oss_round_up(entry.count, ALIGNMENT_FLOATS);
}

static void add_conv(oss_params *params, const char *layer, int32_t out, int32_t in) {
    oss_param weight = {.rank = 4,
                        .dim = {out, in, 3, 3},
                        .fan_in = 9 * in,
                        .fan_out = 9 * out,
                        .decay = true,
                        .trained = true};
    oss_param bias = {.rank = 1, .dim = {out}, .fan_in = 9 * in, .fan_out = 9 * out, .trained = true};
    add_entry(params, layer, "weight", weight);
    add_entry(params, layer, "bias", bias);
}

static void add_linear_as(oss_params *params, const char *layer, int32_t out, int32_t in,
                          oss_init weight_init, oss_init bias_init) {
    oss_param weight = {.rank = 2,
                        .dim = {out, in},
                        .init = weight_init,
                        .fan_in = in,
                        .fan_out = out,
                        .decay = true,
                        .trained = true};
    oss_param bias = {
        .rank = 1, .dim = {out}, .init = bias_init, .fan_in = in, .fan_out = out, .trained = true};
    add_entry(params, layer, "weight", weight);
    add_entry(params, layer, "bias", bias);
}

static void add_linear(oss_params *params, const char *layer, int32_t out, int32_t in) {
    add_linear_as(params, layer, out, in, OSS_INIT_UNIFORM_FAN_IN, OSS_INIT_UNIFORM_FAN_IN);
}

static void add_norm(oss_params *params, const char *layer, int32_t width) {
    add_entry(params, layer, "weight",
              (oss_param){.rank = 1, .dim = {width}, .init = OSS_INIT_ONES, .trained = true});
}

static void add_stem(oss_params *params, const oss_model_config *config) {
    static const char *const layer[] = {"encoder.down.0.net.0", "encoder.down.0.net.2", "encoder.down.1"};
    for (int32_t i = 0; i < oss_sizes_stem_layers(config); i++) {
        add_conv(params, layer[i], config->conv_channels, i == 0 ? 1 : config->conv_channels);
    }
    add_linear(params, "encoder.proj", config->d_model, oss_sizes_flat_width(config));
}

static void add_block(oss_params *params, const oss_model_config *config, int32_t index) {
    enum { LAYERS = 6 };
    static const char *const part[LAYERS] = {"norm1", "qkv_proj", "out_proj", "norm2", "mlp.0", "mlp.2"};
    char layer[LAYERS][sizeof params->item->name];
    for (int i = 0; i < LAYERS; i++) {
        (void)oss_format(layer[i], sizeof layer[i], "encoder.blocks.%d.%s", index, part[i]);
    }
    int32_t d = config->d_model;
    add_norm(params, layer[0], d);
    add_linear_as(params, layer[1], 3 * d, d, OSS_INIT_XAVIER, OSS_INIT_ZEROS);
    add_linear_as(params, layer[2], d, d, OSS_INIT_UNIFORM_FAN_IN, OSS_INIT_ZEROS);
    add_norm(params, layer[3], d);
    add_linear(params, layer[4], config->d_ff, d);
    add_linear(params, layer[5], d, config->d_ff);
}

static void add_head(oss_params *params, const oss_model_config *config, int32_t vocab_size) {
    add_linear(params, "head", config->ctc_subframes * vocab_size, config->d_model);
}

/* CTC gives the projector no gradient: it must keep its initial values, so it does not decay either. */
static void add_projector(oss_params *params, const oss_model_config *config) {
    add_linear(params, "projector", config->projector_dim, config->d_model);
    for (int32_t i = params->count - 2; i < params->count; i++) {
        params->item[i].decay = false;
        params->item[i].trained = false;
    }
}

static void add_all(oss_params *params, const oss_model_config *config, int32_t vocab_size) {
    add_stem(params, config);
    for (int32_t i = 0; i < config->n_layers; i++) {
        add_block(params, config, i);
    }
    add_norm(params, "encoder.norm", config->d_model);
    if (vocab_size > 0) {
        add_head(params, config, vocab_size);
    }
    if (config->projector_dim > 0) {
        add_projector(params, config);
    }
}

oss_status oss_params_create(oss_params **out, const oss_model_config *config, int32_t vocab_size) {
    oss_params *params = oss_alloc_zero(1, sizeof *params);
    if (params == NULL) {
        return OSS_ENOMEM;
    }
    params->item = oss_alloc_zero((size_t)count_entries(config, vocab_size), sizeof *params->item);
    oss_status status = OSS_ENOMEM;
    if (params->item != NULL) {
        add_all(params, config, vocab_size);
        status = OSS_OK;
    }
    if (status == OSS_OK && params->parameters > OSS_PARAMS_MAX) {
        status = oss_fail(
            OSS_EINPUT,
            "this configuration has %zu parameters; at most %zu are allowed: make d_model, d_ff, n_layers "
            "or conv_channels smaller",
            params->parameters, OSS_PARAMS_MAX);
    }
    if (status != OSS_OK) {
        oss_params_free(params);
        return status;
    }
    *out = params;
    return OSS_OK;
}

void oss_params_free(oss_params *params) {
    if (params == NULL) {
        return;
    }
    oss_free(params->item);
    oss_free(params);
}

const oss_param *oss_params_find(const oss_params *params, const char *name) {
    for (int32_t i = 0; i < params->count; i++) {
        if (strcmp(params->item[i].name, name) == 0) {
            return &params->item[i];
        }
    }
    return NULL;
}

static void fill_constant(float *value, size_t count, float constant) {
    for (size_t i = 0; i < count; i++) {
        value[i] = constant;
    }
}

/* value[i] = bound * (2u - 1), u uniform in [0, 1). */
static void fill_uniform(float *value, const oss_param *param, double bound, uint64_t seed) {
    uint64_t place = oss_hash(param->name, strlen(param->name));
    for (size_t i = 0; i < param->count; i++) {
        double u = oss_rng_uniform(seed, OSS_RNG_INIT, place, (uint32_t)i);
        value[i] = (float)(bound * (2.0 * u - 1.0));
    }
}

static void init_entry(float *value, const oss_param *param, uint64_t seed, double head_gain) {
    double gain = strncmp(param->name, "head.", 5) == 0 ? head_gain : 1.0;
    switch (param->init) {
    case OSS_INIT_UNIFORM_FAN_IN:
        fill_uniform(value, param, gain / sqrt(param->fan_in), seed);
        break;
    case OSS_INIT_XAVIER:
        fill_uniform(value, param, sqrt(6.0 / ((double)param->fan_in + param->fan_out)), seed);
        break;
    case OSS_INIT_ONES:
        fill_constant(value, param->count, 1.0f);
        break;
    case OSS_INIT_ZEROS:
        fill_constant(value, param->count, 0.0f);
        break;
    }
}

void oss_params_init(const oss_params *params, float *value, uint64_t seed, double head_gain) {
    memset(value, 0, params->floats * sizeof *value);
    for (int32_t i = 0; i < params->count; i++) {
        init_entry(value + params->item[i].offset, &params->item[i], seed, head_gain);
    }
}
