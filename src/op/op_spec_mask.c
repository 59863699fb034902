/* y[sum T, bins] = x with SpecAugment's masked cells 0. Nothing is saved: the masks are a function of their
 * key. */
#include <string.h>

#include "op/ops.h"
#include "base/contract.h"
#include "op/seq_check.h"

static void mask(float *x, oss_seq seq, int32_t bins, const oss_spec_mask *m) {
    for (int32_t b = 0; b < seq.count; b++) {
        const oss_mask_key key = {.seed = m->seed, .step = m->step, .utterance = m->utterance_id[b]};
        oss_mask_apply(oss_seq_rows(x, seq, b, (size_t)bins), oss_seq_length(seq, b), bins, m->rate_hz,
                       m->spec, &key);
    }
}

/* Masks dy itself, which nobody reads afterwards. */
static void backward(oss_tape *tape, const oss_node *node) {
    float *dy = node->out->grad;
    bool accumulate;
    float *dx = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dx == NULL) {
        return;
    }
    const oss_spec_mask m = {.spec = node->ref[0],
                             .utterance_id = node->ref[1],
                             .rate_hz = node->f[0],
                             .seed = node->seed,
                             .step = node->u[0]};
    size_t count = oss_tensor_count(node->out);
    mask(dy, node->seq, node->out->dim[1], &m);
    if (accumulate) {
        oss_k_add(dx, dy, count);
    } else {
        memcpy(dx, dy, count * sizeof *dx);
    }
}

static const oss_op spec_mask_op = {"spec_mask", backward};

oss_tensor *oss_op_spec_mask(oss_tape *tape, oss_tensor *x, oss_seq seq, const oss_spec_mask *m) {
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(m != NULL && m->spec != NULL && m->utterance_id != NULL);
    OSS_CONTRACT(m->rate_hz > 0.0f);
    oss_check_packed(tape, "spec_mask", x, seq, 2);
    oss_tensor *y = oss_tape_tensor(tape, 2, x->dim, x->needs_grad);
    if (oss_tape_live(tape)) {
        memcpy(y->data, x->data, oss_tensor_count(y) * sizeof *y->data);
        mask(y->data, seq, y->dim[1], m);
    }
    oss_tape_record(tape, &(oss_node){.op = &spec_mask_op,
                                      .in = {x},
                                      .out = y,
                                      .seq = seq,
                                      .ref = {m->spec, m->utterance_id},
                                      .u = {m->step},
                                      .seed = m->seed,
                                      .f = {m->rate_hz}});
    return y;
}
