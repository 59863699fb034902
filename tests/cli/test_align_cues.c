/* Subtitles for ossicle align that nobody writes. */
#include "base/strbuf.h"
#include "cli/cli_cases.h"
#include "support/suite.h"

/* What stands behind a NUL is not passed over. */
START_TEST(a_nul_byte_is_told) {
    static const char cues[] =
        "1\n00:00:00,000 --> 00:00:01,000\na\n\0\n2\n00:00:01,000 --> 00:00:02,000\nb\n";
    oss_cli_case c = oss_cli_case_make();
    char *path = oss_tempdir_path(c.folder, "nul.srt");
    oss_tempdir_write(path, cues, sizeof cues - 1);
    oss_program_run run = oss_run_ossicle("align", "--model", c.model, c.three, "--srt", path);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "nul.srt: has a NUL byte");
    oss_program_run_deinit(&run);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

/* Time grows with the size, in lines and in tags that do not end: with its square these would take minutes, of which there are ten
 * seconds (of the processor, whatever else it does). */
START_TEST(large_cues_are_read_at_once) {
    enum { PIECES = 300000 };
    static const char *const piece[] = {"a\n", "<<<<"};
    oss_cli_case c = oss_cli_case_make();
    char *path = oss_tempdir_path(c.folder, "large.srt"), *ossicle = oss_program_path("ossicle");
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "1\n00:00:00,000 --> 00:00:01,000\n");
    for (int i = 0; i < PIECES; i++) {
        oss_strbuf_append(&text, piece[_i]);
    }
    ck_assert(oss_strbuf_ok(&text));
    oss_tempdir_write(path, text.data, (long)text.length);
    oss_strbuf_deinit(&text);
    const char *const words[] = {"/bin/sh", "-c",    "ulimit -t 10; exec \"$@\"",
                                 "sh",      ossicle, "align",
                                 "--model", c.model, c.three,
                                 "--srt",   path,    NULL};
    oss_program_run run = oss_program_start(words, OSS_STDOUT_KEEP);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run,
                           _i == 0 ? "the text needs 599999 frames" : "has none of the text's characters");
    oss_program_run_deinit(&run);
    free(ossicle);
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("align_cues");
    TCase *all = tcase_create("align_cues");
    tcase_add_test(all, a_nul_byte_is_told);
    tcase_add_loop_test(all, large_cues_are_read_at_once, 0, 2);
    suite_add_tcase(suite, all);
    return suite;
}
