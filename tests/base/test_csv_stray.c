/* Quotes that should not be there: each spoils the row on its own line and no other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/rng.h"
#include "base/strbuf.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;
static char *path;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "rows.csv");
}

static void tear_down(void) {
    free(path);
    oss_tempdir_remove(folder);
}

/* What is called NAME.wav is a recording. */
static oss_status is_recording(void *context, const char *cell, const char *own, bool *out) {
    ck_assert_ptr_eq(context, path);
    size_t length = strlen(cell);
    ck_assert(own == NULL || strcmp(cell, own) != 0);
    *out = length > 4 && strcmp(cell + length - 4, ".wav") == 0;
    return OSS_OK;
}

/* Every row as "LINE field|field;", every refused one as "LINE !;", line breaks in fields as '/'. */
static void read_all(oss_strbuf *out, int32_t witness_column) {
    oss_csv *csv = NULL;
    uint64_t end = 0;
    int64_t number = 0;
    ck_assert_msg(oss_csv_open(&csv, path) == OSS_OK, "%s", oss_last_error());
    if (witness_column >= 0) {
        oss_csv_set_witness(csv, witness_column, is_recording, path);
    }
    for (;;) {
        const oss_csv_row *row = NULL;
        oss_status status = oss_csv_next(csv, &row);
        if (status == OSS_OK && row == NULL) {
            break;
        }
        oss_csv_place place = oss_csv_place_of_record(csv);
        ck_assert_int_eq(place.number, ++number);
        ck_assert_uint_ge(place.begin, end); /* every byte belongs to one row at most */
        end = place.end;
        oss_strbuf_printf(out, "%lld ", (long long)place.line);
        if (status != OSS_OK) {
            ck_assert_int_eq(status, OSS_EINPUT);
            oss_strbuf_append(out, "!;");
            continue;
        }
        for (int32_t i = 0; i < row->fields; i++) {
            oss_strbuf_printf(out, "%s%s", i == 0 ? "" : "|", row->field[i]);
        }
        oss_strbuf_append(out, ";");
    }
    oss_csv_free(csv);
    for (size_t i = 0; i < out->length; i++) {
        out->data[i] = out->data[i] == '\n' ? '/' : out->data[i];
    }
}

static void expect(const char *text, int32_t witness_column, const char *want) {
    oss_strbuf got = {0};
    oss_tempdir_write(path, text, (long)strlen(text));
    read_all(&got, witness_column);
    ck_assert_str_eq(got.data, want);
    oss_strbuf_deinit(&got);
}

static void expect_message(const char *text, int32_t witness_column, const char *want) {
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    oss_tempdir_write(path, text, (long)strlen(text));
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
    if (witness_column >= 0) {
        oss_csv_set_witness(csv, witness_column, is_recording, path);
    }
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), want) != NULL, "%s", oss_last_error());
    oss_csv_free(csv);
}

/* ---- One quote ---- */

START_TEST(test_never_closed) {
    expect("w,t\na,1\nb,\"2\nc,3\nd,4\n", -1, "2 a|1;3 !;4 c|3;5 d|4;");
    expect("w,t\r\na,1\r\n\"b,2\r\nc,3\r\n", -1, "2 a|1;3 !;4 c|3;");
    expect("w,t\ra,\"1\rc,3\r", -1, "2 !;3 c|3;");
    expect("w,t\na,\"1", -1, "2 !;");
    expect("w,t\na,\"1\n", -1, "2 !;");
    expect("w,t\na,\"1\n\n\nc,3", -1, "2 !;5 c|3;");
    expect_message("w,t\na,\"1\nc,3\n", -1, ":2: row 1: the quote that opens field 2 is never closed");
}
END_TEST

/* The quote of a sound row further down cannot close it. */
START_TEST(test_closed_by_the_quote_of_another_row) {
    expect("w,t\na,\"1\nb,2\nc,\"3, 3\"\nd,4\n", -1, "2 !;3 b|2;4 c|3, 3;5 d|4;");
    expect("w,t\n\"a\",\"1\n\"b\",\"2\"\n\"c\",\"3\"\n", -1, "2 !;3 b|2;4 c|3;");
    expect("w,t\na,\"1\nb,2\nc,\"\"\"3\"\" 3\"\nd,4\n", -1, "2 !;3 b|2;4 c|\"3\" 3;5 d|4;");
    expect_message("w,t\na,\"1\nb,2\nc,\"3\"\n", -1,
                   "row 1: the quote that opens field 2 is not closed: text follows the next one, on line 4");
}
END_TEST

