/* Attention that training limits to chunks: numbers against PyTorch in float64 with a mask
 * (scripts/golden/chunks.py), and what is drawn. Differences are in test_net_gradients.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/sizes.h"
#include "nn/net_internal.h"
#include "support/network.h"
#include "support/suite.h"
#include "support/tolerance.h"

static const char *const CASE[] = {"8x", "4x", "value_conv"};
static const double GRADIENT_L2 = 2e-5;

/* Chunks of `chunk` to `most` embeddings that see as many as `left` to `left_most` before them. */
static void limit(oss_network *network, double prob, int32_t chunk, int32_t most, int32_t left,
                  int32_t left_most) {
    double hz = oss_sizes_embedding_hz(&network->config->model);
    network->config->training.chunk = (oss_chunk_spec){.prob = prob,
                                                       .seconds_min = chunk / hz,
                                                       .seconds_max = most / hz,
                                                       .left_seconds_min = left / hz,
                                                       .left_seconds_max = left_most / hz};
    network->input.chunks = true;
    for (int i = 0; i < 2; i++) {
        size_t bytes = oss_net_measure(network->net, network->tape, &network->input, i > 0);
        ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(network->tape), bytes), OSS_OK);
    }
}

START_TEST(test_golden) {
    char name[64];
    snprintf(name, sizeof name, "chunks_%s", CASE[_i]);
    oss_golden *golden = oss_golden_load(name);
    oss_network_sizes sizes = oss_network_micro();
    sizes.downsample = (int32_t)oss_golden_number(golden, "downsample");
    sizes.position = sizes.downsample == 8 ? OSS_POSITION_ROPE : OSS_POSITION_SINUSOIDAL;
    if (oss_golden_has(golden, "value_conv")) {
        sizes.value_conv = (int32_t)oss_golden_number(golden, "value_conv");
    }
    oss_network *network = oss_network_create(&sizes, 3, oss_golden_i32(golden, "samples", NULL),
                                              oss_golden_i32(golden, "labels", NULL));
    int32_t chunk = (int32_t)oss_golden_number(golden, "chunk");
    int32_t left = (int32_t)oss_golden_number(golden, "left");
    limit(network, 1.0, chunk, chunk, left, left);
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    oss_net_output output = oss_network_train(network);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes);
    size_t count;
    const float *logits = oss_golden_f32(golden, "logits", &count);
    ck_assert_uint_eq(count, oss_tensor_count(output.logits));
    oss_assert_close_f32_f32(output.logits->data, logits, count, "logits", INFINITY, 2e-5);
    const double *nll = oss_golden_f64(golden, "nll", &count);
    oss_assert_close_f64(output.nll, nll, count, "nll", INFINITY, 1e-3);
    double loss = oss_golden_number(golden, "loss");
    ck_assert_double_le(fabs((double)output.loss->data[0] - loss) / loss, 1e-5);
    printf("%s: largest relative gradient error %.2g\n", CASE[_i],
           oss_network_check_gradients(network, golden, GRADIENT_L2));
    oss_network_free(network);
    oss_golden_free(golden);
}
END_TEST

/* ---- what is drawn ---- */

enum { UTTERANCES = 6 };
static const int32_t SAMPLES[UTTERANCES] = {8000, 1, 25123, 12001, 30000, 20000};
static const int32_t LABELS[UTTERANCES] = {3, 1, 0, 5, 2, 3};

static oss_network *make_network(int32_t first, int32_t count) {
    oss_network_sizes sizes = oss_network_micro();
    oss_network *network = oss_network_create(&sizes, count, SAMPLES + first, LABELS + first);
    oss_network_set_utterances(network, count, (uint32_t)first, SAMPLES + first, LABELS + first);
    return network;
}

static float *copy_logits(const oss_net_output *output) {
    size_t count = oss_tensor_count(output->logits);
    float *copy = malloc(count * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, output->logits->data, count * sizeof *copy);
    return copy;
}

/* Every length between the two ends comes about as often as the others, and about `prob` of the utterances
 * are limited. */
