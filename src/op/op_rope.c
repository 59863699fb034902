/* y[N,3,H,D] = qkv with q and k rotated: pair (i, i + D/2) turns by t * base^(-2i/D). The rotation is
 * orthogonal, so its backward is the opposite rotation. */
#include <string.h>

#include "op/ops.h"
#include "base/contract.h"
#include "op/seq_check.h"

static void check_shapes(oss_tape *tape, const oss_tensor *qkv, oss_seq seq, int32_t heads) {
    oss_check_packed(tape, "rope", qkv, seq, 2);
    if (qkv->rank != 2 || qkv->dim[1] % (6 * heads) != 0) {
        oss_tape_fail_shape(tape, "rope", qkv, NULL, "qkv[N,3*H*D] with an even head width D");
    }
}

/* data[N,3,H,D] in place */
static void rotate(float *data, oss_seq seq, int32_t width, int32_t heads, const float *table, float sign) {
    for (int32_t b = 0; b < seq.count; b++) {
        oss_k_rope(oss_seq_rows(data, seq, b, (size_t)width), table, oss_seq_length(seq, b), heads,
                   width / (3 * heads), sign);
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx == NULL) {
        return;
    }
    float *dy = node->out->grad;
    size_t count = oss_tensor_count(node->out);
    rotate(dy, node->seq, node->out->dim[1], node->i[0], node->ref[0], -1.0f);
    if (accumulate) {
        oss_k_add(dx, dy, count);
    } else {
        memcpy(dx, dy, count * sizeof *dx);
    }
}

static const oss_op rope_op = {"rope", backward};

const float *oss_op_rope_table(oss_tape *tape, oss_seq seq, int32_t head_dim, double base) {
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(head_dim > 0 && head_dim % 2 == 0);
    OSS_CONTRACT(base > 0.0);
    int32_t longest = oss_seq_longest(seq);
    float *table = oss_tape_take(tape, (size_t)longest * (size_t)head_dim, sizeof *table);
    if (oss_tape_live(tape)) {
        oss_k_rope_table(table, longest, head_dim, base);
    }
    return table;
}

oss_tensor *oss_op_rope(oss_tape *tape, oss_tensor *qkv, oss_seq seq, int32_t heads, const float *table) {
    OSS_CONTRACT(heads > 0);
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(table != NULL || !oss_tape_live(tape));
    check_shapes(tape, qkv, seq, heads);
    oss_tensor *y = oss_tape_tensor(tape, 2, qkv->dim, qkv->needs_grad);
    if (oss_tape_live(tape)) {
        memcpy(y->data, qkv->data, oss_tensor_count(qkv) * sizeof *y->data);
        rotate(y->data, seq, qkv->dim[1], heads, table, 1.0f);
    }
    oss_tape_record(
        tape, &(oss_node){.op = &rope_op, .in = {qkv}, .out = y, .seq = seq, .i = {heads}, .ref = {table}});
    return y;
}
