#include "decode/best_path.h"

#include "decode/greedy.h"
#include "support/fill.h"
#include "support/suite.h"

enum { FRAMES = 200, SYMBOLS = 5 };

static void make_logits(float *logits) {
    oss_fill_f32(logits, (size_t)FRAMES * SYMBOLS, 7, 5.0);
}

START_TEST(a_path_in_pieces_is_the_greedy_one) {
    float logits[FRAMES * SYMBOLS];
    int32_t ids[FRAMES];
    make_logits(logits);
    int32_t count = oss_ctc_greedy(ids, logits, FRAMES, SYMBOLS);
    for (int32_t piece = 1; piece <= FRAMES; piece += 13) {
        oss_best_path path = {0};
        for (int32_t at = 0; at < FRAMES; at += piece) {
            int32_t here = FRAMES - at < piece ? FRAMES - at : piece;
            ck_assert_int_eq(oss_best_path_add(&path, logits + at * SYMBOLS, here, SYMBOLS), OSS_OK);
        }
        ck_assert_int_eq(path.symbols, count);
        int64_t end = 0;
        for (int32_t i = 0; i < count; i++) {
            ck_assert_int_eq(path.symbol[i].id, ids[i]);
            ck_assert(path.symbol[i].begin >= end && path.symbol[i].end > path.symbol[i].begin);
            ck_assert(path.symbol[i].probability > 1.0F / SYMBOLS && path.symbol[i].probability <= 1.0F);
            end = path.symbol[i].end;
        }
        ck_assert(end <= FRAMES);
        oss_best_path_deinit(&path);
    }
}
END_TEST

START_TEST(a_path_forgets_and_keeps_the_clock) {
    static const float a[] = {0, 0, 9, 0, 0}, blank[] = {9, 0, 0, 0, 0};
    oss_best_path path = {0};
    ck_assert_int_eq(oss_best_path_add(&path, a, 1, SYMBOLS), OSS_OK);
    oss_best_path_forget(&path);
    ck_assert_int_eq(path.symbols, 0);
    ck_assert_int_eq(oss_best_path_add(&path, blank, 1, SYMBOLS), OSS_OK);
    ck_assert_int_eq(oss_best_path_add(&path, a, 1, SYMBOLS), OSS_OK);
    ck_assert_int_eq(path.symbols, 1);
    ck_assert_int_eq(path.symbol[0].begin, 2);
    oss_best_path_deinit(&path);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/best_path");
    TCase *tests = tcase_create("path");
    tcase_add_test(tests, a_path_in_pieces_is_the_greedy_one);
    tcase_add_test(tests, a_path_forgets_and_keeps_the_clock);
    suite_add_tcase(suite, tests);
    return suite;
}
