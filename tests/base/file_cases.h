/* What the tests of files share: a folder, and what is in it. */
#ifndef OSS_TESTS_FILE_CASES_H
#define OSS_TESTS_FILE_CASES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/tempdir.h"

static char *folder; /* made anew for each test */

static inline void make_folder(void) {
    folder = oss_tempdir_make();
}

static inline void remove_folder(void) {
    oss_tempdir_remove(folder);
}

/* A path in the test's folder; two may be in use at a time. */
static inline const char *in_folder(const char *name) {
    static char path[2][512];
    static int turn;
    turn = !turn;
    ck_assert_int_lt(snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name), 512);
    return path[turn];
}

static inline void expect_content(const char *path, const char *want) {
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    ck_assert_msg(text != NULL, "%s is not there", path);
    ck_assert_int_eq(bytes, (long)strlen(want));
    ck_assert_str_eq(text, want);
    free(text);
}

static inline void expect_message(const char *part) {
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "\"%s\" is not in \"%s\"", part, oss_last_error());
}

#endif
