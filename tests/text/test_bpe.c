/* Byte-pair units: learnt and encoded. */
#include "text/bpe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/bpe_cases.h"
#include "support/faults.h"
#include "support/suite.h"
#include "text/unicode.h"

enum { MAX_UNITS = 200 };

static void assert_symbols(const oss_vocab *vocab, const char *const *want, int32_t count) {
    ck_assert_int_eq(oss_vocab_size(vocab), count);
    for (int32_t id = 0; id < count; id++) {
        ck_assert_str_eq(oss_vocab_symbol(vocab, id), want[id]);
        ck_assert_int_eq(oss_vocab_find(vocab, want[id]), id);
    }
}

/* ---- By hand ---- */

START_TEST(test_merges_worked_by_hand) {
    /* Words, with the space before them: " ab" 2, " abc" 1. Pairs: " a" 3, "ab" 3, "bc" 1. Of the two with 3
     * the one with the lower left id, the space's; then " a" "b" 3; then " ab" "c" 1, which is once. */
    const char *const text[] = {"ab abc", "ab"};
    oss_vocab *vocab = learn(text, 2, 99);
    const char *const want[] = {"<blank>", "<UNK>", " ", "a", "b", "c", " a", " ab"};
    assert_symbols(vocab, want, 8);
    ck_assert_int_eq(oss_vocab_units(vocab), OSS_UNITS_BPE);
    ck_assert_int_eq(oss_vocab_characters(vocab), 4);
    assert_encoded(vocab, "ab ba abc a", " ab| |b|a| ab|c| a|");
    assert_encoded(vocab, "", "");
    oss_vocab_free(vocab);
    vocab = learn(text, 2, 7);
    assert_symbols(vocab, want, 7);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_counts_decide_before_ids) {
    /* " zz" 3 times, " ab" 2: pairs " z" 3, "zz" 3, " a" 2, "ab" 2. " z", then " z" "z". Then " a" before
     * "ab", and " a" "b". */
    const char *const text[] = {"zz zz zz ab ab"};
    oss_vocab *vocab = learn(text, 1, 99);
    const char *const want[] = {"<blank>", "<UNK>", " ", "a", "b", "z", " z", " zz", " a", " ab"};
    assert_symbols(vocab, want, 10);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_equal_neighbours_merge_from_the_left) {
    /* One word " aaaaa": "aa" 4 and " a" 1. Merged from the left: " ", "aa", "aa", "a": nothing twice. */
    const char *const text[] = {"aaaaa"};
    oss_vocab *vocab = learn(text, 1, 99);
    const char *const want[] = {"<blank>", "<UNK>", " ", "a", "aa"};
    assert_symbols(vocab, want, 5);
    assert_encoded(vocab, "aaaaaaa", " |aa|aa|aa|a|");
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_units_are_at_most_sixteen_characters) {
    const char *const text[] = {"abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz"};
    oss_vocab *vocab = learn(text, 1, 99);
    int64_t longest = 0;
    for (int32_t id = 2; id < oss_vocab_size(vocab); id++) {
        int64_t length = oss_text_length(oss_vocab_symbol(vocab, id));
        longest = length > longest ? length : longest;
    }
    ck_assert_int_eq(longest, OSS_BPE_MAX_CHARACTERS);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_characters_need_room) {
    const char *const text[] = {"abc", "cd"};
    oss_vocab *vocab = NULL;
    ck_assert_int_eq(oss_vocab_learn(&vocab, text, 2, 6), OSS_EINPUT);
    ck_assert_ptr_null(vocab);
    ck_assert_msg(strstr(oss_last_error(), "vocab_size 6 has no room for the 5 characters") != NULL &&
                      strstr(oss_last_error(), "at least 7") != NULL,
                  "%s", oss_last_error());
    vocab = learn(text, 2, 7);
    ck_assert_int_eq(oss_vocab_size(vocab), 7);
    oss_vocab_free(vocab);
    const char *const none[] = {"", ""};
    vocab = learn(none, 2, 32);
    ck_assert_int_eq(oss_vocab_size(vocab), 2);
    assert_encoded(vocab, "", "");
    oss_vocab_free(vocab);
}
END_TEST

