/* SpecAugment's masks cover the share of cells that their settings say, and nothing else changes. */
#include "augment/spec_mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

enum { BINS = 32, FRAMES = 500, DRAWS = 2000 };
static const double HZ = 100.0;

/* x = 1 everywhere, then masked. */
static void run(float *x, int32_t frames, const oss_mask_spec *spec, const oss_mask_key *key) {
    for (int32_t i = 0; i < frames * BINS; i++) {
        x[i] = 1.0f;
    }
    oss_mask_apply(x, frames, BINS, HZ, spec, key);
}

static int32_t count_blank_frames(const float *x, int32_t frames) {
    int32_t count = 0;
    for (int32_t t = 0; t < frames; t++) {
        int32_t blank = 0;
        for (int32_t f = 0; f < BINS; f++) {
            blank += x[t * BINS + f] == 0.0f;
        }
        count += blank == BINS;
    }
    return count;
}

static int32_t count_blank_bins(const float *x, int32_t frames) {
    int32_t count = 0;
    for (int32_t f = 0; f < BINS; f++) {
        int32_t blank = 0;
        for (int32_t t = 0; t < frames; t++) {
            blank += x[t * BINS + f] == 0.0f;
        }
        count += blank == frames;
    }
    return count;
}

START_TEST(test_off) {
    const oss_mask_spec none = {.freq_mask_bins = 5, .time_mask_frames = 9, .time_mask_max_fraction = 1};
    ck_assert(!oss_mask_is_on(&none));
    const oss_mask_spec time = {.time_masks_per_second = 0.1};
    const oss_mask_spec band = {.freq_masks = 1};
    ck_assert(oss_mask_is_on(&time) && oss_mask_is_on(&band));
}
END_TEST

/* One band of a width uniform in 0..W blanks W/2 bins on average, and every bin is reached. */
START_TEST(test_bands) {
    const oss_mask_spec spec = {.freq_masks = 1, .freq_mask_bins = 10};
    float x[4 * BINS];
    int64_t total = 0;
    int32_t widest = 0, hits[BINS] = {0}, none = 0;
    for (uint32_t u = 0; u < DRAWS; u++) {
        run(x, 4, &spec, &(oss_mask_key){.seed = 1, .step = 2, .utterance = u});
        int32_t blank = count_blank_bins(x, 4);
        total += blank;
        none += blank == 0;
        widest = blank > widest ? blank : widest;
        for (int32_t f = 0; f < BINS; f++) {
            hits[f] += x[f] == 0.0f;
        }
        ck_assert_int_eq(count_blank_frames(x, 4), 0);
    }
    ck_assert_double_eq_tol((double)total / (double)DRAWS, 5.0, 0.4); /* 5 standard errors of a mean: 0.36 */
    ck_assert_int_eq(widest, 10);
    ck_assert_double_eq_tol((double)none / (double)DRAWS, 1.0 / 11.0, 0.035);
    for (int32_t f = 0; f < BINS; f++) {
        ck_assert_int_gt(hits[f], 0);
    }
}
END_TEST

/* m stretches of mean width W/2 leave a share of (1 - W/2T)^m, edges apart. */
START_TEST(test_stretches) {
    const oss_mask_spec spec = {.time_masks_per_second = 0.9, /* 4.5 in 5 seconds */
                                .time_mask_frames = 20,
                                .time_mask_max_fraction = 1.0};
    static float x[FRAMES * BINS];
    int64_t blank = 0;
    for (uint32_t step = 0; step < DRAWS; step++) {
        run(x, FRAMES, &spec, &(oss_mask_key){.seed = 1, .step = step, .utterance = 3});
        blank += count_blank_frames(x, FRAMES);
        ck_assert_int_eq(count_blank_bins(x, FRAMES), 0);
    }
    double share = (double)blank / ((double)DRAWS * (double)FRAMES);
    double want = 1.0 - pow(1.0 - 10.0 / (double)FRAMES, 4.5);
    ck_assert_double_eq_tol(share, want, 0.05 * want);
}
END_TEST

START_TEST(test_number_of_stretches_follows_the_length) {
    const oss_mask_spec spec = {.time_masks_per_second = 0.5, /* of one frame: their number shows */
                                .time_mask_frames = 1,
                                .time_mask_max_fraction = 1.0};
    static float x[FRAMES * BINS];
    for (int32_t frames = 100; frames <= FRAMES; frames += 200) {
        int64_t blank = 0;
        for (uint32_t u = 0; u < DRAWS; u++) {
            run(x, frames, &spec, &(oss_mask_key){.utterance = u});
            blank += count_blank_frames(x, frames);
        }
        double want = 0.5 * 0.5 * frames / HZ; /* half of the widths are 0 */
        ck_assert_double_eq_tol((double)blank / (double)DRAWS, want, 5.0 * sqrt(want / (double)DRAWS));
    }
}
END_TEST

START_TEST(test_stretches_never_exceed_their_fraction) {
    const oss_mask_spec spec = {
        .time_masks_per_second = 50, .time_mask_frames = 40, .time_mask_max_fraction = 0.3};
    static float x[FRAMES * BINS];
    int32_t most = 0;
    for (int32_t frames = 1; frames <= FRAMES; frames += 7) {
        run(x, frames, &spec, &(oss_mask_key){.step = (uint32_t)frames});
        int32_t blank = count_blank_frames(x, frames);
        ck_assert_int_le(blank, (int32_t)(0.3 * frames));
        most = blank > most ? blank : most;
    }
    ck_assert_int_gt(most, 60); /* and come near it: most of the 150 that are allowed */
}
END_TEST

START_TEST(test_masks_are_functions_of_their_key) {
    const oss_mask_spec spec = {.freq_masks = 2,
                                .freq_mask_bins = 8,
                                .time_masks_per_second = 2,
                                .time_mask_frames = 20,
                                .time_mask_max_fraction = 0.5};
    const oss_mask_key key[] = {{1, 2, 3}, {1, 2, 3}, {2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 3, 2}};
    static float first[FRAMES * BINS], x[FRAMES * BINS];
    run(first, FRAMES, &spec, &key[0]);
    for (int i = 1; i < 6; i++) {
        run(x, FRAMES, &spec, &key[i]);
        ck_assert((memcmp(first, x, sizeof x) == 0) == (i == 1));
    }
}
END_TEST

/* Masks larger than what there is blank all of it and nothing beyond. */
START_TEST(test_large_masks_on_small_inputs) {
    const oss_mask_spec spec = {.freq_masks = 3,
                                .freq_mask_bins = 1000,
                                .time_masks_per_second = 100,
                                .time_mask_frames = 1000,
                                .time_mask_max_fraction = 1};
    for (int32_t frames = 1; frames < 6; frames++) {
        for (uint32_t u = 0; u < 200; u++) {
            float *x = malloc((size_t)(frames * BINS + 1) * sizeof *x);
            x[frames * BINS] = 7.0f;
            run(x, frames, &spec, &(oss_mask_key){.utterance = u});
            ck_assert(x[frames * BINS] == 7.0f);
            free(x);
        }
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("spec_mask");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_off);
    tcase_add_test(all, test_bands);
    tcase_add_test(all, test_stretches);
    tcase_add_test(all, test_number_of_stretches_follows_the_length);
    tcase_add_test(all, test_stretches_never_exceed_their_fraction);
    tcase_add_test(all, test_masks_are_functions_of_their_key);
    tcase_add_test(all, test_large_masks_on_small_inputs);
    suite_add_tcase(suite, all);
    return suite;
}
