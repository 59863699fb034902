/* Label priors: loss and gradients against PyTorch in float64 (scripts/golden/label_prior.py). Differences of the loss by the
 * logits: tests/op/test_op_ctc_prior.c. */
#include <math.h>
#include <stdio.h>

#include "support/network.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { VOCAB = 11 };
static const char *const CASE[] = {"k1", "k2"};
static const double GRADIENT_L2 = 2e-5;

START_TEST(test_golden) {
    char name[64];
    snprintf(name, sizeof name, "label_prior_%s", CASE[_i]);
    oss_golden *golden = oss_golden_load(name);
    oss_network_sizes sizes = oss_network_micro();
    sizes.k = (int32_t)oss_golden_number(golden, "k");
    oss_network *network = oss_network_create(&sizes, 4, oss_golden_i32(golden, "samples", NULL),
                                              oss_golden_i32(golden, "labels", NULL));
    double sum[VOCAB] = {0};
    int64_t rows = 0;
    const oss_ctc_prior prior = {.shift = oss_golden_f32(golden, "shift", NULL), .sum = sum, .rows = &rows};
    network->input.prior = &prior;
    oss_network_set_arena(network);
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    oss_net_output output = oss_network_train(network);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes);
    double loss = oss_golden_number(golden, "loss"),
           worst = oss_network_check_gradients(network, golden, GRADIENT_L2);
    ck_assert_double_le(fabs((double)output.loss->data[0] - loss) / fabs(loss), 1e-5);
    size_t count;
    const double *nll = oss_golden_f64(golden, "nll", &count);
    for (size_t i = 0; i < count; i++) { /* without priors */
        ck_assert_msg(output.nll[i] == nll[i] || fabs(output.nll[i] - nll[i]) <= 1e-3, "nll %zu: %g", i,
                      output.nll[i]);
    }
    ck_assert_int_eq(rows, (output.frame_seq.start[3]) * sizes.k); /* the last does not fit */
    oss_assert_close_f64(sum, oss_golden_f64(golden, "posterior", NULL), VOCAB, "posteriors", INFINITY, 1e-4);
    printf("%s: largest relative gradient error %.2g\n", CASE[_i], worst);
    oss_network_free(network);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("label_prior");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_golden, 0, sizeof CASE / sizeof CASE[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
