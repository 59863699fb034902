/* Readers of all forms: what they make of good files, and how they refuse others. */
#include <stdio.h>

#include "base/strbuf.h"
#include "ossicle/format.h"
#include "ossicle/recognizer.h"
#include "score/transcripts.h"
#include "score_cases.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/transcript_samples.h"

static oss_status load_bytes(oss_transcripts *t, const char *text, size_t bytes,
                             const oss_transcripts_options *options) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "file");
    oss_tempdir_write(path, text, (long)bytes);
    oss_status status = oss_transcripts_load(t, path, "file", options);
    free(path);
    oss_tempdir_remove(folder);
    return status;
}

/* "id|speaker|text|line;" of all. */
static void expect_items(const char *text, const oss_transcripts_options *options, const char *want) {
    oss_transcripts t = {0};
    oss_strbuf got = {0};
    oss_status status = load_bytes(&t, text, strlen(text), options);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    oss_strbuf_append(&got, "");
    for (int32_t i = 0; i < t.count; i++) {
        const oss_transcript_line *item = &t.item[i];
        oss_strbuf_printf(&got, "%s|%s|%s|%lld;", item->id, item->speaker == NULL ? "-" : item->speaker,
                          item->text, (long long)item->line);
    }
    ck_assert_str_eq(got.data, want);
    oss_strbuf_deinit(&got);
    oss_transcripts_deinit(&t);
}

static void expect_refusal(const char *text, size_t bytes, const oss_transcripts_options *options,
                           const char *says) {
    oss_transcripts t = {0};
    ck_assert_msg(load_bytes(&t, text, bytes, options) == OSS_EINPUT, "not refused: %s", text);
    ck_assert_msg(strstr(oss_last_error(), says) != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
    oss_transcripts_deinit(&t);
}

#define REFUSE(text, options, says) expect_refusal(text, strlen(text), options, says)

static oss_transcripts_options options_of(oss_transcripts_form form) {
    return (oss_transcripts_options){.form = form, .is_reference = true};
}

START_TEST(test_trn) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_TRN);
    expect_items("\xef\xbb\xbf"
                 "A (b) c (Ann-1)\r\n\n;; remark (x-1)\n** another\n(bob_2) \n  d ( e ) x\nf(g)",
                 &o, "ann-1|ann|a (b) c |1;bob_2|bob||5;e|-|  d |6;g|-|f|7;");
    o.letters = OSS_SCORE_CASE_KEEP;
    expect_items("A (Ann-1)\n", &o, "Ann-1|Ann|A |1;");
    o.letters = OSS_SCORE_CASE_LOWER;
    expect_items("  \xc3\x84 \t B\xc2\xa0"
                 "c (X-1)",
                 &o, "x-1|x|\xc3\xa4 b c|1;");
    REFUSE("a b\n", &o, "file:1: no id in round brackets");
    REFUSE("a (x)\nb ( )\n", &o, "file:2: the id in round brackets is empty");
    REFUSE("a )x(\n", &o, "file:1: no id");
    REFUSE(";; only remarks\n", &o, "file: there is no utterance in it");
    REFUSE("a (x)\n\xff (y)\n", &o, "file:2: byte 1 of the line is not UTF-8");
    expect_refusal("a (x)\nb\0c (y)\n", 13, &o, "file:2: a NUL byte: this is not UTF-8 text (is it UTF-16?");
}
END_TEST

