/* Ten optimiser steps against PyTorch in float64 (scripts/golden/train_steps.py): forward, backward,
 * clipping, AdamW. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/network.h"
#include "support/suite.h"
#include "train/adamw.h"
#include "train/schedule.h"

enum { STEPS = 10 };
static const double DECAY = 0.1, CLIP_NORM = 1.0;

typedef struct batch {
    int32_t utterances;
    uint32_t first_id;
    int32_t samples[3], labels[3];
} batch;

static const batch BATCH[] = {{3, 0, {8000, 5123, 12001}, {3, 2, 5}}, {2, 3, {9000, 6401}, {4, 2}}};

static void update(oss_network *network, float *m, float *v, double lr, int64_t step, double grad_scale) {
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        const oss_adamw_step adamw = {.lr = lr,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .eps = 1e-8,
                                      .decay = param->decay ? DECAY : 0.0,
                                      .step = step,
                                      .grad_scale = (float)grad_scale};
        oss_k_adamw(network->value + param->offset, m + param->offset, v + param->offset, NULL,
                    network->grad + param->offset, param->count, &adamw);
    }
}

START_TEST(test_ten_steps) {
    oss_golden *golden = oss_golden_load("train_steps");
    const double *want_lr = oss_golden_f64(golden, "lr", NULL);
    const double *want_loss = oss_golden_f64(golden, "loss", NULL);
    const double *want_norm = oss_golden_f64(golden, "grad_norm", NULL);
    oss_network_sizes sizes = oss_network_micro();
    sizes.position = OSS_POSITION_SINUSOIDAL;
    oss_network *network = oss_network_create(&sizes, BATCH[0].utterances, BATCH[0].samples, BATCH[0].labels);
    network->config->training.lr = 2e-3;
    network->config->training.warmup_steps = 3;
    network->config->training.max_steps = STEPS;
    network->config->training.min_lr_ratio = 0.1;
    size_t floats = network->params->floats;
    float *m = calloc(floats, sizeof *m), *v = calloc(floats, sizeof *v);
    ck_assert(m != NULL && v != NULL);
    for (int32_t step = 1; step <= STEPS; step++) {
        const batch *b = &BATCH[(step - 1) % 2];
        oss_network_set_utterances(network, b->utterances, b->first_id, b->samples, b->labels);
        memset(network->grad, 0, floats * sizeof *network->grad);
        double loss = (double)oss_network_train(network).loss->data[0] / b->utterances;
        double norm = sqrt(oss_k_sum_squares(network->grad, floats)) / b->utterances;
        double loss_error = fabs(loss - want_loss[step - 1]) / want_loss[step - 1];
        double norm_error = fabs(norm - want_norm[step - 1]) / want_norm[step - 1];
        printf("step %2d: loss %.9g, relative error %.1e, of the gradient's norm %.1e\n", step, loss,
               loss_error, norm_error);
        ck_assert_msg(loss_error <= 1e-4, "step %d: loss %.9g, want %.9g", step, loss, want_loss[step - 1]);
        ck_assert_msg(norm_error <= 1e-3, "step %d: gradient norm %.9g, want %.9g", step, norm,
                      want_norm[step - 1]);
        double lr = oss_learning_rate(network->config, step);
        ck_assert_double_le(fabs(lr - want_lr[step - 1]), 1e-12 * lr);
        update(network, m, v, lr, step, oss_clip_factor(norm, CLIP_NORM) / b->utterances);
    }
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        char key[96];
        snprintf(key, sizeof key, "weight_norm.%s", param->name);
        double norm = sqrt(oss_k_sum_squares(network->value + param->offset, param->count));
        double want = oss_golden_number(golden, key);
        ck_assert_msg(fabs(norm - want) <= 1e-3 * want, "%s: norm after ten steps %.9g, want %.9g",
                      param->name, norm, want);
    }
    free(m);
    free(v);
    oss_network_free(network);
    oss_golden_free(golden);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("train_steps");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_ten_steps);
    suite_add_tcase(suite, tcase);
    return suite;
}
