/* The description of the network: which layers there are, in what order, with what names and shapes. */
#include "model/network.h"

#include "model/params.h"
#include "support/suite.h"

static oss_config *parse(const char *json) {
    oss_config *config = NULL;
    ck_assert_msg(oss_config_parse(&config, json, "c") == OSS_OK, "%s", oss_last_error());
    return config;
}

static const char tiny_json[] =
    "{\"downsample_time\": 4, \"mel_bins\": 16, \"conv_channels\": 4, \"d_model\": 6, \"n_layers\": 2, "
    "\"n_heads\": 1, \"d_ff\": 10, \"ctc_subframes\": 3, \"projector_dim\": 5}";

static const struct {
    const char *name;
    oss_role role;
    int32_t index;
    oss_layer_kind kind;
    int32_t out, in;
} tiny[] = {
    {"encoder.down.0.net.0", OSS_ROLE_CONV, 0, OSS_LAYER_CONV, 4, 1},
    {"encoder.down.0.net.2", OSS_ROLE_CONV, 1, OSS_LAYER_CONV, 4, 4},
    {"encoder.proj", OSS_ROLE_PROJ, 0, OSS_LAYER_LINEAR, 6, 16},
    {"encoder.blocks.0.norm1", OSS_ROLE_NORM1, 0, OSS_LAYER_NORM, 6, 6},
    {"encoder.blocks.0.qkv_proj", OSS_ROLE_QKV, 0, OSS_LAYER_LINEAR, 18, 6},
    {"encoder.blocks.0.out_proj", OSS_ROLE_OUT, 0, OSS_LAYER_LINEAR, 6, 6},
    {"encoder.blocks.0.norm2", OSS_ROLE_NORM2, 0, OSS_LAYER_NORM, 6, 6},
    {"encoder.blocks.0.mlp.0", OSS_ROLE_MLP_IN, 0, OSS_LAYER_LINEAR, 10, 6},
    {"encoder.blocks.0.mlp.2", OSS_ROLE_MLP_OUT, 0, OSS_LAYER_LINEAR, 6, 10},
    {"encoder.blocks.1.norm1", OSS_ROLE_NORM1, 1, OSS_LAYER_NORM, 6, 6},
    {"encoder.blocks.1.qkv_proj", OSS_ROLE_QKV, 1, OSS_LAYER_LINEAR, 18, 6},
    {"encoder.blocks.1.out_proj", OSS_ROLE_OUT, 1, OSS_LAYER_LINEAR, 6, 6},
    {"encoder.blocks.1.norm2", OSS_ROLE_NORM2, 1, OSS_LAYER_NORM, 6, 6},
    {"encoder.blocks.1.mlp.0", OSS_ROLE_MLP_IN, 1, OSS_LAYER_LINEAR, 10, 6},
    {"encoder.blocks.1.mlp.2", OSS_ROLE_MLP_OUT, 1, OSS_LAYER_LINEAR, 6, 10},
    {"encoder.norm", OSS_ROLE_NORM, 0, OSS_LAYER_NORM, 6, 6},
    {"head", OSS_ROLE_HEAD, 0, OSS_LAYER_LINEAR, 3 * 7, 6},
    {"projector", OSS_ROLE_PROJECTOR, 0, OSS_LAYER_LINEAR, 5, 6},
};
enum { TINY = sizeof tiny / sizeof *tiny, VOCAB = 7 };

/* The same with value_conv, which follows each block's qkv_proj. */
static const char convolved_json[] =
    "{\"downsample_time\": 4, \"mel_bins\": 16, \"conv_channels\": 4, \"d_model\": 6, \"n_layers\": 2, "
    "\"n_heads\": 1, \"d_ff\": 10, \"ctc_subframes\": 3, \"projector_dim\": 5, \"value_conv\": 9}";

