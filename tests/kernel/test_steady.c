/* Against plain loops in double, and the same bits on every ISA. */
#include "kernel/steady.h"
#include "kernel/int8_cases.h"
#include "support/suite.h"

enum { ROWS = 3 };

typedef struct norm_case {
    const float *x, *w;
    int32_t c;
} norm_case;

static void fill_norm(float *y, void *context) {
    const norm_case *n = context;
    oss_k_steady_rmsnorm(y, n->x, n->w, ROWS, n->c, 1e-5F);
}

START_TEST(test_rmsnorm) {
    static const int32_t columns[] = {1, 5, 16, 53, 192};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        int32_t c = columns[i];
        float *x = oss_exact_filled((size_t)(ROWS * c), 1), *w = oss_exact_filled((size_t)c, 2);
        float *y = oss_exact_floats((size_t)(ROWS * c));
        norm_case n = {x, w, c};
        check_paths(fill_norm, &n, y, (size_t)(ROWS * c));
        for (int32_t at = 0; at < ROWS * c; at++) {
            const float *row = x + at / c * c;
            double sum = 0.0;
            for (int32_t k = 0; k < c; k++) {
                sum += (double)row[k] * (double)row[k];
            }
            double want = (double)x[at] * (double)w[at % c] / sqrt(sum / c + 1e-5);
            ck_assert_double_le(fabs((double)y[at] - want), 1e-6 * (1.0 + fabs(want)));
        }
        free(x);
        free(w);
        free(y);
    }
}
END_TEST

enum { HEADS = 2, D = 22, WIDE = ROWS * 3 * HEADS * D };

typedef struct rope_case {
    const float *qkv, *table;
} rope_case;

static void fill_rope(float *y, void *context) {
    const rope_case *r = context;
    memcpy(y, r->qkv, WIDE * sizeof *y);
    oss_k_steady_rope(y, r->table, ROWS, HEADS, D);
}

START_TEST(test_rope) {
    float *qkv = oss_exact_filled(WIDE, 1), *table = oss_exact_filled(ROWS * D, 2),
          *y = oss_exact_floats(WIDE);
    rope_case r = {qkv, table};
    check_paths(fill_rope, &r, y, WIDE);
    for (int32_t at = 0; at < WIDE; at++) {
        int32_t row = at / (3 * HEADS * D), i = at % D, low = i < D / 2 ? at : at - D / 2;
        double a = (double)qkv[low], b = (double)qkv[low + D / 2];
        double cosine = (double)table[row * D + i % (D / 2)],
               sine = (double)table[row * D + D / 2 + i % (D / 2)];
        double turned = low == at ? a * cosine - b * sine : b * cosine + a * sine;
        double want = at / (HEADS * D) % 3 == 2 ? (double)qkv[at] : turned; /* v stays */
        ck_assert_double_le(fabs((double)y[at] - want), 1e-6);
    }
    free(qkv);
    free(table);
    free(y);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/steady");
    TCase *tcase = tcase_create("steady");
    tcase_add_test(tcase, test_rmsnorm);
    tcase_add_test(tcase, test_rope);
    suite_add_tcase(suite, tcase);
    return suite;
}
