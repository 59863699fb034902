#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/strbuf.h"
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

static oss_csv *open_bytes(const char *text, size_t bytes) {
    oss_tempdir_write(path, text, (long)bytes);
    oss_csv *csv = NULL;
    ck_assert_msg(oss_csv_open(&csv, path) == OSS_OK, "%s", oss_last_error());
    return csv;
}

static oss_csv *open_text(const char *text) {
    return open_bytes(text, strlen(text));
}

/* The next row's fields joined with '|' (line breaks as themselves); NULL at the end. */
static const char *next_row(oss_csv *csv, const oss_csv_row **out_row) {
    static char joined[4096];
    const oss_csv_row *row = NULL;
    ck_assert_msg(oss_csv_next(csv, &row) == OSS_OK, "%s", oss_last_error());
    if (out_row != NULL) {
        *out_row = row;
    }
    if (row == NULL) {
        return NULL;
    }
    joined[0] = '\0';
    for (int32_t i = 0; i < row->fields; i++) {
        strcat(joined, i == 0 ? "" : "|");
        strcat(joined, row->field[i]);
    }
    return joined;
}

static void expect_row(oss_csv *csv, const char *want, int64_t number, int64_t line) {
    const oss_csv_row *row = NULL;
    const char *got = next_row(csv, &row);
    ck_assert_msg(got != NULL, "no row where \"%s\" should be", want);
    ck_assert_str_eq(got, want);
    ck_assert_int_eq(row->number, number);
    ck_assert_int_eq(row->line, line);
}

static void expect_end(oss_csv *csv) {
    ck_assert_ptr_null(next_row(csv, NULL));
    ck_assert_ptr_null(next_row(csv, NULL)); /* and again */
    oss_csv_free(csv);
}

static void expect_bad(oss_csv *csv, const char *where, const char *what) {
    const oss_csv_row untouched = {0};
    const oss_csv_row *row = &untouched;
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_EINPUT);
    ck_assert_ptr_eq(row, &untouched);
    ck_assert_msg(strstr(oss_last_error(), path) != NULL && strstr(oss_last_error(), where) != NULL &&
                      strstr(oss_last_error(), what) != NULL,
                  "\"%s\" or \"%s\" is not in: %s", where, what, oss_last_error());
}

static void expect_open_fails(const char *text, size_t bytes, const char *what) {
    oss_tempdir_write(path, text, (long)bytes);
    oss_csv *csv = NULL;
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_EINPUT);
    ck_assert_ptr_null(csv);
    ck_assert_msg(strstr(oss_last_error(), path) != NULL && strstr(oss_last_error(), what) != NULL,
                  "\"%s\" is not in: %s", what, oss_last_error());
}

/* ---- What is read ---- */

START_TEST(test_plain) {
    oss_csv *csv = open_text("wav,text,speaker\na.wav,hello there,anna\nb.wav,,\n");
    ck_assert_int_eq(oss_csv_columns(csv), 3);
    ck_assert_str_eq(oss_csv_column_name(csv, 2), "speaker");
    expect_row(csv, "a.wav|hello there|anna", 1, 2);
    expect_row(csv, "b.wav||", 2, 3);
    expect_end(csv);
}
END_TEST

START_TEST(test_line_ends) {
    static const char *const texts[] = {
        "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "a,b\n1,2\r\n3,4", "a,b\r\n1,2\r3,4\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        oss_csv *csv = open_text(texts[i]);
        ck_assert_str_eq(oss_csv_column_name(csv, 1), "b");
        expect_row(csv, "1|2", 1, 2);
        expect_row(csv, "3|4", 2, 3);
        expect_end(csv);
    }
}
END_TEST

START_TEST(test_last_line_without_its_end) {
    oss_csv *csv = open_text("a,b\n1,2\n3,\"x\"");
    expect_row(csv, "1|2", 1, 2);
    expect_row(csv, "3|x", 2, 3);
    expect_end(csv);
    csv = open_text("a,b\n1,");
    expect_row(csv, "1|", 1, 2);
    expect_end(csv);
}
END_TEST

