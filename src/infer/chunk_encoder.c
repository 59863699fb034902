/* A chunk is a run of its own (encoder_tasks.c), over arrays in which the frames that it may see stand before its own:
 *
 *     features   | mel rows of one frame before | of the chunk's frames |     the stem reads one frame back
 *     cache[b]   | history <= left rows         | the chunk's own       |     q, k and v of block b
 *
 * so all keys of the arrays are what the chunk's queries see. Afterwards the last rows move to the front. */
#include "infer/chunk_encoder.h"

#include <string.h>

#include "audio/mel_stream.h"
#include "base/contract.h"
#include "base/fail.h"
#include "base/mem.h"
#include "infer/encoder_internal.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"
#include "model/sizes.h"

/* Of one block: [left + chunk, 3, H, D], as floats, or as integers when the arithmetic is (weights.steady). */
typedef struct block_cache {
    float *qkv;
    oss_int16_qkv whole;
} block_cache;

struct oss_chunk_encoder {
    oss_encoder run; /* model, sizes and arrays of the chunk in progress; no pool, no arena of its own */
    oss_mel_stream *mel;
    oss_arena arena;
    int32_t chunk, left;
    oss_worker_space worker;
    float *features;      /* [factor * (1 + chunk), bins] */
    block_cache *cache;   /* [blocks] */
    oss_turning *turning; /* of the position, at the next chunk; NULL: none */
    int32_t factor;       /* mel rows of a frame */
    int32_t before;       /* mel rows in front of the chunk's: factor, at the beginning none */
    int32_t mel_rows;     /* in `features` */
    int32_t history;      /* rows of the caches in front of the chunk's */
    bool ended;
};

/* ---- Life ---- */

static int32_t position_width(const oss_encoder *e) {
    return e->model->config.position == OSS_POSITION_ROPE ? e->head_dim : e->model->config.d_model;
}

static float *take_rows(oss_arena *arena, int32_t rows, int32_t columns) {
    return oss_arena_take(arena, (size_t)rows * (size_t)columns, sizeof(float));
}

static block_cache take_cache(const oss_encoder *e, oss_arena *arena, int32_t rows) {
    const oss_model_config *config = &e->model->config;
    block_cache cache = {0};
    if (e->model->weights.steady) {
        size_t bytes = oss_k_int16_qkv_bytes(rows, config->n_heads, e->head_dim);
        cache.whole =
            oss_k_int16_qkv_place(oss_arena_take(arena, bytes, 1), rows, config->n_heads, e->head_dim);
    } else {
        cache.qkv = take_rows(arena, rows, 3 * config->d_model);
    }
    return cache;
}

/* The one description of its memory: measured with a measuring arena, then laid out. */
static void lay_out(oss_chunk_encoder *c, oss_arena *arena) {
    oss_encoder *e = &c->run;
    const oss_encoder_weights *weights = &e->model->weights;
    int32_t d = e->model->config.d_model, rows = c->left + c->chunk;
    e->space.x = take_rows(arena, rows, d);
    e->space.attended = take_rows(arena, rows, d);
    e->space.embeddings = take_rows(arena, rows, d);
    e->space.logits = weights->head.n > 0 ? take_rows(arena, rows, weights->head.n) : NULL;
    e->space.projected = weights->projector.n > 0 ? take_rows(arena, rows, weights->projector.n) : NULL;
    oss_encoder_worker_take(e, &c->worker, arena, c->chunk, rows, false);
    c->features = take_rows(arena, c->factor * (1 + c->chunk), e->model->config.mel.bins);
    c->cache = oss_arena_take(arena, (size_t)weights->blocks, sizeof *c->cache);
    for (int32_t block = 0; block < weights->blocks; block++) {
        block_cache cache = take_cache(e, arena, rows);
        if (c->cache != NULL) {
            c->cache[block] = cache;
        }
    }
    if (e->model->config.position != OSS_POSITION_NONE) {
        c->turning = oss_arena_take(arena, (size_t)oss_turning_count(position_width(e)), sizeof *c->turning);
        e->position = take_rows(arena, rows, position_width(e));
    }
}