/* A sound field with line breaks before it stays with its row. */
START_TEST(test_after_a_sound_field) {
    expect("a,b,c\n\"1\n1\",\"2,3\n4,5,6\n7,8,\"9\"\n", -1, "2 !;4 4|5|6;5 7|8|9;");
}
END_TEST

/* ---- Two quotes ---- */

/* The two make a record with too many or too few fields, over lines that are rows. */
START_TEST(test_two_with_another_number_of_fields) {
    static const char more[] = "w,t\na.wav,\"1\nb.wav,2\nc.wav,3\nd.wav,5\",x\ne.wav,6\n";
    expect(more, 0, "2 !;3 b.wav|2;4 c.wav|3;5 !;6 e.wav|6;");
    expect(more, -1, "2 !;3 b.wav|2;4 c.wav|3;5 !;6 e.wav|6;"); /* without a witness they look like rows */
    expect_message(more, 0, "the quote that opens field 2 takes in rows up to line 5: close it on its line");
    expect("w,t,s\na.wav,\"1,x\nb.wav,2,y\"\nc.wav,3,z\n", 0, "2 !;3 b.wav|2|y\";4 c.wav|3|z;");
    /* Beyond the header's fields no quote takes in a line. */
    expect("w,t\na,1,\"2\nb,2\nc,3\"\n", -1, "2 !;3 b|2;4 c|3\";");
    /* No line in it is a row: the record stays what it is. */
    expect("w,t\na.wav,\"one\ntwo\",x\nb.wav,2\n", 0, "2 !;4 b.wav|2;");
    expect("w,t\na.wav,\"one, more\ntwo\nthree, more\",x\nb.wav,2\n", 0, "2 !;5 b.wav|2;");
}
END_TEST

/* The two make a sound record; the witness knows the recordings in it. */
START_TEST(test_two_with_the_right_number_of_fields) {
    static const char inner[] = "w,t\na.wav,\"1\nb.wav,2\nc.wav,3\"\nd.wav,4\n";
    expect(inner, -1, "2 a.wav|1/b.wav,2/c.wav,3;5 d.wav|4;");
    expect(inner, 0, "2 !;3 b.wav|2;4 c.wav|3\";5 d.wav|4;");
    expect("w,t\na.wav,\"1\nb.wav,2\"\nc.wav,3\n", 0, "2 !;3 b.wav|2\";4 c.wav|3;");
    expect("t,w\n\"1,a.wav\n2,b.wav\n3\",c.wav\n4,d.wav\n", 1, "2 !;3 2|b.wav;4 3\"|c.wav;5 4|d.wav;");
    expect("t,w\n\"1,a.wav\n3\",c.wav\n", 1, "2 !;3 3\"|c.wav;");
    expect("w,t,s\na.wav,\"1,x\r\nb.wav,2,y\r\nc.wav,3\",z\r\n", 0, "2 !;3 b.wav|2|y;4 c.wav|3\"|z;");
    expect("w,t,s\na.wav,\"1,x\nb.wav,3\",z\n", 0, "2 !;3 b.wav|3\"|z;");
    expect("w,t\n\"a.wav,1\nb.wav\",3\n", 0, "2 !;3 b.wav\"|3;");
    expect_message(inner, 0, ":2: row 1: the quote that opens field 2 takes in rows up to line 4");
}
END_TEST

