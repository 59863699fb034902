/* y[sum To,Fo,Co] = gelu(pre),  pre = conv(x[sum T,F,Ci], w[Co,Ci,3,3]) + b[Co], each utterance by itself.
 *
 * GELU's backward needs pre, the next convolution's needs y. With several input channels both are kept:
 * computing pre again would cost as much as forward. With few (the first convolution has one) pre is computed
 * again in backward, a few rows at a time: that costs 9 Ci multiply-adds a cell, nothing beside the backward
 * of the layer above, and saves the largest array of the network, 6.3 MiB of an 8 s utterance.
 *
 * The three products take x, w and dpre in the weight's format; sums, bias and GELU stay in float32. The
 * output may be stored in bf16 alone, for a next convolution that would round it anyway: rows of pre then
 * become rows of the output while they are in cache. */
#include <string.h>

#include "base/contract.h"
#include "kernel/lengths.h"
#include "op/op_weight.h"
#include "op/ops.h"
#include "op/seq_check.h"

enum {
    RECOMPUTE_MAX_CHANNELS = 4,
    TILE_ROWS = 16 /* of pre at a time: 256 KiB at 64 bins and 64 channels, fits a second-level cache */
};

/* One utterance's image, and its output. */
typedef struct shape {
    int32_t t, f, ci, to, fo, co;
} shape;

static int32_t channels_of(const oss_tensor *x) {
    return x->rank == 3 ? x->dim[2] : 1;
}

static shape shape_of(const oss_tensor *x, const oss_tensor *w, oss_seq seq, int32_t b) {
    int32_t t = oss_seq_length(seq, b);
    return (shape){.t = t,
                   .f = x->dim[1],
                   .ci = channels_of(x),
                   .to = oss_len_conv(t),
                   .fo = oss_len_conv(x->dim[1]),
                   .co = w->dim[0]};
}

static size_t out_row(const shape *s) {
    return (size_t)s->fo * (size_t)s->co;
}

static size_t in_row(const shape *s) {
    return (size_t)s->f * (size_t)s->ci;
}

static bool keeps_pre(const oss_tensor *x) {
    return channels_of(x) > RECOMPUTE_MAX_CHANNELS;
}

static int32_t halve_length(const void *context, int32_t b) {
    return oss_len_conv(oss_seq_length(*(const oss_seq *)context, b));
}

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *w, const oss_tensor *b,
                         oss_seq seq) {
    oss_check_packed(tape, "conv2d", x, seq, x->rank == 2 ? 2 : 3);
    if (w->rank != 4 || w->dim[1] != channels_of(x) || w->dim[2] != 3 || w->dim[3] != 3) {
        oss_tape_fail_shape(tape, "conv2d", x, w, "x[sum T,F,Ci] needs w[Co,Ci,3,3]");
    } else if (b->rank != 1 || b->dim[0] != w->dim[0]) {
        oss_tape_fail_shape(tape, "conv2d", w, b, "w[Co,Ci,3,3] needs b[Co]");
    }
}

/* ---- the convolution of one utterance ---- */

/* What both passes need of a layer. */
typedef struct layer {
    const oss_tensor *x, *w;
    const void *operand; /* x in the weight's format */
    oss_k_weight weight;
    oss_seq seq, out_seq;
    float *tile; /* [TILE_ROWS + 1, Fo, Co] of pre */
} layer;

/* The image of utterance b, from its row `skipped` on. */
static const void *image_at(const layer *l, const shape *s, int32_t b, int32_t skipped) {
    size_t at = ((size_t)l->seq.start[b] + (size_t)skipped) * in_row(s);
    return oss_k_operand_at(l->weight.format, l->operand, at);
}

/* pre (y, or its gelu) for rows [begin, end) of the image that begins at `skipped` rows of utterance b and
 * has s->t of them. */
static void run_rows(const layer *l, const shape *s, int32_t b, int32_t skipped, float *y, float *pre,
                     int32_t begin, int32_t end, bool gelu) {
    oss_k_conv(y, pre, image_at(l, s, b, skipped), &l->weight, s->t, s->f, begin, end, gelu);
}

/* Rows [first, first + rows) of pre into the tile. The convolution sees the image from two input rows above
 * the ones that these need, so that only the image's true edge is padded: the tile's row 0 is then not
 * wanted. */
static float *compute_tile(const layer *l, const shape *s, int32_t b, int32_t first, int32_t rows) {
    int32_t above = first > 0 ? 1 : 0;
    int32_t skipped = 2 * (first - above);
    int32_t wanted = 2 * (rows + above);
    shape part = *s;
    part.t = wanted < s->t - skipped ? wanted : s->t - skipped;
    run_rows(l, &part, b, skipped, l->tile, NULL, above, above + rows, false);
    return l->tile + (size_t)above * out_row(s);
}

