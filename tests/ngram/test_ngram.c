/* Probabilities of n-gram models: worked out by hand, and by a list that is searched from its beginning. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/strbuf.h"
#include "ngram/pack.h"
#include "support/suite.h"
#include "support/tempdir.h"

#define LN10 2.302585092994045684

static char *folder;

static void make_folder(void) {
    folder = oss_tempdir_make();
}

static void remove_folder(void) {
    oss_tempdir_remove(folder);
}

static oss_ngram *load_text(const char *text) {
    oss_ngram *ngram = NULL;
    char *path = oss_tempdir_path(folder, "model.arpa");
    oss_tempdir_write(path, text, (long)strlen(text));
    ck_assert_msg(oss_ngram_load(&ngram, path) == OSS_OK, "%s", oss_last_error());
    free(path);
    return ngram;
}

static uint32_t find(const oss_ngram *ngram, const char *word) {
    return oss_ngram_find(ngram, word, strlen(word));
}

/* ---- By hand ---- */

static const char hand[] =
    "\\data\\\nngram 1=5\nngram 2=4\nngram 3=2\n\n"
    "\\1-grams:\n-1.0\t<unk>\n-99\t<s>\t-0.5\n-0.7\t</s>\n-0.5\tb\t-0.25\n-0.4\ta\t-0.3\n\n"
    "\\2-grams:\n-0.1\t<s> a\t-0.2\n-0.3\ta b\n-0.35\tb </s>\n-0.6\ta a\t-0.1\n\n"
    "\\3-grams:\n-0.05\t<s> a b\n-0.02 a a a\n\n\\end\\\n";

typedef struct hand_case {
    const char *words[5]; /* after <s>; "" ends */
    double log10_p;       /* of the last */
    int32_t length;       /* of the state behind it */
} hand_case;

static const hand_case hand_cases[] = {
    {{"a", ""}, -0.1, 2},
    {{"a", "b", ""}, -0.05, 1},            /* `a b` is an n-gram, but nothing goes on from it */
    {{"a", "b", "</s>", ""}, -0.35, 0},    /* neither `a b </s>`, with a back-off of 0 from `a b` */
    {{"a", "a", ""}, -0.2 - 0.6, 2},       /* `<s> a` backs off */
    {{"a", "a", "a", ""}, -0.02, 2},       /* order 3 */
    {{"a", "a", "b", ""}, -0.1 - 0.3, 1},  /* `a a` backs off to `a b` */
    {{"b", ""}, -0.5 - 0.5, 1},            /* `<s>` backs off */
    {{"b", "b", ""}, -0.25 - 0.5, 1},      /* `b` backs off */
    {{"a", "b", "a", ""}, -0.25 - 0.4, 1}, /* `a b` without, then `b` */
    {{"nobody", ""}, -0.5 - 1.0, 0},       /* unknown */
    {{"nobody", "a", ""}, -0.4, 1},
    {{"a", "</s>", ""}, -0.2 - 0.3 - 0.7, 0},
};

START_TEST(test_by_hand) {
    oss_ngram *ngram = load_text(hand);
    ck_assert_int_eq(oss_ngram_order(ngram), 3);
    ck_assert_int_eq(oss_ngram_count(ngram, 1), 5);
    ck_assert_int_eq(oss_ngram_count(ngram, 3), 2);
    ck_assert(!oss_ngram_is_of_symbols(ngram));
    for (size_t i = 0; i < sizeof hand_cases / sizeof *hand_cases; i++) {
        oss_ngram_state state = oss_ngram_begin(ngram);
        float ln_p = 0.0f;
        for (int k = 0; hand_cases[i].words[k][0] != '\0'; k++) {
            uint32_t token = find(ngram, hand_cases[i].words[k]);
            float without = oss_ngram_score(ngram, &state, token, NULL);
            ln_p = oss_ngram_score(ngram, &state, token, &state);
            ck_assert_float_eq(ln_p, without);
        }
        ck_assert_msg(fabs(ln_p - hand_cases[i].log10_p * LN10) < 1e-5, "case %zu: %g", i, ln_p / LN10);
        ck_assert_msg((int32_t)state.length == hand_cases[i].length, "case %zu: length %u", i, state.length);
        for (uint32_t k = state.length; k < OSS_NGRAM_ORDER_MAX - 1; k++) {
            ck_assert_uint_eq(state.node[k], 0);
        }
    }
    ck_assert_float_eq_tol(oss_ngram_unigram(ngram, find(ngram, "a")), (float)(-0.4 * LN10), 1e-6f);
    ck_assert_float_eq_tol(oss_ngram_unigram(ngram, 12345), (float)(-1.0 * LN10), 1e-6f);
    oss_ngram_free(ngram);
}
END_TEST

