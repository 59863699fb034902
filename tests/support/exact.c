#include "support/exact.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "support/fill.h"

float *oss_exact_floats(size_t count) {
    void *p = NULL;
    ck_assert_int_eq(posix_memalign(&p, 64, count > 0 ? count * sizeof(float) : 1), 0);
    float *x = p;
    for (size_t i = 0; i < count; i++) {
        x[i] = NAN;
    }
    return x;
}

float *oss_exact_filled(size_t count, uint64_t seed) {
    float *x = oss_exact_floats(count);
    oss_fill_f32(x, count, seed, 1.0);
    return x;
}
