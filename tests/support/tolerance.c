#include "support/tolerance.h"

#include <math.h>

static double take_difference(double got, double want) {
    if (got == want || (isnan(got) && isnan(want))) {
        return 0.0; /* equal infinities as well */
    }
    double difference = fabs(got - want);
    return isnan(difference) ? INFINITY : difference;
}

typedef struct error_sum {
    oss_error error;
    double difference_square;
    double want_square;
} error_sum;

static void add_element(error_sum *sum, size_t index, double got, double want) {
    double difference = take_difference(got, want);
    if (difference > sum->error.max_abs || index == 0) {
        sum->error.max_abs = difference;
        sum->error.worst = index;
        sum->error.worst_got = got;
        sum->error.worst_want = want;
    }
    sum->difference_square += difference * difference;
    sum->want_square += isfinite(want) ? want * want : 0.0;
}

static oss_error finish_error(error_sum *sum) {
    double difference = sqrt(sum->difference_square);
    double want = sqrt(sum->want_square);
    sum->error.relative_l2 = want > 0.0 ? difference / want : difference;
    return sum->error;
}

oss_error oss_error_f32(const float *got, const double *want, size_t count) {
    error_sum sum = {0};
    for (size_t i = 0; i < count; i++) {
        add_element(&sum, i, (double)got[i], want[i]);
    }
    return finish_error(&sum);
}

oss_error oss_error_f64(const double *got, const double *want, size_t count) {
    error_sum sum = {0};
    for (size_t i = 0; i < count; i++) {
        add_element(&sum, i, got[i], want[i]);
    }
    return finish_error(&sum);
}

oss_error oss_error_f32_f32(const float *got, const float *want, size_t count) {
    error_sum sum = {0};
    for (size_t i = 0; i < count; i++) {
        add_element(&sum, i, (double)got[i], (double)want[i]);
    }
    return finish_error(&sum);
}

void oss_assert_each_f32(const float *got, const double *want, size_t count, const char *what,
                         double relative, double absolute) {
    for (size_t i = 0; i < count; i++) {
        double limit = relative * fabs(want[i]) + absolute;
        double difference = take_difference((double)got[i], want[i]);
        ck_assert_msg(difference <= limit,
                      "%s: element %zu is off by %.3g (at most %.3g): got %.9g, want %.9g", what, i,
                      difference, limit, (double)got[i], want[i]);
    }
}
