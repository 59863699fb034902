/* The vocabulary of a model that goes on with other texts. */
#include <errno.h>

#include "base/mem.h"
#include "support/faults.h"
#include "support/suite.h"
#include "units/learn.h"

static oss_vocab *from_units(oss_units units, const char *const *symbol, int32_t count) {
    oss_vocab *vocab = NULL;
    ck_assert_msg(oss_vocab_from_units(&vocab, units, symbol, count) == OSS_OK, "%s", oss_last_error());
    return vocab;
}

static oss_vocab *extend(const oss_vocab *vocab, const char *const *text, int64_t count, int32_t max_size) {
    oss_vocab *more = NULL;
    ck_assert_msg(oss_vocab_extend(&more, vocab, text, count, max_size) == OSS_OK, "%s", oss_last_error());
    return more;
}

static void assert_symbols(const oss_vocab *vocab, const char *const *want, int32_t count) {
    ck_assert_int_eq(oss_vocab_size(vocab), count);
    for (int32_t id = 0; id < count; id++) {
        ck_assert_str_eq(oss_vocab_symbol(vocab, id), want[id]);
    }
}

/* An order of its own, as a file may have. */
static const char *const characters[] = {"<blank>", "<UNK>", "b", " ", "z", "a"};

START_TEST(test_lacking_characters_stay) {
    const char *const text[] = {"ab", "b a"};
    oss_vocab *vocab = from_units(OSS_UNITS_CHAR, characters, 6);
    oss_vocab *more = extend(vocab, text, 2, 0);
    ck_assert(oss_vocab_equal(vocab, more));
    oss_vocab_free(more);
    more = extend(vocab, NULL, 0, 0);
    ck_assert(oss_vocab_equal(vocab, more));
    oss_vocab_free(more);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_new_characters_come_behind) {
    const char *const text[] = {"d\xc3\xa9 a", "c"};
    const char *const want[] = {"<blank>", "<UNK>", "b", " ", "z", "a", "c", "d", "\xc3\xa9"};
    oss_vocab *vocab = from_units(OSS_UNITS_CHAR, characters, 6);
    oss_vocab *more = extend(vocab, text, 2, 0);
    assert_symbols(more, want, 9);
    ck_assert_int_eq(oss_vocab_find(more, "c"), 6);
    oss_vocab_free(more);
    oss_vocab_free(vocab);
}
END_TEST

/* The bound is one of what the texts give: a model's symbols are never dropped. */
START_TEST(test_bound_of_new_characters) {
    const char *const text[] = {"ddd", "eee", "c", "aaaa"};
    const char *const want[] = {"<blank>", "<UNK>", "b", " ", "z", "a", "d", "e"};
    oss_vocab *vocab = from_units(OSS_UNITS_CHAR, characters, 6);
    oss_vocab *more = extend(vocab, text, 4, 5); /* two special ones, a d e */
    assert_symbols(more, want, 8);
    oss_vocab_free(more);
    oss_vocab_free(vocab);
}
END_TEST

static const char *const units[] = {"<blank>", "<UNK>", " ", "a", "b", "d", " a", "ab", " ab"};

START_TEST(test_units_that_spell_all_stay) {
    const char *const text[] = {"ab ba", "d"};
    oss_vocab *vocab = from_units(OSS_UNITS_BPE, units, 9);
    oss_vocab *more = extend(vocab, text, 2, 32);
    ck_assert(oss_vocab_equal(vocab, more));
    oss_vocab_free(more);
    oss_vocab_free(vocab);
}
END_TEST

/* Characters first, merged units in the order in which they were learnt: a text of known characters is
 * spelled with the same units. */
START_TEST(test_new_characters_among_units) {
    const char *const text[] = {"cab \xc3\xa9"};
    const char *const want[] = {"<blank>", "<UNK>", " ", "a", "b", "d", "c", "\xc3\xa9", " a", "ab", " ab"};
    oss_vocab *vocab = from_units(OSS_UNITS_BPE, units, 9);
    oss_vocab *more = extend(vocab, text, 1, 3); /* byte-pair units know no <UNK> of what trains */
    assert_symbols(more, want, 11);
    ck_assert_int_eq(oss_vocab_characters(more), 6);
    const char *const spelled[] = {" ab", "d", " a", "ab", "a"};
    int32_t *before = NULL, *after = NULL, befores = 0, afters = 0;
    ck_assert_int_eq(oss_vocab_encode(vocab, &before, &befores, NULL, "abd aaba"), OSS_OK);
    ck_assert_int_eq(oss_vocab_encode(more, &after, &afters, NULL, "abd aaba"), OSS_OK);
    ck_assert_int_eq(befores, 5);
    ck_assert_int_eq(afters, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_str_eq(oss_vocab_symbol(vocab, before[i]), spelled[i]);
        ck_assert_str_eq(oss_vocab_symbol(more, after[i]), spelled[i]);
    }
    oss_free(before);
    oss_free(after);
    oss_vocab_free(more);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_memory_runs_out) {
    const char *const text[] = {"cab \xc3\xa9"};
    oss_vocab *vocab =
        from_units(_i == 0 ? OSS_UNITS_CHAR : OSS_UNITS_BPE, _i == 0 ? characters : units, _i == 0 ? 6 : 9);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_vocab *more = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_vocab_extend(&more, vocab, text, 1, 0);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        oss_vocab_free(more);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 5);
            break;
        }
    }
    oss_faults_remove();
    oss_vocab_free(vocab);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("vocab_extend");
    TCase *all = tcase_create("vocab_extend");
    tcase_add_test(all, test_lacking_characters_stay);
    tcase_add_test(all, test_new_characters_come_behind);
    tcase_add_test(all, test_bound_of_new_characters);
    tcase_add_test(all, test_units_that_spell_all_stay);
    tcase_add_test(all, test_new_characters_among_units);
    tcase_add_loop_test(all, test_memory_runs_out, 0, 2);
    suite_add_tcase(suite, all);
    return suite;
}
