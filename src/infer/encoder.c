#include "infer/encoder.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/round.h"
#include "infer/encoder_internal.h"
#include "kernel/attention.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"
#include "model/sizes.h"

enum {
    MAX_TASK_FRAMES = 64, /* of a task's rows: its hidden layer (192 KiB) stays in the second-level cache */
    TABLE_STEP_FRAMES = 256
};

/* ---- Memory ---- */

/* Rows of a task: as many tasks as threads, or a multiple of that, all but the last of one length. Rounded up
 * to whole tiles, 3 s would be shared 32 to 6 between two threads. The bits do not depend on it. */
static int32_t choose_task_frames(int32_t frames, int32_t threads) {
    int64_t rounds = (frames + (int64_t)threads * MAX_TASK_FRAMES - 1) / ((int64_t)threads * MAX_TASK_FRAMES);
    int64_t tasks = rounds * threads;
    return (int32_t)((frames + tasks - 1) / tasks);
}

static float *take_floats(oss_arena *arena, int32_t rows, int32_t columns) {
    return oss_arena_take(arena, (size_t)rows * (size_t)columns, sizeof(float));
}

/* A task's rows of what linear layers multiply; all of one width have the same format. */
static void take_inputs(const oss_encoder *e, oss_worker_space *worker, oss_arena *arena, int32_t rows) {
    const oss_packed_block *block = e->model->weights.block;
    size_t operand = oss_k_operand_bytes(block->qkv.format, rows, block->qkv.k);
    size_t floats = oss_k_linear_gelu_floats(&block->mlp_out, &block->mlp_in, rows);
    worker->operand = operand > 0 ? oss_arena_take(arena, operand, 1) : NULL;
    worker->hidden = oss_arena_take(arena, oss_k_input_bytes(&block->mlp_out, rows, 1), 1);
    worker->pre = floats > 0 ? oss_arena_take(arena, floats, sizeof(float)) : NULL;
}

static void take_qkv(const oss_encoder *e, oss_run_space *space, oss_arena *arena, int32_t half) {
    const oss_model_config *config = &e->model->config;
    if (e->model->weights.steady) {
        size_t bytes = oss_k_int16_qkv_bytes(e->frames, config->n_heads, e->head_dim);
        space->whole[half] =
            oss_k_int16_qkv_place(oss_arena_take(arena, bytes, 1), e->frames, config->n_heads, e->head_dim);
    } else {
        space->qkv[half] = take_floats(arena, e->frames, 3 * config->d_model);
    }
}

static float *take_attention_scratch(const oss_encoder *e, oss_arena *arena, int32_t keys) {
    size_t floats = e->model->weights.steady ? oss_k_int16_attention_scratch_floats(keys, e->head_dim)
                                             : oss_k_attention_scratch_floats(keys, e->head_dim);
    return oss_arena_take(arena, floats, sizeof(float));
}

void oss_encoder_worker_take(const oss_encoder *e, oss_worker_space *worker, oss_arena *arena, int32_t rows,
                             int32_t keys, bool mel) {
    int32_t d = e->model->config.d_model, taps = e->model->config.value_conv;
    bool steady = e->model->weights.steady;
    oss_stem_scratch_take(&worker->stem, arena, &e->model->weights, rows);
    worker->normed = take_floats(arena, rows, d);
    worker->qkv = steady ? take_floats(arena, rows, 3 * d) : NULL;
    take_inputs(e, worker, arena, rows);
    worker->attention = take_attention_scratch(e, arena, keys);
    worker->values = steady && taps > 0 ? take_floats(arena, rows + taps - 1, d) : NULL;
    worker->mel = mel ? oss_arena_take(arena, oss_mel_scratch_bytes(e->model->mel), 1) : NULL;
}

/* The one description of a run's memory: measured with a measuring arena, then laid out. own_features: the
 * features are made here, not given. */