static int32_t count_tile_rows(const shape *s, int32_t first) {
    return s->to - first < TILE_ROWS ? s->to - first : TILE_ROWS;
}

/* ---- backward ---- */

typedef struct work {
    layer layer;
    void *dpre_scratch; /* takes dpre in the weight's format; NULL: that is float */
    const void *dpre_operand;
    void *scratch; /* of the gradient kernels */
    float *unused; /* takes the gradient of a frozen weight or bias whose partner is trained */
} work;

static void gelu_backward_recomputing(const work *k, float *dy, const shape *s, int32_t b) {
    for (int32_t first = 0, rows; first < s->to; first += rows) {
        rows = count_tile_rows(s, first);
        const float *pre = compute_tile(&k->layer, s, b, first, rows);
        float *tile_dy = dy + (size_t)first * out_row(s);
        oss_k_gelu_bwd(tile_dy, tile_dy, pre, (size_t)rows * out_row(s), false);
    }
}

static float *take_tile(oss_tape *tape, const oss_tensor *out) {
    return oss_tape_take(tape, (size_t)(TILE_ROWS + 1) * oss_tensor_row(out), sizeof(float));
}

static work take_work(oss_tape *tape, const oss_node *node) {
    oss_tensor *x = node->in[0];
    const oss_tensor *w = node->in[1];
    work k = {.layer = {.x = x,
                        .w = w,
                        .operand = oss_tape_operand(tape, x, w->format),
                        .weight = oss_op_weight(w, node->in[2]),
                        .seq = node->seq,
                        .out_seq = {node->seq.count, node->ref[0]}}};
    k.scratch = oss_tape_take(tape, oss_k_conv_scratch_floats(&k.layer.weight, x->dim[1]), sizeof(float));
    k.unused = oss_tape_take(tape, oss_tensor_count(w), sizeof(float));
    if (!keeps_pre(x)) {
        oss_op_pack(tape, &k.layer.weight, w);
        k.layer.tile = take_tile(tape, node->out);
    }
    size_t bytes = oss_k_operand_bytes(w->format, node->out->dim[0], (int32_t)oss_tensor_row(node->out));
    if (bytes > 0) {
        k.dpre_scratch = oss_tape_take(tape, bytes, 1);
    }
    if (x->needs_grad) {
        oss_op_pack_back(tape, &k.layer.weight, w);
    }
    return k;
}

/* The gradient buffer of a parameter, cleared when it must be stored; `unused` when it gets none. */
static float *parameter_grad(oss_tape *tape, oss_tensor *parameter, float *unused) {
    bool accumulate;
    float *grad = oss_tape_grad(tape, parameter, &accumulate);
    if (grad != NULL && !accumulate) {
        memset(grad, 0, oss_tensor_count(parameter) * sizeof *grad);
    }
    return grad != NULL ? grad : unused;
}

/* dy becomes dpre, in place: dpre = dy gelu'(pre). */
static void backward_pre(const oss_node *node, work *k) {
    const oss_tensor *x = node->in[0], *w = node->in[1], *out = node->out;
    if (keeps_pre(x)) {
        oss_k_gelu_bwd(out->grad, out->grad, node->saved, oss_tensor_count(out), false);
    } else {
        for (int32_t b = 0; b < node->seq.count; b++) {
            shape s = shape_of(x, w, node->seq, b);
            gelu_backward_recomputing(k, oss_seq_rows(out->grad, k->layer.out_seq, b, out_row(&s)), &s, b);
        }
    }
    k->dpre_operand =
        oss_k_operand(w->format, out->grad, out->dim[0], (int32_t)oss_tensor_row(out), k->dpre_scratch);
}

static const void *dpre_at(const work *k, const shape *s, int32_t b) {
    size_t at = (size_t)k->layer.out_seq.start[b] * out_row(s);
    return oss_k_operand_at(k->layer.weight.format, k->dpre_operand, at);
}

static void add_weight_grad(const work *k, const shape *s, int32_t b, const float *dpre, float *dw,
                            float *db) {
    const layer *l = &k->layer;
    size_t out_at = (size_t)l->out_seq.start[b] * out_row(s);
    oss_k_conv_bwd_weight(dw, db, image_at(l, s, b, 0), dpre + out_at, dpre_at(k, s, b), &l->weight, s->t,
                          s->f, k->scratch);
}

