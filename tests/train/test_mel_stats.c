/* mel_norm "fixed": whose statistics a run has. */
#include "train/mel_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "ossicle/recognizer.h"
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
    (void)oss_test_runs_train(&runs, "one", config, false, 0, OSS_OK);
    config->training.threads = 3;
    (void)oss_test_runs_train(&runs, "three", config, false, 0, OSS_OK);
    oss_test_runs_assert_same(&runs, "one/latest/model.safetensors", "three/latest/model.safetensors");
    oss_model *start = oss_test_runs_load(&runs, "one/checkpoints/step-00000000"),
              *end = oss_test_runs_load(&runs, "one/latest");
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

/* ---- Fine-tuning ---- */

/* RUN "first" on one set, and a config for another set, whose rows are shorter, with these settings (KEY=VALUE,
 * a space between them). */
static oss_config *make_first(oss_test_runs *runs, const char *settings) {
    make_runs(runs, 1);
    char json[400];
    snprintf(json, sizeof json, "%s, \"mel_norm\": \"fixed\"", short_run);
    oss_config *config = oss_test_runs_config(runs, json);
    (void)oss_test_runs_train(runs, "first", config, false, 0, OSS_OK);
    oss_config_free(config);
    const oss_tones tones = {.rows = 10, .seed = 77, .min_letters = 1, .max_letters = 2};
    char *csv = oss_tones_make(runs->folder, "other", &tones);
    config = oss_test_runs_config(runs, json);
    char setting[600];
    snprintf(setting, sizeof setting, "train_csv=%s", csv);
    ck_assert_int_eq(oss_config_set(config, setting), OSS_OK);
    char more[300];
    snprintf(more, sizeof more, "%s", settings);
    for (const char *one = strtok(more, " "); one != NULL; one = strtok(NULL, " ")) {
        ck_assert_msg(oss_config_set(config, one) == OSS_OK, "%s", oss_last_error());
    }
    free(csv);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    return config;
}

static void clear(oss_test_runs *runs, oss_config *config) {
    oss_log_set(NULL, NULL);
    oss_config_free(config);
    oss_test_runs_remove(runs);
}

static bool same_stats(const oss_test_runs *runs, const char *a, const char *b) {
    oss_model *x = oss_test_runs_load(runs, a), *y = oss_test_runs_load(runs, b);
    ck_assert(x->mel_mean != NULL && y->mel_mean != NULL && x->config.mel.bins == y->config.mel.bins);
    size_t bytes = (size_t)x->config.mel.bins * sizeof *x->mel_mean;
    bool same = memcmp(x->mel_mean, y->mel_mean, bytes) == 0 && memcmp(x->mel_std, y->mel_std, bytes) == 0;
    oss_model_free(x);
    oss_model_free(y);
    return same;
}

static void expect_heard(const char *words) {
    ck_assert_msg(strstr(heard, words) != NULL, "%s", heard);
}

static oss_matrix embed(const oss_test_runs *runs, const char *model) {
    oss_recognizer *recognizer = NULL;
    oss_matrix matrix;
    ck_assert_int_eq(oss_recognizer_create(&recognizer, oss_test_runs_path(runs, model), NULL), OSS_OK);
    ck_assert_int_eq(oss_recognizer_embed_file(recognizer, oss_test_runs_path(runs, "other-003.wav"),
                                               OSS_OUTPUT_EMBEDDINGS, &matrix),
                     OSS_OK);
    oss_recognizer_free(recognizer);
    return matrix;
}

/* What a frozen encoder gives is the same to the bit, whatever it is fine-tuned on. */
START_TEST(test_frozen_encoder_gives_the_same) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "freeze=[\"encoder.*\"]");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    oss_matrix before = embed(&runs, "first/latest"), after = embed(&runs, "second/latest");
    ck_assert(before.rows == after.rows && before.columns == after.columns && before.rows > 1);
    ck_assert_mem_eq(before.value, after.value,
                     (size_t)before.rows * (size_t)before.columns * sizeof *before.value);
    oss_matrix_deinit(&before);
    oss_matrix_deinit(&after);
    clear(&runs, config);
}
END_TEST

START_TEST(test_those_of_the_model_by_default) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    ck_assert(same_stats(&runs, "first/latest", "second/latest"));
    expect_heard("mel statistics: those of ");
    clear(&runs, config);
}
END_TEST

START_TEST(test_those_of_the_data) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "mel_stats=data");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    ck_assert(!same_stats(&runs, "first/latest", "second/latest"));
    expect_heard("mel statistics: measured on the training rows, not those of ");
    expect_heard(": mel_stats is data\n");
    ck_assert_ptr_null(strstr(heard, "frozen"));
    (void)oss_test_runs_train(&runs, "scratch", config, false, 0, OSS_OK); /* as without another model */
    ck_assert(same_stats(&runs, "scratch/latest", "second/latest"));
    clear(&runs, config);
}
END_TEST

START_TEST(test_those_of_the_data_under_frozen_layers) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "mel_stats=data freeze=[\"encoder.down.*\"]");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    ck_assert(!same_stats(&runs, "first/latest", "second/latest"));
    expect_heard("frozen tensors of the encoder hear other mel statistics");
    clear(&runs, config);
}
END_TEST

/* Refused before the data are read: here there are none. */
START_TEST(test_those_of_the_data_under_a_frozen_encoder) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "mel_stats=data freeze=[\"encoder.*\"] train_csv=nowhere.csv");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), "set mel_stats to model") != NULL, "%s", oss_last_error());
    ck_assert_int_eq(oss_tempdir_has(runs.folder, "second"), 0);
    clear(&runs, config);
}
END_TEST

/* Statistics of another front end mean nothing here. */
START_TEST(test_another_front_end) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "n_fft=1024 freeze=[\"encoder.*\"]");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    ck_assert(!same_stats(&runs, "first/latest", "second/latest"));
    expect_heard(": the front end differs from the model's\n");
    expect_heard("frozen tensors of the encoder hear other mel statistics");
    clear(&runs, config);
}
END_TEST

/* A model that was normalised over the utterance has none. */
START_TEST(test_a_model_without) {
    oss_test_runs runs;
    oss_config *config = make_first(&runs, "mel_norm=utterance");
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    ck_assert_ptr_null(strstr(heard, "mel statistics"));
    ck_assert_int_eq(oss_config_set(config, "mel_norm=fixed"), OSS_OK);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "third", config, "second/latest"), OSS_OK);
    expect_heard(": the model has none\n");
    clear(&runs, config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("mel_stats");
    TCase *all = tcase_create("mel_stats");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_mel_statistics);
    tcase_add_test(all, test_frozen_encoder_gives_the_same);
    tcase_add_test(all, test_those_of_the_model_by_default);
    tcase_add_test(all, test_those_of_the_data);
    tcase_add_test(all, test_those_of_the_data_under_frozen_layers);
    tcase_add_test(all, test_those_of_the_data_under_a_frozen_encoder);
    tcase_add_test(all, test_another_front_end);
    tcase_add_test(all, test_a_model_without);
    suite_add_tcase(suite, all);
    return suite;
}
