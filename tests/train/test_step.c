/* One optimiser step: shards, accumulation, what is not finite. */
#include "train/step.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/runs.h"
#include "support/suite.h"
#include "support/tolerance.h"
#include "train/shard.h"

enum { ROWS = 14 };

/* A new session in a fresh folder; every row trains. */
typedef struct fixture {
    oss_test_runs runs;
    oss_config *config;
    oss_train_request request;
    char run[512];
    oss_session session;
} fixture;

static void make(fixture *f, const char *more_json) {
    const oss_tones tones = {.rows = ROWS, .seed = 2, .min_letters = 2, .max_letters = 6};
    char json[500];
    snprintf(json, sizeof json, "\"dev_fraction\": 0%s%s", more_json[0] == '\0' ? "" : ", ", more_json);
    oss_test_runs_make(&f->runs, &tones);
    f->config = oss_test_runs_config(&f->runs, json);
    snprintf(f->run, sizeof f->run, "%s/run", f->runs.folder);
    f->request = (oss_train_request){.config = f->config, .run = f->run};
    oss_status status = oss_session_init(&f->session, &f->request);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
}

static void clear(fixture *f) {
    oss_session_deinit(&f->session);
    oss_config_free(f->config);
    oss_test_runs_remove(&f->runs);
}

/* A micro-batch of rows [first, first + count) in arrays that live as long as the fixture's test. */
typedef struct rows_batch {
    oss_micro_batch batch;
    const oss_row *row[ROWS];
    int32_t first_row[ROWS + 1];
    uint32_t key[ROWS];
    const float *audio[ROWS];
    int32_t samples[ROWS];
    const int32_t *label[ROWS];
    int32_t labels[ROWS];
    float *pcm[ROWS];
} rows_batch;

static void take_rows(rows_batch *b, const fixture *f, int32_t first, int32_t count) {
    b->batch = (oss_micro_batch){.utterances = count,
                                 .row = b->row,
                                 .first_row = b->first_row,
                                 .key = b->key,
                                 .audio = b->audio,
                                 .samples = b->samples,
                                 .label = b->label,
                                 .labels = b->labels};
    for (int32_t i = 0; i < count; i++) {
        const oss_row *row = &f->session.data.train.row[first + i];
        b->row[i] = row;
        b->first_row[i] = i;
        b->first_row[i + 1] = i + 1;
        b->key[i] = (uint32_t)row->key;
        b->samples[i] = (int32_t)row->sound.samples;
        b->label[i] = row->label;
        b->labels[i] = row->labels;
        b->pcm[i] = malloc((size_t)row->sound.samples * sizeof(float));
        oss_clip_expand(b->pcm[i], &row->clip);
        b->audio[i] = b->pcm[i];
        b->batch.total_samples += row->sound.samples;
    }
}

static void free_rows(rows_batch *b) {
    for (int32_t i = 0; i < b->batch.utterances; i++) {
        free(b->pcm[i]);
    }
}

/* Memory for any batch of these rows. */
static void reserve(fixture *f) {
    oss_batch_item item[ROWS];
    int32_t first[2] = {0, ROWS};
    for (int32_t i = 0; i < ROWS; i++) {
        const oss_row *row = &f->session.data.train.row[i];
        item[i] = (oss_batch_item){
            .row = i, .samples = (int32_t)row->sound.samples, .spelling = oss_spelling_plain(row)};
    }
    const oss_epoch_plan plan = {.items = ROWS, .batches = 1, .item = item, .first = first};
    ck_assert_int_eq(oss_step_reserve(f->session.step, &f->session.data.train, &plan), OSS_OK);
}

static oss_step_result run_step(fixture *f, rows_batch *const *batch, int32_t batches) {
    oss_step_result result;
    reserve(f);
    oss_step_begin(f->session.step, 1);
    for (int32_t i = 0; i < batches; i++) {
        oss_status status = oss_step_accumulate(f->session.step, &batch[i]->batch);
        ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    }
    oss_step_finish(f->session.step, f->config->training.lr, 1, &result);
    return result;
}

static oss_step_result run_rows(fixture *f, int32_t first, int32_t count) {
    rows_batch batch;
    take_rows(&batch, f, first, count);
    oss_step_result result = run_step(f, (rows_batch *[]){&batch}, 1);
    free_rows(&batch);
    return result;
}

