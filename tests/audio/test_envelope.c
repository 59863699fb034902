#include "audio/envelope.h"

#include <math.h>
#include <stdlib.h>

#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"

static oss_envelope make(int32_t rate_hz) {
    oss_envelope envelope = {0};
    ck_assert_int_eq(oss_envelope_init(&envelope, rate_hz), OSS_OK);
    return envelope;
}

START_TEST(levels_are_decibels_of_full_scale) {
    static const struct {
        float value;
        int32_t level;
    } table[] = {{1.0F, 230}, {0.1F, 190}, {0.01F, 150}, {1e-6F, 0}, {0.0F, 0}, {0.5F, 218}, {100.0F, 255}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        float x[160];
        for (int i = 0; i < 160; i++) {
            x[i] = i % 2 == 0 ? table[k].value : -table[k].value;
        }
        oss_envelope envelope = make(16000);
        ck_assert_int_eq(oss_envelope_add(&envelope, x, 160), OSS_OK);
        ck_assert_int_eq(envelope.frames, 1);
        ck_assert_int_eq(envelope.level[0], table[k].level);
        oss_envelope_deinit(&envelope);
    }
}
END_TEST

/* Rates that a hundredth of a second does not divide, too. */
START_TEST(pieces_change_nothing) {
    static const int32_t rate[] = {16000, 8000, 11025, 22050, 101};
    enum { SAMPLES = 9001 };
    float *x = malloc(SAMPLES * sizeof *x);
    oss_fill_f32(x, SAMPLES, 3, 0.7);
    for (size_t r = 0; r < sizeof rate / sizeof *rate; r++) {
        oss_envelope whole = make(rate[r]);
        ck_assert_int_eq(oss_envelope_add(&whole, x, SAMPLES), OSS_OK);
        ck_assert_int_le(whole.frames * rate[r] / 100, SAMPLES);
        ck_assert_int_gt((whole.frames + 1) * rate[r] / 100, SAMPLES);
        for (int64_t piece = 1; piece < 2000; piece += piece < 8 ? 1 : 331) {
            oss_envelope parts = make(rate[r]);
            for (int64_t at = 0; at < SAMPLES; at += piece) {
                int64_t here = SAMPLES - at < piece ? SAMPLES - at : piece;
                ck_assert_int_eq(oss_envelope_add(&parts, x + at, here), OSS_OK);
            }
            ck_assert_int_eq(parts.frames, whole.frames);
            ck_assert_mem_eq(parts.level, whole.level, (size_t)whole.frames);
            oss_envelope_deinit(&parts);
        }
        oss_envelope_deinit(&whole);
    }
    free(x);
}
END_TEST

START_TEST(what_is_forgotten_keeps_its_number) {
    enum { SAMPLES = 1600 };
    float x[SAMPLES];
    oss_fill_f32(x, SAMPLES, 5, 0.3);
    oss_envelope all = make(16000), some = make(16000);
    ck_assert_int_eq(oss_envelope_add(&all, x, SAMPLES), OSS_OK);
    ck_assert_int_eq(oss_envelope_add(&some, x, 1000), OSS_OK);
    oss_envelope_forget(&some, -7);
    ck_assert_int_eq(some.first, 0);
    oss_envelope_forget(&some, 4);
    oss_envelope_forget(&some, 2);
    ck_assert_int_eq(some.first, 4);
    ck_assert_int_eq(oss_envelope_add(&some, x + 1000, 600), OSS_OK);
    ck_assert_int_eq(some.frames, 10);
    ck_assert_mem_eq(some.level, all.level + 4, 6);
    oss_envelope_forget(&some, 1000);
    ck_assert_int_eq(some.first, 10);
    oss_envelope_deinit(&all);
    oss_envelope_deinit(&some);
}
END_TEST

START_TEST(memory_that_is_short_changes_nothing) {
    float x[1600];
    oss_fill_f32(x, 1600, 5, 0.3);
    oss_faults_install();
    oss_envelope envelope = make(16000);
    ck_assert_int_eq(oss_envelope_add(&envelope, x, 200), OSS_OK);
    oss_faults_fail(OSS_CALL_ANY_HEAP, 1, 0);
    ck_assert_int_eq(oss_envelope_add(&envelope, x, 1600), OSS_ENOMEM);
    ck_assert(oss_faults_clear());
    ck_assert_int_eq(envelope.frames, 1);
    ck_assert_int_eq(envelope.pendings, 40);
    ck_assert_int_eq(oss_envelope_add(&envelope, x + 200, 1400), OSS_OK);
    ck_assert_int_eq(envelope.frames, 10);
    oss_envelope_deinit(&envelope);
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/envelope");
    TCase *tests = tcase_create("envelope");
    tcase_add_test(tests, levels_are_decibels_of_full_scale);
    tcase_add_test(tests, pieces_change_nothing);
    tcase_add_test(tests, what_is_forgotten_keeps_its_number);
    tcase_add_test(tests, memory_that_is_short_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
