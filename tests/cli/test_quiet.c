/* Standard error is ours: libraries that the programs use write nothing there. */
#include <math.h>

#include "cli/cli_cases.h"
#include "support/encode.h"
#include "support/suite.h"

enum { RATE = 16000, FRAMES = 4 * RATE };

/* An MP3 whose frames are damaged in many places, so that libmpg123 complains of some. */
static bool write_damaged(const char *path) {
    float *x = malloc(FRAMES * sizeof *x);
    for (int i = 0; i < FRAMES; i++) {
        x[i] = 0.4F * sinf(0.02F * (float)i * (1.0F + (float)i / FRAMES));
    }
    bool written = oss_encode_constant_mp3(path, x, FRAMES, 1, RATE);
    free(x);
    if (!written) {
        return false;
    }
    long bytes = 0;
    unsigned char *all = (unsigned char *)oss_tempdir_read(path, &bytes);
    for (long at = 1500; at < bytes; at += 97) {
        all[at] ^= 0x5a;
    }
    oss_tempdir_write(path, all, bytes);
    free(all);
    return true;
}

START_TEST(test_damaged_mp3) {
    oss_cli_case c = oss_cli_case_make();
    char *path = oss_tempdir_path(c.folder, "damaged.mp3");
    if (write_damaged(path)) {
        oss_program_run run = oss_run_ossicle("transcribe", "--model", c.model, path);
        for (char *line = strtok(run.err, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            ck_assert_msg(strncmp(line, "ossicle ", 8) == 0, "%s", line);
        }
        oss_program_run_deinit(&run);
    }
    free(path);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/quiet");
    TCase *tests = tcase_create("quiet");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_damaged_mp3);
    suite_add_tcase(suite, tests);
    return suite;
}
