#include "decode/pause.h"

#include <string.h>

#include "support/suite.h"

enum { FRAMES = 1000, SPEECH = 200, SILENCE = 60 };

typedef struct scene {
    uint8_t level[FRAMES];
    oss_envelope envelope;
} scene;

static void set(scene *s, int from, int to, int level) {
    memset(s->level + from, level, (size_t)(to - from));
}

/* Silence but for words on frames [100, 160) and [200, 270). */
static void make(scene *s) {
    set(s, 0, FRAMES, SILENCE);
    set(s, 100, 160, SPEECH);
    set(s, 200, 270, SPEECH);
    s->envelope = (oss_envelope){.level = s->level, .frames = FRAMES, .rate_hz = 16000};
}

static const oss_word_anchor one = {1.08, 1.55}, two = {2.09, 2.62};

static void expect(double got, double wanted) {
    ck_assert_double_eq_tol(got, wanted, 1e-9);
}

START_TEST(words_end_and_begin_where_it_is_quiet) {
    scene s;
    make(&s);
    oss_pause_seeker seeker = {.envelope = &s.envelope};
    oss_pause pause = oss_pause_seek(&seeker, NULL, &one, 0.0, 10.0);
    ck_assert(!pause.has_end && pause.has_start && !pause.hidden);
    expect(pause.start_seconds, 1.00);
    pause = oss_pause_seek(&seeker, &one, &two, 0.0, 10.0);
    ck_assert(pause.has_end && pause.has_start && !pause.hidden);
    expect(pause.end_seconds, 1.60);
    expect(pause.start_seconds, 2.00);
    pause = oss_pause_seek(&seeker, &two, NULL, 0.0, 10.0);
    ck_assert(pause.has_end && !pause.has_start);
    expect(pause.end_seconds, 2.70);
}
END_TEST

/* The closure of a plosive behind the last peak, a click in the pause, and a peak that is later than the word. */
START_TEST(the_longest_quiet_stretch_is_the_pause) {
    scene s;
    make(&s);
    set(&s, 156, 159, SILENCE);
    set(&s, 190, 192, SPEECH);
    oss_pause_seeker seeker = {.envelope = &s.envelope};
    const oss_word_anchor late = {1.08, 1.64};
    const oss_word_anchor *before[] = {&one, &late};
    for (int i = 0; i < 2; i++) {
        oss_pause pause = oss_pause_seek(&seeker, before[i], &two, 0.0, 10.0);
        ck_assert(pause.has_end && pause.has_start);
        expect(pause.end_seconds, 1.60);
        expect(pause.start_seconds, 1.90);
    }
}
END_TEST

START_TEST(words_without_a_pause_have_none) {
    scene s;
    make(&s);
    set(&s, 160, 200, SPEECH - 40);
    oss_pause_seeker seeker = {.envelope = &s.envelope};
    oss_pause pause = oss_pause_seek(&seeker, &one, &two, 0.0, 10.0);
    ck_assert(!pause.has_end && !pause.has_start);
    set(&s, 170, 173, SILENCE); /* too short */
    seeker = (oss_pause_seeker){.envelope = &s.envelope};
    pause = oss_pause_seek(&seeker, &one, &two, 0.0, 10.0);
    ck_assert(!pause.has_end && !pause.has_start);
    set(&s, 170, 174, SILENCE);
    seeker = (oss_pause_seeker){.envelope = &s.envelope};
    pause = oss_pause_seek(&seeker, &one, &two, 0.0, 10.0);
    ck_assert(pause.has_end && pause.has_start);
    expect(pause.end_seconds, 1.70);
    expect(pause.start_seconds, 1.74);
}
END_TEST

START_TEST(noise_hides_the_faint_parts_of_words) {
    scene s;
    make(&s);
    for (int k = 0; k < FRAMES; k++) {
        s.level[k] =
            s.level[k] == SILENCE ? 150 : s.level[k]; /* 25 dB below speech: 8 dB and the 3 above it */
    }
    oss_pause_seeker seeker = {.envelope = &s.envelope};
    oss_pause pause = oss_pause_seek(&seeker, &one, &two, 0.0, 10.0);
    ck_assert(pause.has_end && pause.has_start && pause.hidden);
    expect(pause.end_seconds, 1.60 + 11 * 0.0033);
    expect(pause.start_seconds, 2.00 - 11 * 0.0015);
    for (int k = 0; k < FRAMES; k++) {
        s.level[k] = s.level[k] == 150 ? SPEECH - 16 : s.level[k];
    }
    seeker = (oss_pause_seeker){.envelope = &s.envelope};
    pause = oss_pause_seek(&seeker, &one, &two, 0.0, 10.0);
    ck_assert(!pause.has_end && !pause.has_start);
}
END_TEST

/* What is not there any more, or not yet, is not looked at. */
START_TEST(only_what_is_there_is_read) {
    scene s;
    make(&s);
    uint8_t *part = s.level + 150;
    s.envelope = (oss_envelope){.level = part, .first = 150, .frames = 230, .rate_hz = 16000};
    oss_pause_seeker seeker = {.envelope = &s.envelope};
    oss_pause pause = oss_pause_seek(&seeker, &one, &two, 0.0, 2.3);
    ck_assert(pause.has_end && pause.has_start);
    s.envelope = (oss_envelope){.level = NULL, .first = 900, .frames = 900, .rate_hz = 16000};
    seeker = (oss_pause_seeker){.envelope = &s.envelope};
    pause = oss_pause_seek(&seeker, &one, &two, 0.0, 9.0);
    ck_assert(!pause.has_end && !pause.has_start);
    s.envelope = (oss_envelope){0};
    seeker = (oss_pause_seeker){.envelope = &s.envelope};
    pause = oss_pause_seek(&seeker, &two, NULL, 0.0, 36000.0);
    ck_assert(!pause.has_end && !pause.has_start);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/pause");
    TCase *tests = tcase_create("pause");
    tcase_add_test(tests, words_end_and_begin_where_it_is_quiet);
    tcase_add_test(tests, the_longest_quiet_stretch_is_the_pause);
    tcase_add_test(tests, words_without_a_pause_have_none);
    tcase_add_test(tests, noise_hides_the_faint_parts_of_words);
    tcase_add_test(tests, only_what_is_there_is_read);
    suite_add_tcase(suite, tests);
    return suite;
}
