/* The whole network's gradient against differences of its loss, one parameter after the other, down to the
 * waveform. The loss is taken in double from nll; what it knows is a float32 forward, so directions are
 * dense: random signs on all elements of a parameter, where a missing or wrongly signed part cannot hide. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/network.h"
#include "support/suite.h"

enum { DIRECTIONS = 3 };
static const int32_t SAMPLES[] = {5200, 3333};
static const int32_t LABELS[] = {4, 3};

static double loss_of(oss_network *network) {
    oss_net_output output;
    oss_tape_reset(network->tape, true); /* what is recorded knows of intermediate CTC */
    oss_status status = oss_net_forward(network->net, network->tape, network->value, network->grad, NULL,
                                        &network->input, &output);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    double loss = 0;
    for (int32_t b = 0; b < network->input.utterances; b++) {
        ck_assert(isfinite(output.nll[b]));
        double w = output.inter_nll == NULL ? 0.0 : network->config->training.inter_ctc_weight;
        double inter = output.inter_nll == NULL ? 0.0 : output.inter_nll[b];
        loss += ((1 - w) * output.nll[b] + w * inter) / network->labels[b];
    }
    return loss;
}

static double sign_of(uint64_t seed, size_t i) {
    return oss_fill_bits(seed, i) >> 63 ? 1.0 : -1.0;
}

static double loss_along(oss_network *network, float *value, const float *start, size_t count, uint64_t seed,
                         double h) {
    for (size_t i = 0; i < count; i++) {
        value[i] = (float)((double)start[i] + h * sign_of(seed, i));
    }
    return loss_of(network);
}

/* |difference - <grad, direction>| / |grad|: of the order of the relative error of the gradient. */
static double directional_error(oss_network *network, float *value, const float *grad, size_t count,
                                uint64_t seed, double h) {
    float *start = malloc(count * sizeof *start);
    ck_assert_ptr_nonnull(start);
    memcpy(start, value, count * sizeof *start);
    double near = loss_along(network, value, start, count, seed, h) -
                  loss_along(network, value, start, count, seed, -h);
    double far = loss_along(network, value, start, count, seed, 2 * h) -
                 loss_along(network, value, start, count, seed, -2 * h);
    memcpy(value, start, count * sizeof *start);
    free(start);
    double dot = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        dot += (double)grad[i] * sign_of(seed, i);
        norm += (double)grad[i] * (double)grad[i];
    }
    ck_assert_double_gt(norm, 0);
    return fabs((8 * near - far) / (12 * h) - dot) / sqrt(norm);
}

/* A step along random signs that moves the loss by about `move`: far above float32 noise, well before the
 * loss bends. Power features span decades and a waveform goes through a logarithm: both bend early. */
static double choose_step(const float *grad, size_t count, double move) {
    double norm = 0;
    for (size_t i = 0; i < count; i++) {
        norm += (double)grad[i] * (double)grad[i];
    }
    return fmin(move / sqrt(norm), 0.02);
}

static double check_values(oss_network *network, const char *name, float *value, const float *grad,
                           size_t count, double move) {
    const double limit = 5e-3;
    double h = choose_step(grad, count, move);
    double worst = 0;
    for (uint64_t direction = 0; direction < DIRECTIONS; direction++) {
        double error = directional_error(network, value, grad, count, direction, h);
        ck_assert_msg(error <= limit, "%s: gradient and differences part by %.3g of its norm (at most %.3g)",
                      name, error, limit);
        worst = fmax(worst, error);
    }
    return worst;
}

typedef struct setting {
    oss_position position;
    int32_t downsample;
    bool power;
    double dropout;
    double move;
    double inter_ctc_weight;
    double stochastic_depth;
    double chunk_seconds; /* 0: attention is not limited */
    int32_t value_conv;
} setting;

static const setting SETTING[] = {
    {OSS_POSITION_ROPE, 8, false, 0, 5e-3, 0, 0, 0, 0},
    {OSS_POSITION_ROPE, 8, false, 0.1, 5e-3, 0.6, 0.5, 0, 0},
    {OSS_POSITION_SINUSOIDAL, 4, false, 0.2, 5e-3, 0, 0, 0.2, 0}, /* masks are fixed by their keys */
    {OSS_POSITION_NONE, 8, true, 0, 1e-3, 0, 0, 0, 0},
    {OSS_POSITION_ROPE, 4, false, 0, 5e-3, 0, 0, 0, 5},
    {OSS_POSITION_NONE, 8, false, 0.1, 5e-3, 0.6, 0.5, 0.08, 9}};

START_TEST(test_differences) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.position = SETTING[_i].position;
    sizes.downsample = SETTING[_i].downsample;
    sizes.power = SETTING[_i].power;
    sizes.dropout = SETTING[_i].dropout;
    sizes.value_conv = SETTING[_i].value_conv;
    oss_network *network = oss_network_create(&sizes, 2, SAMPLES, LABELS);
    network->input.audio_grad = network->audio_grad;
    network->config->training.inter_ctc_weight = SETTING[_i].inter_ctc_weight;
    network->input.chunks = SETTING[_i].chunk_seconds > 0;
    network->config->training.chunk =
        (oss_chunk_spec){1, SETTING[_i].chunk_seconds, 2 * SETTING[_i].chunk_seconds, 0, 0.1};
    network->config->training.stochastic_depth = SETTING[_i].stochastic_depth;
    oss_tape_free(network->tape);
    ck_assert_int_eq(oss_tape_create(&network->tape, oss_net_tape_nodes(network->net)), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(network->tape),
                                       oss_net_measure(network->net, network->tape, &network->input, true)),
                     OSS_OK);
    oss_network_train(network);
    double worst = 0;
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        worst = fmax(worst, check_values(network, param->name, network->value + param->offset,
                                         network->grad + param->offset, param->count, SETTING[_i].move));
    }
    double worst_audio = 0;
    for (int32_t b = 0; b < 2; b++) {
        worst_audio = fmax(worst_audio, check_values(network, "a waveform", network->audio[b],
                                                     network->audio_grad[b], (size_t)SAMPLES[b], 1e-3));
    }
    printf("setting %d: largest difference %.2g, of a waveform %.2g\n", _i, worst, worst_audio);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("encoder_gradients");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_differences, 0, sizeof SETTING / sizeof SETTING[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
