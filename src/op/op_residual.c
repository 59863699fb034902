/* y[N,C] = x + dropout(h), with stochastic depth. Nothing is saved: what is dropped is a function of its key. */
#include <string.h>

#include "base/rng.h"
#include "base/contract.h"
#include "op/ops.h"
#include "op/seq_check.h"

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *h, oss_seq seq) {
    oss_check_packed(tape, "residual", x, seq, 2);
    if (h->rank != 2 || h->dim[0] != x->dim[0] || h->dim[1] != x->dim[1]) {
        oss_tape_fail_shape(tape, "residual", x, h, "x[N,C] needs h[N,C]");
    }
}

/* What an utterance's h is multiplied by; 0: it is left out. */
static float draw_gain(const oss_dropout *dropout, int32_t b) {
    if (dropout->skip_p <= 0) {
        return 1.0f;
    }
    uint64_t place = (uint64_t)dropout->step << 32 | dropout->utterance_id[b];
    double drawn = oss_rng_uniform(dropout->seed, OSS_RNG_DEPTH, place, dropout->skip_site);
    return drawn < (double)dropout->skip_p ? 0.0f : 1.0f / (1.0f - dropout->skip_p);
}

/* out[N,C] (+)= dropout(in), or nothing of an utterance that is skipped */
static void drop(float *out, const float *in, oss_seq seq, int32_t c, const oss_dropout *dropout,
                 bool accumulate) {
    for (int32_t b = 0; b < seq.count; b++) {
        oss_dropout_key key = {.seed = dropout->seed,
                               .step = dropout->step,
                               .utterance = dropout->utterance_id[b],
                               .site = dropout->site};
        size_t first = (size_t)seq.start[b] * (size_t)c;
        size_t count = (size_t)oss_seq_length(seq, b) * (size_t)c;
        float gain = draw_gain(dropout, b);
        if (gain > 0) {
            oss_k_dropout_gain(out + first, in + first, count, dropout->p, gain, &key, 0, accumulate);
        } else if (!accumulate) {
            memset(out + first, 0, count * sizeof *out);
        }
    }
}

static bool drops(const oss_dropout *dropout) {
    return dropout->p > 0 || dropout->skip_p > 0;
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
    const oss_dropout dropout = {.p = node->f[0],
                                 .seed = node->seed,
                                 .step = node->u[0],
                                 .site = node->u[1],
                                 .utterance_id = node->ref[0],
                                 .skip_p = node->f[1],
                                 .skip_site = (uint32_t)node->i[0]};
    if (drops(&dropout)) {
        drop(dh, dy, node->seq, node->out->dim[1], &dropout, accumulate);
    } else {
        pass_on(dh, dy, count, accumulate);
    }
}

static const oss_op residual_op = {"residual", backward};

oss_tensor *oss_op_residual(oss_tape *tape, oss_tensor *x, oss_tensor *h, oss_seq seq,
                            const oss_dropout *dropout) {
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(dropout != NULL && dropout->p >= 0.0f && dropout->p < 1.0f);
    OSS_CONTRACT(dropout->skip_p >= 0.0f && dropout->skip_p < 1.0f);
    OSS_CONTRACT(!drops(dropout) || dropout->utterance_id != NULL);
    check_shapes(tape, x, h, seq);
    oss_tensor *y = oss_tape_tensor(tape, 2, x->dim, x->needs_grad || h->needs_grad);
    if (oss_tape_live(tape)) {
        size_t count = oss_tensor_count(y);
        memcpy(y->data, x->data, count * sizeof *y->data);
        if (drops(dropout)) {
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
                                      .i = {(int32_t)dropout->skip_site},
                                      .u = {dropout->step, dropout->site},
                                      .seed = dropout->seed,
                                      .f = {dropout->p, dropout->skip_p}});
    return y;
}