static void lay_out_run(const oss_encoder *e, oss_run_space *space, oss_arena *arena, bool own_features) {
    const oss_model_config *config = &e->model->config;
    int32_t s = e->frames, d = config->d_model;
    *space = (oss_run_space){0};
    if (own_features) {
        space->features = take_floats(arena, e->mel_frames, config->mel.bins);
    }
    space->x = take_floats(arena, s, d);
    take_qkv(e, space, arena, 0);
    take_qkv(e, space, arena, 1);
    space->attended = take_floats(arena, s, d);
    space->embeddings = take_floats(arena, s, d);
    space->logits = e->model->weights.head.n > 0 ? take_floats(arena, s, e->model->weights.head.n) : NULL;
    space->projected =
        e->model->weights.projector.n > 0 ? take_floats(arena, s, e->model->weights.projector.n) : NULL;
    space->worker = oss_arena_take(arena, (size_t)e->threads, sizeof *space->worker);
    for (int32_t i = 0; i < e->threads; i++) {
        oss_worker_space worker;
        oss_encoder_worker_take(e, &worker, arena, e->task_frames, s, own_features);
        if (space->worker != NULL) {
            space->worker[i] = worker;
        }
    }
}

static oss_status reserve_run(oss_encoder *e, bool own_features) {
    oss_arena measure;
    oss_arena_init_measuring(&measure);
    lay_out_run(e, &e->space, &measure, own_features);
    oss_status status = oss_arena_reserve(&e->arena, measure.peak_bytes);
    if (status == OSS_OK) {
        lay_out_run(e, &e->space, &e->arena, own_features);
    }
    return status;
}

/* Position tables depend on the frame's number alone: they are made once and grow with the longest clip. */
static oss_status reserve_positions(oss_encoder *e) {
    if (e->model->config.position == OSS_POSITION_NONE || e->frames <= e->position_frames) {
        return OSS_OK;
    }
    int32_t rows = (int32_t)oss_round_up((size_t)e->frames, TABLE_STEP_FRAMES);
    bool rope = e->model->config.position == OSS_POSITION_ROPE;
    size_t width = (size_t)(rope ? e->head_dim : e->model->config.d_model);
    size_t count = (size_t)rows * width;
    float *table = oss_alloc_aligned(count, sizeof *table);
    if (table == NULL) {
        return OSS_ENOMEM;
    }
    if (rope) {
        oss_k_rope_table(table, rows, e->head_dim, OSS_POSITION_BASE);
    } else {
        memset(table, 0, count * sizeof *table);
        oss_k_sinusoidal_add(table, rows, e->model->config.d_model, OSS_POSITION_BASE);
    }
    oss_free(e->position);
    e->position = table;
    e->position_frames = rows;
    return OSS_OK;
}

/* ---- A run ---- */

/* Sets the run's lengths; kernels index rows*columns of one array with 32 bits. */
static oss_status begin_run(oss_encoder *e, int64_t mel_frames) {
    const oss_model_config *config = &e->model->config;
    int64_t widest = 3 * (int64_t)config->d_model;
    widest = e->model->weights.head.n > widest ? e->model->weights.head.n : widest;
    widest = config->mel.bins * (int64_t)config->downsample_time > widest
                 ? config->mel.bins * (int64_t)config->downsample_time
                 : widest;
    int64_t most = INT32_MAX / widest;
    most = (e->model->weights.steady && most > OSS_INT16_MAX_KEYS ? OSS_INT16_MAX_KEYS : most) *
           config->downsample_time;
    if (mel_frames > most) {
        return oss_fail(
            OSS_EINPUT,
            "%lld mel frames are more than the %lld that one run can hold: cut the audio into parts",
            (long long)mel_frames, (long long)most);
    }
    e->mel_frames = (int32_t)mel_frames;
    e->frames = oss_len_downsampled(e->mel_frames, config->downsample_time);
    e->task_frames = choose_task_frames(e->frames, e->threads);
    return reserve_positions(e);
}

static oss_status check_output(const oss_encoder *e) {
    size_t embeddings = (size_t)e->frames * (size_t)e->model->config.d_model;
    size_t logits = (size_t)e->frames * (size_t)e->model->weights.head.n;
    if (!oss_k_all_finite(e->space.embeddings, embeddings) ||
        (e->space.logits != NULL && !oss_k_all_finite(e->space.logits, logits))) {
        return oss_fail(OSS_ENUMERIC,
                        "the encoder's output is not finite: its weights are too large for this input");
    }
    return OSS_OK;
}