/* ---- Against the definition, followed step by step on strings ---- */

typedef struct plain {
    char unit[MAX_UNITS][4 * OSS_BPE_MAX_CHARACTERS + 1];
    int32_t units;
} plain;

static int32_t plain_find(const plain *p, const char *left, const char *right) {
    char whole[TEXT_BYTES];
    snprintf(whole, sizeof whole, "%s%s", left, right);
    for (int32_t id = 2; id < p->units; id++) {
        if (strcmp(p->unit[id], whole) == 0) {
            return id;
        }
    }
    return -1;
}

/* One word in units, by the rule of encoding. */
static int32_t plain_encode(const plain *p, int32_t *id, const char *word_text, size_t bytes) {
    int32_t count = 0;
    for (const char *at = word_text; at < word_text + bytes;) {
        const char *next = at;
        (void)oss_text_next(&next);
        char one[8] = "";
        memcpy(one, at, (size_t)(next - at));
        id[count++] = plain_find(p, one, "");
        at = next;
    }
    for (;;) {
        int32_t best = -1, unit = INT32_MAX;
        for (int32_t i = 0; i + 1 < count; i++) {
            int32_t found = plain_find(p, p->unit[id[i]], p->unit[id[i + 1]]);
            if (found >= 0 && found < unit) {
                best = i;
                unit = found;
            }
        }
        if (best < 0) {
            return count;
        }
        id[best] = unit;
        memmove(id + best + 1, id + best + 2, (size_t)(count - best - 2) * sizeof *id);
        count--;
    }
}

static int32_t pair_counts[MAX_UNITS][MAX_UNITS];

static void plain_count(const plain *p, const char *text) {
    char spaced[TEXT_BYTES + 2];
    snprintf(spaced, sizeof spaced, " %s", text);
    for (const char *at = spaced; *text != '\0' && *at != '\0';) {
        int32_t id[TEXT_BYTES];
        size_t bytes = 1 + strcspn(at + 1, " ");
        int32_t count = plain_encode(p, id, at, bytes);
        for (int32_t i = 0; i + 1 < count; i++) {
            pair_counts[id[i]][id[i + 1]]++;
        }
        at += bytes;
    }
}

/* Learns by segmenting everything anew for every unit. */
static void plain_learn(plain *p, const char *const *text, int64_t texts, int32_t max_size) {
    oss_vocab *characters = NULL;
    const char *const space[] = {" "};
    const char *all[MAX_TEXTS + 1];
    memcpy(all, text, (size_t)texts * sizeof *all);
    all[texts] = space[0];
    ck_assert_int_eq(oss_vocab_build(&characters, all, texts + 1, 0), OSS_OK);
    p->units = oss_vocab_size(characters);
    for (int32_t id = 0; id < p->units; id++) {
        (void)strcpy(p->unit[id], oss_vocab_symbol(characters, id));
    }
    oss_vocab_free(characters);
    while (p->units < max_size) {
        memset(pair_counts, 0, sizeof pair_counts);
        for (int64_t i = 0; i < texts; i++) {
            plain_count(p, text[i]);
        }
        int32_t left = 0, right = 0, most = 1;
        for (int32_t a = 2; a < p->units; a++) {
            for (int32_t b = 2; b < p->units; b++) {
                bool fits =
                    oss_text_length(p->unit[a]) + oss_text_length(p->unit[b]) <= OSS_BPE_MAX_CHARACTERS;
                if (fits && pair_counts[a][b] > most) {
                    most = pair_counts[a][b];
                    left = a;
                    right = b;
                }
            }
        }
        if (left == 0) {
            return;
        }
        (void)strcat(strcpy(p->unit[p->units], p->unit[left]), p->unit[right]);
        p->units++;
    }
}