START_TEST(test_tokens) {
    oss_ngram *ngram = load_text(hand);
    static const char *const want[] = {"<unk>", "<s>", "</s>", "a", "b"};
    for (uint32_t i = 0; i < 5; i++) {
        size_t bytes;
        const char *text = oss_ngram_token(ngram, i, &bytes);
        ck_assert_uint_eq(bytes, strlen(want[i]));
        ck_assert(memcmp(text, want[i], bytes) == 0);
        ck_assert_uint_eq(oss_ngram_find(ngram, want[i], bytes), i);
    }
    ck_assert_uint_eq(oss_ngram_find(ngram, "ab", 1), 3);
    ck_assert_uint_eq(find(ngram, "ab"), OSS_NGRAM_UNKNOWN);
    ck_assert_uint_eq(find(ngram, ""), OSS_NGRAM_UNKNOWN);
    oss_ngram *other = oss_ngram_share(ngram);
    oss_ngram_free(ngram);
    ck_assert_uint_eq(find(other, "b"), 4);
    oss_ngram_free(other);
    oss_ngram_free(NULL);
}
END_TEST

START_TEST(test_order_one) {
    oss_ngram *ngram = load_text("\\data\\\nngram 1=3\n\\1-grams:\n-0.5 x\n-0.3 </s>\n-0.2 <s>\n\\end\\\n");
    oss_ngram_state state = oss_ngram_begin(ngram);
    ck_assert_uint_eq(state.length, 0);
    ck_assert_float_eq_tol(oss_ngram_score(ngram, &state, find(ngram, "x"), &state), (float)(-0.5 * LN10),
                           1e-6f);
    ck_assert_uint_eq(state.length, 0);
    ck_assert_float_eq_tol(oss_ngram_score(ngram, &state, find(ngram, "y"), &state), (float)(-100 * LN10),
                           1e-3f);
    oss_ngram_free(ngram);
}
END_TEST

/* ---- By a list ---- */

enum { MOST = 4000, WORDS = 12, SENTENCE = 40 };

typedef struct listed {
    int32_t n;
    char word[OSS_NGRAM_ORDER_MAX];
    double log10_p, log10_backoff;
} listed;

typedef struct random_model {
    int32_t order, count;
    listed ngram[MOST];
} random_model;

static const listed *look_up(const random_model *m, const char *word, int32_t n) {
    for (int32_t i = 0; i < m->count; i++) {
        if (m->ngram[i].n == n && memcmp(m->ngram[i].word, word, (size_t)n) == 0) {
            return &m->ngram[i];
        }
    }
    return NULL;
}

/* log10 p(history[length - 1] | those before). */
static double rate(const random_model *m, const char *history, int32_t length) {
    double sum = 0.0;
    for (int32_t n = length < m->order ? length : m->order; n > 1; n--) {
        const listed *found = look_up(m, history + length - n, n);
        const listed *context = look_up(m, history + length - n, n - 1);
        if (found != NULL) {
            return sum + found->log10_p;
        }
        sum += context == NULL ? 0.0 : context->log10_backoff;
    }
    const listed *word = look_up(m, history + length - 1, 1);
    return sum + (word == NULL ? look_up(m, "?", 1)->log10_p : word->log10_p);
}

typedef struct dice {
    uint64_t seed, thrown;
} dice;

static double next(dice *rng) {
    return oss_rng_uniform(rng->seed, OSS_RNG_TEST, rng->thrown++, 0);
}

static double draw(dice *rng, double low) {
    return -floor(next(rng) * 100.0 * -low) / 100.0;
}

static void add(random_model *m, dice *rng, const char *word, int32_t n) {
    if (m->count < MOST && look_up(m, word, n) == NULL) {
        listed *l = &m->ngram[m->count++];
        *l = (listed){.n = n, .log10_p = draw(rng, -2.0), .log10_backoff = draw(rng, -1.0)};
        memcpy(l->word, word, (size_t)n);
        /* Positive back-offs are allowed, and none at all. */
        l->log10_backoff = next(rng) < 0.3 ? 0.0 : l->log10_backoff + 0.2;
        l->log10_backoff = n == m->order ? 0.0 : l->log10_backoff;
    }
}

