/* Model files in smaller numbers: what comes back, and every way in which such a file can be wrong. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_internal.h"
#include "model/model_tensors.h"
#include "support/faults.h"
#include "support/models.h"
#include "support/rewrite.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char qkv[] = "encoder.blocks.0.qkv_proj.weight",
                  qkv_scale[] = "encoder.blocks.0.qkv_proj.weight_scale";
static char *folder;
static char *path;
static oss_model *model;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "m.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    sizes.projector_dim = 3;
    sizes.value_conv = 5;
    model = oss_models_create(&sizes);
}

static void tear_down(void) {
    oss_model_free(model);
    free(path);
    oss_tempdir_remove(folder);
}

static void save(oss_storage storage) {
    model->storage = storage;
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
}

static oss_model *load(void) {
    oss_model *loaded = NULL;
    ck_assert_msg(oss_model_load(&loaded, path) == OSS_OK, "%s", oss_last_error());
    return loaded;
}

static void assert_load_refused(const char *part) {
    oss_model *loaded = NULL;
    ck_assert_int_eq(oss_model_load(&loaded, path), OSS_EINPUT);
    ck_assert_ptr_null(loaded);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "\"%s\" does not say \"%s\"", oss_last_error(),
                  part);
    ck_assert_msg(strstr(oss_last_error(), path) != NULL, "\"%s\" does not name the file", oss_last_error());
}

/* The first convolution's rows of 9 are too short for a scale, and what convolves values is multiplied in float32. */
static bool is_small(const oss_param *param, oss_storage storage) {
    bool first = param->layer.role == OSS_ROLE_CONV && param->layer.index == 0;
    bool matrix = param->layer.kind != OSS_LAYER_NORM && param->layer.role != OSS_ROLE_VALUE_CONV;
    return param->part == OSS_PART_WEIGHT && matrix && !(first && storage == OSS_STORAGE_INT8);
}

/* Half a step of the coarsest kind: of fp16 2^-11 of the number, of bf16 2^-8 of it, of int8 1/254 of its row's largest. */
static double allow(const oss_param *param, const float *value, size_t at, oss_storage storage) {
    if (storage != OSS_STORAGE_INT8) {
        return fabs((double)value[at]) * (storage == OSS_STORAGE_FP16 ? 0x1p-11 : 0x1p-8) + 0x1p-25;
    }
    size_t width = param->count / (size_t)param->dim[0], row = at / width;
    double largest = 0.0;
    for (size_t i = row * width; i < (row + 1) * width; i++) {
        largest = fmax(largest, fabs((double)value[i]));
    }
    return largest / 254 * 1.0001;
}

START_TEST(test_round_trip) {
    save((oss_storage)_i);
    oss_model *loaded = load();
    ck_assert_int_eq((int)loaded->storage, _i);
    ck_assert_int_eq(loaded->config.value_conv, 5);
    int small = 0, changed = 0;
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        const float *was = model->value + param->offset, *is = loaded->value + param->offset;
        if (!is_small(param, (oss_storage)_i)) {
            ck_assert_mem_eq(was, is, param->count * sizeof *was);
            continue;
        }
        small++;
        for (size_t at = 0; at < param->count; at++) {
            double error = fabs((double)was[at] - (double)is[at]);
            ck_assert_msg(error <= allow(param, was, at, (oss_storage)_i), "%s[%zu]: %g", param->name, at,
                          error);
            changed += error > 0.0;
        }
    }
    ck_assert_int_gt(small, 10);
    ck_assert_int_gt(changed, 1000);
    oss_model_free(loaded);
}
END_TEST

/* Loaded and saved again: the same bytes, so nothing is rounded twice. */
START_TEST(test_same_bytes_again) {
    save((oss_storage)_i);
    long bytes = 0, again = 0;
    char *first = oss_tempdir_read(path, &bytes);
    oss_model *loaded = load();
    ck_assert_int_eq(oss_model_save(loaded, path), OSS_OK);
    char *second = oss_tempdir_read(path, &again);
    ck_assert_int_eq(bytes, again);
    ck_assert_mem_eq(first, second, (size_t)bytes);
    free(first);
    free(second);
    oss_model_free(loaded);
}
END_TEST

/* Readers that map a file take each tensor as an array of its numbers. */
START_TEST(test_tensors_are_aligned) {
    save((oss_storage)_i);
    oss_safetensors *file = NULL;
    ck_assert_int_eq(oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED), OSS_OK);
    const char *first = oss_safetensors_get(file, 0)->data;
    for (int32_t i = 0; i < oss_safetensors_count(file); i++) {
        const oss_st_tensor *tensor = oss_safetensors_get(file, i);
        size_t place = (size_t)((const char *)tensor->data - first);
        ck_assert_msg(place % oss_safetensors_dtype_bytes(tensor->dtype) == 0, "%s", tensor->name);
    }
    oss_safetensors_free(file);
}
END_TEST

