/* y = x Phi(x), element by element */
#include "op/ops.h"

#include "base/contract.h"

static void backward(oss_tape *tape, const oss_node *node) {
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx != NULL) {
        oss_k_gelu_bwd(dx, node->out->grad, node->in[0]->data, oss_tensor_count(node->out), accumulate);
    }
}

static const oss_op gelu_op = {"gelu", backward};

oss_tensor *oss_op_gelu(oss_tape *tape, oss_tensor *x) {
    OSS_CONTRACT(x != NULL && !(x->has_half && x->data == NULL));
    oss_tensor *y = oss_tape_tensor(tape, x->rank, x->dim, x->needs_grad);
    if (oss_tape_live(tape)) {
        oss_k_gelu_fwd(y->data, x->data, oss_tensor_count(x));
    }
    oss_tape_record(tape, &(oss_node){.op = &gelu_op, .in = {x}, .out = y});
    return y;
}