static oss_status reserve(oss_chunk_encoder *c) {
    oss_arena measure;
    oss_arena_init_measuring(&measure);
    lay_out(c, &measure);
    oss_status status = oss_arena_init(&c->arena, measure.peak_bytes);
    if (status == OSS_OK) {
        lay_out(c, &c->arena);
        status = oss_mel_stream_create(&c->mel, c->run.model->mel);
    }
    return status;
}

oss_status oss_chunk_encoder_create(oss_chunk_encoder **out, const oss_encoder *encoder, int32_t chunk,
                                    int32_t left) {
    OSS_CONTRACT(chunk >= 1 && left >= 0 && left <= OSS_CHUNK_ENCODER_MOST - chunk);
    oss_chunk_encoder *c = oss_alloc_zero(1, sizeof *c);
    if (c == NULL) {
        return OSS_ENOMEM;
    }
    c->run.model = encoder->model;
    c->run.head_dim = encoder->head_dim;
    c->chunk = chunk;
    c->left = left;
    c->factor = encoder->model->config.downsample_time;
    oss_status status = reserve(c);
    if (status != OSS_OK) {
        oss_chunk_encoder_free(c);
        return status;
    }
    oss_chunk_encoder_forget(c);
    *out = c;
    return OSS_OK;
}

void oss_chunk_encoder_free(oss_chunk_encoder *encoder) {
    if (encoder != NULL) {
        oss_mel_stream_free(encoder->mel);
        oss_arena_deinit(&encoder->arena);
        oss_free(encoder);
    }
}

void oss_chunk_encoder_forget(oss_chunk_encoder *encoder) {
    encoder->history = 0;
    if (encoder->turning != NULL) {
        oss_turning_start(encoder->turning, position_width(&encoder->run), OSS_POSITION_BASE);
    }
}

/* ---- Audio in ---- */

/* Mel rows that the chunk still wants. */
static int32_t wanted_rows(const oss_chunk_encoder *c) {
    return c->before + c->factor * c->chunk - c->mel_rows;
}

static void read_features(oss_chunk_encoder *c) {
    size_t bins = (size_t)c->run.model->config.mel.bins;
    c->mel_rows += oss_mel_stream_read(c->mel, c->features + (size_t)c->mel_rows * bins, wanted_rows(c));
}

int64_t oss_chunk_encoder_add(oss_chunk_encoder *encoder, const float *audio, int64_t samples) {
    int64_t taken = 0;
    while (taken < samples && wanted_rows(encoder) > 0) {
        taken += oss_mel_stream_add(encoder->mel, audio + taken, samples - taken);
        int32_t ready = oss_mel_stream_ready(encoder->mel);
        if (ready >= OSS_MEL_STREAM_FRAMES || ready >= wanted_rows(encoder)) {
            read_features(encoder);
        }
    }
    return taken;
}

void oss_chunk_encoder_end(oss_chunk_encoder *encoder) {
    encoder->ended = true;
    oss_mel_stream_end(encoder->mel);
}

/* ---- Chunks out ---- */

/* Positions of the chunk's frames, at their rows. */
static void make_positions(oss_chunk_encoder *c, int32_t rows) {
    oss_encoder *e = &c->run;
    int32_t width = position_width(e);
    size_t count = (size_t)rows * (size_t)width;
    if (e->model->config.position == OSS_POSITION_ROPE) {
        oss_k_rope_rows(e->position + (size_t)c->history * (size_t)width, rows, width, c->turning);
    } else if (e->model->config.position == OSS_POSITION_SINUSOIDAL) {
        float *at = e->position + (size_t)c->history * (size_t)width;
        memset(at, 0, count * sizeof *at);
        oss_k_sinusoidal_rows(at, rows, width, c->turning);
    }
}

/* A block's cache is where the run reads it, the next one's where it writes. */
static void place_caches(oss_chunk_encoder *c, int32_t block) {
    oss_run_space *space = &c->run.space;
    c->run.block = block;
    for (int32_t i = block; i < block + 2 && i < c->run.model->weights.blocks; i++) {
        space->qkv[i % 2] = c->cache[i].qkv;
        space->whole[i % 2] = c->cache[i].whole;
        space->whole[i % 2].s = c->run.frames;
    }
}

