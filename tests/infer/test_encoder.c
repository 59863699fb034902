/* The inference encoder against float64 PyTorch, against itself with other thread counts and histories, and
 * when memory is short. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/encoder_cases.h"
#include "support/exact.h"
#include "support/suite.h"
#include "support/tolerance.h"

/* ---- Against PyTorch ---- */

static const char *const golden_names[] = {"network_micro_none_8x_k1",
                                           "network_micro_none_4x_k2",
                                           "network_micro_none_8x_k3",
                                           "network_micro_sinusoidal_8x_k1",
                                           "network_micro_sinusoidal_4x_k2",
                                           "network_micro_sinusoidal_8x_k3",
                                           "network_micro_rope_4x_k1",
                                           "network_micro_rope_8x_k2",
                                           "network_micro_rope_8x_k3",
                                           "network_micro_power",
                                           "network_micro_value_conv",
                                           "network_tiny_8x",
                                           "network_tiny_4x"};
enum { GOLDEN_NAMES = sizeof golden_names / sizeof *golden_names };

static int32_t config_value(const oss_golden *golden, const char *key) {
    return (int32_t)oss_golden_number(golden, key);
}

static int32_t golden_value_conv(const oss_golden *golden) {
    return oss_golden_has(golden, "config.value_conv") ? config_value(golden, "config.value_conv") : 0;
}

static oss_network_sizes golden_sizes(const oss_golden *golden) {
    return (oss_network_sizes){.d_model = config_value(golden, "config.d"),
                               .n_heads = config_value(golden, "config.heads"),
                               .d_ff = config_value(golden, "config.ff"),
                               .n_layers = config_value(golden, "config.layers"),
                               .conv_channels = config_value(golden, "config.channels"),
                               .downsample = config_value(golden, "config.downsample"),
                               .k = config_value(golden, "config.k"),
                               .vocab = config_value(golden, "vocab"),
                               .position = (oss_position)config_value(golden, "config.position"),
                               .power = config_value(golden, "config.power") != 0,
                               .value_conv = golden_value_conv(golden)};
}

static double largest(const double *x, size_t count) {
    double most = 0.0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most;
}

START_TEST(test_logits_of_pytorch) {
    oss_golden *golden = oss_golden_load(golden_names[_i]);
    oss_network_sizes sizes = golden_sizes(golden);
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 2);
    oss_model_free(model);
    size_t utterances = 0, logits = 0, at = 0;
    const int32_t *samples = oss_golden_i32(golden, "samples", &utterances);
    const double *want = oss_golden_f64(golden, "logits", &logits);
    double most = fmax(1.0, largest(want, logits));
    for (size_t i = 0; i < utterances; i++) {
        float *audio = oss_case_audio(samples[i], (uint32_t)i);
        oss_encoding encoding = oss_case_run(encoder, audio, samples[i]);
        size_t count = (size_t)encoding.logit_rows * (size_t)encoding.vocab;
        ck_assert_uint_le(at + count, logits);
        oss_assert_close_f32(encoding.logits, want + at, count, golden_names[_i], 2e-5, 2e-5 * most);
        at += count;
        free(audio);
    }
    ck_assert_uint_eq(at, logits);
    oss_encoder_free(encoder);
    oss_golden_free(golden);
}
END_TEST

/* ---- The same bits ---- */

START_TEST(test_any_number_of_threads) {
    static const int32_t threads[] = {2, 3, 5};
    static const int32_t samples[] = {160000, 16000 * 3 + 1, 1600, 1};
    oss_network_sizes sizes = oss_case_sizes();
    sizes.position = (oss_position)(_i % 3);
    sizes.value_conv = _i < 3 ? 0 : 9;
    oss_model *model = oss_models_create(&sizes);
    for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
        float *audio = oss_case_audio(samples[s], 1);
        oss_encoder *one = oss_case_encoder(model, 1);
        oss_encoding encoding = oss_case_run(one, audio, samples[s]);
        size_t count = 0;
        float *want = oss_case_copy_outputs(&encoding, &count);
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            oss_encoder *many = oss_case_encoder(model, threads[i]);
            oss_case_check_same(many, audio, samples[s], want, count, "threads");
            oss_encoder_free(many);
        }
        oss_encoder_free(one);
        free(want);
        free(audio);
    }
    oss_model_free(model);
}
END_TEST

START_TEST(test_what_came_before_does_not_matter) {
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *used = oss_case_encoder(model, 2);
    for (int32_t i = 0; i < 4; i++) {
        int32_t samples = i % 2 == 0 ? 20000 + 777 * i : 480000; /* 16 and 376 frames: tables grow too */
        float *audio = oss_case_audio(samples, (uint32_t)i);
        oss_encoder *fresh = oss_case_encoder(model, 2);
        oss_encoding encoding = oss_case_run(fresh, audio, samples);
        size_t count = 0;
        float *want = oss_case_copy_outputs(&encoding, &count);
        oss_case_check_same(used, audio, samples, want, count, "after other clips");
        oss_encoder_free(fresh);
        free(want);
        free(audio);
    }
    oss_encoder_free(used);
    oss_model_free(model);
}
END_TEST

