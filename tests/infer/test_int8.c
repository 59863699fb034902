/* The encoder in int8: the same bits on every ISA, with any threads, and numbers close to those of fp32. */
#include <math.h>

#include "infer/encoder_cases.h"
#include "kernel/cpu.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"

enum { MEL_FRAMES = 333 };

typedef struct variant {
    oss_position position;
    int32_t conv_channels, downsample;
    int32_t chunk, left;
    int32_t value_conv;
} variant;

static const variant variants[] = {{OSS_POSITION_ROPE, 8, 8, 0, 0, 0},
                                   {OSS_POSITION_SINUSOIDAL, 5, 4, 7, 4, 0},
                                   {OSS_POSITION_ROPE, 8, 8, 0, 0, 15},
                                   {OSS_POSITION_SINUSOIDAL, 5, 4, 7, 4, 17}};
enum { VARIANTS = 4, WITH_VALUE_CONV = 2 };

static oss_model *make_model(const variant *v) {
    oss_network_sizes sizes = oss_case_sizes();
    sizes.position = v->position;
    sizes.conv_channels = v->conv_channels;
    sizes.downsample = v->downsample;
    sizes.value_conv = v->value_conv;
    return oss_models_create(&sizes);
}

static float *make_features(const oss_model *model) {
    size_t count = (size_t)MEL_FRAMES * (size_t)model->config.mel.bins;
    float *features = oss_exact_floats(count);
    oss_fill_f32(features, count, 1, 2.0);
    return features;
}

static oss_encoding run_features(oss_encoder *encoder, const float *features) {
    oss_encoding encoding;
    ok(oss_encoder_run_features(encoder, features, MEL_FRAMES, &encoding));
    return encoding;
}

/* What a fresh encoder gives, in one block. */
static float *encode(const oss_model *model, const variant *v, const float *features, oss_precision precision,
                     int32_t threads, size_t *out_count) {
    oss_encoder *encoder = oss_case_encoder_in(model, precision, threads);
    oss_encoder_set_reach(encoder, v->chunk, v->left);
    oss_encoding encoding = run_features(encoder, features);
    float *copy = oss_case_copy_outputs(&encoding, out_count);
    oss_encoder_free(encoder);
    return copy;
}

static void check_same(const float *want, float *got, size_t count, const char *what, int which) {
    ck_assert_msg(memcmp(want, got, count * sizeof *want) == 0, "%s %d: other bits", what, which);
    free(got);
}

START_TEST(test_same_bits_everywhere) {
    const variant *v = &variants[_i];
    oss_model *model = make_model(v);
    float *features = make_features(model);
    size_t count = 0, again = 0;
    ck_assert(oss_cpu_force(OSS_ISA_GENERIC));
    float *want = encode(model, v, features, OSS_PRECISION_INT8, 1, &count);
    for (int isa = 0; isa < OSS_ISA_COUNT; isa++) {
        for (int hide = 0; hide < 2 && oss_cpu_force((oss_isa)isa); hide++) {
            oss_cpu_hide_vnni(hide == 1);
            check_same(want, encode(model, v, features, OSS_PRECISION_INT8, 1 + hide, &again), count, "isa",
                       isa);
        }
    }
    for (int32_t threads = 2; threads <= 5; threads++) {
        check_same(want, encode(model, v, features, OSS_PRECISION_INT8, threads, &again), count, "threads",
                   threads);
    }
    free(want);
    free(features);
    oss_model_free(model);
}
END_TEST

START_TEST(test_close_to_fp32) {
    const variant *v = &variants[_i];
    oss_model *model = make_model(v);
    float *features = make_features(model);
    size_t count = 0;
    float *want = encode(model, v, features, OSS_PRECISION_FP32, 2, &count);
    float *got = encode(model, v, features, OSS_PRECISION_INT8, 2, &count);
    double error = 0.0, size = 0.0;
    for (size_t i = (size_t)MEL_FRAMES * (size_t)model->config.mel.bins; i < count;
         i++) { /* behind the features */
        error += ((double)got[i] - (double)want[i]) * ((double)got[i] - (double)want[i]);
        size += (double)want[i] * (double)want[i];
    }
    ck_assert_double_gt(error, 0.0);
    ck_assert_msg(sqrt(error / size) < 0.02, "relative error %g", sqrt(error / size));
    free(want);
    free(got);
    free(features);
    oss_model_free(model);
}
END_TEST

/* A sibling gives the same; work space is reused, and then no memory is asked for. */
START_TEST(test_again_and_sibling) {
    oss_model *model = make_model(&variants[WITH_VALUE_CONV]);
    float *features = make_features(model);
    oss_encoder *encoder = oss_case_encoder_in(model, OSS_PRECISION_INT8, 2), *sibling = NULL;
    ok(oss_encoder_create_sibling(&sibling, encoder));
    oss_encoding first = run_features(encoder, features);
    size_t count = 0, again = 0;
    float *want = oss_case_copy_outputs(&first, &count);
    oss_encoding other = run_features(sibling, features);
    check_same(want, oss_case_copy_outputs(&other, &again), count, "sibling", 0);
    oss_faults_install();
    ok(oss_encoder_run_features(encoder, features, 20, &other));
    oss_encoding second = run_features(encoder, features);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    oss_faults_remove();
    check_same(want, oss_case_copy_outputs(&second, &again), count, "again", 0);
    free(want);
    free(features);
    oss_encoder_free(sibling);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* What is not finite ends as an error, wherever it lies, in features and in weights. */
START_TEST(test_not_finite) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    static const char *const names[] = {"encoder.down.0.net.0.weight",
                                        "encoder.down.1.bias",
                                        "encoder.proj.weight",
                                        "encoder.blocks.0.qkv_proj.weight",
                                        "encoder.blocks.0.value_conv.weight",
                                        "encoder.blocks.0.mlp.2.weight",
                                        "encoder.norm.weight",
                                        "head.weight"};
    oss_model *model = make_model(&variants[WITH_VALUE_CONV]);
    float *features = make_features(model);
    oss_encoding e = {.frames = -7};
    oss_encoder *encoder = oss_case_encoder_in(model, OSS_PRECISION_INT8, 2);
    for (int i = 0; i < 3; i++) {
        size_t at = (size_t)(MEL_FRAMES / 2 * i) * (size_t)model->config.mel.bins + (size_t)i;
        float was = features[at];
        features[at] = bad[i];
        ck_assert_int_eq(oss_encoder_run_features(encoder, features, MEL_FRAMES, &e), OSS_ENUMERIC);
        features[at] = was;
    }
    oss_encoder_free(encoder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        float *weight = oss_models_value(model, names[i], NULL), was = weight[1];
        weight[1] = bad[i % 3];
        encoder = oss_case_encoder_in(model, OSS_PRECISION_INT8, 1);
        ck_assert_msg(oss_encoder_run_features(encoder, features, MEL_FRAMES, &e) == OSS_ENUMERIC, "%s",
                      names[i]);
        weight[1] = was;
        oss_encoder_free(encoder);
    }
    ck_assert_int_eq(e.frames, -7);
    free(features);
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/int8");
    TCase *tcase = tcase_create("int8");
    tcase_add_loop_test(tcase, test_same_bits_everywhere, 0, VARIANTS);
    tcase_add_loop_test(tcase, test_close_to_fp32, 0, VARIANTS);
    tcase_add_test(tcase, test_again_and_sibling);
    tcase_add_test(tcase, test_not_finite);
    suite_add_tcase(suite, tcase);
    return suite;
}
