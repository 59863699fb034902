#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/gradcheck.h"
#include "support/network_data.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { MAX_UTTERANCES = 3 };

typedef struct targets {
    const int32_t *length;
    int32_t count, k;
    const int32_t *label[MAX_UTTERANCES];
    const int32_t *labels;
    const double *want_nll; /* NULL: not checked */
} targets;

static oss_tensor *forward(oss_tape *tape, oss_tensor *const *in, const void *data) {
    const targets *t = data;
    oss_ctc_report report;
    oss_tensor *loss = oss_op_ctc(tape, in[0], oss_gradcheck_seq(tape, t->length, t->count), t->k, t->label,
                                  t->labels, NULL, &report);
    if (report.nll != NULL && t->want_nll != NULL) {
        for (int32_t b = 0; b < t->count; b++) {
            double want = t->want_nll[b];
            ck_assert_msg(report.nll[b] == want || fabs(report.nll[b] - want) <= 1e-6 * fmax(1, want),
                          "utterance %d: nll %.12g, want %.12g", b, report.nll[b], want);
        }
        ck_assert(report.max_imbalance <= 1e-6);
    }
    return loss;
}

static targets read_targets(const oss_golden *golden, const char *name) {
    size_t count;
    targets t = {.length = oss_golden_ints(golden, name, "lengths", &count)};
    t.count = (int32_t)count;
    ck_assert_int_le(t.count, MAX_UTTERANCES);
    t.k = oss_golden_ints(golden, name, "k", NULL)[0];
    t.labels = oss_golden_ints(golden, name, "labels", NULL);
    const int32_t *label = oss_golden_ints(golden, name, "label", NULL);
    for (int32_t b = 0; b < t.count; b++) {
        t.label[b] = label;
        label += t.labels[b];
    }
    return t;
}

static const char *const CASE[] = {"ctc.plain", "ctc.repeats", "ctc.empty", "ctc.infeasible",
                                   "ctc.subframes"};

/* The differences move the logits, so nll is compared in a forward of its own. */
START_TEST(test_ctc) {
    oss_golden *golden = oss_golden_load("ops");
    targets t = read_targets(golden, CASE[_i]);
    oss_gradcheck check = oss_gradcheck_from_golden(golden, CASE[_i], forward, &t);
    oss_gradcheck_run(&check);

    char name[64];
    snprintf(name, sizeof name, "%s.nll", CASE[_i]);
    t.want_nll = oss_golden_f64(golden, name, NULL);
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 20), OSS_OK);
    oss_tape_reset(tape, false);
    oss_tensor *in = oss_tape_input(tape, check.input[0].value, check.input[0].rank, check.input[0].dim);
    forward(tape, &in, &t);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
    oss_golden_free(golden);
}
END_TEST

/* One utterance of 3 frames among good ones has a NaN: its nll is NaN, its gradient 0, the others' the same
 * as without. */
START_TEST(test_nan_contributes_nothing) {
    enum { ROWS = 9, VOCAB = 4 };
    const int32_t length[] = {3, 3, 3}, labels[] = {1, 1, 1}, one[] = {1}, two[] = {2};
    const int32_t *const label[] = {one, two, one};
    float logits[ROWS * VOCAB], grad[ROWS * VOCAB];
    oss_fill_f32(logits, ROWS * VOCAB, 3, 2.0);
    logits[4 * VOCAB + 1] = NAN;
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 20), OSS_OK);
    oss_tape_reset(tape, true);
    oss_tensor *in = oss_tape_param(tape, logits, grad, 2, (const int32_t[]){ROWS, VOCAB}, true);
    in->grad_written = false;
    oss_ctc_report report;
    oss_tensor *loss =
        oss_op_ctc(tape, in, oss_gradcheck_seq(tape, length, 3), 1, label, labels, NULL, &report);
    oss_tape_backward(tape, loss, NULL);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    ck_assert(isnan(report.nll[1]));
    ck_assert(isfinite(report.nll[0]) && isfinite(report.nll[2]));
    ck_assert_float_eq_tol(loss->data[0], (float)(report.nll[0] + report.nll[2]), 1e-6f);
    double norm = 0;
    for (int i = 0; i < ROWS * VOCAB; i++) {
        if (i >= 3 * VOCAB && i < 6 * VOCAB) {
            ck_assert(grad[i] == 0.0f);
        }
        norm += (double)grad[i] * (double)grad[i];
    }
    ck_assert(isfinite(norm) && norm > 0);
    oss_tape_free(tape);
}
END_TEST

/* Up to 4,000 frames, 1,500 labels and logits of +-300, where a float or a probability would not do. */
static const char *const LARGE[] = {"ordinary", "peaky", "large"};

START_TEST(test_large) {
    oss_golden *golden = oss_golden_load("ctc_large");
    const char *name = LARGE[_i];
    const int32_t *shape = oss_golden_ints(golden, name, "shape", NULL);
    int32_t frames = shape[0], vocab = shape[1], labels = shape[2];
    size_t count = (size_t)frames * (size_t)vocab;
    uint32_t seed = oss_network_name_seed(name);
    char part[64];
    snprintf(part, sizeof part, "%s.scale", name);
    float *logits = malloc(count * sizeof *logits), *grad = malloc(count * sizeof *grad);
    int32_t *label = malloc((size_t)labels * sizeof *label);
    ck_assert(logits != NULL && grad != NULL && label != NULL);
    oss_fill_f32(logits, count, seed, oss_golden_number(golden, part));
    oss_network_fill_labels(label, labels, seed % 1000, vocab);

    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 28), OSS_OK);
    oss_tape_reset(tape, true);
    oss_tensor *in = oss_tape_param(tape, logits, grad, 2, (const int32_t[]){frames, vocab}, true);
    in->grad_written = false;
    oss_ctc_report report;
    oss_tensor *loss = oss_op_ctc(tape, in, oss_gradcheck_seq(tape, &frames, 1), 1,
                                  (const int32_t *const[]){label}, &labels, NULL, &report);
    const float seed_grad = (float)labels; /* undoes the division by L */
    oss_tape_backward(tape, loss, &seed_grad);
    ck_assert_msg(oss_tape_status(tape) == OSS_OK, "%s", oss_last_error());
    ck_assert(report.max_imbalance <= 1e-6);
    snprintf(part, sizeof part, "%s.nll", name);
    double want_nll = oss_golden_number(golden, part);
    ck_assert_msg(fabs(report.nll[0] - want_nll) <= 1e-9 * want_nll, "nll %.15g, want %.15g", report.nll[0],
                  want_nll);
    snprintf(part, sizeof part, "%s.", name);
    oss_network_check_gradient(grad, count, golden, part, "logits", 1e-6);
    free(logits);
    free(grad);
    free(label);
    oss_tape_free(tape);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("op_ctc");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_ctc, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_test(tcase, test_nan_contributes_nothing);
    tcase_add_loop_test(tcase, test_large, 0, sizeof LARGE / sizeof LARGE[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
