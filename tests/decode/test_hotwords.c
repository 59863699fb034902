#include "decode/hotwords.h"

#include <stdlib.h>
#include <string.h>

#include "decode/hotwords_internal.h"
#include "support/fill.h"
#include "support/suite.h"
#include "support/tempdir.h"

static oss_vocab *make_vocab(void) {
    static const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", "c", "e", "g",
                                         "i",       "k",     "n", "o", "r", "t", "w", "y"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 16), OSS_OK);
    return vocab;
}

static oss_hotwords *make(const oss_vocab *vocab, const oss_hotword *hotword, int64_t count) {
    oss_hotwords *hotwords = NULL;
    ck_assert_msg(oss_hotwords_create(&hotwords, hotword, count, vocab, OSS_CASE_LOWER) == OSS_OK, "%s",
                  oss_last_error());
    return hotwords;
}

/* Bonus of a text, and *most (may be NULL): the largest sum on the way. */
static double say(const oss_hotwords *hotwords, const oss_vocab *vocab, const char *text, double *most) {
    oss_hotwords_state state = 0;
    double sum = 0.0, largest = 0.0;
    for (; *text != '\0'; text++) {
        char symbol[2] = {*text, '\0'};
        int32_t id = *text == '?' ? OSS_VOCAB_UNK : oss_vocab_find(vocab, symbol);
        sum += (double)oss_hotwords_step(hotwords, state, id, &state);
        largest = sum > largest ? sum : largest;
    }
    if (most != NULL) {
        *most = largest;
    }
    return sum + (double)oss_hotwords_end(hotwords, state);
}

START_TEST(bonuses_are_kept_or_taken_back) {
    static const oss_hotword list[] = {
        {"new york", 8.0}, {"york city", 5.0}, {"cat", 3.0}, {"New  York", 8.0}};
    static const struct {
        const char *text;
        double sum, most;
    } cases[] = {{"new york", 8, 8},
                 {"new yor", 0, 7},
                 {"new york a", 8, 8 + 5.0 * 5 / 9}, /* "york city" may follow */
                 {"new yorka", 0, 8},
                 {"anew york", 0, 0.01 + 5.0 * 5 / 9}, /* of "york city", which begins with the word */
                 {"new new york", 8, 8},
                 {"new new new york", 8, 8},
                 {"new york city", 13, 13},
                 {"new yoke", 0, 6},
                 {"york city", 5, 5},
                 {"cat", 3, 3},
                 {"cat cat", 6, 6},
                 {"cata", 0, 3},
                 {"acat", 0, 0},
                 {"a cat b", 3, 3},
                 {"new cat", 3, 4},
                 {"new cat new york cat", 14, 11 + 5.0 * 6 / 9},
                 {"ca?t", 0, 2},
                 {"?", 0, 0},
                 {"", 0, 0}};
    oss_vocab *vocab = make_vocab();
    oss_hotwords *hotwords = make(vocab, list, 4);
    ck_assert_int_eq(oss_hotwords_count(hotwords), 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double most = 0.0;
        double sum = say(hotwords, vocab, cases[i].text, &most);
        ck_assert_msg(sum > cases[i].sum - 1e-4 && sum < cases[i].sum + 1e-4, "\"%s\": %g, not %g",
                      cases[i].text, sum, cases[i].sum);
        ck_assert_msg(most <= cases[i].most + 1e-4, "\"%s\": %g on the way, not %g", cases[i].text, most,
                      cases[i].most);
    }
    oss_hotwords_free(hotwords);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(phrases_in_phrases) {
    static const oss_hotword list[] = {
        {"new york", 4.0}, {"new york city", 9.0}, {"bite", -6.0}, {"bit", 2.0}, {"new york a cat", 1.0}};
    static const struct {
        const char *text;
        double sum;
    } cases[] = {{"new york", 4},
                 {"new york b", 4},
                 {"new york city", 9},
                 {"new york cit", 4},
                 {"new york cita", 4},
                 {"bite", -6},
                 {"a bite a", -6},
                 {"bit", 2},
                 {"bi", 0},
                 {"biter", 0},
                 {"bit bite", -4},
                 {"new york a cat", 1},
                 {"new york a bit", 6},
                 {"new york new york city", 13}};
    oss_vocab *vocab = make_vocab();
    oss_hotwords *hotwords = make(vocab, list, 5);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double sum = say(hotwords, vocab, cases[i].text, NULL);
        ck_assert_msg(sum > cases[i].sum - 1e-4 && sum < cases[i].sum + 1e-4, "\"%s\": %g, not %g",
                      cases[i].text, sum, cases[i].sum);
    }
    oss_hotwords_free(hotwords);
    oss_vocab_free(vocab);
}
END_TEST

