/* What was printed is read again, by readers that know the form and nothing of the printer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ossicle/format.h"
#include "ossicle/recognizer.h"
#include "support/fill.h"
#include "support/form_readers.h"
#include "support/suite.h"
#include "support/transcript_samples.h"

enum { RANDOM = 60 };

/* The samples first, then some at random. */
static oss_transcript *make(int32_t number) {
    return number < OSS_TEST_SAMPLES
               ? oss_test_sample(number)
               : oss_test_random_transcript((uint64_t)number * 7919, number * number / 40);
}

static char *print(const oss_transcript *transcript, oss_transcript_format format, oss_textgrid_form grid) {
    const oss_format_options options = {.size = sizeof options, .name = "dir/talk 1.wav", .textgrid = grid};
    char *text = NULL;
    ck_assert_msg(oss_transcript_print(transcript, format, &options, &text) == OSS_OK, "%s",
                  oss_last_error());
    return text;
}

static int64_t ms(double seconds) {
    return llround(seconds * 1000.0);
}

/* `text` as a form without these characters writes it: pairs of what is swapped and what for, a byte each. */
static char *swap_bytes(const char *text, const char *pairs) {
    char *swapped = strdup(text);
    for (char *at = swapped; *at != '\0'; at++) {
        for (const char *pair = pairs; *pair != '\0'; pair += 2) {
            if (*at == pair[0]) {
                *at = pair[1];
                break;
            }
        }
    }
    return swapped;
}

static const char nist_pairs[] = "([)]{[}]<[>];,\\/";

static void assert_words(oss_form_items got, const oss_transcript *want, const char *pairs) {
    ck_assert_int_eq(got.count, want->words);
    for (int32_t i = 0; i < got.count; i++) {
        char *text = swap_bytes(
            strcmp(want->word[i].text, "@") == 0 && *pairs != '\0' ? "[@]" : want->word[i].text, pairs);
        ck_assert_str_eq(got.item[i].text, text);
        ck_assert_int_eq(got.item[i].start_ms, ms(want->word[i].start_seconds));
        ck_assert_int_eq(got.item[i].end_ms, ms(want->word[i].end_seconds));
        free(text);
    }
}

static void assert_segments(oss_form_items got, const oss_transcript *want, const char *pairs) {
    ck_assert_int_eq(got.count, want->segments);
    for (int32_t i = 0; i < got.count; i++) {
        char *text = swap_bytes(want->segment[i].text, pairs);
        if (*pairs == '\0' || strchr(text, '@') == NULL) {
            ck_assert_str_eq(got.item[i].text, text);
        }
        ck_assert_int_eq(got.item[i].start_ms, ms(want->segment[i].start_seconds));
        ck_assert_int_eq(got.item[i].end_ms, ms(want->segment[i].end_seconds));
        free(text);
    }
}

START_TEST(textgrid_has_words_and_segments) {
    oss_transcript *transcript = make(_i);
    for (int32_t form = OSS_TEXTGRID_AUTO; form <= OSS_TEXTGRID_SHORT; form++) {
        char *text = print(transcript, OSS_FORMAT_TEXTGRID, (oss_textgrid_form)form);
        oss_form_items words = oss_read_textgrid(text, 1), segments = oss_read_textgrid(text, 2);
        assert_words(words, transcript, "");
        assert_segments(segments, transcript, "");
        oss_form_items_free(words);
        oss_form_items_free(segments);
        oss_string_free(text);
    }
    oss_test_transcript_free(transcript);
}
END_TEST

START_TEST(ctm_has_the_words) {
    oss_transcript *transcript = make(_i);
    char *text = print(transcript, OSS_FORMAT_CTM, OSS_TEXTGRID_AUTO);
    oss_form_items words = oss_read_ctm(text);
    assert_words(words, transcript, nist_pairs);
    for (int32_t i = 0; i < words.count; i++) {
        ck_assert_str_eq(words.item[i].who, "talk_1");
    }
    oss_form_items_free(words);
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}
END_TEST

START_TEST(stm_has_the_segments) {
    oss_transcript *transcript = make(_i);
    char *text = print(transcript, OSS_FORMAT_STM, OSS_TEXTGRID_AUTO);
    oss_form_items segments = oss_read_stm(text);
    if (transcript->segments > 0) {
        assert_segments(segments, transcript, nist_pairs);
    } else { /* nothing was said, all the time */
        ck_assert_int_eq(segments.count, 1);
        ck_assert_str_eq(segments.item[0].text, "");
        ck_assert_int_eq(segments.item[0].end_ms, ms(transcript->audio_seconds));
    }
    oss_form_items_free(segments);
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}
END_TEST

