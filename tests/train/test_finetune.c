/* --init and --freeze: what is taken, what is left alone, what is refused; mel statistics of the training
 * set. */
#include "train/finetune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "support/rows.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char heard[4000];

static void note_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", line);
}

static void make_runs(oss_test_runs *runs, uint64_t seed) {
    const oss_tones tones = {.rows = 10, .seed = seed, .min_letters = 2, .max_letters = 4};
    oss_test_runs_make(runs, &tones);
}

static const char short_run[] =
    "\"batch_seconds\": 4, \"max_steps\": 6, \"dev_fraction\": 0.2, \"eval_every\": 3";

static oss_status train_from(const oss_test_runs *runs, const char *run, const oss_config *config,
                             const char *init, bool resume) {
    const oss_train_request request = {
        .config = config, .run = oss_test_runs_path(runs, run), .resume = resume, .init = init};
    oss_train_outcome outcome;
    return oss_train(&outcome, &request);
}

static oss_model *load(const oss_test_runs *runs, const char *name) {
    oss_model *model = NULL;
    oss_status status = oss_model_load(&model, oss_test_runs_path(runs, name));
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return model;
}

static bool same_tensor(const oss_model *a, const oss_model *b, const char *name) {
    const oss_param *x = oss_params_find(a->params, name), *y = oss_params_find(b->params, name);
    ck_assert(x != NULL && y != NULL && x->count == y->count);
    return memcmp(a->value + x->offset, b->value + y->offset, x->count * sizeof *a->value) == 0;
}

START_TEST(test_all_tensors_fit) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    ck_assert_int_eq(train_from(&runs, "first", config, NULL, false), OSS_OK);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(train_from(&runs, "second", config, oss_test_runs_path(&runs, "first/latest"), false),
                     OSS_OK);
    oss_log_set(NULL, NULL);
    oss_model *from = load(&runs, "first/latest"), *start = load(&runs, "second/checkpoints/step-00000000");
    char words[100];
    snprintf(words, sizeof words, "took %d of %d tensors from ", start->params->count, start->params->count);
    ck_assert_msg(strstr(heard, words) != NULL, "%s", heard);
    for (int32_t i = 0; i < start->params->count; i++) {
        ck_assert(same_tensor(from, start, start->params->item[i].name));
    }
    oss_model_free(from);
    oss_model_free(start);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Another vocabulary and another width of the feed-forward part: a new head, and new layers where shapes
 * differ. */
