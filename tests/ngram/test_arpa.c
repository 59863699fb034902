/* ARPA files as they come, and those that are wrong: one trap each. */
#include <math.h>
#include <stdio.h>
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

static oss_status load_bytes(oss_ngram **out, const char *text, size_t bytes) {
    char *path = oss_tempdir_path(folder, "model.arpa");
    oss_tempdir_write(path, text, (long)bytes);
    oss_status status = oss_ngram_load(out, path);
    free(path);
    return status;
}

static oss_ngram *load(const char *text) {
    oss_ngram *ngram = NULL;
    ck_assert_msg(load_bytes(&ngram, text, strlen(text)) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

/* log10 p(last word | <s> and those before it), words between single spaces. */
static double rate(const oss_ngram *ngram, const char *words) {
    oss_ngram_state state = oss_ngram_begin(ngram);
    float ln_p = 0.0f;
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        ln_p = oss_ngram_score(ngram, &state, oss_ngram_find(ngram, words, length), &state);
        words += length + (words[length] == ' ');
    }
    return ln_p / LN10;
}

/* ---- What is read ---- */

typedef struct good {
    const char *text, *words;
    double log10_p;
} good;

#define HEAD1 "\\data\\\nngram 1=4\n\n\\1-grams:\n"
#define HEAD2 "\\data\\\nngram 1=4\nngram 2=1\n\n\\1-grams:\n"

static const good goods[] = {
    /* no back-off column, though something follows */
    {HEAD2 "-1 <unk>\n-99 <s>\n-0.5 </s>\n-0.4\ta\n\\2-grams:\n-0.2\t<s> a\n\\end\\\n", "a", -0.2},
    {HEAD2 "-1 <unk>\n-99 <s>\n-0.5 </s>\n-0.4\ta\n\\2-grams:\n-0.2\t<s> a\n\\end\\\n", "a a", -0.4},
    /* CR LF, blanks for tabs and around, empty lines, something before the head and behind the end */
    {"made by hand\r\n\r\n\\data\\\r\nngram  1 = 4\r\nngram 2=1\r\n\r\n\\1-grams:\r\n-1 <unk> 0\r\n-99   <s>  -0.5 \r\n\r\n"
     "-0.5 </s>\r\n -0.4 a\t-0.1\r\n\r\n\\2-grams:\r\n-0.2 <s> a\r\n\\end\\\r\nmore\r\n",
     "a b", -1.1},
    {"\xef\xbb\xbf" HEAD1 "-1 <unk>\n-99 <s>\n-0.5 </s>\n-0.4\ta\n\\end\\", "a",
     -0.4},                                                                /* a mark; no last line break */
    {HEAD1 "-1 <UNK>\n-99 <s>\n-0.5 </s>\n-0.4\ta\n\\end\\\n", "b", -1.0}, /* in capitals */
    {HEAD1 "-1 x\n-99 <s>\n-0.5 </s>\n-0.4\ta\n\\end\\\n", "b", -100.0},   /* no <unk> */
    {HEAD1 "-1 <unk>\n-inf <s>\n-0.5 </s>\n-Infinity\ta\n\\end\\\n", "a", -100.0}, /* nothing is impossible */
    {HEAD1 "-1 <unk>\n-99 <s>\n-0.5 </s>\n-4e-1\ta\n\\end\\\n", "a", -0.4},
    {HEAD1 "-1 <unk>\n-99 <s>\n-0.5 </s>\n-0.00000000000000000000000004\ta\n\\end\\\n", "a", 0.0},
    {HEAD1 "-1 <unk>\n-99 <s>\n-0.5 </s>\n0.0000012\ta\n\\end\\\n", "a", 0.0}, /* rounding */
    {HEAD1 "-1 <unk>\n-99 <s>\n-0.5 </s>\n-0.4\t\\2-grams:\n\\end\\\n", "\\2-grams:", -0.4},
    /* neither <s> nor </s> */
    {"\\data\\\nngram 1=2\n\\1-grams:\n-0.3 a\n-0.4 b\n\\end\\\n", "b a", -0.3},
    {"\\data\\\nngram 1=2\n\\1-grams:\n-0.3 a\n-0.4 b\n\\end\\\n", "</s>", -100.0},
    /* `a b` is missing, and so is `b c`: p(b | a) is by backing off, p(c | a b) is there */
    {"\\data\\\nngram 1=5\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 <s> -0.7\n-1 </s>\n-0.3 a -0.25\n-0.4 b\n-0.5 c\n"
     "\\2-grams:\n-0.15 <s> a -0.05\n\\3-grams:\n-0.01 a b c\n\\end\\\n",
     "a b c", -0.01},
    {"\\data\\\nngram 1=5\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 <s> -0.7\n-1 </s>\n-0.3 a -0.25\n-0.4 b\n-0.5 c\n"
     "\\2-grams:\n-0.15 <s> a -0.05\n\\3-grams:\n-0.01 a b c\n\\end\\\n",
     "a b", -0.05 - 0.25 - 0.4},
    {"\\data\\\nngram 1=3\nngram 2=0\n\\1-grams:\n-1 <s> -0.7\n-1 </s>\n-0.3 a -0.25\n\\2-grams:\n\\end\\\n",
     "a a", -0.55},
};

START_TEST(test_what_is_read) {
    oss_ngram *ngram = load(goods[_i].text);
    ck_assert_msg(fabs(rate(ngram, goods[_i].words) - goods[_i].log10_p) < 1e-4, "%s: %g, not %g",
                  goods[_i].words, rate(ngram, goods[_i].words), goods[_i].log10_p);
    oss_ngram_free(ngram);
}
END_TEST

/* ---- What is refused ---- */

typedef struct bad {
    const char *text, *line, *message;
} bad;

static const bad bads[] = {
    {"", "", "no line \\data\\"},
    {"hello\nworld\n", "", "neither a language model of ours nor an ARPA file"},
    {"\\data\\\n\\1-grams:\n", ":2: ", "no count like"},
    {"\\data\\\nngram 1=x\n", ":2: ", "not a count"},
    {"\\data\\\nngram 1=3\nngram 3=1\n", ":3: ", "do not follow one another"},
    {"\\data\\\nngram 1=3\nngram 7=1\n", ":3: ", "orders 1 to 6"},
    {"\\data\\\nngram 1=3\n\\2-grams:\n", ":3: ", "the line \\1-grams: should be"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a\n", ":8: ", "without the line \\end\\: it was cut off"},
    {HEAD1 "-1 <unk>\n-1 <s>\n", ":6: ", "without the line \\end\\"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n\\end\\\n", ":8: ", "3 n-grams of order 1, but line 2 says 4"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a\n-1 b\n\\end\\\n",
     ":9: ", "one more n-gram of order 1 than the 4 that line 2 says"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 </s>\n\\end\\\n",
     ":8: ", "\"</s>\" is there twice, first on line 7"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 <UNK>\n-1 </s>\n\\end\\\n",
     ":7: ", "\"<unk>\" is there twice, first on line 5"},
    {"\\data\\\nngram 1=4\nngram 2=3\n\\1-grams:\n-1 <unk>\n-1 <s>\n-1 </s>\n-1 a\n\\2-grams:\n-1 a a\n-1 <s> a\n\n-2 a a\n"
     "\\end\\\n",
     ":13: ", "\"a a\" is there twice, first on line 10"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n0.5 a\n\\end\\\n", ":8: ", "\"0.5\" is no logarithm of a probability"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\nnan a\n\\end\\\n", ":8: ", "no logarithm"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-0,5 a\n\\end\\\n", ":8: ", "no logarithm"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a b c\n\\end\\\n", ":8: ", "4 fields"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a b\n\\end\\\n", ":8: ", "\"b\" is no logarithm of a back-off"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1\n\\end\\\n", ":8: ", "1 fields"},
    {HEAD2 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a\n\\2-grams:\n-1 a b\n\\end\\\n", ":11: ", "\"b\" is not among"},
    {HEAD2 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a\n\\end\\\n", ":10: ", "the line \\2-grams: should be"},
    {HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-1 a\n\\2-grams:\n", ":9: ", "the line \\end\\ should be"},
};

START_TEST(test_what_is_refused) {
    oss_ngram *ngram = NULL;
    ck_assert_int_eq(load_bytes(&ngram, bads[_i].text, strlen(bads[_i].text)), OSS_EINPUT);
    ck_assert_ptr_null(ngram);
    ck_assert_msg(strstr(oss_last_error(), bads[_i].message) != NULL, "%s", oss_last_error());
    ck_assert_msg(strstr(oss_last_error(), bads[_i].line) != NULL, "%s", oss_last_error());
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "model.arpa"));
}
END_TEST

START_TEST(test_lines) {
    oss_ngram *ngram = NULL;
    static const char with_nul[] = HEAD1 "-1 <u\0k>\n";
    ck_assert_int_eq(load_bytes(&ngram, with_nul, sizeof with_nul - 1), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), ":5: a NUL byte"));
    oss_strbuf text = {0};
    oss_strbuf_append(&text, HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-0.25 ");
    for (int i = 0; i < 200000; i++) {
        oss_strbuf_append(&text, "x");
    }
    oss_strbuf_append(&text, "\n\\end\\\n");
    ngram = load(text.data);
    size_t bytes;
    (void)oss_ngram_token(ngram, 3, &bytes);
    ck_assert_uint_eq(bytes, 200000);
    oss_ngram_free(ngram);
    oss_strbuf_clear(&text);
    oss_strbuf_append(&text, HEAD1 "-1 <unk>\n-1 <s>\n-1 </s>\n-0.25 ");
    for (int i = 0; i < 1100000; i++) {
        oss_strbuf_append(&text, "x");
    }
    ck_assert_int_eq(load_bytes(&ngram, text.data, text.length), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), ": a line of more than"));
    oss_strbuf_deinit(&text);
}
END_TEST

