/* CTC with label priors: the loss by the definition, in double over all states, and the gradient by its differences. The same
 * against PyTorch: tests/nn/test_label_prior.c. */
#include <math.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/gradcheck.h"
#include "support/suite.h"

enum { B = 4, V = 5, FRAMES = 18, K = 2, ROWS = K * FRAMES, STATES = 9 };
static const int32_t LENGTH[B] = {5, 6, 3, 4}; /* frames */
static const int32_t LABELS[B] = {3, 4, 0, 2};
static const int32_t one[] = {1, 1, 3}, two[] = {4, 2, 2, 4}, four[] = {3, 1};
static const int32_t *const LABEL[B] = {one, two, NULL, four};
static const float SHIFT[V] = {-0.05f, -1.4f, -0.6f, -2.2f, -0.9f};

typedef struct bench {
    float logits[ROWS * V], grad[ROWS * V];
    double sum[V];
    int64_t rows;
    oss_tape *tape;
} bench;

static bench make(void) {
    bench b = {.rows = 0};
    oss_fill_f32(b.logits, ROWS * V, 31, 3.0);
    ck_assert_int_eq(oss_tape_create(&b.tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(b.tape), 1 << 20), OSS_OK);
    return b;
}

/* shift NULL: no priors. */
static double run(bench *b, const float *shift, const int32_t *labels, oss_ctc_report *report) {
    const oss_ctc_prior prior = {.shift = shift, .sum = b->sum, .rows = &b->rows};
    oss_tape_reset(b->tape, true);
    oss_tensor *in = oss_tape_param(b->tape, b->logits, b->grad, 2, (const int32_t[]){ROWS, V}, true);
    in->grad_written = false;
    oss_tensor *loss = oss_op_ctc(b->tape, in, oss_gradcheck_seq(b->tape, LENGTH, B), K, LABEL, labels,
                                  shift == NULL ? NULL : &prior, report);
    double value = (double)loss->data[0];
    oss_tape_backward(b->tape, loss, NULL);
    ck_assert_msg(oss_tape_status(b->tape) == OSS_OK, "%s", oss_last_error());
    return value;
}

/* -ln sum over paths of prod_t softmax_t(s) e^-shift(s), by all states of all rows, in probabilities. */
static double measure_nll(const double *x, int32_t rows, const int32_t *label, int32_t labels) {
    double alpha[STATES] = {0}, scale = 0;
    for (int32_t t = 0; t < rows; t++) {
        double next[STATES] = {0}, total = 0;
        for (int32_t v = 0; v < V; v++) {
            total += exp(x[t * V + v]);
        }
        for (int32_t s = 0; s < 2 * labels + 1; s++) {
            int32_t symbol = s % 2 == 0 ? 0 : label[s / 2];
            bool skips = s % 2 == 1 && s >= 3 && label[s / 2] != label[s / 2 - 1];
            double from = t == 0 ? s < 2 : alpha[s] + (s > 0 ? alpha[s - 1] : 0) + (skips ? alpha[s - 2] : 0);
            next[s] = from * exp(x[t * V + symbol]) / total * exp(-(double)SHIFT[symbol]);
        }
        double largest = 0;
        for (int32_t s = 0; s < STATES; s++) {
            largest = fmax(largest, next[s]);
        }
        for (int32_t s = 0; s < STATES; s++) {
            alpha[s] = next[s] / largest;
        }
        scale += log(largest);
    }
    return -scale - log(alpha[2 * labels] + (labels > 0 ? alpha[2 * labels - 1] : 0));
}

static double measure_loss(const double *x) {
    double loss = 0;
    for (int32_t b = 0, first = 0; b < B; first += LENGTH[b++] * K) {
        loss += measure_nll(x + (size_t)first * V, LENGTH[b] * K, LABEL[b], LABELS[b]) / fmax(1, LABELS[b]);
    }
    return loss;
}

START_TEST(test_against_the_definition) {
    bench b = make();
    oss_ctc_report report;
    double x[ROWS * V], loss = run(&b, SHIFT, LABELS, &report);
    for (int32_t i = 0; i < ROWS * V; i++) {
        x[i] = (double)b.logits[i];
    }
    double want = measure_loss(x);
    ck_assert_double_eq_tol(loss, want, 1e-5 * fabs(want));
    ck_assert(report.max_imbalance <= 1e-6);
    for (int32_t i = 0; i < ROWS * V; i++) {
        const double h = 1e-5;
        x[i] = (double)b.logits[i] + h;
        double above = measure_loss(x);
        x[i] = (double)b.logits[i] - h;
        double below = measure_loss(x);
        x[i] = (double)b.logits[i];
        ck_assert_double_le(fabs((above - below) / (2 * h) - (double)b.grad[i]), 1e-6);
    }
    oss_tape_free(b.tape);
}
END_TEST

