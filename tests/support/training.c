#include "support/training.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/fill.h"

/* Padding between tensors stays zero: it is not stored. */
static float *make_block(const oss_params *params, uint64_t seed, double scale) {
    float *block = oss_alloc_aligned(params->floats, sizeof *block);
    ck_assert_ptr_nonnull(block);
    memset(block, 0, params->floats * sizeof *block);
    for (int32_t i = 0; i < params->count; i++) {
        oss_fill_f32(block + params->item[i].offset, params->item[i].count, seed + (uint64_t)i, scale);
    }
    return block;
}

static oss_model *make_model(int64_t step) {
    static const char json[] = "{\"mel_bins\": 8, \"conv_channels\": 2, \"d_model\": 4, \"n_layers\": 1, "
                               "\"n_heads\": 1, \"d_ff\": 4}";
    const char *const symbol[] = {"<blank>", "<UNK>", "a", "b"};
    oss_config *config = NULL;
    oss_vocab *vocab = NULL;
    oss_model *model = NULL;
    ck_assert_msg(oss_config_parse(&config, json, "test") == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_vocab_from_symbols(&vocab, symbol, 4) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_model_create(&model, config, vocab) == OSS_OK, "%s", oss_last_error());
    oss_config_free(config);
    oss_vocab_free(vocab);
    oss_free(model->value);
    model->value = make_block(model->params, 1000 * (uint64_t)step, 1.0);
    return model;
}

oss_training *oss_training_make(int64_t step) {
    oss_training *training = calloc(1, sizeof *training);
    ck_assert_ptr_nonnull(training);
    training->model = make_model(step);
    training->optimizer =
        (oss_optimizer){.m = make_block(training->model->params, 1000 * (uint64_t)step + 300, 0.1),
                        .v = make_block(training->model->params, 1000 * (uint64_t)step + 600, 0.01)};
    if (step % 2 == 1) {
        training->optimizer.raw = make_block(training->model->params, 1000 * (uint64_t)step + 900, 1.0);
    }
    if (step % 3 == 1) {
        training->optimizer.symbols = 4;
        training->optimizer.prior = oss_alloc(4, sizeof(float));
        ck_assert_ptr_nonnull(training->optimizer.prior);
        oss_fill_f32(training->optimizer.prior, 4, (uint64_t)step, 0.5);
    }
    training->state = (oss_train_state){.step = step,
                                        .epoch = step / 3,
                                        .batch_in_epoch = step % 3,
                                        .utterances = 16 * step,
                                        .skipped_steps = step / 5,
                                        .audio_seconds = 0.1 * (double)step,
                                        .best_cer = 1.0 / (double)(step + 1),
                                        .best_wer = 2.0 / (double)(step + 1),
                                        .best_loss = 0.3 / (double)(step + 1),
                                        .best_step = step / 2,
                                        .evals_without_gain = (int32_t)(step % 4),
                                        .skipped_in_a_row = (int32_t)(step % 2),
                                        .loss_mean = 3.0 / (double)(step + 3),
                                        .grad_log_mean = -0.7 / (double)(step + 1),
                                        .grad_log_spread = 0.1 * (double)step,
                                        .grad_shards = 16,
                                        .eval_due = (int32_t)(step % 2),
                                        .fine_tuned = (int32_t)(step % 2),
                                        .seed = 42,
                                        .data_hash = oss_fill_bits(7, (uint64_t)step),
                                        .audio_hash = oss_fill_bits(9, (uint64_t)step)};
    training->state.config = oss_strdup("{\n  \"lr\": 0.1,\n  \"train_csv\": \"a \\\"b\\\".csv\"\n}\n");
    ck_assert_ptr_nonnull(training->state.config);
    snprintf(training->state.fingerprint, sizeof training->state.fingerprint, "test generic");
    snprintf(training->state.audio_libraries, sizeof training->state.audio_libraries, "none");
    return training;
}

void oss_training_free(oss_training *training) {
    oss_model_free(training->model);
    oss_optimizer_deinit(&training->optimizer);
    oss_train_state_deinit(&training->state);
    free(training);
}

static bool equal_texts(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool equal_states(const oss_train_state *a, const oss_train_state *b) {
    return a->step == b->step && a->epoch == b->epoch && a->batch_in_epoch == b->batch_in_epoch &&
           a->utterances == b->utterances && a->skipped_steps == b->skipped_steps &&
           a->audio_seconds == b->audio_seconds && a->best_cer == b->best_cer && a->best_wer == b->best_wer &&
           a->best_loss == b->best_loss && a->best_step == b->best_step &&
           a->evals_without_gain == b->evals_without_gain && a->skipped_in_a_row == b->skipped_in_a_row &&
           a->loss_mean == b->loss_mean && a->grad_log_mean == b->grad_log_mean &&
           a->grad_log_spread == b->grad_log_spread && a->grad_shards == b->grad_shards &&
           a->eval_due == b->eval_due && a->fine_tuned == b->fine_tuned && a->seed == b->seed &&
           a->data_hash == b->data_hash && a->audio_hash == b->audio_hash &&
           equal_texts(a->config, b->config) && strcmp(a->fingerprint, b->fingerprint) == 0 &&
           strcmp(a->audio_libraries, b->audio_libraries) == 0;
}

static bool equal_blocks(const float *a, const float *b, size_t bytes) {
    return a == NULL || b == NULL ? a == b : memcmp(a, b, bytes) == 0;
}

bool oss_training_equal(const oss_training *a, const oss_training *b) {
    size_t bytes = a->model->params->floats * sizeof(float);
    return a->model->params->floats == b->model->params->floats &&
           memcmp(a->model->value, b->model->value, bytes) == 0 &&
           equal_blocks(a->optimizer.m, b->optimizer.m, bytes) &&
           equal_blocks(a->optimizer.v, b->optimizer.v, bytes) &&
           equal_blocks(a->optimizer.raw, b->optimizer.raw, bytes) &&
           a->optimizer.symbols == b->optimizer.symbols &&
           equal_blocks(a->optimizer.prior, b->optimizer.prior, 4 * sizeof(float)) &&
           oss_vocab_equal(a->model->vocab, b->model->vocab) && equal_states(&a->state, &b->state);
}

oss_status oss_training_save(const oss_training *training, const char *run, bool is_best, int32_t keep_last) {
    return oss_checkpoint_save(run, training->model, &training->optimizer, &training->state, is_best,
                               keep_last, -1);
}

oss_status oss_training_load(oss_training **out, const char *run) {
    oss_training *training = calloc(1, sizeof *training);
    ck_assert_ptr_nonnull(training);
    oss_status status = oss_checkpoint_load(run, &training->model, &training->optimizer, &training->state);
    if (status != OSS_OK) {
        free(training);
        return status;
    }
    *out = training;
    return OSS_OK;
}