/* Whatever stands there, it is read or refused with a line or a name; sanitizers tell of more. */
START_TEST(test_damage) {
    static const char put[] = "\n\r\t -.019eN\\<>/sabc\xff\xc3";
    int32_t read = 0, refused = 0;
    for (uint64_t i = 0; i < 4000; i++) {
        const char *text = goods[i % (sizeof goods / sizeof *goods)].text;
        size_t bytes = strlen(text);
        char *copy = malloc(bytes + 1);
        memcpy(copy, text, bytes + 1);
        for (uint32_t k = 0; k <= i % 4; k++) {
            uint64_t drawn = oss_rng_u64(23, OSS_RNG_TEST, i, k);
            copy[drawn / 64 % bytes] = put[drawn % (sizeof put - 1)];
        }
        bytes -= i % 7 == 0 ? oss_rng_u64(24, OSS_RNG_TEST, i, 0) % bytes : 0;
        oss_ngram *ngram = NULL;
        oss_status status = load_bytes(&ngram, copy, bytes);
        if (status == OSS_OK) {
            read++;
            ck_assert(rate(ngram, "a b c") <= 0.0);
        } else {
            refused++;
            ck_assert_int_eq(status, OSS_EINPUT);
            ck_assert_ptr_nonnull(strstr(oss_last_error(), "model.arpa"));
            ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
        }
        oss_ngram_free(ngram);
        free(copy);
    }
    ck_assert_int_gt(read, 100);
    ck_assert_int_gt(refused, 200);
}
END_TEST