START_TEST(test_size_of_the_usual_network) {
    static const double most_mib[] = {0.0, 4.0, 4.0, 2.2};
    oss_config *config = NULL;
    oss_model *usual = NULL;
    const char *symbol[28] = {"<blank>", "<UNK>", " "};
    char letter[25][2];
    for (int i = 3; i < 28; i++) {
        snprintf(letter[i - 3], sizeof letter[0], "%c", 'a' + i - 3);
        symbol[i] = letter[i - 3];
    }
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 28), OSS_OK);
    ck_assert_int_eq(oss_config_parse(&config, "{}", "c"), OSS_OK);
    ck_assert_int_eq(oss_model_create(&usual, config, vocab), OSS_OK);
    usual->storage = (oss_storage)_i;
    ck_assert_int_eq(oss_model_save(usual, path), OSS_OK);
    long bytes = 0;
    free(oss_tempdir_read(path, &bytes));
    ck_assert_msg((double)bytes <= most_mib[_i] * 1048576.0, "%ld bytes", bytes);
    oss_model_free(usual);
    oss_config_free(config);
    oss_vocab_free(vocab);
}
END_TEST

static const struct {
    oss_storage storage;
    const char *from, *to, *part;
} rewrites[] = {
    {OSS_STORAGE_INT8, "\"storage\":\"int8\"", "\"storage\":\"int4\"",
     "\"storage\" is \"int4\"; in a file of format 2"},
    {OSS_STORAGE_INT8, "\"storage\":\"int8\"", "\"storage\":\"fp32\"",
     "\"storage\" is \"fp32\"; in a file of format 2"},
    {OSS_STORAGE_INT8, "\"ossicle_format\":\"2\"", "\"ossicle_format\":\"1\"",
     "\"storage\" is there, but its format is 1, which has none"},
    {OSS_STORAGE_INT8, "\"storage\":\"int8\"", "\"storage\":\"fp16\"", "has type F32; it must be F16"},
    {OSS_STORAGE_FP16, "\"storage\":\"fp16\"", "\"storage\":\"int8\"", "has type F16; it must be F32"},
    {OSS_STORAGE_BF16, "\"storage\":\"bf16\"", "\"storage\":\"fp16\"", "has type BF16; it must be F16"},
    {OSS_STORAGE_INT8, "0.qkv_proj.weight_scale\"", "0.qkv_proj.weight_skale\"",
     "tensor \"encoder.blocks.0.qkv_proj.weight_scale\" is missing"},
    {OSS_STORAGE_INT8, "weight_scale\":{\"dtype\":\"F32\"", "weight_scale\":{\"dtype\":\"I32\"",
     "has type I32; it must be F32"},
    {OSS_STORAGE_INT8, "encoder.norm.weight\":{\"dtype\":\"F32\"", "encoder.norm.weight\":{\"dtype\":\"U32\"",
     "tensor \"encoder.norm.weight\" has type U32; it must be F32"},
};

START_TEST(test_rewritten) {
    for (size_t i = 0; i < sizeof rewrites / sizeof rewrites[0]; i++) {
        save(rewrites[i].storage);
        oss_rewrite_header(path, rewrites[i].from, rewrites[i].to);
        assert_load_refused(rewrites[i].part);
    }
}
END_TEST

START_TEST(test_scale_of_another_shape) {
    save(OSS_STORAGE_INT8);
    oss_rewrite_header(path, "blocks.0.mlp.0.weight_scale", "blocks.0.mlp.9.weight_scale");
    oss_rewrite_header(path, "blocks.0.mlp.2.weight_scale", "blocks.0.mlp.0.weight_scale");
    oss_rewrite_header(path, "blocks.0.mlp.9.weight_scale", "blocks.0.mlp.2.weight_scale");
    assert_load_refused(
        "tensor \"encoder.blocks.0.mlp.0.weight_scale\" has shape [32]; by the config it must be [64]");
}
END_TEST

/* Of a weight that is there; of none; of what has no scale. */
START_TEST(test_scale_of_nothing) {
    static const char *const to[] = {"blocks.0.nlp.0.weight_scale", "blocks.0.mlp.0.weight_skale"};
    for (int i = 0; i < 2; i++) {
        save(OSS_STORAGE_INT8);
        oss_rewrite_header(path, "blocks.0.mlp.0.weight_scale", to[i]);
        assert_load_refused("tensor \"encoder.blocks.0.mlp.0.weight_scale\" is missing");
    }
    save(OSS_STORAGE_FP16);
    oss_st_item item[64] = {0};
    oss_model_tensors tensors = {0};
    ck_assert_int_eq(oss_model_tensors_make(&tensors, model), OSS_OK);
    memcpy(item, tensors.item, (size_t)tensors.items * sizeof *item);
    item[tensors.items] = (oss_st_item){.name = qkv_scale, .rank = 1, .dim = {96}, .data = model->value};
    oss_safetensors *file = NULL;
    ck_assert_int_eq(oss_safetensors_save(path, item, tensors.items + 1, NULL, 0, NULL), OSS_OK);
    ck_assert_int_eq(oss_safetensors_open(&file, path, OSS_ST_SUM_NEEDED), OSS_OK);
    ck_assert_int_eq(oss_model_tensors_check(model, file), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "weight_scale\" is not part of the network"));
    oss_safetensors_free(file);
    oss_model_tensors_deinit(&tensors);
}
END_TEST

