/* The network, for some rows at a time: what each task of a run computes. */
#include "infer/encoder_internal.h"
#include "kernel/attention.h"
#include "kernel/steady.h"
#include "kernel/vec.h"

/* ---- What is computed for frames [begin, end); every task runs one of these ---- */

static float *row_of(float *x, int32_t row, int32_t width) {
    return x == NULL ? NULL : x + (size_t)row * (size_t)width;
}

static void run_linear(const oss_worker_space *worker, float *y, const float *x, const oss_k_weight *weight,
                       int32_t rows, oss_epilogue epilogue) {
    const void *operand = oss_k_operand(weight->format, x, rows, weight->k, worker->operand);
    oss_k_linear(y, NULL, operand, weight, rows, epilogue);
}

static void run_norm(const oss_encoder *e, float *y, const float *x, const float *w, int32_t rows) {
    int32_t d = e->model->config.d_model;
    if (e->model->weights.steady) {
        oss_k_steady_rmsnorm(y, x, w, rows, d, OSS_NORM_EPS);
    } else {
        oss_k_rmsnorm_fwd(y, NULL, x, w, rows, d, OSS_NORM_EPS);
    }
}

/* qkv[rows,3,H,D] as the coming block's attention reads it: rotated when the position is rope; qkv lies there, or goes
 * there as integers. */
static void place_qkv(const oss_encoder *e, float *qkv, int32_t block, int32_t begin, int32_t rows) {
    const oss_model_config *config = &e->model->config;
    const float *table = row_of(e->position, begin, e->head_dim);
    bool rope = config->position == OSS_POSITION_ROPE;
    if (!e->model->weights.steady) {
        if (rope) {
            oss_k_rope(qkv, table, rows, config->n_heads, e->head_dim, 1.0F);
        }
        return;
    }
    if (rope) {
        oss_k_steady_rope(qkv, table, rows, config->n_heads, e->head_dim);
    }
    oss_k_int16_qkv_set(&e->space.whole[block % 2], qkv, begin, rows);
}

/* qkv = W rms(x) + b for the coming block. */
static void run_qkv(const oss_encoder *e, oss_worker_space *worker, int32_t block, int32_t begin,
                    int32_t rows) {
    const oss_packed_block *weights = &e->model->weights.block[block];
    int32_t d = e->model->config.d_model;
    float *qkv = worker->qkv != NULL ? worker->qkv : row_of(e->space.qkv[block % 2], begin, 3 * d);
    run_norm(e, worker->normed, row_of(e->space.x, begin, d), weights->norm1, rows);
    run_linear(worker, qkv, worker->normed, &weights->qkv, rows, OSS_EPI_BIAS);
    place_qkv(e, qkv, block, begin, rows);
}

/* The last norm, the head and the projector. */
static void run_outputs(const oss_encoder *e, const oss_worker_space *worker, int32_t begin, int32_t rows) {
    int32_t d = e->model->config.d_model;
    float *embeddings = row_of(e->space.embeddings, begin, d);
    run_norm(e, embeddings, row_of(e->space.x, begin, d), e->model->weights.norm, rows);
    const oss_k_weight *head = &e->model->weights.head, *projector = &e->model->weights.projector;
    if (head->n > 0) {
        run_linear(worker, row_of(e->space.logits, begin, head->n), embeddings, head, rows, OSS_EPI_BIAS);
    }
    if (projector->n > 0) {
        run_linear(worker, row_of(e->space.projected, begin, projector->n), embeddings, projector, rows,
                   OSS_EPI_BIAS);
    }
}

/* What follows block `block` - 1 on its rows. */
static void run_next(const oss_encoder *e, oss_worker_space *worker, int32_t block, int32_t begin,
                     int32_t rows) {
    if (block < e->model->config.n_layers) {
        run_qkv(e, worker, block, begin, rows);
    } else {
        run_outputs(e, worker, begin, rows);
    }
}

static void task_rows(const oss_encoder *e, int32_t task, int32_t *begin, int32_t *end) {
    *begin = task * e->task_frames;
    *end = *begin + e->task_frames < e->frames ? *begin + e->task_frames : e->frames;
}