/* Whether the last word of the text is one of a phrase's, which a model of words need not know. */
static bool ends_with_known(const oss_hotwords *hotwords, const oss_vocab *vocab, const char *text) {
    oss_hotwords_state state = 0;
    for (; *text != '\0'; text++) {
        char symbol[2] = {*text, '\0'};
        (void)oss_hotwords_step(hotwords, state, oss_vocab_find(vocab, symbol), &state);
    }
    return oss_hotwords_completes(hotwords, state);
}

/* Words of phrases are words: before the phrase is whole, after it broke off, and by themselves. What breaks off is the bonus. */
START_TEST(words_of_phrases_are_known_anywhere) {
    static const oss_hotword list[] = {{"new york city", 9.0}, {"kat", 2.0}, {"kat gog ee", 5.0}};
    static const char *const known[] = {
        "new", "new york", "york",    "city",    "a york",       "kat",           "kat gog",     "kat gog",
        "gog", "gog ee",   "new new", "new gog", "kat gog york", "new york city", "new york kat"};
    static const char *const unknown[] = {"",      "ne",      "newy",        "yor",       "ork",
                                          "yorka", "new yor", "new ",        "new yorka", "cat",
                                          "agog",  "kat go",  "new york ci", "e"};
    oss_vocab *vocab = make_vocab();
    oss_hotwords *hotwords = make(vocab, list, 3);
    ck_assert_int_eq(oss_hotwords_count(hotwords), 3);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ck_assert_msg(ends_with_known(hotwords, vocab, known[i]), "\"%s\"", known[i]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        ck_assert_msg(!ends_with_known(hotwords, vocab, unknown[i]), "\"%s\"", unknown[i]);
    }
    ck_assert_double_eq_tol(say(hotwords, vocab, "york city", NULL), 0.0, 1e-5);
    ck_assert_double_eq_tol(say(hotwords, vocab, "kat gog", NULL), 2.0, 1e-5);
    ck_assert_double_eq_tol(say(hotwords, vocab, "new york kat gog ee", NULL), 5.0, 1e-5);
    oss_hotwords_free(hotwords);
    oss_vocab_free(vocab);
}
END_TEST

