/* `ossicle bench`: whole training steps as the trainer runs them, from waveforms in memory to new weights. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "cli/bench_internal.h"
#include "model/flop.h"
#include "train/step.h"

typedef struct train_work {
    const oss_bench_setup *setup;
    oss_config *config;
    oss_mel_plan *mel;
    oss_net *net;
    oss_pool *pool;
    oss_workers workers;
    oss_step *step;
    float *value, *m, *v;
    /* The batch: each utterance has audio and labels of its own. */
    oss_manifest manifest;
    oss_micro_batch batch;
    const oss_row **row;
    int32_t *first_row, *samples, *labels;
    uint32_t *key;
    const float **audio;
    const int32_t **label;
    float *all_audio;
    int32_t *all_labels;
    int64_t steps;
    oss_step_result result;
    oss_status status;
} train_work;

static oss_status create_network(train_work *work) {
    const oss_bench_setup *setup = work->setup;
    size_t floats = setup->model->params->floats;
    work->value = oss_alloc_aligned(floats, sizeof *work->value);
    work->m = oss_alloc_aligned(floats, sizeof *work->m);
    work->v = oss_alloc_aligned(floats, sizeof *work->v);
    if (work->value == NULL || work->m == NULL || work->v == NULL) {
        return OSS_ENOMEM;
    }
    memcpy(work->value, setup->model->value, floats * sizeof *work->value);
    memset(work->m, 0, floats * sizeof *work->m);
    memset(work->v, 0, floats * sizeof *work->v);
    oss_status status = oss_mel_plan_create(&work->mel, &work->config->model.mel);
    if (status == OSS_OK && setup->model->mel_mean != NULL) {
        oss_mel_plan_set_stats(work->mel, setup->model->mel_mean, setup->model->mel_std);
    }
    if (status == OSS_OK) {
        status = oss_net_create(&work->net, work->config, setup->model->params, work->mel,
                                oss_vocab_size(setup->model->vocab));
    }
    if (status == OSS_OK) {
        status = oss_pool_create(&work->pool, setup->threads);
    }
    return status == OSS_OK ? oss_workers_init(&work->workers, work->pool, work->net) : status;
}

static oss_status create_arrays(train_work *work, size_t samples, size_t labels) {
    size_t count = (size_t)work->setup->utterances;
    work->manifest.row = oss_alloc_zero(count, sizeof *work->manifest.row);
    work->row = oss_alloc(count, sizeof *work->row);
    work->first_row = oss_alloc(count + 1, sizeof *work->first_row);
    work->samples = oss_alloc(count, sizeof *work->samples);
    work->labels = oss_alloc(count, sizeof *work->labels);
    work->key = oss_alloc(count, sizeof *work->key);
    work->audio = oss_alloc(count, sizeof *work->audio);
    work->label = oss_alloc(count, sizeof *work->label);
    work->all_audio = oss_alloc_aligned(count * samples, sizeof *work->all_audio);
    work->all_labels = oss_alloc(count * labels, sizeof *work->all_labels);
    bool complete = work->manifest.row != NULL && work->row != NULL && work->first_row != NULL &&
                    work->samples != NULL && work->labels != NULL && work->key != NULL &&
                    work->audio != NULL && work->label != NULL && work->all_audio != NULL &&
                    work->all_labels != NULL;
    return complete ? OSS_OK : OSS_ENOMEM;
}

static void fill_batch(train_work *work, int32_t samples, int32_t labels) {
    int32_t count = work->setup->utterances, vocab = oss_vocab_size(work->setup->model->vocab);
    for (int32_t i = 0; i < count; i++) {
        float *audio = work->all_audio + (size_t)i * (size_t)samples;
        int32_t *label = work->all_labels + (size_t)i * (size_t)labels;
        oss_bench_fill_audio(audio, samples, (uint32_t)i);
        oss_bench_fill_labels(label, labels, vocab, (uint32_t)i);
        work->manifest.row[i] =
            (oss_row){.csv.wav = (char[]){""}, .sound.samples = samples, .label = label, .labels = labels};
        work->row[i] = &work->manifest.row[i];
        work->first_row[i] = i;
        work->samples[i] = samples;
        work->labels[i] = labels;
        work->key[i] = (uint32_t)i;
        work->audio[i] = audio;
        work->label[i] = label;
    }
    work->first_row[count] = count;
    work->manifest.rows = count;
    work->batch = (oss_micro_batch){.utterances = count,
                                    .row = work->row,
                                    .first_row = work->first_row,
                                    .key = work->key,
                                    .audio = work->audio,
                                    .samples = work->samples,
                                    .label = work->label,
                                    .labels = work->labels,
                                    .total_samples = (int64_t)count * samples};
}

