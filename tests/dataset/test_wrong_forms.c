/* Datasets of other toolkits that are wrong from end to end (of CSVs: tests/base/test_csv_wrong_rows.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "dataset/dataset.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;

static void write_text(const char *name, const char *text) {
    char *path = oss_tempdir_path(folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    free(path);
}

static void set_up(void) {
    folder = oss_tempdir_make();
    char *wavs = oss_tempdir_path(folder, "wavs");
    ck_assert_int_eq(mkdir(wavs, 0777), 0);
    free(wavs);
}

static void tear_down(void) {
    oss_tempdir_remove(folder);
}

/* In every form: what is wrong from end to end is not read to its end; what is half right is. */
START_TEST(test_wrong_from_end_to_end) {
    static const struct {
        const char *name, *wrong, *right;
        oss_data_format format;
    } list[] = {{"m.jsonl", "{\n", "{\"audio_filepath\": \"b.wav\", \"text\": \"x\"}\n", OSS_DATA_NEMO},
                {"m.txt", "x\n", "LJ1|x\n", OSS_DATA_LJSPEECH},
                {"text", NULL, NULL, OSS_DATA_KALDI}};
    enum { ROWS = 30000 };
    write_text("wav.scp", "a a.wav\n");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        for (int half = 0; half < (list[i].right == NULL ? 1 : 2); half++) {
            oss_strbuf text = {0};
            for (int row = 0; row < ROWS; row++) {
                char line[64];
                snprintf(line, sizeof line, "%07d x\n", row);
                oss_strbuf_append(&text, half == 1 && row % 2 == 0          ? list[i].right
                                         : list[i].format == OSS_DATA_KALDI ? line
                                                                            : list[i].wrong);
            }
            write_text(list[i].name, text.data);
            oss_strbuf_deinit(&text);
            oss_dataset *dataset = NULL;
            oss_dataset_row row;
            bool is_there = true;
            int wrong = 0;
            char *path =
                list[i].format == OSS_DATA_KALDI ? strdup(folder) : oss_tempdir_path(folder, list[i].name);
            ck_assert_int_eq(oss_dataset_open(&dataset, path, list[i].format, OSS_CASE_KEEP), OSS_OK);
            oss_status status = OSS_OK;
            while (is_there && (status == OSS_OK || status == OSS_EINPUT)) {
                status = oss_dataset_next(dataset, &row, &is_there);
                wrong += status == OSS_EINPUT;
                if (status == OSS_OK && is_there) {
                    oss_dataset_row_deinit(&row);
                }
            }
            ck_assert_int_eq(status, half == 0 ? OSS_EIO : OSS_OK);
            ck_assert_int_eq(wrong, half == 0 ? 9999 : ROWS / 2);
            if (half == 0) {
                ck_assert_msg(strstr(oss_last_error(),
                                     "10000 of the first 10000 rows are wrong, too many to read on. The "
                                     "last: ") != NULL,
                              "%s", oss_last_error());
                ck_assert_int_eq(oss_dataset_next(dataset, &row, &is_there), OSS_EIO); /* for good */
            }
            oss_dataset_free(dataset);
            free(path);
        }
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("dataset/wrong forms");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_wrong_from_end_to_end);
    suite_add_tcase(suite, tests);
    return suite;
}
