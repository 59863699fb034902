/* --init: what is taken, what is left alone, what is refused, what is advised. */
#include "train/finetune.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/mem.h"
#include "support/faults.h"
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

START_TEST(test_all_tensors_fit) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    oss_log_set(NULL, NULL);
    oss_model *from = oss_test_runs_load(&runs, "first/latest"),
              *start = oss_test_runs_load(&runs, "second/checkpoints/step-00000000");
    char words[100];
    snprintf(words, sizeof words, "took %d of %d tensors from ", start->params->count, start->params->count);
    ck_assert_msg(strstr(heard, words) != NULL, "%s", heard);
    for (int32_t i = 0; i < start->params->count; i++) {
        ck_assert(oss_test_same_tensor(from, start, start->params->item[i].name));
    }
    oss_model_free(from);
    oss_model_free(start);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Rounded weights are taken, with a word about better ones unless it is fp16, and the run keeps its own in float32. */
START_TEST(test_rounded_weights) {
    static const oss_storage storage[] = {OSS_STORAGE_FP16, OSS_STORAGE_BF16};
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    oss_model *from = oss_test_runs_load(&runs, "first/latest");
    from->storage = storage[_i];
    ck_assert_int_eq(oss_model_save(from, oss_test_runs_path(&runs, "small.safetensors")), OSS_OK);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "small.safetensors"), OSS_OK);
    oss_log_set(NULL, NULL);
    ck_assert_msg((strstr(heard, "its weights were rounded to bf16") != NULL) == (_i == 1), "%s", heard);
    oss_model *small = oss_test_runs_load(&runs, "small.safetensors"),
              *start = oss_test_runs_load(&runs, "second/checkpoints/step-00000000");
    ck_assert_int_eq((int)start->storage, OSS_STORAGE_FP32);
    ck_assert(oss_test_same_tensor(small, start, "encoder.blocks.0.qkv_proj.weight"));
    ck_assert(!oss_test_same_tensor(from, start, "encoder.blocks.0.qkv_proj.weight"));
    oss_model_free(from);
    oss_model_free(small);
    oss_model_free(start);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Another width of the feed-forward part: new layers where shapes differ. */
START_TEST(test_what_does_not_fit_is_new) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "d_ff=64"), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "dev_fraction=0"), OSS_OK);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first"), OSS_OK);
    oss_log_set(NULL, NULL);
    oss_model *from = oss_test_runs_load(&runs, "first"),
              *start = oss_test_runs_load(&runs, "second/checkpoints/step-00000000");
    ck_assert(oss_test_same_tensor(from, start, "encoder.down.0.net.0.weight"));
    ck_assert(oss_test_same_tensor(from, start, "encoder.blocks.0.qkv_proj.weight"));
    ck_assert_msg(strstr(heard, "encoder.blocks.0.mlp.0.weight (the shape differs)") != NULL, "%s", heard);
    ck_assert_msg(strstr(heard, "head.") == NULL, "%s", heard);
    ck_assert_msg(strstr(heard, "\"d_ff\" is 64 here and 48 in ") != NULL, "%s", heard);
    ck_assert_msg(strstr(heard, "--set") == NULL, "%s", heard); /* it hears what the first one does */
    oss_model_free(from);
    oss_model_free(start);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* A convolution of values that is new begins at 0, so it changes nothing; one that the config does not have is left out
 * with a word, for what is left is another function. */