START_TEST(test_accumulation_equals_one_batch) {
    fixture one, cut;
    make(&one, "\"dropout\": 0.2");
    make(&cut, "\"dropout\": 0.2");
    oss_step_result whole = run_rows(&one, 0, ROWS);
    rows_batch part[3];
    take_rows(&part[0], &cut, 0, 5);
    take_rows(&part[1], &cut, 5, 1);
    take_rows(&part[2], &cut, 6, ROWS - 6);
    oss_step_result parts = run_step(&cut, (rows_batch *[]){&part[0], &part[1], &part[2]}, 3);
    ck_assert_ptr_null(whole.skipped);
    ck_assert_int_eq(parts.utterances, ROWS);
    ck_assert_double_eq_tol(parts.audio_seconds, whole.audio_seconds, 1e-9);
    ck_assert_double_eq_tol(parts.loss, whole.loss, 1e-6 * whole.loss);
    ck_assert_double_eq_tol(parts.grad_norm, whole.grad_norm, 1e-5 * whole.grad_norm);
    oss_assert_close_f32_f32(oss_step_gradient(cut.session.step), oss_step_gradient(one.session.step),
                             one.session.model->params->floats, "gradient", 1e-5, INFINITY);
    for (int i = 0; i < 3; i++) {
        free_rows(&part[i]);
    }
    clear(&one);
    clear(&cut);
}
END_TEST

/* Shards, and the parts of a shard, change rounding only; B counts utterances. */
START_TEST(test_shards_add_up) {
    fixture one, many;
    make(&one, "\"grad_shards\": 1");
    make(&many, "\"grad_shards\": 5");
    double seconds = oss_manifest_seconds(&one.session.data.train, one.config);
    ck_assert_double_gt(100 * seconds, OSS_SHARD_PART_FRAMES); /* the one shard has several parts */
    oss_step_result a = run_rows(&one, 0, ROWS), b = run_rows(&many, 0, ROWS);
    ck_assert_double_eq_tol(a.loss, b.loss, 1e-6 * a.loss);
    oss_assert_close_f32_f32(oss_step_gradient(many.session.step), oss_step_gradient(one.session.step),
                             one.session.model->params->floats, "gradient", 1e-5, INFINITY);
    clear(&one);
    clear(&many);
}
END_TEST

START_TEST(test_loss_is_the_mean_over_utterances) {
    fixture f;
    make(&f, "\"dropout\": 0, \"lr\": 1e-9");
    double sum = 0;
    for (int32_t i = 0; i < 4; i++) {
        sum += run_rows(&f, i, 1).loss;
    }
    double mean = run_rows(&f, 0, 4).loss;
    ck_assert_double_eq_tol(mean, sum / 4, 1e-5 * mean);
    clear(&f);
}
END_TEST

/* Every sub-frame says symbol 2 where the bias says so: the first says the blank, the second it or not. */
START_TEST(test_blanks_are_counted) {
    fixture f;
    make(&f, "\"ctc_subframes\": 2, \"dropout\": 0.1");
    const oss_param *bias = oss_params_find(f.session.model->params, "head.bias");
    float *value = f.session.model->value + bias->offset;
    int32_t symbols = oss_vocab_size(f.session.data.vocab);
    value[OSS_VOCAB_BLANK] = 50.0f;
    value[symbols + (_i == 0 ? OSS_VOCAB_BLANK : 2)] = 50.0f;
    ck_assert_double_eq(run_rows(&f, 0, ROWS).blank_fraction, _i == 0 ? 1.0 : 0.5);
    clear(&f);
}
END_TEST

static oss_step_result run_with(const char *json) {
    fixture f;
    make(&f, json);
    oss_step_result result = run_rows(&f, 0, ROWS);
    ck_assert_ptr_null(result.skipped);
    clear(&f);
    return result;
}

