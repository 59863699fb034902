/* y[N,C] = x + dropout(h). Nothing is saved: the mask is a function of its key. */
#include <string.h>

#include "op/ops.h"
#include "op/seq_check.h"

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *h, oss_seq seq) {
    oss_check_packed(tape, "residual", x, seq, 2);
    if (h->rank != 2 || h->dim[0] != x->dim[0] || h->dim[1] != x->dim[1]) {
        oss_tape_fail_shape(tape, "residual", x, h, "x[N,C] needs h[N,C]");
    }
}

/* out[N,C] (+)= dropout(in) */
static void drop(float *out, const float *in, oss_seq seq, int32_t c, const oss_dropout *dropout,
                 bool accumulate) {
    for (int32_t b = 0; b < seq.count; b++) {
        oss_dropout_key key = {.seed = dropout->seed,
                               .step = dropout->step,
                               .utterance = dropout->utterance_id[b],
                               .site = dropout->site};
        size_t first = (size_t)seq.start[b] * (size_t)c;
        size_t count = (size_t)oss_seq_length(seq, b) * (size_t)c;
        oss_k_dropout(out + first, in + first, count, dropout->p, &key, 0, accumulate);
    }
}

/* out (+)= in */
static void pass_on(float *out, const float *in, size_t count, bool accumulate) {
    if (accumulate) {
        oss_k_add(out, in, count);
    } else {
        memcpy(out, in, count * sizeof *out);
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    const float *dy = node->out->grad;
    size_t count = oss_tensor_count(node->out);
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx != NULL) {
        pass_on(dx, dy, count, accumulate);
    }
    float *dh = oss_tape_grad(tape, node->in[1], &accumulate);
    if (dh == NULL) {
        return;
    }
    if (node->f[0] > 0) {
        oss_dropout dropout = {node->f[0], node->seed, node->u[0], node->u[1], node->ref[0]};
        drop(dh, dy, node->seq, node->out->dim[1], &dropout, accumulate);
    } else {
        pass_on(dh, dy, count, accumulate);
    }
}

static const oss_op residual_op = {"residual", backward};

oss_tensor *oss_op_residual(oss_tape *tape, oss_tensor *x, oss_tensor *h, oss_seq seq,
                            const oss_dropout *dropout) {
    check_shapes(tape, x, h, seq);
    oss_tensor *y = oss_tape_tensor(tape, 2, x->dim, x->needs_grad || h->needs_grad);
    if (oss_tape_live(tape)) {
        size_t count = oss_tensor_count(y);
        memcpy(y->data, x->data, count * sizeof *y->data);
        if (dropout->p > 0) {
            drop(y->data, h->data, seq, y->dim[1], dropout, true);
        } else {
            oss_k_add(y->data, h->data, count);
        }
    }
    oss_tape_record(tape, &(oss_node){.op = &residual_op,
                                      .in = {x, h},
                                      .out = y,
                                      .seq = seq,
                                      .ref = {dropout->utterance_id},
                                      .u = {dropout->step, dropout->site},
                                      .seed = dropout->seed,
                                      .f = {dropout->p}});
    return y;
}
