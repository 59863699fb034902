#include "decode/segments.h"

#include "support/suite.h"

enum { MANY = 400 };

/* Words of `length` seconds with `pause` between them. */
static void fill(oss_path_word *word, int64_t words, double length, double pause) {
    double at = 0.0;
    for (int64_t i = 0; i < words; i++) {
        word[i] = (oss_path_word){.symbols = 1, .start_seconds = at, .end_seconds = at + length};
        at += length + pause;
    }
}

static void shift(oss_path_word *word, int64_t words, int64_t from, double seconds) {
    for (int64_t i = from; i < words; i++) {
        word[i].start_seconds += seconds;
        word[i].end_seconds += seconds;
    }
}

START_TEST(pauses_part) {
    oss_path_word word[10];
    fill(word, 10, 0.3, 0.1);
    ck_assert_int_eq(oss_segment_end(word, 10, 0), 10);
    shift(word, 10, 4, 0.69);
    ck_assert_int_eq(oss_segment_end(word, 10, 0), 10);
    shift(word, 10, 4, 0.02);
    ck_assert_int_eq(oss_segment_end(word, 10, 0), 4);
    ck_assert_int_eq(oss_segment_end(word, 10, 4), 10);
}
END_TEST

START_TEST(what_is_too_long_parts_at_its_longest_pause) {
    static oss_path_word word[MANY];
    fill(word, MANY, 0.3, 0.1);
    shift(word, MANY, 40, 0.2); /* at 16 s */
    shift(word, MANY, 5, 0.5);  /* longer, but in the first third: after 2 s a segment would be a stub */
    ck_assert_int_eq(oss_segment_end(word, MANY, 0), 40);
    for (int64_t at = 0, end = 0; at < MANY; at = end) {
        end = oss_segment_end(word, MANY, at);
        ck_assert_int_gt(end, at);
        ck_assert(word[end - 1].end_seconds - word[at].start_seconds <= OSS_SEGMENT_SECONDS_MAX);
    }
}
END_TEST

START_TEST(a_word_that_is_too_long_stands_alone) {
    oss_path_word word[3];
    fill(word, 3, 31.0, 0.1);
    ck_assert_int_eq(oss_segment_end(word, 3, 0), 1);
    ck_assert_int_eq(oss_segment_end(word, 3, 1), 2);
    ck_assert_int_eq(oss_segment_end(word, 3, 2), 3);
    fill(word, 2, 0.5, 0.125);
    word[2] = (oss_path_word){.symbols = 1, .start_seconds = 1.25, .end_seconds = 40.0};
    ck_assert_int_eq(oss_segment_end(word, 3, 0), 2);
}
END_TEST

/* What was said later changes nothing but the last one. */
START_TEST(segments_stay_what_they_are) {
    static oss_path_word word[MANY];
    fill(word, MANY, 0.2, 0.05);
    for (int64_t i = 3; i < MANY; i += 7) {
        shift(word, MANY, i, 0.01 * (double)(i * i % 83));
    }
    for (int64_t words = 2; words < MANY; words++) {
        for (int64_t at = 0; at < words;) {
            int64_t end = oss_segment_end(word, words, at);
            if (end < words) {
                ck_assert_int_eq(end, oss_segment_end(word, MANY, at));
            }
            at = end;
        }
    }
}
END_TEST

START_TEST(a_known_text_has_its_own) {
    static oss_path_word word[MANY];
    fill(word, MANY, 0.3, 1.0);
    for (int64_t i = 0; i < MANY; i++) {
        word[i].segment = i < 150 ? 3 : i < 151 ? 4 : 7;
    }
    ck_assert_int_eq(oss_segment_end(word, MANY, 0), 150);
    ck_assert_int_eq(oss_segment_end(word, MANY, 150), 151);
    ck_assert_int_eq(oss_segment_end(word, MANY, 151), MANY);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/segments");
    TCase *tests = tcase_create("segments");
    tcase_add_test(tests, pauses_part);
    tcase_add_test(tests, what_is_too_long_parts_at_its_longest_pause);
    tcase_add_test(tests, a_word_that_is_too_long_stands_alone);
    tcase_add_test(tests, segments_stay_what_they_are);
    tcase_add_test(tests, a_known_text_has_its_own);
    suite_add_tcase(suite, tests);
    return suite;
}