START_TEST(test_quotes) {
    oss_csv *csv = open_text(
        "a,\"b\"\n\"x,y\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n\"two\nlines\",\"cr\r\nlf\rcr\"\nplain,\"q\"\n");
    ck_assert_str_eq(oss_csv_column_name(csv, 1), "b");
    expect_row(csv, "x,y|say \"hi\"", 1, 2);
    expect_row(csv, "|\"", 2, 3);
    expect_row(csv, "two\nlines|cr\r\nlf\rcr", 3, 4);
    expect_row(csv, "plain|q", 4, 8);
    expect_end(csv);
}
END_TEST

START_TEST(test_quote_inside_a_plain_field) {
    oss_csv *csv = open_text("a,b\nhe said \"hi\",5\"\n");
    expect_row(csv, "he said \"hi\"|5\"", 1, 2);
    expect_end(csv);
}
END_TEST

START_TEST(test_byte_order_mark) {
    oss_csv *csv = open_text("\xef\xbb\xbfwav,text\na,b\n");
    ck_assert_int_eq(oss_csv_column(csv, "wav"), 0);
    expect_row(csv, "a|b", 1, 2);
    expect_end(csv);
    csv = open_text("\xef\xbb\xbf\"wav\",text\n\xef\xbb\xbfx,y\n"); /* only at the start of the file */
    ck_assert_int_eq(oss_csv_column(csv, "wav"), 0);
    expect_row(csv, "\xef\xbb\xbfx|y", 1, 2);
    expect_end(csv);
}
END_TEST

START_TEST(test_empty_lines) {
    oss_csv *csv = open_text("\n\r\na,b\n\n\n1,2\n\r\n3,4\n\n");
    expect_row(csv, "1|2", 1, 6);
    expect_row(csv, "3|4", 2, 8);
    expect_end(csv);
}
END_TEST

START_TEST(test_header_only) {
    expect_end(open_text("a,b\n"));
    expect_end(open_text("a,b"));
    expect_end(open_text("a,b\r\n\r\n"));
}
END_TEST

START_TEST(test_columns_by_name) {
    oss_csv *csv = open_text(" text\t,path,, wav ,x\n1,2,3,4,5\n");
    ck_assert_int_eq(oss_csv_column(csv, "text|transcript"), 0);
    ck_assert_int_eq(oss_csv_column(csv, "transcript|text"), 0);
    ck_assert_int_eq(oss_csv_column(csv, "wav|audio|path"),
                     3); /* the first name that is there, not the first column */
    ck_assert_int_eq(oss_csv_column(csv, "path|wav"), 1);
    ck_assert_int_eq(oss_csv_column(csv, "tex"), -1);
    ck_assert_int_eq(oss_csv_column(csv, "Text"), -1);
    ck_assert_int_eq(oss_csv_column(csv, "sentence|texts"), -1);
    ck_assert_int_eq(oss_csv_column(csv, ""), -1);
    expect_row(csv, "1|2|3|4|5", 1, 2);
    expect_end(csv);
}
END_TEST

START_TEST(test_utf8_text) {
    oss_csv *csv = open_text("a,b\nna\xc3\xafve,\"\xe2\x82\xac \xf0\x9f\x91\x82\"\n");
    expect_row(csv, "na\xc3\xafve|\xe2\x82\xac \xf0\x9f\x91\x82", 1, 2);
    expect_end(csv);
}
END_TEST