START_TEST(test_learning_is_the_definition) {
    static char text[MAX_TEXTS][TEXT_BYTES];
    static plain p;
    const char *list[MAX_TEXTS];
    make_texts(text, list, (uint64_t)_i, 20, 2 + _i % 6);
    plain_learn(&p, list, 20, 70);
    oss_vocab *vocab = learn(list, 20, 70);
    ck_assert_int_eq(oss_vocab_size(vocab), p.units);
    for (int32_t id = 0; id < p.units; id++) {
        ck_assert_str_eq(oss_vocab_symbol(vocab, id), p.unit[id]);
    }
    for (int32_t t = 0; t < 20; t++) {
        if (text[t][0] == '\0') {
            continue;
        }
        int32_t want[TEXT_BYTES], wanted = 0, *id = NULL, count = 0;
        char spaced[TEXT_BYTES + 2] = " ";
        (void)strcat(spaced, text[t]);
        wanted = plain_encode(&p, want, spaced, strlen(spaced));
        ck_assert_int_eq(oss_vocab_encode(vocab, &id, &count, NULL, text[t]), OSS_OK);
        ck_assert_int_eq(count, wanted);
        ck_assert_mem_eq(id, want, (size_t)count * sizeof *id);
        oss_free(id);
    }
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_order_of_texts_changes_nothing) {
    static char text[MAX_TEXTS][TEXT_BYTES];
    const char *list[MAX_TEXTS], *shuffled[MAX_TEXTS];
    int32_t order[MAX_TEXTS];
    make_texts(text, list, 77, MAX_TEXTS, 7);
    oss_vocab *vocab = learn(list, MAX_TEXTS, 120);
    ck_assert_int_eq(oss_vocab_size(vocab), 120);
    for (uint64_t turn = 0; turn < 5; turn++) {
        for (int32_t i = 0; i < MAX_TEXTS; i++) {
            order[i] = i;
        }
        oss_rng_shuffle(order, MAX_TEXTS, 5, OSS_RNG_TEST, turn);
        for (int32_t i = 0; i < MAX_TEXTS; i++) {
            shuffled[i] = list[order[i]];
        }
        oss_vocab *other = learn(shuffled, MAX_TEXTS, 120);
        ck_assert(oss_vocab_equal(vocab, other));
        oss_vocab_free(other);
    }
    oss_vocab_free(vocab);
}
END_TEST

/* ---- Round trips ---- */

/* Letters of several scripts, combining marks, emoji with joiners, flags, CJK, spaces. */
static void make_unicode(char *text, uint64_t seed) {
    static const uint32_t first[] = {'a',   0xe0,  0x300,  0x3b1,  0x430,  0x5d0,
                                     0x627, 0x905, 0x4e00, 0xac00, 0x1f600};
    char *at = text;
    for (uint32_t i = 0; i < 60; i++) {
        uint64_t draw = oss_rng_u64(seed, OSS_RNG_TEST, 1, i);
        uint32_t c = first[draw % 11] + (uint32_t)(draw >> 20) % 12;
        c = draw % 97 == 0 ? 0x200d : draw % 7 == 0 ? ' ' : c;
        at += oss_text_encode(at, c);
    }
}

static void assert_round_trip(const oss_vocab *vocab, const char *text, uint32_t key) {
    int32_t *id = NULL, count = 0, unknown = -1;
    char *back = NULL;
    ck_assert_int_eq(oss_vocab_encode(vocab, &id, &count, &unknown, text), OSS_OK);
    ck_assert_int_eq(unknown, 0);
    ck_assert_int_eq(oss_vocab_decode(vocab, &back, id, count), OSS_OK);
    ck_assert_str_eq(back, text);
    oss_free(back);
    oss_free(id);
    ck_assert_int_eq(oss_vocab_spell(vocab, &id, &count, text), OSS_OK);
    count = oss_vocab_draw(vocab, id, count, 0.3, 1, key);
    ck_assert_int_eq(oss_vocab_decode(vocab, &back, id, count), OSS_OK);
    ck_assert_str_eq(back, text);
    oss_free(back);
    oss_free(id);
}

