/* loss[] = sum over pairs of 1/(2R) sum_r [KL(sg(pb) || pa) + KL(sg(pa) || pb)], p = softmax of a row's
 * logits, R rows each, sg: no gradient (Yao et al. 2024, "CR-CTC", equation 3, with the mean over rows in
 * place of the sum). d loss / d za = (pa - pb) / 2R, d loss / d zb its negative: taken in forward and saved,
 * as CTC's is. */
#include "op/ops.h"
#include "base/contract.h"
#include "op/seq_check.h"

static void check_shapes(oss_tape *tape, const oss_tensor *logits, oss_seq seq, int32_t k) {
    bool fits = logits->rank == 2 && seq.count % 2 == 0 && logits->dim[0] == seq.start[seq.count] * k;
    for (int32_t b = 0; b + 1 < seq.count && fits; b += 2) {
        fits = oss_seq_length(seq, b) == oss_seq_length(seq, b + 1);
    }
    if (!fits) {
        oss_tape_fail_shape(tape, "consistency", logits, NULL,
                            "logits[N*k,V], utterances in pairs of the same length");
    }
}

static void backward(oss_tape *tape, const oss_node *node) {
    bool accumulate;
    float *dlogits = oss_tape_grad(tape, node->in[0], &accumulate);
    if (dlogits == NULL) {
        return;
    }
    size_t count = oss_tensor_count(node->in[0]);
    if (accumulate) {
        oss_k_axpy(dlogits, node->out->grad[0], node->saved, count);
    } else {
        oss_k_scale(dlogits, node->saved, node->out->grad[0], count);
    }
}

static const oss_op consistency_op = {"consistency", backward};

/* Both divergences of a row, added; scale times the gradient in da, db [V] unless NULL. scratch[4,V]. */
static double compare_rows(float *da, float *db, const float *a, const float *b, int32_t vocab, float scale,
                           float *scratch) {
    float *log_a = scratch, *log_b = log_a + vocab, *p_a = log_b + vocab, *p_b = p_a + vocab;
    oss_k_log_softmax(log_a, a, 1, vocab);
    oss_k_log_softmax(log_b, b, 1, vocab);
    oss_k_exp(p_a, log_a, (size_t)vocab);
    oss_k_exp(p_b, log_b, (size_t)vocab);
    double sum = 0;
    for (int32_t v = 0; v < vocab; v++) {
        float apart = p_a[v] - p_b[v];
        sum += (double)apart * (double)(log_a[v] - log_b[v]);
        if (da != NULL) {
            da[v] = scale * apart;
            db[v] = -da[v];
        }
    }
    return sum;
}

static double run_forward(float *grad, const oss_tensor *logits, oss_seq seq, int32_t k, float *scratch) {
    double loss = 0;
    int32_t vocab = logits->dim[1];
    for (int32_t i = 0; i + 1 < seq.count; i += 2) {
        int32_t rows = oss_seq_length(seq, i) * k;
        size_t a = (size_t)seq.start[i] * (size_t)k * (size_t)vocab;
        size_t b = (size_t)seq.start[i + 1] * (size_t)k * (size_t)vocab;
        double sum = 0;
        for (int32_t r = 0; r < rows; r++, a += (size_t)vocab, b += (size_t)vocab) {
            sum += compare_rows(grad == NULL ? NULL : grad + a, grad == NULL ? NULL : grad + b,
                                logits->data + a, logits->data + b, vocab, 0.5f / (float)rows, scratch);
        }
        loss += 0.5 * sum / rows;
    }
    return loss;
}

oss_tensor *oss_op_consistency(oss_tape *tape, oss_tensor *logits, oss_seq seq, int32_t k) {
    OSS_CONTRACT(k >= 1);
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    check_shapes(tape, logits, seq, k);
    oss_tensor *loss = oss_tape_tensor(tape, 0, NULL, logits->needs_grad);
    float *grad = loss->needs_grad ? oss_tape_take(tape, oss_tensor_count(logits), sizeof *grad) : NULL;
    size_t mark = oss_tape_mark(tape);
    float *scratch = oss_tape_take(tape, 4 * (size_t)logits->dim[1], sizeof *scratch);
    if (oss_tape_live(tape)) {
        loss->data[0] = (float)run_forward(grad, logits, seq, k, scratch);
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape, &(oss_node){.op = &consistency_op, .in = {logits}, .out = loss, .saved = grad});
    return loss;
}
