/* y[N,M] = x[N,K] w[M,K]^T + b[M], or gelu of it. The three products take x, w and dy in the weight's format;
 * sums, b and GELU stay in float32. */
#include <string.h>

#include "base/contract.h"
#include "kernel/gemm_train.h"
#include "op/op_weight.h"
#include "op/ops.h"

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *w, const oss_tensor *b) {
    if (x->rank != 2 || w->rank != 2 || x->dim[1] != w->dim[1]) {
        oss_tape_fail_shape(tape, "linear", x, w, "x[N,K] needs w[M,K]");
    } else if (b != NULL && (b->rank != 1 || b->dim[0] != w->dim[0])) {
        oss_tape_fail_shape(tape, "linear", w, b, "w[M,K] needs b[M]");
    }
}

/* dy, as floats and as the products with w read it. */
typedef struct gradient {
    const float *dy;
    const void *operand;
} gradient;

static gradient take_gradient(oss_tape *tape, const oss_node *node) {
    gradient g = {.dy = node->out->grad};
    int32_t n = node->out->dim[0], m = node->out->dim[1];
    oss_k_format format = node->in[1]->format;
    size_t bytes = oss_k_operand_bytes(format, n, m);
    void *scratch = bytes > 0 ? oss_tape_take(tape, bytes, 1) : NULL;
    if (oss_tape_live(tape)) {
        g.operand = oss_k_operand(format, g.dy, n, m, scratch);
    }
    return g;
}

/* dw[M,K] (+)= dy^T x */
static void add_weight_grad(oss_tape *tape, const oss_node *node, gradient g) {
    oss_tensor *x = node->in[0], *w = node->in[1];
    bool accumulate;
    int32_t n = x->dim[0], k = x->dim[1], m = node->out->dim[1];
    void *scratch = oss_tape_take(tape, oss_k_linear_scratch_floats(w->format, n, m), sizeof(float));
    float *dw = oss_tape_grad(tape, w, &accumulate);
    if (dw != NULL) {
        oss_k_linear_bwd_weight(dw, g.operand, oss_tape_operand(tape, x, w->format), w->format, n, m, k,
                                accumulate, scratch);
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

/* dx[N,K] (+)= dy w */
static void add_input_grad(oss_tape *tape, const oss_node *node, gradient g) {
    const oss_tensor *w = node->in[1];
    if (!node->in[0]->needs_grad) {
        return;
    }
    oss_k_weight weight = oss_op_weight(w, NULL);
    oss_op_pack_back(tape, &weight, w);
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx != NULL) {
        oss_k_linear_bwd_input(dx, g.operand, &weight, node->out->dim[0], accumulate);
    }
}

/* With GELU `saved` is its input: then dy first becomes the gradient of that, in place. */
static void backward(oss_tape *tape, const oss_node *node) {
    float *dy = node->out->grad;
    if (node->saved != NULL && oss_tape_live(tape)) {
        oss_k_gelu_bwd(dy, dy, node->saved, oss_tensor_count(node->out), false);
    }
    gradient g = take_gradient(tape, node);
    add_weight_grad(tape, node, g);
    add_bias_grad(tape, node, dy);
    add_input_grad(tape, node, g);
}

static const oss_op linear_op = {"linear", backward};

static oss_tensor *take_output(oss_tape *tape, const oss_tensor *x, const oss_tensor *w,
                               const oss_tensor *b) {
    bool needs_grad = x->needs_grad || w->needs_grad || (b != NULL && b->needs_grad);
    check_shapes(tape, x, w, b);
    return oss_tape_tensor(tape, 2, (const int32_t[]){x->dim[0], w->dim[0]}, needs_grad);
}

/* y = x w^T + b; pre not NULL: kept there, and y = gelu of it. */
static void multiply(oss_tape *tape, oss_tensor *y, float *pre, oss_tensor *x, const oss_tensor *w,
                     const oss_tensor *b, oss_epilogue epilogue) {
    const void *operand = oss_tape_operand(tape, x, w->format);
    size_t mark = oss_tape_mark(tape);
    oss_k_weight weight = oss_op_weight(w, b);
    oss_op_pack(tape, &weight, w);
    if (oss_tape_live(tape)) {
        oss_k_linear(y->data, pre, operand, &weight, x->dim[0], epilogue);
    }
    oss_tape_release(tape, mark);
}

oss_tensor *oss_op_linear(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b) {
    OSS_CONTRACT(x != NULL && w != NULL);
    OSS_CONTRACT(x != w);
    oss_tensor *y = take_output(tape, x, w, b);
    multiply(tape, y, NULL, x, w, b, OSS_EPI_BIAS);
    oss_tape_record(tape, &(oss_node){.op = &linear_op, .in = {x, w, b}, .out = y});
    return y;
}

oss_tensor *oss_op_linear_gelu(oss_tape *tape, oss_tensor *x, oss_tensor *w, oss_tensor *b) {
    OSS_CONTRACT(x != NULL && w != NULL);
    OSS_CONTRACT(x != w);
    oss_tensor *y = take_output(tape, x, w, b);
    float *pre = y->needs_grad ? oss_tape_take(tape, oss_tensor_count(y), sizeof *pre) : NULL;
    multiply(tape, y, pre, x, w, b, OSS_EPI_BIAS_GELU);
    oss_tape_record(tape, &(oss_node){.op = &linear_op, .in = {x, w, b}, .out = y, .saved = pre});
    return y;
}
