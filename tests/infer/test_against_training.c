/* The two forward passes, one on the tape in a batch and one for inference alone, give the same numbers to
 * rounding. */
#include <math.h>

#include "infer/encoder_cases.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { UTTERANCES = 4 };
static const int32_t samples[UTTERANCES] = {31234, 161, 1, 90000};
static const int32_t labels[UTTERANCES] = {3, 1, 0, 9};

typedef struct variant {
    oss_position position;
    int32_t downsample, k;
    bool power, tiny;
} variant;

static const variant variants[] = {
    {OSS_POSITION_NONE, 8, 1, true, false},        {OSS_POSITION_NONE, 4, 2, false, false},
    {OSS_POSITION_SINUSOIDAL, 8, 2, false, false}, {OSS_POSITION_SINUSOIDAL, 4, 1, false, false},
    {OSS_POSITION_ROPE, 8, 3, false, false},       {OSS_POSITION_ROPE, 4, 1, true, false},
    {OSS_POSITION_ROPE, 8, 2, false, true}};
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
    return sizes;
}

/* Rows [row, row + count / columns) of what training made against what inference made. */
static void check_rows(const float *got, const oss_tensor *want, int32_t row, size_t count,
                       const char *what) {
    const float *from = want->data + (size_t)row * (size_t)want->dim[1];
    double most = 1.0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs((double)from[i]));
    }
    oss_assert_close_f32_f32(got, from, count, what, INFINITY, 1e-5 * most);
}

START_TEST(test_same_numbers) {
    const variant *v = &variants[_i];
    oss_network_sizes sizes = make_sizes(v);
    oss_network *network = oss_network_create(&sizes, UTTERANCES, samples, labels);
    oss_net_output trained = oss_network_forward(network, false);
    ck_assert_ptr_nonnull(trained.projected);
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 2);
    int32_t mel_row = 0, row = 0;
    for (int32_t i = 0; i < UTTERANCES; i++) {
        oss_encoding e = oss_case_run(encoder, network->audio[i], samples[i]);
        check_rows(e.features, trained.features, mel_row, (size_t)e.mel_frames * (size_t)e.bins, "features");
        check_rows(e.embeddings, trained.embeddings, row, (size_t)e.frames * (size_t)e.width, "embeddings");
        check_rows(e.logits, trained.logits, row * v->k, (size_t)e.logit_rows * (size_t)e.vocab, "logits");
        check_rows(e.projected, trained.projected, row, (size_t)e.frames * (size_t)e.projected_width,
                   "projected");
        mel_row += e.mel_frames;
        row += e.frames;
    }
    ck_assert_int_eq(row, trained.embeddings->dim[0]);
    oss_encoder_free(encoder);
    oss_model_free(model);
    oss_network_free(network);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/against_training");
    TCase *forward = tcase_create("forward");
    tcase_add_loop_test(forward, test_same_numbers, 0, VARIANTS);
    suite_add_tcase(suite, forward);
    return suite;
}