/* Single words: whatever is said, the sum is that of the words that were whole. */
START_TEST(random_texts_of_single_words) {
    static const oss_hotword list[] = {{"a", 1.0}, {"ab", 2.5}, {"abba", -1.5}, {"ba", 4.0}, {"bab", 0.5}};
    oss_vocab *vocab = make_vocab();
    oss_hotwords *hotwords = make(vocab, list, 5);
    for (uint64_t seed = 0; seed < 500; seed++) {
        char text[32], copy[32];
        for (uint64_t i = 0; i < 31; i++) {
            text[i] = " aabb"[oss_fill_bits(seed, i) % 5];
        }
        text[31] = '\0';
        memcpy(copy, text, sizeof copy);
        double want = 0.0;
        for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
            for (size_t i = 0; i < 5; i++) {
                want += strcmp(word, list[i].phrase) == 0 ? list[i].weight : 0.0;
            }
        }
        ck_assert_double_eq_tol(say(hotwords, vocab, text, NULL), want, 1e-4);
    }
    oss_hotwords_free(hotwords);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(pieces_spell_as_characters_do) {
    static const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", " a", "ab", " ab"};
    static const oss_hotword list[] = {{"ab a", 3.0}, {"b", 1.0}};
    static const int32_t said[][4] = {{5, 4, 5, -1}, {6, 5, -1, -1}, {7, 2, 3, -1}, {2, 6, 2, 3}};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_from_units(&vocab, OSS_UNITS_BPE, symbol, 8), OSS_OK);
    oss_hotwords *hotwords = make(vocab, list, 2);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        oss_hotwords_state state = 0;
        float sum = 0.0F;
        for (size_t j = 0; j < 4 && said[i][j] >= 0; j++) {
            sum += oss_hotwords_step(hotwords, state, said[i][j], &state);
        }
        ck_assert_float_eq_tol(sum + oss_hotwords_end(hotwords, state), 3.0F, 1e-5F);
    }
    oss_hotwords_free(hotwords);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(phrases_that_cannot_be) {
    static const oss_hotword empty = {"  ", 1.0}, digit = {"a 7b", 1.0},
                             two[] = {{"a b", 1.0}, {"A  B", 2.0}};
    oss_vocab *vocab = make_vocab();
    oss_hotwords *hotwords = NULL;
    ck_assert_int_eq(oss_hotwords_create(&hotwords, &empty, 1, vocab, OSS_CASE_LOWER), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "phrase 1: a phrase is empty: leave it out");
    ck_assert_int_eq(oss_hotwords_create(&hotwords, &digit, 1, vocab, OSS_CASE_LOWER), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "phrase 1: the model has no symbol for \"7\" in the phrase \"a 7b\"");
    ck_assert_int_eq(oss_hotwords_create(&hotwords, two, 2, vocab, OSS_CASE_LOWER), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(), "phrase 2: the phrase \"a b\" has two weights, 1 and 2");
    ck_assert_ptr_null(hotwords);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(files) {
    static const struct {
        const char *text, *message; /* behind the path; NULL: fine */
        int64_t count;
    } cases[] = {{"\xef\xbb\xbf# names\n\nCat\t2.5\r\nnew york\n", NULL, 2},
                 {"", NULL, 0},
                 {"cat", NULL, 1},
                 {"cat\ncat\t2\n", ":2: the phrase \"cat\" has two weights, 7 and 2", 0},
                 {"cat\tx\n", ":1: the weight \"x\" is not a number; write PHRASE, a tab, a number", 0},
                 {"\n\tcat\n", ":2: the weight \"cat\" is not a number; write PHRASE, a tab, a number", 0},
                 {"cat\n\ncat7\n", ":3: the model has no symbol for \"7\" in the phrase \"cat7\"", 0}};
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "phrases.txt");
    oss_vocab *vocab = make_vocab();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_hotwords *hotwords = NULL;
        oss_tempdir_write(path, cases[i].text, (long)strlen(cases[i].text));
        oss_status status = oss_hotwords_load(&hotwords, path, 7.0, vocab, OSS_CASE_LOWER);
        if (cases[i].message == NULL) {
            ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
            ck_assert_int_eq(oss_hotwords_count(hotwords), cases[i].count);
        } else {
            ck_assert_int_eq(status, OSS_EINPUT);
            ck_assert(strncmp(oss_last_error(), path, strlen(path)) == 0);
            ck_assert_str_eq(oss_last_error() + strlen(path), cases[i].message);
        }
        if (i == 0) {
            ck_assert_double_eq_tol(say(hotwords, vocab, "new york cat", NULL), 9.5, 1e-5);
        }
        oss_hotwords_free(hotwords);
    }
    oss_vocab_free(vocab);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("hotwords");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, words_of_phrases_are_known_anywhere);
    tcase_add_test(tests, bonuses_are_kept_or_taken_back);
    tcase_add_test(tests, phrases_in_phrases);
    tcase_add_test(tests, random_texts_of_single_words);
    tcase_add_test(tests, pieces_spell_as_characters_do);
    tcase_add_test(tests, phrases_that_cannot_be);
    tcase_add_test(tests, files);
    suite_add_tcase(suite, tests);
    return suite;
}
