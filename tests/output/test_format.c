#include "ossicle/format.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ossicle/recognizer.h"
#include "support/comma_locale.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/transcript_samples.h"

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

/* ---- Other forms, letter by letter ---- */

START_TEST(textgrid_long_and_short) {
    static const oss_test_word words[] = {{"say", 0.0, 0.5, 0, 0}, {"\"x\"", 0.5, 0.75, 0, 0}};
    const oss_format_options is_short = {.size = sizeof is_short, .textgrid = OSS_TEXTGRID_SHORT};
    assert_print(
        words, 2, 1.0, OSS_FORMAT_TEXTGRID, NULL,
        "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = 1 \ntiers? <exists> \nsize = 2 \n"
        "item []: \n    item [1]:\n        class = \"IntervalTier\" \n        name = \"words\" \n        xmin = 0 \n"
        "        xmax = 1 \n        intervals: size = 3 \n"
        "        intervals [1]:\n            xmin = 0 \n            xmax = 0.500 \n            text = \"say\" \n"
        "        intervals [2]:\n            xmin = 0.500 \n            xmax = 0.750 \n            text = \"\"\"x\"\"\" \n"
        "        intervals [3]:\n            xmin = 0.750 \n            xmax = 1 \n            text = \"\" \n"
        "    item [2]:\n        class = \"IntervalTier\" \n        name = \"segments\" \n        xmin = 0 \n"
        "        xmax = 1 \n        intervals: size = 2 \n"
        "        intervals [1]:\n            xmin = 0 \n            xmax = 0.750 \n            text = \"say \"\"x\"\"\" \n"
        "        intervals [2]:\n            xmin = 0.750 \n            xmax = 1 \n            text = \"\" \n");
    assert_print(words, 2, 0.75, OSS_FORMAT_TEXTGRID, &is_short,
                 "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n0.750\n<exists>\n2\n"
                 "\"IntervalTier\"\n\"words\"\n0\n0.750\n2\n0\n0.500\n\"say\"\n0.500\n0.750\n\"\"\"x\"\"\"\n"
                 "\"IntervalTier\"\n\"segments\"\n0\n0.750\n1\n0\n0.750\n\"say \"\"x\"\"\"\n");
    assert_print(NULL, 0, 0.0001, OSS_FORMAT_TEXTGRID, &is_short,
                 "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n0.001\n<exists>\n2\n"
                 "\"IntervalTier\"\n\"words\"\n0\n0.001\n1\n0\n0.001\n\"\"\n"
                 "\"IntervalTier\"\n\"segments\"\n0\n0.001\n1\n0\n0.001\n\"\"\n");
}
END_TEST

/* Some readers of the long form cut a label there. */
START_TEST(textgrid_is_short_where_a_label_holds_an_equals_sign) {
    static const char *const texts[] = {"=", "a=b", "=="};
    for (int32_t i = 0; i < 3; i++) {
        for (int32_t first = 0; first <= 2; first++) {
            oss_test_word words[] = {
                {"one", 0.0, 0.1, 0, 0}, {"two", 0.2, 0.3, 0, 0}, {"three", 0.4, 0.5, 0, 0}};
            words[first].text = texts[i];
            oss_transcript *transcript = oss_test_transcript(words, 3, 1.0);
            char *text = print_with(transcript, OSS_FORMAT_TEXTGRID, NULL);
            bool is_short = strstr(text, "<exists>\n") != NULL;
            ck_assert_int_eq(is_short, i == 0 && first < 2); /* at the end of a label no space follows it */
            oss_string_free(text);
            oss_test_transcript_free(transcript);
        }
    }
}
END_TEST

