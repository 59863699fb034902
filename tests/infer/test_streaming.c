/* The public stream: what one pass hears, however samples come, and where segments end. */
#include "audio/audio_file.h"
#include "infer/streaming_cases.h"
#include "support/suite.h"

/* Embeddings of a chunk at the default latency, and what it sees before itself. */
enum { CHUNK = 22, LEFT = 64, FRAME = 8 * 160 };

static const oss_stream_options no_rules = {OSS_STREAM_SIZE, .rule1_silence_seconds = -1,
                                            .rule2_silence_seconds = -1, .rule3_length_seconds = -1};

/* All that one pass over the samples and the silence behind them hears, with the reach of the stream's chunks. */
static char *hear_at_once(const oss_recognizer *recognizer, const float *x, int64_t samples) {
    int64_t chunk = CHUNK * FRAME, all = (samples / chunk + 2) * chunk - 1;
    float *padded = calloc((size_t)all, sizeof *padded);
    ck_assert_ptr_nonnull(padded);
    memcpy(padded, x, (size_t)samples * sizeof *padded);
    oss_recognizer *other = NULL;
    oss_transcript *heard = NULL;
    ok(oss_recognizer_create_sibling(&other, recognizer));
    ok(oss_recognizer_recognize_samples(other, padded, all, RATE, &heard));
    char *text = calloc(STORY_BYTES, 1);
    ck_assert_ptr_nonnull(text);
    strcpy(text, heard->text);
    oss_transcript_free(heard);
    oss_recognizer_free(other);
    free(padded);
    return text;
}

START_TEST(test_as_in_one_pass) {
    static const int64_t lengths[] = {1, 400, 22 * FRAME - 1, 22 * FRAME, 22 * FRAME + 1, 100003};
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    model->config.mel.norm = OSS_MEL_NORM_NONE;
    model->chunk_training = 0.5;
    const oss_recognizer_options chunks = {OSS_SIZE, .threads = 1, .chunk_seconds = CHUNK * 0.08,
                                           .left_seconds = LEFT * 0.08};
    oss_recognizer *recognizer = oss_case_recognizer(model, &chunks);
    float *x = oss_case_audio(100003, 8);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *want = hear_at_once(recognizer, x, lengths[i]);
        oss_stream *stream = oss_case_open_stream(recognizer, &no_rules);
        oss_transcript *heard = NULL;
        ok(oss_stream_accept(stream, x, lengths[i], RATE));
        ck_assert_int_eq(oss_stream_endpoint(stream), 0);
        ok(oss_stream_finish(stream));
        ck_assert_int_eq(oss_stream_endpoint(stream), 1);
        ok(oss_stream_final(stream, &heard));
        ck_assert_str_eq(heard->text, want);
        ck_assert_double_eq_tol(heard->audio_seconds, (double)lengths[i] / RATE, 1e-12);
        oss_transcript_free(heard);
        oss_stream_free(stream);
        free(want);
    }
    free(x);
    oss_recognizer_free(recognizer);
}
END_TEST

static void check_story(const oss_stream_options *options, const char *want_words) {
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_stream *stream = oss_case_open_listener(options);
    char *story = oss_case_story(stream, x, samples, RATE, 1000);
    char words[256] = "";
    for (const char *at = story; *at != '\0'; at++) { /* without times */
        if (*at == 'a' || *at == '|') {
            size_t used = strlen(words);
            words[used] = *at;
            words[used + 1] = '\0';
        }
    }
    ck_assert_msg(strcmp(words, want_words) == 0, "%s: %s, not %s", story, words, want_words);
    oss_stream_free(stream);
    free(story);
    free(x);
}

START_TEST(test_segments) {
    /* 1 + 2 x 2.4 s of silence, with 1.2 s after each time that something was said */
    check_story(NULL, "aa|"
                      "|"
                      "a|"
                      "|||"
                      "a|");
    oss_stream_options options = no_rules;
    check_story(&options, "aaaa|");
    options.rule2_silence_seconds = 1.0;
    check_story(&options, "aa|a|a|");
    options.rule2_silence_seconds = 6.0;
    check_story(&options, "aaa|a|");
    options = no_rules;
    options.rule1_silence_seconds = 5.0;
    check_story(&options, "aa|a|a|");
    options = no_rules;
    options.rule3_length_seconds = 1.2;
    check_story(&options, "a|a||a|||||a|");
}
END_TEST

START_TEST(test_times_count_from_the_beginning) {
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_stream *stream = oss_case_open_listener(NULL);
    char *story = oss_case_story(stream, x, samples, RATE, 999);
    double first, last;
    ck_assert_int_eq(sscanf(story, "%lf-", &first), 1);
    const char *at = strrchr(story, 'a');
    while (at > story && at[-1] != '|') {
        at--;
    }
    ck_assert_int_eq(sscanf(at, "%lf-", &last), 1);
    ck_assert_double_eq_tol(first, 1.0, 0.15);
    ck_assert_double_eq_tol(last, 18.2, 0.15);
    oss_stream_free(stream);
    free(story);
    free(x);
}
END_TEST

