/* y[N,M] = x[N,K] w[M,K]^T + b[M], or gelu of it. With a weight of bf16 the three products take x, w and dy
 * rounded; sums, b and GELU stay in float32. */
#include <string.h>

#include "kernel/bf16.h"
#include "base/contract.h"
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

/* w as the product of forward reads it. */
static const float *get_packed(oss_tape *tape, const oss_tensor *w) {
    if (w->packed != NULL) {
        return w->packed;
    }
    float *packed = oss_tape_take(tape, oss_k_packed_floats(w->dim[0], w->dim[1]), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_pack_weight(packed, w->data, w->dim[0], w->dim[1]);
        if (w->bf16) {
            oss_k_bf16_pair_packed(packed, w->dim[0], w->dim[1]);
        }
    }
    return packed;
}

static const float *get_packed_back(oss_tape *tape, const oss_tensor *w) {
    if (w->packed_back != NULL) {
        return w->packed_back;
    }
    float *packed = oss_tape_take(tape, oss_k_packed_floats(w->dim[1], w->dim[0]), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_pack_weight_back(packed, w->data, w->dim[0], w->dim[1]);
        if (w->bf16) {
            oss_k_bf16_pair_packed(packed, w->dim[1], w->dim[0]);
        }
    }
    return packed;
}

/* dy, and in `half` the same rounded when the weight is of bf16. */
typedef struct gradient {
    const float *dy;
    oss_bf16 *half;
} gradient;

static gradient take_gradient(oss_tape *tape, const oss_node *node) {
    gradient g = {.dy = node->out->grad};
    int32_t n = node->out->dim[0], m = node->out->dim[1];
    if (node->in[1]->bf16) {
        g.half = oss_tape_take(tape, (size_t)n * (size_t)oss_bf16_columns(m), sizeof *g.half);
        if (oss_tape_live(tape)) {
            oss_k_bf16_round(g.half, g.dy, m, n, m);
        }
    }
    return g;
}

/* dw[M,K] (+)= dy^T x */
static void add_weight_grad(oss_tape *tape, const oss_node *node, gradient g) {
    const oss_tensor *x = node->in[0];
    bool accumulate, bf16 = node->in[1]->bf16;
    int32_t n = x->dim[0], k = x->dim[1], m = node->out->dim[1];
    void *scratch =
        oss_tape_take(tape, bf16 ? oss_k_bf16_linear_scratch(n, m) : OSS_GEMM_SCRATCH_FLOATS, sizeof(float));
    float *dw = oss_tape_grad(tape, node->in[1], &accumulate);
    if (dw != NULL && bf16) {
        oss_k_bf16_linear_bwd_weight(dw, g.half, x->half, n, m, k, accumulate, scratch);
    } else if (dw != NULL) {
        oss_k_gemm_train(true, false, m, k, n, g.dy, m, x->data, k, accumulate ? 1.0f : 0.0f, dw, k, scratch);
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
    int32_t n = node->out->dim[0], m = w->dim[0], k = w->dim[1];
    if (!node->in[0]->needs_grad) {
        return;
    }
    const float *packed = get_packed_back(tape, w);
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    oss_epilogue epilogue = accumulate ? OSS_EPI_BIAS_ADD : OSS_EPI_BIAS;
    if (dx != NULL && w->bf16) {
        oss_k_bf16_linear(dx, NULL, g.half, packed, NULL, n, k, m, epilogue);
    } else if (dx != NULL) {
        oss_k_linear_packed(dx, k, g.dy, m, packed, NULL, n, k, m, epilogue);
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
    int32_t n = x->dim[0], m = w->dim[0], k = w->dim[1];
    const oss_bf16 *half = w->bf16 ? oss_tape_half(tape, x) : NULL;
    size_t mark = oss_tape_mark(tape);
    const float *packed = get_packed(tape, w), *bias = b != NULL ? b->data : NULL;
    if (oss_tape_live(tape) && w->bf16) {
        oss_k_bf16_linear(y->data, pre, half, packed, bias, n, m, k, epilogue);
    } else if (oss_tape_live(tape) && pre != NULL) {
        oss_k_linear_gelu_packed(y->data, pre, x->data, packed, bias, n, m, k);
    } else if (oss_tape_live(tape)) {
        oss_k_linear_packed(y->data, m, x->data, k, packed, bias, n, m, k, epilogue);
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
