/* loss[] = sum_b nll_b / max(L_b, 1) over the utterances whose nll is finite. The gradient of the logits
 * falls out of the forward pass, so it is computed there and saved; backward scales it. */
#include <math.h>

#include "kernel/ctc.h"
#include "base/contract.h"
#include "op/ops.h"
#include "op/seq_check.h"

typedef struct targets {
    const int32_t *const *label;
    const int32_t *labels;
    int32_t k;
} targets;

static void check_shapes(oss_tape *tape, const oss_tensor *logits, oss_seq seq, int32_t k) {
    if (logits->rank != 2 || logits->dim[0] != seq.start[seq.count] * k) {
        oss_tape_fail_shape(tape, "ctc", logits, NULL, "logits[N*k,V], N the sum of the utterances' frames");
    }
}

static size_t scratch_bytes(oss_seq seq, int32_t vocab, const targets *target) {
    size_t largest = 0;
    for (int32_t b = 0; b < seq.count; b++) {
        size_t bytes = oss_k_ctc_scratch_bytes(oss_seq_length(seq, b) * target->k, vocab, target->labels[b]);
        largest = bytes > largest ? bytes : largest;
    }
    return largest;
}

static void backward(oss_tape *tape, const oss_node *node) {
    bool accumulate;
    float *dlogits = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dlogits == NULL) {
        return;
    }
    float dloss = node->out->grad[0];
    size_t count = oss_tensor_count(node->in[0]);
    if (accumulate) {
        oss_k_axpy(dlogits, dloss, node->saved, count);
    } else {
        oss_k_scale(dlogits, node->saved, dloss, count);
    }
}

static const oss_op ctc_op = {"ctc", backward};

/* Returns the loss; grad[N*k,V] may be NULL. */
static double run_forward(float *grad, double *nll, double *imbalance, const oss_tensor *logits, oss_seq seq,
                          const targets *target, void *scratch) {
    double loss = 0;
    int32_t vocab = logits->dim[1];
    for (int32_t b = 0; b < seq.count; b++) {
        size_t first = (size_t)seq.start[b] * (size_t)target->k * (size_t)vocab;
        int32_t labels = target->labels[b];
        double scale = 1.0 / (labels > 1 ? labels : 1);
        oss_ctc_result result =
            oss_k_ctc(grad == NULL ? NULL : grad + first, logits->data + first,
                      oss_seq_length(seq, b) * target->k, vocab, target->label[b], labels, scale, scratch);
        nll[b] = result.nll;
        *imbalance = fmax(*imbalance, result.max_imbalance);
        loss += isfinite(result.nll) ? result.nll * scale : 0.0;
    }
    return loss;
}

oss_tensor *oss_op_ctc(oss_tape *tape, oss_tensor *logits, oss_seq seq, int32_t k,
                       const int32_t *const *label, const int32_t *labels, oss_ctc_report *out_report) {
    OSS_CONTRACT(k >= 1);
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(label != NULL && labels != NULL && out_report != NULL);
    check_shapes(tape, logits, seq, k);
    const targets target = {label, labels, k};
    oss_tensor *loss = oss_tape_tensor(tape, 0, NULL, logits->needs_grad);
    double *nll = oss_tape_take(tape, (size_t)seq.count, sizeof *nll);
    float *grad = loss->needs_grad ? oss_tape_take(tape, oss_tensor_count(logits), sizeof *grad) : NULL;
    double imbalance = 0;
    size_t mark = oss_tape_mark(tape);
    void *scratch = oss_tape_take(tape, scratch_bytes(seq, logits->dim[1], &target), 1);
    if (oss_tape_live(tape)) {
        loss->data[0] = (float)run_forward(grad, nll, &imbalance, logits, seq, &target, scratch);
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape, &(oss_node){.op = &ctc_op, .in = {logits}, .out = loss, .saved = grad});
    *out_report = (oss_ctc_report){.nll = nll, .max_imbalance = imbalance};
    return loss;
}