START_TEST(test_lengths) {
    enum { DRAWS = 8000, LOW = 2, HIGH = 6, LEFT_LOW = 0, LEFT_HIGH = 4 };
    oss_network *network = make_network(0, 1);
    limit(network, 0.75, LOW, HIGH, LEFT_LOW, LEFT_HIGH);
    int32_t chunks[HIGH + 1] = {0}, lefts[LEFT_HIGH + 1] = {0}, pairs[HIGH + 1][LEFT_HIGH + 1] = {{0}};
    int32_t limited = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        network->utterance_id[0] = i / 2;
        network->input.step = i % 2;
        oss_tape_reset(network->tape, false);
        oss_net_run run = {.net = network->net, .tape = network->tape, .input = &network->input};
        const oss_attention_reach *reach = oss_net_draw_reach(&run);
        ck_assert_ptr_nonnull(reach);
        if (reach->chunk == 0) {
            continue;
        }
        ck_assert_int_ge(reach->chunk, LOW);
        ck_assert_int_le(reach->chunk, HIGH);
        ck_assert_int_ge(reach->left, LEFT_LOW);
        ck_assert_int_le(reach->left, LEFT_HIGH);
        limited++;
        chunks[reach->chunk]++;
        lefts[reach->left]++;
        pairs[reach->chunk][reach->left]++;
    }
    ck_assert_int_le(abs(limited - 6000), 194); /* 5 standard deviations */
    for (int32_t i = 0; i < 5; i++) {
        ck_assert_int_le(abs(chunks[LOW + i] - limited / 5), 160);
        ck_assert_int_le(abs(lefts[i] - limited / 5), 160);
        for (int32_t j = 0; j < 5; j++) {
            ck_assert_int_le(abs(pairs[LOW + i][j] - limited / 25), 78);
        }
    }
    oss_network_free(network);
}
END_TEST

/* A chunk is at least one embedding, and lengths beyond every recording are no limit. */
START_TEST(test_ends_of_the_range) {
    oss_network *network = make_network(0, 1);
    limit(network, 1.0, 1, 1, 0, 0);
    network->config->training.chunk.seconds_min = network->config->training.chunk.seconds_max = 1e-6;
    oss_tape_reset(network->tape, false);
    oss_net_run run = {.net = network->net, .tape = network->tape, .input = &network->input};
    const oss_attention_reach *reach = oss_net_draw_reach(&run);
    ck_assert_int_eq(reach->chunk, 1);
    ck_assert_int_eq(reach->left, 0);
    oss_net_output output = oss_network_forward(network, true);
    network->input.chunks = false;
    float *limited = copy_logits(&output);
    output = oss_network_forward(network, true);
    size_t bytes = oss_tensor_count(output.logits) * sizeof *limited;
    float *whole = copy_logits(&output);
    ck_assert_mem_ne(whole, limited, bytes);
    limit(network, 1.0, 45000, 45000, 45000, 45000); /* an hour */
    output = oss_network_forward(network, true);
    ck_assert_mem_eq(output.logits->data, whole, bytes);
    free(limited);
    free(whole);
    oss_network_free(network);
}
END_TEST

/* The same alone and in a batch; another step draws anew; nothing but training knows of it. */
START_TEST(test_draws) {
    oss_network *network = make_network(0, UTTERANCES), *alone = make_network(4, 1);
    limit(network, 0.9, 1, 9, 0, 9);
    limit(alone, 0.9, 1, 9, 0, 9);
    oss_net_output output = oss_network_forward(network, true);
    size_t bytes = oss_tensor_count(output.logits) * sizeof(float);
    float *first = copy_logits(&output);
    size_t row = (size_t)(output.frame_seq.start[4] * network->config->model.ctc_subframes * network->vocab);
    output = oss_network_forward(alone, true);
    oss_assert_close_f32_f32(output.logits->data, first + row, oss_tensor_count(output.logits), "alone",
                             INFINITY, 1e-5);
    network->input.step++;
    output = oss_network_forward(network, true);
    ck_assert_mem_ne(output.logits->data, first, bytes);
    network->input.chunks = false;
    output = oss_network_forward(network, true);
    float *whole = copy_logits(&output);
    ck_assert_mem_ne(whole, first, bytes);
    network->input.chunks = true;
    network->config->training.chunk.prob = 0;
    output = oss_network_forward(network, true);
    ck_assert_mem_eq(output.logits->data, whole, bytes);
    free(first);
    free(whole);
    oss_network_free(alone);
    oss_network_free(network);
}
END_TEST

START_TEST(test_draws_need_keys) {
    oss_network *network = make_network(0, 1);
    network->input.chunks = true;
    network->input.utterance_id = NULL;
    oss_net_output output;
    oss_tape_reset(network->tape, false);
    ck_assert_int_eq(
        oss_net_forward(network->net, network->tape, network->value, NULL, NULL, &network->input, &output),
        OSS_EUSAGE);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("chunks");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_golden, 0, sizeof CASE / sizeof CASE[0]);
    tcase_add_test(tcase, test_lengths);
    tcase_add_test(tcase, test_ends_of_the_range);
    tcase_add_test(tcase, test_draws);
    tcase_add_test(tcase, test_draws_need_keys);
    suite_add_tcase(suite, tcase);
    return suite;
}
