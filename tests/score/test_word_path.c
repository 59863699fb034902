/* Alignments: sclite's counts of many texts, ties among them; all ways through alternatives tried; long texts. */
#include <stdio.h>

#include "base/strbuf.h"
#include "score_cases.h"
#include "support/fill.h"
#include "support/suite.h"
#include "text/edit_distance.h"

typedef struct golden {
    const char *reference, *hypothesis;
    int counts[4]; /* correct, substituted, deleted, inserted */
} golden;

/* What sclite 2.10 (Debian's sctk 2.4.10) says with -s; scripts/check_sclite.sh compares thousands. */
static const golden plain[] = {
    {"bb a c aa bb cc aa", "aa b cc bb b a bb", {3, 0, 4, 4}},
    {"a b c d", "a b c d", {4, 0, 0, 0}},
    {"a b c d", "", {0, 0, 4, 0}},
    {"", "a b", {0, 0, 0, 2}},
    {"", "", {0, 0, 0, 0}},
    {"a a a a", "a a", {2, 0, 2, 0}},
    {"a b", "b a", {1, 0, 1, 1}},
    {"c e D e a c A a C", "c b d e e E d b e c c e", {4, 3, 2, 5}},
    {"one", "two words", {0, 1, 0, 1}},
};

/* With -s -D -F: alternatives, optional words, fragments, @. */
static const golden notated[] = {
    {"a b (c) d", "a b d", {4, 0, 0, 0}},
    {"a (she-) b", "a b", {3, 0, 0, 0}},
    {"a (a)", "a", {2, 0, 0, 0}}, /* leaving out the first one costs more */
    {"a sh- b", "a she b", {3, 0, 0, 0}},
    {"a -he b", "a she b", {3, 0, 0, 0}},
    {"{ a / b / @ } c", "c", {1, 0, 0, 0}},
    {"i've { um / uh / @ } as", "i've uh as", {3, 0, 0, 0}},
    {"i've { um / uh / @ } as", "i've er as", {2, 0, 0, 1}},
    {"x {y z/w} v", "x w v", {3, 0, 0, 0}},
    {"{ { a b / c } d / e } f", "c d f", {3, 0, 0, 0}},
    {"foo* b*", "foo b", {2, 0, 0, 0}},
    {"{ a / a a a } a a a a { a / a a } (a)", "b a a a a a b a b a", {7, 0, 0, 3}},
    {"a @ b", "a b @", {2, 0, 0, 0}},
};

static void expect_all(const golden *list, size_t count, const oss_notation *notation) {
    for (size_t i = 0; i < count; i++) {
        expect_counts(list[i].reference, list[i].hypothesis, notation, &oss_word_costs_sclite,
                      list[i].counts);
    }
}

START_TEST(test_counts_of_sclite) {
    expect_all(plain, sizeof plain / sizeof *plain, &nist_notation);
    expect_all(plain, sizeof plain / sizeof *plain, &full_notation);
}
END_TEST

START_TEST(test_notation_of_sclite) {
    expect_all(notated, sizeof notated / sizeof *notated, &full_notation);
}
END_TEST

/* Without the options brackets and hyphens are letters; without the notation everything is. */
START_TEST(test_notation_is_asked_for) {
    expect_counts("a (c) d", "a d", &nist_notation, &oss_word_costs_sclite, (const int[]){2, 0, 1, 0});
    expect_counts("a (c) d", "a c d", &nist_notation, &oss_word_costs_sclite, (const int[]){2, 1, 0, 0});
    expect_counts("a c- d", "a ce d", &nist_notation, &oss_word_costs_sclite, (const int[]){2, 1, 0, 0});
    expect_counts("{ a / b } @ c*", "a c", &plain_notation, &oss_word_costs_sclite,
                  (const int[]){1, 1, 5, 0});
}
END_TEST

/* sclite's costs are no errors: a deletion, an insertion and a right word (6) go before two wrong ones (8), the fewest errors
 * do not. */
START_TEST(test_costs_differ) {
    expect_counts("a b", "b a", &plain_notation, &oss_word_costs_sclite, (const int[]){1, 0, 1, 1});
    expect_counts("a b", "b a", &plain_notation, &oss_word_costs_levenshtein, (const int[]){0, 2, 0, 0});
    /* sclite has 8 errors here (above). */
    expect_counts("bb a c aa bb cc aa", "aa b cc bb b a bb", &plain_notation, &oss_word_costs_levenshtein,
                  (const int[]){0, 7, 0, 0});
}
END_TEST

