/* Datasets as other toolkits have them: what is read of each form, and what is said of damaged ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "dataset/dataset.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;

static void make_folder(const char *name) {
    char *path = oss_tempdir_path(folder, name);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    free(path);
}

static void put_bytes(const char *name, const char *text, size_t bytes) {
    char *path = oss_tempdir_path(folder, name);
    oss_tempdir_write(path, text, (long)bytes);
    free(path);
}

static void put(const char *name, const char *text) {
    put_bytes(name, text, strlen(text));
}

static void set_up(void) {
    folder = oss_tempdir_make();
    make_folder("wavs");
    make_folder("clips");
    put("wavs/LJ1.wav", "x");
    put("clips/a.mp3", "x");
    put("b.wav", "x");
}

static void tear_down(void) {
    oss_tempdir_remove(folder);
}

/* ---- What is read ---- */

/* "WAV|TEXT|SPEAKER|START|END\n" of each row, "! MESSAGE\n" of each that is wrong; the folder's name is left out. */
static char *read_as(const char *name, oss_data_format format, oss_data_format expected) {
    oss_dataset *dataset = NULL;
    oss_strbuf seen = {0};
    char *path = name[0] == '\0' ? strdup(folder) : oss_tempdir_path(folder, name);
    oss_status status = oss_dataset_open(&dataset, path, format, OSS_CASE_KEEP);
    bool is_there = true;
    if (status == OSS_OK) {
        ck_assert_int_eq(oss_dataset_format(dataset), expected);
    }
    for (int calls = 0; is_there && calls < 20; calls++) {
        oss_dataset_row row;
        status = status == OSS_OK || status == OSS_EINPUT ? status : OSS_EIO;
        if (dataset != NULL) {
            status = oss_dataset_next(dataset, &row, &is_there);
        }
        if (status != OSS_OK) {
            const char *message = oss_last_error(), *at = strstr(message, folder);
            while (at != NULL) {
                oss_strbuf_append_bytes(&seen, message, (size_t)(at - message));
                message = at + strlen(folder) + (at[strlen(folder)] == '/');
                at = strstr(message, folder);
            }
            oss_strbuf_append(&seen, message);
            oss_strbuf_append(&seen, "\n");
            is_there = dataset != NULL && status == OSS_EINPUT;
        } else if (is_there) {
            ck_assert_ptr_eq(strstr(row.path, folder), row.path);
            oss_strbuf_printf(&seen, "%s|%s|%s|%g|%g\n", row.path + strlen(folder) + 1, row.text,
                              row.speaker == NULL ? "-" : row.speaker, row.start_seconds, row.end_seconds);
            ck_assert_int_eq(oss_dataset_place(dataset).number, row.number);
            ck_assert_int_eq(oss_dataset_place(dataset).line, row.line);
            oss_dataset_row_deinit(&row);
        }
    }
    ck_assert_msg(!is_there || dataset == NULL, "no end: %s", seen.data);
    oss_dataset_free(dataset);
    free(path);
    char *text = strdup(seen.data == NULL ? "" : seen.data);
    oss_strbuf_deinit(&seen);
    return text;
}

static void expect(const char *name, oss_data_format format, const char *rows) {
    char *found = read_as(name, OSS_DATA_AUTO, format), *said = read_as(name, format, format);
    ck_assert_str_eq(found, rows);
    ck_assert_str_eq(said, rows);
    free(found);
    free(said);
}

START_TEST(test_nemo) {
    put("m.json",
        "\xef\xbb\xbf{\"audio_filepath\": \"b.wav\", \"text\": \"say \\\"n\\u00e4\\\"\", \"duration\": 1.23, "
        "\"lang\": \"de\"}\r\n"
        "\n"
        "{\"text\": \"\", \"audio_filepath\": \"b.wav\", \"offset\": 1.5, \"duration\": 2, \"speaker\": \"s\"}\n"
        "{\"text\": \"x\", \"audio_filepath\": \"b.wav\", \"offset\": 3, \"speaker\": null}");
    expect("m.json", OSS_DATA_NEMO, "b.wav|say \"n\xc3\xa4\"|-|0|-1\nb.wav||s|1.5|3.5\nb.wav|x|-|3|-1\n");
}
END_TEST

