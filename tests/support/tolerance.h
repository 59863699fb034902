/* How far results are from what they should be. The wanted values are doubles; differences are taken in
 * double.
 *
 *     relative_l2 = |got - want|_2 / |want|_2      (|got|_2 when all of `want` is zero)
 *     max_abs     = max |got_i - want_i|
 *
 * Equal infinities differ by 0. NaN where `want` is not NaN, and any other mismatch with an infinity, counts
 * as an infinite difference; NaN where NaN is wanted as none.
 */
#ifndef OSS_TESTS_TOLERANCE_H
#define OSS_TESTS_TOLERANCE_H

#include <check.h>
#include <stddef.h>

typedef struct oss_error {
    double relative_l2;
    double max_abs;
    size_t worst; /* index of max_abs */
    double worst_got;
    double worst_want;
} oss_error;

oss_error oss_error_f32(const float *got, const double *want, size_t count);
oss_error oss_error_f64(const double *got, const double *want, size_t count);
/* Of two float results, the second being the reference. */
oss_error oss_error_f32_f32(const float *got, const float *want, size_t count);

/* The test fails, naming both errors and the worst element, unless relative_l2 <= max_l2 and max_abs <=
 * max_difference. Pass INFINITY for the one that does not matter. `what` says what is compared. */
#define oss_assert_error(error_, what, max_l2, max_difference)                                               \
    do {                                                                                                     \
        const oss_error checked_ = (error_);                                                                 \
        ck_assert_msg(                                                                                       \
            checked_.relative_l2 <= (max_l2) && checked_.max_abs <= (max_difference),                        \
            "%s: relative L2 error %.3g (at most %.3g), largest difference %.3g (at most %.3g) at "          \
            "element %zu: got %.9g, want %.9g",                                                              \
            (what), checked_.relative_l2, (double)(max_l2), checked_.max_abs, (double)(max_difference),      \
            checked_.worst, checked_.worst_got, checked_.worst_want);                                        \
    } while (0)

#define oss_assert_close_f32(got, want, count, what, max_l2, max_difference)                                 \
    oss_assert_error(oss_error_f32((got), (want), (count)), (what), (max_l2), (max_difference))
#define oss_assert_close_f64(got, want, count, what, max_l2, max_difference)                                 \
    oss_assert_error(oss_error_f64((got), (want), (count)), (what), (max_l2), (max_difference))
#define oss_assert_close_f32_f32(got, want, count, what, max_l2, max_difference)                             \
    oss_assert_error(oss_error_f32_f32((got), (want), (count)), (what), (max_l2), (max_difference))

/* |got - want| <= relative*|want| + absolute, element by element; the first that is further off is named. */
void oss_assert_each_f32(const float *got, const double *want, size_t count, const char *what,
                         double relative, double absolute);

#endif
