/* How far a call is: told by the caller's own thread, in order, and without changing a bit of the result. */
#include <pthread.h>

#include "infer/recognizer_cases.h"
#include "support/suite.h"

typedef struct told {
    pthread_t caller;
    int calls[2]; /* of each stage */
    double last[2];
    bool wrong; /* told by another thread, out of order, or of a fraction that is none */
} told;

static void take_progress(void *context, oss_stage stage, double fraction) {
    told *t = context;
    bool late = stage == OSS_STAGE_READING && t->calls[OSS_STAGE_ENCODING] > 0;
    t->wrong |= late || !pthread_equal(pthread_self(), t->caller);
    t->wrong |= !(fraction >= t->last[stage] && fraction <= 1.0);
    t->calls[stage]++;
    t->last[stage] = fraction;
}

START_TEST(test_progress) {
    enum { LONG = 300000 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *audio = oss_case_audio(LONG, 5);
    oss_wav_write_f32(p.wav, audio, LONG, 1, 8000);
    for (int threads = 1; threads <= 2; threads++) {
        told t = {.caller = pthread_self()};
        oss_recognizer *recognizer = NULL;
        oss_matrix plain = {0}, watched = {0};
        ok(oss_recognizer_create(&recognizer, p.model,
                                 &(oss_recognizer_options){OSS_SIZE, .threads = threads}));
        ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &plain));
        oss_recognizer_set_progress(recognizer, take_progress, &t);
        ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &watched));
        ck_assert(!t.wrong);
        ck_assert_int_gt(t.calls[OSS_STAGE_READING], 5);
        /* Only the caller's thread tells, and with helpers it may find little left to do. */
        ck_assert_int_gt(t.calls[OSS_STAGE_ENCODING], threads == 1 ? 5 : 0);
        ck_assert(t.last[OSS_STAGE_READING] == 1.0 && t.last[OSS_STAGE_ENCODING] == 1.0);
        ck_assert_mem_eq(plain.value, watched.value, (size_t)(plain.rows * plain.columns) * sizeof(float));
        t = (told){.caller = pthread_self()};
        char *text = NULL;
        ok(oss_recognizer_transcribe_samples(recognizer, audio, LONG, 16000, &text));
        ck_assert(!t.wrong && t.calls[OSS_STAGE_READING] == 0 && t.last[OSS_STAGE_ENCODING] == 1.0);
        oss_string_free(text);
        oss_recognizer_set_progress(recognizer, NULL, NULL);
        t = (told){.caller = pthread_self()};
        ok(oss_recognizer_transcribe_file(recognizer, p.wav, &text, NULL));
        ck_assert_int_eq(t.calls[OSS_STAGE_READING] + t.calls[OSS_STAGE_ENCODING], 0);
        oss_string_free(text);
        oss_matrix_deinit(&plain);
        oss_matrix_deinit(&watched);
        oss_recognizer_free(recognizer);
    }
    free(audio);
    free_place(&p);
}
END_TEST

static int32_t count_call(void *context, const float *value, int32_t rows, int32_t columns) {
    int32_t *calls = context;
    ck_assert(value != NULL && rows > 0 && columns > 0);
    (*calls)++;
    return 0; /* no more, please */
}

/* First reading, as far as it is told, then encoding, evenly to its end. */
START_TEST(test_progress_of_a_long_recording) {
    enum { LENGTH = 5 * 60 * 16000 };
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    float *x = oss_case_audio(LENGTH, 5);
    oss_wav_write_f32(p.wav, x, LENGTH, 1, 16000);
    oss_recognizer *recognizer = NULL;
    ok(oss_recognizer_create(&recognizer, p.model, &(oss_recognizer_options){OSS_SIZE, .threads = 1}));
    told t = {.caller = pthread_self()};
    char *text = NULL;
    oss_recognizer_set_progress(recognizer, take_progress, &t);
    ok(oss_recognizer_transcribe_file(recognizer, p.wav, &text, NULL));
    ck_assert(!t.wrong);
    ck_assert_int_gt(t.calls[OSS_STAGE_READING], 10);
    ck_assert_double_lt(t.last[OSS_STAGE_READING], 0.3);
    ck_assert_int_gt(t.calls[OSS_STAGE_ENCODING], 100);
    ck_assert_double_eq(t.last[OSS_STAGE_ENCODING], 1.0);
    oss_string_free(text);
    t = (told){.caller = pthread_self()};
    ok(oss_recognizer_transcribe_samples(recognizer, x, LENGTH, 16000, &text));
    ck_assert(!t.wrong && t.calls[OSS_STAGE_READING] == 0);
    ck_assert_int_gt(t.calls[OSS_STAGE_ENCODING], 100);
    ck_assert_double_eq(t.last[OSS_STAGE_ENCODING], 1.0);
    oss_string_free(text);
    int32_t calls = 0;
    t = (told){.caller = pthread_self()};
    ok(oss_recognizer_embed_file_to(recognizer, p.wav, OSS_OUTPUT_LOGITS, count_call, &calls));
    ck_assert(!t.wrong && t.last[OSS_STAGE_ENCODING] == 1.0);
    ck_assert_int_eq(calls, 1);
    oss_recognizer_free(recognizer);
    free(x);
    free_place(&p);
}
END_TEST

START_TEST(test_progress_of_features) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    told t = {.caller = pthread_self()};
    oss_features *features = NULL;
    oss_matrix matrix = {0};
    ok(oss_features_create(&features, NULL));
    oss_features_set_progress(features, take_progress, &t);
    ok(oss_features_compute_file(features, p.wav, &matrix));
    ck_assert(!t.wrong && t.last[OSS_STAGE_READING] == 1.0 && t.calls[OSS_STAGE_ENCODING] == 0);
    oss_matrix_deinit(&matrix);
    oss_features_free(features);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/progress");
    TCase *tests = tcase_create("progress");
    tcase_add_test(tests, test_progress);
    tcase_add_test(tests, test_progress_of_a_long_recording);
    tcase_add_test(tests, test_progress_of_features);
    suite_add_tcase(suite, tests);
    return suite;
}
