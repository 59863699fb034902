/* The public alignment: files against samples, words that are guessed, pauses, memory that runs out. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "infer/align_make.h"
#include "infer/recognizer_cases.h"
#include "support/faults.h"
#include "support/suite.h"

START_TEST(file_and_samples_agree) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_recognizer *recognizer = NULL;
    ok(oss_recognizer_create(&recognizer, p.model, NULL));
    oss_alignment *a = NULL, *b = NULL;
    ok(oss_recognizer_align_file(recognizer, p.wav, "A, b\n2014 A.", NULL, &a));
    ok(oss_recognizer_align_samples(recognizer, p.audio, SAMPLES, 16000, "A, b\n2014 A.", NULL, &b));
    ck_assert_int_eq(a->words, 4);
    ck_assert_int_eq(b->words, 4);
    for (int32_t i = 0; i < 4; i++) {
        ck_assert_str_eq(a->word[i].text, b->word[i].text);
        ck_assert_double_eq(a->word[i].start_seconds, b->word[i].start_seconds);
        ck_assert_double_eq(a->word[i].end_seconds, b->word[i].end_seconds);
        ck_assert_int_eq(a->word[i].line, i / 2);
    }
    ck_assert_str_eq(a->word[0].text, "A,");
    ck_assert_str_eq(a->word[2].unknown, "2014");
    ck_assert_int_eq(a->word[2].how, OSS_ALIGNED_GUESSED);
    oss_alignment_free(a);
    oss_alignment_free(b);
    oss_alignment_free(NULL);
    oss_recognizer_free(recognizer);
    free_place(&p);
}
END_TEST

START_TEST(options_out_of_range) {
    oss_align_options options = oss_align_options_init(), out;
    ok(oss_align_read_options(&out, NULL));
    ck_assert(out.sound_cost > 0.0 && out.missing_cost == 0.0);
    options.sound_cost = -1.0;
    ck_assert_int_eq(oss_align_read_options(&out, &options), OSS_EUSAGE);
    options.sound_cost = NAN;
    ck_assert_int_eq(oss_align_read_options(&out, &options), OSS_EUSAGE);
    options = (oss_align_options){.size = 4};
    ck_assert_int_eq(oss_align_read_options(&out, &options), OSS_EUSAGE);
}
END_TEST

/* "a", half a second of silence, "b", 0.5 s each, at 25 frames a second: the words end and begin where the pause does, though
 * each symbol has one frame in the middle of its sound. */
START_TEST(words_reach_to_the_pause) {
    enum { ROWS = 38, RATE = 16000 };
    static float sample[3 * RATE / 2];
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    int32_t v = oss_vocab_size(model->vocab);
    float *wide = calloc((size_t)(ROWS * v), sizeof *wide);
    for (int32_t i = 0; i < 3 * RATE / 2; i++) {
        bool loud = i < RATE / 2 || i >= RATE;
        sample[i] = loud ? 0.3F * sinf(0.2F * (float)i) : 0.0001F * sinf(0.7F * (float)i);
    }
    int32_t a = oss_vocab_find(model->vocab, "a"), b = oss_vocab_find(model->vocab, "b");
    for (int32_t t = 0; t < ROWS; t++) {
        int32_t best = t == 6 ? a : t == 18 ? oss_vocab_find(model->vocab, " ") : t == 31 ? b : 0;
        wide[t * v + best] = 9.0F;
    }
    oss_envelope envelope;
    ok(oss_envelope_init(&envelope, RATE));
    ok(oss_envelope_add(&envelope, sample, 3 * RATE / 2));
    const oss_align_heard heard = {.model = model,
                                   .logits = wide,
                                   .rows = ROWS,
                                   .envelope = &envelope,
                                   .frames_a_second = 25.0,
                                   .audio_seconds = 1.5};
    oss_align_options options;
    ok(oss_align_read_options(&options, NULL));
    oss_alignment *alignment = NULL;
    ok(oss_alignment_make(&alignment, &heard, "a b", &options));
    ck_assert_double_eq_tol(alignment->word[0].end_seconds, 0.5, 0.03);
    ck_assert_double_eq_tol(alignment->word[1].start_seconds, 1.0, 0.03);
    ck_assert_int_eq(alignment->sounds, 0);
    oss_alignment_free(alignment);
    oss_envelope_deinit(&envelope);
    oss_model_free(model);
    free(wide);
}
END_TEST

static oss_status live(const place *p) {
    oss_recognizer *recognizer = NULL;
    oss_alignment *alignment = NULL;
    oss_status status =
        oss_recognizer_create(&recognizer, p->model, &(oss_recognizer_options){OSS_SIZE, .threads = 1});
    if (status == OSS_OK) {
        status = oss_recognizer_align_file(recognizer, p->wav, "a b. 5\nb", NULL, &alignment);
    }
    ck_assert((alignment != NULL) == (status == OSS_OK));
    oss_alignment_free(alignment);
    oss_recognizer_free(recognizer);
    return status;
}

START_TEST(memory_runs_out) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    oss_faults_install();
    bool fired = true;
    for (int64_t nth = 1; fired; nth++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, ENOMEM);
        oss_status status = live(&p);
        fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
    }
    oss_faults_remove();
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/recognizer_align");
    TCase *tests = tcase_create("align");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, file_and_samples_agree);
    tcase_add_test(tests, options_out_of_range);
    tcase_add_test(tests, words_reach_to_the_pause);
    tcase_add_test(tests, memory_runs_out);
    suite_add_tcase(suite, tests);
    return suite;
}
