/* What must hold of the network whatever its numbers are. */
#include "nn/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/vec.h"
#include "support/exact.h"
#include "support/fill.h"
#include "support/network.h"
#include "support/suite.h"
#include "support/tolerance.h"
#include "tape/tape_internal.h"

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

/* ---- packing ---- */

static void check_rows(const char *what, const float *alone, const float *batch, size_t count) {
    double largest = 1;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)batch[i]));
    }
    oss_assert_close_f32_f32(alone, batch, count, what, INFINITY, 1e-5 * largest);
}

/* An utterance gives the same alone and in a batch, with dropout too, and the gradients add up. */
static void check_alone_and_batch(double dropout) {
    oss_network *batch = make_network(dropout), *alone = make_network(dropout);
    oss_net_output all = oss_network_train(batch);
    double loss = 0;
    float *sum = calloc(alone->params->floats, sizeof *sum);
    for (int32_t b = 0; b < B; b++) {
        oss_network_set_utterances(alone, 1, (uint32_t)b, &SAMPLES[b], &LABELS[b]);
        oss_net_output one = oss_network_train(alone);
        size_t row = (size_t)all.frame_seq.start[b];
        size_t rows = (size_t)(all.frame_seq.start[b + 1] - all.frame_seq.start[b]);
        ck_assert_int_eq(one.frame_seq.start[1], (int32_t)rows);
        ck_assert_int_eq(one.mel_seq.start[1], all.mel_seq.start[b + 1] - all.mel_seq.start[b]);
        size_t width = oss_tensor_row(all.embeddings), logits = 2 * oss_tensor_row(all.logits);
        check_rows("embeddings", one.embeddings->data, all.embeddings->data + row * width, rows * width);
        check_rows("logits", one.logits->data, all.logits->data + row * logits, rows * logits);
        ck_assert_double_le(fabs(one.nll[0] - all.nll[b]), 1e-5 * fmax(1, all.nll[b]));
        loss += (double)one.loss->data[0];
        oss_k_add(sum, alone->grad, alone->params->floats);
    }
    ck_assert_double_le(fabs(loss - (double)all.loss->data[0]), 1e-5 * loss);
    oss_assert_close_f32_f32(sum, batch->grad, batch->params->floats, "sum of gradients", 1e-5, INFINITY);
    free(sum);
    oss_network_free(batch);
    oss_network_free(alone);
}

START_TEST(test_alone_and_in_a_batch) {
    check_alone_and_batch(0);
    check_alone_and_batch(0.25);
}
END_TEST

/* ---- the same bits ---- */

START_TEST(test_same_bits_wherever_memory_lies) {
    oss_network *first = make_network(0.1), *second = make_network(0.1);
    size_t bytes = oss_tape_arena(second->tape)->size_bytes;
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(second->tape), bytes + 12345), OSS_OK);
    float loss = oss_network_train(first).loss->data[0];
    ck_assert(oss_network_train(second).loss->data[0] == loss);
    ck_assert_mem_eq(first->grad, second->grad, first->params->floats * sizeof(float));
    oss_network_train(second); /* again, in memory that was used, over gradients that were there */
    ck_assert_mem_eq(first->grad, second->grad, first->params->floats * sizeof(float));
    oss_network_free(first);
    oss_network_free(second);
}
END_TEST

/* Weights laid out once for many passes give the same bits as an op that lays out its own. */
START_TEST(test_packed_weights_change_no_bit) {
    oss_network *plain = make_network(0.1), *packed = make_network(0.1);
    size_t floats = oss_net_packed_floats(packed->net);
    float *block = oss_exact_floats(floats);
    for (int32_t task = 0; task < oss_net_pack_tasks(packed->net); task++) {
        oss_net_pack(packed->net, block, packed->value, task);
    }
    packed->input.packed = block;
    float loss = oss_network_train(plain).loss->data[0];
    ck_assert(oss_network_train(packed).loss->data[0] == loss);
    ck_assert_mem_eq(plain->grad, packed->grad, plain->params->floats * sizeof(float));
    free(block);
    oss_network_free(plain);
    oss_network_free(packed);
}
END_TEST