START_TEST(test_value_conv_comes_and_goes) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    (void)oss_test_runs_train(&runs, "plain", config, false, 0, OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "value_conv=5"), OSS_OK);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "plain"), OSS_OK);
    ck_assert_msg(strstr(heard, "encoder.blocks.0.value_conv.weight (the model has none)") != NULL, "%s",
                  heard);
    ck_assert_msg(strstr(heard, "\"value_conv\" is 5 here and 0 in ") != NULL, "%s", heard);
    oss_model *start = oss_test_runs_load(&runs, "second/checkpoints/step-00000000"),
              *end = oss_test_runs_load(&runs, "second/latest");
    const oss_param *param = oss_params_find(start->params, "encoder.blocks.0.value_conv.weight");
    for (size_t i = 0; i < param->count; i++) {
        ck_assert(start->value[param->offset + i] == 0.0f);
    }
    ck_assert(!oss_test_same_tensor(start, end, param->name)); /* it learns */
    ck_assert_int_eq(oss_config_set(config, "value_conv=0"), OSS_OK);
    heard[0] = '\0';
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "third", config, "second"), OSS_OK);
    oss_log_set(NULL, NULL);
    ck_assert_msg(strstr(heard, "\"value_conv\" is 0 here and 5 in ") != NULL, "%s", heard);
    ck_assert_msg(strstr(heard, "left out: encoder.blocks.0.value_conv.weight") != NULL, "%s", heard);
    oss_model_free(start);
    oss_model_free(end);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_nothing_fits) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    config->training.keep_last = 9;
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    static const char *const other[] = {"d_model=32", "conv_channels=4", "ctc_subframes=3", "d_ff=16"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        ck_assert_int_eq(oss_config_set(config, other[i]), OSS_OK);
    }
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first"), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "no tensor fits this config") != NULL, "%s", oss_last_error());
    ck_assert_int_ne(oss_test_runs_finetune(&runs, "second", config, "nowhere"), OSS_OK);
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
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "freeze=[\"encoder.down.*\", \"encoder.blocks.0.norm?.weight\"]"),
                     OSS_OK);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    oss_config_free(config);
    /* as `train --resume` would: settings come from the run folder */
    ck_assert_int_eq(oss_config_load(&config, oss_test_runs_path(&runs, "second/config.json")), OSS_OK);
    ck_assert_int_eq(config->training.freezes, 2);
    config->training.max_steps = 9;
    (void)oss_test_runs_train(&runs, "second", config, true, 0, OSS_OK);
    oss_model *from = oss_test_runs_load(&runs, "first/latest"),
              *to = oss_test_runs_load(&runs, "second/latest");
    for (int32_t i = 0; i < to->params->count; i++) {
        const char *name = to->params->item[i].name;
        bool frozen = strncmp(name, "encoder.down.", 13) == 0 || strstr(name, "norm1") != NULL ||
                      strstr(name, "norm2") != NULL;
        ck_assert_msg(oss_test_same_tensor(from, to, name) == frozen, "%s %s", name,
                      frozen ? "moved" : "stayed");
    }
    oss_model_free(from);
    oss_model_free(to);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* A front end that differs is named, with the settings that would keep it. */
START_TEST(test_advice_on_the_front_end) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run);
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    static const char *const other[] = {"n_fft=1024", "mel_norm=none", "min_peak=0.001"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        ck_assert_int_eq(oss_config_set(config, other[i]), OSS_OK);
    }
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first"), OSS_OK);
    oss_log_set(NULL, NULL);
    ck_assert_msg(strstr(heard, "\"n_fft\" is 1024 here and 512 in ") != NULL, "%s", heard);
    ck_assert_msg(strstr(heard,
                         "model.safetensors does: --set mel_norm=utterance --set n_fft=512, or leave out "
                         "--config") != NULL,
                  "%s", heard);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* Settings of the model itself, defaults elsewhere. */
START_TEST(test_settings_of_the_model) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config = oss_test_runs_config(&runs, short_run), *own = NULL, *usual = NULL;
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    ck_assert_int_eq(oss_finetune_config(&own, oss_test_runs_path(&runs, "first")), OSS_OK);
    ck_assert_int_eq(oss_config_create(&usual), OSS_OK);
    char *wanted = oss_config_print_model(&config->model), *got = oss_config_print_model(&own->model);
    ck_assert_str_eq(got, wanted);
    ck_assert_int_eq(own->training.max_steps, usual->training.max_steps);
    ck_assert_int_eq(oss_finetune_config(&own, oss_test_runs_path(&runs, "nowhere")), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "nowhere: no such model") != NULL, "%s", oss_last_error());
    oss_free(wanted);
    oss_free(got);
    oss_config_free(usual);
    oss_config_free(own);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* All that is done with another model, whichever allocation fails. */
static oss_status take_all(const char *path, const oss_config *config) {
    oss_model *from = NULL, *model = NULL;
    bool taken = false;
    oss_status status = oss_finetune_load(&from, path, config);
    if (status == OSS_OK) {
        status = oss_model_create(&model, config, from->vocab);
    }
    if (status == OSS_OK) {
        status = oss_finetune_init(model, from);
    }
    if (status == OSS_OK) {
        status = oss_finetune_mel_stats(&taken, model, from, config);
    }
    oss_model_free(from);
    oss_model_free(model);
    return status;
}