START_TEST(ctm_stm_trn) {
    static const oss_test_word words[] = {
        {"hello", 0.25, 0.6, 0.5F, 0}, {"world", 0.7, 1.0, 1.0F, 1}, {"again", 3.0, 3.5, 0.25F, 0}};
    const oss_format_options all = {
        .size = sizeof all, .id = "talk", .channel = "A", .speaker = "ann", .labels = "<o,f0,female>"};
    const oss_format_options name = {.size = sizeof name, .name = "/data/talk.2.flac"};
    assert_print(
        words, 3, 4.0, OSS_FORMAT_CTM, &all,
        "talk A 0.250 0.350 hello 0.5000\ntalk A 0.700 0.300 world 1.0000\ntalk A 3.000 0.500 again 0.2500\n");
    assert_print(words, 1, 4.0, OSS_FORMAT_CTM, NULL, "recording 1 0.250 0.350 hello 0.5000\n");
    assert_print(
        words, 3, 4.0, OSS_FORMAT_STM, &all,
        "talk A ann 0.250 1.000 <o,f0,female> hello world\ntalk A ann 3.000 3.500 <o,f0,female> again\n");
    assert_print(words, 3, 4.0, OSS_FORMAT_STM, &name,
                 "talk.2 1 talk.2 0.250 1.000 hello world\ntalk.2 1 talk.2 3.000 3.500 again\n");
    assert_print(words, 3, 4.0, OSS_FORMAT_TRN, &all, "hello world again (ann-talk)\n");
    assert_print(words, 3, 4.0, OSS_FORMAT_TRN, &name, "hello world again (talk.2)\n");
    assert_print(NULL, 0, 4.0, OSS_FORMAT_CTM, &name, "");
    assert_print(NULL, 0, 4.0, OSS_FORMAT_STM, &name, "talk.2 1 talk.2 0.000 4.000\n");
    assert_print(NULL, 0, 4.0, OSS_FORMAT_TRN, &name, " (talk.2)\n");
}
END_TEST

/* A word of as many milliseconds as symbols, and one of fewer. */
START_TEST(ctm_of_tokens_and_segments) {
    static const oss_test_word words[] = {
        {"hello", 0.25, 0.6, 0.5F, 0}, {"(world)", 0.7, 1.0, 1.0F, 1}, {"again", 3.0, 3.5, 0.25F, 0}};
    const oss_format_options segment = {.size = sizeof segment, .id = "talk", .ctm_level = OSS_CTM_SEGMENT};
    const oss_format_options token = {.size = sizeof token, .id = "talk", .ctm_level = OSS_CTM_TOKEN};
    const oss_format_options wrong = {.size = sizeof wrong, .ctm_level = (oss_ctm_level)3};
    assert_print(words, 3, 4.0, OSS_FORMAT_CTM, &segment,
                 "talk 1 0.250 0.750 hello<space>[world] 0.7500\ntalk 1 3.000 0.500 again 0.2500\n");
    assert_print(NULL, 0, 4.0, OSS_FORMAT_CTM, &segment, "");
    const oss_transcript_symbol symbol[] = {
        {.text = " a", .confidence = 0.5F, .start_seconds = 1.0, .end_seconds = 1.0004},
        {.text = "<", .confidence = 1.0F, .start_seconds = 1.0004, .end_seconds = 1.0006},
        {.text = "c", .confidence = 0.25F, .start_seconds = 1.0006, .end_seconds = 1.0032}};
    oss_transcript_word word = {.text = "a<c",
                                .start_seconds = 1.0,
                                .end_seconds = 1.0032,
                                .confidence = 0.25F,
                                .symbols = 3,
                                .symbol = symbol};
    oss_transcript_segment whole = {.text = "a<c", .words = 1, .word = &word};
    oss_transcript transcript = {
        .text = "a<c", .audio_seconds = 2.0, .segments = 1, .words = 1, .segment = &whole, .word = &word};
    char *text = print_with(&transcript, OSS_FORMAT_CTM, &token);
    ck_assert_str_eq(
        text, "talk 1 1.000 0.001 a 0.5000\ntalk 1 1.001 0.001 [ 1.0000\ntalk 1 1.002 0.001 c 0.2500\n");
    oss_string_free(text);
    word.end_seconds = 1.001;
    text = print_with(&transcript, OSS_FORMAT_CTM, &token);
    ck_assert_str_eq(
        text, "talk 1 1.000 0.001 a 0.5000\ntalk 1 1.001 0.000 [ 1.0000\ntalk 1 1.001 0.000 c 0.2500\n");
    oss_string_free(text);
    ck_assert_int_eq(oss_transcript_print(&transcript, OSS_FORMAT_CTM, &wrong, &text), OSS_EUSAGE);
}
END_TEST