/* Nobody knows the recordings, but there are whole lines in it and all have the header's number of fields. */
START_TEST(test_two_over_lines_that_are_like_rows) {
    static const char rows[] = "w,t\na,\"1\nb,2\nc,3\nd,4\"\ne,5\n";
    expect(rows, -1, "2 !;3 b|2;4 c|3;5 d|4\";6 e|5;");
    expect_message(rows, -1, ":2: row 1: the quote that opens field 2 takes in rows up to line 5");
    expect("t,w,s\n\"1,a,x\r\n2,b,y\r\n\r\n3,c,z\r\n4\",d,z\r\n", -1, "2 !;3 2|b|y;5 3|c|z;6 4\"|d|z;");
    /* One such line is no proof, a line of another kind is one against it, and texts have blanks behind commas. */
    expect("w,t\na,\"1\nb,2\nc,3\"\nd,4\n", -1, "2 a|1/b,2/c,3;5 d|4;");
    expect("w,t\na,\"1\nb,2\nand\nc,3\nd\"\ne,4\n", -1, "2 a|1/b,2/and/c,3/d;7 e|4;");
    expect("w,t\na,\"so, one\nso, two\nso, three\nfour\"\n", -1, "2 a|so, one/so, two/so, three/four;");
    expect("t\n\"one\ntwo\nthree\nfour\"\n", -1, "2 one/two/three/four;");
}
END_TEST

/* ---- Texts with line breaks ---- */

START_TEST(test_sound_fields_with_line_breaks) {
    expect("w,t\na.wav,\"one\ntwo\"\nb.wav,2\n", 0, "2 a.wav|one/two;4 b.wav|2;");
    expect("w,t\na.wav,\"one, two\nthree, four\"\nb.wav,2\n", 0, "2 a.wav|one, two/three, four;4 b.wav|2;");
    expect("w,t\na.wav,\"he said \"\"b.wav\"\"\nand, so\"\n", 0, "2 a.wav|he said \"b.wav\"/and, so;");
    expect("w,t\na.wav,\"\"\"one\"\"\n\n\"\"two\"\"\"\nb.wav,2\n", 0, "2 a.wav|\"one\"//\"two\";5 b.wav|2;");
    expect("t,w\n\"one\ntwo\",a.wav\n\"one,\nx,y\",b.wav\n", 1, "2 one/two|a.wav;4 one,/x,y|b.wav;");
    expect("w,t,s\na.wav,\"one\nb.wav two\",x\n", 0, "2 a.wav|one/b.wav two|x;");
    expect("t,w\n\"one\nb.wav\",a.wav\n", 1, "2 one/b.wav|a.wav;");
}
END_TEST

/* What is wrong inside of what a stray quote takes in is said of its own row. */
START_TEST(test_other_faults_in_between) {
    expect("w,t\na,\"1\nb,\xff\nc,3\nd,4\n", -1, "2 !;3 !;4 c|3;5 d|4;");
    expect_message("w,t\na,\"1\nb,\xff\nc,3\n", -1, "never closed");
    expect_message("w,t\na\xff,\"1\nb,2\nc,3\n", -1, "not UTF-8");
    expect("w,t\na.wav,\"1\nb.wav,\xff\nc.wav,3\"\n", 0, "2 !;3 !;4 c.wav|3\";");
    expect("w,t\na,\"1\nb,\"2\nc,\"3\nd,4\n", -1, "2 !;3 !;4 !;5 d|4;");
}
END_TEST

/* ---- Any file ---- */

/* Up to four quotes in rows of a line each: every line is a row of its own or is named. */
START_TEST(test_no_line_is_lost) {
    enum { ROWS = 20 };
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        oss_strbuf text = {0}, got = {0};
        oss_strbuf_append(&text, "w,t,s\n");
        for (int i = 0; i < ROWS; i++) {
            uint64_t dice = oss_rng_u64(seed, OSS_RNG_TEST, 0, (uint32_t)i);
            bool hit = dice % 10 == 0; /* before or behind one of the fields, or in the middle of one */
            const char *quote[7] = {"", "", "", "", "", "", ""};
            quote[dice / 10 % 7] = hit ? "\"" : "";
            bool closed = dice / 70 % 4 == 0;
            oss_strbuf_printf(&text, "%s%02d.wav%s,%s%s%st%s%s%s%s,%ss%s\n", quote[0], i, quote[1], quote[2],
                              closed ? "\"a, " : "", closed ? "" : quote[6], closed ? "\"\"\"\"" : "",
                              quote[3], closed ? "\"" : "", closed ? "" : "", quote[4], quote[5]);
        }
        oss_tempdir_write(path, text.data, (long)text.length);
        read_all(&got, 0);
        const char *at = got.data;
        for (int i = 0; i < ROWS; i++) {
            char line[16];
            (void)snprintf(line, sizeof line, "%d ", i + 2);
            ck_assert_msg(strncmp(at, line, strlen(line)) == 0,
                          "seed %d: line %d is not at \"%.20s\" of %s\n%s", (int)seed, i + 2, at, got.data,
                          text.data);
            at = strchr(at, ';') + 1;
        }
        ck_assert_str_eq(at, "");
        oss_strbuf_deinit(&text);
        oss_strbuf_deinit(&got);
    }
}
END_TEST

