#include "infer/encoder_infer.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/pool.h"
#include "infer/encoder_internal.h"
#include "kernel/attention.h"
#include "kernel/gemm.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"
#include "model/spec.h"

enum {
    MAX_TASK_FRAMES = 64, /* of a task's rows: its hidden layer (192 KiB) stays in the second-level cache */
    MEL_TASK_FRAMES = 128,
    TABLE_STEP_FRAMES = 256
};
static const float norm_eps = 1e-5F;
static const double rope_base = 10000.0;

/* One thread's work space. */
typedef struct worker_space {
    oss_stem_scratch stem;
    float *normed;    /* [task frames, d] */
    float *hidden;    /* [task frames, d_ff] */
    float *attention; /* the kernel's scratch */
    void *mel;        /* the front end's */
} worker_space;

/* The memory of one run, taken from the arena by lay_out_run alone. */
typedef struct run_space {
    float *features;      /* [T, bins] */
    float *x;             /* [S, d] residual stream */
    float *qkv[2];        /* [S, 3, H, D]: a block reads one and writes the next block's into the other */
    float *attended;      /* [S, d] */
    float *embeddings;    /* [S, d] */
    float *logits;        /* [S, k*V] */
    float *projected;     /* [S, projector_dim] */
    worker_space *worker; /* [threads] */
} run_space;

struct oss_encoder {
    oss_config *config;
    oss_encoder_weights weights;
    oss_mel_plan *mel;
    oss_pool *pool;
    int32_t threads;
    int32_t head_dim;
    oss_arena arena;
    run_space space;
    float *position;         /* rope: [rows, D] cos and sin; sinusoidal: [rows, d] to be added; else NULL */
    int32_t position_frames; /* rows of it */
    /* the run in progress */
    const float *audio;
    int64_t samples;
    const float *features;
    int32_t mel_frames, frames, task_frames, block;
};

/* ---- What is computed for frames [begin, end); every task runs one of these ---- */

static float *row_of(float *x, int32_t row, int32_t width) {
    return x == NULL ? NULL : x + (size_t)row * (size_t)width;
}

static void run_linear(float *y, const float *x, const oss_packed_linear *linear, int32_t rows,
                       oss_epilogue epilogue) {
    oss_k_linear_packed(y, linear->n, x, linear->k, linear->weight, linear->bias, rows, linear->n, linear->k,
                        epilogue);
}

/* qkv = W rms(x) + b for the coming block, rotated when the position is rope. */
static void run_qkv(const oss_encoder *e, worker_space *worker, int32_t block, int32_t begin, int32_t rows) {
    const oss_packed_block *weights = &e->weights.block[block];
    int32_t d = e->config->d_model;
    float *qkv = row_of(e->space.qkv[block % 2], begin, 3 * d);
    oss_k_rmsnorm_fwd(worker->normed, NULL, row_of(e->space.x, begin, d), weights->norm1, rows, d, norm_eps);
    run_linear(qkv, worker->normed, &weights->qkv, rows, OSS_EPI_BIAS);
    if (e->config->position == OSS_POSITION_ROPE) {
        oss_k_rope(qkv, row_of(e->position, begin, e->head_dim), rows, e->config->n_heads, e->head_dim, 1.0F);
    }
}

/* The last norm, the head and the projector. */
static void run_outputs(const oss_encoder *e, int32_t begin, int32_t rows) {
    int32_t d = e->config->d_model;
    float *embeddings = row_of(e->space.embeddings, begin, d);
    oss_k_rmsnorm_fwd(embeddings, NULL, row_of(e->space.x, begin, d), e->weights.norm, rows, d, norm_eps);
    const oss_packed_linear *head = &e->weights.head, *projector = &e->weights.projector;
    if (head->n > 0) {
        run_linear(row_of(e->space.logits, begin, head->n), embeddings, head, rows, OSS_EPI_BIAS);
    }
    if (projector->n > 0) {
        run_linear(row_of(e->space.projected, begin, projector->n), embeddings, projector, rows,
                   OSS_EPI_BIAS);
    }
}

/* What follows block `block` - 1 on its rows. */
static void run_next(const oss_encoder *e, worker_space *worker, int32_t block, int32_t begin, int32_t rows) {
    if (block < e->config->n_layers) {
        run_qkv(e, worker, block, begin, rows);
    } else {
        run_outputs(e, begin, rows);
    }
}

static void task_rows(const oss_encoder *e, int32_t task, int32_t *begin, int32_t *end) {
    *begin = task * e->task_frames;
    *end = *begin + e->task_frames < e->frames ? *begin + e->task_frames : e->frames;
}

/* Mel frames before their normalisation, which needs all of them. */
static void run_mel_task(void *context, int32_t task, int32_t worker_index) {
    const oss_encoder *e = context;
    int32_t begin = task * MEL_TASK_FRAMES;
    int32_t end = begin + MEL_TASK_FRAMES < e->mel_frames ? begin + MEL_TASK_FRAMES : e->mel_frames;
    oss_mel_forward_rows(e->mel, e->space.features, e->audio, e->samples, begin, end,
                         e->space.worker[worker_index].mel);
}