/* ---- gzip ---- */

static char *make_gzip(const char *text) {
    char *path = oss_tempdir_path(folder, "-d model.arpa"); /* a name that could be an option */
    oss_tempdir_write(path, text, (long)strlen(text));
    oss_strbuf command = {0};
    oss_strbuf_printf(&command, "gzip -n -- '%s'", path);
    ck_assert_int_eq(system(command.data), 0);
    oss_strbuf_deinit(&command);
    free(path);
    return oss_tempdir_path(folder, "-d model.arpa.gz");
}

START_TEST(test_gzip) {
    oss_ngram *ngram = NULL;
    char *path = make_gzip(goods[0].text);
    ck_assert_msg(oss_ngram_load(&ngram, path) == OSS_OK, "%s", oss_last_error());
    ck_assert_double_eq_tol(rate(ngram, "a"), -0.2, 1e-5);
    oss_ngram_free(ngram);
    ngram = NULL;
    long bytes;
    char *packed = oss_tempdir_read(path, &bytes);
    packed[bytes - 6] ^= 1; /* its check sum */
    oss_tempdir_write(path, packed, bytes);
    ck_assert_int_eq(oss_ngram_load(&ngram, path), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "gzip") != NULL, "%s", oss_last_error());
    oss_tempdir_write(path, packed, bytes / 2); /* cut off */
    ck_assert_int_eq(oss_ngram_load(&ngram, path), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "unexpected end") != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(ngram);
    free(packed);
    free(path);
}
END_TEST

START_TEST(test_gzip_with_a_bad_file_in_it) {
    oss_ngram *ngram = NULL;
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "\\data\\\nngram 1=3\n\\1-grams:\n-1 a b c d\n");
    for (int i = 0; i < 300000; i++) { /* gzip has more to say than is read */
        oss_strbuf_printf(&text, "-1.%d a%d\n", i % 7, i * 977);
    }
    char *path = make_gzip(text.data);
    ck_assert_int_eq(oss_ngram_load(&ngram, path), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), ":4: 5 fields") != NULL, "%s", oss_last_error());
    free(path);
    oss_strbuf_deinit(&text);
}
END_TEST

