#include "output/timeline.h"

#include <math.h>

#include "support/fill.h"
#include "support/suite.h"
#include "support/transcripts.h"

enum { WORDS = 400 };

/* In [0, most). */
static double draw(uint64_t seed, uint64_t index, double most) {
    return (oss_fill_value(seed, index) + 1.0) / 2.0 * most;
}

/* Words and pauses of `least` to `most` seconds, in microseconds and less. */
static double make_words(oss_test_word *word, uint64_t seed, double least, double most) {
    double at = draw(seed, 0, 36000.0);
    for (int32_t i = 0; i < WORDS; i++) {
        double start =
            at + (draw(seed, 1 + 3 * (uint64_t)i, 1.0) < 0.5 ? 0.0
                                                             : least + draw(seed, 2 + 3 * (uint64_t)i, most));
        at = start + least + draw(seed, 3 + 3 * (uint64_t)i, most);
        word[i] = (oss_test_word){.text = "w", .start = start, .end = at};
    }
    return at;
}

static void assert_order(const oss_timeline *timeline) {
    int64_t before = 0;
    for (int32_t i = 0; i < WORDS; i++) {
        ck_assert_int_ge(timeline->word[i].start_ms, before);
        ck_assert_int_gt(timeline->word[i].end_ms, timeline->word[i].start_ms);
        before = timeline->word[i].end_ms;
    }
    ck_assert_int_ge(timeline->end_ms, before);
}

START_TEST(times_are_rounded_and_in_order) {
    oss_test_word word[WORDS];
    double seconds = make_words(word, (uint64_t)_i, 0.0011, 0.2);
    oss_transcript *transcript = oss_test_transcript(word, WORDS, seconds);
    oss_timeline timeline = {0};
    ck_assert_int_eq(oss_timeline_init(&timeline, transcript), OSS_OK);
    assert_order(&timeline);
    for (int32_t i = 0; i < WORDS; i++) {
        ck_assert_double_le(fabs((double)timeline.word[i].start_ms - word[i].start * 1000.0), 0.5 + 1e-6);
        ck_assert_double_le(fabs((double)timeline.word[i].end_ms - word[i].end * 1000.0), 0.5 + 1e-6);
        ck_assert(i == 0 || word[i].start > word[i - 1].end ||
                  timeline.word[i].start_ms == timeline.word[i - 1].end_ms);
    }
    oss_timeline_deinit(&timeline);
    oss_test_transcript_free(transcript);
}
END_TEST

/* Many words in a millisecond, at the end of the recording. */
START_TEST(crowds_stay_in_order_and_inside) {
    oss_test_word word[WORDS];
    double seconds = make_words(word, 100 + (uint64_t)_i, 0.0, 0.0005);
    oss_transcript *transcript = oss_test_transcript(word, WORDS, seconds);
    oss_timeline timeline = {0};
    ck_assert_int_eq(oss_timeline_init(&timeline, transcript), OSS_OK);
    assert_order(&timeline);
    ck_assert(timeline.end_ms == llround(seconds * 1000.0) || timeline.end_ms == WORDS);
    oss_timeline_deinit(&timeline);
    oss_test_transcript_free(transcript);
}
END_TEST

/* Numbers that no transcript should have end nowhere out of range. */
START_TEST(wild_times_are_tamed) {
    const oss_test_word word[] = {
        {"a", -5.0, -1.0, 0, 0}, {"b", 1e300, 1e300, 0, 0}, {"c", INFINITY, INFINITY, 0, 0}};
    oss_transcript *transcript = oss_test_transcript(word, 3, 1e300);
    oss_timeline timeline = {0};
    ck_assert_int_eq(oss_timeline_init(&timeline, transcript), OSS_OK);
    ck_assert_int_eq(timeline.word[0].start_ms, 0);
    ck_assert_int_eq(timeline.word[0].end_ms, 1);
    ck_assert(timeline.word[2].end_ms > timeline.word[1].end_ms &&
              timeline.word[2].end_ms <= timeline.end_ms);
    oss_timeline_deinit(&timeline);
    oss_test_transcript_free(transcript);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("output/timeline");
    TCase *tests = tcase_create("times");
    tcase_add_loop_test(tests, times_are_rounded_and_in_order, 0, 20);
    tcase_add_loop_test(tests, crowds_stay_in_order_and_inside, 0, 20);
    tcase_add_test(tests, wild_times_are_tamed);
    suite_add_tcase(suite, tests);
    return suite;
}
