/* The public stream: what is refused; many at once, without an end, and short of memory. */
#include <errno.h>
#include <pthread.h>

#include "infer/streaming_cases.h"
#include "support/faults.h"
#include "support/suite.h"

/* ---- What is refused ---- */

static void refuse_model(oss_model *model, const char *why) {
    oss_recognizer *recognizer = oss_case_recognizer(model, NULL);
    oss_stream *stream = NULL;
    ck_assert_int_eq(oss_stream_create(&stream, recognizer, NULL), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), why) != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(stream);
    oss_recognizer_free(recognizer);
}

START_TEST(test_models_that_cannot) {
    oss_model *model = oss_case_listener();
    model->config.mel.norm = OSS_MEL_NORM_UTTERANCE;
    refuse_model(
        model,
        "cannot run as a stream: it normalises over the whole recording (\"mel_norm\": \"utterance\"); "
        "train a model with \"mel_norm\": \"fixed\" and \"chunk_training\"");
    model = oss_case_listener();
    model->config.mel.norm = OSS_MEL_NORM_SPEECH;
    refuse_model(model, "(\"mel_norm\": \"speech\")");
    model = oss_case_listener();
    model->config.normalize = OSS_NORMALIZE_PEAK;
    refuse_model(model, "(\"normalize\": \"peak\")");
    model = oss_case_listener();
    model->chunk_training = 0.0;
    refuse_model(model, "it was trained on whole recordings alone; train a model with \"chunk_training\"");
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = 0;
    model = oss_models_create(&sizes);
    model->config.mel.norm = OSS_MEL_NORM_NONE;
    refuse_model(model, "has no CTC head");
}
END_TEST

/* Files of before the format had it do not say whether they were trained with chunks. */
START_TEST(test_a_model_that_does_not_say) {
    oss_model *model = oss_case_listener();
    model->chunk_training = -1.0;
    oss_recognizer *recognizer = oss_case_recognizer(model, NULL);
    oss_stream_free(oss_case_open_stream(recognizer, NULL));
    oss_recognizer_free(recognizer);
}
END_TEST

START_TEST(test_wrong_options) {
    static const struct {
        oss_stream_options options;
        const char *why;
    } wrong[] = {
        {{0}, "the size of the options is 0: set it to sizeof(oss_stream_options)"},
        {{OSS_STREAM_SIZE, .latency_seconds = 0.3}, "latency_seconds is 0.3: give 0.4 to 30"},
        {{OSS_STREAM_SIZE, .latency_seconds = 31}, "latency_seconds is 31"},
        {{OSS_STREAM_SIZE, .latency_seconds = NAN}, "latency_seconds is nan"},
        {{OSS_STREAM_SIZE, .left_seconds = -1}, "left_seconds is -1: give 0 to 60"},
        {{OSS_STREAM_SIZE, .rule1_silence_seconds = NAN}, "rule1_silence_seconds is nan"},
        {{OSS_STREAM_SIZE, .rule2_silence_seconds = INFINITY}, "rule2_silence_seconds is inf"},
        {{OSS_STREAM_SIZE, .rule3_length_seconds = 3601}, "rule3_length_seconds is 3601"},
    };
    oss_recognizer *recognizer = oss_case_recognizer(oss_case_listener(), NULL);
    oss_stream *stream = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(oss_stream_create(&stream, recognizer, &wrong[i].options), OSS_EUSAGE);
        ck_assert_msg(strstr(oss_last_error(), wrong[i].why) != NULL, "%s", oss_last_error());
    }
    struct {
        oss_stream_options known;
        double later;
    } newer = {.known = {.size = sizeof newer}, .later = 1.0};
    ck_assert_int_eq(oss_stream_create(&stream, recognizer, &newer.known), OSS_EUSAGE);
    newer.later = 0.0;
    ok(oss_stream_create(&stream, recognizer, &newer.known));
    oss_stream_free(stream);
    oss_recognizer_free(recognizer);
}
END_TEST

static void expect(oss_status status, oss_status want, const char *why) {
    ck_assert_int_eq(status, want);
    ck_assert_msg(strstr(oss_last_error(), why) != NULL, "%s", oss_last_error());
}