/* Stem, projection, position, and the first block's qkv. */
static void run_front_task(void *context, int32_t task, int32_t worker_index) {
    const oss_encoder *e = context;
    worker_space *worker = &e->space.worker[worker_index];
    int32_t begin, end, d = e->config->d_model;
    task_rows(e, task, &begin, &end);
    float *x = row_of(e->space.x, begin, d);
    const float *flat = oss_stem_run(&e->weights, &worker->stem, e->features, e->mel_frames, begin, end);
    run_linear(x, flat, &e->weights.proj, end - begin, OSS_EPI_BIAS);
    if (e->config->position == OSS_POSITION_SINUSOIDAL) {
        oss_k_add(x, row_of(e->position, begin, d), (size_t)(end - begin) * (size_t)d);
    }
    run_next(e, worker, 0, begin, end - begin);
}

/* One block for some rows: attention reads every frame's k and v, all else is row by row. */
static void run_block_task(void *context, int32_t task, int32_t worker_index) {
    const oss_encoder *e = context;
    worker_space *worker = &e->space.worker[worker_index];
    const oss_packed_block *weights = &e->weights.block[e->block];
    int32_t begin, end, d = e->config->d_model;
    task_rows(e, task, &begin, &end);
    int32_t rows = end - begin;
    float *x = row_of(e->space.x, begin, d);
    oss_k_attention_fwd(e->space.attended, NULL, e->space.qkv[e->block % 2], e->frames, e->config->n_heads,
                        e->head_dim, begin, end, 0.0F, NULL, worker->attention);
    run_linear(x, row_of(e->space.attended, begin, d), &weights->out, rows, OSS_EPI_BIAS_ADD);
    oss_k_rmsnorm_fwd(worker->normed, NULL, x, weights->norm2, rows, d, norm_eps);
    run_linear(worker->hidden, worker->normed, &weights->up, rows, OSS_EPI_BIAS_GELU);
    run_linear(x, worker->hidden, &weights->down, rows, OSS_EPI_BIAS_ADD);
    run_next(e, worker, e->block + 1, begin, rows);
}

/* ---- Memory ---- */

/* Rows of a task: as many tasks as threads, or a multiple of that; a multiple of what the kernels want. The
 * bits do not depend on it. */
static int32_t choose_task_frames(int32_t frames, int32_t threads) {
    int64_t rounds = (frames + (int64_t)threads * MAX_TASK_FRAMES - 1) / ((int64_t)threads * MAX_TASK_FRAMES);
    int64_t tasks = rounds * threads;
    int64_t rows = (frames + tasks - 1) / tasks;
    return (int32_t)((rows + OSS_GEMM_ROW_TILE - 1) / OSS_GEMM_ROW_TILE * OSS_GEMM_ROW_TILE);
}

static float *take_floats(oss_arena *arena, int32_t rows, int32_t columns) {
    return oss_arena_take(arena, (size_t)rows * (size_t)columns, sizeof(float));
}

/* The one description of a run's memory: measured with a measuring arena, then laid out. own_features: the
 * features are made here, not given. */