START_TEST(test_audiofolder) {
    put("metadata.jsonl", "{\"file_name\": \"b.wav\", \"transcription\": \"one\", \"text\": \"no\"}\n"
                          "{\"file_name\": \"clips/a.mp3\", \"sentence\": \"two\"}\n");
    expect("metadata.jsonl", OSS_DATA_HUGGINGFACE, "b.wav|one|-|0|-1\nclips/a.mp3|two|-|0|-1\n");
    expect("", OSS_DATA_HUGGINGFACE, "b.wav|one|-|0|-1\nclips/a.mp3|two|-|0|-1\n");
    put("metadata.csv", "speaker,\"file_name\",text\nanna,b.wav,\"one, two\"\n");
    expect("metadata.csv", OSS_DATA_HUGGINGFACE, "b.wav|one, two|anna|0|-1\n");
    expect("", OSS_DATA_HUGGINGFACE, " has both metadata.csv and metadata.jsonl: give the path of one\n");
}
END_TEST

/* Nothing quotes anything, and columns are found by their names. */
START_TEST(test_commonvoice) {
    put("train.tsv", "client_id\tpath\tsentence_domain\tsentence\tup_votes\n"
                     "s1\ta.mp3\t\t\"hola\t2\n"
                     "s2\ta.mp3\t\tdijo \"no\", y\t0\r\n"
                     "\ta.mp3\t\t\t0\n");
    expect("train.tsv", OSS_DATA_COMMONVOICE,
           "clips/a.mp3|\"hola|s1|0|-1\nclips/a.mp3|dijo \"no\", y|s2|0|-1\nclips/a.mp3|||0|-1\n");
    make_folder("other");
    put("other/dev.tsv", "sentence\tpath\nx\ta.mp3\n"); /* without clips beside it */
    expect("other/dev.tsv", OSS_DATA_COMMONVOICE, "other/a.mp3|x|-|0|-1\n");
}
END_TEST

START_TEST(test_ljspeech) {
    put("metadata.csv",
        "LJ1|in 2 \"parts|in two \"parts\nLJ1|no third|\nLJ1|two\nLJ1.wav|a, b\nclips/a.mp3|c\n");
    const char *rows = "wavs/LJ1.wav|in two \"parts|-|0|-1\nwavs/LJ1.wav|no third|-|0|-1\n"
                       "wavs/LJ1.wav|two|-|0|-1\nwavs/LJ1.wav|a, b|-|0|-1\nclips/a.mp3|c|-|0|-1\n";
    expect("metadata.csv", OSS_DATA_LJSPEECH, rows);
    expect("", OSS_DATA_LJSPEECH, rows);
}
END_TEST

START_TEST(test_kaldi) {
    put("text", "u1 hello \"there\nu2\nu3\tbye \n");
    put("wav.scp", "u1 b.wav\nu2  clips/a.mp3\nu21 unused.wav\nu3 b.wav\n");
    expect("", OSS_DATA_KALDI, "b.wav|hello \"there|-|0|-1\nclips/a.mp3||-|0|-1\nb.wav|bye|-|0|-1\n");
    put("utt2spk", "u1 anna\nu2 bert\nu3 anna\n");
    put("wav.scp", "r1 b.wav\nr2 clips/a.mp3\n");
    put("segments", "u1 r2 0 1.25\nu2 r1 1.5 -1\nu21 r1 0 1\nu3 r2 2 3\n");
    expect("", OSS_DATA_KALDI,
           "clips/a.mp3|hello \"there|anna|0|1.25\nb.wav||bert|1.5|-1\nclips/a.mp3|bye|anna|2|3\n");
}
END_TEST

/* ---- What is wrong ---- */

typedef struct damage {
    const char *text, *says;
} damage;

static void expect_damages(const char *name, oss_data_format format, const damage *list) {
    for (; list->text != NULL; list++) {
        put(name, list->text);
        char *seen = read_as(name, format, format);
        ck_assert_msg(strcmp(seen, list->says) == 0, "of %s\nexpected %s\nseen     %s", list->text,
                      list->says, seen);
        free(seen);
    }
}

#define FINE "{\"audio_filepath\": \"b.wav\", \"text\": \"x\"}\n"

