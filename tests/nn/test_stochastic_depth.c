/* Stochastic depth: an utterance's output and gradients are those of a network whose blocks add nothing, or
 * more, because their last weights are scaled. Differences are in test_net_gradients.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/network.h"
#include "support/suite.h"

enum { UTTERANCES = 8, BLOCKS = 2, WAYS = 1 << BLOCKS };
static const int32_t SAMPLES[UTTERANCES] = {8000, 1, 5123, 12001, 3000, 6400, 2000, 9000};
static const int32_t LABELS[UTTERANCES] = {3, 1, 0, 5, 2, 3, 1, 4};
static const double DEPTH = 0.6;

static oss_network *make_network(int32_t first, int32_t count) {
    oss_network_sizes sizes = oss_network_micro();
    oss_network *network = oss_network_create(&sizes, count, SAMPLES + first, LABELS + first);
    oss_network_set_utterances(network, count, (uint32_t)first, SAMPLES + first, LABELS + first);
    network->config->training.stochastic_depth = DEPTH;
    network->input.dropout = true;
    return network;
}

/* What block `i` multiplies by when bit i of `way` says that it is kept. */
static float gain_of(int32_t way, int32_t i) {
    return (way >> i & 1) == 0 ? 0.0f : (float)(1 / (1 - DEPTH * (i + 1) / (double)BLOCKS));
}

/* The block whose outputs a parameter makes, or -1. */
static int32_t block_of(const char *name) {
    int32_t block = -1, at = 0;
    if (sscanf(name, "encoder.blocks.%d.%n", &block, &at) != 1 || at == 0) {
        return -1;
    }
    return strncmp(name + at, "out_proj.", 9) == 0 || strncmp(name + at, "mlp.2.", 6) == 0 ? block : -1;
}

static double distance(const float *a, const float *b, size_t count) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += pow((double)a[i] - (double)b[i], 2);
        norm += pow((double)b[i], 2);
    }
    return sqrt(difference / norm);
}

/* Utterance `b` alone, without stochastic depth, through blocks that `way` keeps; true when that gives
 * rows[S,d_model]. Its gradients are added to sum. */
static bool try_way(int32_t b, int32_t way, const float *rows, double *sum) {
    oss_network *network = make_network(b, 1);
    network->config->training.stochastic_depth = 0;
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        int32_t block = block_of(param->name);
        for (size_t j = 0; block >= 0 && j < param->count; j++) {
            network->value[param->offset + j] *= gain_of(way, block);
        }
    }
    oss_net_output output = oss_network_train(network);
    bool same = distance(output.embeddings->data, rows, oss_tensor_count(output.embeddings)) < 1e-6;
    for (int32_t i = 0; same && i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        int32_t block = block_of(param->name);
        double gain = block < 0 ? 1 : (double)gain_of(way, block);
        for (size_t j = param->offset; j < param->offset + param->count; j++) {
            sum[j] += gain * (double)network->grad[j];
        }
    }
    oss_network_free(network);
    return same;
}

/* How utterance `b` went through the batch's network. */
static int32_t find_way(int32_t b, const float *rows, double *sum) {
    int32_t found = -1;
    for (int32_t way = 0; way < WAYS; way++) {
        if (try_way(b, way, rows, sum)) {
            ck_assert_int_eq(found, -1);
            found = way;
        }
    }
    ck_assert_msg(found >= 0, "utterance %d: no choice of blocks gives what it gives", b);
    return found;
}

START_TEST(test_blocks_are_left_out) {
    oss_network *network = make_network(0, UTTERANCES);
    network->input.step = (uint32_t)_i;
    double *sum = calloc(network->params->floats, sizeof *sum);
    ck_assert_ptr_nonnull(sum);
    oss_net_output output = oss_network_train(network);
    int32_t seen[WAYS] = {0};
    for (int32_t b = 0; b < UTTERANCES; b++) {
        size_t row = (size_t)output.frame_seq.start[b] * (size_t)network->config->model.d_model;
        seen[find_way(b, output.embeddings->data + row, sum)]++;
    }
    double difference = 0, norm = 0;
    for (size_t i = 0; i < network->params->floats; i++) {
        difference += pow((double)network->grad[i] - sum[i], 2);
        norm += pow(sum[i], 2);
    }
    printf("step %d: %d %d %d %d, gradients part by %.2g\n", _i, seen[0], seen[1], seen[2], seen[3],
           sqrt(difference / norm));
    ck_assert_double_le(sqrt(difference / norm), 1e-5);
    ck_assert_int_lt(seen[WAYS - 1], UTTERANCES); /* something is left out */
    ck_assert_int_lt(seen[0], UTTERANCES);
    free(sum);
    oss_network_free(network);
}
END_TEST

/* The same alone and in a batch, another step draws anew, and nothing but training knows of it. */
START_TEST(test_draws) {
    oss_network *network = make_network(0, UTTERANCES), *alone = make_network(3, 1);
    oss_net_output output = oss_network_forward(network, true);
    size_t count = oss_tensor_count(output.embeddings);
    size_t row = (size_t)output.frame_seq.start[3] * (size_t)network->config->model.d_model;
    float *first = malloc(count * sizeof *first);
    ck_assert_ptr_nonnull(first);
    memcpy(first, output.embeddings->data, count * sizeof *first);
    output = oss_network_forward(alone, true);
    ck_assert_double_le(distance(output.embeddings->data, first + row, oss_tensor_count(output.embeddings)),
                        1e-6);
    network->input.step++;
    output = oss_network_forward(network, true);
    ck_assert_mem_ne(output.embeddings->data, first, count * sizeof *first);
    network->input.dropout = false;
    output = oss_network_forward(network, true);
    memcpy(first, output.embeddings->data, count * sizeof *first);
    network->config->training.stochastic_depth = 0;
    network->input.dropout = true;
    output = oss_network_forward(network, true);
    ck_assert_mem_eq(output.embeddings->data, first, count * sizeof *first);
    free(first);
    oss_network_free(alone);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("stochastic depth");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_blocks_are_left_out, 1, 4);
    tcase_add_test(tcase, test_draws);
    suite_add_tcase(suite, tcase);
    return suite;
}
