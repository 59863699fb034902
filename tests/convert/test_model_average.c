/* The mean of models: by hand, in any number, and what has none. */
#include "convert/model_average.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "checkpoint/checkpoint.h"
#include "support/faults.h"
#include "support/models.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/training.h"

enum { MODELS = 3 };

static char *folder, *path[MODELS];

static void save(const oss_model *model, const char *to) {
    ck_assert_msg(oss_model_save(model, to) == OSS_OK, "%s", oss_last_error());
}

/* Weights of the usual pattern times 1, 2, 4, whose mean is theirs times 7/3. */
static oss_model *make_model(int i) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.value_conv = 3;
    oss_model *model = oss_models_create(&sizes);
    for (size_t j = 0; j < model->params->floats; j++) {
        model->value[j] *= (float)(1 << i);
    }
    return model;
}

static void set_up(void) {
    folder = oss_tempdir_make();
    for (int i = 0; i < MODELS; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.safetensors", i);
        path[i] = oss_tempdir_path(folder, name);
        oss_model *model = make_model(i);
        save(model, path[i]);
        oss_model_free(model);
    }
}

static void tear_down(void) {
    for (int i = 0; i < MODELS; i++) {
        free(path[i]);
    }
    oss_tempdir_remove(folder);
}

START_TEST(test_mean) {
    oss_model *mean = NULL, *first = make_model(0);
    ck_assert_msg(oss_model_average(&mean, (const char *const *)path, MODELS) == OSS_OK, "%s",
                  oss_last_error());
    for (size_t j = 0; j < mean->params->floats; j++) {
        ck_assert_float_eq(mean->value[j], (float)((double)first->value[j] * 7.0 / 3.0));
    }
    ck_assert(oss_vocab_equal(mean->vocab, first->vocab));
    oss_model_free(first);
    oss_model_free(mean);
}
END_TEST

START_TEST(test_one_is_its_own_mean) {
    oss_model *mean = NULL, *second = make_model(1);
    ck_assert_int_eq(oss_model_average(&mean, (const char *const *)path + 1, 1), OSS_OK);
    ck_assert_mem_eq(mean->value, second->value, mean->params->floats * sizeof(float));
    oss_model_free(second);
    oss_model_free(mean);
}
END_TEST

/* A sum in float would leave its range. */
/* What was measured of a model is true of it alone. */
START_TEST(test_calibration_is_of_one) {
    oss_model *model = make_model(0), *mean = NULL;
    model->calibration = (oss_calibration){.has_edges = true, .edges = {0.06, 0.04}};
    save(model, path[0]);
    for (int32_t count = 1; count <= 2; count++) {
        ck_assert_msg(oss_model_average(&mean, (const char *const *)path, count) == OSS_OK, "%s",
                      oss_last_error());
        ck_assert_int_eq(mean->calibration.has_edges, count == 1);
        oss_model_free(mean);
    }
    oss_model_free(model);
}
END_TEST

START_TEST(test_sums_are_double) {
    static const float value[MODELS] = {3e38f, 3e38f, 2.5e38f};
    for (int i = 0; i < MODELS; i++) {
        oss_model *model = make_model(i);
        model->value[0] = value[i];
        save(model, path[i]);
        oss_model_free(model);
    }
    oss_model *mean = NULL;
    ck_assert_int_eq(oss_model_average(&mean, (const char *const *)path, MODELS), OSS_OK);
    ck_assert_float_eq(mean->value[0], (float)(((double)3e38f + (double)3e38f + (double)2.5e38f) / 3));
    oss_model_free(mean);
}
END_TEST

static void assert_refused(const char *words) {
    oss_model *mean = NULL;
    ck_assert_int_eq(oss_model_average(&mean, (const char *const *)path, MODELS), OSS_EINPUT);
    ck_assert_ptr_null(mean);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL && strstr(oss_last_error(), path[2]) != NULL, "%s",
                  oss_last_error());
}

START_TEST(test_settings_must_agree) {
    oss_model *model = make_model(2);
    model->config.dropout = 0.5; /* only training reads it */
    save(model, path[2]);
    oss_model *mean = NULL;
    ck_assert_msg(oss_model_average(&mean, (const char *const *)path, MODELS) == OSS_OK, "%s",
                  oss_last_error());
    oss_model_free(mean);
    model->config.mel.floor = 1e-3; /* the shapes still fit */
    save(model, path[2]);
    assert_refused("\"mel_floor\" is 1e-06 in ");
    oss_model_free(model);
}
END_TEST