/* Longer than the reading buffer, with quotes, doubled quotes, CRLF and characters across its edges. */
START_TEST(test_long_files) {
    enum { ROWS = 4000 };
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "n,text\r\n");
    for (int i = 0; i < ROWS; i++) {
        oss_strbuf_printf(&text, "%d,\"\xe2\x82\xac \"\"%d\"\",\r\n%.*s\"\r\n", i, i, i % 40,
                          "----------------------------------------");
    }
    ck_assert_uint_gt(text.length, 2 << 16);
    oss_csv *csv = open_bytes(text.data, text.length);
    for (int i = 0; i < ROWS; i++) {
        char want[128];
        snprintf(want, sizeof want, "%d|\xe2\x82\xac \"%d\",\r\n%.*s", i, i, i % 40,
                 "----------------------------------------");
        expect_row(csv, want, i + 1, 2 + 2 * (int64_t)i);
    }
    expect_end(csv);
    oss_strbuf_deinit(&text);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(test_short_and_long_rows) {
    oss_csv *csv = open_text("a,b,c\n1,2\n1,2,3\n1,2,3,4\n\"x\"\n4,5,6\n");
    expect_bad(csv, ":2: row 1:", "has 2 fields, but the header has 3");
    expect_row(csv, "1|2|3", 2, 3);
    expect_bad(csv,
               ":4: row 3:", "has 4 fields, but the header has 3; put a text with commas in double quotes");
    expect_bad(csv, ":5: row 4:", "has 1 field, but");
    expect_row(csv, "4|5|6", 5, 6);
    expect_end(csv);
}
END_TEST

START_TEST(test_invalid_utf8_names_row_and_byte) {
    oss_csv *csv = open_text("a,b\nok,ok\nx,caf\xe9\n\"p\",\"\"\"\xe2\x82\"\n1,2\n3,\xed\xa0\x80\n4,\xc3");
    expect_row(csv, "ok|ok", 1, 2);
    expect_bad(csv, ":3: row 2:", "byte 15 of the file is not UTF-8");
    expect_bad(csv, ":4: row 3:", "byte 24 of the file is not UTF-8"); /* where the character begins */
    expect_row(csv, "1|2", 4, 5);
    expect_bad(csv, ":6: row 5:", "not UTF-8");
    expect_bad(csv, ":7: row 6:", "byte 40 of the file is not UTF-8"); /* cut off by the end of the file */
    expect_end(csv);
    expect_open_fails("a,\xff\n", 4, ":1: header: the text at byte 2 ");
}
END_TEST

/* The reading buffer is 64 KiB: what begins exactly at its edge is ordinary text, and bytes are counted on. */
START_TEST(test_bytes_past_the_first_buffer) {
    enum { EDGE = 1 << 16 };
    char *text = malloc(EDGE + 32);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "a\n", 2);
    memset(text + 2, 'x', EDGE - 3);
    memcpy(text + EDGE - 1, "\r\xef\xbb\xbfq\nab\xff\n", 10);
    oss_csv *csv = open_bytes(text, EDGE + 9);
    free(text);
    const oss_csv_row *row = NULL;
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
    expect_row(csv, "\xef\xbb\xbfq", 2, 3);
    expect_bad(csv, ":4: row 3:", "byte 65543 of the file is not UTF-8");
    expect_end(csv);
}
END_TEST

START_TEST(test_nul) {
    oss_csv *csv = open_bytes("a,b\n1,\0x\n\"\0\",2\n3,4\n", 19);
    expect_bad(csv, ":2: row 1:", "NUL byte at byte 6");
    expect_bad(csv, ":3: row 2:", "NUL byte at byte 10");
    expect_row(csv, "3|4", 3, 4);
    expect_end(csv);
    expect_open_fails("a\0,b\n", 5, "NUL byte at byte 1 ");
}
END_TEST

START_TEST(test_utf16_is_named) {
    expect_open_fails("\xff\xfe"
                      "a\0,\0b\0\n\0",
                      10, "not UTF-8; save the file as UTF-8");
}
END_TEST

START_TEST(test_unterminated_quote) {
    oss_csv *csv = open_text("a,b\n1,2\n3,\"never closed\n5,6\n");
    expect_row(csv, "1|2", 1, 2);
    expect_bad(csv, ":3: row 2:", "the quote that opens field 2 is never closed");
    expect_row(csv, "5|6", 3, 4);
    expect_end(csv);
    expect_open_fails("a,\"b\n1,2\n", 9, ":1: header: the quote that opens field 2");
}
END_TEST

