/* y[N,C] = x + pe,  pe[t,2i] = sin(t / base^(2i/C)), pe[t,2i+1] = cos(same), t from 0 in each utterance */
#include <string.h>

#include "op/ops.h"
#include "base/contract.h"
#include "op/seq_check.h"

static void backward(oss_tape *tape, const oss_node *node) {
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx == NULL) {
        return;
    }
    size_t count = oss_tensor_count(node->out);
    if (accumulate) {
        oss_k_add(dx, node->out->grad, count);
    } else {
        memcpy(dx, node->out->grad, count * sizeof *dx);
    }
}

static const oss_op sinusoidal_op = {"sinusoidal", backward};

oss_tensor *oss_op_sinusoidal(oss_tape *tape, oss_tensor *x, oss_seq seq, double base) {
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(x != NULL);
    oss_check_packed(tape, sinusoidal_op.name, x, seq, 2);
    oss_tensor *y = oss_tape_tensor(tape, 2, x->dim, x->needs_grad);
    if (oss_tape_live(tape)) {
        int32_t c = x->dim[1];
        memcpy(y->data, x->data, oss_tensor_count(x) * sizeof *y->data);
        for (int32_t b = 0; b < seq.count; b++) {
            oss_k_sinusoidal_add(y->data + (size_t)seq.start[b] * (size_t)c, seq.start[b + 1] - seq.start[b],
                                 c, base);
        }
    }
    oss_tape_record(tape, &(oss_node){.op = &sinusoidal_op, .in = {x}, .out = y});
    return y;
}