START_TEST(trn_has_the_text) {
    oss_transcript *transcript = make(_i);
    char *text = print(transcript, OSS_FORMAT_TRN, OSS_TEXTGRID_AUTO),
         *want = swap_bytes(transcript->text, nist_pairs);
    oss_form_items lines = oss_read_trn(text);
    ck_assert_int_eq(lines.count, 1);
    ck_assert_str_eq(lines.item[0].who, "talk_1");
    if (strstr(want, " @ ") == NULL) {
        ck_assert_str_eq(lines.item[0].text, want);
    }
    free(want);
    oss_form_items_free(lines);
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}
END_TEST

START_TEST(tsv_has_the_segments) {
    oss_transcript *transcript = make(_i);
    char *text = print(transcript, OSS_FORMAT_TSV, OSS_TEXTGRID_AUTO);
    oss_form_items rows = oss_read_tsv(text);
    assert_segments(rows, transcript, "");
    for (int32_t i = 0; i < rows.count; i++) {
        ck_assert_str_eq(rows.item[i].who, "dir/talk 1.wav");
    }
    oss_form_items_free(rows);
    oss_string_free(text);
    oss_test_transcript_free(transcript);
}
END_TEST

/* ---- JSON ---- */

static void assert_number(const oss_json *object, const char *key, double want, double within) {
    double got = -1.0;
    ck_assert_int_eq(oss_json_get_number(object, key, &got), OSS_OK);
    ck_assert_msg(fabs(got - want) <= within, "%s is %.9g, not %.9g", key, got, want);
}

static void assert_member(const oss_json *object, const char *key, const char *want) {
    ck_assert_str_eq(oss_json_string(oss_json_get(object, key)), want);
}

static void assert_json_word(const oss_json *got, const oss_transcript_word *want) {
    assert_member(got, "word", want->text);
    assert_number(got, "start", want->start_seconds, 1e-9);
    assert_number(got, "end", want->end_seconds, 1e-9);
    assert_number(got, "probability", (double)want->confidence, 0.5001e-4);
    const oss_json *symbol = oss_json_first(oss_json_get(got, "symbols"));
    for (int32_t i = 0; i < want->symbols; i++, symbol = oss_json_next(symbol)) {
        assert_member(symbol, "text", want->symbol[i].text);
        assert_number(symbol, "id", want->symbol[i].id, 0.0);
        assert_number(symbol, "start", want->symbol[i].start_seconds, 0.501e-3);
        assert_number(symbol, "end", want->symbol[i].end_seconds, 0.501e-3);
    }
    ck_assert_ptr_null(symbol);
}

static void assert_json(const oss_json *got, const oss_transcript *want) {
    assert_member(got, "text", want->text);
    assert_member(got, "file", "dir/talk 1.wav");
    assert_number(got, "seconds", want->audio_seconds, 0.0);
    assert_number(got, "confidence", (double)want->confidence, 0.5001e-4);
    const oss_json *segment = oss_json_first(oss_json_get(got, "segments"));
    for (int32_t i = 0; i < want->segments; i++, segment = oss_json_next(segment)) {
        assert_number(segment, "id", i, 0.0);
        assert_member(segment, "text", want->segment[i].text);
        assert_number(segment, "start", want->segment[i].start_seconds, 1e-9);
        assert_number(segment, "end", want->segment[i].end_seconds, 1e-9);
        const oss_json *word = oss_json_first(oss_json_get(segment, "words"));
        for (int32_t k = 0; k < want->segment[i].words; k++, word = oss_json_next(word)) {
            assert_json_word(word, &want->segment[i].word[k]);
        }
        ck_assert_ptr_null(word);
    }
    ck_assert_ptr_null(segment);
}

START_TEST(json_has_everything) {
    oss_transcript *transcript = make(_i);
    const oss_format_options options = {.size = sizeof options, .name = "dir/talk 1.wav", .symbols = 1};
    for (int32_t format = OSS_FORMAT_JSON; format <= OSS_FORMAT_JSONL; format++) {
        char *text = NULL;
        oss_json *read = NULL;
        ck_assert_int_eq(oss_transcript_print(transcript, (oss_transcript_format)format, &options, &text),
                         OSS_OK);
        ck_assert_int_eq(oss_json_parse(&read, text, strlen(text), "what was printed"), OSS_OK);
        ck_assert(format == OSS_FORMAT_JSON || strchr(text, '\n') == text + strlen(text) - 1);
        assert_json(read, transcript);
        oss_json_free(read);
        oss_string_free(text);
    }
    oss_test_transcript_free(transcript);
}
END_TEST