START_TEST(test_forward_is_the_same_without_recording) {
    oss_network *network = make_network(0.1);
    oss_net_output output = oss_network_forward(network, true);
    size_t count = oss_tensor_count(output.logits);
    float *logits = copy_floats(output.logits->data, count);
    double nll[B];
    memcpy(nll, output.nll, sizeof nll);
    output = oss_network_forward(network, false);
    ck_assert_mem_eq(logits, output.logits->data, count * sizeof *logits);
    ck_assert_mem_eq(nll, output.nll, sizeof nll);
    ck_assert_int_eq(oss_tape_nodes(network->tape), 0);
    free(logits);
    oss_network_free(network);
}
END_TEST

START_TEST(test_dropout_follows_its_keys) {
    oss_network *network = make_network(0.1);
    float with = oss_network_forward(network, false).loss->data[0];
    ck_assert(oss_network_forward(network, false).loss->data[0] == with);
    network->input.step++;
    ck_assert(oss_network_forward(network, false).loss->data[0] != with);
    network->input.step--;
    network->input.seed++;
    ck_assert(oss_network_forward(network, false).loss->data[0] != with);
    network->input.dropout = false;
    float without = oss_network_forward(network, false).loss->data[0];
    network->config->model.dropout = 0;
    network->input.dropout = true;
    ck_assert(oss_network_forward(network, false).loss->data[0] == without);
    ck_assert(without != with);
    oss_network_free(network);
}
END_TEST

/* Every place of dropout has a number of its own, or two places would drop the same elements. */
START_TEST(test_dropout_sites_are_numbered) {
    oss_network *network = make_network(0.1);
    oss_network_forward(network, true);
    uint32_t site = 0;
    for (int32_t i = 0; i < oss_tape_nodes(network->tape); i++) {
        const oss_node *node = &network->tape->node[i];
        bool drops = strcmp(node->op->name, "attention") == 0 || strcmp(node->op->name, "residual") == 0;
        if (drops && node->f[0] > 0.0f) { /* that of value_conv drops nothing */
            ck_assert_uint_eq(node->u[1], site);
            site++;
        }
    }
    ck_assert_uint_eq(site, 6);
    oss_network_free(network);
}
END_TEST

/* ---- who gets a gradient ---- */

static bool is_frozen(const char *name, int which) {
    const char *const prefix[] = {"encoder.down.", "encoder.blocks.1.qkv_proj.bias", "encoder.",
                                  "encoder.blocks.0.value_conv."};
    return strncmp(name, prefix[which], strlen(prefix[which])) == 0;
}

/* Freezing the stem, one bias, everything but the head, or one convolution of values: frozen ones stay untouched, the others keep their
 * bits. */
START_TEST(test_frozen_parameters_get_no_gradient) {
    oss_network *network = make_network(0.1);
    oss_network_train(network);
    float *all = copy_floats(network->grad, network->params->floats);
    bool *frozen = calloc((size_t)network->params->count, sizeof *frozen);
    ck_assert_ptr_nonnull(frozen);
    clear_gradients(network);
    for (int32_t i = 0; i < network->params->count; i++) {
        frozen[i] = is_frozen(network->params->item[i].name, _i);
    }
    oss_tape_reset(network->tape, true);
    oss_net_output output;
    ck_assert_int_eq(oss_net_forward(network->net, network->tape, network->value, network->grad, frozen,
                                     &network->input, &output),
                     OSS_OK);
    oss_tape_backward(network->tape, output.loss, NULL);
    ck_assert_int_eq(oss_tape_status(network->tape), OSS_OK);
    for (int32_t i = 0; i < network->params->count; i++) {
        const oss_param *param = &network->params->item[i];
        const float *want = frozen[i] ? NULL : all + param->offset;
        for (size_t e = 0; e < param->count; e++) {
            float got = network->grad[param->offset + e];
            ck_assert_msg(want == NULL ? got == 0.0f : got == want[e], "%s[%zu] is %g", param->name, e,
                          (double)got);
        }
    }
    ck_assert_int_eq(oss_tape_nodes(network->tape) < 10, _i == 2);
    free(all);
    free(frozen);
    oss_network_free(network);
}
END_TEST