START_TEST(test_text_after_a_closing_quote) {
    oss_csv *csv = open_text("a,b\n\"x\"y,2\n\"x\" ,2\n3,4\n");
    expect_bad(csv, ":2: row 1:", "field 1 goes on after its closing quote");
    expect_bad(csv, ":3: row 2:", "field 1 goes on after its closing quote");
    expect_row(csv, "3|4", 3, 4);
    expect_end(csv);
}
END_TEST

START_TEST(test_field_limit) {
    enum { LIMIT = 1 << 20 };
    char *text = malloc(2 * LIMIT);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "a,b\n\"", 5);
    memset(text + 5, 'x', LIMIT);
    memcpy(text + 5 + LIMIT, "\",2\n3,4\n", 9);
    oss_csv *csv = open_text(text);
    const oss_csv_row *row = NULL;
    ck_assert_int_eq(oss_csv_next(csv, &row), OSS_OK);
    ck_assert_uint_eq(strlen(row->field[0]), LIMIT);
    ck_assert_str_eq(row->field[1], "2");
    expect_row(csv, "3|4", 2, 3);
    expect_end(csv);
    memset(text + 5, 'x', LIMIT + 1);
    memcpy(text + 5 + LIMIT + 1, "\",2\n3,4\n", 9);
    csv = open_text(text);
    expect_bad(csv, ":2: row 1:", "field 1 is longer than 1 MiB");
    expect_row(csv, "3|4", 2, 3);
    expect_end(csv);
    free(text);
}
END_TEST

START_TEST(test_header_that_cannot_be) {
    expect_open_fails("", 0, "is empty");
    expect_open_fails("\n\n", 2, "is empty");
    expect_open_fails("\xef\xbb\xbf", 3, "is empty");
    expect_open_fails("a,b,a\n", 6, "two columns are named \"a\"");
    expect_open_fails("a,b, a \n", 8, "two columns are named \"a\"");
    oss_csv_free(open_text("a,,,b\n")); /* unnamed columns may repeat */
    char wide[10002];
    memset(wide, ',', 10000);
    wide[10000] = '\n';
    expect_open_fails(wide, 10001, "10001 columns are more than the 4096");
}
END_TEST

START_TEST(test_a_file_that_is_not_there) {
    oss_csv *csv = NULL;
    ck_assert_int_eq(oss_csv_open(&csv, path), OSS_EIO);
    ck_assert(strstr(oss_last_error(), path) != NULL);
    ck_assert_int_eq(oss_csv_open(&csv, folder), OSS_EIO);
    ck_assert(strstr(oss_last_error(), folder) != NULL);
    ck_assert_ptr_null(csv);
    oss_csv_free(NULL);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/csv");
    TCase *read = tcase_create("what is read");
    tcase_add_checked_fixture(read, set_up, tear_down);
    tcase_add_test(read, test_plain);
    tcase_add_test(read, test_line_ends);
    tcase_add_test(read, test_last_line_without_its_end);
    tcase_add_test(read, test_quotes);
    tcase_add_test(read, test_quote_inside_a_plain_field);
    tcase_add_test(read, test_byte_order_mark);
    tcase_add_test(read, test_empty_lines);
    tcase_add_test(read, test_header_only);
    tcase_add_test(read, test_columns_by_name);
    tcase_add_test(read, test_utf8_text);
    tcase_add_test(read, test_long_files);
    suite_add_tcase(suite, read);
    TCase *refused = tcase_create("what is refused");
    tcase_add_checked_fixture(refused, set_up, tear_down);
    tcase_add_test(refused, test_short_and_long_rows);
    tcase_add_test(refused, test_invalid_utf8_names_row_and_byte);
    tcase_add_test(refused, test_bytes_past_the_first_buffer);
    tcase_add_test(refused, test_nul);
    tcase_add_test(refused, test_utf16_is_named);
    tcase_add_test(refused, test_unterminated_quote);
    tcase_add_test(refused, test_text_after_a_closing_quote);
    tcase_add_test(refused, test_field_limit);
    tcase_add_test(refused, test_header_that_cannot_be);
    tcase_add_test(refused, test_a_file_that_is_not_there);
    suite_add_tcase(suite, refused);
    return suite;
}
