/* y[N,M] = x[N,K] w[M,K]^T + b[M] */
#include <string.h>

#include "kernel/gemm.h"
#include "kernel/gemm_train.h"
#include "op/ops.h"

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *w, const oss_tensor *b) {
    if (x->rank != 2 || w->rank != 2 || x->dim[1] != w->dim[1]) {
        oss_tape_fail_shape(tape, "linear", x, w, "x[N,K] needs w[M,K]");
    } else if (b != NULL && (b->rank != 1 || b->dim[0] != w->dim[0])) {
        oss_tape_fail_shape(tape, "linear", w, b, "w[M,K] needs b[M]");
    }
}

static float *take_scratch(oss_tape *tape) {
    return oss_tape_take(tape, OSS_GEMM_SCRATCH_FLOATS, sizeof(float));
}

/* dw[M,K] (+)= dy^T x */
static void add_weight_grad(oss_tape *tape, const oss_node *node, const float *dy, float *scratch) {
    bool accumulate;
    float *dw = oss_tape_grad(tape, node->in[1], &accumulate);
    if (dw != NULL) {
        const oss_tensor *x = node->in[0];
        int32_t n = x->dim[0], k = x->dim[1], m = node->out->dim[1];
        oss_k_gemm_train(true, false, m, k, n, dy, m, x->data, k, accumulate ? 1.0f : 0.0f, dw, k, scratch);
    }
}

/* db[M] (+)= sum_n dy[n,:] */
static void add_bias_grad(oss_tape *tape, const oss_node *node, const float *dy) {
    bool accumulate;
    float *db = oss_tape_grad(tape, node->in[2], &accumulate);
    if (db != NULL) {
        int32_t n = node->out->dim[0], m = node->out->dim[1];
        if (!accumulate) {
            memset(db, 0, (size_t)m * sizeof *db);
        }
        oss_k_bias_grad(db, dy, m, n, m);
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    float *scratch = take_scratch(tape);
    const oss_tensor *w = node->in[1];
    const float *dy = node->out->grad;
    int32_t n = node->out->dim[0], m = w->dim[0], k = w->dim[1];
    add_weight_grad(tape, node, dy, scratch);
    add_bias_grad(tape, node, dy);
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx != NULL) {
        oss_k_gemm_train(false, false, n, k, m, dy, m, w->data, k, accumulate ? 1.0f : 0.0f, dx, k, scratch);
    }
}

static const oss_op linear_op = {"linear", backward};

oss_tensor *oss_op_linear(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b) {
    check_shapes(tape, x, w, b);
    int32_t n = x->dim[0], m = w->dim[0], k = w->dim[1];
    bool needs_grad = x->needs_grad || w->needs_grad || (b != NULL && b->needs_grad);
    oss_tensor *y = oss_tape_tensor(tape, 2, (const int32_t[]){n, m}, needs_grad);
    size_t mark = oss_tape_mark(tape);
    float *scratch = take_scratch(tape);
    if (oss_tape_live(tape)) {
        oss_k_gemm_train(false, true, n, m, k, x->data, k, w->data, k, 0.0f, y->data, m, scratch);
        if (b != NULL) {
            oss_k_bias_add(y->data, m, b->data, n, m);
        }
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape, &(oss_node){.op = &linear_op, .in = {x, w, b}, .out = y});
    return y;
}
