/* Intermediate CTC: loss and gradients against PyTorch in float64 (scripts/golden/inter_ctc.py), and that
 * nothing but training knows of it. Differences of the loss are in test_net_gradients.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/network.h"
#include "support/suite.h"
#include "support/tolerance.h"

static const char *const CASE[] = {"middle", "late"};
static const double GRADIENT_L2 = 2e-5;
static const int32_t SAMPLES[] = {8000, 1, 5123, 12001};
static const int32_t LABELS[] = {3, 1, 0, 5};

static int32_t read_size(const oss_golden *golden, const char *name) {
    return (int32_t)oss_golden_number(golden, name);
}

/* The network was made without: room for more nodes, and for what they take. */
static void switch_on(oss_network *network, double weight, int32_t block) {
    network->config->training.inter_ctc_weight = weight;
    network->config->training.inter_ctc_block = block;
    oss_tape_free(network->tape);
    ck_assert_int_eq(oss_tape_create(&network->tape, oss_net_tape_nodes(network->net)), OSS_OK);
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(network->tape), bytes), OSS_OK);
}

static oss_network *make_micro(void) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.dropout = 0.1;
    return oss_network_create(&sizes, 4, SAMPLES, LABELS);
}

static void check_loss(const oss_net_output *output, const oss_golden *golden) {
    size_t count;
    const double *nll = oss_golden_f64(golden, "nll", &count);
    oss_assert_close_f64(output->nll, nll, count, "nll", INFINITY, 1e-3);
    oss_assert_close_f64(output->inter_nll, oss_golden_f64(golden, "inter_nll", &count), count, "inter_nll",
                         INFINITY, 1e-3);
    double loss = oss_golden_number(golden, "loss");
    ck_assert_double_le(fabs((double)output->loss->data[0] - loss) / loss, 1e-5);
    ck_assert_double_le(output->max_imbalance, 1e-6);
}

START_TEST(test_golden) {
    char name[64];
    snprintf(name, sizeof name, "inter_ctc_%s", CASE[_i]);
    oss_golden *golden = oss_golden_load(name);
    oss_network_sizes sizes = oss_network_micro();
    sizes.n_layers = read_size(golden, "layers");
    sizes.k = read_size(golden, "k");
    oss_network *network = oss_network_create(&sizes, 3, oss_golden_i32(golden, "samples", NULL),
                                              oss_golden_i32(golden, "labels", NULL));
    /* The middle one is what 0 stands for. */
    switch_on(network, oss_golden_number(golden, "weight"), _i == 0 ? 0 : read_size(golden, "block"));
    oss_net_output output = oss_network_train(network);
    check_loss(&output, golden);
    double worst = oss_network_check_gradients(network, golden, GRADIENT_L2);
    printf("%s: largest relative gradient error %.2g\n", CASE[_i], worst);
    oss_network_free(network);
    oss_golden_free(golden);
}
END_TEST

START_TEST(test_only_training_knows) {
    oss_network *network = make_micro();
    oss_net_output output = oss_network_forward(network, false);
    float loss = output.loss->data[0];
    size_t count = oss_tensor_count(output.logits);
    float *logits = malloc(count * sizeof *logits);
    ck_assert_ptr_nonnull(logits);
    memcpy(logits, output.logits->data, count * sizeof *logits);
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, false);
    switch_on(network, 0.3, 1);
    ck_assert_uint_eq(oss_net_measure(network->net, network->tape, &network->input, false), bytes);
    output = oss_network_forward(network, false);
    ck_assert_ptr_null(output.inter_nll);
    ck_assert(output.loss->data[0] == loss);
    ck_assert_mem_eq(output.logits->data, logits, count * sizeof *logits);
    output = oss_network_forward(network, true); /* what is reported stays the last block's */
    ck_assert(output.loss->data[0] != loss);
    ck_assert_mem_eq(output.logits->data, logits, count * sizeof *logits);
    free(logits);
    oss_network_free(network);
}
END_TEST

START_TEST(test_memory_is_measured) {
    oss_network *network = make_micro();
    network->config->training.precision = _i == 0 ? OSS_PRECISION_FP32 : OSS_PRECISION_BF16;
    size_t without = oss_net_measure(network->net, network->tape, &network->input, true);
    switch_on(network, 0.3, 1);
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    ck_assert_uint_gt(bytes, without);
    oss_network_train(network);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes);
    oss_network_free(network);
}
END_TEST

/* Stored over whatever the block held, or added to it, in parts of one shard. */
START_TEST(test_gradient_is_stored_or_added) {
    oss_network *network = make_micro();
    switch_on(network, 0.3, 1);
    size_t floats = network->params->floats;
    oss_network_train(network);
    float *once = malloc(floats * sizeof *once);
    ck_assert_ptr_nonnull(once);
    memcpy(once, network->grad, floats * sizeof *once);
    for (size_t i = 0; i < floats; i++) {
        network->grad[i] = once[i] == 0 ? 0 : 1e30f;
    }
    oss_network_train(network);
    ck_assert_mem_eq(network->grad, once, floats * sizeof *once);
    network->input.add_gradient = true;
    oss_network_train(network);
    double difference = 0, norm = 0;
    for (size_t i = 0; i < floats; i++) {
        difference += pow((double)network->grad[i] - 2 * (double)once[i], 2);
        norm += pow((double)once[i], 2);
    }
    ck_assert_double_le(sqrt(difference / norm), 1e-6);
    free(once);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("inter_ctc");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_golden, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_test(tcase, test_only_training_knows);
    tcase_add_loop_test(tcase, test_memory_is_measured, 0, 2);
    tcase_add_test(tcase, test_gradient_is_stored_or_added);
    suite_add_tcase(suite, tcase);
    return suite;
}
