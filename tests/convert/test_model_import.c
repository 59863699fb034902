/* Weights of other origin under every name that they come with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/mem.h"
#include "model/model_internal.h"
#include "support/faults.h"
#include "support/models.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { MAX_ITEMS = 40 };
static char *folder;
static char *path;
static oss_config *config;
static oss_vocab *vocab;
static oss_model *model;            /* what should come out */
static oss_st_item item[MAX_ITEMS]; /* its tensors, to be renamed */
static char name[MAX_ITEMS][128];
static int items;
static int warnings;

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)line;
    warnings += level == OSS_LOG_WARN;
}

static void make_model(void) {
    ck_assert_int_eq(oss_model_create(&model, config, vocab), OSS_OK);
    items = model->params->count;
    for (int i = 0; i < items; i++) {
        const oss_param *param = &model->params->item[i];
        strcpy(name[i], param->name);
        item[i] = (oss_st_item){.name = name[i], .rank = param->rank, .data = model->value + param->offset};
        memcpy(item[i].dim, param->dim, sizeof param->dim);
    }
}

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "w.safetensors");
    const char *const symbol[] = {"<blank>", "<UNK>", "a"};
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 3), OSS_OK);
    ck_assert_int_eq(
        oss_config_parse(
            &config,
            "{\"mel_bins\": 16, \"conv_channels\": 2, \"d_model\": 4, \"n_layers\": 1, \"n_heads\": 2,"
            "\"d_ff\": 6, \"projector_dim\": 3, \"value_conv\": 3}",
            "c"),
        OSS_OK);
    make_model();
    oss_log_set(hear, NULL);
}

static void tear_down(void) {
    oss_log_set(NULL, NULL);
    oss_model_free(model);
    oss_vocab_free(vocab);
    oss_config_free(config);
    free(path);
    oss_tempdir_remove(folder);
}

/* Puts `to` in place of the prefix or part `from` in every name that has it. */
static void rename_all(const char *from, const char *to) {
    for (int i = 0; i < items; i++) {
        char *at = strstr(name[i], from);
        if (at != NULL) {
            char tail[128];
            strcpy(tail, at + strlen(from));
            sprintf(at, "%s%s", to, tail);
        }
    }
}

static void drop(const char *part) {
    int kept = 0;
    for (int i = 0; i < items; i++) {
        if (strstr(name[i], part) == NULL) {
            item[kept] = item[i];
            memmove(name[kept], name[i], sizeof name[i]);
            item[kept].name = name[kept];
            kept++;
        }
    }
    items = kept;
}

static void write_file(void) {
    const oss_st_meta meta[] = {{"format", "pt"}};
    ck_assert_msg(oss_safetensors_save(path, item, items, meta, 1, NULL) == OSS_OK, "%s", oss_last_error());
}

static void assert_imported(const oss_vocab *symbols) {
    oss_model *got = NULL;
    write_file();
    ck_assert_msg(oss_model_import(&got, path, &config->model, symbols, false) == OSS_OK, "%s",
                  oss_last_error());
    for (int32_t i = 0; i < got->params->count; i++) {
        const oss_param *param = &got->params->item[i];
        const oss_param *wanted = oss_params_find(model->params, param->name);
        ck_assert_msg(memcmp(got->value + param->offset, model->value + wanted->offset,
                             param->count * sizeof(float)) == 0,
                      "%s", param->name);
    }
    ck_assert_str_eq(got->path, path);
    oss_model_free(got);
}

static void assert_refused(const oss_vocab *symbols, const char *part) {
    oss_model *got = NULL;
    write_file();
    ck_assert_int_eq(oss_model_import(&got, path, &config->model, symbols, false), OSS_EINPUT);
    ck_assert_ptr_null(got);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "\"%s\" does not say \"%s\"", oss_last_error(),
                  part);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
}

START_TEST(test_own_names) {
    assert_imported(vocab);
    ck_assert_int_eq(warnings, 0);
}
END_TEST

START_TEST(test_prefixes) {
    static const char *const prefix[] = {"", "audio_encoder.", "enc.", "module.", "module.encoder."};
    rename_all("encoder.", prefix[_i]);
    assert_imported(vocab);
    ck_assert_int_eq(warnings, 0);
}
END_TEST

START_TEST(test_names_of_wrappers) {
    rename_all("encoder.", "");
    rename_all("blocks.0.", "blocks.0._orig_mod.");
    rename_all("projector.", "proj_a.");
    assert_imported(vocab);
}
END_TEST

