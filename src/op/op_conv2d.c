/* y[sum To,Fo,Co] = gelu(pre),  pre = conv(x[sum T,F,Ci], w[Co,Ci,3,3]) + b[Co], each utterance by itself.
 *
 * GELU's backward needs pre, the next convolution's needs y. With several input channels both are kept:
 * computing pre again would cost as much as forward. With few (the first convolution has one) pre is computed
 * again in backward, a few rows at a time: that costs 9 Ci multiply-adds a cell, nothing beside the backward
 * of the layer above, and saves the largest array of the network, 6.3 MiB of an 8 s utterance. */
#include <string.h>

#include "kernel/conv2d.h"
#include "kernel/lengths.h"
#include "op/ops.h"
#include "op/seq_check.h"

enum {
    RECOMPUTE_MAX_CHANNELS = 4,
    RECOMPUTE_ROWS = 16 /* of pre at a time: 256 KiB at 64 bins and 64 channels, fits a second-level cache */
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

/* ---- backward ---- */

/* dy becomes dpre, in place: dpre = dy gelu'(pre). */
typedef struct work {
    const float *packed;      /* weights for computing pre again */
    const float *packed_back; /* for the gradient of the input */
    float *tile;              /* [RECOMPUTE_ROWS + 1, Fo, Co] of pre */
    float *scratch;           /* of the gradient kernels */
    float *unused;            /* takes the gradient of a frozen weight or bias whose partner is trained */
} work;

/* Rows [first, first + rows) of pre into tile. The convolution sees the image from two input rows above the
 * ones that these need, so that only the image's true edge is padded: the tile's row 0 is then not wanted. */
static const float *recompute_rows(const work *k, const float *x, const float *bias, const shape *s,
                                   int32_t first, int32_t rows) {
    int32_t above = first > 0 ? 1 : 0;
    int32_t skipped = 2 * (first - above);
    int32_t wanted = 2 * (rows + above);
    int32_t t = wanted < s->t - skipped ? wanted : s->t - skipped;
    oss_k_conv2d_fwd(k->tile, NULL, x + (size_t)skipped * in_row(s), k->packed, bias, t, s->f, s->ci, s->co,
                     above, above + rows, false);
    return k->tile + (size_t)above * out_row(s);
}

static void gelu_backward_recomputing(const work *k, float *dy, const float *x, const float *bias,
                                      const shape *s) {
    for (int32_t first = 0; first < s->to; first += RECOMPUTE_ROWS) {
        int32_t rows = s->to - first < RECOMPUTE_ROWS ? s->to - first : RECOMPUTE_ROWS;
        const float *pre = recompute_rows(k, x, bias, s, first, rows);
        float *tile_dy = dy + (size_t)first * out_row(s);
        oss_k_gelu_bwd(tile_dy, tile_dy, pre, (size_t)rows * out_row(s), false);
    }
}

static const float *get_packed(oss_tape *tape, const oss_tensor *w) {
    if (w->packed != NULL) {
        return w->packed;
    }
    float *packed = oss_tape_take(tape, oss_k_conv2d_packed_floats(w->dim[1], w->dim[0]), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_conv2d_pack(packed, w->data, w->dim[1], w->dim[0]);
    }
    return packed;
}

static const float *get_packed_back(oss_tape *tape, const oss_tensor *w) {
    if (w->packed_back != NULL) {
        return w->packed_back;
    }
    float *packed =
        oss_tape_take(tape, oss_k_conv2d_packed_back_floats(w->dim[1], w->dim[0]), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_conv2d_pack_back(packed, w->data, w->dim[1], w->dim[0]);
    }
    return packed;
}

static work take_work(oss_tape *tape, const oss_node *node) {
    const oss_tensor *x = node->in[0], *w = node->in[1];
    int32_t ci = channels_of(x), co = w->dim[0], f = x->dim[1];
    work k = {.scratch = oss_tape_take(tape, oss_k_conv2d_scratch_floats(f, ci, co), sizeof(float))};
    k.unused = oss_tape_take(tape, oss_tensor_count(w), sizeof(float));
    if (!keeps_pre(x)) {
        k.packed = get_packed(tape, w);
        k.tile = oss_tape_take(tape, (size_t)(RECOMPUTE_ROWS + 1) * oss_tensor_row(node->out), sizeof(float));
    }
    if (x->needs_grad) {
        k.packed_back = get_packed_back(tape, w);
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

static void backward_pre(const oss_node *node, const work *k) {
    const oss_tensor *x = node->in[0], *w = node->in[1], *bias = node->in[2];
    if (keeps_pre(x)) {
        oss_k_gelu_bwd(node->out->grad, node->out->grad, node->saved, oss_tensor_count(node->out), false);
        return;
    }
    oss_seq out_seq = {node->seq.count, node->ref[0]};
    for (int32_t b = 0; b < node->seq.count; b++) {
        shape s = shape_of(x, w, node->seq, b);
        gelu_backward_recomputing(k, oss_seq_rows(node->out->grad, out_seq, b, out_row(&s)),
                                  oss_seq_rows(x->data, node->seq, b, in_row(&s)), bias->data, &s);
    }
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
    const oss_tensor *x = node->in[0], *w = node->in[1];
    oss_seq out_seq = {node->seq.count, node->ref[0]};
    for (int32_t b = 0; b < node->seq.count; b++) {
        shape s = shape_of(x, w, node->seq, b);
        const float *dpre = oss_seq_rows(node->out->grad, out_seq, b, out_row(&s));
        if (trains) {
            oss_k_conv2d_bwd_weight(dw, db, oss_seq_rows(x->data, node->seq, b, in_row(&s)), dpre, s.t, s.f,
                                    s.ci, s.co, k.scratch);
        }
        if (dx != NULL) {
            oss_k_conv2d_bwd_input(oss_seq_rows(dx, node->seq, b, in_row(&s)), dpre, k.packed_back, s.t, s.f,
                                   s.ci, s.co, accumulate);
        }
    }
}

static const oss_op conv2d_op = {"conv2d", backward};

/* ---- forward ---- */

static void run_forward(oss_tape *tape, oss_tensor *y, float *pre, const oss_tensor *x, const oss_tensor *w,
                        const oss_tensor *bias, oss_seq seq, oss_seq out_seq) {
    size_t mark = oss_tape_mark(tape);
    const float *packed = get_packed(tape, w);
    if (oss_tape_live(tape)) {
        for (int32_t b = 0; b < seq.count; b++) {
            shape s = shape_of(x, w, seq, b);
            oss_k_conv2d_fwd(oss_seq_rows(y->data, out_seq, b, out_row(&s)),
                             pre == NULL ? NULL : oss_seq_rows(pre, out_seq, b, out_row(&s)),
                             oss_seq_rows(x->data, seq, b, in_row(&s)), packed, bias->data, s.t, s.f, s.ci,
                             s.co, 0, s.to, true);
        }
    }
    oss_tape_release(tape, mark);
}

oss_tensor *oss_op_conv2d_gelu(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b, oss_seq seq,
                               oss_seq *out_seq) {
    check_shapes(tape, x, w, b, seq);
    oss_seq halved = oss_tape_seq(tape, seq.count, halve_length, &seq);
    const int32_t dim[3] = {halved.start[halved.count], oss_len_conv(x->dim[1]), w->dim[0]};
    oss_tensor *y = oss_tape_tensor(tape, 3, dim, x->needs_grad || w->needs_grad || b->needs_grad);
    float *pre = NULL;
    if (y->needs_grad && keeps_pre(x)) {
        pre = oss_tape_take(tape, oss_tensor_count(y), sizeof *pre);
    }
    run_forward(tape, y, pre, x, w, b, seq, halved);
    oss_tape_record(
        tape,
        &(oss_node){
            .op = &conv2d_op, .in = {x, w, b}, .out = y, .seq = seq, .saved = pre, .ref = {halved.start}});
    *out_seq = halved;
    return y;
}