START_TEST(test_stm) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_STM);
    expect_items(
        ";; LABEL \"M\" \"Male\" \"\"\nB 1 bob 0 1.5 <o,f0,M> Hi you\nA 2 ann 2.0 3 c\nA 2 ann 0.5 2 b \nA 2 bob 0 0.5\n",
        &o, "a 2|bob||5;a 2|ann|b |4;a 2|ann|c|3;b 1|bob|hi you|2;");
    oss_transcripts t = {0};
    const char *text = "a 1 s 0 1 ignore_time_segment_in_scoring\na 1 s 1 2.5 x\n";
    ck_assert_int_eq(load_bytes(&t, text, strlen(text), &o), OSS_OK);
    ck_assert(t.item[0].is_ignored && !t.item[1].is_ignored && t.has_parts);
    ck_assert_double_eq(t.item[1].end, 2.5);
    ck_assert_int_eq(oss_transcripts_join(&t), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "file:1: "));
    oss_transcripts_deinit(&t);
    REFUSE("a 1 s 0\n", &o, "file:1: fewer than 5 fields");
    REFUSE("a\n", &o, "file:1: no channel");
    REFUSE("a 1 s zero 1 x\n", &o, "the start is \"zero\"");
    REFUSE("a 1 s 0 1,5 x\n", &o, "the end is \"1,5\"");
    REFUSE("a 1 s 0 nan x\n", &o, "the end is \"nan\"");
    REFUSE("a 1 s 2 1 x\n", &o, "ends before it begins");
}
END_TEST

START_TEST(test_ctm) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_CTM);
    expect_items("; one\nb 1 0.0 0.1 X 0.5\na 1 2 .5 y\na 1 &&1 0.5 z 0.1 extra\n", &o,
                 "a 1|-|z|4;a 1|-|y|3;b 1|-|x|2;");
    oss_transcripts t = {0};
    ck_assert_int_eq(load_bytes(&t, "a 1 2 .5 y\n", 11, &o), OSS_OK);
    ck_assert_double_eq(t.item[0].end, 2.25); /* its middle */
    oss_transcripts_deinit(&t);
    ck_assert_int_eq(load_bytes(&t, "", 0, &o), OSS_OK); /* nobody said anything */
    oss_transcripts_deinit(&t);
    REFUSE("a 1 2 .5\n", &o, "file:1: fewer than 5 fields");
    REFUSE("a 1 2 -.5 x\n", &o, "negative duration");
    REFUSE("a 1 * * <ALT_BEGIN>\n", &o, "alternatives of a ctm");
}
END_TEST

START_TEST(test_csv) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_CSV);
    expect_items("wav,text,speaker\na.wav,\"Hi, { you }\",Ann\nB.wav,,\n", &o,
                 "a.wav|Ann|hi, { you }|2;B.wav|-||3;");
    o.id = "key|number";
    o.text = "said";
    o.speaker = "who";
    expect_items("number,wav,said,who\n1,x,A,me\n", &o, "1|me|a|2;");
    REFUSE(
        "wav,said,who\nx,y,z\n", &o,
        "no column for the ids: none of key, number; name it with --id-column; there are \"wav\", \"said\", \"who\"");
    REFUSE("number,text,who\nx,y,z\n", &o,
           "no column for the reference: none of said; name it with --ref-column");
    REFUSE("number,said,what\nx,y,z\n", &o, "no column for the speakers");
    o = options_of(OSS_TRANSCRIPTS_CSV);
    o.is_reference = false;
    expect_items("wav,ref,hyp\na,b,c\n", &o, "a|-|c|2;");
    REFUSE("wav,text\na,b\nc\n", &o, "file:3: ");
    REFUSE("wav,text\n,b\n", &o, "file:2: the id is empty");
}
END_TEST

START_TEST(test_tsv) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_TSV);
    expect_items("client_id\tpath\tsentence\r\nann\tx.mp3\t\"hola, que\r\n\nbob\ty.mp3\ta\\tb\\\\c\\d\\\n",
                 &o, "x.mp3|ann|\"hola, que|2;y.mp3|bob|a\tb\\c\\d\\|4;");
    REFUSE("path\ttext\nx\ty\tz\n", &o, "file:2: 3 cells, but the header has 2");
    REFUSE("path text\nx y\n", &o, "no column for the ids");
    REFUSE("path\ttext\ttext\nx\ty\tz\n", &o, "file:1: two columns are named \"text\"");
    expect_refusal("path\ttext\nx\t\0\n", 14, &o, "file:2: a NUL byte");
}
END_TEST