START_TEST(test_memory_runs_out) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    char json[300];
    snprintf(json, sizeof json, "%s, \"mel_norm\": \"fixed\"", short_run);
    oss_config *config = oss_test_runs_config(&runs, json);
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    static const char *const setting[] = {"mel_norm=fixed", "n_fft=1024"};
    ck_assert_int_eq(oss_config_set(config, setting[_i]), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "freeze=[\"encoder.down.*\"]"), OSS_OK);
    const char *path = oss_test_runs_path(&runs, "first");
    oss_log_set(note_line, NULL);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        heard[0] = '\0';
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = take_all(path, config);
        bool fired = oss_faults_clear();
        ck_assert_msg(status == (fired ? OSS_ENOMEM : OSS_OK), "allocation %lld: %s", (long long)k,
                      oss_last_error());
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 100);
            break;
        }
    }
    oss_faults_remove();
    oss_log_set(NULL, NULL);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

/* The check counts the symbols that the head then has: the model's, and what the new texts have beside them. */
START_TEST(test_check_counts_the_symbols_of_the_head) {
    static const struct {
        const char *limit, *rows; /* NULL: those of the model */
    } cases[] = {{"vocab_size=5", NULL},
                 {"vocab_size=0", "tones-000.wav,abb\ntones-001.wav,ba\n"},
                 {"vocab_size=0", "tones-000.wav,axy\ntones-001.wav,ba\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_test_runs runs;
        make_runs(&runs, 1);
        oss_config *config = oss_test_runs_config(&runs, short_run);
        ck_assert_int_eq(oss_config_set(config, "dev_fraction=0"), OSS_OK);
        (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
        ck_assert_int_eq(oss_config_set(config, cases[i].limit), OSS_OK);
        if (cases[i].rows != NULL) {
            char csv[100];
            int bytes = snprintf(csv, sizeof csv, "wav,text\n%s", cases[i].rows);
            oss_tempdir_write(runs.csv, csv, bytes);
        }
        heard[0] = '\0';
        oss_log_set(note_line, NULL);
        ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first"), OSS_OK);
        oss_log_set(NULL, NULL);
        oss_model *model = oss_test_runs_load(&runs, "second");
        char words[100];
        snprintf(words, sizeof words, "characters a second, %d symbols.", oss_vocab_size(model->vocab));
        ck_assert_msg(strstr(heard, words) != NULL, "%s: %s", words, heard);
        ck_assert_msg(strstr(heard, "unknown") == NULL, "%s", heard);
        oss_model_free(model);
        oss_config_free(config);
        oss_test_runs_remove(&runs);
    }
}
END_TEST

/* Also after a resume. */
START_TEST(test_a_short_run_is_not_called_failing) {
    oss_test_runs runs;
    make_runs(&runs, 1);
    oss_config *config =
        oss_test_runs_config(&runs, "\"batch_seconds\": 4, \"max_steps\": 6, \"dev_fraction\": 0, "
                                    "\"eval_every\": 1, \"lr\": 1e-5");
    (void)oss_test_runs_train(&runs, "first", config, false, 0, OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "max_steps=3"), OSS_OK);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first"), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "max_steps=6"), OSS_OK);
    (void)oss_test_runs_train(&runs, "second", config, true, 0, OSS_OK);
    static const char *const course[] = {"plateau", "plateau", "failing",
                                         "plateau", "plateau", "failing"}; /* it is over */
    char *metrics = oss_tempdir_read(oss_test_runs_path(&runs, "second/metrics.jsonl"), NULL);
    for (int step = 1; step <= 6; step++) {
        char words[100];
        snprintf(words, sizeof words, "\"kind\":\"course\",\"step\":%d,\"course\":\"%s\"", step,
                 course[step - 1]);
        ck_assert_msg(strstr(metrics, words) != NULL, "%s: %s", words, metrics);
    }
    free(metrics);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("finetune");
    TCase *all = tcase_create("finetune");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_all_tensors_fit);
    tcase_add_loop_test(all, test_rounded_weights, 0, 2);
    tcase_add_test(all, test_what_does_not_fit_is_new);
    tcase_add_test(all, test_value_conv_comes_and_goes);
    tcase_add_test(all, test_nothing_fits);
    tcase_add_test(all, test_frozen_tensors_stay);
    tcase_add_test(all, test_advice_on_the_front_end);
    tcase_add_test(all, test_settings_of_the_model);
    tcase_add_test(all, test_check_counts_the_symbols_of_the_head);
    tcase_add_test(all, test_a_short_run_is_not_called_failing);
    tcase_add_loop_test(all, test_memory_runs_out, 0, 2);
    suite_add_tcase(suite, all);
    return suite;
}