START_TEST(test_vocabularies_must_agree) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.value_conv = 3;
    oss_model *like = oss_models_create(&sizes);
    int32_t size = oss_vocab_size(like->vocab);
    const char *symbol[64];
    for (int32_t i = 0; i < size; i++) {
        symbol[i] = i == size - 1 ? "z" : oss_vocab_symbol(like->vocab, i);
    }
    oss_vocab *vocab = NULL;
    oss_model *other = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, size), OSS_OK);
    oss_config *config = NULL;
    ck_assert_int_eq(oss_config_create_from(&config, &like->config), OSS_OK);
    ck_assert_int_eq(oss_model_create(&other, config, vocab), OSS_OK);
    save(other, path[2]);
    assert_refused(" and \"z\" in ");
    oss_model_free(other);
    oss_vocab_free(vocab);
    sizes.vocab--;
    other = oss_models_create(&sizes);
    save(other, path[2]);
    assert_refused(" symbols, that of ");
    oss_model_free(other);
    ck_assert_int_eq(oss_model_create(&other, config, NULL), OSS_OK);
    save(other, path[2]);
    assert_refused(" has no head, ");
    oss_model_free(other);
    oss_config_free(config);
    oss_model_free(like);
}
END_TEST

START_TEST(test_statistics_must_agree) {
    for (int i = 0; i < MODELS; i++) {
        oss_model *model = make_model(0);
        model->config.mel.norm = OSS_MEL_NORM_FIXED;
        size_t bins = (size_t)model->config.mel.bins;
        model->mel_mean = oss_alloc_zero(bins, sizeof(float));
        model->mel_std = oss_alloc(bins, sizeof(float));
        for (size_t b = 0; b < bins; b++) {
            model->mel_std[b] = i == 2 && b == bins - 1 ? 2.0f : 1.0f;
        }
        save(model, path[i]);
        oss_model_free(model);
    }
    assert_refused("the mel statistics of ");
}
END_TEST

START_TEST(test_newest_checkpoints) {
    char *run = oss_tempdir_path(folder, "run");
    char **newest = NULL;
    ck_assert_int_eq(oss_checkpoint_newest(&newest, run, 1), OSS_EINPUT);
    for (int64_t step = 1; step <= 5; step++) {
        oss_training *training = oss_training_make(step);
        ck_assert_int_eq(oss_training_save(training, run, step == 2, 2), OSS_OK);
        oss_training_free(training);
    }
    ck_assert_msg(oss_checkpoint_newest(&newest, run, 3) == OSS_OK, "%s", oss_last_error());
    static const int kept[] = {2, 4, 5};
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "run/checkpoints/step-%08d", kept[i]);
        char *wanted = oss_tempdir_path(folder, name);
        ck_assert_str_eq(newest[i], wanted);
        free(wanted);
    }
    oss_checkpoint_free_paths(newest, 3);
    ck_assert_int_eq(oss_checkpoint_newest(&newest, run, 4), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "has 3 checkpoints, not 4"));
    free(run);
}
END_TEST

/* Whatever allocation fails, the model is as it was and nothing is lost. */
START_TEST(test_drop_projector) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.projector_dim = 20;
    sizes.value_conv = 3;
    oss_model *model = oss_models_create(&sizes), *wanted = make_model(0);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        int64_t blocks = oss_faults_blocks();
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_model_drop_projector(model);
        bool fired = oss_faults_clear();
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
        ck_assert_int_eq(status, OSS_ENOMEM);
        ck_assert_int_eq(oss_faults_blocks(), blocks);
        ck_assert_int_eq(model->config.projector_dim, 20);
        ck_assert_ptr_nonnull(oss_params_find(model->params, "projector.weight"));
    }
    oss_faults_remove();
    ck_assert_int_eq(model->config.projector_dim, 0);
    ck_assert_ptr_null(oss_params_find(model->params, "projector.weight"));
    ck_assert_uint_eq(model->params->floats, wanted->params->floats);
    ck_assert_mem_eq(model->value, wanted->value, wanted->params->floats * sizeof(float));
    oss_model_free(wanted);
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("average of models");
    TCase *all = tcase_create("average");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, test_mean);
    tcase_add_test(all, test_one_is_its_own_mean);
    tcase_add_test(all, test_calibration_is_of_one);
    tcase_add_test(all, test_sums_are_double);
    tcase_add_test(all, test_settings_must_agree);
    tcase_add_test(all, test_vocabularies_must_agree);
    tcase_add_test(all, test_statistics_must_agree);
    tcase_add_test(all, test_newest_checkpoints);
    tcase_add_test(all, test_drop_projector);
    suite_add_tcase(suite, all);
    return suite;
}