/* Each spoils its own line alone. */
START_TEST(test_bad_nemo) {
    static const damage list[] = {
        {"{\"audio_filepath\": \"b.wav\"}\n" FINE,
         "m:1: row 1: there is no \"text\": it must say what is said, or be \"\"\nb.wav|x|-|0|-1\n"},
        {"{\"text\": \"x\"}\n" FINE,
         "m:1: row 1: \"audio_filepath\" is missing; it must be a string\nb.wav|x|-|0|-1\n"},
        {"{\"audio_filepath\": \"\", \"text\": \"x\"}\n",
         "m:1: row 1: \"audio_filepath\" is empty: it must name a recording\n"},
        {"{\"audio_filepath\": 5, \"text\": \"x\"}\n",
         "m:1: row 1: \"audio_filepath\" must be a string, not a number\n"},
        {"{\"audio_filepath\": \"b.wav\", \"text\": [\"x\"]}\n",
         "m:1: row 1: \"text\" must be a string, not an array\n"},
        {"{\"audio_filepath\": \"b.wav\", \"text\": \"x\", \"offset\": \"1\"}\n",
         "m:1: row 1: \"offset\" must be a number, not a string\n"},
        {"{\"audio_filepath\": \"b.wav\", \"text\": \"x\", \"offset\": -1, \"duration\": 2}\n",
         "m:1: row 1: offset -1 and duration 2 are no part of a recording: give seconds, from 0 on and more than 0\n"},
        {"{\"audio_filepath\": \"b.wav\", \"text\": \"x\", \"offset\": 0, \"duration\": 0}\n" FINE,
         "m:1: row 1: offset 0 and duration 0 are no part of a recording: give seconds, from 0 on and more than 0\n"
         "b.wav|x|-|0|-1\n"},
        {FINE "{\"audio_filepath\": \"b.wav\", \"text\": \"x\n\"}\n",
         "b.wav|x|-|0|-1\nm:2: row 2: JSON: line 1, column 37 (byte 36): the string that begins here does not end\n"
         "m:3: row 3: JSON: line 1, column 1 (byte 0): the string that begins here does not end\n"},
        {FINE "{\"audio_filepath\": \"b.wav\", \"text\": \"x\"} {}\n",
         "b.wav|x|-|0|-1\nm:2: row 2: JSON: line 1, column 42 (byte 41): there is text after the value\n"},
        {FINE "\n[\"b.wav\", \"x\"]\n",
         "b.wav|x|-|0|-1\nm:3: row 2: must be an object {...}, not an array\n"},
        {"{\"audio_filepath\": \"b.wav\", \"text\": \"\xe4\"}\n" FINE,
         "m:1: row 1: byte 38 of the line is not UTF-8; save the file as UTF-8\nb.wav|x|-|0|-1\n"},
        {NULL, NULL}};
    expect_damages("m", OSS_DATA_NEMO, list);
    put_bytes("m", "a\0b\n" FINE, 4 + strlen(FINE));
    char *seen = read_as("m", OSS_DATA_NEMO, OSS_DATA_NEMO);
    ck_assert_str_eq(seen,
                     "m:1: row 1: there is a NUL byte; is it UTF-16? save it as UTF-8\nb.wav|x|-|0|-1\n");
    free(seen);
}
END_TEST

#define HEADER "path\tsentence\n"

START_TEST(test_bad_lists) {
    static const damage commonvoice[] = {
        {HEADER "a.mp3\n" HEADER "b\tc\td\n",
         "m:2: row 1: has 1 cell between tabs, but the header has 2\nclips/path|sentence|-|0|-1\n"
         "m:4: row 3: has 3 cells between tabs, but the header has 2\n"},
        {HEADER "\tx\na.mp3\tx\n",
         "m:2: row 1: column path is empty: it must name a recording\nclips/a.mp3|x|-|0|-1\n"},
        {HEADER "a.mp3\t\xff\na.mp3\tx\n",
         "m:2: row 1: byte 7 of the line is not UTF-8; save the file as UTF-8\nclips/a.mp3|x|-|0|-1\n"},
        {"", "m: is empty; its first line must name the columns\n"},
        {"path\ttext\n",
         "m:1: the header has no column sentence: a Common Voice TSV names path and sentence\n"},
        {"clip\tsentence\n",
         "m:1: the header has no column path: a Common Voice TSV names path and sentence\n"},
        {NULL, NULL}};
    static const damage ljspeech[] = {
        {"LJ1\nLJ1|x\n",
         "m:1: row 1: has 1 field, but a line of an LJSpeech list is id|text or id|text|normalised "
         "text\nwavs/LJ1.wav|x|-|0|-1\n"},
        {"LJ1|a|b|c\n",
         "m:1: row 1: has 4 fields, but a line of an LJSpeech list is id|text or id|text|normalised text\n"},
        {"|x\nLJ1|y\n",
         "m:1: row 1: its first field is empty: it must name a recording\nwavs/LJ1.wav|y|-|0|-1\n"},
        {"LJ1|\xc3\n", "m:1: row 1: byte 5 of the line is not UTF-8; save the file as UTF-8\n"},
        {NULL, NULL}};
    expect_damages("m", OSS_DATA_COMMONVOICE, commonvoice);
    expect_damages("m", OSS_DATA_LJSPEECH, ljspeech);
}
END_TEST