static const struct {
    float scale;
    const char *part;
} scales[] = {
    {0.0f, "element 7 is 0; a scale must be above 0"},
    {-0.5f, "element 7 is -0.5; a scale must be above 0"},
    {NAN, "element 7 is not a number"},
    {INFINITY, "element 7 is infinite"},
    {1e38f, "element 7 is 1e+38; a scale must be above 0, and 127 of it finite"},
};

START_TEST(test_wrong_scales) {
    save(OSS_STORAGE_INT8);
    oss_rewrite_data(path, qkv_scale, 7 * sizeof(float), &scales[_i].scale, sizeof(float));
    assert_load_refused(scales[_i].part);
    assert_load_refused(qkv_scale);
}
END_TEST

START_TEST(test_wrong_numbers) {
    const int8_t least = INT8_MIN;
    const uint16_t not_a_number = 0xffff;
    save(OSS_STORAGE_INT8);
    oss_rewrite_data(path, qkv, 5, &least, 1);
    assert_load_refused("tensor \"encoder.blocks.0.qkv_proj.weight\": element 5 is -128; the least is -127");
    for (int storage = OSS_STORAGE_FP16; storage <= OSS_STORAGE_BF16; storage++) {
        save((oss_storage)storage);
        oss_rewrite_data(path, qkv, 2 * 5, &not_a_number, 2);
        assert_load_refused("tensor \"encoder.blocks.0.qkv_proj.weight\": element 5 is not a number");
    }
}
END_TEST

/* The sum is over the new tensors too. */
START_TEST(test_damage) {
    save((oss_storage)_i);
    long bytes = 0;
    char *file = oss_tempdir_read(path, &bytes);
    file[bytes - 1] ^= 1;
    oss_tempdir_write(path, file, bytes);
    assert_load_refused("does not fit its ossicle_sum");
    free(file);
}
END_TEST

START_TEST(test_values_that_do_not_fit) {
    size_t count = 0;
    oss_models_value(model, qkv, &count)[9] = 70000.0f;
    save(OSS_STORAGE_BF16);
    model->storage = OSS_STORAGE_FP16;
    ck_assert_int_eq(oss_model_save(model, path), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    ck_assert_ptr_nonnull(strstr(oss_last_error(),
                                 "tensor \"encoder.blocks.0.qkv_proj.weight\": element 9, 70000, is "
                                 "beyond what fp16 can hold"));
    oss_models_value(model, qkv, &count)[9] = NAN;
    model->storage = OSS_STORAGE_INT8;
    ck_assert_int_eq(oss_model_save(model, path), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "element 9 is not a number"));
    oss_model *loaded = load(); /* what was there before */
    ck_assert_int_eq((int)loaded->storage, OSS_STORAGE_BF16);
    oss_model_free(loaded);
}
END_TEST

START_TEST(test_faults) {
    model->storage = OSS_STORAGE_INT8;
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(_i == 0 ? OSS_CALL_ANY_FILE : OSS_CALL_ANY_HEAP, k, ENOSPC);
        oss_model *again = NULL;
        oss_status status = oss_model_save(model, path);
        if (status == OSS_OK) {
            status = oss_model_load(&again, path);
        }
        bool fired = oss_faults_clear();
        ck_assert((status == OSS_OK) == (again != NULL));
        oss_model_free(again);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model storage");
    TCase *whole = tcase_create("whole");
    tcase_add_checked_fixture(whole, set_up, tear_down);
    tcase_add_loop_test(whole, test_round_trip, OSS_STORAGE_FP16, OSS_STORAGES);
    tcase_add_loop_test(whole, test_same_bytes_again, OSS_STORAGE_FP32, OSS_STORAGES);
    tcase_add_loop_test(whole, test_tensors_are_aligned, OSS_STORAGE_FP32, OSS_STORAGES);
    tcase_add_loop_test(whole, test_size_of_the_usual_network, OSS_STORAGE_FP16, OSS_STORAGES);
    suite_add_tcase(suite, whole);
    TCase *wrong = tcase_create("wrong");
    tcase_add_checked_fixture(wrong, set_up, tear_down);
    tcase_add_test(wrong, test_rewritten);
    tcase_add_test(wrong, test_scale_of_another_shape);
    tcase_add_test(wrong, test_scale_of_nothing);
    tcase_add_loop_test(wrong, test_wrong_scales, 0, sizeof scales / sizeof scales[0]);
    tcase_add_test(wrong, test_wrong_numbers);
    tcase_add_loop_test(wrong, test_damage, OSS_STORAGE_FP16, OSS_STORAGES);
    tcase_add_test(wrong, test_values_that_do_not_fit);
    tcase_add_loop_test(wrong, test_faults, 0, 2);
    suite_add_tcase(suite, wrong);
    return suite;
}
