/* Consistency-regularised CTC: loss and gradients against PyTorch in float64 (scripts/golden/consistency.py),
 * and the op against differences of its loss with the targets held. */
#include <math.h>
#include <stdio.h>

#include "op/ops.h"
#include "support/fill.h"
#include "support/network.h"
#include "support/suite.h"

static const char *const CASE[] = {"k1", "k2"};
static const double GRADIENT_L2 = 2e-5;

static void switch_on(oss_network *network, double weight) {
    network->config->training.cr_ctc_weight = weight;
    network->input.pairs = true;
    oss_tape_free(network->tape);
    ck_assert_int_eq(oss_tape_create(&network->tape, oss_net_tape_nodes(network->net)), OSS_OK);
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    ck_assert_uint_ne(bytes, SIZE_MAX);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(network->tape), bytes), OSS_OK);
}

START_TEST(test_golden) {
    char name[64];
    snprintf(name, sizeof name, "consistency_%s", CASE[_i]);
    oss_golden *golden = oss_golden_load(name);
    oss_network_sizes sizes = oss_network_micro();
    sizes.k = (int32_t)oss_golden_number(golden, "k");
    oss_network *network = oss_network_create(&sizes, 4, oss_golden_i32(golden, "samples", NULL),
                                              oss_golden_i32(golden, "labels", NULL));
    network->config->training.inter_ctc_weight = oss_golden_number(golden, "inter_weight");
    switch_on(network, oss_golden_number(golden, "weight"));
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    oss_net_output output = oss_network_train(network);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes);
    double loss = oss_golden_number(golden, "loss"),
           worst = oss_network_check_gradients(network, golden, GRADIENT_L2);
    ck_assert_double_le(fabs((double)output.loss->data[0] - loss) / loss, 1e-5);
    printf("%s: largest relative gradient error %.2g\n", CASE[_i], worst);
    oss_network_free(network);
    oss_golden_free(golden);
}
END_TEST

/* The weight of a step is the one that the golden values were made with: a quarter of the way up to four times that, or
 * the top of the warm-up. */
START_TEST(test_warm_up) {
    static const struct {
        double weight;
        int64_t warmup_steps;
        uint32_t step;
    } same[] = {{20.0, 20, 5}, {5.0, 5, 5}, {5.0, 5, 6}, {5.0, 0, 1}, {5.0, 1, 1}};
    oss_golden *golden = oss_golden_load("consistency_k1");
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        oss_network_sizes sizes = oss_network_micro();
        sizes.k = 1;
        oss_network *network = oss_network_create(&sizes, 4, oss_golden_i32(golden, "samples", NULL),
                                                  oss_golden_i32(golden, "labels", NULL));
        network->config->training.cr_ctc_warmup_steps = same[i].warmup_steps;
        network->input.step = same[i].step;
        switch_on(network, same[i].weight);
        oss_net_output output = oss_network_train(network);
        double loss = oss_golden_number(golden, "loss");
        (void)oss_network_check_gradients(network, golden, GRADIENT_L2);
        ck_assert_double_le(fabs((double)output.loss->data[0] - loss) / loss, 1e-5);
        oss_network_free(network);
    }
    oss_golden_free(golden);
}
END_TEST

START_TEST(test_a_view_needs_its_other) {
    static const int32_t samples[] = {8000, 8000, 5123, 5123}, labels[] = {3, 3, 2, 2};
    oss_network_sizes sizes = oss_network_micro();
    oss_network *network = oss_network_create(&sizes, 4, samples, labels);
    switch_on(network, 0.2);
    network->samples[1] = 7999;
    oss_net_output output;
    oss_tape_reset(network->tape, true);
    ck_assert_int_eq(oss_net_forward(network->net, network->tape, network->value, network->grad, NULL,
                                     &network->input, &output),
                     OSS_EUSAGE);
    network->samples[1] = 8000;
    network->input.utterances = 3;
    oss_tape_reset(network->tape, true);
    ck_assert_int_eq(oss_net_forward(network->net, network->tape, network->value, network->grad, NULL,
                                     &network->input, &output),
                     OSS_EUSAGE);
    oss_network_free(network);
}
END_TEST

/* ---- the op ---- */

enum { B = 4, K = 2, V = 5, ROWS = 20 };
static const int32_t LENGTH[B] = {3, 3, 2, 2};

static int32_t get_length(const void *context, int32_t b) {
    return ((const int32_t *)context)[b];
}

static double log_sum(const double *row) {
    double sum = 0;
    for (int32_t v = 0; v < V; v++) {
        sum += exp(row[v]);
    }
    return log(sum);
}

/* 1/2 sum over utterances of the mean over rows of KL(target || x), in double; target[ROWS,V] of the other
 * view is held, whatever x is. */
static double measure_loss(const double *x, const double *target) {
    double loss = 0;
    for (int32_t b = 0, first = 0; b < B; first += LENGTH[b] * K, b++) {
        int32_t rows = LENGTH[b] * K, other = b % 2 == 0 ? first + rows : first - rows;
        for (int32_t r = 0; r < rows; r++) {
            const double *own = x + (first + r) * V, *held = target + (other + r) * V;
            double own_sum = log_sum(own), held_sum = log_sum(held);
            for (int32_t v = 0; v < V; v++) {
                double log_held = held[v] - held_sum;
                loss += 0.5 / rows * exp(log_held) * (log_held - (own[v] - own_sum));
            }
        }
    }
    return loss;
}

START_TEST(test_op_against_differences) {
    static float value[ROWS * V], grad[ROWS * V];
    static double x[ROWS * V], target[ROWS * V];
    for (int32_t i = 0; i < ROWS * V; i++) {
        value[i] = (float)((double)(oss_fill_bits(77, (size_t)i) >> 40) / (1 << 22) - 2.0);
        x[i] = target[i] = (double)value[i];
        grad[i] = 0;
    }
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, 4), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), 1 << 16), OSS_OK);
    oss_tape_reset(tape, true);
    oss_tensor *logits = oss_tape_param(tape, value, grad, 2, (const int32_t[]){ROWS, V}, true);
    oss_tensor *loss = oss_op_consistency(tape, logits, oss_tape_seq(tape, B, get_length, LENGTH), K);
    ck_assert_double_le(fabs((double)loss->data[0] - measure_loss(x, target)), 1e-6);
    oss_tape_backward(tape, loss, NULL);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    for (int32_t i = 0; i < ROWS * V; i++) {
        const double h = 1e-5;
        x[i] = target[i] + h;
        double above = measure_loss(x, target);
        x[i] = target[i] - h;
        double below = measure_loss(x, target);
        x[i] = target[i];
        ck_assert_double_le(fabs((above - below) / (2 * h) - (double)grad[i]), 1e-7);
    }
    oss_tape_free(tape);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("consistency");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_golden, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_test(tcase, test_warm_up);
    tcase_add_test(tcase, test_a_view_needs_its_other);
    tcase_add_test(tcase, test_op_against_differences);
    suite_add_tcase(suite, tcase);
    return suite;
}
