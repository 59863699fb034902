#include "dataset/dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder, *csv;

static void set_up(void) {
    folder = oss_tempdir_make();
    csv = oss_tempdir_path(folder, "rows.csv");
}

static void tear_down(void) {
    free(csv);
    oss_tempdir_remove(folder);
}

/* A file that is there; what is in it does not matter here. */
static void touch(const char *name) {
    char *path = oss_tempdir_path(folder, name);
    oss_tempdir_write(path, "x", 1);
    free(path);
}

static oss_dataset *open_text(const char *text) {
    oss_dataset *dataset = NULL;
    oss_tempdir_write(csv, text, (long)strlen(text));
    ck_assert_msg(oss_dataset_open(&dataset, csv, OSS_DATA_AUTO, OSS_CASE_LOWER) == OSS_OK, "%s",
                  oss_last_error());
    return dataset;
}

static oss_dataset_row next_row(oss_dataset *dataset) {
    oss_dataset_row row = {0};
    bool is_there = false;
    ck_assert_msg(oss_dataset_next(dataset, &row, &is_there) == OSS_OK, "%s", oss_last_error());
    ck_assert(is_there);
    return row;
}

static void expect_end(oss_dataset *dataset) {
    oss_dataset_row row = {.number = 77};
    bool is_there = true;
    ck_assert_int_eq(oss_dataset_next(dataset, &row, &is_there), OSS_OK);
    ck_assert(!is_there);
    ck_assert_int_eq(row.number, 77);
    oss_dataset_free(dataset);
}

static void expect_bad(oss_dataset *dataset, int64_t number, int64_t line, const char *words) {
    oss_dataset_row row = {.number = 77};
    bool is_there = true;
    ck_assert_int_eq(oss_dataset_next(dataset, &row, &is_there), OSS_EINPUT);
    ck_assert_int_eq(row.number, 77);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL && strstr(oss_last_error(), csv) != NULL, "%s",
                  oss_last_error());
    ck_assert_int_eq(oss_dataset_place(dataset).number, number);
    ck_assert_int_eq(oss_dataset_place(dataset).line, line);
}

/* ---- Rows ---- */

START_TEST(test_row) {
    touch("a.wav");
    oss_dataset *dataset = open_text("id,speaker,sentence,start,audio,end\n"
                                     "1,anna,\"  Say  \"\"HI\"\" \",0.5,a.wav,2\n"
                                     "2,,X,,/b.wav,\n");
    oss_dataset_row row = next_row(dataset);
    ck_assert_int_eq(row.number, 1);
    ck_assert_int_eq(row.line, 2);
    ck_assert_str_eq(row.wav, "a.wav");
    ck_assert_msg(strstr(row.path, "/a.wav") != NULL && strstr(row.path, folder) == row.path, "%s", row.path);
    ck_assert_str_eq(row.text, "say \"hi\"");
    ck_assert_str_eq(row.speaker, "anna");
    ck_assert_double_eq(row.start_seconds, 0.5);
    ck_assert_double_eq(row.end_seconds, 2.0);
    ck_assert_str_eq(oss_dataset_source_text(dataset), "  Say  \"HI\" ");
    ck_assert_uint_eq(oss_dataset_wav_offset(dataset), 64);
    ck_assert_uint_eq(oss_dataset_place(dataset).begin, 36);
    ck_assert_uint_eq(oss_dataset_place(dataset).end, 72);
    oss_dataset_row second = next_row(dataset);
    ck_assert_str_eq(second.path, "/b.wav");
    ck_assert_str_eq(second.speaker, "");
    ck_assert_double_eq(second.start_seconds, 0.0);
    ck_assert_double_eq(second.end_seconds, -1.0);
    expect_end(dataset);
    ck_assert_str_eq(row.text, "say \"hi\""); /* the rows are ours */
    oss_dataset_row_deinit(&row);
    oss_dataset_row_deinit(&second);
}
END_TEST

/* Beside the CSV first, then in the working directory; a file that is in neither is named as beside the CSV. */
START_TEST(test_paths) {
    char here[4096];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    char *other = oss_tempdir_make();
    ck_assert_int_eq(chdir(other), 0);
    touch("beside.wav");
    oss_tempdir_write("here.wav", "x", 1);
    oss_tempdir_write("beside.wav", "x", 1);
    oss_dataset *dataset = open_text("wav,text\nbeside.wav,a\nhere.wav,a\nnowhere.wav,a\n");
    oss_dataset_row row[3] = {next_row(dataset), next_row(dataset), next_row(dataset)};
    ck_assert_ptr_eq(strstr(row[0].path, folder), row[0].path);
    ck_assert_str_eq(row[1].path, "here.wav");
    ck_assert_ptr_eq(strstr(row[2].path, folder), row[2].path);
    for (int i = 0; i < 3; i++) {
        oss_dataset_row_deinit(&row[i]);
    }
    expect_end(dataset);
    ck_assert_int_eq(chdir(here), 0);
    oss_tempdir_remove(other);
}
END_TEST

