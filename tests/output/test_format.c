#include "ossicle/format.h"

#include <string.h>

#include "ossicle/recognizer.h"
#include "support/suite.h"
#include "support/transcripts.h"

static const oss_test_word two_words[] = {{"hello", 0.25, 0.6, 0.5F, 0}, {"world", 0.7004, 1.0, 0.98768F, 0}};

static char *print_with(const oss_transcript *transcript, oss_transcript_format format,
                        const oss_format_options *options) {
    char *text = NULL;
    ck_assert_msg(oss_transcript_print(transcript, format, options, &text) == OSS_OK, "%s", oss_last_error());
    return text;
}

static void assert_print(const oss_test_word *word, int32_t words, double seconds,
                         oss_transcript_format format, const oss_format_options *options, const char *want) {
    oss_transcript *transcript = oss_test_transcript(word, words, seconds);
    char *text = print_with(transcript, format, options);
    ck_assert_str_eq(text, want);
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}

START_TEST(txt_is_the_text_in_a_line) {
    assert_print(two_words, 2, 1.5, OSS_FORMAT_TXT, NULL, "hello world\n");
    assert_print(NULL, 0, 1.5, OSS_FORMAT_TXT, NULL, "\n");
}
END_TEST

START_TEST(jsonl_begins_with_the_fields_of_old) {
    const oss_format_options options = {.size = sizeof options, .name = "a\"b\n\xff.wav"};
    assert_print(
        two_words, 2, 1.5, OSS_FORMAT_JSONL, &options,
        "{\"file\":\"a\\\"b\\n\xef\xbf\xbd.wav\",\"text\":\"hello world\",\"seconds\":1.5,\"confidence\":0.7438,"
        "\"segments\":[{\"id\":0,\"start\":0.25,\"end\":1,\"text\":\"hello world\",\"confidence\":0.7438,"
        "\"words\":[{\"word\":\"hello\",\"start\":0.25,\"end\":0.6,\"probability\":0.5},"
        "{\"word\":\"world\",\"start\":0.7,\"end\":1,\"probability\":0.9877}]}]}\n");
    assert_print(NULL, 0, 0.0004, OSS_FORMAT_JSONL, NULL,
                 "{\"text\":\"\",\"seconds\":0.0004,\"confidence\":1,\"segments\":[]}\n");
}
END_TEST

START_TEST(json_is_the_same_over_lines) {
    assert_print(
        two_words, 2, 1.5, OSS_FORMAT_JSON, NULL,
        "{\n"
        "  \"text\": \"hello world\",\n"
        "  \"seconds\": 1.5,\n"
        "  \"confidence\": 0.7438,\n"
        "  \"segments\": [\n"
        "    {\"id\": 0, \"start\": 0.25, \"end\": 1, \"text\": \"hello world\", \"confidence\": 0.7438, \"words\": [\n"
        "      {\"word\": \"hello\", \"start\": 0.25, \"end\": 0.6, \"probability\": 0.5},\n"
        "      {\"word\": \"world\", \"start\": 0.7, \"end\": 1, \"probability\": 0.9877}\n"
        "    ]}\n"
        "  ]\n"
        "}\n");
    assert_print(NULL, 0, 2.0, OSS_FORMAT_JSON, NULL,
                 "{\n  \"text\": \"\",\n  \"seconds\": 2,\n  \"confidence\": 1,\n  \"segments\": []\n}\n");
}
END_TEST

START_TEST(subtitles_have_a_number_and_times) {
    assert_print(two_words, 2, 1.5, OSS_FORMAT_SRT, NULL, "1\n00:00:00,250 --> 00:00:01,083\nhello world\n");
    assert_print(two_words, 2, 1.5, OSS_FORMAT_VTT, NULL,
                 "WEBVTT\n\n1\n00:00:00.250 --> 00:00:01.083\nhello world\n");
    assert_print(NULL, 0, 1.5, OSS_FORMAT_SRT, NULL, "");
    assert_print(NULL, 0, 1.5, OSS_FORMAT_VTT, NULL, "WEBVTT\n\n");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("output/format");
    TCase *tests = tcase_create("formats");
    tcase_add_test(tests, txt_is_the_text_in_a_line);
    tcase_add_test(tests, jsonl_begins_with_the_fields_of_old);
    tcase_add_test(tests, json_is_the_same_over_lines);
    tcase_add_test(tests, subtitles_have_a_number_and_times);
    suite_add_tcase(suite, tests);
    return suite;
}
