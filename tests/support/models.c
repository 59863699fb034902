#include "support/models.h"

#include <check.h>
#include <string.h>

enum { MAX_SYMBOLS = 30 };

static oss_vocab *make_vocab(int32_t count) {
    static const char letters[] = " abcdefghijklmnopqrstuvwxyz'";
    char text[MAX_SYMBOLS][2];
    const char *symbol[MAX_SYMBOLS] = {"<blank>", "<UNK>"};
    ck_assert_int_le(count, MAX_SYMBOLS);
    for (int32_t i = 2; i < count; i++) {
        text[i][0] = letters[i - 2];
        text[i][1] = '\0';
        symbol[i] = text[i];
    }
    oss_vocab *vocab = NULL;
    ck_assert_msg(oss_vocab_from_symbols(&vocab, symbol, count) == OSS_OK, "%s", oss_last_error());
    return vocab;
}

static oss_config *make_config(const oss_network_sizes *sizes) {
    oss_config *config = NULL;
    ck_assert_msg(oss_config_create(&config) == OSS_OK, "%s", oss_last_error());
    config->model.d_model = sizes->d_model;
    config->model.n_heads = sizes->n_heads;
    config->model.d_ff = sizes->d_ff;
    config->model.n_layers = sizes->n_layers;
    config->model.conv_channels = sizes->conv_channels;
    config->model.downsample_time = sizes->downsample;
    config->model.target_hz = 100.0 / sizes->downsample;
    config->model.ctc_subframes = sizes->k;
    config->model.position = sizes->position;
    config->model.projector_dim = sizes->projector_dim;
    config->model.value_conv = sizes->value_conv;
    config->model.mel.kind = sizes->power ? OSS_MEL_POWER : OSS_MEL_LOG;
    config->model.mel.norm = sizes->power ? OSS_MEL_NORM_NONE : OSS_MEL_NORM_UTTERANCE;
    ck_assert_msg(oss_config_check(config) == OSS_OK, "%s", oss_last_error());
    return config;
}

oss_model *oss_models_create(const oss_network_sizes *sizes) {
    oss_config *config = make_config(sizes);
    oss_vocab *vocab = sizes->vocab == 0 ? NULL : make_vocab(sizes->vocab);
    oss_model *model = NULL;
    ck_assert_msg(oss_model_create(&model, config, vocab) == OSS_OK, "%s", oss_last_error());
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        oss_network_fill_param(model->value + param->offset, param);
    }
    oss_config_free(config);
    oss_vocab_free(vocab);
    return model;
}

float *oss_models_value(oss_model *model, const char *name, size_t *out_count) {
    const oss_param *param = oss_params_find(model->params, name);
    ck_assert_msg(param != NULL, "the model has no %s", name);
    if (out_count != NULL) {
        *out_count = param->count;
    }
    return model->value + param->offset;
}

void oss_models_say(oss_model *model, const char *const *symbol, int32_t count) {
    ck_assert_int_eq(count, model->config.ctc_subframes);
    size_t weights = 0, biases = 0;
    float *weight = oss_models_value(model, "head.weight", &weights);
    float *bias = oss_models_value(model, "head.bias", &biases);
    memset(weight, 0, weights * sizeof *weight);
    memset(bias, 0, biases * sizeof *bias);
    for (int32_t j = 0; j < count; j++) {
        int32_t id = oss_vocab_find(model->vocab, symbol[j]);
        ck_assert_msg(id >= 0, "the vocabulary has no \"%s\"", symbol[j]);
        bias[j * oss_vocab_size(model->vocab) + id] = 6.0F;
    }
}