static int32_t count_tasks(const oss_encoder *e) {
    return (e->frames + e->task_frames - 1) / e->task_frames;
}

/* A task, unless the run is to stop. */
static void staged_task(void *context, int32_t task, int32_t worker) {
    oss_encoder *e = context;
    if (!oss_stop_is_asked(e->stop)) {
        e->stage(e, task, worker);
    }
}

/* The same, after which the thread that runs (worker 0) tells how many are done. */
static void told_task(void *context, int32_t task, int32_t worker) {
    oss_encoder *e = context;
    staged_task(e, task, worker);
    int32_t done = atomic_fetch_add(&e->done, 1) + 1;
    if (worker == 0) {
        e->progress(e->progress_context, done / ((1.0 + e->model->config.n_layers) * count_tasks(e)));
    }
}

static oss_status run_tasks(oss_encoder *e, int32_t tasks, oss_pool_fn stage, oss_pool_fn task) {
    e->stage = stage;
    oss_pool_run(e->pool, tasks, task, e);
    return oss_stop_answer(e->stop);
}

static oss_status run_network(oss_encoder *e, const float *features, oss_encoding *out) {
    e->features = features;
    atomic_store(&e->done, 0);
    oss_pool_fn task = e->progress == NULL ? staged_task : told_task;
    oss_status status = run_tasks(e, count_tasks(e), oss_encoder_front_task, task);
    for (e->block = 0; status == OSS_OK && e->block < e->model->config.n_layers; e->block++) {
        status = run_tasks(e, count_tasks(e), oss_encoder_block_task, task);
    }
    if (status == OSS_OK && e->progress != NULL) {
        e->progress(e->progress_context, 1.0);
    }
    if (status == OSS_OK) {
        status = check_output(e);
    }
    if (status != OSS_OK) {
        return status;
    }
    int32_t k = e->model->config.ctc_subframes;
    *out = (oss_encoding){.features = features,
                          .mel_frames = e->mel_frames,
                          .bins = e->model->config.mel.bins,
                          .embeddings = e->space.embeddings,
                          .frames = e->frames,
                          .width = e->model->config.d_model,
                          .logits = e->space.logits,
                          .logit_rows = e->space.logits == NULL ? 0 : e->frames * k,
                          .vocab = e->model->weights.head.n / k,
                          .projected = e->space.projected,
                          .projected_width = e->model->weights.projector.n};
    return OSS_OK;
}

oss_status oss_encoder_reserve(oss_encoder *encoder, int64_t samples) {
    oss_status status =
        begin_run(encoder, oss_len_mel_frames_long(samples, encoder->model->config.mel.hop_samples));
    return status == OSS_OK ? reserve_run(encoder, true) : status;
}

oss_status oss_encoder_run(oss_encoder *encoder, const float *audio, int64_t samples, oss_encoding *out) {
    oss_status status = samples < 1 ? oss_fail(OSS_EUSAGE, "there are no samples to encode")
                                    : oss_encoder_reserve(encoder, samples);
    if (status != OSS_OK) {
        return status;
    }
    encoder->audio = audio;
    encoder->samples = samples;
    status = run_tasks(encoder, (encoder->mel_frames + OSS_MEL_TASK_FRAMES - 1) / OSS_MEL_TASK_FRAMES,
                       oss_encoder_mel_task, staged_task);
    if (status != OSS_OK) {
        return status;
    }
    oss_mel_normalize(encoder->model->mel, encoder->space.features, NULL, encoder->mel_frames,
                      encoder->space.worker[0].mel);
    return run_network(encoder, encoder->space.features, out);
}

