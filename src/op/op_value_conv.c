/* y[N,C] = convolution over time of the values in qkv[N,3C], within each utterance and as far as its frames see;
 * w[C,1,K], which kernels take as [K,C]. */
#include <string.h>

#include "base/contract.h"
#include "kernel/value_conv.h"
#include "op/ops.h"
#include "op/seq_check.h"

static void check_shapes(oss_tape *tape, const oss_tensor *qkv, const oss_tensor *w, oss_seq seq) {
    oss_check_packed(tape, "value_conv", qkv, seq, 2);
    if (qkv->rank != 2 || w->rank != 3 || qkv->dim[1] != 3 * w->dim[0] || w->dim[1] != 1 ||
        w->dim[2] % 2 != 1) {
        oss_tape_fail_shape(tape, "value_conv", qkv, w, "qkv[N,3C] needs w[C,1,K] with an odd K");
    }
}

/* Lays the weight out for the kernels. */
static oss_value_conv make_conv(oss_tape *tape, const oss_tensor *w) {
    float *packed = oss_tape_take(tape, oss_tensor_count(w), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_value_conv_pack(packed, w->data, w->dim[2], w->dim[0]);
    }
    return (oss_value_conv){.w = packed, .taps = w->dim[2], .width = w->dim[0]};
}

/* Adds the gradients to the values' part of dqkv[N,3C] and to dw[K,C]; NULL: nobody wants that one. */
static void add_grad(float *dqkv, float *dw, const oss_node *node, const oss_value_conv *conv) {
    const size_t width = (size_t)conv->width, row = 3 * width, values = 2 * width;
    for (int32_t b = 0; b < node->seq.count; b++) {
        size_t first = (size_t)node->seq.start[b];
        float *dv = dqkv == NULL ? NULL : dqkv + first * row + values;
        oss_k_value_conv_bwd(dv, (ptrdiff_t)row, dw, node->out->grad + first * width,
                             node->in[0]->data + first * row + values, (ptrdiff_t)row, conv,
                             oss_seq_length(node->seq, b), oss_reach_of(node->ref[0], b));
    }
}

static void clear(float *x, size_t count) {
    if (x != NULL) {
        memset(x, 0, count * sizeof *x);
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    oss_tensor *qkv = node->in[0], *w = node->in[1];
    const size_t weights = oss_tensor_count(w);
    oss_value_conv conv = make_conv(tape, w);
    float *packed_dw = w->needs_grad ? oss_tape_take(tape, weights, sizeof *packed_dw) : NULL;
    bool accumulate, accumulate_w;
    float *dqkv = oss_tape_grad(tape, qkv, &accumulate);
    float *dw = oss_tape_grad(tape, w, &accumulate_w);
    if (!oss_tape_live(tape)) {
        return;
    }
    clear(accumulate ? NULL : dqkv, oss_tensor_count(qkv)); /* of queries and keys, too */
    clear(packed_dw, weights);
    add_grad(dqkv, packed_dw, node, &conv);
    if (dw != NULL) {
        oss_k_value_conv_unpack(dw, packed_dw, conv.taps, conv.width, accumulate_w);
    }
}

static const oss_op value_conv_op = {"value_conv", backward};

oss_tensor *oss_op_value_conv(oss_tape *tape, oss_tensor *qkv, oss_tensor *w, oss_seq seq,
                              const oss_attention_reach *reach) {
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    check_shapes(tape, qkv, w, seq);
    const size_t c = (size_t)(qkv->dim[1] / 3);
    oss_tensor *y = oss_tape_tensor(tape, 2, (const int32_t[]){qkv->dim[0], (int32_t)c},
                                    qkv->needs_grad || w->needs_grad);
    size_t mark = oss_tape_mark(tape);
    oss_value_conv conv = make_conv(tape, w);
    clear(oss_tape_live(tape) ? y->data : NULL, oss_tensor_count(y));
    for (int32_t b = 0; b < seq.count && oss_tape_live(tape); b++) {
        size_t row = (size_t)seq.start[b];
        int32_t s = oss_seq_length(seq, b);
        oss_k_value_conv_fwd(y->data + row * c, qkv->data + row * 3 * c + 2 * c, 0, (ptrdiff_t)(3 * c), &conv,
                             s, 0, s, oss_reach_of(reach, b));
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape,
                    &(oss_node){.op = &value_conv_op, .in = {qkv, w}, .out = y, .seq = seq, .ref = {reach}});
    return y;
}
