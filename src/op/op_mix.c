/* y[] = a x[] + b z[] */
#include "op/ops.h"

#include "base/contract.h"

static void check_shapes(oss_tape *tape, const oss_tensor *x, const oss_tensor *z) {
    if (x->rank != 0 || z->rank != 0) {
        oss_tape_fail_shape(tape, "mix", x, z, "both must be scalars");
    }
}

static void pass_on(oss_tape *tape, oss_tensor *to, float grad) {
    bool accumulate;
    float *dx = oss_tape_grad(tape, to, &accumulate);
    if (dx != NULL) {
        dx[0] = accumulate ? dx[0] + grad : grad;
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    float dy = oss_tape_live(tape) ? node->out->grad[0] : 0.0f;
    pass_on(tape, node->in[0], node->f[0] * dy);
    pass_on(tape, node->in[1], node->f[1] * dy);
}

static const oss_op mix_op = {"mix", backward};

oss_tensor *oss_op_mix(oss_tape *tape, oss_tensor *x, float a, oss_tensor *z, float b) {
    OSS_CONTRACT(x != NULL && z != NULL);
    OSS_CONTRACT(x != z);
    check_shapes(tape, x, z);
    oss_tensor *y = oss_tape_tensor(tape, 0, NULL, x->needs_grad || z->needs_grad);
    if (oss_tape_live(tape)) {
        y->data[0] = a * x->data[0] + b * z->data[0];
    }
    oss_tape_record(tape, &(oss_node){.op = &mix_op, .in = {x, z}, .out = y, .f = {a, b}});
    return y;
}