START_TEST(test_texts_come_back) {
    char *text[MAX_TEXTS];
    for (int32_t i = 0; i < MAX_TEXTS; i++) {
        char raw[TEXT_BYTES];
        make_unicode(raw, (uint64_t)i);
        ck_assert_int_eq(oss_text_normalize(&text[i], raw, OSS_CASE_KEEP), OSS_OK);
    }
    oss_vocab *vocab = learn((const char *const *)text, MAX_TEXTS, 400);
    ck_assert_int_gt(oss_vocab_size(vocab), oss_vocab_characters(vocab) + 2);
    for (int32_t i = 0; i < MAX_TEXTS; i++) {
        assert_round_trip(vocab, text[i], (uint32_t)i);
        oss_free(text[i]);
    }
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_unknown_characters) {
    const char *const text[] = {"ab ab"};
    oss_vocab *vocab = learn(text, 1, 99);
    int32_t *id = NULL, count = 0, unknown = 0;
    char *back = NULL;
    ck_assert_int_eq(oss_vocab_encode(vocab, &id, &count, &unknown, "abx yab"), OSS_OK);
    ck_assert_int_eq(unknown, 2);
    ck_assert_int_eq(oss_vocab_decode(vocab, &back, id, count), OSS_OK);
    ck_assert_str_eq(back, "ab\xef\xbf\xbd \xef\xbf\xbd"
                           "ab");
    oss_free(back);
    oss_free(id);
    oss_vocab_free(vocab);
}
END_TEST

START_TEST(test_a_long_word_takes_no_square_of_time) {
    enum { LENGTH = 1 << 20 };
    char *text = malloc(LENGTH + 1);
    ck_assert_ptr_nonnull(text);
    for (uint32_t i = 0; i < LENGTH; i++) {
        text[i] = (char)('a' + oss_rng_u64(1, OSS_RNG_TEST, 9, i / 8) % 20);
    }
    text[LENGTH] = '\0';
    const char *const list[] = {text};
    oss_vocab *vocab = learn(list, 1, 60);
    int32_t *id = NULL, count = 0;
    ck_assert_int_eq(oss_vocab_encode(vocab, &id, &count, NULL, text), OSS_OK);
    ck_assert_int_lt(count, LENGTH / 3);
    oss_free(id);
    oss_vocab_free(vocab);
    free(text);
}
END_TEST

START_TEST(test_memory_runs_out) {
    const char *const text[] = {"abcab abcab cab", "cabab"};
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_vocab *vocab = NULL;
        int32_t *id = NULL, count = 0;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_vocab_learn(&vocab, text, 2, 40);
        if (status == OSS_OK) {
            status = oss_vocab_encode(vocab, &id, &count, NULL, text[0]);
        }
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        oss_free(id);
        oss_vocab_free(vocab);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 20);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("text/bpe");
    TCase *tests = tcase_create("text/bpe");
    tcase_add_test(tests, test_merges_worked_by_hand);
    tcase_add_test(tests, test_counts_decide_before_ids);
    tcase_add_test(tests, test_equal_neighbours_merge_from_the_left);
    tcase_add_test(tests, test_units_are_at_most_sixteen_characters);
    tcase_add_test(tests, test_characters_need_room);
    tcase_add_loop_test(tests, test_learning_is_the_definition, 0, 40);
    tcase_add_test(tests, test_order_of_texts_changes_nothing);
    tcase_add_test(tests, test_texts_come_back);
    tcase_add_test(tests, test_unknown_characters);
    tcase_add_test(tests, test_a_long_word_takes_no_square_of_time);
    tcase_add_test(tests, test_memory_runs_out);
    suite_add_tcase(suite, tests);
    return suite;
}
