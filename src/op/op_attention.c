/* P_h = softmax(Q_h K_h^T / sqrt(D)), y[N,H,D] = dropout(P_h) V_h, within each utterance and as far as its
 * queries see; saved: lse[H,S] of each utterance, from which backward recomputes the probabilities, so memory
 * is linear in the length. */
#include "op/ops.h"
#include "base/contract.h"
#include "op/seq_check.h"

static void check_shapes(oss_tape *tape, const oss_tensor *qkv, oss_seq seq, int32_t heads) {
    oss_check_packed(tape, "attention", qkv, seq, 2);
    if (qkv->rank != 2 || qkv->dim[1] % (3 * heads) != 0) {
        oss_tape_fail_shape(tape, "attention", qkv, NULL, "qkv[N,3*H*D]");
    }
}

static float *take_scratch(oss_tape *tape, oss_seq seq, int32_t head_dim) {
    return oss_tape_take(tape, oss_k_attention_scratch_floats(oss_seq_longest(seq), head_dim), sizeof(float));
}

static oss_dropout dropout_of(const oss_node *node) {
    return (oss_dropout){.p = node->f[0],
                         .seed = node->seed,
                         .step = node->u[0],
                         .site = node->u[1],
                         .utterance_id = node->ref[0]};
}

static oss_dropout_key make_key(const oss_dropout *dropout, int32_t b) {
    return (oss_dropout_key){.seed = dropout->seed,
                             .step = dropout->step,
                             .utterance = dropout->p > 0 ? dropout->utterance_id[b] : 0,
                             .site = dropout->site};
}

/* dqkv[N,3,H,D] stored */
static void store_grad(float *dqkv, const oss_node *node, float *scratch) {
    oss_dropout dropout = dropout_of(node);
    const oss_tensor *qkv = node->in[0], *y = node->out;
    int32_t heads = node->i[0], width = y->dim[1], d = width / heads;
    for (int32_t b = 0; b < node->seq.count; b++) {
        oss_dropout_key key = make_key(&dropout, b);
        size_t row = (size_t)node->seq.start[b];
        oss_k_attention_bwd(dqkv + row * 3 * (size_t)width, y->grad + row * (size_t)width,
                            y->data + row * (size_t)width, (const float *)node->saved + row * (size_t)heads,
                            qkv->data + row * 3 * (size_t)width, oss_seq_length(node->seq, b), heads, d,
                            oss_reach_of(node->ref[1], b), dropout.p, &key, scratch);
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    float *scratch = take_scratch(tape, node->seq, node->out->dim[1] / node->i[0]);
    bool accumulate;
    float *dqkv = oss_tape_grad(tape, node->in[0], &accumulate);
    size_t count = oss_tensor_count(node->in[0]);
    /* The kernel only stores: when qkv has another use, the gradient takes a detour. */
    float *stored = accumulate ? oss_tape_take(tape, count, sizeof *stored) : dqkv;
    if (dqkv == NULL || stored == NULL || !oss_tape_live(tape)) {
        return;
    }
    store_grad(stored, node, scratch);
    if (accumulate) {
        oss_k_add(dqkv, stored, count);
    }
}

static const oss_op attention_op = {"attention", backward};

oss_tensor *oss_op_attention(oss_tape *tape, oss_tensor *qkv, oss_seq seq, int32_t heads,
                             const oss_attention_reach *reach, const oss_dropout *dropout) {
    OSS_CONTRACT(heads > 0);
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(dropout != NULL && dropout->p >= 0.0f && dropout->p < 1.0f);
    OSS_CONTRACT(dropout->p == 0.0f || dropout->utterance_id != NULL);
    check_shapes(tape, qkv, seq, heads);
    int32_t n = qkv->dim[0], width = qkv->dim[1] / 3, d = width / heads;
    oss_tensor *y = oss_tape_tensor(tape, 2, (const int32_t[]){n, width}, qkv->needs_grad);
    float *lse = y->needs_grad ? oss_tape_take(tape, (size_t)n * (size_t)heads, sizeof *lse) : NULL;
    size_t mark = oss_tape_mark(tape);
    float *scratch = take_scratch(tape, seq, d);
    for (int32_t b = 0; b < seq.count && oss_tape_live(tape); b++) {
        oss_dropout_key key = make_key(dropout, b);
        int32_t s = oss_seq_length(seq, b);
        size_t row = (size_t)seq.start[b];
        oss_k_attention_fwd(y->data + row * (size_t)width, lse == NULL ? NULL : lse + row * (size_t)heads,
                            qkv->data + row * 3 * (size_t)width, s, heads, d, 0, s, oss_reach_of(reach, b),
                            dropout->p, &key, scratch);
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape, &(oss_node){.op = &attention_op,
                                      .in = {qkv},
                                      .out = y,
                                      .seq = seq,
                                      .saved = lse,
                                      .ref = {dropout->utterance_id, reach},
                                      .i = {heads},
                                      .u = {dropout->step, dropout->site},
                                      .seed = dropout->seed,
                                      .f = {dropout->p}});
    return y;
}
