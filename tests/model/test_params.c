/* The weight table: names, shapes, counts, layout, decay and first values. */
#include "model/params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/faults.h"
#include "support/golden.h"
#include "support/suite.h"

static oss_params *make(const char *json, int32_t vocab) {
    oss_config *config = NULL;
    ck_assert_msg(oss_config_parse(&config, json, "c") == OSS_OK, "%s", oss_last_error());
    oss_params *params = NULL;
    ck_assert_msg(oss_params_create(&params, &config->model, vocab) == OSS_OK, "%s", oss_last_error());
    oss_config_free(config);
    return params;
}

static size_t count(const char *json, int32_t vocab) {
    oss_params *params = make(json, vocab);
    size_t parameters = params->parameters;
    oss_params_free(params);
    return parameters;
}

START_TEST(test_counts) {
    ck_assert_uint_eq(count("{}", 0), 2049408);
    ck_assert_uint_eq(count("{\"downsample_time\": 4}", 0), 2209088);
    ck_assert_uint_eq(count("{}", 30) - count("{}", 0), 193 * 30 * 2);
    ck_assert_uint_eq(count("{\"ctc_subframes\": 1}", 77) - count("{}", 0), 193 * 77);
    ck_assert_uint_eq(count("{\"projector_dim\": 256}", 0) - count("{}", 0), 49408);
    ck_assert_uint_eq(count("{\"value_conv\": 15}", 0) - count("{}", 0), 4 * 192 * 15);
}
END_TEST

START_TEST(test_micro_is_small) {
    char *path = oss_golden_path("../configs/micro.json");
    oss_config *config = NULL;
    ck_assert_msg(oss_config_load(&config, path) == OSS_OK, "%s", oss_last_error());
    oss_params *params = NULL;
    ck_assert_int_eq(oss_params_create(&params, &config->model, 60), OSS_OK);
    ck_assert_uint_lt(params->parameters, 100000);
    oss_params_free(params);
    oss_config_free(config);
    free(path);
}
END_TEST

typedef struct wanted {
    const char *name;
    int32_t rank, dim[4];
    bool decay;
} wanted;

/* In each block behind qkv_proj, without a bias. */
static const wanted value_conv = {"encoder.blocks.0.value_conv.weight", 3, {6, 1, 5}, true};

static const wanted tiny[] = {
    {"encoder.down.0.net.0.weight", 4, {4, 1, 3, 3}, true},
    {"encoder.down.0.net.0.bias", 1, {4}, false},
    {"encoder.down.0.net.2.weight", 4, {4, 4, 3, 3}, true},
    {"encoder.down.0.net.2.bias", 1, {4}, false},
    {"encoder.down.1.weight", 4, {4, 4, 3, 3}, true},
    {"encoder.down.1.bias", 1, {4}, false},
    {"encoder.proj.weight", 2, {6, 8}, true},
    {"encoder.proj.bias", 1, {6}, false},
    {"encoder.blocks.0.norm1.weight", 1, {6}, false},
    {"encoder.blocks.0.qkv_proj.weight", 2, {18, 6}, true},
    {"encoder.blocks.0.qkv_proj.bias", 1, {18}, false},
    {"encoder.blocks.0.out_proj.weight", 2, {6, 6}, true},
    {"encoder.blocks.0.out_proj.bias", 1, {6}, false},
    {"encoder.blocks.0.norm2.weight", 1, {6}, false},
    {"encoder.blocks.0.mlp.0.weight", 2, {10, 6}, true},
    {"encoder.blocks.0.mlp.0.bias", 1, {10}, false},
    {"encoder.blocks.0.mlp.2.weight", 2, {6, 10}, true},
    {"encoder.blocks.0.mlp.2.bias", 1, {6}, false},
    {"encoder.norm.weight", 1, {6}, false},
    {"head.weight", 2, {20, 6}, true},
    {"head.bias", 1, {20}, false},
    {"projector.weight", 2, {7, 6}, false},
    {"projector.bias", 1, {7}, false},
};
static const char tiny_json[] =
    "{\"mel_bins\": 16, \"conv_channels\": 4, \"d_model\": 6, \"n_layers\": 1, \"d_ff\": 10,"
    "\"ctc_subframes\": 4, \"projector_dim\": 7}";

START_TEST(test_table) {
    oss_params *params = make(tiny_json, 5);
    ck_assert_int_eq(params->count, (int)(sizeof tiny / sizeof tiny[0]));
    size_t end = 0;
    for (int32_t i = 0; i < params->count; i++) {
        const oss_param *param = &params->item[i];
        ck_assert_str_eq(param->name, tiny[i].name);
        ck_assert_int_eq(param->rank, tiny[i].rank);
        size_t product = 1;
        for (int32_t j = 0; j < 4; j++) {
            ck_assert_int_eq(param->dim[j], tiny[i].dim[j]);
            product *= j < param->rank ? (size_t)param->dim[j] : 1;
        }
        ck_assert_uint_eq(param->count, product);
        ck_assert_msg(param->decay == tiny[i].decay, "%s", param->name);
        ck_assert_msg(param->trained == (strncmp(param->name, "projector", 9) != 0), "%s", param->name);
        ck_assert_uint_eq(param->offset % 16, 0);
        ck_assert_uint_ge(param->offset, end);
        end = param->offset + param->count;
        ck_assert_ptr_eq(oss_params_find(params, param->name), param);
    }
    ck_assert_uint_ge(params->floats, end);
    ck_assert_ptr_null(oss_params_find(params, "encoder.proj"));
    oss_params_free(params);
}
END_TEST