START_TEST(test_features_already_made) {
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 2);
    float *audio = oss_case_audio(30000, 0);
    oss_encoding encoding = oss_case_run(encoder, audio, 30000);
    ck_assert_int_eq(encoding.mel_frames, 1 + 30000 / 160);
    ck_assert_int_eq(encoding.frames, (encoding.mel_frames + 7) / 8);
    ck_assert_int_eq(encoding.logit_rows, 2 * encoding.frames);
    size_t count = 0;
    float *want = oss_case_copy_outputs(&encoding, &count);
    oss_encoding again;
    ok(oss_encoder_run_features(encoder, want, encoding.mel_frames, &again));
    float *got = oss_case_copy_outputs(&again, &count);
    ck_assert_mem_eq(got, want, count * sizeof *got);
    free(got);
    free(want);
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* ---- Outputs ---- */

/* y = x w^T + b in double, from the model's own weights. */
static void check_linear(const float *y, const float *x, int32_t rows, int32_t k, int32_t n, const float *w,
                         const float *b, const char *what) {
    double *want = malloc((size_t)rows * (size_t)n * sizeof *want);
    ck_assert_ptr_nonnull(want);
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t j = 0; j < n; j++) {
            double sum = (double)b[j];
            for (int32_t i = 0; i < k; i++) {
                sum += (double)x[r * k + i] * (double)w[j * k + i];
            }
            want[r * n + j] = sum;
        }
    }
    oss_assert_close_f32(y, want, (size_t)rows * (size_t)n, what, 1e-6, 1e-5);
    free(want);
}

START_TEST(test_head_and_projector) {
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 1);
    float *audio = oss_case_audio(20000, 0);
    oss_encoding e = oss_case_run(encoder, audio, 20000);
    ck_assert_int_eq(e.projected_width, 20);
    check_linear(e.projected, e.embeddings, e.frames, e.width, 20,
                 oss_models_value(model, "projector.weight", NULL),
                 oss_models_value(model, "projector.bias", NULL), "projector");
    check_linear(e.logits, e.embeddings, e.frames, e.width, 2 * e.vocab,
                 oss_models_value(model, "head.weight", NULL), oss_models_value(model, "head.bias", NULL),
                 "head");
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

START_TEST(test_neither_head_nor_projector) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = 0;
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 1);
    float *audio = oss_case_audio(5000, 0);
    oss_encoding e = oss_case_run(encoder, audio, 5000);
    ck_assert_ptr_null(e.logits);
    ck_assert_ptr_null(e.projected);
    ck_assert_int_eq(e.logit_rows, 0);
    ck_assert_int_eq(e.vocab, 0);
    ck_assert_int_eq(e.projected_width, 0);
    ck_assert_int_eq(e.width, sizes.d_model);
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* With mean 0 and deviation 1 the features are the plain logarithms; with others they are shifted and scaled. */
START_TEST(test_fixed_mel_statistics) {
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    size_t bins = (size_t)model->config.mel.bins;
    model->config.mel.norm = OSS_MEL_NORM_FIXED;
    model->mel_mean = oss_alloc(bins, sizeof *model->mel_mean);
    model->mel_std = oss_alloc(bins, sizeof *model->mel_std);
    float *audio = oss_case_audio(5000, 0);
    float *plain = NULL;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t f = 0; f < bins; f++) {
            model->mel_mean[f] = pass == 0 ? 0.0F : -3.0F + 0.01F * (float)f;
            model->mel_std[f] = pass == 0 ? 1.0F : 2.0F;
        }
        oss_encoder *encoder = oss_case_encoder(model, 1);
        oss_encoding e = oss_case_run(encoder, audio, 5000);
        size_t count = (size_t)e.mel_frames * bins;
        if (pass == 0) {
            plain = oss_exact_floats(count);
            memcpy(plain, e.features, count * sizeof *plain);
        }
        for (size_t i = 0; pass == 1 && i < count; i++) {
            double want = ((double)plain[i] - (double)model->mel_mean[i % bins]) / 2.0;
            ck_assert_double_eq_tol((double)e.features[i], want, 1e-5);
        }
        oss_encoder_free(encoder);
    }
    free(plain);
    free(audio);
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/encoder");
    TCase *golden = tcase_create("golden");
    tcase_add_loop_test(golden, test_logits_of_pytorch, 0, GOLDEN_NAMES);
    TCase *bits = tcase_create("same bits");
    tcase_add_loop_test(bits, test_any_number_of_threads, 0, 6);
    tcase_add_test(bits, test_what_came_before_does_not_matter);
    tcase_add_test(bits, test_features_already_made);
    TCase *outputs = tcase_create("outputs");
    tcase_add_test(outputs, test_head_and_projector);
    tcase_add_test(outputs, test_neither_head_nor_projector);
    tcase_add_test(outputs, test_fixed_mel_statistics);
    suite_add_tcase(suite, golden);
    suite_add_tcase(suite, bits);
    suite_add_tcase(suite, outputs);
    return suite;
}
