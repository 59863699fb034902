/* Subtitles as they are printed: rules that every cue keeps, and examples of how words are divided. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ossicle/format.h"
#include "ossicle/recognizer.h"
#include "support/form_readers.h"
#include "support/suite.h"
#include "support/transcript_samples.h"
#include "text/unicode.h"

enum { RANDOM = 60, PART_PAUSE_MS = 1500 };

/* The defaults, and what else a test asks for; complete, so that rules can be computed from it. */
static const oss_format_options styles[] = {
    {.size = sizeof(oss_format_options),
     .line_length = 42,
     .lines = 2,
     .characters_second = 17.0,
     .minimum_gap_ms = 80,
     .minimum_duration_ms = 833,
     .maximum_duration_ms = 7000},
    {.size = sizeof(oss_format_options),
     .line_length = 20,
     .lines = 1,
     .characters_second = 12.0,
     .minimum_gap_ms = 200,
     .minimum_duration_ms = 1500,
     .maximum_duration_ms = 3000},
    {.size = sizeof(oss_format_options),
     .line_length = 32,
     .lines = 3,
     .characters_second = 25.0,
     .minimum_gap_ms = -1,
     .minimum_duration_ms = -1,
     .maximum_duration_ms = 10000},
};

static oss_form_items print_cues(const oss_transcript *transcript, const oss_format_options *options) {
    char *text = NULL;
    ck_assert_msg(oss_transcript_print(transcript, OSS_FORMAT_SRT, options, &text) == OSS_OK, "%s",
                  oss_last_error());
    oss_form_items cues = oss_read_srt(text);
    oss_string_free(text);
    return cues;
}

static int64_t ms(double seconds) {
    return llround(seconds * 1000.0);
}