START_TEST(test_layers) {
    oss_config *config = parse(tiny_json);
    ck_assert_int_eq(oss_network_layers(&config->model, VOCAB), TINY);
    for (int32_t place = 0; place < TINY; place++) {
        oss_layer layer = oss_network_layer(&config->model, VOCAB, place);
        char name[OSS_LAYER_NAME_BYTES];
        oss_layer_name(name, layer.role, layer.index);
        ck_assert_str_eq(name, tiny[place].name);
        ck_assert_int_eq(layer.role, tiny[place].role);
        ck_assert_int_eq(layer.index, tiny[place].index);
        ck_assert_int_eq(layer.kind, tiny[place].kind);
        ck_assert_int_eq(layer.out, tiny[place].out);
        ck_assert_int_eq(layer.in, tiny[place].in);
        ck_assert_int_eq(layer.trained, layer.role != OSS_ROLE_PROJECTOR);
    }
    oss_config_free(config);
}
END_TEST

START_TEST(test_layers_with_value_conv) {
    oss_config *config = parse(convolved_json);
    ck_assert_int_eq(oss_network_layers(&config->model, VOCAB), TINY + 2);
    for (int32_t place = 0, i = 0; i < TINY; place++, i++) {
        char name[OSS_LAYER_NAME_BYTES];
        oss_layer layer = oss_network_layer(&config->model, VOCAB, place);
        ck_assert_int_eq(layer.role, tiny[i].role);
        ck_assert_int_eq(layer.index, tiny[i].index);
        if (layer.role != OSS_ROLE_QKV) {
            continue;
        }
        layer = oss_network_layer(&config->model, VOCAB, ++place);
        oss_layer_name(name, layer.role, layer.index);
        ck_assert_str_eq(name,
                         layer.index == 0 ? "encoder.blocks.0.value_conv" : "encoder.blocks.1.value_conv");
        ck_assert_int_eq(layer.role, OSS_ROLE_VALUE_CONV);
        ck_assert_int_eq(layer.index, tiny[i].index);
        ck_assert_int_eq(layer.kind, OSS_LAYER_TAPS);
        ck_assert_int_eq(layer.out, 6);
        ck_assert_int_eq(layer.in, 9);
        ck_assert(layer.trained && !oss_layer_has_products(&layer));
    }
    oss_config_free(config);
}
END_TEST

static const struct {
    const char *json;
    int32_t vocab;
} variants[] = {{convolved_json, VOCAB}, {convolved_json, 0}, {tiny_json, VOCAB},           {tiny_json, 0},
                {"{}", VOCAB},           {"{}", 0},           {"{\"projector_dim\": 5}", 0}};

/* With and without head, projector and third convolution: every layer is found where the list has it. */
START_TEST(test_places) {
    oss_config *config = parse(variants[_i].json);
    int32_t vocab = variants[_i].vocab, heads = 0, projectors = 0, convs = 0;
    for (int32_t place = 0; place < oss_network_layers(&config->model, vocab); place++) {
        oss_layer layer = oss_network_layer(&config->model, vocab, place);
        ck_assert_int_eq(oss_network_place(&config->model, vocab, layer.role, layer.index), place);
        heads += layer.role == OSS_ROLE_HEAD;
        projectors += layer.role == OSS_ROLE_PROJECTOR;
        convs += layer.role == OSS_ROLE_CONV;
    }
    ck_assert_int_eq(heads, vocab > 0);
    ck_assert_int_eq(projectors, config->model.projector_dim > 0);
    ck_assert_int_eq(convs, config->model.downsample_time == 8 ? 3 : 2);
    oss_config_free(config);
}
END_TEST

static oss_k_format format_of(const char *json, oss_precision precision, oss_role role, int32_t index) {
    oss_config *config = parse(json);
    oss_layer layer =
        oss_network_layer(&config->model, VOCAB, oss_network_place(&config->model, VOCAB, role, index));
    oss_config_free(config);
    return oss_layer_weight(&layer, precision).format;
}