/* Without masks and dropout two views are one and teach what one does; with them they part. */
START_TEST(test_two_views) {
    oss_step_result one = run_with("\"dropout\": 0");
    oss_step_result two = run_with("\"dropout\": 0, \"cr_ctc_weight\": 0.2");
    ck_assert_int_eq(two.utterances, one.utterances);
    ck_assert_double_eq(two.audio_seconds, one.audio_seconds);
    ck_assert_double_eq_tol(two.loss, one.loss, 1e-5 * one.loss);
    ck_assert_double_eq_tol(two.grad_norm, one.grad_norm, 1e-4 * one.grad_norm);
    one = run_with("\"dropout\": 0.1, \"cr_ctc_weight\": 0.2");
    two = run_with("\"dropout\": 0.1, \"cr_ctc_weight\": 50");
    ck_assert_double_eq(two.loss, one.loss);
    ck_assert_double_gt(fabs(two.grad_norm - one.grad_norm), 1e-4 * one.grad_norm);
    two = run_with(
        "\"dropout\": 0.1, \"cr_ctc_weight\": 50, \"cr_ctc_warmup_steps\": 250"); /* in step 1: 0.2 */
    ck_assert_double_eq(two.grad_norm, one.grad_norm);
}
END_TEST

START_TEST(test_threads_change_no_bit) {
    float *first = NULL;
    for (int32_t threads = 1; threads <= 4; threads++) {
        fixture f;
        char json[100];
        snprintf(json, sizeof json, "\"threads\": %d, \"dropout\": 0.1, \"grad_shards\": 6", threads);
        make(&f, json);
        (void)run_rows(&f, 0, ROWS);
        size_t bytes = f.session.model->params->floats * sizeof *first;
        if (first == NULL) {
            first = malloc(bytes);
            memcpy(first, f.session.model->value, bytes);
        }
        ck_assert_msg(memcmp(first, f.session.model->value, bytes) == 0, "%d threads differ from one",
                      threads);
        clear(&f);
    }
    free(first);
}
END_TEST

typedef struct weights {
    float *value, *m, *v;
    size_t bytes;
} weights;

static weights copy_weights(const fixture *f) {
    size_t bytes = f->session.model->params->floats * sizeof(float);
    weights w = {malloc(bytes), malloc(bytes), malloc(bytes), bytes};
    memcpy(w.value, f->session.model->value, bytes);
    memcpy(w.m, f->session.optimizer.m, bytes);
    memcpy(w.v, f->session.optimizer.v, bytes);
    return w;
}

static void assert_untouched(const fixture *f, weights *w) {
    ck_assert_mem_eq(w->value, f->session.model->value, w->bytes);
    ck_assert_mem_eq(w->m, f->session.optimizer.m, w->bytes);
    ck_assert_mem_eq(w->v, f->session.optimizer.v, w->bytes);
    free(w->value);
    free(w->m);
    free(w->v);
}

/* One broken utterance among sound ones: named, and nothing is updated; the next step is as if it had not
 * been. */
START_TEST(test_a_loss_that_is_not_finite) {
    fixture f, sound;
    make(&f, "");
    make(&sound, "");
    weights before = copy_weights(&f);
    rows_batch batch;
    take_rows(&batch, &f, 0, ROWS);
    for (int32_t i = 0; i < batch.samples[4]; i++) {
        batch.pcm[4][i] = 1e30f; /* its square is beyond a float */
    }
    oss_step_result result = run_step(&f, (rows_batch *[]){&batch}, 1);
    free_rows(&batch);
    ck_assert_str_eq(result.skipped, "the loss is not finite");
    ck_assert_msg(strstr(result.culprits, "tones.csv row 5 (tones-004.wav)") != NULL, "%s", result.culprits);
    ck_assert_msg(strstr(result.culprits, "row 4 ") == NULL, "%s", result.culprits);
    assert_untouched(&f, &before);
    (void)run_rows(&f, 0, ROWS);
    (void)run_rows(&sound, 0, ROWS);
    ck_assert_mem_eq(f.session.model->value, sound.session.model->value, before.bytes);
    clear(&f);
    clear(&sound);
}
END_TEST

/* Losses are finite but their derivatives overflow: an RMSNorm weight so large that the backward pass leaves
 * floats. */
START_TEST(test_a_gradient_that_is_not_finite) {
    fixture f;
    make(&f, "\"grad_shards\": 3");
    reserve(&f);
    rows_batch batch;
    take_rows(&batch, &f, 0, ROWS);
    oss_step_begin(f.session.step, 1);
    ck_assert_int_eq(oss_step_accumulate(f.session.step, &batch.batch), OSS_OK);
    weights before = copy_weights(&f);
    /* between two micro-batches: what the first left in `total` becomes infinite */
    ((float *)(uintptr_t)oss_step_gradient(f.session.step))[f.session.model->params->item[2].offset] =
        INFINITY;
    ck_assert_int_eq(oss_step_accumulate(f.session.step, &batch.batch), OSS_OK);
    oss_step_result result;
    oss_step_finish(f.session.step, 1e-3, 1, &result);
    ck_assert_str_eq(result.skipped, "the gradient is not finite");
    ck_assert_msg(strstr(result.culprits, "tones.csv row 1 ") != NULL, "%s", result.culprits);
    assert_untouched(&f, &before);
    free_rows(&batch);
    ck_assert_ptr_null(run_rows(&f, 0, ROWS).skipped);
    clear(&f);
}
END_TEST