START_TEST(test_what_does_not_fit_is_new) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    ck_assert_int_eq(train_from(&runs, "first", config, NULL, false), OSS_OK);
    char *csv = oss_tempdir_read(runs.csv, NULL);
    char *text = strchr(strchr(csv, '\n'), ',') + 1;
    *text = 'z'; /* a character that the first model does not know */
    oss_tempdir_write(runs.csv, csv, (long)strlen(csv));
    free(csv);
    ck_assert_int_eq(oss_config_set(config, "d_ff=64"), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "dev_fraction=0"), OSS_OK);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(train_from(&runs, "second", config, oss_test_runs_path(&runs, "first"), false), OSS_OK);
    oss_log_set(NULL, NULL);
    oss_model *from = load(&runs, "first"), *start = load(&runs, "second/checkpoints/step-00000000");
    ck_assert(same_tensor(from, start, "encoder.down.0.net.0.weight"));
    ck_assert(same_tensor(from, start, "encoder.blocks.0.qkv_proj.weight"));
    ck_assert_msg(strstr(heard, "encoder.blocks.0.mlp.0.weight (the shape differs)") != NULL, "%s", heard);
    ck_assert_msg(strstr(heard, "head.weight (the vocabulary differs)") != NULL, "%s", heard);
    ck_assert_msg(strstr(heard, "\"d_ff\" is 64 here and 48 in ") != NULL, "%s", heard);
    ck_assert_int_ge(oss_vocab_find(start->vocab, "z"), 2);
    oss_model_free(from);
    oss_model_free(start);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_nothing_fits) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    ck_assert_int_eq(train_from(&runs, "first", config, NULL, false), OSS_OK);
    static const char *const other[] = {"d_model=32", "conv_channels=4", "ctc_subframes=3", "d_ff=16"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        ck_assert_int_eq(oss_config_set(config, other[i]), OSS_OK);
    }
    ck_assert_int_eq(train_from(&runs, "second", config, oss_test_runs_path(&runs, "first"), false),
                     OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "no tensor fits this config") != NULL, "%s", oss_last_error());
    ck_assert_int_ne(train_from(&runs, "second", config, oss_test_runs_path(&runs, "nowhere"), false),
                     OSS_OK);
    ck_assert_int_eq(oss_tempdir_has(runs.folder, "second"), 0); /* nothing was begun */
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Frozen tensors keep their bytes through training and a resume; the others move. */
START_TEST(test_frozen_tensors_stay) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    ck_assert_int_eq(train_from(&runs, "first", config, NULL, false), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "freeze=[\"encoder.down.*\", \"encoder.blocks.0.norm?.weight\"]"),
                     OSS_OK);
    const char *from_path = oss_test_runs_path(&runs, "first/latest");
    ck_assert_int_eq(train_from(&runs, "second", config, from_path, false), OSS_OK);
    oss_config_free(config);
    /* as `train --resume` would: settings come from the run folder */
    ck_assert_int_eq(oss_config_load(&config, oss_test_runs_path(&runs, "second/config.json")), OSS_OK);
    ck_assert_int_eq(config->training.freezes, 2);
    config->training.max_steps = 9;
    ck_assert_int_eq(train_from(&runs, "second", config, NULL, true), OSS_OK);
    oss_model *from = load(&runs, "first/latest"), *to = load(&runs, "second/latest");
    for (int32_t i = 0; i < to->params->count; i++) {
        const char *name = to->params->item[i].name;
        bool frozen = strncmp(name, "encoder.down.", 13) == 0 || strstr(name, "norm1") != NULL ||
                      strstr(name, "norm2") != NULL;
        ck_assert_msg(same_tensor(from, to, name) == frozen, "%s %s", name, frozen ? "moved" : "stayed");
    }
    oss_model_free(from);
    oss_model_free(to);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_freeze_is_checked) {
    oss_config *config = oss_rows_config("{\"projector_dim\": 4}");
    oss_params *params = NULL;
    bool *frozen = NULL;
    ck_assert_int_eq(oss_params_create(&params, config, 9), OSS_OK);
    char *wrong[] = {(char *)"encoder.*", (char *)"haed.*"};
    ck_assert_int_eq(oss_finetune_freeze(&frozen, params, wrong, 2), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), "--freeze haed.* matches no tensor") != NULL, "%s",
                  oss_last_error());
    char *all[] = {(char *)"encoder.*", (char *)"head.*"}; /* the projector is never trained */
    ck_assert_int_eq(oss_finetune_freeze(&frozen, params, all, 2), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), "leaves nothing to train") != NULL, "%s", oss_last_error());
    ck_assert_int_eq(oss_finetune_freeze(&frozen, params, NULL, 0), OSS_OK);
    ck_assert_ptr_null(frozen);
    oss_params_free(params);
    oss_config_free(config);
}
END_TEST

/* mel_norm "fixed": the statistics are in the model from step 0 on, do not depend on threads, and make the
 * training set's features of mean 0 and deviation 1. */
START_TEST(test_mel_statistics) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    char json[300];
    snprintf(json, sizeof json, "%s, \"mel_norm\": \"fixed\"", short_run);
    oss_config *config = oss_test_runs_config(&runs, json);
    config->training.keep_last = 9;
    config->training.threads = 1;
    ck_assert_int_eq(train_from(&runs, "one", config, NULL, false), OSS_OK);
    config->training.threads = 3;
    ck_assert_int_eq(train_from(&runs, "three", config, NULL, false), OSS_OK);
    oss_test_runs_assert_same(&runs, "one/latest/model.safetensors", "three/latest/model.safetensors");
    oss_model *start = load(&runs, "one/checkpoints/step-00000000"), *end = load(&runs, "one/latest");
    size_t bytes = (size_t)config->model.mel.bins * sizeof(float);
    ck_assert(start->mel_mean != NULL && start->mel_std != NULL);
    ck_assert_mem_eq(start->mel_mean, end->mel_mean, bytes);
    ck_assert_mem_eq(start->mel_std, end->mel_std, bytes);
    for (int32_t f = 0; f < config->model.mel.bins; f++) {
        ck_assert_msg(start->mel_mean[f] > logf(1e-6f) - 0.01f && start->mel_mean[f] < 10.0f, "mean[%d] = %g",
                      f, (double)start->mel_mean[f]);
        ck_assert_msg(start->mel_std[f] > 0.05f && start->mel_std[f] < 10.0f, "std[%d] = %g", f,
                      (double)start->mel_std[f]);
    }
    oss_model_free(start);
    oss_model_free(end);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("finetune");
    TCase *all = tcase_create("finetune");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_all_tensors_fit);
    tcase_add_test(all, test_what_does_not_fit_is_new);
    tcase_add_test(all, test_nothing_fits);
    tcase_add_test(all, test_frozen_tensors_stay);
    tcase_add_test(all, test_freeze_is_checked);
    tcase_add_test(all, test_mel_statistics);
    suite_add_tcase(suite, all);
    return suite;
}