/* In front, behind the module's own name, one in the other, and around a part. */
START_TEST(test_wrappers_anywhere) {
    static const struct {
        const char *encoder, *block, *projector, *head;
    } wrapped[] = {
        {"_orig_mod.", "blocks.0.", "_orig_mod.projector.", "_orig_mod.head."},
        {"audio_encoder._orig_mod.", "blocks.0.", "proj_a._orig_mod.", "head._orig_mod."},
        {"audio_encoder.module.", "blocks.0.module.", "proj_a.module.", "head.module."},
        {"_orig_mod.module.audio_encoder.", "blocks.0._orig_mod.", "module._orig_mod.proj_a.",
         "module.head."},
        {"module._orig_mod.encoder.", "_orig_mod.blocks.0.", "projector.", "head."},
    };
    rename_all("encoder.", wrapped[_i].encoder);
    rename_all("blocks.0.", wrapped[_i].block);
    rename_all("projector.", wrapped[_i].projector);
    rename_all("head.", wrapped[_i].head);
    assert_imported(vocab);
    ck_assert_int_eq(warnings, 0);
}
END_TEST

/* No part of a name ends in the middle of a word. */
START_TEST(test_what_only_looks_like_a_wrapper) {
    rename_all("encoder.norm.", "encoder.my_module.norm.");
    assert_refused(vocab,
                   "tensor \"encoder.my_module.norm.weight\" is not part of the network that the config "
                   "describes; tensor \"encoder.norm.weight\" is missing");
}
END_TEST

START_TEST(test_stem_without_a_list) {
    oss_model_free(model);
    ck_assert_int_eq(oss_config_set(config, "downsample_time=4"), OSS_OK);
    make_model();
    rename_all("encoder.", "audio_encoder.");
    rename_all("down.0.net.", "down.net.");
    assert_imported(vocab);
}
END_TEST

/* ---- Types ---- */

enum { QKV = 12 * 4 };

/* The qkv weight of the file. */
static oss_st_item *find_qkv(void) {
    int i = 0;
    while (strcmp(name[i], "encoder.blocks.0.qkv_proj.weight") != 0) {
        i++;
    }
    return &item[i];
}

/* Values that all types hold, so what comes out is known: of F64 one rounds. */
START_TEST(test_other_floats) {
    float *value = oss_models_value(model, "encoder.blocks.0.qkv_proj.weight", &(size_t){0});
    static double as_f64[QKV];
    static uint16_t as_f16[QKV], as_bf16[QKV];
    for (int i = 0; i < QKV; i++) {
        value[i] = ldexpf((float)(i % 16 - 7), -6);
        as_f64[i] = (double)value[i];
    }
    ck_assert_int_eq(oss_storage_encode(as_f16, NULL, OSS_STORAGE_FP16, value, 1, QKV), OSS_OK);
    ck_assert_int_eq(oss_storage_encode(as_bf16, NULL, OSS_STORAGE_BF16, value, 1, QKV), OSS_OK);
    as_f64[5] = 0.1;
    find_qkv()->dtype = "F16";
    find_qkv()->data = as_f16;
    assert_imported(vocab);
    find_qkv()->dtype = "BF16";
    find_qkv()->data = as_bf16;
    assert_imported(vocab);
    value[5] = 0.1f;
    find_qkv()->dtype = "F64";
    find_qkv()->data = as_f64;
    assert_imported(vocab);
    as_f64[7] = 1e300;
    assert_refused(vocab, "element 7 is infinite");
    as_f64[7] = NAN;
    assert_refused(vocab, "element 7 is not a number");
    as_f16[QKV - 1] = 0x7c00;
    find_qkv()->dtype = "F16";
    find_qkv()->data = as_f16;
    assert_refused(vocab, "element 47 is infinite");
    find_qkv()->dtype = "I16";
    assert_refused(vocab, "has type I16; it must be F32, F64, F16 or BF16");
}
END_TEST

START_TEST(test_names_of_multi_head_attention) {
    rename_all("qkv_proj.weight", "attn.in_proj_weight");
    rename_all("qkv_proj.bias", "attn.in_proj_bias");
    rename_all("out_proj.", "attn.out_proj.");
    rename_all("encoder.", "");
    assert_imported(vocab);
}
END_TEST

/* A merged export has other parts; they are left out, a wrong name inside the encoder is not. */
START_TEST(test_merged_file) {
    rename_all("encoder.", "audio_encoder.");
    rename_all("projector.", "proj_a.");
    strcpy(name[items], "thinker.blocks.0.weight");
    item[items] = item[0];
    item[items].name = name[items];
    items++;
    assert_imported(vocab);
    strcpy(name[items - 1], "audio_encoder.blocks.9.norm1.weight");
    assert_refused(vocab, "\"audio_encoder.blocks.9.norm1.weight\" is not part of the network");
}
END_TEST

START_TEST(test_without_head) {
    drop("head.");
    assert_imported(NULL);
    ck_assert_int_eq(warnings, 0);
    assert_refused(vocab,
                   "2 tensors are missing, under these names and the seed's: \"head.weight\", \"head.bias\"");
}
END_TEST

START_TEST(test_head_without_vocabulary) {
    assert_imported(NULL);
    ck_assert_msg(warnings == 2, "head.weight and head.bias are left out with a word each");
}
END_TEST

START_TEST(test_projector_that_is_not_asked_for) {
    config->model.projector_dim = 0;
    assert_imported(vocab);
    ck_assert_int_eq(warnings, 2);
}
END_TEST