static void run_network(oss_chunk_encoder *c, int32_t rows) {
    oss_encoder *e = &c->run;
    int32_t begin = c->before / c->factor;
    e->frames = c->history + rows;
    make_positions(c, rows);
    const float *flat =
        oss_stem_run(&e->model->weights, &c->worker.stem, c->features, c->mel_rows, begin, begin + rows);
    place_caches(c, 0);
    oss_encoder_front_rows(e, &c->worker, flat, c->history, rows);
    for (int32_t block = 0; block < e->model->weights.blocks; block++) {
        place_caches(c, block);
        oss_encoder_block_rows(e, &c->worker, c->history, rows);
    }
}

static void drop_first_rows(oss_chunk_encoder *c, int32_t block, int32_t dropped) {
    size_t width = 3 * (size_t)c->run.model->config.d_model;
    block_cache cache = c->cache[block];
    if (c->run.model->weights.steady) {
        cache.whole.s = c->run.frames;
        oss_k_int16_qkv_drop(&cache.whole, dropped);
    } else {
        memmove(cache.qkv, cache.qkv + (size_t)dropped * width,
                (size_t)(c->run.frames - dropped) * width * sizeof *cache.qkv);
    }
}

static void keep_last_rows(oss_chunk_encoder *c) {
    size_t bins = (size_t)c->run.model->config.mel.bins;
    int32_t seen = c->run.frames, kept = seen < c->left ? seen : c->left;
    for (int32_t block = 0; block < c->run.model->weights.blocks; block++) {
        drop_first_rows(c, block, seen - kept);
    }
    c->history = kept;
    int32_t before = c->factor < c->mel_rows ? c->factor : c->mel_rows;
    memmove(c->features, c->features + (size_t)(c->mel_rows - before) * bins,
            (size_t)before * bins * sizeof *c->features);
    c->mel_rows = c->before = before;
}

static const float *rows_at(const float *x, int32_t row, int32_t width) {
    return x == NULL ? NULL : x + (size_t)row * (size_t)width;
}

/* The chunk's rows, which begin behind the history. */
static oss_encoding show(const oss_chunk_encoder *c, int32_t rows) {
    const oss_encoder *e = &c->run;
    const oss_model_config *config = &e->model->config;
    int32_t head = e->model->weights.head.n, projector = e->model->weights.projector.n;
    return (oss_encoding){.bins = config->mel.bins,
                          .embeddings = rows_at(e->space.embeddings, c->history, config->d_model),
                          .frames = rows,
                          .width = config->d_model,
                          .logits = rows_at(e->space.logits, c->history, head),
                          .logit_rows = head > 0 ? rows * config->ctc_subframes : 0,
                          .vocab = head / config->ctc_subframes,
                          .projected = rows_at(e->space.projected, c->history, projector),
                          .projected_width = projector};
}

static oss_status check_output(const oss_encoding *out) {
    if (!oss_k_all_finite(out->embeddings, (size_t)out->frames * (size_t)out->width) ||
        !oss_k_all_finite(out->logits, (size_t)out->logit_rows * (size_t)out->vocab)) {
        return oss_fail(OSS_ENUMERIC,
                        "the encoder's output is not finite: its weights are too large for this input");
    }
    return OSS_OK;
}

oss_status oss_chunk_encoder_next(oss_chunk_encoder *encoder, oss_encoding *out) {
    if (encoder->ended) {
        read_features(encoder);
    }
    if (wanted_rows(encoder) > 0 && (!encoder->ended || encoder->mel_rows == encoder->before)) {
        *out = (oss_encoding){0};
        return OSS_OK;
    }
    int32_t rows = oss_len_downsampled(encoder->mel_rows - encoder->before, encoder->factor);
    run_network(encoder, rows);
    oss_encoding encoding = show(encoder, rows);
    oss_status status = check_output(&encoding);
    keep_last_rows(encoder);
    if (status == OSS_OK) {
        *out = encoding;
    }
    return status;
}
