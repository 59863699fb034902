/* White noise is exactly the documented draws, on every ISA, and is white. */
#include "kernel/noise.h"

#include <math.h>

#include "base/rng.h"
#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"

enum { MOST = 200, MANY = 100000, LAGS = 32 };

static float draw_value(uint32_t i, uint64_t seed, uint32_t stream, uint32_t key) {
    const uint32_t words[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t j = i % 32;
    const uint32_t counter[4] = {i / 32 * 16 + j % 16, key, 0, stream};
    uint32_t x[4];
    oss_rng_philox(x, words, counter);
    uint32_t a = x[j < 16 ? 0 : 2], b = x[j < 16 ? 1 : 3];
    int32_t sum = (int32_t)((a & 0xffff) + (a >> 16) + (b & 0xffff) + (b >> 16)) - 131070;
    return (float)sum * (float)sqrt(3.0 / 4294967295.0);
}

START_TEST(test_values_are_the_documented_draws) {
    oss_require_isa();
    for (size_t n = 0; n < MOST; n += n < 70 ? 1 : 19) {
        float y[MOST];
        oss_fill_garbage_f32(y, MOST);
        float after = y[n];
        oss_k_white_noise(y, n, UINT64_C(0x123456789abcdef0), 7, 99);
        for (size_t i = 0; i < n; i++) {
            ck_assert(y[i] == draw_value((uint32_t)i, UINT64_C(0x123456789abcdef0), 7, 99));
        }
        ck_assert(y[n] == after);
    }
}
END_TEST

/* Mean 0 and variance 1 within 5 standard errors, and no correlation between neighbours. */
START_TEST(test_noise_is_white) {
    static float y[MANY];
    double sum = 0, square = 0;
    oss_k_white_noise(y, MANY, 1, 2, 3);
    for (int i = 0; i < MANY; i++) {
        sum += (double)y[i];
        square += (double)y[i] * (double)y[i];
        ck_assert_double_lt(fabs((double)y[i]), 3.47);
    }
    double limit = 5.0 / sqrt(MANY);
    ck_assert_double_lt(fabs(sum / (double)MANY), limit);
    ck_assert_double_lt(fabs(square / (double)MANY - 1.0),
                        limit * 1.3); /* the variance of a square is 1.7 here */
    for (int lag = 1; lag <= LAGS; lag++) {
        double product = 0;
        for (int i = lag; i < MANY; i++) {
            product += (double)y[i] * (double)y[i - lag];
        }
        ck_assert_msg(fabs(product / (double)MANY) < limit, "lag %d: %g", lag, product / (double)MANY);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("noise kernel");
    TCase *all = tcase_create("all");
    oss_add_each_isa(all, test_values_are_the_documented_draws);
    tcase_add_test(all, test_noise_is_white);
    suite_add_tcase(suite, all);
    return suite;
}
