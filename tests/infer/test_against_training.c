/* The two forward passes, one on the tape in a batch and one for inference alone, give the same numbers to
 * rounding. */
#include <math.h>

#include "infer/encoder_cases.h"
#include "model/sizes.h"
#include "kernel/cpu.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { UTTERANCES = 4 };
static const int32_t samples[UTTERANCES] = {31234, 161, 1, 90000};
static const int32_t labels[UTTERANCES] = {3, 1, 0, 9};

typedef struct variant {
    oss_position position;
    int32_t downsample, k;
    bool power, tiny;
    int32_t value_conv;
} variant;

static const variant variants[] = {
    {OSS_POSITION_NONE, 8, 1, true, false, 0},        {OSS_POSITION_NONE, 4, 2, false, false, 0},
    {OSS_POSITION_SINUSOIDAL, 8, 2, false, false, 0}, {OSS_POSITION_SINUSOIDAL, 4, 1, false, false, 0},
    {OSS_POSITION_ROPE, 8, 3, false, false, 0},       {OSS_POSITION_ROPE, 4, 1, true, false, 0},
    {OSS_POSITION_ROPE, 8, 2, false, true, 0},        {OSS_POSITION_NONE, 4, 2, false, false, 3},
    {OSS_POSITION_ROPE, 8, 1, false, false, 255},     {OSS_POSITION_ROPE, 8, 2, false, true, 15}};
enum { VARIANTS = sizeof variants / sizeof *variants };

static oss_network_sizes make_sizes(const variant *v) {
    oss_network_sizes sizes = oss_case_sizes();
    if (v->tiny) { /* the default network */
        sizes.d_model = 192;
        sizes.n_heads = 3;
        sizes.d_ff = 768;
        sizes.n_layers = 4;
        sizes.conv_channels = 64;
        sizes.vocab = 30;
    }
    sizes.position = v->position;
    sizes.downsample = v->downsample;
    sizes.k = v->k;
    sizes.power = v->power;
    sizes.value_conv = v->value_conv;
    return sizes;
}

/* Rows [row, row + count / columns) of what training made against what inference made. */
static void check_rows(const float *got, const oss_tensor *want, int32_t row, size_t count, double bound,
                       const char *what) {
    const float *from = want->data + (size_t)row * (size_t)want->dim[1];
    double most = 1.0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs((double)from[i]));
    }
    oss_assert_close_f32_f32(got, from, count, what, INFINITY, bound * most);
}

/* With bf16 the last bit of a float may decide which way a number is rounded: bounds are those of bf16. */
static void check_same_numbers(const variant *v, oss_precision precision) {
    double bound = precision == OSS_PRECISION_BF16 ? 1e-2 : 1e-5;
    oss_network_sizes sizes = make_sizes(v);
    oss_network *network = oss_network_create(&sizes, UTTERANCES, samples, labels);
    network->config->training.precision = precision;
    oss_network_set_utterances(network, UTTERANCES, 0, samples, labels); /* reserves for that */
    oss_net_output trained = oss_network_forward(network, false);
    ck_assert_ptr_nonnull(trained.projected);
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder_in(model, precision, 2);
    int32_t mel_row = 0, row = 0;
    for (int32_t i = 0; i < UTTERANCES; i++) {
        oss_encoding e = oss_case_run(encoder, network->audio[i], samples[i]);
        check_rows(e.features, trained.features, mel_row, (size_t)e.mel_frames * (size_t)e.bins, 1e-5,
                   "features");
        check_rows(e.embeddings, trained.embeddings, row, (size_t)e.frames * (size_t)e.width, bound,
                   "embeddings");
        check_rows(e.logits, trained.logits, row * v->k, (size_t)e.logit_rows * (size_t)e.vocab, bound,
                   "logits");
        check_rows(e.projected, trained.projected, row, (size_t)e.frames * (size_t)e.projected_width, bound,
                   "projected");
        mel_row += e.mel_frames;
        row += e.frames;
    }
    ck_assert_int_eq(row, trained.embeddings->dim[0]);
    oss_encoder_free(encoder);
    oss_model_free(model);
    oss_network_free(network);
}