oss_status oss_encoder_run_features(oss_encoder *encoder, const float *features, int32_t mel_frames,
                                    oss_encoding *out) {
    if (mel_frames < 1) {
        return oss_fail(OSS_EUSAGE, "there are no mel frames to encode");
    }
    oss_status status = begin_run(encoder, mel_frames);
    if (status == OSS_OK) {
        status = reserve_run(encoder, false);
    }
    return status != OSS_OK ? status : run_network(encoder, features, out);
}

/* ---- Life ---- */

static oss_status load_parts(oss_encoder_model *own, const oss_model *model, oss_precision precision) {
    own->config = model->config;
    if (precision == OSS_PRECISION_INT8 && oss_sizes_head_dim(&model->config) > OSS_INT16_MAX_HEAD) {
        return oss_fail(OSS_EINPUT, "in int8 a head has at most %d numbers, not %d: choose fp32 or bf16",
                        (int)OSS_INT16_MAX_HEAD, oss_sizes_head_dim(&model->config));
    }
    oss_status status = oss_encoder_weights_init(&own->weights, model, precision);
    if (status == OSS_OK) {
        status = oss_mel_plan_create(&own->mel, &model->config.mel);
    }
    if (status == OSS_OK && model->mel_mean != NULL) {
        oss_mel_plan_set_stats(own->mel, model->mel_mean, model->mel_std);
    }
    return status;
}

static void release_model(oss_encoder_model *model) {
    if (atomic_fetch_sub(&model->owners, 1) == 1) {
        oss_mel_plan_free(model->mel);
        oss_encoder_weights_deinit(&model->weights);
        oss_free(model);
    }
}

static oss_status load_model(oss_encoder_model **out, const oss_model *model, oss_precision precision) {
    oss_encoder_model *own = oss_alloc_zero(1, sizeof *own);
    if (own == NULL) {
        return OSS_ENOMEM;
    }
    atomic_init(&own->owners, 1);
    oss_status status = load_parts(own, model, precision);
    if (status != OSS_OK) {
        release_model(own);
        return status;
    }
    *out = own;
    return OSS_OK;
}

/* Of a model that it owns from here on, whatever comes of it. */
static oss_status create_encoder(oss_encoder **out, oss_encoder_model *model, int32_t threads) {
    oss_encoder *encoder = oss_alloc_zero(1, sizeof *encoder);
    if (encoder == NULL) {
        release_model(model);
        return OSS_ENOMEM;
    }
    encoder->threads = threads;
    encoder->model = model;
    encoder->head_dim = oss_sizes_head_dim(&model->config);
    oss_status status = oss_pool_create(&encoder->pool, threads);
    if (status != OSS_OK) {
        oss_encoder_free(encoder);
        return status;
    }
    *out = encoder;
    return OSS_OK;
}

oss_status oss_encoder_create(oss_encoder **out, const oss_model *model, oss_precision precision,
                              int32_t threads) {
    oss_encoder_model *own = NULL;
    oss_status status = load_model(&own, model, precision);
    return status == OSS_OK ? create_encoder(out, own, threads) : status;
}

oss_status oss_encoder_create_sibling(oss_encoder **out, const oss_encoder *sibling) {
    atomic_fetch_add(&sibling->model->owners, 1);
    oss_encoder *encoder = NULL;
    oss_status status = create_encoder(&encoder, sibling->model, 1);
    if (status == OSS_OK) {
        encoder->reach = sibling->reach;
        *out = encoder;
    }
    return status;
}

void oss_encoder_set_reach(oss_encoder *encoder, int32_t chunk, int32_t left) {
    encoder->reach = (oss_attention_reach){.chunk = chunk, .left = left};
}

void oss_encoder_set_progress(oss_encoder *encoder, void (*fn)(void *context, double fraction),
                              void *context) {
    encoder->progress = fn;
    encoder->progress_context = context;
}

void oss_encoder_set_stop(oss_encoder *encoder, oss_stop *stop) {
    encoder->stop = stop;
}

void oss_encoder_free(oss_encoder *encoder) {
    if (encoder == NULL) {
        return;
    }
    oss_pool_free(encoder->pool);
    release_model(encoder->model);
    oss_arena_deinit(&encoder->arena);
    oss_free(encoder->position);
    oss_free(encoder);
}
