#include <math.h>
#include <stddef.h>
#include <string.h>

#include "ossicle/format.h"
#include "ossicle/recognizer.h"
#include "support/suite.h"
#include "support/transcripts.h"

static const oss_test_word two_words[] = {{"hello", 0.25, 0.6, 0.5F, 0}, {"world", 0.7, 1.0, 0.5F, 0}};

static void assert_refused(const oss_format_options *options, oss_transcript_format format,
                           const char *message) {
    oss_transcript *transcript = oss_test_transcript(two_words, 2, 1.5);
    char untouched, *text = &untouched;
    ck_assert_int_eq(oss_transcript_print(transcript, format, options, &text), OSS_EUSAGE);
    ck_assert_ptr_eq(text, &untouched);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "%s", oss_last_error());
    oss_test_transcript_free(transcript);
}

START_TEST(wrong_options_are_refused) {
    const size_t size = sizeof(oss_format_options);
    assert_refused(NULL, (oss_transcript_format)OSS_FORMATS, "11 is no format");
    assert_refused(&(oss_format_options){0}, OSS_FORMAT_TXT, "the size of the options is 0");
    const size_t first = offsetof(oss_format_options, maximum_duration_ms) + sizeof(int32_t);
    assert_refused(&(oss_format_options){.size = first - 1}, OSS_FORMAT_TXT,
                   "set it to sizeof(oss_format_options)");
    assert_refused(&(oss_format_options){.size = size, .line_length = 7}, OSS_FORMAT_SRT,
                   "line_length is 7: give 8 to 1000");
    assert_refused(&(oss_format_options){.size = size, .line_length = -1}, OSS_FORMAT_SRT,
                   "line_length is -1");
    assert_refused(&(oss_format_options){.size = size, .lines = 9}, OSS_FORMAT_SRT, "lines is 9");
    assert_refused(&(oss_format_options){.size = size, .minimum_gap_ms = 10001}, OSS_FORMAT_SRT,
                   "minimum_gap_ms is 10001");
    assert_refused(&(oss_format_options){.size = size, .maximum_duration_ms = 99}, OSS_FORMAT_SRT,
                   "maximum_duration_ms is 99");
    assert_refused(&(oss_format_options){.size = size, .characters_second = -1.0}, OSS_FORMAT_SRT,
                   "characters_second is -1");
    assert_refused(&(oss_format_options){.size = size, .characters_second = NAN}, OSS_FORMAT_SRT,
                   "characters_second is");
    assert_refused(&(oss_format_options){.size = size, .textgrid = (oss_textgrid_form)3}, OSS_FORMAT_TXT,
                   "textgrid is 3");
    static const char *const labels[] = {"", "o,f0", "<o f0>", "<o", "<>", "<a><b>", "<a\n>"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        assert_refused(&(oss_format_options){.size = size, .labels = labels[i]}, OSS_FORMAT_STM,
                       "as <o,f0,male>");
    }
    struct {
        oss_format_options known;
        int64_t later;
    } newer = {.known = {.size = sizeof newer}, .later = 1};
    assert_refused(&newer.known, OSS_FORMAT_TXT, "does not have");
    newer.later = 0;
    oss_transcript *transcript = oss_test_transcript(two_words, 2, 1.5);
    char *text = NULL;
    ck_assert_int_eq(oss_transcript_print(transcript, OSS_FORMAT_TXT, &newer.known, &text), OSS_OK);
    ck_assert_str_eq(text, "hello world\n");
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("output/format_options");
    TCase *tests = tcase_create("options");
    tcase_add_test(tests, wrong_options_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