START_TEST(ids_are_one_word_of_utf8) {
    static const char *const names[][2] = {{"a b\tc\nd.wav", "a_b_c_d"},
                                           {"(x){y}<z>;;.wav", "_x__y__z___"},
                                           {"\xff\xc3\x28.wav", "%FF%C3_"},
                                           {"/x/.hidden", ".hidden"},
                                           {"no-extension", "no-extension"},
                                           {"dir.d/", "recording"},
                                           {"", "recording"},
                                           {"é\xc2\xa0\xe2\x80\xa8o.wav", "é__o"},
                                           {"-", "-"},
                                           {"\xed\xa0\x80.wav", "%ED%A0%80"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char want[64];
        (void)snprintf(want, sizeof want, "hello (%s)\n", names[i][1]);
        const oss_format_options by_name = {.size = sizeof by_name, .name = names[i][0]};
        assert_print(two_words, 1, 1.0, OSS_FORMAT_TRN, &by_name, want);
    }
    const oss_format_options id = {
        .size = sizeof id, .id = "a/b c.wav", .name = "other.wav", .channel = "l r", .speaker = "(me)"};
    assert_print(two_words, 1, 1.0, OSS_FORMAT_CTM, &id, "a/b_c.wav l_r 0.250 0.350 hello 0.5000\n");
    assert_print(two_words, 1, 1.0, OSS_FORMAT_TRN, &id, "hello (_me_-a/b_c.wav)\n");
}
END_TEST

START_TEST(tsv_has_a_row_a_segment) {
    static const oss_test_word words[] = {{"a\\b", 0.25, 0.6, 0.5F, 1}, {"world", 0.7, 1.0, 0.25F, 0}};
    const oss_format_options named = {.size = sizeof named, .name = "x\ty\n\xff.wav"};
    oss_format_options next = named;
    next.continued = 1;
    assert_print(words, 2, 1.0, OSS_FORMAT_TSV, &named,
                 "start\tend\ttext\tconfidence\tfile\n250\t600\ta\\\\b\t0.5000\tx\\ty\\n\xff.wav\n"
                 "700\t1000\tworld\t0.2500\tx\\ty\\n\xff.wav\n");
    assert_print(words + 1, 1, 1.0, OSS_FORMAT_TSV, &next, "700\t1000\tworld\t0.2500\tx\\ty\\n\xff.wav\n");
    assert_print(NULL, 0, 1.0, OSS_FORMAT_TSV, NULL, "start\tend\ttext\tconfidence\tfile\n");
}
END_TEST

/* ---- What no program should meet ---- */

/* Two times that are nearly one have the same digits; nothing is shorter than a millisecond or beyond the end. */
START_TEST(times_meet_in_the_same_digits) {
    static const oss_test_word close[] = {
        {"a", 0.1, 0.2000004, 0.5F, 0}, {"b", 0.2, 0.2000009, 0.5F, 0}, {"c", 0.2003, 0.2999999, 0.5F, 0}};
    const oss_format_options is_short = {.size = sizeof is_short, .textgrid = OSS_TEXTGRID_SHORT};
    assert_print(
        close, 3, 0.3, OSS_FORMAT_CTM, NULL,
        "recording 1 0.100 0.100 a 0.5000\nrecording 1 0.200 0.001 b 0.5000\nrecording 1 0.201 0.099 c 0.5000\n");
    assert_print(
        close, 3, 0.3, OSS_FORMAT_TEXTGRID, &is_short,
        "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n0.300\n<exists>\n2\n"
        "\"IntervalTier\"\n\"words\"\n0\n0.300\n4\n0\n0.100\n\"\"\n0.100\n0.200\n\"a\"\n0.200\n0.201\n\"b\"\n0.201\n0.300\n\"c\"\n"
        "\"IntervalTier\"\n\"segments\"\n0\n0.300\n2\n0\n0.100\n\"\"\n0.100\n0.300\n\"a b c\"\n");
    /* What is moved beyond the end comes back: there are milliseconds enough before it. */
    static const oss_test_word late[] = {{"a", 0.1, 0.1985, 0.5F, 0},
                                         {"b", 0.1985, 0.1995, 0.5F, 0},
                                         {"c", 0.1997, 0.1999, 0.5F, 0},
                                         {"d", 0.1999, 0.2, 0.5F, 0}};
    assert_print(
        late, 4, 0.2, OSS_FORMAT_CTM, NULL,
        "recording 1 0.100 0.097 a 0.5000\nrecording 1 0.197 0.001 b 0.5000\nrecording 1 0.198 0.001 c 0.5000\n"
        "recording 1 0.199 0.001 d 0.5000\n");
}
END_TEST

START_TEST(control_characters_and_bytes_that_are_no_text) {
    static const oss_test_word words[] = {{"\x01\x7f", 0.0, 0.1, 0.5F, 0},
                                          {"a\r\nb\tc", 0.1, 0.2, 0.5F, 0},
                                          {"x\xffy\xed\xa0\x80", 0.3, 0.4, 0.5F, 0},
                                          {"\xc2\x85", 0.5, 0.6, 0.5F, 1},
                                          {" ", 0.7, 0.8, 0.5F, 0}};
    assert_print(
        words, 5, 1.0, OSS_FORMAT_SRT, NULL,
        "1\n00:00:00,100 --> 00:00:00,933\na b c x\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n");
    assert_print(
        words, 5, 1.0, OSS_FORMAT_CTM, NULL,
        "recording 1 0.100 0.100 a_b_c 0.5000\nrecording 1 0.300 0.100 x\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd 0.5000\n");
    assert_print(
        words, 5, 1.0, OSS_FORMAT_TSV, NULL,
        "start\tend\ttext\tconfidence\tfile\n0\t600\ta b c x\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\t0.5000\t\n");
    assert_print(words, 5, 1.0, OSS_FORMAT_TRN, NULL,
                 "a_b_c x\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd (recording)\n");
    assert_print(words + 4, 1, 1.0, OSS_FORMAT_LRC, NULL, "");
}
END_TEST

/* ---- Names ---- */

START_TEST(formats_have_names_and_extensions) {
    for (int32_t i = 0; i < OSS_FORMATS; i++) {
        oss_transcript_format format = OSS_FORMAT_TXT, shouted = OSS_FORMAT_TXT;
        char loud[32];
        const char *name = oss_format_name((oss_transcript_format)i);
        ck_assert_int_eq(oss_format_from_name(name, &format), OSS_OK);
        ck_assert_int_eq(format, i);
        for (size_t k = 0; k <= strlen(name); k++) {
            loud[k] = (char)toupper((unsigned char)name[k]);
        }
        ck_assert_int_eq(oss_format_from_name(loud, &shouted), OSS_OK);
        ck_assert_int_eq(shouted, i);
        ck_assert_str_eq(oss_format_extension((oss_transcript_format)i),
                         i == OSS_FORMAT_TEXTGRID ? "TextGrid" : name);
        ck_assert_int_eq(oss_format_holds_many((oss_transcript_format)i),
                         strstr("jsonl ctm stm trn tsv", name) != NULL && i != OSS_FORMAT_JSON);
    }
    ck_assert_ptr_null(oss_format_name((oss_transcript_format)OSS_FORMATS));
    ck_assert_ptr_null(oss_format_extension((oss_transcript_format)-1));
    ck_assert_int_eq(oss_format_holds_many((oss_transcript_format)-1), 0);
    oss_transcript_format format = OSS_FORMAT_LRC;
    ck_assert_int_eq(oss_format_from_name("docx", &format), OSS_EUSAGE);
    ck_assert_str_eq(
        oss_last_error(),
        "no format is called \"docx\": give txt, json, jsonl, srt, vtt, ctm, stm, trn, textgrid, tsv or lrc");
    ck_assert_int_eq(format, OSS_FORMAT_LRC);
}
END_TEST

/* ---- Surroundings ---- */

START_TEST(recordings_follow_each_other_in_one_file) {
    for (int32_t i = 0; i < OSS_FORMATS; i++) {
        if (!oss_format_holds_many((oss_transcript_format)i)) {
            continue;
        }
        oss_transcript *transcript = oss_test_transcript(two_words, 2, 1.5);
        oss_format_options options = {.size = sizeof options, .name = "one.wav"};
        char *first = print_with(transcript, (oss_transcript_format)i, &options);
        options.continued = 1;
        char *second = print_with(transcript, (oss_transcript_format)i, &options);
        const char *rows = strstr(first, i == OSS_FORMAT_TSV ? "\n" : "");
        ck_assert_str_eq(rows + (i == OSS_FORMAT_TSV), second);
        oss_string_free(first);
        oss_string_free(second);
        oss_test_transcript_free(transcript);
    }
}
END_TEST

static char *folder;

static void enter_folder(void) {
    folder = oss_tempdir_make();
}

static void leave_folder(void) {
    oss_tempdir_remove(folder);
}

START_TEST(the_locale_changes_nothing) {
    oss_transcript *transcript = oss_test_random_transcript(3, 50);
    char *plain[OSS_FORMATS];
    for (int32_t i = 0; i < OSS_FORMATS; i++) {
        plain[i] = print_with(transcript, (oss_transcript_format)i, NULL);
    }
    if (oss_comma_locale_set(folder)) {
        for (int32_t i = 0; i < OSS_FORMATS; i++) {
            char *text = print_with(transcript, (oss_transcript_format)i, NULL);
            ck_assert_str_eq(text, plain[i]);
            oss_string_free(text);
        }
    }
    for (int32_t i = 0; i < OSS_FORMATS; i++) {
        oss_string_free(plain[i]);
    }
    oss_test_transcript_free(transcript);
}
END_TEST

START_TEST(memory_may_run_out_anywhere) {
    oss_transcript *transcript = oss_test_sample(5); /* has words that are parted */
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        char untouched, *text = &untouched;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_transcript_print(transcript, (oss_transcript_format)_i, NULL, &text);
        bool fired = oss_faults_clear();
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            oss_string_free(text);
            ck_assert_int_gt(k, 1);
            break;
        }
        ck_assert_int_eq(status, OSS_ENOMEM);
        ck_assert_ptr_eq(text, &untouched);
        ck_assert_int_eq(oss_faults_blocks(), 0);
    }
    oss_faults_remove();
    oss_test_transcript_free(transcript);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("output/format");
    TCase *tests = tcase_create("formats");
    tcase_add_unchecked_fixture(tests, enter_folder, leave_folder);
    tcase_add_test(tests, txt_is_the_text_in_a_line);
    tcase_add_test(tests, jsonl_begins_with_the_fields_of_old);
    tcase_add_test(tests, json_is_the_same_over_lines);
    tcase_add_test(tests, subtitles_have_a_number_and_times);
    tcase_add_test(tests, textgrid_long_and_short);
    tcase_add_test(tests, textgrid_is_short_where_a_label_holds_an_equals_sign);
    tcase_add_test(tests, ctm_stm_trn);
    tcase_add_test(tests, ctm_of_tokens_and_segments);
    tcase_add_test(tests, ids_are_one_word_of_utf8);
    tcase_add_test(tests, tsv_has_a_row_a_segment);
    tcase_add_test(tests, times_meet_in_the_same_digits);
    tcase_add_test(tests, control_characters_and_bytes_that_are_no_text);
    tcase_add_test(tests, formats_have_names_and_extensions);
    tcase_add_test(tests, recordings_follow_each_other_in_one_file);
    tcase_add_test(tests, the_locale_changes_nothing);
    tcase_add_loop_test(tests, memory_may_run_out_anywhere, 0, OSS_FORMATS);
    suite_add_tcase(suite, tests);
    return suite;
}