/* ---- Words of anything ---- */

/* What forms give a meaning, white space of all kinds, marks, and bytes that are no text. */
static char *draw_anything(uint64_t seed, uint64_t index) {
    static const char *const pieces[] = {
        "{",     "}",        "(",  ")",        "<",    ">",    ";",        "\\",
        "@",     " ",        "\t", "\n",       "\r",   "\"",   "=",        "&",
        "-->",   "[",        "]",  ":",        "00",   "/",    "%",        "-",
        "a",     "\x01",     "é",  "\xcc\x81", "日",   "\xff", "\xed\xa0", "\xc2\x85",
        "\xef",  "\xf0\x9f", ".",  "|",        "。",   "（",   "👍",        "\xe2\x80\xa8",
        "&amp;", "\xc0\x80", "1",  "NOTE",     "\x7f", ",",    "'",        "\xe0\x80\x80"};
    char *text = calloc(64, 1);
    uint64_t count = oss_fill_bits(seed, index) % 9;
    for (uint64_t i = 0; i < count; i++) {
        strcat(text, pieces[oss_fill_bits(seed + 1, index * 16 + i) % (sizeof pieces / sizeof *pieces)]);
    }
    return text;
}

static void assert_forms_hold(const oss_transcript *transcript) {
    static oss_form_items (*const readers[OSS_FORMATS])(const char *) = {
        [OSS_FORMAT_SRT] = oss_read_srt, [OSS_FORMAT_VTT] = oss_read_vtt, [OSS_FORMAT_CTM] = oss_read_ctm,
        [OSS_FORMAT_STM] = oss_read_stm, [OSS_FORMAT_TRN] = oss_read_trn, [OSS_FORMAT_TSV] = oss_read_tsv,
        [OSS_FORMAT_LRC] = oss_read_lrc};
    int32_t counts[OSS_FORMATS] = {0};
    for (int32_t format = 0; format < OSS_FORMATS; format++) {
        char *text = print(transcript, (oss_transcript_format)format, OSS_TEXTGRID_AUTO);
        if (readers[format] != NULL) {
            oss_form_items items = readers[format](text);
            counts[format] = items.count;
            oss_form_items_free(items);
        }
        oss_string_free(text);
    }
    for (int32_t form = OSS_TEXTGRID_LONG; form <= OSS_TEXTGRID_SHORT; form++) {
        char *text = print(transcript, OSS_FORMAT_TEXTGRID, (oss_textgrid_form)form);
        oss_form_items words = oss_read_textgrid(text, 1);
        ck_assert_int_eq(words.count, counts[OSS_FORMAT_CTM]);
        oss_form_items_free(words);
        oss_string_free(text);
    }
    ck_assert_int_eq(counts[OSS_FORMAT_SRT], counts[OSS_FORMAT_VTT]);
    ck_assert_int_eq(counts[OSS_FORMAT_TRN], 1);
}

START_TEST(forms_hold_whatever_words_are) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        oss_test_word word[40];
        for (uint64_t i = 0; i < 40; i++) {
            double start = (double)i * 0.3;
            word[i] = (oss_test_word){.text = draw_anything(seed * 2 + (uint64_t)_i * 1000, i),
                                      .start = start,
                                      .end = start + 0.25,
                                      .ends_segment = i % 7 == 0};
        }
        oss_transcript *transcript = oss_test_transcript(word, 40, 12.0);
        assert_forms_hold(transcript);
        oss_test_transcript_free(transcript);
        for (uint64_t i = 0; i < 40; i++) {
            free((void *)(uintptr_t)word[i].text);
        }
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("output/round_trip");
    TCase *tests = tcase_create("forms");
    tcase_add_loop_test(tests, textgrid_has_words_and_segments, 0, RANDOM);
    tcase_add_loop_test(tests, ctm_has_the_words, 0, RANDOM);
    tcase_add_loop_test(tests, stm_has_the_segments, 0, RANDOM);
    tcase_add_loop_test(tests, trn_has_the_text, 0, RANDOM);
    tcase_add_loop_test(tests, tsv_has_the_segments, 0, RANDOM);
    tcase_add_loop_test(tests, json_has_everything, 0, RANDOM);
    tcase_add_loop_test(tests, forms_hold_whatever_words_are, 0, 20);
    suite_add_tcase(suite, tests);
    return suite;
}