START_TEST(test_wrong_calls) {
    oss_stream *stream = oss_case_open_listener(NULL);
    oss_transcript *heard = NULL;
    float x[] = {0.1F, 0.2F, NAN, INFINITY};
    expect(oss_stream_accept(stream, x, 4, RATE), OSS_EINPUT, "sample 2 of these is not a number");
    expect(oss_stream_accept(stream, x, -1, RATE), OSS_EUSAGE, "-1 samples");
    expect(oss_stream_accept(stream, NULL, 1, RATE), OSS_EUSAGE, "1 samples");
    expect(oss_stream_accept(stream, x, 2, 999), OSS_EINPUT, "a rate of 999 Hz");
    ok(oss_stream_accept(stream, x, 2, 8000)); /* nothing was taken before */
    expect(oss_stream_accept(stream, x, 2, RATE), OSS_EUSAGE, "has a rate of 8000 Hz, not 16000");
    expect(oss_stream_final(stream, &heard), OSS_EUSAGE, "no segment that has ended");
    ok(oss_stream_finish(stream));
    expect(oss_stream_finish(stream), OSS_EUSAGE, "is finished");
    expect(oss_stream_accept(stream, x, 2, 8000), OSS_EUSAGE, "is finished");
    ok(oss_stream_reset(stream));
    ok(oss_stream_accept(stream, x, 2, RATE));
    ck_assert_int_eq(oss_stream_endpoint(stream), 0);
    oss_stream_free(stream);
}
END_TEST

/* ---- Many, long, and short of memory ---- */

enum { THREADS = 6 };

typedef struct speaker {
    oss_stream *stream;
    const float *x;
    int64_t samples;
    char *story;
} speaker;

static void *speak(void *context) {
    speaker *s = context;
    s->story = oss_case_story(s->stream, s->x, s->samples, RATE, 500);
    return NULL;
}

START_TEST(test_threads) {
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_recognizer *recognizer = oss_case_recognizer(oss_case_listener(), NULL);
    oss_stream *alone = oss_case_open_stream(recognizer, NULL);
    char *want = oss_case_story(alone, x, samples, RATE, 1600);
    speaker s[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        s[i] = (speaker){.stream = oss_case_open_stream(recognizer, NULL), .x = x, .samples = samples};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, speak, &s[i]), 0);
    }
    oss_recognizer_free(recognizer);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
        ck_assert_str_eq(s[i].story, want);
        free(s[i].story);
        oss_stream_free(s[i].stream);
    }
    oss_stream_free(alone);
    free(want);
    free(x);
}
END_TEST

/* Half an hour in which somebody speaks now and then: as much memory at its end as after its first minutes. */
START_TEST(test_endless) {
    int64_t samples = 0, blocks = 0;
    float *x = oss_case_make_story(&samples);
    oss_stream *stream = oss_case_open_listener(NULL);
    char story[STORY_BYTES] = "";
    oss_faults_install();
    for (int turn = 0; turn < 90; turn++) {
        ok(oss_stream_accept(stream, x, samples, RATE));
        story[0] = '\0';
        oss_case_take_finals(stream, story, sizeof story);
        ck_assert_ptr_nonnull(strstr(story, " a "));
        blocks = turn == 5 ? oss_faults_blocks() : blocks;
    }
    ck_assert_int_le(oss_faults_blocks(), blocks);
    double start = 0.0;
    ck_assert_int_eq(sscanf(story + strspn(story, "|"), "%lf-", &start), 1);
    ck_assert_double_gt(start, 88.9 * (double)samples / RATE);
    oss_faults_remove();
    oss_stream_free(stream);
    free(x);
}
END_TEST

START_TEST(test_memory_runs_out) {
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_recognizer *recognizer = oss_case_recognizer(oss_case_listener(), NULL);
    oss_stream *alone = oss_case_open_stream(recognizer, NULL);
    char *want = oss_case_story(alone, x, samples, RATE, 1600);
    oss_stream_free(alone);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_stream *stream = NULL;
        int64_t blocks = oss_faults_blocks();
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_stream_create(&stream, recognizer, NULL);
        if (status == OSS_OK) {
            status = oss_stream_accept(stream, x, samples, RATE);
        }
        if (status == OSS_OK) {
            status = oss_stream_finish(stream);
        }
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (fired && stream != NULL) { /* of no more use, until it begins anew */
            expect(oss_stream_accept(stream, x, 1, RATE), OSS_EUSAGE, "failed before");
            ok(oss_stream_reset(stream));
            char *got = oss_case_story(stream, x, samples, RATE, 1600);
            ck_assert_str_eq(got, want);
            free(got);
        }
        oss_stream_free(stream);
        ck_assert_int_eq(oss_faults_blocks(), blocks);
        if (!fired) {
            break;
        }
    }
    oss_faults_remove();
    oss_recognizer_free(recognizer);
    free(want);
    free(x);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/streaming_limits");
    TCase *refused = tcase_create("refused");
    tcase_add_test(refused, test_models_that_cannot);
    tcase_add_test(refused, test_a_model_that_does_not_say);
    tcase_add_test(refused, test_wrong_options);
    tcase_add_test(refused, test_wrong_calls);
    suite_add_tcase(suite, refused);
    TCase *many = tcase_create("many");
    tcase_set_timeout(many, 300);
    tcase_add_test(many, test_threads);
    tcase_add_test(many, test_endless);
    tcase_add_test(many, test_memory_runs_out);
    suite_add_tcase(suite, many);
    return suite;
}