static void expect_kaldi(const char *text, const char *scp, const char *segments, const char *says) {
    put("text", text);
    put("wav.scp", scp);
    if (segments != NULL) {
        put("segments", segments);
    }
    char *seen = read_as("", OSS_DATA_AUTO, OSS_DATA_KALDI);
    ck_assert_msg(strcmp(seen, says) == 0, "expected %s\nseen     %s", says, seen);
    free(seen);
}

START_TEST(test_bad_kaldi) {
    expect_kaldi(
        "u1 x\nu2 y\n", "u2 b.wav\n", NULL,
        "text:1: row 1: u1 has no line in wav.scp: add it there, or take it out here\nb.wav|y|-|0|-1\n");
    expect_kaldi(
        "u1 x\nu2 y\n", "u1 sox b.flac -t wav - |\nu2 b.wav\n", NULL,
        "wav.scp:1: u1 is a command; commands are not run: write its output to a file and give the file's "
        "path\nb.wav|y|-|0|-1\n");
    expect_kaldi("u1 x\n", "u1 raw.ark:17\n", NULL,
                 "wav.scp:1: u1 is a place in an archive: give the path of a recording\n");
    expect_kaldi("u1 x\n", "u1\n", NULL, "wav.scp:1: u1 names no file\n");
    expect_kaldi("u1 x\n", "u1 -\n", NULL, "wav.scp:1: u1 is standard input: give the path of a file\n");
    expect_kaldi(
        "u2 x\nu1 y\nu3 z\n", "u1 b.wav\nu2 b.wav\n", NULL,
        "b.wav|x|-|0|-1\ntext:2: row 2: u1 stands behind an id that comes after it: sort the files of the "
        "folder by id (LC_ALL=C sort -k1,1)\n");
    expect_kaldi("u1 x\nu1 y\nu2 z\n", "u1 b.wav\nu2 b.wav\n", NULL,
                 "b.wav|x|-|0|-1\ntext:2: row 2: u1 is there twice: take one line out\nb.wav|z|-|0|-1\n");
    put("utt2spk", "u2 s\n");
    expect_kaldi(
        "u1 x\nu2 y\n", "u1 b.wav\nu2 b.wav\n", NULL,
        "text:1: row 1: u1 has no line in utt2spk: add it there, or take it out here\nb.wav|y|s|0|-1\n");
    put("utt2spk", "u1 s\nu2 s\n");
    expect_kaldi(
        "u1 x\nu2 y\n", "r b.wav\n", "u2 r 0 1\n",
        "text:1: row 1: u1 has no line in segments: add it there, or take it out here\nb.wav|y|s|0|1\n");
    expect_kaldi("u1 x\nu2 y\n", "r b.wav\n", "u1 q 0 1\nu2 r 0 1\n",
                 "segments:1: row 1: recording q has no line in wav.scp: add it there\nb.wav|y|s|0|1\n");
    static const char *const bad[] = {"u1 r 0\n", "u1 r 0 1 2\n", "u1 r 2 1\n", "u1 r -1 1\n", "u1 r x 1\n"};
    for (int i = 0; i < 5; i++) {
        expect_kaldi(
            "u1 x\n", "r b.wav\n", bad[i],
            "segments:1: row 1: u1: a segment is a recording, its start and its later end in seconds, as in "
            "\"u1 meeting 1.5 3.25\"\n");
    }
    char *path = oss_tempdir_path(folder, "text");
    ck_assert_int_eq(remove(path), 0);
    free(path);
    char *seen = read_as("", OSS_DATA_AUTO, OSS_DATA_KALDI);
    ck_assert_str_eq(seen, " has no file text, which a Kaldi folder has\n");
    free(seen);
}
END_TEST

