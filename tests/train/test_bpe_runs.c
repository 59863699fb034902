/* Runs with byte-pair units and BPE-dropout: the same bytes after a stop, with any number of threads; the
 * vocabulary of the checkpoint is kept; a file of its own; fine-tuning; a damaged list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/vocab_file.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char bpe[] = "\"units\": \"bpe\", \"vocab_size\": 32, \"bpe_dropout\": 0.3, \"concat_prob\": "
                          "0.3, \"batch_seconds\": 3, \"max_steps\": 10, \"eval_every\": 4, "
                          "\"checkpoint_every\": 3, \"dev_fraction\": 0.25, \"grad_shards\": 4";

static void make_runs(oss_test_runs *runs) {
    const oss_tones tones = {.rows = 16, .seed = 8, .min_letters = 4, .max_letters = 7};
    oss_test_runs_make(runs, &tones);
}

static void train(const oss_test_runs *runs, const char *run, const char *setting) {
    oss_config *config = oss_test_runs_config(runs, bpe);
    if (setting != NULL) {
        ck_assert_msg(oss_config_set(config, setting) == OSS_OK, "%s", oss_last_error());
    }
    (void)oss_test_runs_train(runs, run, config, false, 0, OSS_OK);
    oss_config_free(config);
}

static oss_model *load(const oss_test_runs *runs, const char *run) {
    oss_model *model = NULL;
    ck_assert_msg(oss_model_load(&model, oss_test_runs_path(runs, run)) == OSS_OK, "%s", oss_last_error());
    return model;
}

START_TEST(test_stops_and_threads_change_no_byte) {
    oss_test_runs runs;
    make_runs(&runs);
    train(&runs, "whole", "threads=1");
    train(&runs, "three", "threads=3");
    oss_config *config = oss_test_runs_config(&runs, bpe);
    (void)oss_test_runs_train(&runs, "cut", config, false, 4, OSS_ESTOPPED);
    (void)oss_test_runs_train(&runs, "cut", config, true, 2, OSS_ESTOPPED);
    (void)oss_test_runs_train(&runs, "cut", config, true, 0, OSS_OK);
    oss_test_runs_assert_same_weights(&runs, "whole", "three");
    oss_test_runs_assert_same_weights(&runs, "whole", "cut");
    oss_model *model = load(&runs, "cut");
    ck_assert_int_eq(oss_vocab_units(model->vocab), OSS_UNITS_BPE);
    ck_assert_int_gt(oss_vocab_size(model->vocab), oss_vocab_characters(model->vocab) + 2);
    oss_model_free(model);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

START_TEST(test_dropout_reaches_the_weights) {
    oss_test_runs runs;
    make_runs(&runs);
    train(&runs, "with", NULL);
    train(&runs, "without", "bpe_dropout=0");
    long bytes[2];
    char *with = oss_tempdir_read(oss_test_runs_path(&runs, "with/latest/model.safetensors"), &bytes[0]);
    char *without =
        oss_tempdir_read(oss_test_runs_path(&runs, "without/latest/model.safetensors"), &bytes[1]);
    ck_assert_int_eq(bytes[0], bytes[1]);
    ck_assert_int_ne(memcmp(with, without, (size_t)bytes[0]), 0);
    free(with);
    free(without);
    oss_test_runs_remove(&runs);
}
END_TEST

/* The file of `ossicle vocab` is taken as it is; --resume reads the checkpoint's, even when the file is gone. */
START_TEST(test_a_vocabulary_of_its_own) {
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, bpe);
    const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b",  "c", "d",
                                  "e",       "f",     "g", "h", " a", "bc"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_units(&vocab, OSS_UNITS_BPE, symbol, 13), OSS_OK);
    char *path = oss_tempdir_path(runs.folder, "vocab.json"), setting[500];
    ck_assert_msg(oss_vocab_save(vocab, config, path) == OSS_OK, "%s", oss_last_error());
    snprintf(setting, sizeof setting, "vocab_json=%s", path);
    ck_assert_int_eq(oss_config_set(config, setting), OSS_OK);
    (void)oss_test_runs_train(&runs, "own", config, false, 3, OSS_ESTOPPED);
    ck_assert_int_eq(remove(path), 0);
    (void)oss_test_runs_train(&runs, "own", config, true, 0, OSS_OK);
    oss_model *model = load(&runs, "own");
    ck_assert(oss_vocab_equal(model->vocab, vocab));
    oss_model_free(model);
    (void)oss_test_runs_train(&runs, "another", config, false, 0, OSS_EIO); /* the file is gone */
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "vocab.json"));
    ck_assert_int_eq(oss_vocab_save(vocab, config, path), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "case=upper"), OSS_OK);
    (void)oss_test_runs_train(&runs, "another", config, false, 0, OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "it has \"case\": \"lower\", the config says \"upper\"") != NULL,
                  "%s", oss_last_error());
    oss_vocab_free(vocab);
    oss_config_free(config);
    free(path);
    oss_test_runs_remove(&runs);
}
END_TEST

/* A model of characters goes on as one of byte-pair units: all but the head is taken. */
START_TEST(test_fine_tuning_to_other_units) {
    oss_test_runs runs;
    make_runs(&runs);
    oss_config *config = oss_test_runs_config(&runs, "\"batch_seconds\": 3, \"max_steps\": 2");
    (void)oss_test_runs_train(&runs, "characters", config, false, 0, OSS_OK);
    oss_config_free(config);
    config = oss_test_runs_config(&runs, bpe);
    config->training.keep_last = 9;
    const oss_train_request request = {.config = config,
                                       .run = oss_test_runs_path(&runs, "units"),
                                       .init = oss_test_runs_path(&runs, "characters")};
    oss_train_outcome outcome;
    ck_assert_msg(oss_train(&outcome, &request) == OSS_OK, "%s", oss_last_error());
    oss_model *from = load(&runs, "characters/latest"), *to = load(&runs, "units/checkpoints/step-00000000");
    const oss_param *a = oss_params_find(from->params, "encoder.norm.weight");
    const oss_param *b = oss_params_find(to->params, "encoder.norm.weight");
    ck_assert_mem_eq(from->value + a->offset, to->value + b->offset, a->count * sizeof *from->value);
    ck_assert_int_gt(oss_vocab_size(to->vocab), oss_vocab_size(from->vocab));
    oss_model_free(from);
    oss_model_free(to);
    oss_config_free(config);
    oss_test_runs_remove(&runs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train/bpe_runs");
    TCase *all = tcase_create("bpe_runs");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_stops_and_threads_change_no_byte);
    tcase_add_test(all, test_dropout_reaches_the_weights);
    tcase_add_test(all, test_a_vocabulary_of_its_own);
    tcase_add_test(all, test_fine_tuning_to_other_units);
    suite_add_tcase(suite, all);
    return suite;
}