static void lay_out_run(const oss_encoder *e, run_space *space, oss_arena *arena, bool own_features) {
    const oss_config *config = e->config;
    int32_t s = e->frames, d = config->d_model;
    *space = (run_space){0};
    if (own_features) {
        space->features = take_floats(arena, e->mel_frames, config->mel.bins);
    }
    space->x = take_floats(arena, s, d);
    space->qkv[0] = take_floats(arena, s, 3 * d);
    space->qkv[1] = take_floats(arena, s, 3 * d);
    space->attended = take_floats(arena, s, d);
    space->embeddings = take_floats(arena, s, d);
    space->logits = e->weights.head.n > 0 ? take_floats(arena, s, e->weights.head.n) : NULL;
    space->projected = e->weights.projector.n > 0 ? take_floats(arena, s, e->weights.projector.n) : NULL;
    space->worker = oss_arena_take(arena, (size_t)e->threads, sizeof *space->worker);
    for (int32_t i = 0; i < e->threads; i++) {
        worker_space worker;
        oss_stem_scratch_take(&worker.stem, arena, &e->weights, e->task_frames);
        worker.normed = take_floats(arena, e->task_frames, d);
        worker.hidden = take_floats(arena, e->task_frames, config->d_ff);
        worker.attention =
            oss_arena_take(arena, oss_k_attention_scratch_floats(s, e->head_dim), sizeof(float));
        worker.mel = own_features ? oss_arena_take(arena, oss_mel_scratch_bytes(e->mel), 1) : NULL;
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
    if (e->config->position == OSS_POSITION_NONE || e->frames <= e->position_frames) {
        return OSS_OK;
    }
    int32_t rows = (e->frames + TABLE_STEP_FRAMES - 1) / TABLE_STEP_FRAMES * TABLE_STEP_FRAMES;
    bool rope = e->config->position == OSS_POSITION_ROPE;
    size_t width = (size_t)(rope ? e->head_dim : e->config->d_model);
    size_t count = (size_t)rows * width;
    float *table = oss_alloc_aligned(count, sizeof *table);
    if (table == NULL) {
        return OSS_ENOMEM;
    }
    if (rope) {
        oss_k_rope_table(table, rows, e->head_dim, rope_base);
    } else {
        memset(table, 0, count * sizeof *table);
        oss_k_sinusoidal_add(table, rows, e->config->d_model);
    }
    oss_free(e->position);
    e->position = table;
    e->position_frames = rows;
    return OSS_OK;
}

/* ---- A run ---- */

/* Sets the run's lengths; kernels index rows*columns of one array with 32 bits. */
static oss_status begin_run(oss_encoder *e, int64_t mel_frames) {
    const oss_config *config = e->config;
    int64_t widest = 3 * (int64_t)config->d_model;
    widest = e->weights.head.n > widest ? e->weights.head.n : widest;
    widest = config->mel.bins * (int64_t)config->downsample_time > widest
                 ? config->mel.bins * (int64_t)config->downsample_time
                 : widest;
    int64_t most = INT32_MAX / widest * config->downsample_time;
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
    size_t embeddings = (size_t)e->frames * (size_t)e->config->d_model;
    size_t logits = (size_t)e->frames * (size_t)e->weights.head.n;
    if (!oss_k_all_finite(e->space.embeddings, embeddings) ||
        (e->space.logits != NULL && !oss_k_all_finite(e->space.logits, logits))) {
        return oss_fail(OSS_ENUMERIC,
                        "the encoder's output is not finite: its weights are too large for this input");
    }
    return OSS_OK;
}

static oss_status run_network(oss_encoder *e, const float *features, oss_encoding *out) {
    int32_t tasks = (e->frames + e->task_frames - 1) / e->task_frames;
    e->features = features;
    oss_pool_run(e->pool, tasks, run_front_task, e);
    for (e->block = 0; e->block < e->config->n_layers; e->block++) {
        oss_pool_run(e->pool, tasks, run_block_task, e);
    }
    oss_status status = check_output(e);
    if (status != OSS_OK) {
        return status;
    }
    int32_t k = e->config->ctc_subframes;
    *out = (oss_encoding){.features = features,
                          .mel_frames = e->mel_frames,
                          .bins = e->config->mel.bins,
                          .embeddings = e->space.embeddings,
                          .frames = e->frames,
                          .width = e->config->d_model,
                          .logits = e->space.logits,
                          .logit_rows = e->space.logits == NULL ? 0 : e->frames * k,
                          .vocab = e->weights.head.n / k,
                          .projected = e->space.projected,
                          .projected_width = e->weights.projector.n};
    return OSS_OK;
}

oss_status oss_encoder_run(oss_encoder *encoder, const float *audio, int64_t samples, oss_encoding *out) {
    if (samples < 1) {
        return oss_fail(OSS_EUSAGE, "there are no samples to encode");
    }
    oss_status status = begin_run(encoder, 1 + samples / encoder->config->mel.hop_samples);
    if (status == OSS_OK) {
        status = reserve_run(encoder, true);
    }
    if (status != OSS_OK) {
        return status;
    }
    encoder->audio = audio;
    encoder->samples = samples;
    oss_pool_run(encoder->pool, (encoder->mel_frames + MEL_TASK_FRAMES - 1) / MEL_TASK_FRAMES, run_mel_task,
                 encoder);
    oss_mel_normalize(encoder->mel, encoder->space.features, NULL, encoder->mel_frames,
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

static oss_status create_parts(oss_encoder *e, const oss_model *model) {
    oss_status status = oss_config_copy(&e->config, model->config);
    if (status == OSS_OK) {
        status = oss_encoder_weights_init(&e->weights, model);
    }
    if (status == OSS_OK) {
        status = oss_mel_plan_create(&e->mel, &model->config->mel);
    }
    if (status == OSS_OK && model->mel_mean != NULL) {
        oss_mel_plan_set_stats(e->mel, model->mel_mean, model->mel_std);
    }
    if (status == OSS_OK) {
        status = oss_pool_create(&e->pool, e->threads);
    }
    return status;
}

oss_status oss_encoder_create(oss_encoder **out, const oss_model *model, int32_t threads) {
    oss_encoder *encoder = oss_alloc_zero(1, sizeof *encoder);
    if (encoder == NULL) {
        return OSS_ENOMEM;
    }
    encoder->threads = threads;
    encoder->head_dim = oss_spec_head_dim(model->config);
    oss_status status = create_parts(encoder, model);
    if (status != OSS_OK) {
        oss_encoder_free(encoder);
        return status;
    }
    *out = encoder;
    return OSS_OK;
}

void oss_encoder_free(oss_encoder *encoder) {
    if (encoder == NULL) {
        return;
    }
    oss_pool_free(encoder->pool);
    oss_mel_plan_free(encoder->mel);
    oss_encoder_weights_deinit(&encoder->weights);
    oss_arena_deinit(&encoder->arena);
    oss_free(encoder->position);
    oss_config_free(encoder->config);
    oss_free(encoder);
}