START_TEST(test_json) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_JSONL);
    expect_items(
        "{\"id\":7,\"text\":\"A\",\"speaker\":null}\n\n{\"audio_filepath\":\"x\",\"text\":\"b\",\"speaker\":12}\n",
        &o, "7|-|a|1;x|12|b|3;");
    o.is_reference = false;
    expect_items("{\"id\":\"7\",\"text\":\"a\",\"pred_text\":\"b\"}", &o, "7|-|b|1;");
    REFUSE("{\"id\":\"7\"}\n", &o, "file:1: no member for the hypothesis: none of hyp, ");
    REFUSE("{\"text\":\"7\"}\n", &o, "file:1: no member for the ids");
    REFUSE("{\"id\":\"7\",\"text\":1}\n", &o, "file:1: \"the text\" must be a string");
    REFUSE("{\"id\":\"\",\"text\":\"a\"}\n", &o, "file:1: the id is empty");
    REFUSE("[1]\n", &o, "file:1: must be an object");
    REFUSE("{\"id\":\"7\",\n", &o, "file:1: ");
    o.form = OSS_TRANSCRIPTS_JSON;
    expect_items("[{\"id\":\"7\",\n\"text\":\"a\"},{\"id\":\"8\",\"text\":\"b\"}]", &o, "7|-|a|1;8|-|b|2;");
    expect_items("{\"file\":\"x\",\"text\":\"a\"}", &o, "x|-|a|1;");
    REFUSE("[{\"id\":\"7\",\"text\":\"a\"},3]", &o, "file: element 2: must be an object");
}
END_TEST

START_TEST(test_txt) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_TXT);
    expect_items("A b\n\n{ c (d)", &o, "1|-|a b|1;2|-||2;3|-|{ c (d)|3;");
}
END_TEST

START_TEST(test_forms_of_names) {
    static const struct {
        const char *path;
        int form;
    } names[] = {{"a.trn", OSS_TRANSCRIPTS_TRN},
                 {"a.b/c.STM", OSS_TRANSCRIPTS_STM},
                 {"x.ctm", OSS_TRANSCRIPTS_CTM},
                 {"x.Csv", OSS_TRANSCRIPTS_CSV},
                 {"x.tsv", OSS_TRANSCRIPTS_TSV},
                 {"x.jsonl", OSS_TRANSCRIPTS_JSONL},
                 {"x.json", OSS_TRANSCRIPTS_JSON},
                 {"x.txt", OSS_TRANSCRIPTS_TXT},
                 {"x.text", OSS_TRANSCRIPTS_TXT},
                 {"x", -1},
                 {"x.trn/y", -1},
                 {"x.srt", -1}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        oss_transcripts_form form;
        oss_status status = oss_transcripts_form_of(names[i].path, &form);
        ck_assert_msg(names[i].form < 0 ? status == OSS_EUSAGE
                                        : status == OSS_OK && (int)form == names[i].form,
                      "%s", names[i].path);
    }
}
END_TEST

START_TEST(test_joining) {
    oss_transcripts_options o = options_of(OSS_TRANSCRIPTS_TSV);
    const char *text =
        "start\tend\ttext\tfile\tspeaker\n0\t1\ta b\tx\ts\n1\t2\tc\tx\ts\n0\t1\td\ty\ts\n0\t1\te\ty\tt\n";
    oss_transcripts t = {0};
    ck_assert_int_eq(load_bytes(&t, text, strlen(text), &o), OSS_OK);
    ck_assert(t.has_parts && t.count == 4);
    ck_assert_int_eq(oss_transcripts_join(&t), OSS_OK);
    ck_assert_int_eq(t.count, 2);
    ck_assert_str_eq(t.item[0].text, "a b c");
    ck_assert_str_eq(t.item[0].speaker, "s");
    ck_assert_str_eq(t.item[1].text, "d e");
    ck_assert_ptr_null(t.item[1].speaker);
    oss_transcripts_deinit(&t);
}
END_TEST

/* ---- What src/output writes ---- */

/* Everything of a file, joined; *t: what was read. */
static char *read_back(oss_transcripts *t, const oss_transcript *transcript, oss_transcript_format written,
                       oss_transcripts_form form) {
    oss_format_options print = {.size = sizeof print, .name = "dir/talk.wav"};
    oss_transcripts_options o = {.form = form, .letters = OSS_SCORE_CASE_KEEP};
    char *text = NULL;
    ck_assert_int_eq(oss_transcript_print(transcript, written, &print, &text), OSS_OK);
    oss_status status = load_bytes(t, text, strlen(text), &o);
    ck_assert_msg(status == OSS_OK, "%s: %s", oss_format_name(written), oss_last_error());
    ck_assert_int_eq(t->has_parts ? oss_transcripts_join(t) : OSS_OK, OSS_OK);
    return text;
}

