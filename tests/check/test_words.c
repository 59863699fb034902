#include "check/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "support/faults.h"
#include "support/suite.h"

static void add(oss_check_words *words, const char *text, int32_t row) {
    ck_assert_msg(oss_check_words_add(words, text, row) == OSS_OK, "%s", oss_last_error());
}

/* The only word with two writings; NULL: none. */
static const oss_check_word *find_clash(const oss_check_words *words) {
    const oss_check_word *clash = NULL;
    for (int32_t i = 0; i < words->slots; i++) {
        if (words->slot[i].second.count > 0) {
            ck_assert_ptr_null(clash);
            clash = &words->slot[i];
        }
    }
    return clash;
}

/* Words are what stands between white space of any kind; case makes another word, repetition does not. */
START_TEST(test_words) {
    oss_check_words words = {0};
    add(&words, "  one two\tone\xe2\x80\x83Two \n", 0); /* an em space */
    ck_assert_int_eq(words.words, 3);
    add(&words, "", 1);
    add(&words, " \t ", 1);
    ck_assert_int_eq(words.words, 3);
    ck_assert_ptr_null(find_clash(&words));
    oss_check_words_deinit(&words);
    ck_assert_ptr_null(words.slot);
}
END_TEST

/* The first row of each writing is known, and how often; a third way counts for neither. */
START_TEST(test_two_writings) {
    oss_check_words words = {0};
    add(&words, "x cafe\xcc\x81", 3);
    add(&words, "caf\xc3\xa9 caf\xc3\xa9", 5);
    add(&words, "caf\xc2\xad\xc3\xa9", 7); /* a soft hyphen inside */
    add(&words, "cafe\xcc\x81 CAF\xc3\x89", 9);
    const oss_check_word *word = find_clash(&words);
    ck_assert_ptr_nonnull(word);
    ck_assert_str_eq(word->first.text, "cafe\xcc\x81");
    ck_assert_int_eq(word->first.row, 3);
    ck_assert_int_eq(word->first.count, 2);
    ck_assert_ptr_null(word->second.text); /* as normalised */
    ck_assert_int_eq(word->second.row, 5);
    ck_assert_int_eq(word->second.count, 2);
    oss_check_words_deinit(&words);
}
END_TEST

/* The table grows without forgetting. */
START_TEST(test_many) {
    enum { WORDS = 5000 };
    oss_check_words words = {0};
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < WORDS; i++) {
            char word[16];
            (void)snprintf(word, sizeof word, "w%d", i);
            add(&words, word, i);
        }
        ck_assert_int_eq(words.words, WORDS);
    }
    int64_t twice = 0;
    for (int32_t i = 0; i < words.slots; i++) {
        twice += words.slot[i].first.count == 2;
    }
    ck_assert_int_eq(twice, WORDS);
    oss_check_words_deinit(&words);
}
END_TEST

START_TEST(test_memory_that_is_short) {
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_check_words words = {0};
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_check_words_add(&words, "one cafe\xcc\x81 caf\xc3\xa9", 0);
        bool fired = oss_faults_clear();
        oss_check_words_deinit(&words);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (!fired) {
            ck_assert_int_ge(k, 4);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/words");
    TCase *tests = tcase_create("words");
    tcase_add_test(tests, test_words);
    tcase_add_test(tests, test_two_writings);
    tcase_add_test(tests, test_many);
    tcase_add_test(tests, test_memory_that_is_short);
    suite_add_tcase(suite, tests);
    return suite;
}
