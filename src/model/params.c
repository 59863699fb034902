#include "model/params.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/rng.h"
#include "base/round.h"

enum { ALIGNMENT_FLOATS = 16, PARTS = 2 };

/* Numbers of the weight that an input of the layer meets for one output. */
static int32_t count_taps(const oss_layer *layer) {
    return layer->kind == OSS_LAYER_CONV ? OSS_CONV_SIZE * OSS_CONV_SIZE : 1;
}

/* Writes the shape of a layer's weight to dim[4]; returns its rank. */
static int32_t find_shape(const oss_layer *layer, int32_t *dim) {
    dim[0] = layer->out;
    switch (layer->kind) {
    case OSS_LAYER_CONV:
        dim[1] = layer->in;
        dim[2] = dim[3] = OSS_CONV_SIZE;
        return 4;
    case OSS_LAYER_LINEAR:
        dim[1] = layer->in;
        return 2;
    case OSS_LAYER_TAPS:
        dim[1] = 1;
        dim[2] = layer->in;
        return 3;
    case OSS_LAYER_NORM:
        break;
    }
    return 1;
}

/* rank and dim */
static void set_shape(oss_param *entry) {
    int32_t dim[4], rank = find_shape(&entry->layer, dim);
    entry->rank = entry->part == OSS_PART_BIAS ? 1 : rank;
    entry->count = 1;
    for (int32_t i = 0; i < entry->rank; i++) {
        entry->dim[i] = dim[i];
        entry->count *= (size_t)dim[i];
    }
}

/* The next entry, laid out behind the ones before it. */
static void add_entry(oss_params *params, const oss_layer *layer, oss_part part) {
    oss_param *entry = &params->item[params->count++];
    char name[OSS_LAYER_NAME_BYTES];
    *entry = (oss_param){.layer = *layer, .part = part, .trained = layer->trained};
    oss_layer_name(name, layer->role, layer->index);
    (void)oss_format(entry->name, sizeof entry->name, "%s.%s", name,
                     part == OSS_PART_WEIGHT ? "weight" : "bias");
    set_shape(entry);
    entry->decay = layer->trained && entry->rank > 1;
    entry->offset = params->floats;
    params->parameters += entry->count;
    params->floats += oss_round_up(entry->count, ALIGNMENT_FLOATS);
}

static void add_all(oss_params *params, const oss_model_config *config, int32_t vocab_size) {
    int32_t layers = oss_network_layers(config, vocab_size);
    for (int32_t place = 0; place < layers; place++) {
        oss_layer layer = oss_network_layer(config, vocab_size, place);
        add_entry(params, &layer, OSS_PART_WEIGHT);
        if (oss_layer_has_products(&layer)) {
            add_entry(params, &layer, OSS_PART_BIAS);
        }
    }
}

oss_status oss_params_create(oss_params **out, const oss_model_config *config, int32_t vocab_size) {
    oss_params *params = oss_alloc_zero(1, sizeof *params);
    if (params == NULL) {
        return OSS_ENOMEM;
    }
    params->item =
        oss_alloc_zero((size_t)(PARTS * oss_network_layers(config, vocab_size)), sizeof *params->item);
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

const oss_param *oss_params_get(const oss_params *params, oss_role role, int32_t index, oss_part part) {
    for (int32_t i = 0; i < params->count; i++) {
        const oss_param *param = &params->item[i];
        if (param->layer.role == role && param->layer.index == index && param->part == part) {
            return param;
        }
    }
    return NULL;
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
    const oss_layer *layer = &param->layer;
    double fan_in = (double)count_taps(layer) * layer->in,
           gain = layer->role == OSS_ROLE_HEAD ? head_gain : 1.0;
    switch (param->part == OSS_PART_WEIGHT ? layer->weight_init : layer->bias_init) {
    case OSS_INIT_UNIFORM_FAN_IN:
        fill_uniform(value, param, gain / sqrt(fan_in), seed);
        break;
    case OSS_INIT_XAVIER:
        fill_uniform(value, param, sqrt(6.0 / (fan_in + layer->out)), seed);
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