/* ---- Plain texts ---- */

static uint64_t draw(uint64_t *state) {
    return oss_fill_bits(17, (*state)++);
}

/* Words of few letters, so that many alignments are equally good. */
static void draw_text(char *text, uint64_t *state, int most_words, int letters) {
    int words = (int)(draw(state) % (uint64_t)(most_words + 1));
    char *at = text;
    for (int i = 0; i < words; i++) {
        *at++ = (char)('a' + draw(state) % (uint64_t)letters);
        *at++ = ' ';
    }
    *at = '\0';
}

START_TEST(test_levenshtein_is_that_of_eval) {
    uint64_t state = 1;
    for (int i = 0; i < 3000; i++) {
        char a[64], b[64];
        oss_edits edits = {0};
        draw_text(a, &state, 12, 1 + i % 4);
        draw_text(b, &state, 12, 1 + i % 4);
        ck_assert(oss_edits_words(&edits, a, b) == OSS_OK);
        const int want[] = {(int)(edits.reference - edits.substitutions - edits.deletions),
                            (int)edits.substitutions, (int)edits.deletions, (int)edits.insertions};
        expect_counts(a, b, &plain_notation, &oss_word_costs_levenshtein, want);
        if (i % 8 == 0) { /* by the other algorithm */
            strcat(a, "@");
            expect_counts(a, b, &nist_notation, &oss_word_costs_levenshtein, want);
        }
    }
}
END_TEST

/* Costs of the path sum to the least there is, and it goes from end to end. */
START_TEST(test_long_texts_in_blocks) {
    enum { WORDS = 3000 };
    oss_strbuf text[2] = {{0}, {0}};
    uint64_t state = 5;
    for (int i = 0; i < 2 * WORDS; i++) {
        oss_strbuf_printf(&text[i % 2], "%d ", (int)(draw(&state) % 50));
    }
    oss_edits edits = {0};
    ck_assert_int_eq(oss_edits_words(&edits, text[0].data, text[1].data), OSS_OK);
    const int want[] = {(int)(WORDS - edits.substitutions - edits.deletions), (int)edits.substitutions,
                        (int)edits.deletions, (int)edits.insertions};
    expect_counts(text[0].data, text[1].data, &plain_notation, &oss_word_costs_levenshtein, want);
    aligned a = align_texts(text[0].data, text[1].data, &plain_notation, &oss_word_costs_sclite);
    int32_t reference = 0, hypothesis = 0;
    for (int32_t i = 0; i < a.path.edits; i++) {
        const oss_word_edit *edit = &a.path.edit[i];
        if ((edit->reference >= 0 && edit->reference != ++reference) ||
            (edit->hypothesis >= 0 && edit->hypothesis != ++hypothesis)) {
            ck_abort_msg("edit %d is out of order", (int)i);
        }
    }
    ck_assert_int_eq(reference, WORDS);
    ck_assert_int_eq(hypothesis, WORDS);
    free_aligned(&a);
    oss_strbuf_deinit(&text[0]);
    oss_strbuf_deinit(&text[1]);
}
END_TEST

/* ---- All ways through alternatives ---- */

enum { MOST_WAYS = 400, WAY_BYTES = 200 };

typedef struct ways {
    char text[MOST_WAYS][WAY_BYTES];
    int count;
} ways;

static void add_way(ways *to, const char *first, const char *second) {
    ck_assert_int_lt(to->count, MOST_WAYS);
    snprintf(to->text[to->count++], WAY_BYTES, "%s%s", first, second);
}

