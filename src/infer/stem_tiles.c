/* The stem in small tiles of time, so that no layer's whole output is ever in memory (30 s would take 25 MB
 * after the first layer) and a row is still in cache when the next layer reads it.
 *
 * With stride 2 and padding 1, output rows [lo, hi) of a layer read input rows [2 lo - 1, 2 hi). So going
 * from tile to tile a layer needs all rows that the layer below makes for the same tile, and one row more:
 * the last of the tile before, which is kept. At the start of a task that row, and the rows below it, are
 * computed once more.
 *
 *   mel      . . . . . . . . . . . . . . . . . . . . . . . .
 *   layer 1      k 4 5 6 7 8 9 ...         k: kept from the tile before
 *   layer 2          k 2 3 4 ...
 *   layer 3              1 2 ...           frames of this tile
 */
#include <string.h>

#include "infer/encoder_internal.h"
#include "kernel/lengths.h"

/* Rows of one layer's output in its buffer: global row r is at index r - origin. */
typedef struct stem_rows {
    int32_t begin, end; /* made for this tile */
    int32_t origin;
} stem_rows;

/* What multiplies the output of convolution l. */
static const oss_k_weight *get_reader(const oss_encoder_weights *weights, int32_t l) {
    return l == weights->layers - 1 ? &weights->proj : &weights->conv[l + 1];
}

/* Of the output of convolution l. */
static size_t count_bytes(const oss_encoder_weights *weights, int32_t l, int32_t rows) {
    return oss_k_input_bytes(get_reader(weights, l), rows, oss_len_conv(weights->bins[l]));
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

void oss_stem_scratch_take(oss_stem_scratch *scratch, oss_arena *arena, const oss_encoder_weights *weights,
                           int32_t task_frames) {
    size_t floats = 0;
    for (int32_t l = 0; l < weights->layers; l++) {
        bool last = l == weights->layers - 1;
        int32_t factor = 1 << (weights->layers - 1 - l);
        int32_t rows = last ? task_frames + 1 : (OSS_STEM_TILE_FRAMES + 1) * factor;
        scratch->layer[l] = oss_arena_take(arena, count_bytes(weights, l, rows), 1);
        size_t here = oss_k_conv_gelu_floats(get_reader(weights, l), &weights->conv[l],
                                             (OSS_STEM_TILE_FRAMES + 1) * factor, weights->bins[l]);
        floats = here > floats ? here : floats;
    }
    scratch->floats = floats > 0 ? oss_arena_take(arena, floats, sizeof(float)) : NULL;
}

/* Which rows each layer makes for encoder frames [begin, end) of a task that starts at task_begin. */
static void plan_tile(stem_rows *rows, int32_t layers, const int32_t *length, int32_t task_begin,
                      int32_t begin, int32_t end) {
    for (int32_t l = layers - 1; l >= 0; l--) {
        int32_t factor = 1 << (layers - 1 - l);
        if (l == layers - 1) {
            rows[l].begin = begin;
            rows[l].origin = task_begin - 1;
        } else {
            int32_t needed = 2 * rows[l + 1].begin - 1;
            rows[l].begin = begin == task_begin ? larger(needed, 0) : begin * factor;
            rows[l].origin = larger(needed - 1, 0);
        }
        rows[l].end = smaller(end * factor, length[l]);
    }
}

/* Layer l. x: input rows, the first of them is global row x_origin (even), the last one x_end - 1. */
static void run_layer(const oss_encoder_weights *weights, const oss_stem_scratch *scratch, int32_t l,
                      stem_rows rows, const void *x, int32_t x_origin, int32_t x_end) {
    int32_t first = x_origin / 2; /* the output row that the kernel counts as 0 */
    unsigned char *y = (unsigned char *)scratch->layer[l] + count_bytes(weights, l, first - rows.origin);
    oss_k_conv_gelu(y, get_reader(weights, l), x, &weights->conv[l], x_end - x_origin, weights->bins[l],
                    rows.begin - first, rows.end - first, scratch->floats);
}

/* Moves the last row of each inner layer to where the next tile looks for it: index 1. */
static void keep_last_rows(const oss_encoder_weights *weights, const oss_stem_scratch *scratch,
                           const stem_rows *rows) {
    for (int32_t l = 0; l < weights->layers - 1; l++) {
        unsigned char *layer = scratch->layer[l];
        size_t bytes = count_bytes(weights, l, 1);
        memmove(layer + bytes, layer + count_bytes(weights, l, rows[l].end - 1 - rows[l].origin), bytes);
    }
}

const void *oss_stem_run(const oss_encoder_weights *weights, const oss_stem_scratch *scratch,
                         const float *features, int32_t mel_frames, int32_t begin, int32_t end) {
    int32_t layers = weights->layers;
    int32_t length[OSS_MAX_CONVS];
    for (int32_t l = 0, frames = mel_frames; l < layers; l++) {
        frames = oss_len_conv(frames);
        length[l] = frames;
    }
    stem_rows rows[OSS_MAX_CONVS];
    for (int32_t at = begin; at < end; at = rows[layers - 1].end) {
        plan_tile(rows, layers, length, begin, at, smaller(at + OSS_STEM_TILE_FRAMES, end));
        int32_t x_origin = larger(2 * rows[0].begin - 2, 0);
        run_layer(weights, scratch, 0, rows[0], features + (size_t)x_origin * (size_t)weights->bins[0],
                  x_origin, smaller(2 * rows[0].end, mel_frames));
        for (int32_t l = 1; l < layers; l++) {
            run_layer(weights, scratch, l, rows[l], scratch->layer[l - 1], rows[l - 1].origin,
                      rows[l - 1].end);
        }
        keep_last_rows(weights, scratch, rows);
    }
    return (const unsigned char *)scratch->layer[layers - 1] + count_bytes(weights, layers - 1, 1);
}
