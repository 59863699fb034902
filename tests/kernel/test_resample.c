/* The interpolation kernel against its equation in double, on every ISA. */
#include "kernel/resample.h"

#include <math.h>

#include "support/fill.h"
#include "support/isa.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { PHASE_ROWS = OSS_RESAMPLE_PHASES + 1, MOST_TAPS = 112, INPUT = 700, MOST = 130 };

static float input[INPUT], filter[PHASE_ROWS * MOST_TAPS];

static double want_value(uint64_t position, int32_t taps) {
    double place = ldexp((double)(position & 0xffffffffU), OSS_RESAMPLE_PHASE_BITS - 32);
    int32_t q = (int32_t)place;
    double f = place - q;
    double sum = 0;
    for (int32_t k = 0; k < taps; k++) {
        double h = (1 - f) * (double)filter[q * taps + k] + f * (double)filter[(q + 1) * taps + k];
        sum += (double)input[(position >> 32) + (uint64_t)k] * h;
    }
    return sum;
}

static void check(size_t n, uint64_t position, uint64_t step, int32_t taps) {
    float y[MOST];
    double want[MOST];
    oss_fill_garbage_f32(y, MOST);
    float after = y[n];
    oss_k_resample(y, input, n, position, step, filter, taps);
    for (size_t i = 0; i < n; i++) {
        want[i] = want_value(position + i * step, taps);
    }
    oss_assert_close_f32(y, want, n, "resample", INFINITY, 4e-6);
    ck_assert(y[n] == after);
}

START_TEST(test_equation) {
    oss_require_isa();
    const int32_t taps[] = {16, 64, 80, 112};
    const uint64_t steps[] = {1ULL << 31, 0xE6666666ULL, (1ULL << 32) + 12345, 2ULL << 32};
    oss_fill_f32(input, INPUT, 1, 1.0);
    oss_fill_f32(filter, PHASE_ROWS * MOST_TAPS, 2, 1.0);
    for (int t = 0; t < 4; t++) {
        for (int s = 0; s < 4; s++) {
            for (size_t n = 1; n < MOST; n += n < 36 ? 1 : 31) {
                check(n, 0xFFFFFFFFULL, steps[s], taps[t]);
                check(n, (3ULL << 32) + 99, steps[s], taps[t]);
            }
        }
    }
}
END_TEST

/* An output is the same bits wherever it stands in a run. */
START_TEST(test_runs_may_be_cut) {
    oss_require_isa();
    const uint64_t step = (1ULL << 32) + 0x1234567;
    float whole[MOST], cut[MOST];
    oss_fill_f32(input, INPUT, 1, 1.0);
    oss_fill_f32(filter, PHASE_ROWS * MOST_TAPS, 2, 1.0);
    oss_k_resample(whole, input, MOST, 77, step, filter, 64);
    for (size_t at = 1; at < MOST; at += 7) {
        uint64_t position = 77 + at * step;
        oss_k_resample(cut, input, at, 77, step, filter, 64);
        oss_k_resample(cut + at, input + (position >> 32), MOST - at, position & 0xffffffffU, step, filter,
                       64);
        ck_assert_mem_eq(cut, whole, sizeof whole);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("resample kernel");
    TCase *all = tcase_create("all");
    oss_add_each_isa(all, test_equation);
    oss_add_each_isa(all, test_runs_may_be_cut);
    suite_add_tcase(suite, all);
    return suite;
}