/* Appends an element in sclite's notation to `text` and all its readings to each way that is there. */
static void draw_element(oss_strbuf *text, ways *all, uint64_t *state, int depth) {
    ways *before = malloc(sizeof *before), *choice = malloc(sizeof *choice), *inner = malloc(sizeof *inner);
    ck_assert(before != NULL && choice != NULL && inner != NULL);
    *before = *all;
    choice->count = 0;
    if (depth < 2 && before->count < 8 && draw(state) % 3 == 0) {
        int alternatives = 2 + (int)(draw(state) % 2);
        for (int i = 0; i < alternatives; i++) {
            oss_strbuf_append(text, i == 0 ? "{ " : "/ ");
            inner->count = 0;
            if (draw(state) % 5 == 0) {
                oss_strbuf_append(text, "@ ");
                add_way(choice, "", "");
                continue;
            }
            add_way(inner, "", "");
            draw_element(text, inner, state, depth + 1);
            if (draw(state) % 2 == 0) {
                draw_element(text, inner, state, depth + 2);
            }
            for (int k = 0; k < inner->count; k++) {
                add_way(choice, inner->text[k], "");
            }
        }
        oss_strbuf_append(text, "} ");
    } else {
        char word[3] = {(char)('a' + draw(state) % 3), ' ', '\0'};
        oss_strbuf_append(text, word);
        add_way(choice, word, "");
    }
    all->count = 0;
    for (int i = 0; i < before->count; i++) {
        for (int k = 0; k < choice->count; k++) {
            add_way(all, before->text[i], choice->text[k]);
        }
    }
    free(before);
    free(choice);
    free(inner);
}

static int64_t cost_of(const oss_word_counts *counts, const oss_word_costs *costs) {
    return counts->substituted * costs->substitution + counts->deleted * costs->deletion +
           counts->inserted * costs->insertion;
}

static int64_t cost_of_texts(const char *reference, const char *hypothesis, const oss_notation *notation,
                             const oss_word_costs *costs) {
    aligned a = align_texts(reference, hypothesis, notation, costs);
    oss_word_counts counts = oss_word_path_counts(&a.path);
    free_aligned(&a);
    return cost_of(&counts, costs);
}

START_TEST(test_alternatives_against_all_readings) {
    const oss_word_costs *costs = _i == 0 ? &oss_word_costs_sclite : &oss_word_costs_levenshtein;
    ways *all = malloc(sizeof *all);
    uint64_t state = 11 + (uint64_t)_i;
    ck_assert_ptr_nonnull(all);
    for (int i = 0; i < 300; i++) {
        oss_strbuf text = {0};
        char heard[64];
        all->count = 0;
        add_way(all, "", "");
        for (int k = 0; k < 5; k++) {
            draw_element(&text, all, &state, all->count > 20 ? 2 : 0);
        }
        draw_text(heard, &state, 8, 3);
        int64_t least = INT64_MAX;
        for (int k = 0; k < all->count; k++) {
            int64_t cost = cost_of_texts(all->text[k], heard, &plain_notation, costs);
            least = cost < least ? cost : least;
        }
        int64_t got = cost_of_texts(text.data, heard, &nist_notation, costs);
        ck_assert_msg(got == least, "%s | %s: %lld, the least is %lld", text.data, heard, (long long)got,
                      (long long)least);
        oss_strbuf_deinit(&text);
    }
    free(all);
}
END_TEST

/* ---- Limits ---- */

START_TEST(test_too_long) {
    oss_strbuf text = {0};
    for (int i = 0; i < 6000; i++) {
        oss_strbuf_append(&text, "a ");
    }
    oss_strbuf_append(&text, "{ b / c }");
    aligned a = {0};
    ck_assert_int_eq(oss_word_net_init(&a.reference, &a.words, text.data, &nist_notation), OSS_OK);
    ck_assert_int_eq(
        oss_word_path_init(&a.path, &a.reference, &a.reference, &a.words, &oss_word_costs_sclite),
        OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "6002 words with alternatives"));
    ck_assert_ptr_null(a.path.edit);
    free_aligned(&a);
    oss_strbuf_deinit(&text);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("score/word_path");
    TCase *all = tcase_create("word_path");
    tcase_add_test(all, test_counts_of_sclite);
    tcase_add_test(all, test_notation_of_sclite);
    tcase_add_test(all, test_notation_is_asked_for);
    tcase_add_test(all, test_costs_differ);
    tcase_add_test(all, test_levenshtein_is_that_of_eval);
    tcase_add_test(all, test_long_texts_in_blocks);
    tcase_add_loop_test(all, test_alternatives_against_all_readings, 0, 2);
    tcase_add_test(all, test_too_long);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}