static void add_input_grad(const work *k, const shape *s, int32_t b, float *dx, bool accumulate) {
    const layer *l = &k->layer;
    size_t at = (size_t)l->seq.start[b] * in_row(s);
    oss_k_conv_bwd_input(dx + at, dpre_at(k, s, b), &l->weight, s->t, s->f, accumulate);
}

static void backward(oss_tape *tape, const oss_node *node) {
    work k = take_work(tape, node);
    bool live = oss_tape_live(tape);
    bool trains = node->in[1]->needs_grad || node->in[2]->needs_grad;
    float *dw = parameter_grad(tape, node->in[1], k.unused);
    float *db = parameter_grad(tape, node->in[2], k.unused);
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (!live) {
        return;
    }
    backward_pre(node, &k);
    for (int32_t b = 0; b < node->seq.count; b++) {
        shape s = shape_of(node->in[0], node->in[1], node->seq, b);
        if (trains) {
            add_weight_grad(&k, &s, b, node->out->grad, dw, db);
        }
        if (dx != NULL) {
            add_input_grad(&k, &s, b, dx, accumulate);
        }
    }
}

static const oss_op conv2d_op = {"conv2d", backward};

/* ---- forward ---- */

static float *at_rows(float *data, const layer *l, const shape *s, int32_t b) {
    return data == NULL ? NULL : oss_seq_rows(data, l->out_seq, b, out_row(s));
}

/* An output of bf16 alone. */
static void run_tiles(const layer *l, const shape *s, int32_t b, uint16_t *half, float *pre) {
    uint16_t *to = half + (size_t)l->out_seq.start[b] * out_row(s);
    for (int32_t first = 0, rows; first < s->to; first += rows) {
        rows = count_tile_rows(s, first);
        size_t count = (size_t)rows * out_row(s), at = (size_t)first * out_row(s);
        const float *from;
        if (pre != NULL) {
            run_rows(l, s, b, 0, pre, NULL, first, first + rows, false);
            from = pre + at;
        } else {
            from = compute_tile(l, s, b, first, rows);
        }
        oss_k_gelu_fwd(l->tile, from, count);
        (void)oss_k_operand(OSS_K_BF16, l->tile, rows, (int32_t)out_row(s), to + at);
    }
}

static void run_forward(oss_tape *tape, oss_tensor *y, float *pre, layer *l) {
    size_t mark = oss_tape_mark(tape);
    oss_op_pack(tape, &l->weight, l->w);
    l->tile = y->has_half ? take_tile(tape, y) : NULL;
    for (int32_t b = 0; b < l->seq.count && oss_tape_live(tape); b++) {
        shape s = shape_of(l->x, l->w, l->seq, b);
        if (y->has_half) {
            run_tiles(l, &s, b, y->half, at_rows(pre, l, &s, b));
        } else {
            run_rows(l, &s, b, 0, at_rows(y->data, l, &s, b), at_rows(pre, l, &s, b), 0, s.to, true);
        }
    }
    oss_tape_release(tape, mark);
}

oss_tensor *oss_op_conv2d_gelu(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b, oss_seq seq,
                               oss_seq *out_seq, bool half) {
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(out_seq != NULL);
    OSS_CONTRACT(!half || w->dim[0] % 2 == 0);
    OSS_CONTRACT(w->format != OSS_K_BF16 || w->dim[1] % 2 == 0);
    check_shapes(tape, x, w, b, seq);
    oss_seq halved = oss_tape_seq(tape, seq.count, halve_length, &seq);
    const int32_t dim[3] = {halved.start[halved.count], oss_len_conv(x->dim[1]), w->dim[0]};
    bool needs_grad = x->needs_grad || w->needs_grad || b->needs_grad;
    oss_tensor *y =
        half ? oss_tape_half_tensor(tape, 3, dim, needs_grad) : oss_tape_tensor(tape, 3, dim, needs_grad);
    float *pre = NULL;
    if (y->needs_grad && keeps_pre(x)) {
        pre = oss_tape_take(tape, oss_tensor_count(y), sizeof *pre);
    }
    run_forward(tape, y, pre,
                &(layer){.x = x,
                         .w = w,
                         .operand = oss_tape_operand(tape, x, w->format),
                         .weight = oss_op_weight(w, b),
                         .seq = seq,
                         .out_seq = halved});
    oss_tape_record(
        tape,
        &(oss_node){
            .op = &conv2d_op, .in = {x, w, b}, .out = y, .seq = seq, .saved = pre, .ref = {halved.start}});
    *out_seq = halved;
    return y;
}