START_TEST(test_pieces_do_not_matter) {
    static const int64_t pieces[] = {1, 37, 160, 4096, 100000, 25 * RATE};
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_stream *stream = oss_case_open_listener(NULL);
    char *want = oss_case_story(stream, x, samples, RATE, 1600);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        ok(oss_stream_reset(stream));
        char *got = oss_case_story(stream, x, samples, RATE, pieces[i]);
        ck_assert_str_eq(got, want);
        free(got);
    }
    oss_stream_free(stream);
    free(want);
    free(x);
}
END_TEST

START_TEST(test_other_rates) {
    static const int32_t rates[] = {8000, 44100};
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_stream *stream = oss_case_open_listener(NULL);
    for (size_t i = 0; i < 2; i++) {
        oss_audio there, back;
        ok(oss_audio_from_samples(&there, x, samples, RATE, rates[i]));
        ok(oss_audio_from_samples(&back, there.sample, there.samples, rates[i], RATE));
        char *want = oss_case_story(stream, back.sample, back.samples, RATE, 5000);
        ok(oss_stream_reset(stream));
        char *got = oss_case_story(stream, there.sample, there.samples, rates[i], 777);
        ck_assert_str_eq(got, want);
        ok(oss_stream_reset(stream));
        oss_audio_deinit(&there);
        oss_audio_deinit(&back);
        free(want);
        free(got);
    }
    oss_stream_free(stream);
    free(x);
}
END_TEST

/* What partials say of a segment that then ends is what the final says; and what was final does not come again. */
START_TEST(test_partial_and_final) {
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    oss_stream *stream =
        oss_case_open_listener(&(oss_stream_options){OSS_STREAM_SIZE, .latency_seconds = 0.4});
    oss_transcript *heard = NULL;
    ok(oss_stream_partial(stream, &heard));
    ck_assert_str_eq(heard->text, "");
    oss_transcript_free(heard);
    ok(oss_stream_accept(stream, x, 3 * RATE, RATE)); /* the first two words, and not silence enough */
    ck_assert_int_eq(oss_stream_endpoint(stream), 0);
    ok(oss_stream_partial(stream, &heard));
    ck_assert_str_eq(heard->text, "a a");
    oss_transcript_free(heard);
    ok(oss_stream_accept(stream, x + 3 * RATE, 3 * RATE, RATE));
    ck_assert_int_ge(oss_stream_endpoint(stream), 1);
    ok(oss_stream_partial(stream, &heard));
    ck_assert_str_eq(heard->text, "");
    oss_transcript_free(heard);
    ok(oss_stream_final(stream, &heard));
    ck_assert_str_eq(heard->text, "a a");
    oss_transcript_free(heard);
    oss_stream_free(stream);
    free(x);
}
END_TEST

/* A word that ends with the recording is heard as if silence followed, wherever in a chunk it ends. */
START_TEST(test_last_word_is_not_lost) {
    oss_recognizer *recognizer = oss_case_recognizer(oss_case_listener(), NULL);
    float *x = oss_exact_floats(10 * RATE);
    for (int latency = 0; latency < 3; latency++) {
        oss_stream_options options = no_rules;
        options.latency_seconds = latency == 0 ? 0.4 : latency;
        for (double before = 0.2; before < 2.2; before += 0.13) {
            int64_t cut = 0;
            oss_case_sound(x, &cut, 0, before);
            oss_case_sound(x, &cut, A_HZ, 0.2);
            int64_t whole = cut;
            oss_case_sound(x, &whole, 0, 3.0);
            char *text[2];
            for (int i = 0; i < 2; i++) {
                oss_stream *stream = oss_case_open_stream(recognizer, &options);
                oss_transcript *heard = NULL;
                ok(oss_stream_accept(stream, x, i == 0 ? cut : whole, RATE));
                ok(oss_stream_finish(stream));
                ok(oss_stream_final(stream, &heard));
                text[i] = strdup(heard->text);
                oss_transcript_free(heard);
                oss_stream_free(stream);
            }
            ck_assert_str_eq(text[0], "a");
            ck_assert_str_eq(text[1], "a");
            free(text[0]);
            free(text[1]);
        }
    }
    free(x);
    oss_recognizer_free(recognizer);
}
END_TEST

START_TEST(test_nothing_comes) {
    oss_stream *stream = oss_case_open_listener(NULL);
    oss_transcript *heard = NULL;
    ok(oss_stream_accept(stream, NULL, 0, RATE));
    ok(oss_stream_finish(stream));
    ok(oss_stream_final(stream, &heard));
    ck_assert_str_eq(heard->text, "");
    ck_assert_double_eq(heard->audio_seconds, 0.0);
    oss_transcript_free(heard);
    oss_stream_free(stream);
    oss_stream_free(NULL);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/streaming");
    TCase *heard = tcase_create("heard");
    tcase_set_timeout(heard, 120);
    tcase_add_test(heard, test_as_in_one_pass);
    tcase_add_test(heard, test_segments);
    tcase_add_test(heard, test_times_count_from_the_beginning);
    tcase_add_test(heard, test_pieces_do_not_matter);
    tcase_add_test(heard, test_other_rates);
    tcase_add_test(heard, test_partial_and_final);
    tcase_add_test(heard, test_last_word_is_not_lost);
    tcase_add_test(heard, test_nothing_comes);
    suite_add_tcase(suite, heard);
    return suite;
}