/* ---- What form it is ---- */

START_TEST(test_form_is_found) {
    static const struct {
        const char *text;
        oss_data_format format; /* OSS_DATA_AUTO: refused */
        const char *says;
    } list[] = {
        {"wav,text\nb.wav,x\n", OSS_DATA_CSV, NULL},
        {"", OSS_DATA_CSV, NULL},
        {"path,sentence\nb.wav,x\n", OSS_DATA_CSV, NULL},
        {"path\ttext\nb.wav\tx\n", OSS_DATA_CSV, NULL}, /* which its reader refuses */
        {"path\tsentence\n", OSS_DATA_COMMONVOICE, NULL},
        {" \"file_name\" ,text\n", OSS_DATA_HUGGINGFACE, NULL},
        {"my_file_name,text\n", OSS_DATA_CSV, NULL},
        {"file_name,wav,text\n", OSS_DATA_CSV, NULL},
        {"LJ1|x\n", OSS_DATA_LJSPEECH, NULL},
        {"{\"a\": 1}\n", OSS_DATA_AUTO, "has neither \"audio_filepath\""},
        {"\x1f\x8b\x08", OSS_DATA_AUTO, "is compressed by gzip: unpack it first"},
        {"PAR1", OSS_DATA_AUTO, "is Parquet"},
    };
    char *path = oss_tempdir_path(folder, "m");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        oss_data_format format = OSS_DATA_AUTO;
        put("m", list[i].text);
        oss_status status = oss_dataset_find_format(&format, path);
        ck_assert_int_eq(status, list[i].says == NULL ? OSS_OK : OSS_EINPUT);
        ck_assert_int_eq(format, list[i].format);
        ck_assert_msg(list[i].says == NULL || (strstr(oss_last_error(), list[i].says) != NULL &&
                                               strstr(oss_last_error(), path) != NULL),
                      "%s", oss_last_error());
    }
    free(path);
}
END_TEST

START_TEST(test_form_is_said_wrongly) {
    put("m", "wav,text\nb.wav,x\n");
    char *seen = read_as("m", OSS_DATA_KALDI, OSS_DATA_KALDI);
    ck_assert_str_eq(seen, "m is a file, and a Kaldi dataset is a folder: give that\n");
    free(seen);
    seen = read_as("clips", OSS_DATA_NEMO, OSS_DATA_NEMO);
    ck_assert_str_eq(seen, "clips is a folder: give the path of a NeMo manifest\n");
    free(seen);
    seen = read_as("clips", OSS_DATA_AUTO, OSS_DATA_AUTO);
    ck_assert_msg(strstr(seen, "clips is a folder: give a CSV that lists recordings") == seen, "%s", seen);
    free(seen);
}
END_TEST

/* Nothing of a line without an end is kept, and reading stops. */
START_TEST(test_no_end) {
    oss_dataset *dataset = NULL;
    oss_dataset_row row;
    bool is_there = true;
    ck_assert_int_eq(oss_dataset_open(&dataset, "/dev/zero", OSS_DATA_NEMO, OSS_CASE_KEEP), OSS_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(oss_dataset_next(dataset, &row, &is_there), OSS_EIO);
        ck_assert_msg(strstr(oss_last_error(), "/dev/zero") != NULL, "%s", oss_last_error());
    }
    oss_dataset_free(dataset);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("dataset/forms");
    TCase *tests = tcase_create("forms");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_nemo);
    tcase_add_test(tests, test_audiofolder);
    tcase_add_test(tests, test_commonvoice);
    tcase_add_test(tests, test_ljspeech);
    tcase_add_test(tests, test_kaldi);
    tcase_add_test(tests, test_bad_nemo);
    tcase_add_test(tests, test_bad_lists);
    tcase_add_test(tests, test_bad_kaldi);
    tcase_add_test(tests, test_form_is_found);
    tcase_add_test(tests, test_form_is_said_wrongly);
    tcase_add_test(tests, test_no_end);
    suite_add_tcase(suite, tests);
    return suite;
}
