/* Frequency warping in the network: each utterance is heard through the filters that its key draws, and only where
 * training asks for it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/network.h"
#include "support/suite.h"

enum { UTTERANCES = 8 };
static const int32_t SAMPLES[UTTERANCES] = {8000, 8000, 5123, 5123, 3000, 3000, 6400, 6400};
static const int32_t LABELS[UTTERANCES] = {3, 3, 2, 2, 1, 1, 3, 3};

static oss_network *make_network(double prob) {
    oss_network_sizes sizes = oss_network_micro();
    oss_network *network = oss_network_create(&sizes, UTTERANCES, SAMPLES, LABELS);
    oss_net_free(network->net);
    network->config->augmentation.warp = (oss_warp_spec){.prob = prob, .most = 0.15};
    ck_assert_int_eq(
        oss_net_create(&network->net, network->config, network->params, network->mel, network->vocab),
        OSS_OK);
    network->input.warp = true;
    for (uint32_t b = 0; b < UTTERANCES; b += 2) { /* two views of the same sound */
        memcpy(network->audio[b + 1], network->audio[b], (size_t)SAMPLES[b] * sizeof(float));
    }
    oss_network_set_arena(network);
    return network;
}

/* y[T,bins] of utterance b with the filters of this factor. */
static float *make_features(const oss_network *network, int32_t b, double factor, size_t floats) {
    oss_mel_plan *plan = NULL;
    ck_assert_int_eq(oss_mel_plan_create_warped(&plan, network->mel, factor), OSS_OK);
    float *y = malloc(floats * sizeof *y);
    void *scratch = aligned_alloc(64, (oss_mel_scratch_bytes(plan) + 63) / 64 * 64);
    oss_mel_forward(plan, y, NULL, network->audio[b], SAMPLES[b], scratch);
    free(scratch);
    oss_mel_plan_free(plan);
    return y;
}

START_TEST(test_each_utterance_has_its_filters) {
    oss_network *network = make_network(0.7);
    const oss_warp_spec *spec = &network->config->augmentation.warp;
    size_t bytes = oss_net_measure(network->net, network->tape, &network->input, true);
    oss_net_output output = oss_network_train(network);
    ck_assert_uint_eq(oss_tape_arena(network->tape)->peak_bytes, bytes);
    int32_t warped = 0, apart = 0, before = -1;
    for (int32_t b = 0; b < UTTERANCES; b++) {
        int32_t index =
            oss_warp_draw(spec, network->input.seed, network->input.step, network->utterance_id[b]);
        int32_t first = output.mel_seq.start[b], frames = output.mel_seq.start[b + 1] - first;
        size_t floats = (size_t)frames * 128;
        float *want = make_features(network, b, oss_warp_factor(spec, index), floats);
        ck_assert_mem_eq(output.features->data + (size_t)first * 128, want, floats * sizeof *want);
        free(want);
        warped += index != OSS_WARP_NONE;
        apart += b % 2 == 1 && index != before;
        before = index;
    }
    ck_assert(warped > 0 && warped < UTTERANCES); /* else this test shows half of it */
    ck_assert_int_gt(apart, 0);
    oss_network_free(network);
}
END_TEST

/* Switched on in the config but not by the input, and the other way round. */
START_TEST(test_only_training_warps) {
    oss_network *on = make_network(1), *off = make_network(0);
    oss_net_output plain = oss_network_forward(off, false);
    size_t bytes = oss_tensor_count(plain.features) * sizeof(float);
    oss_net_output output = oss_network_forward(on, false);
    ck_assert_int_ne(memcmp(plain.features->data, output.features->data, bytes), 0);
    on->input.warp = false;
    output = oss_network_forward(on, false);
    ck_assert_mem_eq(plain.features->data, output.features->data, bytes);
    oss_network_free(on);
    oss_network_free(off);
}
END_TEST

START_TEST(test_warps_need_their_key) {
    oss_network *network = make_network(1);
    network->input.utterance_id = NULL;
    oss_net_output output;
    oss_tape_reset(network->tape, false);
    ck_assert_int_eq(
        oss_net_forward(network->net, network->tape, network->value, NULL, NULL, &network->input, &output),
        OSS_EUSAGE);
    oss_network_free(network);
}
END_TEST

/* The gradient that reaches a waveform goes back through the filters that heard it: against differences of the loss. */
START_TEST(test_gradient_of_a_waveform) {
    oss_network *network = make_network(1);
    ck_assert_int_ne(oss_warp_draw(&network->config->augmentation.warp, network->input.seed,
                                   network->input.step, network->utterance_id[0]),
                     OSS_WARP_NONE);
    network->input.audio_grad = network->audio_grad;
    oss_network_set_arena(network);
    (void)oss_network_train(network);
    float *x = network->audio[0], *kept = malloc(8000 * sizeof *kept);
    memcpy(kept, x, 8000 * sizeof *kept);
    double norm = 0, loss[2];
    for (int32_t i = 0; i < SAMPLES[0]; i++) {
        norm += pow((double)network->audio_grad[0][i], 2);
    }
    ck_assert_double_gt(norm, 0.0);
    const double h = 1e-3 / sqrt(norm); /* along the gradient: the loss moves by 2e-3 |gradient| */
    for (int side = 0; side < 2; side++) {
        for (int32_t i = 0; i < SAMPLES[0]; i++) {
            x[i] = (float)((double)kept[i] + (side == 0 ? h : -h) * (double)network->audio_grad[0][i]);
        }
        oss_net_output output = oss_network_forward(network, true);
        loss[side] = output.nll[0] / LABELS[0];
    }
    ck_assert_double_eq_tol((loss[0] - loss[1]) / (2 * h), norm, 0.02 * norm);
    free(kept);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("warp");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_each_utterance_has_its_filters);
    tcase_add_test(tcase, test_only_training_warps);
    tcase_add_test(tcase, test_warps_need_their_key);
    tcase_add_test(tcase, test_gradient_of_a_waveform);
    suite_add_tcase(suite, tcase);
    return suite;
}