/* Words are letters; '?' is <unk>, '(' <s>, ')' </s>. With gaps contexts may be missing; suffixes may be anyway. */
static void make_model(random_model *m, dice *rng, int32_t order, bool gaps) {
    char word[OSS_NGRAM_ORDER_MAX];
    *m = (random_model){.order = order};
    for (const char *special = "?()"; *special != '\0'; special++) {
        add(m, rng, special, 1);
    }
    for (int32_t i = 0; i < WORDS; i++) {
        word[0] = (char)('a' + i);
        add(m, rng, word, 1);
    }
    for (int32_t n = 2; n <= order; n++) {
        for (int32_t i = 0; i < 60 * n; i++) {
            int32_t from = (int32_t)(next(rng) * m->count);
            for (int32_t k = 0; k < n; k++) {
                word[k] = (char)('a' + (int32_t)(next(rng) * WORDS));
            }
            if (!gaps && m->ngram[from].n == n - 1) {
                memcpy(word, m->ngram[from].word, (size_t)n - 1);
            }
            if (gaps || m->ngram[from].n == n - 1) {
                add(m, rng, word, n);
            }
        }
    }
}

static void append_word(oss_strbuf *text, char word) {
    const char *special = word == '?' ? "<unk>" : word == '(' ? "<s>" : word == ')' ? "</s>" : NULL;
    char letter[2] = {word, '\0'};
    oss_strbuf_append(text, special != NULL ? special : letter);
}

static oss_ngram *load_model(const random_model *m) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "\\data\\\n");
    for (int32_t n = 1; n <= m->order; n++) {
        int32_t count = 0;
        for (int32_t i = 0; i < m->count; i++) {
            count += m->ngram[i].n == n;
        }
        oss_strbuf_printf(&text, "ngram %d=%d\n", n, count);
    }
    for (int32_t n = 1; n <= m->order; n++) {
        oss_strbuf_printf(&text, "\n\\%d-grams:\n", n);
        for (int32_t i = m->count - 1; i >= 0; i--) {
            if (m->ngram[i].n != n) {
                continue;
            }
            oss_strbuf_printf(&text, "%.2f", m->ngram[i].log10_p);
            for (int32_t k = 0; k < n; k++) {
                oss_strbuf_append(&text, k == 0 ? "\t" : " ");
                append_word(&text, m->ngram[i].word[k]);
            }
            if (m->ngram[i].log10_backoff != 0.0) {
                oss_strbuf_printf(&text, "\t%.2f", m->ngram[i].log10_backoff);
            }
            oss_strbuf_append(&text, "\n");
        }
    }
    oss_strbuf_append(&text, "\n\\end\\\n");
    ck_assert(oss_strbuf_ok(&text));
    oss_ngram *ngram = load_text(text.data);
    oss_strbuf_deinit(&text);
    return ngram;
}

static void check_sentence(const random_model *m, const oss_ngram *ngram, dice *rng, double tolerance) {
    char history[SENTENCE + 1] = "(";
    oss_ngram_state state = oss_ngram_begin(ngram);
    for (int32_t i = 1; i <= SENTENCE; i++) {
        int32_t drawn = (int32_t)(next(rng) * (WORDS + 2));
        history[i] = drawn == WORDS ? '?' : drawn == WORDS + 1 ? ')' : (char)('a' + drawn);
        oss_strbuf word = {0};
        append_word(&word, history[i]);
        float ln_p = oss_ngram_score(ngram, &state, find(ngram, word.data), &state);
        double want = fmin(rate(m, history, i + 1), 0.0);
        ck_assert_msg(fabs(ln_p / LN10 - want) < tolerance, "%.*s: %g, not %g", i + 1, history, ln_p / LN10,
                      want);
        oss_strbuf_deinit(&word);
    }
}

START_TEST(test_by_list) {
    static random_model m;
    const bool gaps = _i % 2 == 1;
    dice rng = {.seed = (uint64_t)_i};
    for (int32_t order = 1; order <= OSS_NGRAM_ORDER_MAX; order++) {
        make_model(&m, &rng, order, gaps);
        oss_ngram *ngram = load_model(&m);
        ck_assert_int_eq(oss_ngram_order(ngram), order);
        for (int32_t i = 0; i < 20; i++) {
            /* What is put in for a missing context may be one value too many for the tables. */
            check_sentence(&m, ngram, &rng, gaps ? 0.05 : 1e-5);
        }
        oss_ngram_free(ngram);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("ngram");
    TCase *all = tcase_create("ngram");
    tcase_add_checked_fixture(all, make_folder, remove_folder);
    tcase_add_test(all, test_by_hand);
    tcase_add_test(all, test_tokens);
    tcase_add_test(all, test_order_one);
    tcase_add_loop_test(all, test_by_list, 0, 6);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}
