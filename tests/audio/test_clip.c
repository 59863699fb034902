#include "audio/clip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/suite.h"

enum { SAMPLES = 5000 };

static void assert_same_as_round(const float *x, int32_t samples) {
    oss_clip clip;
    float *expanded = malloc((size_t)samples * sizeof *expanded);
    float *rounded = malloc((size_t)samples * sizeof *rounded);
    memcpy(rounded, x, (size_t)samples * sizeof *rounded);
    ck_assert_int_eq(oss_clip_init(&clip, x, samples), OSS_OK);
    oss_clip_expand(expanded, &clip);
    oss_clip_round(rounded, samples);
    ck_assert_mem_eq(expanded, rounded, (size_t)samples * sizeof *expanded);
    for (int32_t i = 0; i < samples; i++) {
        ck_assert_msg(fabsf(expanded[i] - x[i]) <= 0.505f * clip.scale, "sample %d: %g became %g", i,
                      (double)x[i], (double)expanded[i]);
    }
    oss_clip_deinit(&clip);
    ck_assert_ptr_null(clip.value);
    free(expanded);
    free(rounded);
}

START_TEST(test_pcm_is_kept_exactly) {
    float *x = malloc(65536 * sizeof *x);
    float *back = malloc(65536 * sizeof *back);
    for (int32_t i = 0; i < 65536; i++) {
        x[i] = (float)(i - 32768) / 32768.0f;
    }
    oss_clip clip;
    ck_assert_int_eq(oss_clip_init(&clip, x, 65536), OSS_OK);
    ck_assert(clip.scale == 0x1p-15f);
    oss_clip_expand(back, &clip);
    ck_assert_mem_eq(x, back, 65536 * sizeof *x);
    oss_clip_round(back, 65536);
    ck_assert_mem_eq(x, back, 65536 * sizeof *x);
    oss_clip_deinit(&clip);
    free(x);
    free(back);
}
END_TEST

START_TEST(test_any_samples_within_half_a_step) {
    static const double peaks[] = {1e-3, 0.02, 0.7, 1.0, 3.5};
    float x[SAMPLES];
    for (size_t i = 0; i < sizeof peaks / sizeof peaks[0]; i++) {
        oss_fill_f32(x, SAMPLES, 7 + i, peaks[i]);
        assert_same_as_round(x, SAMPLES);
    }
    x[0] = 1.0f; /* one step more than the largest 16-bit sample */
    assert_same_as_round(x, 1);
}
END_TEST

START_TEST(test_silence_stays_silence) {
    float x[100] = {0};
    assert_same_as_round(x, 100);
    x[3] = 1e-30f; /* a scale that must not vanish */
    oss_clip_round(x, 100);
    ck_assert(isfinite(x[3]) && x[0] == 0.0f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("clip");
    TCase *all = tcase_create("clip");
    tcase_add_test(all, test_pcm_is_kept_exactly);
    tcase_add_test(all, test_any_samples_within_half_a_step);
    tcase_add_test(all, test_silence_stays_silence);
    suite_add_tcase(suite, all);
    return suite;
}