START_TEST(test_bad_rows) {
    oss_dataset *dataset = open_text("wav,text,start,end\n"
                                     ",no recording,,\n"
                                     "a.wav,x,soon,\n"
                                     "a.wav,x,-1,\n"
                                     "a.wav,x,2,1\n"
                                     "a.wav,x\n"
                                     "a.wav,good,1,2\n");
    expect_bad(dataset, 1, 2, ":2: row 1: column wav is empty");
    expect_bad(dataset, 2, 3, ":3: row 2: \"soon\" in column start is no time");
    expect_bad(dataset, 3, 4, "\"-1\" in column start is no time");
    expect_bad(dataset, 4, 5, "the segment ends at 1 s, which is not after its start at 2 s");
    expect_bad(dataset, 5, 6, "has 2 fields, but the header has 4");
    oss_dataset_row row = next_row(dataset);
    ck_assert_str_eq(row.text, "good");
    oss_dataset_row_deinit(&row);
    expect_end(dataset);
}
END_TEST

START_TEST(test_key) {
    const oss_dataset_row row = {
        .wav = (char[]){"a"}, .path = (char[]){"x/a"}, .text = (char[]){"t"}, .end_seconds = -1};
    oss_dataset_row other = row;
    other.path = (char[]){"y/a"};
    other.number = 5;
    ck_assert_uint_eq(oss_dataset_row_key(&row), oss_dataset_row_key(&other));
    other.end_seconds = 2;
    ck_assert_uint_ne(oss_dataset_row_key(&row), oss_dataset_row_key(&other));
    other = row;
    other.text = (char[]){"u"};
    ck_assert_uint_ne(oss_dataset_row_key(&row), oss_dataset_row_key(&other));
}
END_TEST

/* ---- Headers ---- */

static void expect_refused(const char *text, const char *words) {
    oss_dataset *dataset = NULL;
    oss_tempdir_write(csv, text, (long)strlen(text));
    ck_assert_int_eq(oss_dataset_open(&dataset, csv, OSS_DATA_AUTO, OSS_CASE_LOWER), OSS_EINPUT);
    ck_assert_ptr_null(dataset);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL && strstr(oss_last_error(), csv) != NULL, "%s",
                  oss_last_error());
    ck_assert_msg(strpbrk(oss_last_error(), "\t\n\r") == NULL, "%s", oss_last_error());
}

START_TEST(test_headers) {
    expect_refused("sound,words\na,b\n",
                   "the header names \"sound\", \"words\", but one column must be called wav");
    expect_refused("wav,words\na,b\n", "one column must be called text|transcript|sentence");
    expect_refused("client_id\tpath\ttext\na\tb\tc\n",
                   "its columns are separated by tabs, and a CSV's by commas");
    expect_refused("wav;text\na;b\n", "separated by semicolons");
    expect_refused("wav|text\na|b\n", "separated by vertical bars");
    expect_refused("\"wav\"\t\"text\"\n\"a.wav\"\t\"x\"\n",
                   "its columns are separated by tabs, and a CSV's by commas");
    expect_refused("\xef\xbb\xbf\"wav\";\"text, spoken\"\r\n\"a.wav\";\"x\"\r\n", "separated by semicolons");
    expect_refused("\"wav\" | \"text\"", "separated by vertical bars");
    expect_refused("\"wav\"|text\na|\"b\";\"c\"\n", "separated by vertical bars");
    expect_refused("\"wav\",\"text\";\n", "field 2 goes on after its closing quote");
    expect_refused("\"wav\"x,text\na,\"b\";\"c\"\n", "field 1 goes on after its closing quote");
    expect_refused("", "is empty");
}
END_TEST

/* ---- Stray quotes ---- */

/* Reads a CSV of ROWS rows with what is put before and behind some texts: "r" a row by itself, "!" a row that is
 * named, "-" a line that is neither. */
enum { ROWS = 20 };

static void read_rows(char seen[ROWS + 1], const char *const quote[ROWS][2], const char *name) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "wav,text\n");
    for (int i = 0; i < ROWS; i++) {
        oss_strbuf_printf(&text, name, i);
        oss_strbuf_printf(&text, ",%stext %d%s\n", quote[i][0] == NULL ? "" : quote[i][0], i,
                          quote[i][1] == NULL ? "" : quote[i][1]);
    }
    oss_dataset *dataset = open_text(text.data);
    oss_strbuf_deinit(&text);
    memset(seen, '-', ROWS);
    seen[ROWS] = '\0';
    for (;;) {
        oss_dataset_row row = {0};
        bool is_there = true;
        oss_status status = oss_dataset_next(dataset, &row, &is_there);
        if (!is_there) {
            break;
        }
        int64_t line = oss_dataset_place(dataset).line;
        ck_assert(status == OSS_OK || status == OSS_EINPUT);
        ck_assert(line >= 2 && line < ROWS + 2);
        ck_assert(status != OSS_OK || row.line == line);
        seen[line - 2] = status == OSS_OK ? 'r' : '!';
        oss_dataset_row_deinit(&row);
    }
    oss_dataset_free(dataset);
}