/* What has no end is given up soon, not when memory is: line feeds before the head and in a section, and a file that gzip
 * makes a thousandth of. */
START_TEST(test_what_only_fills_memory) {
    enum { BYTES = 20 << 20 };
    static const struct {
        const char *head, *message;
    } fill[] = {{"x\n", "no line \\data\\ in its first 512 KiB"},
                {"\\data\\\nngram 1=4\n\\1-grams:\n", "nothing but empty lines"}};
    char *text = malloc(BYTES + 1);
    oss_ngram *ngram = NULL;
    text[BYTES] = '\0';
    for (size_t i = 0; i < sizeof fill / sizeof fill[0]; i++) {
        for (int at = 0; at < BYTES; at++) {
            text[at] = i == 0 && at % 2 == 0 ? 'x' : '\n';
        }
        memcpy(text, fill[i].head, strlen(fill[i].head));
        ck_assert_int_eq(load_bytes(&ngram, text, BYTES), OSS_EINPUT);
        ck_assert_msg(strstr(oss_last_error(), fill[i].message) != NULL, "%s", oss_last_error());
    }
    int at = sprintf(text, "\\data\\\nngram 1=%d\n\\1-grams:\n", BYTES);
    for (; at + 5 <= BYTES; at += 5) {
        memcpy(text + at, "-1 a\n", 5);
    }
    text[at] = '\0';
    char *path = make_gzip(text);
    ck_assert_int_eq(oss_ngram_load(&ngram, path), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "compressed more than any language model") != NULL, "%s",
                  oss_last_error());
    ck_assert_ptr_null(ngram);
    free(path);
    free(text);
}
END_TEST

START_TEST(test_no_gzip) {
    oss_ngram *ngram = NULL;
    char *path = make_gzip(goods[0].text), *before = strdup(getenv("PATH"));
    (void)setenv("PATH", folder, 1);
    oss_status status = oss_ngram_load(&ngram, path);
    (void)setenv("PATH", before, 1);
    ck_assert_int_eq(status, OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "no program gzip here") != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
    free(path);
    free(before);
}
END_TEST

/* ---- Written ---- */

START_TEST(test_written_and_read_again) {
    oss_ngram *ngram = load(goods[14].text), *again = NULL;
    char *path = oss_tempdir_path(folder, "out.arpa");
    ck_assert_msg(oss_ngram_write_arpa(ngram, path) == OSS_OK, "%s", oss_last_error());
    long bytes;
    char *first = oss_tempdir_read(path, &bytes);
    static const char want[] =
        "\\data\\\nngram 1=6\nngram 2=2\nngram 3=1\n\n\\1-grams:\n-100\t<unk>\t0\n-1\t<s>\t-0.7\n-1\t</s>\t0\n"
        "-0.3\ta\t-0.25\n-0.4\tb\t0\n-0.5\tc\t0\n\n\\2-grams:\n-0.15\t<s> a\t-0.05\n-0.65\ta b\t0\n\n"
        "\\3-grams:\n-0.01\ta b c\n\n\\end\\\n";
    ck_assert_str_eq(first, want);
    ck_assert_int_eq(oss_ngram_load(&again, path), OSS_OK);
    ck_assert_double_eq_tol(rate(again, "a b"), -0.7, 1e-5);
    ck_assert_int_eq(oss_ngram_bytes(again), oss_ngram_bytes(ngram));
    oss_ngram_free(again);
    oss_ngram_free(ngram);
    free(first);
    free(path);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("arpa");
    TCase *all = tcase_create("arpa");
    tcase_add_checked_fixture(all, make_folder, remove_folder);
    tcase_add_loop_test(all, test_what_is_read, 0, sizeof goods / sizeof *goods);
    tcase_add_loop_test(all, test_what_is_refused, 0, sizeof bads / sizeof *bads);
    tcase_add_test(all, test_lines);
    tcase_add_test(all, test_damage);
    tcase_add_test(all, test_gzip);
    tcase_add_test(all, test_gzip_with_a_bad_file_in_it);
    tcase_add_test(all, test_what_only_fills_memory);
    tcase_add_test(all, test_no_gzip);
    tcase_add_test(all, test_written_and_read_again);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}