static const struct {
    oss_transcript_format written;
    oss_transcripts_form read;
    const char *id;
} forms[] = {{OSS_FORMAT_TRN, OSS_TRANSCRIPTS_TRN, "talk"},
             {OSS_FORMAT_STM, OSS_TRANSCRIPTS_STM, "talk 1"},
             {OSS_FORMAT_CTM, OSS_TRANSCRIPTS_CTM, "talk 1"},
             {OSS_FORMAT_TSV, OSS_TRANSCRIPTS_TSV, "dir/talk.wav"},
             {OSS_FORMAT_JSONL, OSS_TRANSCRIPTS_JSONL, "dir/talk.wav"},
             {OSS_FORMAT_JSON, OSS_TRANSCRIPTS_JSON, "dir/talk.wav"}};
enum { FORMS = sizeof forms / sizeof *forms };

/* What `ossicle transcribe` writes is read with the same words, in every form. */
START_TEST(test_round_trip) {
    for (int seed = 0; seed < 20; seed++) {
        oss_transcript *transcript = oss_test_random_transcript((uint64_t)seed, 1 + seed * 7);
        oss_transcripts t = {0};
        char *text = read_back(&t, transcript, forms[_i].written, forms[_i].read);
        ck_assert_int_eq(t.count, 1);
        ck_assert_str_eq(t.item[0].id, forms[_i].id);
        aligned a = align_texts(t.item[0].text, transcript->text, &nist_notation, &oss_word_costs_sclite);
        oss_word_counts counts = oss_word_path_counts(&a.path);
        ck_assert_msg(oss_word_counts_errors(&counts) == 0 && counts.correct == transcript->words, "%s",
                      text);
        free_aligned(&a);
        oss_transcripts_deinit(&t);
        oss_string_free(text);
        oss_test_transcript_free(transcript);
    }
}
END_TEST

/* Characters with a meaning are written otherwise in trn, stm and ctm: as many words as there are, none of them an alternation,
 * and the same in all three. */
START_TEST(test_round_trip_of_hard_texts) {
    for (int32_t sample = 0; sample < OSS_TEST_SAMPLES; sample++) {
        oss_transcript *transcript = oss_test_sample(sample);
        char *first = NULL;
        for (int k = 0; k < 3; k++) {
            oss_transcripts t = {0};
            char *text = read_back(&t, transcript, forms[k].written, forms[k].read);
            const char *words = t.count == 0 ? "" : t.item[0].text;
            first = first == NULL ? strdup(words) : first;
            aligned a = align_texts(first, words, &full_notation, &oss_word_costs_sclite);
            oss_word_counts counts = oss_word_path_counts(&a.path);
            ck_assert_msg(oss_word_counts_errors(&counts) == 0, "%s: %s | %s", oss_test_sample_name(sample),
                          first, words);
            ck_assert_int_le(a.reference.arcs - 1,
                             transcript->words); /* those that cannot be seen are left out */
            free_aligned(&a);
            oss_transcripts_deinit(&t);
            oss_string_free(text);
        }
        free(first);
        oss_test_transcript_free(transcript);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/transcripts");
    TCase *all = tcase_create("transcripts");
    tcase_add_test(all, test_trn);
    tcase_add_test(all, test_stm);
    tcase_add_test(all, test_ctm);
    tcase_add_test(all, test_csv);
    tcase_add_test(all, test_tsv);
    tcase_add_test(all, test_json);
    tcase_add_test(all, test_txt);
    tcase_add_test(all, test_forms_of_names);
    tcase_add_test(all, test_joining);
    tcase_add_loop_test(all, test_round_trip, 0, FORMS);
    tcase_add_test(all, test_round_trip_of_hard_texts);
    suite_add_tcase(suite, all);
    return suite;
}