START_TEST(test_projector_runs_without_recording_only) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.projector_dim = 24;
    oss_network *network = oss_network_create(&sizes, B, SAMPLES, LABELS);
    oss_net_output output = oss_network_forward(network, false);
    ck_assert_ptr_nonnull(output.projected);
    ck_assert_int_eq(output.projected->dim[0], output.embeddings->dim[0]);
    ck_assert_int_eq(output.projected->dim[1], 24);
    const oss_param *w = oss_params_find(network->params, "projector.weight");
    const oss_param *b = oss_params_find(network->params, "projector.bias");
    const float *x = output.embeddings->data + sizes.d_model; /* row 1 */
    double want = (double)network->value[b->offset + 2];
    for (int32_t i = 0; i < sizes.d_model; i++) {
        want += (double)x[i] * (double)network->value[w->offset + (size_t)(2 * sizes.d_model + i)];
    }
    ck_assert_double_le(fabs((double)output.projected->data[24 + 2] - want), 1e-5);
    float *block = oss_exact_floats(oss_net_packed_floats(network->net)); /* which has no projector */
    for (int32_t task = 0; task < oss_net_pack_tasks(network->net); task++) {
        oss_net_pack(network->net, block, network->value, task);
    }
    network->input.packed = block;
    output = oss_network_forward(network, false);
    ck_assert_double_le(fabs((double)output.projected->data[24 + 2] - want), 1e-5);
    free(block);
    network->input.packed = NULL;
    output = oss_network_train(network);
    ck_assert_ptr_null(output.projected);
    for (size_t i = 0; i < w->count; i++) {
        ck_assert(network->grad[w->offset + i] == 0.0f);
    }
    oss_network_free(network);
}
END_TEST

/* An utterance that does not fit changes neither the others' gradients nor the loss, and is reported. */
START_TEST(test_infeasible_utterances_contribute_nothing) {
    const int32_t samples[] = {8000, 5123}, labels[] = {3, 200};
    oss_network_sizes sizes = oss_network_micro();
    oss_network *both = oss_network_create(&sizes, 2, samples, labels);
    oss_network *one = oss_network_create(&sizes, 1, samples, labels);
    oss_net_output output = oss_network_train(both);
    ck_assert(isinf(output.nll[1]) && isfinite(output.nll[0]));
    double loss = (double)oss_network_train(one).loss->data[0];
    ck_assert_double_le(fabs((double)output.loss->data[0] - loss), 1e-5 * loss);
    oss_assert_close_f32_f32(both->grad, one->grad, one->params->floats, "gradient", 1e-5, INFINITY);
    oss_network_set_utterances(one, 1, 1, &samples[1], &labels[1]);
    clear_gradients(one);
    ck_assert(oss_network_train(one).loss->data[0] == 0.0f);
    for (size_t i = 0; i < one->params->floats; i++) {
        ck_assert(one->grad[i] == 0.0f);
    }
    oss_network_free(both);
    oss_network_free(one);
}
END_TEST

START_TEST(test_no_labels_no_loss) {
    oss_network *network = make_network(0);
    network->input.label = NULL;
    oss_net_output output = oss_network_forward(network, false);
    ck_assert_ptr_null(output.loss);
    ck_assert_ptr_null(output.nll);
    ck_assert_ptr_nonnull(output.logits);
    oss_network_free(network);
}
END_TEST

/* ---- refusals ---- */

static void refuse(oss_network *network, const oss_net_input *input, oss_status want, const char *message) {
    oss_net_output output;
    oss_tape_reset(network->tape, false);
    ck_assert_int_eq(oss_net_forward(network->net, network->tape, network->value, NULL, NULL, input, &output),
                     want);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "\"%s\" does not say \"%s\"", oss_last_error(),
                  message);
}

