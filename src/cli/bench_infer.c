/* `ossicle bench`: the encoder's forward pass as inference runs it, features in, logits out. */
#include "base/mem.h"
#include "base/rng.h"
#include "cli/bench_internal.h"
#include "infer/encoder.h"
#include "kernel/lengths.h"
#include "kernel/noise.h"
#include "model/flop.h"

enum { MAX_SECONDS = 30, SEED = 1 };

/* The first one stands for all. */
static const struct {
    int32_t utterances, seconds;
} shape[OSS_BENCH_MAX_CASES] = {{1, 8}, {1, 3}, {1, 30}, {16, 8}};

typedef struct infer_work {
    oss_pool *pool;
    oss_encoder *whole;    /* uses all threads for one utterance */
    oss_encoder **sibling; /* [threads] of one thread each: an utterance a thread */
    const float *features; /* of the longest utterance; shorter ones are its beginning */
    int32_t mel_frames;
    int32_t utterances;
    oss_status status;
} infer_work;

static void run_one(void *context) {
    infer_work *work = context;
    oss_encoding encoding;
    oss_status status = oss_encoder_run_features(work->whole, work->features, work->mel_frames, &encoding);
    work->status = status == OSS_OK ? work->status : status;
}

/* Lengths are checked, and memory is there, after the first run: only the first can fail, before threads
 * share. */
static void run_task(void *context, int32_t task, int32_t worker) {
    (void)task;
    infer_work *work = context;
    oss_encoding encoding;
    (void)oss_encoder_run_features(work->sibling[worker], work->features, work->mel_frames, &encoding);
}

static void run_many(void *context) {
    infer_work *work = context;
    oss_pool_run(work->pool, work->utterances, run_task, work);
}

/* Every sibling's memory, and whether it can run at all. */
static oss_status prepare_siblings(infer_work *work, int32_t threads) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < threads && status == OSS_OK; i++) {
        oss_encoding encoding;
        status = oss_encoder_run_features(work->sibling[i], work->features, work->mel_frames, &encoding);
    }
    return status;
}

static oss_status create_encoders(infer_work *work, const oss_bench_setup *setup) {
    oss_status status = oss_pool_create(&work->pool, setup->threads);
    if (status == OSS_OK) {
        status = oss_encoder_create(&work->whole, setup->model, setup->precision, setup->threads);
    }
    work->sibling = oss_alloc_zero((size_t)setup->threads, sizeof(oss_encoder *));
    if (status == OSS_OK && work->sibling == NULL) {
        status = OSS_ENOMEM;
    }
    for (int32_t i = 0; i < setup->threads && status == OSS_OK; i++) {
        status = oss_encoder_create_sibling(&work->sibling[i], work->whole);
    }
    return status;
}

static void free_encoders(infer_work *work, int32_t threads) {
    for (int32_t i = 0; i < threads && work->sibling != NULL; i++) {
        oss_encoder_free(work->sibling[i]);
    }
    oss_free((void *)work->sibling);
    oss_encoder_free(work->whole);
    oss_pool_free(work->pool);
}

static oss_status run_case(infer_work *work, const oss_bench_setup *setup, int32_t index,
                           oss_bench_part *out) {
    const oss_model_config *config = &setup->model->config;
    int64_t samples = (int64_t)shape[index].seconds * config->mel.sample_rate_hz;
    work->utterances = shape[index].utterances;
    work->mel_frames = oss_len_mel_frames(samples, config->mel.hop_samples);
    bool many = work->utterances > 1;
    oss_status status = many ? prepare_siblings(work, setup->threads) : OSS_OK;
    if (status != OSS_OK) {
        return status;
    }
    out->item[index] = (oss_bench_case){
        .utterances = work->utterances,
        .seconds = shape[index].seconds,
        .flop = work->utterances * oss_flop_forward(config, samples, oss_vocab_size(setup->model->vocab)),
        .median_ms = oss_bench_time(setup, many ? run_many : run_one, work)};
    return work->status;
}

oss_status oss_bench_infer(const oss_bench_setup *setup, oss_bench_part *out) {
    const oss_mel_spec *mel = &setup->model->config.mel;
    int32_t frames = oss_len_mel_frames((int64_t)MAX_SECONDS * mel->sample_rate_hz, mel->hop_samples);
    size_t count = (size_t)frames * (size_t)mel->bins;
    float *features = oss_alloc_aligned(count, sizeof *features);
    infer_work work = {.features = features};
    oss_status status = features == NULL ? OSS_ENOMEM : create_encoders(&work, setup);
    if (status == OSS_OK) {
        oss_k_white_noise(features, count, SEED, OSS_RNG_NOISE, 0);
        out->cases = OSS_BENCH_MAX_CASES;
    }
    for (int32_t i = 0; i < OSS_BENCH_MAX_CASES && status == OSS_OK; i++) {
        status = run_case(&work, setup, i, out);
    }
    free_encoders(&work, setup->threads);
    oss_free(features);
    return status;
}