START_TEST(test_one_stray_quote) {
    char seen[ROWS + 1];
    const char *const opening[ROWS][2] = {[4] = {"\"", NULL}};
    read_rows(seen, opening, "%02d.wav");
    ck_assert_str_eq(seen, "rrrr!rrrrrrrrrrrrrrr");
    const char *const closing[ROWS][2] = {[4] = {NULL, "\""}};
    read_rows(seen, closing, "%02d.wav");
    ck_assert_str_eq(seen, "rrrrrrrrrrrrrrrrrrrr");
    const char *const quoted[ROWS][2] = {[4] = {"\"", NULL}, [11] = {"\"", "\""}};
    read_rows(seen, quoted, "%02d.wav");
    ck_assert_str_eq(seen, "rrrr!rrrrrrrrrrrrrrr");
}
END_TEST

/* Of recordings that are there, and of missing ones with the extension of the row's own. */
START_TEST(test_two_stray_quotes) {
    char seen[ROWS + 1];
    const char *const open_close[ROWS][2] = {[4] = {"\"", NULL}, [11] = {NULL, "\""}};
    read_rows(seen, open_close, "%02d.wav");
    ck_assert_str_eq(seen, "rrrr!rrrrrrrrrrrrrrr");
    const char *const open_open[ROWS][2] = {[4] = {"\"", NULL}, [11] = {"\"", NULL}};
    read_rows(seen, open_open, "%02d.wav");
    ck_assert_str_eq(seen, "rrrr!rrrrrr!rrrrrrrr");
    touch("07");
    read_rows(seen, open_close, "%02d");
    ck_assert_str_eq(seen, "rrrr!rrrrrrrrrrrrrrr");
}
END_TEST

/* Lines of a text are no rows, even where their number of commas would do. */
START_TEST(test_texts_with_line_breaks) {
    touch("a.wav");
    touch("b.wav");
    char *text_like = oss_tempdir_path(folder, "Well"); /* a folder is no recording */
    ck_assert_int_eq(mkdir(text_like, 0777), 0);
    free(text_like);
    oss_dataset *dataset = open_text("wav,text\n"
                                     "a.wav,\"one,\r\ntwo, 2.5,\nand \"\"three\"\"\"\n"
                                     "b.wav,\"\nWell, no\n,\nb, wav\"\n");
    oss_dataset_row row = next_row(dataset);
    ck_assert_str_eq(row.text, "one, two, 2.5, and \"three\"");
    oss_dataset_row_deinit(&row);
    row = next_row(dataset);
    ck_assert_int_eq(row.line, 5);
    ck_assert_str_eq(row.text, "well, no , b, wav");
    oss_dataset_row_deinit(&row);
    expect_end(dataset);
}
END_TEST

/* ---- Memory ---- */

START_TEST(test_memory_that_is_short) {
    touch("b.wav");
    static const char text[] = "wav,text,speaker\na.wav,\"x,s\nb.wav,y,t\nc.wav,z\",u\nd.wav,v,w\n";
    oss_tempdir_write(csv, text, (long)strlen(text));
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_dataset *dataset = NULL;
        int rows = 0;
        bool is_there = true;
        oss_status status = oss_dataset_open(&dataset, csv, OSS_DATA_AUTO, OSS_CASE_LOWER);
        while (status == OSS_OK && is_there) {
            oss_dataset_row row = {0};
            status = oss_dataset_next(dataset, &row, &is_there);
            rows += status == OSS_OK && is_there;
            status = status == OSS_EINPUT ? OSS_OK : status;
            oss_dataset_row_deinit(&row);
        }
        oss_dataset_free(dataset);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(oss_faults_blocks(), 0);
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        if (!fired) {
            ck_assert_int_eq(rows, 3);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("dataset/dataset_csv");
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_row);
    tcase_add_test(tests, test_paths);
    tcase_add_test(tests, test_bad_rows);
    tcase_add_test(tests, test_key);
    tcase_add_test(tests, test_headers);
    tcase_add_test(tests, test_one_stray_quote);
    tcase_add_test(tests, test_two_stray_quotes);
    tcase_add_test(tests, test_texts_with_line_breaks);
    tcase_add_test(tests, test_memory_that_is_short);
    suite_add_tcase(suite, tests);
    return suite;
}