START_TEST(test_value_conv) {
    oss_params *params = make("{\"mel_bins\": 16, \"conv_channels\": 4, \"d_model\": 6, \"n_layers\": 1, "
                              "\"d_ff\": 10, \"value_conv\": 5}",
                              0);
    const oss_param *param = oss_params_find(params, value_conv.name);
    ck_assert_ptr_nonnull(param);
    ck_assert_str_eq(param[-1].name, "encoder.blocks.0.qkv_proj.bias");
    ck_assert_str_eq(param[1].name, "encoder.blocks.0.out_proj.weight");
    ck_assert_int_eq(param->rank, value_conv.rank);
    ck_assert_mem_eq(param->dim, value_conv.dim, sizeof param->dim);
    ck_assert_uint_eq(param->count, 6 * 5);
    ck_assert(param->decay && param->trained);
    ck_assert_ptr_null(oss_params_get(params, OSS_ROLE_VALUE_CONV, 0, OSS_PART_BIAS));
    oss_params_free(params);
}
END_TEST

START_TEST(test_four_times_has_two_convolutions) {
    oss_params *params = make("{\"downsample_time\": 4}", 0);
    ck_assert_ptr_null(oss_params_find(params, "encoder.down.1.weight"));
    ck_assert_ptr_null(oss_params_find(params, "head.weight"));
    ck_assert_ptr_null(oss_params_find(params, "projector.weight"));
    ck_assert_int_eq(oss_params_find(params, "encoder.proj.weight")->dim[1], 2048);
    oss_params_free(params);
}
END_TEST

START_TEST(test_too_large) {
    oss_config *config = NULL;
    ck_assert_int_eq(
        oss_config_parse(&config, "{\"d_model\": 4096, \"n_heads\": 64, \"n_layers\": 64, \"d_ff\": 65536}",
                         "c"),
        OSS_OK);
    oss_params *params = NULL;
    ck_assert_int_eq(oss_params_create(&params, &config->model, 1114112), OSS_EINPUT);
    ck_assert_ptr_null(params);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "parameters; at most 1073741824"));
    oss_config_free(config);
}
END_TEST

/* ---- First values ---- */

typedef struct statistics {
    double mean, variance, largest;
} statistics;

static statistics measure(const float *value, const oss_param *param) {
    statistics found = {0};
    const float *x = value + param->offset;
    for (size_t i = 0; i < param->count; i++) {
        found.mean += (double)x[i] / (double)param->count;
        found.variance += (double)x[i] * (double)x[i] / (double)param->count;
        found.largest = fmax(found.largest, fabs((double)x[i]));
    }
    return found;
}

/* Uniform in +-bound: mean 0, variance bound^2/3, all values inside and the largest near the bound. Six
 * standard errors. */
static void assert_uniform(const float *value, const oss_params *params, const char *name, double bound) {
    const oss_param *param = oss_params_find(params, name);
    statistics found = measure(value, param);
    double error = 6 * bound / sqrt(3.0 * (double)param->count);
    ck_assert_msg(fabs(found.mean) < error, "%s: mean %g", name, found.mean);
    ck_assert_msg(fabs(found.variance * 3 / (bound * bound) - 1) < 6 * sqrt(0.8 / (double)param->count),
                  "%s: variance %g", name, found.variance);
    ck_assert_msg(found.largest <= bound && found.largest > 0.9 * bound, "%s: largest %g", name,
                  found.largest);
}

static void assert_constant(const float *value, const oss_params *params, const char *name,
                            float wanted_value) {
    const oss_param *param = oss_params_find(params, name);
    for (size_t i = 0; i < param->count; i++) {
        ck_assert_msg(value[param->offset + i] == wanted_value, "%s[%zu]", name, i);
    }
}

