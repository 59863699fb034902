/* What the inference encoder refuses, and what it does when memory is short. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "infer/encoder_cases.h"
#include "support/faults.h"
#include "support/suite.h"

/* ---- What cannot be ---- */

START_TEST(test_refusals) {
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 1);
    float audio[1] = {0.5F};
    oss_encoding e = {.frames = -7};
    ck_assert_int_eq(oss_encoder_run(encoder, audio, 0, &e), OSS_EUSAGE);
    ck_assert_int_eq(oss_encoder_run_features(encoder, audio, 0, &e), OSS_EUSAGE);
    ck_assert_int_eq(oss_encoder_run(encoder, audio, INT64_MAX, &e), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "cut the audio"));
    ck_assert_int_eq(e.frames, -7);
    oss_encoder *none = NULL;
    ck_assert_int_eq(oss_encoder_create(&none, model, OSS_PRECISION_FP32, 0), OSS_EUSAGE);
    ck_assert_ptr_null(none);
    oss_encoder_free(NULL);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

START_TEST(test_output_that_is_not_finite) {
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_value(model, "encoder.norm.weight", NULL)[3] = 3e38F;
    oss_models_value(model, "head.weight", NULL)[3] = 3e38F;
    oss_encoder *encoder = oss_case_encoder(model, 1);
    float *audio = oss_case_audio(5000, 0);
    oss_encoding e = {.frames = -7};
    ck_assert_int_eq(oss_encoder_run(encoder, audio, 5000, &e), OSS_ENUMERIC);
    ck_assert_int_eq(e.frames, -7);
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* ---- Memory ---- */

START_TEST(test_no_heap_call_once_warm) {
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = oss_models_create(&sizes);
    oss_encoder *encoder = oss_case_encoder(model, 2);
    float *audio = oss_case_audio(100000, 0);
    (void)oss_case_run(encoder, audio, 100000);
    oss_faults_install();
    (void)oss_case_run(encoder, audio, 100000);
    (void)oss_case_run(encoder, audio, 5000);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    oss_faults_remove();
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* Every allocation of a life and two runs made to fail in turn: a clean error, nothing leaked, and the
 * encoder still works. */
START_TEST(test_memory_runs_out) {
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = oss_models_create(&sizes);
    float *audio = oss_case_audio(20000, 0);
    oss_encoder *fresh = oss_case_encoder(model, 1);
    oss_encoding encoding = oss_case_run(fresh, audio, 20000);
    size_t count = 0;
    float *want = oss_case_copy_outputs(&encoding, &count);
    oss_encoder_free(fresh);
    oss_faults_install();
    bool fired = true;
    int64_t failures = 0;
    for (int64_t nth = 1; fired; nth++) {
        oss_encoder *encoder = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, ENOMEM);
        oss_status status = oss_encoder_create(&encoder, model, OSS_PRECISION_FP32, 1);
        if (status == OSS_OK) {
            status = oss_encoder_run(encoder, audio, 20000, &encoding);
        }
        fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        failures += fired;
        if (encoder != NULL) {
            oss_case_check_same(encoder, audio, 20000, want, count, "after memory ran out");
        }
        oss_encoder_free(encoder);
        ck_assert_int_eq(oss_faults_blocks(), 0);
    }
    oss_faults_remove();
    ck_assert_int_gt(failures, 5);
    free(want);
    free(audio);
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/encoder_limits");
    TCase *limits = tcase_create("limits");
    tcase_add_test(limits, test_refusals);
    tcase_add_test(limits, test_output_that_is_not_finite);
    tcase_add_test(limits, test_no_heap_call_once_warm);
    tcase_add_test(limits, test_memory_runs_out);
    suite_add_tcase(suite, limits);
    return suite;
}
