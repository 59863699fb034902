/* The network with products of bf16: close to the one of float32, and the same bits however it is run. */
#include <math.h>
#include <stdlib.h>

#include "kernel/cpu.h"
#include "support/exact.h"
#include "support/network.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { B = 3 };
static const int32_t SAMPLES[B] = {8000, 5123, 12001};
static const int32_t LABELS[B] = {3, 1, 5};

static oss_network *make_network(oss_precision precision, int32_t conv_channels) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.dropout = 0.1;
    sizes.conv_channels = conv_channels;
    sizes.value_conv = conv_channels == 5 ? 5 : 0;
    oss_network *network = oss_network_create(&sizes, B, SAMPLES, LABELS);
    network->config->training.precision = precision;
    oss_network_set_utterances(network, B, 0, SAMPLES, LABELS); /* reserves what this precision takes */
    return network;
}

/* Even channels, odd ones (whose convolutions stay in float32; with a convolution of values), and so few that pre is
 * computed again. */
static const int32_t channels[] = {8, 5, 4};

/* Rounding to 8 bits changes a number by up to 1 / 512 of itself. */
START_TEST(test_close_to_float32) {
    oss_network *want = make_network(OSS_PRECISION_FP32, channels[_i]);
    oss_network *got = make_network(OSS_PRECISION_BF16, channels[_i]);
    oss_net_output wanted = oss_network_train(want), output = oss_network_train(got);
    double loss = (double)wanted.loss->data[0], difference = fabs((double)output.loss->data[0] - loss);
    ck_assert_msg(difference > 0 && difference <= 2e-3 * loss, "loss %g, not %g",
                  (double)output.loss->data[0], loss);
    oss_assert_close_f32_f32(output.logits->data, wanted.logits->data, oss_tensor_count(wanted.logits),
                             "logits", 1e-2, INFINITY);
    oss_assert_close_f32_f32(got->grad, want->grad, want->params->floats, "gradient", 1e-2, INFINITY);
    for (int32_t i = 0; i < want->params->count; i++) {
        const oss_param *param = &want->params->item[i];
        oss_assert_close_f32_f32(got->grad + param->offset, want->grad + param->offset, param->count,
                                 param->name, 4e-2, INFINITY);
    }
    ck_assert_uint_eq(oss_tape_arena(got->tape)->peak_bytes,
                      oss_net_measure(got->net, got->tape, &got->input, true));
    oss_network_free(want);
    oss_network_free(got);
}
END_TEST

START_TEST(test_packed_weights_change_no_bit) {
    oss_network *plain = make_network(OSS_PRECISION_BF16, channels[_i]);
    oss_network *packed = make_network(OSS_PRECISION_BF16, channels[_i]);
    float *block = oss_exact_floats(oss_net_packed_floats(packed->net));
    for (int32_t task = 0; task < oss_net_pack_tasks(packed->net); task++) {
        oss_net_pack(packed->net, block, packed->value, task);
    }
    packed->input.packed = block;
    float loss = oss_network_train(plain).loss->data[0];
    ck_assert(oss_network_train(packed).loss->data[0] == loss);
    ck_assert_mem_eq(plain->grad, packed->grad, plain->params->floats * sizeof(float));
    ck_assert(oss_network_forward(packed, false).loss->data[0] == loss);
    free(block);
    oss_network_free(plain);
    oss_network_free(packed);
}
END_TEST

/* So a run may go on where the instruction is, or is not. */
START_TEST(test_the_instruction_changes_no_bit) {
    if (!oss_cpu_has_bf16()) {
        return;
    }
    oss_network *native = make_network(OSS_PRECISION_BF16, channels[_i]);
    oss_network *emulated = make_network(OSS_PRECISION_BF16, channels[_i]);
    float loss = oss_network_train(native).loss->data[0];
    oss_cpu_hide_bf16(true);
    ck_assert(oss_network_train(emulated).loss->data[0] == loss);
    ck_assert_mem_eq(native->grad, emulated->grad, native->params->floats * sizeof(float));
    oss_network_free(native);
    oss_network_free(emulated);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("encoder_bf16");
    TCase *tcase = tcase_create("encoder_bf16");
    enum { CASES = sizeof channels / sizeof channels[0] };
    tcase_add_loop_test(tcase, test_close_to_float32, 0, CASES);
    tcase_add_loop_test(tcase, test_packed_weights_change_no_bit, 0, CASES);
    tcase_add_loop_test(tcase, test_the_instruction_changes_no_bit, 0, CASES);
    suite_add_tcase(suite, tcase);
    return suite;
}