START_TEST(test_init_distribution) {
    oss_params *params = make("{\"projector_dim\": 256, \"value_conv\": 3}", 30);
    float *value = oss_alloc_aligned(params->floats, sizeof *value);
    oss_params_init(params, value, 7, 0.3);
    assert_uniform(value, params, "encoder.down.0.net.0.weight", 1 / 3.0);
    assert_uniform(value, params, "encoder.down.0.net.2.weight", 1 / 24.0);
    assert_uniform(value, params, "encoder.down.1.bias", 1 / 24.0);
    assert_uniform(value, params, "encoder.proj.weight", 1 / 32.0);
    assert_uniform(value, params, "encoder.blocks.2.qkv_proj.weight", sqrt(6.0 / (4 * 192)));
    assert_uniform(value, params, "encoder.blocks.2.out_proj.weight", 1 / sqrt(192.0));
    assert_uniform(value, params, "encoder.blocks.3.mlp.0.weight", 1 / sqrt(192.0));
    assert_uniform(value, params, "encoder.blocks.3.mlp.2.weight", 1 / sqrt(768.0));
    assert_uniform(value, params, "encoder.blocks.3.mlp.2.bias", 1 / sqrt(768.0));
    assert_uniform(value, params, "head.weight", 0.3 / sqrt(192.0));
    assert_uniform(value, params, "head.bias", 0.3 / sqrt(192.0));
    assert_uniform(value, params, "projector.weight", 1 / sqrt(192.0));
    assert_constant(value, params, "encoder.blocks.0.qkv_proj.bias", 0.0f);
    assert_constant(value, params, "encoder.blocks.3.value_conv.weight", 0.0f);
    assert_constant(value, params, "encoder.blocks.0.out_proj.bias", 0.0f);
    assert_constant(value, params, "encoder.blocks.0.norm1.weight", 1.0f);
    assert_constant(value, params, "encoder.norm.weight", 1.0f);
    oss_free(value);
    oss_params_free(params);
}
END_TEST

/* A tensor's first values depend on the seed and its own name alone; padding is zero. */
START_TEST(test_init_is_keyed) {
    oss_params *plain =
        make("{\"mel_bins\": 16, \"conv_channels\": 4, \"d_model\": 6, \"n_layers\": 1, \"d_ff\": 10}", 0);
    oss_params *full = make(tiny_json, 5);
    float *a = oss_alloc_aligned(plain->floats, sizeof *a);
    float *b = oss_alloc_aligned(full->floats, sizeof *b);
    memset(a, 0xff, plain->floats * sizeof *a);
    oss_params_init(plain, a, 3, 1.0);
    oss_params_init(full, b, 3, 1.0);
    size_t used = 0;
    for (int32_t i = 0; i < plain->count; i++) {
        const oss_param *x = &plain->item[i];
        const oss_param *y = oss_params_find(full, x->name);
        ck_assert_msg(memcmp(a + x->offset, b + y->offset, x->count * sizeof *a) == 0, "%s", x->name);
        for (; used < x->offset; used++) {
            ck_assert_msg(a[used] == 0.0f, "padding at %zu", used);
        }
        used = x->offset + x->count;
    }
    for (; used < plain->floats; used++) {
        ck_assert(a[used] == 0.0f);
    }
    oss_params_init(full, b, 4, 1.0);
    const oss_param *x = oss_params_find(plain, "encoder.proj.weight");
    const oss_param *y = oss_params_find(full, "encoder.proj.weight");
    ck_assert_msg(memcmp(a + x->offset, b + y->offset, x->count * sizeof *a) != 0,
                  "another seed, other values");
    oss_free(a);
    oss_free(b);
    oss_params_free(plain);
    oss_params_free(full);
}
END_TEST

/* Nor do they depend on where in the block the tensor lies. */
START_TEST(test_init_ignores_the_layout) {
    oss_params *four = make("{\"downsample_time\": 4, \"n_layers\": 1}", 0);
    oss_params *eight = make("{\"n_layers\": 1}", 0);
    float *a = oss_alloc_aligned(four->floats, sizeof *a);
    float *b = oss_alloc_aligned(eight->floats, sizeof *b);
    oss_params_init(four, a, 3, 1.0);
    oss_params_init(eight, b, 3, 1.0);
    const oss_param *x = oss_params_find(four, "encoder.blocks.0.mlp.2.weight");
    const oss_param *y = oss_params_find(eight, "encoder.blocks.0.mlp.2.weight");
    ck_assert_uint_ne(x->offset, y->offset);
    ck_assert_mem_eq(a + x->offset, b + y->offset, x->count * sizeof *a);
    oss_free(a);
    oss_free(b);
    oss_params_free(four);
    oss_params_free(eight);
}
END_TEST

START_TEST(test_memory_may_run_out) {
    oss_config *config = NULL;
    ck_assert_int_eq(oss_config_create(&config), OSS_OK);
    oss_faults_install();
    for (int64_t k = 1; k <= 2; k++) {
        oss_params *params = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        ck_assert_int_eq(oss_params_create(&params, &config->model, 9), OSS_ENOMEM);
        ck_assert(oss_faults_clear());
        ck_assert_ptr_null(params);
        ck_assert_int_eq(oss_faults_blocks(), 0);
    }
    oss_faults_remove();
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("params");
    TCase *table = tcase_create("table");
    tcase_add_test(table, test_counts);
    tcase_add_test(table, test_micro_is_small);
    tcase_add_test(table, test_table);
    tcase_add_test(table, test_value_conv);
    tcase_add_test(table, test_four_times_has_two_convolutions);
    tcase_add_test(table, test_too_large);
    tcase_add_test(table, test_memory_may_run_out);
    suite_add_tcase(suite, table);
    TCase *init = tcase_create("first values");
    tcase_add_test(init, test_init_distribution);
    tcase_add_test(init, test_init_is_keyed);
    tcase_add_test(init, test_init_ignores_the_layout);
    suite_add_tcase(suite, init);
    return suite;
}
