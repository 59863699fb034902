/* The notation of sclite as a net. */
#include <stdio.h>

#include "score_cases.h"
#include "support/suite.h"

/* "word(from)..." of all arcs but the start. */
static void expect_arcs(const char *text, const oss_notation *notation, const char *want, int units) {
    oss_score_words words = {0};
    oss_word_net net = {0};
    oss_strbuf got = {0};
    ck_assert_int_eq(oss_word_net_init(&net, &words, text, notation), OSS_OK);
    oss_strbuf_append(&got, "");
    for (int32_t i = 1; i < net.arcs; i++) {
        const oss_net_arc *arc = &net.arc[i];
        const oss_net_node *from = &net.node[arc->from];
        oss_strbuf_printf(&got, "%s%s%s%s", oss_score_words_text(&words, arc->word), arc->is_null ? "!" : "",
                          arc->is_optional ? "?" : "", arc->is_fragment ? "~" : "");
        for (int32_t k = 0; k < from->count; k++) {
            oss_strbuf_printf(&got, "%s%d", k == 0 ? "<" : ",", (int)net.into[from->first + k]);
        }
        oss_strbuf_printf(&got, " ");
    }
    const oss_net_node *end = &net.node[net.end];
    oss_strbuf_append(&got, "end");
    for (int32_t k = 0; k < end->count; k++) {
        oss_strbuf_printf(&got, "%s%d", k == 0 ? "<" : ",", (int)net.into[end->first + k]);
    }
    ck_assert_str_eq(got.data, want);
    ck_assert_int_eq(net.units, units);
    oss_strbuf_deinit(&got);
    oss_word_net_deinit(&net);
    oss_score_words_deinit(&words);
}

START_TEST(test_words) {
    expect_arcs("", &nist_notation, "end<0", 0);
    expect_arcs(" \t a\vb \r\n", &nist_notation, "a<0 b<1 end<2", 2);
    expect_arcs("a* * @ (b) c- -d", &nist_notation, "a<0 *<1 @!<2 (b)<3 c-<4 -d<5 end<6", 6);
    expect_arcs("(b) () (c-) (-d) c- -d -", &full_notation, "b?<0 ()<1 c-?~<2 -d?<3 c-~<4 -d~<5 -~<6 end<7",
                7);
    expect_arcs("{ a / @ } (b)*", &plain_notation, "{<0 a<1 /<2 @<3 }<4 (b)*<5 end<6", 6);
}
END_TEST

START_TEST(test_alternatives) {
    expect_arcs("x { a b / @ } y", &nist_notation, "x<0 a<1 b<2 @!<1 y<3,4 end<5", 3);
    expect_arcs("{a/b}{c/d}", &nist_notation, "a<0 b<0 c<1,2 d<1,2 end<3,4", 2);
    expect_arcs("{ { a / b c } d / e } f", &nist_notation, "a<0 b<0 c<2 d<1,3 e<0 f<4,5 end<6", 2);
    expect_arcs("{ a / { b / c } }", &nist_notation, "a<0 b<0 c<0 end<1,2,3", 1);
    expect_arcs("{ / a // b / }", &nist_notation, "a<0 b<0 end<1,2",
                1); /* nothing between bars is no alternative */
}
END_TEST

typedef struct refusal {
    const char *text, *says;
} refusal;

START_TEST(test_refused) {
    static const refusal refusals[] = {{"a { b / c", "never closed"},
                                       {"a } b", "was not opened"},
                                       {"a{b/c}", "in the middle of a word"},
                                       {"{ a / b}c}", "in the middle of a word"},
                                       {"{ }", "no words"},
                                       {"x { / } y", "no words"},
                                       {"{ a / { b / c }", "never closed"}};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        oss_score_words words = {0};
        oss_word_net net = {0};
        ck_assert_msg(oss_word_net_init(&net, &words, refusals[i].text, &nist_notation) == OSS_EINPUT, "%s",
                      refusals[i].text);
        ck_assert_msg(strstr(oss_last_error(), refusals[i].says) != NULL, "%s: %s", refusals[i].text,
                      oss_last_error());
        oss_word_net_deinit(&net);
        oss_score_words_deinit(&words);
    }
}
END_TEST

START_TEST(test_depth) {
    char text[400] = "";
    for (int i = 0; i < 65; i++) {
        strcat(text, "{");
    }
    strcat(text, "a");
    for (int i = 0; i < 65; i++) {
        strcat(text, "}");
    }
    oss_score_words words = {0};
    oss_word_net net = {0};
    ck_assert_int_eq(oss_word_net_init(&net, &words, text, &nist_notation), OSS_EINPUT);
    oss_word_net_deinit(&net);
    text[strlen(text) - 1] = '\0';
    ck_assert_int_eq(oss_word_net_init(&net, &words, text + 1, &nist_notation), OSS_OK);
    oss_word_net_deinit(&net);
    oss_score_words_deinit(&words);
}
END_TEST

/* ---- The numbers of words ---- */

START_TEST(test_numbers) {
    oss_score_words words = {0};
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < 5000; i++) {
            char text[16];
            uint32_t number = 0;
            int bytes = snprintf(text, sizeof text, "%ux", i * 7);
            ck_assert(oss_score_words_add(&words, text, (size_t)bytes, &number) == OSS_OK && number == i);
        }
    }
    ck_assert_str_eq(oss_score_words_text(&words, 3), "21x");
    uint32_t number = 0; /* a beginning of a word is another one */
    ck_assert_int_eq(oss_score_words_add(&words, "21x", 2, &number), OSS_OK);
    ck_assert_int_eq(number, 5000);
    oss_score_words_deinit(&words);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/word_net");
    TCase *all = tcase_create("word_net");
    tcase_add_test(all, test_words);
    tcase_add_test(all, test_alternatives);
    tcase_add_test(all, test_refused);
    tcase_add_test(all, test_depth);
    tcase_add_test(all, test_numbers);
    suite_add_tcase(suite, all);
    return suite;
}