/* The stray quote takes in more than the buffer holds, or than a field may. */
START_TEST(test_long_files) {
    static const int sizes[] = {100, 9000, 200000};
    for (int s = 0; s < 3; s++) {
        for (int closing = 0; closing < 2; closing++) {
            oss_strbuf text = {0};
            oss_strbuf_append(&text, "w,t\n0.wav,\"0\n");
            for (int i = 1; i < sizes[s]; i++) {
                oss_strbuf_printf(&text, "%d.wav,%d\r\n", i, i);
            }
            oss_strbuf_append(&text, closing ? "z.wav,z\"\n" : "z.wav,z\n");
            oss_tempdir_write(path, text.data, (long)text.length);
            oss_strbuf_deinit(&text);
            oss_csv *csv = NULL;
            const oss_csv_row *row = NULL;
            ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
            oss_csv_set_witness(csv, 0, is_recording, path);
            ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EINPUT);
            for (int i = 1; i <= sizes[s]; i++) {
                ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
                ck_assert_int_eq(row->line, i + 2);
                ck_assert_int_eq(i == sizes[s] ? i : atoi(row->field[1]), i);
            }
            ck_assert_str_eq(row->field[1], closing ? "z\"" : "z");
            ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
            ck_assert_ptr_null(row);
            oss_csv_free(csv);
        }
    }
}
END_TEST

/* Lines that can be read again are kept in memory only as far as a row may go. */
START_TEST(test_memory_is_bounded) {
    enum { BYTES = 40 << 20 };
    char *text = malloc(BYTES);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', BYTES);
    memcpy(text, "a,b\n1,\"2\n3\",", 12);
    for (int i = 12; i < BYTES; i += 2) {
        text[i] = ',';
    }
    text[BYTES - 1] = '\n';
    oss_tempdir_write(path, text, BYTES);
    free(text);
    oss_faults_install();
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EIO);
    ck_assert_msg(strstr(oss_last_error(), ":2: a row of more than 4 MiB") != NULL, "%s", oss_last_error());
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EIO); /* for good */
    int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP);
    ck_assert_int_lt(calls, 32);
    oss_csv_free(csv);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

static oss_status fail_witness(void *context, const char *cell, const char *own, bool *out) {
    (void)context;
    (void)cell;
    (void)own;
    (void)out;
    return OSS_ENOMEM;
}

START_TEST(test_a_witness_that_fails) {
    static const char text[] = "w,t\na.wav,\"1\nb.wav,2\nc.wav,3\"\n";
    oss_csv *csv = NULL;
    const oss_csv_row *row = NULL;
    oss_tempdir_write(path, text, (long)strlen(text));
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_OK);
    oss_csv_set_witness(csv, 0, fail_witness, NULL);
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_ENOMEM);
    oss_csv_free(csv);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/csv with stray quotes");
    TCase *tests = tcase_create("stray quotes");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_never_closed);
    tcase_add_test(tests, test_closed_by_the_quote_of_another_row);
    tcase_add_test(tests, test_after_a_sound_field);
    tcase_add_test(tests, test_two_with_another_number_of_fields);
    tcase_add_test(tests, test_two_with_the_right_number_of_fields);
    tcase_add_test(tests, test_two_over_lines_that_are_like_rows);
    tcase_add_test(tests, test_sound_fields_with_line_breaks);
    tcase_add_test(tests, test_other_faults_in_between);
    tcase_add_test(tests, test_no_line_is_lost);
    tcase_add_test(tests, test_long_files);
    tcase_add_test(tests, test_memory_is_bounded);
    tcase_add_test(tests, test_a_witness_that_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
