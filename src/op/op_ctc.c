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

/* ---- label priors ---- */

/* Rows of one utterance. With x' = x - shift and q its softmax, p_t(s) e^-shift(s) = q_t(s) sum e^x' / sum e^x: CTC of x'
 * does the work, and each row adds ln sum e^x - ln sum e^x' to the loss and p - q to the gradient, which then is p less the
 * posterior of the paths. */
typedef struct prior_rows {
    const float *x; /* [rows,V] */
    int32_t rows, vocab;
    float *shifted; /* [rows,V] */
    float *scratch; /* [4,V] */
} prior_rows;

static size_t count_prior_floats(oss_seq seq, int32_t vocab, int32_t k) {
    size_t longest = 0;
    for (int32_t b = 0; b < seq.count; b++) {
        size_t rows = (size_t)oss_seq_length(seq, b) * (size_t)k;
        longest = rows > longest ? rows : longest;
    }
    return (longest + 4) * (size_t)vocab;
}

static void shift_rows(const prior_rows *r, const float *shift) {
    for (int32_t i = 0; i < r->rows; i++) {
        for (int32_t v = 0; v < r->vocab; v++) {
            size_t at = (size_t)i * (size_t)r->vocab + (size_t)v;
            r->shifted[at] = r->x[at] - shift[v];
        }
    }
}

/* Returns what row i adds to the nll; grad[V], NULL: none, gets scale (p - q) added. */
static double finish_row(float *grad, const prior_rows *r, int32_t i, const oss_ctc_prior *prior,
                         double scale) {
    const int32_t vocab = r->vocab;
    float *log_p = r->scratch, *log_q = log_p + vocab, *p = log_q + vocab, *q = p + vocab;
    oss_k_log_softmax(log_p, r->x + (size_t)i * (size_t)vocab, 1, vocab);
    oss_k_log_softmax(log_q, r->shifted + (size_t)i * (size_t)vocab, 1, vocab);
    oss_k_exp(p, log_p, (size_t)vocab);
    oss_k_exp(q, log_q, (size_t)vocab);
    int32_t best = 0;
    for (int32_t v = 0; v < vocab; v++) {
        best = log_p[v] > log_p[best] ? v : best;
        prior->sum[v] += (double)p[v];
        if (grad != NULL) {
            grad[v] += (float)(scale * ((double)p[v] - (double)q[v]));
        }
    }
    /* ln sum e^x - ln sum e^x' by any symbol; by the likeliest it rounds least. */
    return (double)prior->shift[best] + (double)log_q[best] - (double)log_p[best];
}

static double finish_rows(float *grad, const prior_rows *r, const oss_ctc_prior *prior, double scale) {
    double sum = 0;
    for (int32_t i = 0; i < r->rows; i++) {
        sum += finish_row(grad == NULL ? NULL : grad + (size_t)i * (size_t)r->vocab, r, i, prior, scale);
    }
    *prior->rows += r->rows;
    return sum;
}

/* ---- forward ---- */

typedef struct ctc_work {
    const targets *target;
    const oss_ctc_prior *prior; /* or NULL */
    float *prior_floats;        /* [count_prior_floats] */
    void *scratch;
    double imbalance;
} ctc_work;

/* Utterance b: grad[rows,V], NULL: none, from x[rows,V]. Returns the nll that trains; *plain is that without priors. */
static double run_utterance(float *grad, double *plain, const float *x, int32_t rows, int32_t vocab,
                            int32_t b, ctc_work *work, double scale) {
    const int32_t *label = work->target->label[b];
    const int32_t labels = work->target->labels[b];
    const prior_rows r = {.x = x,
                          .rows = rows,
                          .vocab = vocab,
                          .shifted = work->prior_floats + 4 * (size_t)vocab,
                          .scratch = work->prior_floats};
    if (work->prior != NULL) {
        *plain = oss_k_ctc(NULL, x, rows, vocab, label, labels, scale, work->scratch).nll;
        shift_rows(&r, work->prior->shift);
    }
    oss_ctc_result result = oss_k_ctc(grad, work->prior == NULL ? x : r.shifted, rows, vocab, label, labels,
                                      scale, work->scratch);
    work->imbalance = fmax(work->imbalance, result.max_imbalance);
    if (work->prior == NULL) {
        *plain = result.nll;
    } else if (isfinite(result.nll)) {
        result.nll += finish_rows(grad, &r, work->prior, scale);
    }
    return result.nll;
}

/* Returns the loss; grad[N*k,V] may be NULL. */
static double run_forward(float *grad, double *nll, const oss_tensor *logits, oss_seq seq, ctc_work *work) {
    double loss = 0;
    int32_t vocab = logits->dim[1], k = work->target->k;
    for (int32_t b = 0; b < seq.count; b++) {
        size_t first = (size_t)seq.start[b] * (size_t)k * (size_t)vocab;
        int32_t labels = work->target->labels[b];
        double scale = 1.0 / (labels > 1 ? labels : 1);
        double own = run_utterance(grad == NULL ? NULL : grad + first, &nll[b], logits->data + first,
                                   oss_seq_length(seq, b) * k, vocab, b, work, scale);
        loss += isfinite(own) ? own * scale : 0.0;
    }
    return loss;
}

oss_tensor *oss_op_ctc(oss_tape *tape, oss_tensor *logits, oss_seq seq, int32_t k,
                       const int32_t *const *label, const int32_t *labels, const oss_ctc_prior *prior,
                       oss_ctc_report *out_report) {
    OSS_CONTRACT(k >= 1);
    OSS_CONTRACT(seq.count >= 0 && seq.start != NULL && seq.start[0] == 0);
    OSS_CONTRACT(label != NULL && labels != NULL && out_report != NULL);
    check_shapes(tape, logits, seq, k);
    const targets target = {label, labels, k};
    ctc_work work = {.target = &target, .prior = prior};
    oss_tensor *loss = oss_tape_tensor(tape, 0, NULL, logits->needs_grad);
    double *nll = oss_tape_take(tape, (size_t)seq.count, sizeof *nll);
    float *grad = loss->needs_grad ? oss_tape_take(tape, oss_tensor_count(logits), sizeof *grad) : NULL;
    size_t mark = oss_tape_mark(tape);
    work.scratch = oss_tape_take(tape, scratch_bytes(seq, logits->dim[1], &target), 1);
    if (prior != NULL) {
        work.prior_floats =
            oss_tape_take(tape, count_prior_floats(seq, logits->dim[1], k), sizeof *work.prior_floats);
    }
    if (oss_tape_live(tape)) {
        loss->data[0] = (float)run_forward(grad, nll, logits, seq, &work);
    }
    oss_tape_release(tape, mark);
    oss_tape_record(tape, &(oss_node){.op = &ctc_op, .in = {logits}, .out = loss, .saved = grad});
    *out_report = (oss_ctc_report){.nll = nll, .max_imbalance = work.imbalance};
    return loss;
}