static bool takes_bf16(const char *json, oss_role role, int32_t index) {
    ck_assert_int_eq(format_of(json, OSS_PRECISION_FP32, role, index), OSS_K_FP32);
    return format_of(json, OSS_PRECISION_BF16, role, index) == OSS_K_BF16;
}

START_TEST(test_which_products_take_bf16) {
    ck_assert(!takes_bf16("{}", OSS_ROLE_CONV, 0));
    ck_assert(takes_bf16("{}", OSS_ROLE_CONV, 1));
    ck_assert(!takes_bf16("{\"conv_channels\": 5}", OSS_ROLE_CONV, 1));
    ck_assert(takes_bf16("{\"conv_channels\": 5}", OSS_ROLE_PROJ, 0));
    ck_assert(takes_bf16("{\"d_model\": 15, \"position\": \"none\"}", OSS_ROLE_QKV, 3));
}
END_TEST

START_TEST(test_which_products_take_int8) {
    ck_assert_int_eq(format_of("{}", OSS_PRECISION_INT8, OSS_ROLE_CONV, 0), OSS_K_INT16);
    ck_assert_int_eq(format_of("{}", OSS_PRECISION_INT8, OSS_ROLE_CONV, 1), OSS_K_INT8);
    ck_assert_int_eq(format_of("{\"conv_channels\": 5}", OSS_PRECISION_INT8, OSS_ROLE_CONV, 2), OSS_K_INT8);
    ck_assert_int_eq(format_of("{}", OSS_PRECISION_INT8, OSS_ROLE_PROJ, 0), OSS_K_INT8);
    ck_assert_int_eq(format_of("{}", OSS_PRECISION_INT8, OSS_ROLE_HEAD, 0), OSS_K_INT8);
    /* 1024 channels of 260 / 4 bins: more terms than an int32 sum holds */
    const char *wide =
        "{\"conv_channels\": 1024, \"mel_bins\": 260, \"downsample_time\": 4, \"target_hz\": 25}";
    ck_assert_int_eq(format_of(wide, OSS_PRECISION_INT8, OSS_ROLE_PROJ, 0), OSS_K_FP32);
}
END_TEST

START_TEST(test_parameters_by_role) {
    oss_config *config = parse(tiny_json);
    oss_params *params = NULL;
    ck_assert_int_eq(oss_params_create(&params, &config->model, VOCAB), OSS_OK);
    for (int32_t i = 0; i < params->count; i++) {
        const oss_param *param = &params->item[i];
        ck_assert_ptr_eq(oss_params_get(params, param->layer.role, param->layer.index, param->part), param);
    }
    const oss_param *bias = oss_params_get(params, OSS_ROLE_MLP_OUT, 1, OSS_PART_BIAS);
    ck_assert_str_eq(bias->name, "encoder.blocks.1.mlp.2.bias");
    ck_assert_ptr_null(oss_params_get(params, OSS_ROLE_NORM, 0, OSS_PART_BIAS));
    ck_assert_ptr_null(oss_params_get(params, OSS_ROLE_CONV, 2, OSS_PART_WEIGHT));
    ck_assert_ptr_null(oss_params_get(params, OSS_ROLE_QKV, 2, OSS_PART_WEIGHT));
    ck_assert_ptr_null(oss_params_get(params, OSS_ROLE_VALUE_CONV, 0, OSS_PART_WEIGHT));
    oss_params_free(params);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model/network");
    TCase *tcase = tcase_create("network");
    tcase_add_test(tcase, test_layers);
    tcase_add_test(tcase, test_layers_with_value_conv);
    tcase_add_loop_test(tcase, test_places, 0, sizeof variants / sizeof *variants);
    tcase_add_test(tcase, test_which_products_take_bf16);
    tcase_add_test(tcase, test_which_products_take_int8);
    tcase_add_test(tcase, test_parameters_by_role);
    suite_add_tcase(suite, tcase);
    return suite;
}
