/* What a step of the network takes, and what happens when it does not get it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/faults.h"
#include "support/network.h"
#include "support/suite.h"

enum { B = 4 };
static const int32_t SAMPLES[B] = {8000, 1, 5123, 12001};
static const int32_t LABELS[B] = {3, 1, 0, 5};

static oss_network *make_network(double dropout) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.dropout = dropout;
    sizes.value_conv = 5;
    return oss_network_create(&sizes, B, SAMPLES, LABELS);
}

static float *copy_floats(const float *from, size_t count) {
    float *copy = malloc(count * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, from, count * sizeof *copy);
    return copy;
}

static void clear_gradients(oss_network *network) {
    memset(network->grad, 0, network->params->floats * sizeof *network->grad);
}

START_TEST(test_measuring_is_exact_and_disturbs_nothing) {
    oss_network *network = make_network(0.1);
    size_t bytes[2] = {oss_net_measure(network->net, network->tape, &network->input, false),
                       oss_net_measure(network->net, network->tape, &network->input, true)};
    oss_network_forward(network, false);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes[0]);
    oss_network_train(network);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes[1]);

    float *grad = copy_floats(network->grad, network->params->floats);
    clear_gradients(network);
    oss_net_output output = oss_network_forward(network, true);
    oss_net_measure(network->net, network->tape, &network->input, true); /* between forward and backward */
    oss_tape_backward(network->tape, output.loss, NULL);
    ck_assert_int_eq(oss_tape_status(network->tape), OSS_OK);
    ck_assert_mem_eq(grad, network->grad, network->params->floats * sizeof *grad);
    free(grad);
    oss_network_free(network);
}
END_TEST

START_TEST(test_measuring_needs_no_waveforms) {
    oss_network *network = make_network(0.1);
    size_t want = oss_net_measure(network->net, network->tape, &network->input, true);
    oss_net_input input = network->input;
    input.audio = NULL;
    ck_assert_uint_eq(oss_net_measure(network->net, network->tape, &input, true), want);
    input.utterances = 0;
    ck_assert_uint_eq(oss_net_measure(network->net, network->tape, &input, true), SIZE_MAX);
    oss_network_free(network);
}
END_TEST

START_TEST(test_short_arena_is_reported) {
    oss_network *network = make_network(0);
    size_t bytes[2] = {oss_net_measure(network->net, network->tape, &network->input, false),
                       oss_net_measure(network->net, network->tape, &network->input, true)};
    for (int record = 0; record < 2; record++) {
        oss_arena *arena = oss_tape_arena(network->tape);
        oss_arena_deinit(arena);
        ck_assert_int_eq(oss_arena_reserve(arena, bytes[record] - 64), OSS_OK);
        oss_tape_reset(network->tape, record);
        oss_net_output output = {.max_imbalance = -1};
        oss_status status = oss_net_forward(network->net, network->tape, network->value, network->grad, NULL,
                                            &network->input, &output);
        if (record && status == OSS_OK) { /* then it is backward that does not fit */
            oss_tape_backward(network->tape, output.loss, NULL);
            status = oss_tape_status(network->tape);
        } else {
            ck_assert(output.max_imbalance == -1 && output.logits == NULL);
        }
        ck_assert_int_eq(status, OSS_ENOMEM);
        ck_assert_uint_eq(arena->peak_bytes, bytes[record]);
    }
    oss_network_free(network);
}
END_TEST

START_TEST(test_no_heap_call_in_a_step) {
    oss_network *network = make_network(0.1);
    oss_network_train(network);
    oss_faults_install();
    oss_network_train(network);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    oss_faults_remove();
    oss_network_free(network);
}
END_TEST

/* An 8 s utterance at the sizes of configs/audio_enc_tiny.json. Two of them are alive with two threads;
 * keeping the first convolution's pre-activation would cost 6.3 MiB, gradients without planning 20. */
START_TEST(test_memory_of_8_seconds) {
    const int32_t samples = 8 * 16000, labels = 120;
    const oss_network_sizes tiny = {.d_model = 192,
                                    .n_heads = 3,
                                    .d_ff = 768,
                                    .n_layers = 4,
                                    .conv_channels = 64,
                                    .downsample = 8,
                                    .k = 2,
                                    .vocab = 30,
                                    .position = OSS_POSITION_ROPE,
                                    .dropout = 0.1};
    oss_network *network = oss_network_create(&tiny, 1, &samples, &labels);
    size_t forward = oss_net_measure(network->net, network->tape, &network->input, false);
    size_t train = oss_net_measure(network->net, network->tape, &network->input, true);
    printf("8 s: forward %.1f MiB, training %.1f MiB\n", (double)forward / 1048576, (double)train / 1048576);
    ck_assert_uint_le(forward, (size_t)33 << 19); /* 16.5 MiB */
    ck_assert_uint_le(train, (size_t)28 << 20);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("encoder_memory");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_measuring_is_exact_and_disturbs_nothing);
    tcase_add_test(tcase, test_measuring_needs_no_waveforms);
    tcase_add_test(tcase, test_short_arena_is_reported);
    tcase_add_test(tcase, test_no_heap_call_in_a_step);
    tcase_add_test(tcase, test_memory_of_8_seconds);
    suite_add_tcase(suite, tcase);
    return suite;
}