/* Mel frames before their normalisation, which needs all of them. */
void oss_encoder_mel_task(void *context, int32_t task, int32_t worker_index) {
    const oss_encoder *e = context;
    int32_t begin = task * OSS_MEL_TASK_FRAMES;
    int32_t end = begin + OSS_MEL_TASK_FRAMES < e->mel_frames ? begin + OSS_MEL_TASK_FRAMES : e->mel_frames;
    oss_mel_forward_rows(e->model->mel, e->space.features, e->audio, e->samples, begin, end,
                         e->space.worker[worker_index].mel);
}

void oss_encoder_front_rows(const oss_encoder *e, oss_worker_space *worker, const void *flat, int32_t begin,
                            int32_t rows) {
    int32_t d = e->model->config.d_model;
    float *x = row_of(e->space.x, begin, d);
    oss_k_linear(x, NULL, flat, &e->model->weights.proj, rows, OSS_EPI_BIAS);
    if (e->model->config.position == OSS_POSITION_SINUSOIDAL) {
        oss_k_add(x, row_of(e->position, begin, d), (size_t)rows * (size_t)d);
    }
    run_next(e, worker, 0, begin, rows);
}

/* Stem, projection, position, and the first block's qkv. */
void oss_encoder_front_task(void *context, int32_t task, int32_t worker_index) {
    const oss_encoder *e = context;
    oss_worker_space *worker = &e->space.worker[worker_index];
    int32_t begin, end;
    task_rows(e, task, &begin, &end);
    const void *flat =
        oss_stem_run(&e->model->weights, &worker->stem, e->features, e->mel_frames, begin, end);
    oss_encoder_front_rows(e, worker, flat, begin, end - begin);
}

static void run_attention(const oss_encoder *e, const oss_worker_space *worker, int32_t begin, int32_t end) {
    if (e->model->weights.steady) {
        oss_k_int16_attention(e->space.attended, &e->space.whole[e->block % 2], begin, end, &e->reach,
                              worker->attention);
    } else {
        oss_k_attention_fwd(e->space.attended, NULL, e->space.qkv[e->block % 2], e->frames,
                            e->model->config.n_heads, e->head_dim, begin, end, &e->reach, 0.0F, NULL,
                            worker->attention);
    }
}

/* Adds the convolution of the values to rows [begin, end) of what attention gave. */
static void run_value_conv(const oss_encoder *e, const oss_worker_space *worker, int32_t begin, int32_t end) {
    const oss_value_conv *conv = &e->model->weights.block[e->block].value_conv;
    const ptrdiff_t d = e->model->config.d_model;
    int32_t first = 0, values_end;
    if (!e->model->weights.steady) {
        oss_k_value_conv_fwd(e->space.attended, e->space.qkv[e->block % 2] + 2 * d, first, 3 * d, conv,
                             e->frames, begin, end, &e->reach);
        return;
    }
    oss_k_value_conv_rows(conv->taps, e->frames, begin, end, &first, &values_end);
    oss_k_int16_qkv_values(worker->values, &e->space.whole[e->block % 2], first, values_end);
    oss_k_value_conv_fwd(e->space.attended, worker->values, first, d, conv, e->frames, begin, end, &e->reach);
}

void oss_encoder_block_rows(const oss_encoder *e, oss_worker_space *worker, int32_t begin, int32_t rows) {
    const oss_packed_block *weights = &e->model->weights.block[e->block];
    int32_t d = e->model->config.d_model;
    float *x = row_of(e->space.x, begin, d);
    run_attention(e, worker, begin, begin + rows);
    if (weights->value_conv.taps > 0) {
        run_value_conv(e, worker, begin, begin + rows);
    }
    run_linear(worker, x, row_of(e->space.attended, begin, d), &weights->out, rows, OSS_EPI_BIAS_ADD);
    run_norm(e, worker->normed, x, weights->norm2, rows);
    const void *normed = oss_k_operand(weights->mlp_in.format, worker->normed, rows, d, worker->operand);
    oss_k_linear_gelu(worker->hidden, &weights->mlp_out, normed, &weights->mlp_in, rows, worker->pre);
    oss_k_linear(x, NULL, worker->hidden, &weights->mlp_out, rows, OSS_EPI_BIAS_ADD);
    run_next(e, worker, e->block + 1, begin, rows);
}

/* One block for some rows: attention reads every frame's k and v, all else is row by row. */
void oss_encoder_block_task(void *context, int32_t task, int32_t worker_index) {
    const oss_encoder *e = context;
    int32_t begin, end;
    task_rows(e, task, &begin, &end);
    oss_encoder_block_rows(e, &e->space.worker[worker_index], begin, end - begin);
}