static oss_status create_batch(train_work *work) {
    int32_t samples = work->setup->seconds * work->config->model.mel.sample_rate_hz;
    int32_t labels = work->setup->seconds * OSS_BENCH_LABELS_A_SECOND_X2 / 2;
    oss_status status = create_arrays(work, (size_t)samples, (size_t)labels);
    if (status == OSS_OK) {
        fill_batch(work, samples, labels);
    }
    return status;
}

/* A plan of the one batch there is, so that memory is reserved as in a run. */
static oss_status reserve_step(train_work *work) {
    int32_t count = work->setup->utterances;
    oss_batch_item *item = oss_alloc_zero((size_t)count, sizeof *item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < count; i++) {
        item[i] = (oss_batch_item){
            .row = i, .samples = work->samples[i], .spelling = oss_spelling_plain(work->row[i])};
    }
    int32_t first[2] = {0, count};
    const oss_epoch_plan plan = {.items = count, .batches = 1, .item = item, .first = first};
    oss_status status = oss_step_reserve(work->step, &work->manifest, &plan);
    oss_free(item);
    return status;
}

static oss_status create_step(train_work *work) {
    const oss_step_setup setup = {.config = work->config,
                                  .params = work->setup->model->params,
                                  .workers = &work->workers,
                                  .value = work->value,
                                  .m = work->m,
                                  .v = work->v};
    oss_status status = oss_step_create(&work->step, &setup);
    return status == OSS_OK ? reserve_step(work) : status;
}

static void run_step(void *context) {
    train_work *work = context;
    work->steps++;
    oss_step_begin(work->step, work->steps);
    oss_status status = oss_step_accumulate(work->step, &work->batch);
    if (status == OSS_OK) {
        oss_step_finish(work->step, work->config->training.lr, work->steps, &work->result);
    }
    work->status = status == OSS_OK ? work->status : status;
}

static oss_status check_result(const train_work *work) {
    if (work->status != OSS_OK) {
        return work->status;
    }
    if (work->result.skipped != NULL) {
        return oss_fail(OSS_ENUMERIC, "the training steps did not train: %s", work->result.skipped);
    }
    return OSS_OK;
}

static void free_work(train_work *work) {
    oss_step_free(work->step);
    oss_workers_deinit(&work->workers);
    oss_pool_free(work->pool);
    oss_net_free(work->net);
    oss_mel_plan_free(work->mel);
    oss_config_free(work->config);
    oss_free(work->value);
    oss_free(work->m);
    oss_free(work->v);
    oss_free(work->manifest.row);
    oss_free((void *)work->row);
    oss_free(work->first_row);
    oss_free(work->samples);
    oss_free(work->labels);
    oss_free(work->key);
    oss_free((void *)work->audio);
    oss_free((void *)work->label);
    oss_free(work->all_audio);
    oss_free(work->all_labels);
}

oss_status oss_bench_train(const oss_bench_setup *setup, oss_bench_part *out) {
    train_work work = {.setup = setup};
    oss_status status = oss_config_create_from(&work.config, &setup->model->config);
    if (status == OSS_OK) {
        work.config->training.precision = setup->precision;
        status = create_network(&work);
    }
    if (status == OSS_OK) {
        status = create_batch(&work);
    }
    if (status == OSS_OK) {
        status = create_step(&work);
    }
    if (status == OSS_OK) {
        int64_t samples = work.samples[0];
        out->cases = 1;
        out->item[0] = (oss_bench_case){
            .utterances = setup->utterances,
            .seconds = setup->seconds,
            .flop = setup->utterances *
                    oss_flop_training(&work.config->model, samples, oss_vocab_size(setup->model->vocab)),
            .median_ms = oss_bench_time(setup, run_step, &work)};
        status = check_result(&work);
    }
    free_work(&work);
    return status;
}
