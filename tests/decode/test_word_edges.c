#include "decode/word_edges.h"

#include "base/mem.h"
#include "decode/path_cases.h"
#include "support/fill.h"

static const oss_edge_offsets offsets = {0.06, 0.03};

typedef struct scene {
    oss_vocab *vocab;
    oss_best_path path;
    oss_path_word *word;
    int64_t words;
    oss_envelope envelope;
} scene;

static scene make(const char *said) {
    scene s = {.vocab = oss_case_vocab()};
    oss_case_say(&s.path, said, 1.0 - 1e-9);
    ck_assert_int_eq(oss_path_words(&s.word, &s.words, &s.path, s.vocab, OSS_CASE_LOWER), OSS_OK);
    return s;
}

static void discard(scene *s) {
    oss_path_words_free(s->word, s->words);
    oss_best_path_deinit(&s->path);
    oss_vocab_free(s->vocab);
}

static void expect(double got, double wanted) {
    ck_assert_double_eq_tol(got, wanted, 1e-6);
}

/* Every symbol lasts something, nothing overlaps, all is in the range. */
static void check_order(const scene *s, const oss_path_clock *clock) {
    double at = clock->from_seconds;
    for (int64_t i = 0; i < s->words; i++) {
        const oss_path_word *word = &s->word[i];
        ck_assert(word->start_seconds >= at && word->end_seconds > word->start_seconds);
        ck_assert(word->symbols < 1000);
        double boundary[1001];
        oss_symbol_edges(boundary, word, &s->path, clock->frames_a_second);
        ck_assert(boundary[0] == word->start_seconds && boundary[word->symbols] == word->end_seconds);
        for (int32_t k = 0; k < word->symbols; k++) {
            ck_assert(boundary[k + 1] > boundary[k]);
        }
        at = word->end_seconds;
    }
    ck_assert(at <= clock->to_seconds);
}

/* Middles of peaks at 25 frames a second: frame k is at (k + 0.5) / 25. */
START_TEST(without_audio_times_are_peaks_and_offsets) {
    scene s = make("-----a-b--c----- ---b----------ab-");
    const oss_path_clock clock = {25.0, 0.0, (double)s.path.frames / 25.0};
    oss_word_edges(s.word, s.words, &s.path, &s.envelope, &offsets, &clock);
    ck_assert_int_eq(s.words, 2);
    expect(s.word[0].start_seconds, 5.5 / 25 - 0.06);
    expect(s.word[0].end_seconds, 10.5 / 25 + 0.03);
    expect(s.word[1].start_seconds, 20.5 / 25 - 0.06);
    expect(s.word[1].end_seconds, 32.5 / 25 + 0.03);
    double boundary[4];
    oss_symbol_edges(boundary, &s.word[0], &s.path, 25.0);
    expect(boundary[1], 6.5 / 25);
    expect(boundary[2], 9.0 / 25);
    check_order(&s, &clock);
    discard(&s);
}
END_TEST

START_TEST(neighbours_share_what_lies_between) {
    scene s = make("---a b---");
    const oss_path_clock clock = {25.0, 0.0, 9.0 / 25.0};
    oss_word_edges(s.word, s.words, &s.path, &s.envelope, &offsets, &clock);
    expect(s.word[0].end_seconds, (3.5 + 2.0 * 0.03 / 0.09) / 25);
    expect(s.word[1].start_seconds, s.word[0].end_seconds);
    discard(&s);
}
END_TEST

START_TEST(pauses_of_the_audio_count_more) {
    scene s = make("-----a-b--c----- ---b----------ab-------");
    uint8_t level[160];
    memset(level, 50, sizeof level);
    memset(level + 12, 200, 50 - 12);
    memset(level + 75, 200, 150 - 75);
    s.envelope = (oss_envelope){.level = level, .frames = 160, .rate_hz = 16000};
    const oss_path_clock clock = {25.0, 0.0, 1.6};
    oss_word_edges(s.word, s.words, &s.path, &s.envelope, &offsets, &clock);
    expect(s.word[0].start_seconds, 0.12);
    expect(s.word[0].end_seconds, 0.50);
    expect(s.word[1].start_seconds, 0.75);
    expect(s.word[1].end_seconds, 1.50);
    discard(&s);
}
END_TEST

/* Words where there is hardly room: at the ends, one frame each, in a recording of milliseconds. */
START_TEST(times_are_in_order_whatever_the_path) {
    static const char *const said[] = {"a",   "a b c a b c a b c", "abcabcabcabc", "a-b a",
                                       " c ", "abc abc abc"};
    static const double seconds[] = {3.0, 0.4, 0.1, 0.01, 0.001, 1e-6};
    const oss_edge_offsets far_off[] = {{1e-6, 1e-6}, {2.0, 2.0}, {0.06, 0.03}, {2.0, 1e-3}};
    uint8_t level[300];
    for (uint64_t k = 0; k < 300; k++) {
        level[k] = (uint8_t)(oss_fill_bits(5, k / 3) % 256);
    }
    for (size_t a = 0; a < sizeof said / sizeof *said; a++) {
        for (size_t b = 0; b < sizeof seconds / sizeof *seconds; b++) {
            for (size_t c = 0; c < sizeof far_off / sizeof *far_off; c++) {
                scene s = make(said[a]);
                s.envelope =
                    (oss_envelope){.level = level, .frames = (int64_t)(100.0 * seconds[b]), .rate_hz = 16000};
                const oss_path_clock clock = {25.0, 0.0, seconds[b]};
                oss_word_edges(s.word, s.words, &s.path, &s.envelope, &far_off[c], &clock);
                check_order(&s, &clock);
                discard(&s);
            }
        }
    }
}
END_TEST

/* The clock of a stream that has run for ten hours: the same words, ten hours later. */
START_TEST(hours_change_nothing) {
    enum { LATER = 10 * 3600 * 25 };
    scene now = make("--ab--c - b-a--a-- "), then = {.vocab = oss_case_vocab()};
    then.path.frames = LATER;
    oss_best_path_forget(&then.path);
    oss_case_say(&then.path, "--ab--c - b-a--a-- ", 1.0 - 1e-9);
    ck_assert_int_eq(oss_path_words(&then.word, &then.words, &then.path, then.vocab, OSS_CASE_LOWER), OSS_OK);
    ck_assert_int_eq(then.words, now.words);
    const oss_path_clock early = {25.0, 0.0, 19.0 / 25.0}, late = {25.0, 36000.0, 36000.0 + 19.0 / 25.0};
    oss_word_edges(now.word, now.words, &now.path, &now.envelope, &offsets, &early);
    oss_word_edges(then.word, then.words, &then.path, &then.envelope, &offsets, &late);
    for (int64_t i = 0; i < now.words; i++) {
        ck_assert_double_eq_tol(then.word[i].start_seconds - 36000.0, now.word[i].start_seconds, 1e-9);
        ck_assert_double_eq_tol(then.word[i].end_seconds - 36000.0, now.word[i].end_seconds, 1e-9);
    }
    check_order(&then, &late);
    discard(&now);
    discard(&then);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("decode/word_edges");
    TCase *tests = tcase_create("edges");
    tcase_add_test(tests, without_audio_times_are_peaks_and_offsets);
    tcase_add_test(tests, neighbours_share_what_lies_between);
    tcase_add_test(tests, pauses_of_the_audio_count_more);
    tcase_add_test(tests, times_are_in_order_whatever_the_path);
    tcase_add_test(tests, hours_change_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