/* The nll that are told are those without priors, to the bit; the posteriors are those of the rows. */
START_TEST(test_what_is_reported) {
    bench b = make();
    oss_ctc_report report;
    double nll[B], want[V] = {0};
    (void)run(&b, NULL, LABELS, &report);
    for (int32_t i = 0; i < B; i++) {
        nll[i] = report.nll[i];
    }
    ck_assert_int_eq(b.rows, 0);
    (void)run(&b, SHIFT, LABELS, &report);
    for (int32_t i = 0; i < B; i++) {
        ck_assert(report.nll[i] == nll[i]);
    }
    for (int32_t r = 0; r < ROWS; r++) {
        double total = 0;
        for (int32_t v = 0; v < V; v++) {
            total += exp((double)b.logits[r * V + v]);
        }
        for (int32_t v = 0; v < V; v++) {
            want[v] += exp((double)b.logits[r * V + v]) / total;
        }
    }
    ck_assert_int_eq(b.rows, ROWS);
    for (int32_t v = 0; v < V; v++) {
        ck_assert_double_eq_tol(b.sum[v], want[v], 1e-5);
    }
    oss_tape_free(b.tape);
}
END_TEST

/* All paths have as many rows: priors that are all the same teach what none do. */
START_TEST(test_equal_priors_are_none) {
    bench b = make();
    oss_ctc_report report;
    float want[ROWS * V];
    static const float flat[V] = {-1.6f, -1.6f, -1.6f, -1.6f, -1.6f};
    double loss = run(&b, NULL, LABELS, &report);
    for (int32_t i = 0; i < ROWS * V; i++) {
        want[i] = b.grad[i];
    }
    double shifted = run(&b, flat, LABELS, &report);
    double rows = 0;
    for (int32_t i = 0; i < B; i++) {
        rows += LENGTH[i] * K / fmax(1, LABELS[i]);
    }
    ck_assert_double_eq_tol(shifted, loss - 1.6 * rows, 1e-4);
    for (int32_t i = 0; i < ROWS * V; i++) {
        ck_assert_double_eq_tol((double)b.grad[i], (double)want[i], 1e-6);
    }
    oss_tape_free(b.tape);
}
END_TEST

/* Neither an utterance that does not fit nor one with a NaN has a part in the gradient or in the sums. */
START_TEST(test_what_cannot_be_contributes_nothing) {
    bench b = make();
    static const int32_t long_label[] = {1, 1, 1, 1, 1, 1, 1};
    const int32_t *const label[B] = {long_label, two, NULL, four};
    const int32_t labels[B] = {7, 4, 0, 2};
    b.logits[(LENGTH[0] + LENGTH[1]) * K * V + 1] = NAN; /* in the third */
    const oss_ctc_prior prior = {.shift = SHIFT, .sum = b.sum, .rows = &b.rows};
    oss_tape_reset(b.tape, true);
    oss_tensor *in = oss_tape_param(b.tape, b.logits, b.grad, 2, (const int32_t[]){ROWS, V}, true);
    in->grad_written = false;
    oss_ctc_report report;
    oss_tensor *loss =
        oss_op_ctc(b.tape, in, oss_gradcheck_seq(b.tape, LENGTH, B), K, label, labels, &prior, &report);
    ck_assert(isfinite(loss->data[0]) && isinf(report.nll[0]) && isnan(report.nll[2]));
    oss_tape_backward(b.tape, loss, NULL);
    ck_assert_int_eq(b.rows, (LENGTH[1] + LENGTH[3]) * K);
    double sum = 0, norm = 0;
    for (int32_t v = 0; v < V; v++) {
        sum += b.sum[v];
    }
    ck_assert_double_eq_tol(sum, (double)b.rows, 1e-5);
    for (int32_t i = 0; i < ROWS * V; i++) {
        bool counts = (i >= LENGTH[0] * K * V && i < (LENGTH[0] + LENGTH[1]) * K * V) ||
                      i >= (FRAMES - LENGTH[3]) * K * V;
        ck_assert(counts || b.grad[i] == 0.0f);
        norm += fabs((double)b.grad[i]);
    }
    ck_assert(isfinite(norm) && norm > 0.1);
    oss_tape_free(b.tape);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_ctc_prior");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_against_the_definition);
    tcase_add_test(tcase, test_what_is_reported);
    tcase_add_test(tcase, test_equal_priors_are_none);
    tcase_add_test(tcase, test_what_cannot_be_contributes_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