/* Outputs that are all blank make its prior that of the first update; a step that is skipped leaves the priors alone. */
START_TEST(test_label_priors_follow_the_outputs) {
    fixture f;
    make(&f, "\"ctc_subframes\": 2, \"dropout\": 0.1, \"grad_shards\": 3, \"label_prior_weight\": 0.3");
    const float *prior = f.session.optimizer.prior;
    int32_t symbols = oss_vocab_size(f.session.data.vocab);
    float *bias = f.session.model->value + oss_params_find(f.session.model->params, "head.bias")->offset;
    bias[OSS_VOCAB_BLANK] = bias[symbols + OSS_VOCAB_BLANK] = 50.0f;
    rows_batch batch;
    take_rows(&batch, &f, 0, ROWS);
    batch.pcm[4][0] = INFINITY;
    ck_assert_ptr_nonnull(run_step(&f, (rows_batch *[]){&batch}, 1).skipped);
    free_rows(&batch);
    for (int32_t v = 0; v < symbols; v++) {
        ck_assert(prior[v] == 1.0f / (float)symbols);
    }
    ck_assert_ptr_null(run_rows(&f, 0, ROWS).skipped);
    for (int32_t v = 0; v < symbols; v++) {
        double want = 2.0 / 11.0 / symbols + (v == OSS_VOCAB_BLANK ? 9.0 / 11.0 : 0.0);
        ck_assert_double_eq_tol((double)prior[v], want, 1e-6);
    }
    clear(&f);
}
END_TEST

/* The loss that is told is that without priors; the first step's priors are equal and change nothing, the second's do. */
START_TEST(test_label_priors_teach) {
    fixture plain, priors;
    make(&plain, "\"dropout\": 0");
    make(&priors, "\"dropout\": 0, \"label_prior_weight\": 0.5");
    oss_step_result a = run_rows(&plain, 0, ROWS), b = run_rows(&priors, 0, ROWS);
    ck_assert(a.loss == b.loss);
    ck_assert_double_eq_tol(b.grad_norm, a.grad_norm, 1e-4 * a.grad_norm);
    size_t bytes = plain.session.model->params->floats * sizeof(float);
    memcpy(priors.session.model->value, plain.session.model->value, bytes);
    a = run_rows(&plain, 0, ROWS);
    b = run_rows(&priors, 0, ROWS);
    ck_assert(a.loss == b.loss);
    ck_assert_double_gt(fabs(b.grad_norm - a.grad_norm), 1e-3 * a.grad_norm);
    clear(&plain);
    clear(&priors);
}
END_TEST

START_TEST(test_an_empty_batch_updates_nothing) {
    fixture f;
    make(&f, "");
    weights before = copy_weights(&f);
    rows_batch nothing;
    take_rows(&nothing, &f, 0, 0);
    oss_step_result result = run_step(&f, (rows_batch *[]){&nothing}, 1);
    ck_assert_str_eq(result.skipped, "no utterance could be loaded");
    assert_untouched(&f, &before);
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("step");
    TCase *all = tcase_create("step");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_accumulation_equals_one_batch);
    tcase_add_test(all, test_shards_add_up);
    tcase_add_test(all, test_loss_is_the_mean_over_utterances);
    tcase_add_loop_test(all, test_blanks_are_counted, 0, 2);
    tcase_add_test(all, test_two_views);
    tcase_add_test(all, test_threads_change_no_bit);
    tcase_add_test(all, test_a_loss_that_is_not_finite);
    tcase_add_test(all, test_a_gradient_that_is_not_finite);
    tcase_add_test(all, test_label_priors_follow_the_outputs);
    tcase_add_test(all, test_label_priors_teach);
    tcase_add_test(all, test_an_empty_batch_updates_nothing);
    suite_add_tcase(suite, all);
    return suite;
}
