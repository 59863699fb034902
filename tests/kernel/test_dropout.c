/* Dropout masks are exactly those that vec.h documents, drawn one at a time from base/rng.h, on every ISA. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "kernel/vec.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { MOST = 1200 };

static float draw_mask(uint64_t index, float p, const oss_dropout_key *key) {
    const uint32_t seed[2] = {(uint32_t)key->seed, (uint32_t)(key->seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)(index / 8), key->site, key->utterance, key->step};
    uint32_t word[4];
    oss_rng_philox(word, seed, counter);
    uint32_t e = (uint32_t)(index % 8);
    uint32_t draw = e % 2 == 0 ? word[e / 2] & 0xffffU : word[e / 2] >> 16;
    uint32_t threshold = (uint32_t)floor((double)p * 65536.0 + 0.5);
    return draw < threshold ? 0.0f : (float)(1.0 / (1.0 - (double)threshold / 65536.0));
}

static const oss_dropout_key keys[] = {
    {0, 0, 0, 0},
    {UINT64_C(0x0123456789abcdef), 7, 11, 3},
    {UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
};

START_TEST(test_masks_are_the_documented_draws) {
    oss_require_isa();
    const int lengths[] = {0, 1, 7, 8, 9, 16, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 257, 1000};
    const uint64_t firsts[] = {0, 8, 4096, UINT64_C(0x7fffffff8), UINT64_C(0x800000000) - 512};
    float x[MOST], y[MOST], want[MOST];
    oss_fill_f32(x, MOST, 1, 2.0);
    for (int k = 0; k < (int)(sizeof lengths / sizeof lengths[0]); k++) {
        for (int f = 0; f < 5; f++) {
            const int n = lengths[k];
            const oss_dropout_key *key = &keys[f % 3];
            oss_fill_garbage_f32(want, MOST);
            oss_fill_garbage_f32(y, MOST);
            for (int i = 0; i < n; i++) {
                want[i] = x[i] * draw_mask(firsts[f] + (uint64_t)i, 0.3f, key);
            }
            oss_k_dropout(y, x, (size_t)n, 0.3f, key, firsts[f], false);
            ck_assert(memcmp(y, want, sizeof y) == 0);
            oss_fill_f32(y, MOST, 2, 1.0);
            for (int i = 0; i < n; i++) {
                want[i] += (float)oss_fill_value(2, (uint64_t)i);
            }
            oss_k_dropout(y, x, (size_t)n, 0.3f, key, firsts[f], true);
            oss_assert_close_f32_f32(y, want, (size_t)n, "dropout, added", 3e-7, 1e-6);
            ck_assert(y[n] == (float)oss_fill_value(2, (uint64_t)n));
        }
    }
}
END_TEST

/* Long enough that some draws equal the threshold. */
START_TEST(test_many_draws) {
    oss_require_isa();
    enum { N = 1 << 19 };
    static float x[N], y[N];
    for (int i = 0; i < N; i++) {
        x[i] = 1.0f;
    }
    oss_k_dropout(y, x, N, 0.1f, &keys[1], 0, false);
    int wrong = 0;
    for (int i = 0; i < N; i++) {
        wrong += y[i] != draw_mask((uint64_t)i, 0.1f, &keys[1]);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(test_a_region_may_be_cut_and_done_in_place) {
    oss_require_isa();
    float x[MOST], y[MOST];
    oss_fill_f32(x, MOST, 3, 2.0);
    oss_k_dropout(y, x, MOST, 0.1f, &keys[1], 64, false);
    for (size_t cut = 8; cut < MOST; cut += 136) {
        float z[MOST];
        memcpy(z, x, sizeof z);
        oss_k_dropout(z, z, cut, 0.1f, &keys[1], 64, false);
        oss_k_dropout(z + cut, z + cut, MOST - cut, 0.1f, &keys[1], 64 + cut, false);
        ck_assert(memcmp(z, y, sizeof z) == 0);
    }
}
END_TEST

START_TEST(test_every_part_of_the_key_matters) {
    oss_require_isa();
    float x[MOST], base[MOST];
    for (int i = 0; i < MOST; i++) {
        x[i] = 1.0f;
    }
    oss_k_dropout(base, x, MOST, 0.5f, &keys[1], 0, false);
    for (int part = 0; part < 6; part++) {
        oss_dropout_key key = keys[1];
        key.seed ^= part == 0 ? 1U : part == 1 ? UINT64_C(1) << 63 : 0U;
        key.step += part == 2;
        key.utterance += part == 3;
        key.site += part == 4;
        float y[MOST];
        oss_k_dropout(y, x, MOST, 0.5f, &key, part == 5 ? 8 : 0, false);
        int differ = 0;
        for (int i = 0; i < MOST; i++) {
            differ += y[i] != base[i];
        }
        ck_assert_int_gt(differ, MOST / 3);
    }
}
END_TEST

START_TEST(test_rate_and_mean) {
    oss_require_isa();
    const float rates[] = {0.0f, 0.1f, 0.5f, 0.9f, 0.9999999f};
    enum { N = 1 << 16 };
    static float x[N], y[N];
    for (int i = 0; i < N; i++) {
        x[i] = 1.0f;
    }
    for (int k = 0; k < 5; k++) {
        oss_k_dropout(y, x, N, rates[k], &keys[1], 0, false);
        double sum = 0.0;
        int kept = 0;
        for (int i = 0; i < N; i++) {
            sum += (double)y[i];
            kept += y[i] != 0.0f;
        }
        double want = 1.0 - (double)oss_dropout_threshold(rates[k]) / 65536.0;
        double sigma = sqrt(want * (1.0 - want) * (double)N);
        ck_assert_double_le(fabs(kept - want * (double)N), 4.0 * sigma + 1e-9);
        ck_assert_double_eq_tol(sum, kept / want, 1e-3 * kept + 1e-9);
    }
    ck_assert_uint_eq(oss_dropout_threshold(0.9999999f), 65535U);
    oss_k_dropout_gain(y, x, N, 0.5f, 3.0f, &keys[1], 0, false);
    for (int i = 0; i < N; i++) {
        ck_assert(y[i] == 0.0f || y[i] == 6.0f);
    }
    oss_k_dropout_gain(y, x, N, 0.0f, 3.0f, &keys[1], 0, false); /* p = 0: 3 x stored, then added */
    oss_k_dropout_gain(y, x, N - 3, 0.0f, 3.0f, &keys[1], 0, true);
    for (int i = 0; i < N; i++) {
        ck_assert(y[i] == (i < N - 3 ? 6.0f : 3.0f));
    }
    oss_k_dropout(y, x, N, rates[4], &keys[1], 0, false);
    oss_k_dropout(y, x, N, 0.0f, &keys[1], 0, true); /* p = 0 adds all of x */
    int wrong = 0;
    for (int i = 0; i < N; i++) {
        wrong += y[i] != 1.0f && y[i] != 65537.0f;
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(test_a_value_that_is_not_finite_stays_visible) {
    oss_require_isa();
    float x[64], y[64];
    for (int i = 0; i < 64; i++) {
        x[i] = i % 2 == 0 ? NAN : INFINITY;
    }
    oss_k_dropout(y, x, 64, 0.5f, &keys[1], 0, false);
    ck_assert(!oss_k_all_finite(y, 64));
    for (int i = 0; i < 64; i++) {
        ck_assert(!isfinite(y[i]));
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/dropout");
    TCase *tcase = tcase_create("masks");
    oss_add_each_isa(tcase, test_masks_are_the_documented_draws);
    oss_add_each_isa(tcase, test_many_draws);
    oss_add_each_isa(tcase, test_a_region_may_be_cut_and_done_in_place);
    oss_add_each_isa(tcase, test_every_part_of_the_key_matters);
    oss_add_each_isa(tcase, test_rate_and_mean);
    oss_add_each_isa(tcase, test_a_value_that_is_not_finite_stays_visible);
    suite_add_tcase(suite, tcase);
    return suite;
}
