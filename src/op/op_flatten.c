/* y[n, ch*F + f] = x[n, f, ch]: every row is a small matrix that is transposed. */
#include "op/ops.h"

#include "base/contract.h"

/* y[cols,rows] (+)= x[rows,cols]^T */
static void transpose(float *restrict y, const float *restrict x, int32_t rows, int32_t cols,
                      bool accumulate) {
    for (int32_t c = 0; c < cols; c++) {
        for (int32_t r = 0; r < rows; r++) {
            float value = x[(size_t)r * (size_t)cols + (size_t)c];
            float *to = &y[(size_t)c * (size_t)rows + (size_t)r];
            *to = accumulate ? *to + value : value;
        }
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx == NULL) {
        return;
    }
    const oss_tensor *x = node->in[0];
    size_t row = oss_tensor_row(x);
    for (int32_t n = 0; n < x->dim[0]; n++) {
        transpose(dx + (size_t)n * row, node->out->grad + (size_t)n * row, x->dim[2], x->dim[1], accumulate);
    }
}

static const oss_op flatten_op = {"flatten", backward};

oss_tensor *oss_op_flatten(oss_tape *tape, oss_tensor *x) {
    OSS_CONTRACT(x != NULL && x->rank >= 0 && x->rank <= OSS_MAX_RANK);
    if (x->rank != 3) {
        oss_tape_fail_shape(tape, "flatten", x, NULL, "x[N,F,Ch]");
    }
    size_t row = oss_tensor_row(x);
    oss_tensor *y = oss_tape_tensor(tape, 2, (const int32_t[]){x->dim[0], (int32_t)row}, x->needs_grad);
    if (oss_tape_live(tape)) {
        for (int32_t n = 0; n < x->dim[0]; n++) {
            transpose(y->data + (size_t)n * row, x->data + (size_t)n * row, x->dim[1], x->dim[2], false);
        }
    }
    oss_tape_record(tape, &(oss_node){.op = &flatten_op, .in = {x}, .out = y});
    return y;
}
