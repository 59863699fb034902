/* Factors are spaced and drawn as their settings say. */
#include "augment/freq_warp.h"

#include <math.h>
#include <stdlib.h>

#include "support/suite.h"

enum { DRAWS = 42000 };

START_TEST(test_factors) {
    const oss_warp_spec spec = {.prob = 1, .most = 0.1};
    ck_assert(oss_warp_factor(&spec, OSS_WARP_NONE) == 1.0);
    for (int32_t i = 0; i < OSS_WARPS; i++) {
        ck_assert_double_eq_tol(oss_warp_factor(&spec, i), 0.9 + 0.01 * i, 1e-12);
    }
}
END_TEST

START_TEST(test_off) {
    ck_assert(!oss_warp_is_on(&(oss_warp_spec){.prob = 0, .most = 0.1}));
    ck_assert(!oss_warp_is_on(&(oss_warp_spec){.prob = 0.5, .most = 0}));
    const oss_warp_spec on = {.prob = 0.5, .most = 0.1}, never = {.prob = 0, .most = 0.1};
    ck_assert(oss_warp_is_on(&on));
    for (uint32_t u = 0; u < 1000; u++) {
        ck_assert_int_eq(oss_warp_draw(&never, 1, 2, u), OSS_WARP_NONE);
    }
}
END_TEST

/* A share of prob is warped, each factor as often: counts within 5 standard deviations. */
START_TEST(test_shares) {
    const oss_warp_spec spec = {.prob = 0.6, .most = 0.1};
    int32_t count[OSS_WARPS] = {0};
    for (uint32_t u = 0; u < DRAWS; u++) {
        int32_t index = oss_warp_draw(&spec, 7, u / 300, u % 300);
        ck_assert(index >= 0 && index < OSS_WARPS);
        count[index]++;
    }
    for (int32_t i = 0; i < OSS_WARPS; i++) {
        double share = spec.prob / OSS_WARPS + (i == OSS_WARP_NONE ? 1 - spec.prob : 0);
        ck_assert_double_le(fabs(count[i] - share * DRAWS), 5 * sqrt(share * (1 - share) * DRAWS));
    }
}
END_TEST

START_TEST(test_draws_are_functions_of_their_key) {
    const oss_warp_spec spec = {.prob = 1, .most = 0.1};
    int32_t same[4] = {0};
    for (uint32_t u = 0; u < 2100; u++) {
        int32_t first = oss_warp_draw(&spec, 1, 2, u);
        same[0] += oss_warp_draw(&spec, 1, 2, u) == first;
        same[1] += oss_warp_draw(&spec, 2, 2, u) == first;
        same[2] += oss_warp_draw(&spec, 1, 3, u) == first;
        same[3] += oss_warp_draw(&spec, 1, 2, u + 1) == first;
    }
    ck_assert_int_eq(same[0], 2100);
    for (int i = 1; i < 4; i++) {
        ck_assert_int_le(abs(same[i] - 100), 50); /* one in 21 */
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("freq_warp");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_factors);
    tcase_add_test(all, test_off);
    tcase_add_test(all, test_shares);
    tcase_add_test(all, test_draws_are_functions_of_their_key);
    suite_add_tcase(suite, all);
    return suite;
}