START_TEST(test_bad_input_is_refused) {
    oss_network *network = make_network(0.1);
    oss_net_input input = network->input;
    input.utterances = 0;
    refuse(network, &input, OSS_EUSAGE, "at least one utterance");
    input = network->input;
    network->samples[2] = 0;
    refuse(network, &input, OSS_EUSAGE, "utterance 2 has 0 samples");
    network->samples[2] = SAMPLES[2];
    network->labels[1] = -1;
    refuse(network, &input, OSS_EUSAGE, "utterance 1 has -1 labels");
    network->labels[1] = LABELS[1];
    for (int32_t label = 0; label <= 11; label += 11) {
        int32_t good = network->label[3][4];
        network->label[3][4] = label;
        refuse(network, &input, OSS_EUSAGE, "utterance 3: label 4 is");
        network->label[3][4] = good;
    }
    input.utterance_id = NULL;
    refuse(network, &input, OSS_EUSAGE, "utterance_id");
    oss_tape_reset(network->tape, true);
    oss_net_output output;
    ck_assert_int_eq(
        oss_net_forward(network->net, network->tape, network->value, NULL, NULL, &network->input, &output),
        OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), "gradient block") != NULL, "%s", oss_last_error());
    oss_network_free(network);
}
END_TEST

/* Parts that do not belong together: the op that finds out is named with both shapes. */
START_TEST(test_parts_that_do_not_fit_are_named) {
    oss_network *network = make_network(0);
    oss_mel_spec spec = network->config->model.mel;
    spec.bins = 64;
    oss_mel_plan *other;
    ck_assert_int_eq(oss_mel_plan_create(&other, &spec), OSS_OK);
    oss_net_free(network->net);
    ck_assert_int_eq(oss_net_create(&network->net, network->config, network->params, other, network->vocab),
                     OSS_OK);
    refuse(network, &network->input, OSS_EBUG, "linear: shapes [23,64] and [32,128] do not fit");
    oss_net *net = NULL;
    network->config->model.n_layers = 3;
    ck_assert_int_eq(oss_net_create(&net, network->config, network->params, network->mel, network->vocab),
                     OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "encoder.blocks.2.norm1.weight") != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(net);
    network->config->model.n_layers = 2;
    oss_mel_plan_free(other);
    oss_network_free(network);
}
END_TEST

START_TEST(test_loss_without_a_head_is_refused) {
    oss_network *network = make_network(0);
    oss_net_free(network->net);
    ck_assert_int_eq(oss_net_create(&network->net, network->config, network->params, network->mel, 0),
                     OSS_OK);
    refuse(network, &network->input, OSS_EUSAGE, "head");
    ck_assert_uint_eq(oss_net_measure(network->net, network->tape, &network->input, true), SIZE_MAX);
    network->input.label = NULL;
    oss_net_output output = oss_network_forward(network, false);
    ck_assert_ptr_null(output.logits);
    ck_assert_int_eq(output.embeddings->dim[1], 32);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("encoder");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_alone_and_in_a_batch);
    tcase_add_test(tcase, test_same_bits_wherever_memory_lies);
    tcase_add_test(tcase, test_packed_weights_change_no_bit);
    tcase_add_test(tcase, test_forward_is_the_same_without_recording);
    tcase_add_test(tcase, test_dropout_follows_its_keys);
    tcase_add_test(tcase, test_dropout_sites_are_numbered);
    tcase_add_loop_test(tcase, test_frozen_parameters_get_no_gradient, 0, 4);
    tcase_add_test(tcase, test_projector_runs_without_recording_only);
    tcase_add_test(tcase, test_infeasible_utterances_contribute_nothing);
    tcase_add_test(tcase, test_no_labels_no_loss);
    tcase_add_test(tcase, test_bad_input_is_refused);
    tcase_add_test(tcase, test_parts_that_do_not_fit_are_named);
    tcase_add_test(tcase, test_loss_without_a_head_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
