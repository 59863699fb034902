#include "decode/lexicon.h"

#include <stdio.h>
#include <string.h>

#include "decode/lexicon_internal.h"
#include "ngram/pack.h"
#include "support/suite.h"
#include "text/unicode.h"

/* ln p of word i. */
static float ln_p_of(int32_t i) {
    return -1.0F - (float)(i * 3 % 7);
}

/* Unigrams. */
static oss_ngram *make_words(const char *const *word, int32_t words) {
    const char *token[64] = {"<unk>", "<s>", "</s>"};
    float p[64] = {-9.0F, -20.0F, -2.0F};
    for (int32_t i = 0; i < words; i++) {
        token[3 + i] = word[i];
        p[3 + i] = ln_p_of(i);
    }
    oss_ngram_parts parts = {.order = 1, .token = token};
    parts.list[0] = (oss_ngram_list){3 + words, NULL, p, NULL};
    oss_ngram *ngram = NULL;
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

static oss_vocab *make_vocab(const char *characters, int32_t extra) {
    static char symbol[400][8];
    const char *list[400] = {"<blank>", "<UNK>"};
    int32_t count = 2;
    for (uint32_t code_point; (code_point = oss_text_next(&characters)) != 0; count++) {
        oss_text_encode(symbol[count], code_point);
        list[count] = symbol[count];
    }
    for (int32_t i = 0; i < extra; i++, count++) {
        oss_text_encode(symbol[count], 0x4E00U + (uint32_t)i);
        list[count] = symbol[count];
    }
    oss_vocab *vocab = NULL;
    ck_assert_msg(oss_vocab_from_symbols(&vocab, list, count) == OSS_OK, "%s", oss_last_error());
    return vocab;
}

/* Node of a word's beginning; 0: none goes on so. */
static uint32_t walk(const oss_lexicon *lexicon, const char *text) {
    uint32_t node = 0;
    for (uint32_t code_point; (code_point = oss_text_next(&text)) != 0;) {
        node = oss_lexicon_child(lexicon, node, oss_letters_find(&lexicon->letters, code_point));
        if (node == 0) {
            break;
        }
    }
    return node;
}

/* Beginnings of words, of the best of them, against the list. */
static void expect_words(int32_t extra_symbols) {
    static const char *const word[] = {"a",
                                       "aal",
                                       "abe",
                                       "abed",
                                       "b",
                                       "\xc3\xa9t\xc3\xa9",
                                       "\xe4\xb8\x80"
                                       "b"};
    enum { WORDS = sizeof word / sizeof word[0] };
    oss_vocab *vocab = make_vocab(" abdelt\xc3\xa9\xe7\x8e\x8b", 0);
    if (extra_symbols > 0) {
        oss_vocab_free(vocab);
        vocab = make_vocab(" abdelt\xc3\xa9", extra_symbols);
    }
    int32_t words =
        extra_symbols > 0 ? WORDS : WORDS - 1; /* the last one has a letter of the larger vocabulary */
    oss_ngram *ngram = make_words(word, WORDS);
    oss_lexicon *lexicon = NULL;
    ck_assert_msg(oss_lexicon_create(&lexicon, ngram, vocab, "FILE") == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(oss_lexicon_words(lexicon), words);
    ck_assert(lexicon->masked == (extra_symbols == 0));
    for (int32_t i = 0; i < words; i++) {
        uint32_t node = walk(lexicon, word[i]);
        ck_assert_uint_ne(node, 0);
        ck_assert_uint_eq(lexicon->node[node].word, oss_ngram_find(ngram, word[i], strlen(word[i])));
        char beginning[16];
        for (size_t bytes = strlen(word[i]); bytes > 0; bytes--) {
            if (((unsigned char)word[i][bytes] & 0xC0) == 0x80) {
                continue;
            }
            float best = -100.0F;
            memcpy(beginning, word[i], bytes);
            beginning[bytes] = '\0';
            for (int32_t j = 0; j < words; j++) {
                bool below = strncmp(word[j], beginning, bytes) == 0;
                best = below && ln_p_of(j) > best ? ln_p_of(j) : best;
            }
            ck_assert_float_eq(lexicon->ahead[walk(lexicon, beginning)], best);
        }
    }
    ck_assert_uint_eq(lexicon->node[walk(lexicon, "ab")].word, OSS_NGRAM_UNKNOWN);
    ck_assert_uint_eq(walk(lexicon, "ad"), 0);
    ck_assert_uint_eq(walk(lexicon, "abeda"), 0);
    ck_assert_uint_eq(walk(lexicon, "x"), 0);
    oss_lexicon_free(lexicon);
    oss_ngram_free(ngram);
    oss_vocab_free(vocab);
}

START_TEST(few_letters) {
    expect_words(0);
}
END_TEST

START_TEST(more_letters_than_a_mask_has) {
    expect_words(300);
}
END_TEST

START_TEST(words_of_another_case) {
    static const char *const word[] = {"A", "B", "CAT", "b"};
    oss_vocab *vocab = make_vocab(" abc", 0), *upper = make_vocab(" ABCT", 0);
    oss_ngram *ngram = make_words(word, 4);
    oss_lexicon *lexicon = NULL;
    ck_assert_int_eq(oss_lexicon_create(&lexicon, ngram, vocab, "FILE"), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(),
                     "1 of 4 words of FILE can be spelt with the model's 4 symbols; is it upper case?");
    ck_assert_ptr_null(lexicon);
    ck_assert_int_eq(oss_lexicon_create(&lexicon, ngram, upper, "FILE"), OSS_OK);
    ck_assert_int_eq(oss_lexicon_words(lexicon), 3);
    oss_lexicon_free(lexicon);
    oss_ngram_free(ngram);
    static const char *const lower[] = {"a", "b"};
    ngram = make_words(lower, 2);
    lexicon = NULL;
    ck_assert_int_eq(oss_lexicon_create(&lexicon, ngram, upper, "FILE"), OSS_EINPUT);
    ck_assert_str_eq(oss_last_error(),
                     "0 of 2 words of FILE can be spelt with the model's 5 symbols; is it lower case?");
    oss_ngram_free(ngram);
    ngram = make_words(lower, 0);
    ck_assert_int_eq(oss_lexicon_create(&lexicon, ngram, upper, "FILE"), OSS_EINPUT);
    oss_ngram_free(ngram);
    oss_vocab_free(vocab);
    oss_vocab_free(upper);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("lexicon");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, few_letters);
    tcase_add_test(tests, more_letters_than_a_mask_has);
    tcase_add_test(tests, words_of_another_case);
    suite_add_tcase(suite, tests);
    return suite;
}
