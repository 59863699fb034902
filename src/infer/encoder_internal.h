/* The inside of encoder.h: packed weights (encoder_weights.c), the stem (stem_tiles.c), the memory of a run
 * (encoder.c) and its tasks (encoder_tasks.c). */
#ifndef OSS_INFER_ENCODER_INTERNAL_H
#define OSS_INFER_ENCODER_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pool.h"
#include "base/stop.h"
#include "infer/encoder.h"
#include "kernel/attention.h"
#include "kernel/int16.h"
#include "kernel/linear.h"
#include "kernel/value_conv.h"
#include "model/model_file.h"
#include "model/network.h"

enum {
    /* Encoder frames that the stem makes at a time: at the usual size 18 rows of the first convolution (16
     * KiB each) and 10 of the second (8 KiB) are then alive, which a second-level cache holds beside the
     * second layer's weights (144 KiB). */
    OSS_STEM_TILE_FRAMES = 4
};

typedef struct oss_packed_block {
    const float *norm1, *norm2; /* [d] */
    oss_k_weight qkv, out, mlp_in, mlp_out;
    oss_value_conv value_conv; /* taps 0: none */
} oss_packed_block;

/* All weights in one block of memory, laid out for the kernels; the model is not needed any more. */
typedef struct oss_encoder_weights {
    oss_arena memory;
    bool steady;    /* int8: what is not a product is computed in the same bits on every ISA too */
    int32_t layers; /* of the stem */
    oss_k_weight conv[OSS_MAX_CONVS];
    int32_t bins[OSS_MAX_CONVS]; /* F of its input */
    oss_k_weight proj;           /* columns reordered: takes [F, channels] instead of [channels, F] */
    int32_t blocks;
    oss_packed_block *block;      /* [blocks] */
    const float *norm;            /* [d] */
    oss_k_weight head, projector; /* n 0: the model has none */
} oss_encoder_weights;

oss_status oss_encoder_weights_init(oss_encoder_weights *weights, const oss_model *model,
                                    oss_precision precision);
void oss_encoder_weights_deinit(oss_encoder_weights *weights);

/* Work space of one thread for the stem: rows of each layer's output that are alive. */
typedef struct oss_stem_scratch {
    void *layer
        [OSS_MAX_CONVS]; /* in the next layer's format; the last one: 1 + frames of a task rows, the first is spare */
    float *floats; /* rows of one layer before they are in that format, when it is not float */
} oss_stem_scratch;

void oss_stem_scratch_take(oss_stem_scratch *scratch, oss_arena *arena, const oss_encoder_weights *weights,
                           int32_t task_frames);

/* Convolutions and GELUs for encoder frames [begin, end), end - begin <= task_frames, from features x[T,
 * bins]. Returns [end - begin, F * channels], bins outermost, as the projection's input, in scratch. Frames may be cut
 * into tasks anywhere: same bits. */
const void *oss_stem_run(const oss_encoder_weights *weights, const oss_stem_scratch *scratch,
                         const float *features, int32_t mel_frames, int32_t begin, int32_t end);

/* One thread's work space. */
typedef struct oss_worker_space {
    oss_stem_scratch stem;
    float *normed;    /* [task frames, d] */
    float *qkv;       /* [task frames, 3, H, D] before it is in integers, when it is */
    void *hidden;     /* [task frames, d_ff] in the format of what multiplies it */
    float *pre;       /* the same in float, when that is not float */
    float *attention; /* the kernel's scratch */
    float *values;    /* [task frames + taps - 1, d] for value_conv, when what attention reads are integers */
    void *mel;        /* the front end's */
    void *operand;    /* [task frames, d] in the format of what multiplies it, when that is not float */
} oss_worker_space;

/* The memory of one run, taken from the arena by lay_out_run alone. */
typedef struct oss_run_space {
    float *features;          /* [T, bins] */
    float *x;                 /* [S, d] residual stream */
    float *qkv[2];            /* [S, 3, H, D]: a block reads one and writes the next block's into the other */
    oss_int16_qkv whole[2];   /* or the same in integers */
    float *attended;          /* [S, d] */
    float *embeddings;        /* [S, d] */
    float *logits;            /* [S, k*V] */
    float *projected;         /* [S, projector_dim] */
    oss_worker_space *worker; /* [threads] */
} oss_run_space;

/* What encoders of one model share: read-only once made, freed with the last of them. */
typedef struct oss_encoder_model {
    _Atomic int32_t owners;
    oss_model_config config;
    oss_encoder_weights weights;
    oss_mel_plan *mel;
} oss_encoder_model;

struct oss_encoder {
    oss_encoder_model *model; /* owned together with siblings */
    oss_pool *pool;
    int32_t threads;
    int32_t head_dim;
    oss_attention_reach reach;
    oss_arena arena;
    oss_run_space space;
    float *position;         /* rope: [rows, D] cos and sin; sinusoidal: [rows, d] to be added; else NULL */
    int32_t position_frames; /* rows of it */
    void (*progress)(void *context, double fraction); /* NULL: nobody asks */
    void *progress_context;
    oss_stop *stop; /* NULL: nobody stops it */
    /* the run in progress */
    const float *audio;
    int64_t samples;
    const float *features;
    int32_t mel_frames, frames, task_frames, block;
    oss_pool_fn stage; /* what its tasks do */
    _Atomic int32_t done;
};

/* What the pool's workers do, once for each task (encoder_tasks.c); context is the encoder: mel frames before
 * their normalisation; the stem up to the first block's qkv; block e->block up to the next one's qkv, or the
 * outputs. */
enum { OSS_MEL_TASK_FRAMES = 128 };
void oss_encoder_mel_task(void *context, int32_t task, int32_t worker);
void oss_encoder_front_task(void *context, int32_t task, int32_t worker);
void oss_encoder_block_task(void *context, int32_t task, int32_t worker);

/* The same for rows [begin, begin + rows) of the run's arrays, by whoever has a worker's space: flat[rows, F * channels] is
 * the stem's; block e->block. */
void oss_encoder_front_rows(const oss_encoder *e, oss_worker_space *worker, const void *flat, int32_t begin,
                            int32_t rows);
void oss_encoder_block_rows(const oss_encoder *e, oss_worker_space *worker, int32_t begin, int32_t rows);

/* A worker's space for tasks of `rows` rows that see `keys`. mel: with the front end's. */
void oss_encoder_worker_take(const oss_encoder *e, oss_worker_space *worker, oss_arena *arena, int32_t rows,
                             int32_t keys, bool mel);

#endif
