/* y[r,c] = x[r,c] w[c] inv[r],  inv[r] = 1 / sqrt(mean_c x[r,c]^2 + eps); saved: inv[N] */
#include <string.h>

#include "op/ops.h"

#include "base/contract.h"

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *w) {
    if (x->rank != 2 || w->rank != 1 || x->dim[1] != w->dim[0]) {
        oss_tape_fail_shape(tape, "rmsnorm", x, w, "x[N,C] needs w[C]");
    }
}

/* The kernel stores or adds dx in one piece and always adds dw. */
static void backward(oss_tape *tape, const oss_node *node) {
    const oss_tensor *x = node->in[0], *w = node->in[1];
    bool add_dx, add_dw;
    float *dx = oss_tape_grad(tape, node->in[0], &add_dx);
    float *dw = oss_tape_grad(tape, node->in[1], &add_dw);
    if (dx == NULL && dw == NULL) {
        return;
    }
    if (dw != NULL && !add_dw) {
        memset(dw, 0, oss_tensor_count(w) * sizeof *dw);
    }
    oss_k_rmsnorm_bwd(dx, dw, node->out->grad, x->data, w->data, node->saved, x->dim[0], x->dim[1], add_dx);
}

static const oss_op rmsnorm_op = {"rmsnorm", backward};

oss_tensor *oss_op_rmsnorm(oss_tape *tape, oss_tensor *x, oss_tensor *w, float eps) {
    OSS_CONTRACT(eps > 0.0f);
    OSS_CONTRACT(x != NULL && w != NULL);
    check_shapes(tape, x, w);
    oss_tensor *y = oss_tape_tensor(tape, 2, x->dim, x->needs_grad || w->needs_grad);
    float *inv = y->needs_grad ? oss_tape_take(tape, (size_t)x->dim[0], sizeof *inv) : NULL;
    if (oss_tape_live(tape)) {
        oss_k_rmsnorm_fwd(y->data, inv, x->data, w->data, x->dim[0], x->dim[1], eps);
    }
    oss_tape_record(tape, &(oss_node){.op = &rmsnorm_op, .in = {x, w}, .out = y, .saved = inv});
    return y;
}