static int64_t largest(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smallest(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Every line has room for its words, whole ones: words[*at...] follow each other. Returns the words of the cue. */
static int32_t assert_lines(const char *text, const oss_transcript *transcript, int32_t at,
                            const oss_format_options *o) {
    char *copy = strdup(text), *rest = NULL;
    int32_t lines = 0, words = 0;
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *inner = NULL;
        ck_assert_int_le(oss_text_columns(line), o->line_length);
        lines++;
        for (char *word = strtok_r(line, " ", &inner); word != NULL; word = strtok_r(NULL, " ", &inner)) {
            ck_assert_str_eq(word, transcript->word[at + words].text);
            words++;
        }
    }
    ck_assert_int_le(lines, o->lines);
    ck_assert_int_gt(words, 0);
    free(copy);
    return words;
}

/* The rules between words of a cue. */
static void assert_together(const oss_transcript *transcript, int32_t first, int32_t words,
                            const oss_format_options *o) {
    const oss_transcript_word *word = transcript->word + first;
    for (int32_t i = 1; i < words; i++) {
        ck_assert_int_lt(ms(word[i].start_seconds) - ms(word[i - 1].end_seconds), PART_PAUSE_MS);
    }
    ck_assert(words == 1 ||
              ms(word[words - 1].end_seconds) - ms(word[0].start_seconds) <= o->maximum_duration_ms);
    for (int32_t s = 0; s < transcript->segments; s++) {
        int32_t begin = (int32_t)(transcript->segment[s].word - transcript->word);
        ck_assert(begin <= first || begin >= first + words); /* no segment begins inside */
    }
}

/* A cue's times: from its first word to where it has been read, as far as the next one lets it. */
static void assert_times(const oss_form_item *cue, const oss_form_item *next,
                         const oss_transcript *transcript, int32_t first, int32_t words,
                         const oss_format_options *o) {
    int64_t spoken = ms(transcript->word[first + words - 1].end_seconds);
    int64_t columns =
        oss_text_columns(cue->text); /* and a line break counts as the space that it stands for */
    for (const char *at = cue->text; (at = strchr(at, '\n')) != NULL; at++) {
        columns++;
    }
    int64_t read = (int64_t)ceil(1000.0 * (double)columns / o->characters_second);
    int64_t wish = smallest(o->maximum_duration_ms, largest(read, largest(o->minimum_duration_ms, 0)));
    int64_t wanted = largest(spoken, cue->start_ms + wish);
    int64_t until = next != NULL ? next->start_ms : largest(ms(transcript->audio_seconds), spoken);
    int64_t gap = next != NULL ? smallest(largest(o->minimum_gap_ms, 0), (until - cue->start_ms) / 2) : 0;
    ck_assert_int_eq(cue->start_ms, ms(transcript->word[first].start_seconds));
    ck_assert_int_gt(cue->end_ms, cue->start_ms);
    ck_assert_int_eq(cue->end_ms, smallest(wanted, until - gap));
}

START_TEST(cues_keep_the_rules) {
    const oss_format_options *o = &styles[_i % 3];
    oss_transcript *transcript = oss_test_random_transcript((uint64_t)_i * 31 + 5, _i * _i / 6);
    oss_form_items cues = print_cues(transcript, o);
    int32_t at = 0;
    for (int32_t i = 0; i < cues.count; i++) {
        int32_t words = assert_lines(cues.item[i].text, transcript, at, o);
        assert_together(transcript, at, words, o);
        assert_times(&cues.item[i], i + 1 < cues.count ? &cues.item[i + 1] : NULL, transcript, at, words, o);
        at += words;
    }
    ck_assert_int_eq(at, transcript->words);
    oss_form_items_free(cues);
    oss_test_transcript_free(transcript);
}
END_TEST

/* Without spaces, for words that are longer than a line are parted. */
static char *squeeze(const char *text) {
    char *squeezed = calloc(strlen(text) + 1, 1), *to = squeezed;
    for (; *text != '\0'; text++) {
        if (*text != ' ' && *text != '\n') {
            *to++ = *text;
        }
    }
    return squeezed;
}

/* The samples have words that are longer than a line, marks, and two directions. */
START_TEST(nothing_is_lost_in_webvtt) {
    for (int32_t style = 0; style < 3; style++) {
        oss_transcript *transcript = oss_test_sample(_i);
        char *text = NULL, *all = calloc(1, 1);
        ck_assert_int_eq(oss_transcript_print(transcript, OSS_FORMAT_VTT, &styles[style], &text), OSS_OK);
        oss_form_items cues = oss_read_vtt(text);
        for (int32_t i = 0; i < cues.count; i++) {
            all = realloc(all, strlen(all) + strlen(cues.item[i].text) + 1);
            strcat(all, cues.item[i].text);
            ck_assert(i == 0 || cues.item[i].start_ms >= cues.item[i - 1].end_ms);
            ck_assert_int_gt(cues.item[i].end_ms, cues.item[i].start_ms);
        }
        char *want = squeeze(transcript->text), *got = squeeze(all);
        for (char *c = want; *c != '\0'; c++) {
            *c = (char)(*c == '{' ? '(' : *c == '}' ? ')' : *c == '\\' ? '/' : *c);
        }
        ck_assert_str_eq(got, want);
        free(want);
        free(got);
        free(all);
        oss_form_items_free(cues);
        oss_string_free(text);
        oss_test_transcript_free(transcript);
    }
}
END_TEST

/* ---- Examples ---- */

static void assert_srt(const oss_test_word *word, int32_t words, double seconds,
                       const oss_format_options *options, const char *want) {
    oss_transcript *transcript = oss_test_transcript(word, words, seconds);
    char *text = NULL;
    ck_assert_int_eq(oss_transcript_print(transcript, OSS_FORMAT_SRT, options, &text), OSS_OK);
    ck_assert_str_eq(text, want);
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}

/* Words of 0.2 s that follow each other; a '|' is a pause of so many seconds. */
static void assert_said(const char *said, double pause, const oss_format_options *options, const char *want) {
    oss_test_word word[64];
    char *copy = strdup(said), *rest = NULL;
    int32_t words = 0;
    double at = 0.0;
    for (char *part = strtok_r(copy, " ", &rest); part != NULL; part = strtok_r(NULL, " ", &rest)) {
        if (strcmp(part, "|") == 0) {
            at += pause;
            continue;
        }
        word[words++] = (oss_test_word){.text = part, .start = at, .end = at + 0.2};
        at += 0.2;
    }
    assert_srt(word, words, at + 5.0, options, want);
    free(copy);
}

START_TEST(lines_are_even_and_break_at_pauses) {
    assert_said("one two three four five six seven eight nine ten", 0.0, NULL,
                "1\n00:00:00,000 --> 00:00:02,824\none two three four five\nsix seven eight nine ten\n");
    assert_said("one two three four | five six seven eight nine ten", 0.3, NULL,
                "1\n00:00:00,000 --> 00:00:02,824\none two three four\nfive six seven eight nine ten\n");
    assert_said("one two three four", 0.0, NULL, "1\n00:00:00,000 --> 00:00:01,059\none two three four\n");
}
END_TEST

START_TEST(cues_end_at_pauses_rather) {
    const oss_format_options narrow = {.size = sizeof narrow, .line_length = 20};
    assert_said("alpha beta gamma delta | epsilon zeta eta theta iota", 0.4, &narrow,
                "1\n00:00:00,000 --> 00:00:01,120\nalpha beta\ngamma delta\n\n"
                "2\n00:00:01,200 --> 00:00:02,789\nepsilon zeta\neta theta iota\n");
    assert_said("alpha beta gamma. delta epsilon zeta eta theta iota", 0.0, &narrow,
                "1\n00:00:00,000 --> 00:00:00,520\nalpha beta gamma.\n\n"
                "2\n00:00:00,600 --> 00:00:02,542\ndelta epsilon zeta\neta theta iota\n");
    assert_said("so | what", 1.5, NULL,
                "1\n00:00:00,000 --> 00:00:00,833\nso\n\n2\n00:00:01,700 --> 00:00:02,533\nwhat\n");
    assert_said("so | what", 1.4, NULL, "1\n00:00:00,000 --> 00:00:01,800\nso what\n");
}
END_TEST

START_TEST(a_word_that_is_longer_than_a_line_is_parted) {
    const oss_format_options narrow = {.size = sizeof narrow, .line_length = 8};
    const oss_test_word latin[] = {{"abcdefghijklmnopqrst", 1.0, 3.0, 0, 0}};
    assert_srt(
        latin, 1, 9.0, &narrow,
        "1\n00:00:01,000 --> 00:00:01,920\nabcde\nfghij\n\n2\n00:00:02,000 --> 00:00:03,000\nklmno\npqrst\n");
    /* No line begins with a full stop or ends with an opening bracket. */
    const oss_test_word wide[] = {{"一二三四。五六（七八九十", 0.0, 12.0, 0, 0}};
    assert_srt(
        wide, 1, 12.0, &narrow,
        "1\n00:00:00,000 --> 00:00:04,920\n一二\n三四。\n\n2\n00:00:05,000 --> 00:00:12,000\n五六（七\n八九十\n");
}
END_TEST

START_TEST(cues_after_a_hundred_hours_have_three_digits) {
    const oss_test_word word[] = {{"late", 450000.25, 450001.5, 0, 0}};
    assert_srt(word, 1, 450003.0, NULL, "1\n125:00:00,250 --> 125:00:01,500\nlate\n");
}
END_TEST

START_TEST(more_words_than_milliseconds_still_have_cues_in_order) {
    oss_test_word word[40];
    for (int32_t i = 0; i < 40; i++) {
        word[i] = (oss_test_word){.text = "w", .start = 0.01, .end = 0.0100001, .ends_segment = 1};
    }
    oss_transcript *transcript = oss_test_transcript(word, 40, 0.0101);
    oss_form_items cues = print_cues(transcript, &styles[0]);
    ck_assert_int_eq(cues.count, 40);
    for (int32_t i = 0; i < cues.count; i++) {
        ck_assert_int_eq(cues.item[i].start_ms, i + 10);
        ck_assert_int_eq(cues.item[i].end_ms, i + 11);
    }
    oss_form_items_free(cues);
    oss_test_transcript_free(transcript);
}
END_TEST

START_TEST(lyrics_have_a_line_each_and_no_time_twice) {
    const oss_test_word word[] = {
        {"[one]", 0.0, 0.001, 0, 1}, {"<two>", 0.002, 0.003, 0, 1}, {"three", 3661.239, 3662.0, 0, 1}};
    oss_transcript *transcript = oss_test_transcript(word, 3, 4000.0);
    char *text = NULL;
    ck_assert_int_eq(oss_transcript_print(transcript, OSS_FORMAT_LRC, NULL, &text), OSS_OK);
    ck_assert_str_eq(text, "[00:00.00](one)\n[00:00.01]‹two›\n[61:01.23]three\n");
    oss_string_free(text);
    oss_test_transcript_free(transcript);
    for (int32_t i = 0; i < RANDOM; i++) {
        oss_transcript *at_random = oss_test_random_transcript((uint64_t)i + 900, i * 3);
        ck_assert_int_eq(oss_transcript_print(at_random, OSS_FORMAT_LRC, NULL, &text), OSS_OK);
        oss_form_items lines = oss_read_lrc(text);
        int32_t at = 0;
        for (int32_t k = 0; k < lines.count; k++) {
            ck_assert(k == 0 || lines.item[k].start_ms > lines.item[k - 1].start_ms);
            at += assert_lines(lines.item[k].text, at_random, at,
                               &(oss_format_options){.line_length = 42, .lines = 1});
        }
        ck_assert_int_eq(at, at_random->words);
        oss_form_items_free(lines);
        oss_string_free(text);
        oss_test_transcript_free(at_random);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("output/cues");
    TCase *tests = tcase_create("subtitles");
    tcase_add_loop_test(tests, cues_keep_the_rules, 0, RANDOM);
    tcase_add_loop_test(tests, nothing_is_lost_in_webvtt, 0, OSS_TEST_SAMPLES);
    tcase_add_test(tests, lines_are_even_and_break_at_pauses);
    tcase_add_test(tests, cues_end_at_pauses_rather);
    tcase_add_test(tests, a_word_that_is_longer_than_a_line_is_parted);
    tcase_add_test(tests, cues_after_a_hundred_hours_have_three_digits);
    tcase_add_test(tests, more_words_than_milliseconds_still_have_cues_in_order);
    tcase_add_test(tests, lyrics_have_a_line_each_and_no_time_twice);
    suite_add_tcase(suite, tests);
    return suite;
}