START_TEST(test_same_numbers) {
    check_same_numbers(&variants[_i], OSS_PRECISION_FP32);
}
END_TEST

START_TEST(test_same_numbers_in_bf16) {
    check_same_numbers(&variants[_i], OSS_PRECISION_BF16);
}
END_TEST

/* Chunks of 3 embeddings that see 5 before them: inference limits attention as training does. */
START_TEST(test_same_chunks) {
    oss_network_sizes sizes = make_sizes(&variants[_i]);
    oss_network *network = oss_network_create(&sizes, UTTERANCES, samples, labels);
    double hz = oss_sizes_embedding_hz(&network->config->model);
    network->config->training.chunk = (oss_chunk_spec){1, 3 / hz, 3 / hz, 5 / hz, 5 / hz};
    network->input.chunks = true;
    oss_network_set_utterances(network, UTTERANCES, 0, samples, labels); /* reserves for that */
    oss_net_output trained = oss_network_forward(network, false);
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 3), *sibling = NULL;
    oss_encoder_set_reach(encoder, 3, 5);
    ok(oss_encoder_create_sibling(&sibling, encoder));
    int32_t row = 0;
    for (int32_t i = 0; i < UTTERANCES; i++) {
        oss_encoding e = oss_case_run(encoder, network->audio[i], samples[i]);
        oss_encoding other = oss_case_run(sibling, network->audio[i], samples[i]);
        size_t count = (size_t)e.logit_rows * (size_t)e.vocab;
        check_rows(e.logits, trained.logits, row * variants[_i].k, count, 1e-5, "logits");
        ck_assert_mem_eq(e.logits, other.logits, count * sizeof *e.logits); /* on any threads */
        row += e.frames;
    }
    oss_encoder_set_reach(encoder, 0, 0);
    oss_encoding whole = oss_case_run(encoder, network->audio[0], samples[0]);
    oss_encoding chunked = oss_case_run(sibling, network->audio[0], samples[0]);
    ck_assert_mem_ne(whole.logits, chunked.logits,
                     (size_t)whole.logit_rows * (size_t)whole.vocab * sizeof *whole.logits);
    oss_encoder_free(sibling);
    oss_encoder_free(encoder);
    oss_model_free(model);
    oss_network_free(network);
}
END_TEST

/* Rows are rounded one by one: threads change no bit, nor does a processor without the instruction, and bf16 does. */
START_TEST(test_bf16_on_any_threads) {
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = oss_models_create(&sizes);
    float audio[20000];
    oss_network_fill_audio(audio, 20000, 1);
    oss_encoder *floats = oss_case_encoder(model, 1);
    oss_encoder *one = oss_case_encoder_in(model, OSS_PRECISION_BF16, 1);
    oss_encoder *three = oss_case_encoder_in(model, OSS_PRECISION_BF16, 3);
    oss_encoding a = oss_case_run(one, audio, 20000), b = oss_case_run(three, audio, 20000);
    oss_cpu_hide_bf16(true);
    oss_encoder *without = oss_case_encoder_in(model, OSS_PRECISION_BF16, 2);
    oss_encoding d = oss_case_run(without, audio, 20000);
    oss_cpu_hide_bf16(false);
    oss_encoding c = oss_case_run(floats, audio, 20000);
    size_t bytes = (size_t)a.logit_rows * (size_t)a.vocab * sizeof *a.logits;
    ck_assert_mem_eq(a.logits, b.logits, bytes);
    ck_assert_mem_eq(a.logits, d.logits, bytes);
    ck_assert_mem_ne(a.logits, c.logits, bytes);
    oss_encoder_free(without);
    oss_encoder_free(one);
    oss_encoder_free(three);
    oss_encoder_free(floats);
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/against_training");
    TCase *forward = tcase_create("forward");
    tcase_add_loop_test(forward, test_same_numbers, 0, VARIANTS);
    tcase_add_loop_test(forward, test_same_numbers_in_bf16, 0, VARIANTS);
    tcase_add_loop_test(forward, test_same_chunks, 0, VARIANTS);
    tcase_add_test(forward, test_bf16_on_any_threads);
    suite_add_tcase(suite, forward);
    return suite;
}
