#include "decode/greedy.h"

#include <math.h>
#include <stdlib.h>

#include "support/fill.h"
#include "support/suite.h"

enum { V = 4 };

/* logits[T,V] whose best symbols are best[T]. */
static void assert_decoded(const int32_t *best, int32_t t, const int32_t *want, int32_t wanted) {
    float *logits = malloc((size_t)t * V * sizeof *logits + 1);
    oss_fill_f32(logits, (size_t)t * V, 7, 1.0);
    for (int32_t i = 0; i < t; i++) {
        logits[i * V + best[i]] = 2.0f;
    }
    int32_t *ids = malloc((size_t)t * sizeof *ids + 1);
    ck_assert_int_eq(oss_ctc_greedy(ids, logits, t, V), wanted);
    for (int32_t i = 0; i < wanted; i++) {
        ck_assert_int_eq(ids[i], want[i]);
    }
    free(ids);
    free(logits);
}

START_TEST(test_repeats_merge_and_blanks_drop) {
    const int32_t blanks[] = {0, 0, 0};
    assert_decoded(blanks, 3, NULL, 0);
    assert_decoded(blanks, 0, NULL, 0);
    const int32_t repeats[] = {2, 2, 2, 3, 3, 2};
    const int32_t merged[] = {2, 3, 2};
    assert_decoded(repeats, 6, merged, 3);
    const int32_t split[] = {0, 2, 2, 0, 2, 0, 0, 1};
    const int32_t doubled[] = {2, 2, 1};
    assert_decoded(split, 8, doubled, 3);
}
END_TEST

START_TEST(test_ties_go_to_the_lower_id) {
    const float logits[] = {
        1,         1,         1,         1,         /* blank */
        0,         3,         3,         3,         /* 1 */
        -INFINITY, -INFINITY, -INFINITY, -INFINITY, /* blank */
        0,         0,         5,         5,         /* 2 */
        0,         0,         INFINITY,  INFINITY,  /* 2 */
        -0.0f,     0,         0,         0,         /* blank: -0 equals 0 */
    };
    int32_t ids[6];
    ck_assert_int_eq(oss_ctc_greedy(ids, logits, 6, V), 2);
    ck_assert_int_eq(ids[0], 1);
    ck_assert_int_eq(ids[1], 2);
}
END_TEST

START_TEST(test_nan_never_wins) {
    const float logits[] = {
        NAN, -9,  -8,        NAN,      /* 2 */
        NAN, NAN, NAN,       NAN,      /* blank */
        1,   NAN, 2,         NAN,      /* 2 */
        NAN, NAN, -INFINITY, NAN,      /* 2 */
        0,   0,   NAN,       1,        /* 3 */
        NAN, NAN, NAN,       INFINITY, /* 3 */
    };
    int32_t ids[6];
    ck_assert_int_eq(oss_ctc_greedy(ids, logits, 6, V), 3);
    ck_assert_int_eq(ids[0], 2);
    ck_assert_int_eq(ids[1], 2);
    ck_assert_int_eq(ids[2], 3);
}
END_TEST

START_TEST(test_one_symbol) {
    const float logits[] = {1, NAN, -INFINITY};
    int32_t ids[3];
    ck_assert_int_eq(oss_ctc_greedy(ids, logits, 3, 1), 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/greedy");
    TCase *tests = tcase_create("greedy");
    tcase_add_test(tests, test_repeats_merge_and_blanks_drop);
    tcase_add_test(tests, test_ties_go_to_the_lower_id);
    tcase_add_test(tests, test_nan_never_wins);
    tcase_add_test(tests, test_one_symbol);
    suite_add_tcase(suite, tests);
    return suite;
}
