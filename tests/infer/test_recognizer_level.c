/* Quiet recordings through the public recognizer. The level itself: tests/audio/test_level.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/level.h"
#include "infer/recognizer_cases.h"
#include "support/suite.h"

static oss_matrix embed(const place *p, const float *audio, const oss_recognizer_options *options) {
    oss_recognizer *recognizer = NULL, *sibling = NULL;
    oss_matrix own = {0}, sibling_own = {0};
    ok(oss_recognizer_create(&recognizer, p->model, options));
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    ok(oss_recognizer_embed_samples(recognizer, audio, SAMPLES, 16000, OSS_OUTPUT_EMBEDDINGS, &own));
    ok(oss_recognizer_embed_samples(sibling, audio, SAMPLES, 16000, OSS_OUTPUT_EMBEDDINGS, &sibling_own));
    ck_assert_mem_eq(own.value, sibling_own.value, (size_t)(own.rows * own.columns) * sizeof(float));
    oss_matrix_deinit(&sibling_own);
    oss_recognizer_free(sibling);
    oss_recognizer_free(recognizer);
    return own;
}

/* The audio times `factor`: do the two ways of hearing it give the same embeddings? */
static bool hears_the_same(const place *p, float factor, const oss_recognizer_options *one,
                           const oss_recognizer_options *other) {
    float *audio = malloc(SAMPLES * sizeof *audio);
    for (int32_t i = 0; i < SAMPLES; i++) {
        audio[i] = factor * p->audio[i];
    }
    oss_matrix a = embed(p, audio, one), b = embed(p, audio, other);
    bool same = memcmp(a.value, b.value, (size_t)(a.rows * a.columns) * sizeof(float)) == 0;
    oss_matrix_deinit(&a);
    oss_matrix_deinit(&b);
    free(audio);
    return same;
}

/* Quiet recordings are raised, unless that is not wanted or they are a stream's; loud ones keep their bits. */
START_TEST(test_quiet_recordings_are_raised) {
    oss_network_sizes sizes = oss_case_sizes();
    place p = make_place(&sizes);
    const oss_recognizer_options raise = {OSS_SIZE, .threads = 1},
                                 keep = {OSS_SIZE, .threads = 1, .keep_level = 1};
    const oss_recognizer_options raise_stream = {OSS_SIZE, .threads = 1, .chunk_seconds = 0.2};
    const oss_recognizer_options keep_stream = {OSS_SIZE, .threads = 1, .chunk_seconds = 0.2,
                                                .keep_level = 1};
    double level_db = oss_audio_speech_level(p.audio, SAMPLES, 16000);
    ck_assert(hears_the_same(&p, (float)pow(10, (-38 - level_db) / 20), &raise, &keep));
    float quiet = (float)pow(10, (-52 - level_db) / 20);
    ck_assert(!hears_the_same(&p, quiet, &raise, &keep));
    ck_assert(hears_the_same(&p, quiet, &raise_stream, &keep_stream));
    /* As loud as the target from the start: the same embeddings, to rounding. */
    float target = (float)pow(10, (-26 - level_db) / 20);
    for (int32_t i = 0; i < SAMPLES; i++) {
        p.audio[i] *= target;
    }
    oss_matrix wanted = embed(&p, p.audio, &keep);
    for (int32_t i = 0; i < SAMPLES; i++) {
        p.audio[i] *= quiet / target;
    }
    oss_matrix got = embed(&p, p.audio, &raise);
    for (int64_t i = 0; i < got.rows * got.columns; i++) {
        ck_assert_float_eq_tol(got.value[i], wanted.value[i], 1e-3f);
    }
    oss_matrix_deinit(&wanted);
    oss_matrix_deinit(&got);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/recognizer, level");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_quiet_recordings_are_raised);
    suite_add_tcase(suite, all);
    return suite;
}