START_TEST(test_wrong) {
    static const struct {
        const char *from, *to, *part;
    } wrong[] = {
        {"encoder.norm.weight", "encoder.nrom.weight", "\"encoder.nrom.weight\" is not part of the network"},
        {"encoder.norm.weight", "scheduler.step", "\"scheduler.step\" is not part of the network"},
        {"encoder.proj.bias", "norm.weight",
         "\"norm.weight\" and \"encoder.norm.weight\" are both encoder.norm.weight"},
    };
    rename_all(wrong[_i].from, wrong[_i].to);
    assert_refused(vocab, wrong[_i].part);
}
END_TEST

/* All at once, the first few by name. */
START_TEST(test_many_wrong_names) {
    rename_all("blocks.0.", "layers.0.");
    assert_refused(vocab, "11 tensors are not part of the network that the config describes: "
                          "\"encoder.layers.0.norm1.weight\", \"encoder.layers.0.qkv_proj.weight\", ");
    ck_assert_ptr_nonnull(strstr(oss_last_error(),
                                 "\"encoder.layers.0.out_proj.weight\", ...; 11 tensors are missing, under "
                                 "these names and the seed's: \"encoder.blocks.0.norm1.weight\", "));
    ck_assert_ptr_null(strstr(oss_last_error(), "mlp"));
    ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
}
END_TEST

START_TEST(test_value_conv_of_the_file_and_the_config) {
    config->model.value_conv = 0;
    assert_refused(vocab, "\"encoder.blocks.0.value_conv.weight\" is not part of the network");
    config->model.value_conv = 5;
    assert_refused(
        vocab, "tensor \"encoder.blocks.0.value_conv.weight\" has shape [4,1,3]; by the config it must be "
               "[4,1,5]");
    drop("value_conv");
    assert_refused(vocab, "tensor \"encoder.blocks.0.value_conv.weight\" is missing");
}
END_TEST

START_TEST(test_missing_and_wrong_shape) {
    drop("norm2");
    assert_refused(vocab, "tensor \"encoder.blocks.0.norm2.weight\" is missing");
    rename_all("encoder.blocks.0.norm1", "encoder.blocks.0.norm2");
    assert_refused(vocab, "tensor \"encoder.blocks.0.norm1.weight\" is missing");
    config->model.d_ff = 7;
    rename_all("norm2", "norm1");
    strcpy(name[items], "encoder.blocks.0.norm2.weight");
    item[items] = (oss_st_item){.name = name[items], .rank = 1, .dim = {4}, .data = model->value};
    items++;
    assert_refused(
        vocab, "tensor \"encoder.blocks.0.mlp.0.weight\" has shape [6,4]; by the config it must be [7,4]");
}
END_TEST

START_TEST(test_long_names_do_no_harm) {
    static char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    item[items] = item[0];
    item[items].name = longer;
    items++;
    assert_refused(vocab, "is not part of the network");
}
END_TEST

START_TEST(test_fixed_statistics_cannot_be_had) {
    write_file();
    config->model.mel.norm = OSS_MEL_NORM_FIXED;
    oss_model *got = NULL;
    ck_assert_int_eq(oss_model_import(&got, path, &config->model, vocab, false), OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "no mel statistics"));
}
END_TEST

START_TEST(test_memory_may_run_out) {
    write_file();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_model *got = NULL;
        oss_status status = oss_model_import(&got, path, &config->model, vocab, false);
        bool fired = oss_faults_clear();
        oss_model_free(got);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
        ck_assert_int_ne(status, OSS_OK);
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model import");
    TCase *names = tcase_create("names");
    tcase_add_checked_fixture(names, set_up, tear_down);
    tcase_add_test(names, test_own_names);
    tcase_add_loop_test(names, test_prefixes, 0, 5);
    tcase_add_test(names, test_names_of_wrappers);
    tcase_add_loop_test(names, test_wrappers_anywhere, 0, 5);
    tcase_add_test(names, test_what_only_looks_like_a_wrapper);
    tcase_add_test(names, test_stem_without_a_list);
    tcase_add_test(names, test_names_of_multi_head_attention);
    tcase_add_test(names, test_merged_file);
    suite_add_tcase(suite, names);
    TCase *parts = tcase_create("parts");
    tcase_add_checked_fixture(parts, set_up, tear_down);
    tcase_add_test(parts, test_without_head);
    tcase_add_test(parts, test_head_without_vocabulary);
    tcase_add_test(parts, test_projector_that_is_not_asked_for);
    tcase_add_test(parts, test_other_floats);
    tcase_add_loop_test(parts, test_wrong, 0, 3);
    tcase_add_test(parts, test_many_wrong_names);
    tcase_add_test(parts, test_value_conv_of_the_file_and_the_config);
    tcase_add_test(parts, test_missing_and_wrong_shape);
    tcase_add_test(parts, test_long_names_do_no_harm);
    tcase_add_test(parts, test_fixed_statistics_cannot_be_had);
    tcase_add_test(parts, test_memory_may_run_out);
    suite_add_tcase(suite, parts);
    return suite;
}
