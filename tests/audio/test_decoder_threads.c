/* Recordings opened by several threads at once: what one says of its own does not depend on the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio_file.h"
#include "base/pool.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

enum { RATE = 16000, THREADS = 4, TASKS = 4000, KINDS = 3 };

static char *folder;
static char *path[KINDS]; /* one that is whole, and two that libsndfile refuses, for different reasons */
static char message[KINDS][400];

/* Empty for a recording that can be read. */
static void load(const char *name, char out[400]) {
    const oss_audio_request request = {.rate_hz = RATE, .end_seconds = -1};
    oss_audio audio = {0};
    oss_status status = oss_audio_load(&audio, name, &request);
    snprintf(out, 400, "%s", status == OSS_OK ? "" : oss_last_error());
    oss_audio_deinit(&audio);
}

static void set_up(void) {
    static const char *const name[KINDS] = {"whole.wav", "no_data.wav", "nothing_known.wav"};
    static const char no_data[] = "RIFF\x1c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0";
    static const char nothing_known[] = "A letter, and no recording at all, whatever its name says.\n";
    folder = oss_tempdir_make();
    for (int i = 0; i < KINDS; i++) {
        path[i] = oss_tempdir_path(folder, name[i]);
    }
    oss_wav_write_tone(path[0], 0.05, 440.0, 0.5, RATE);
    oss_tempdir_write(path[1], no_data, sizeof no_data - 1);
    oss_tempdir_write(path[2], nothing_known, sizeof nothing_known - 1);
    for (int i = 0; i < KINDS; i++) {
        load(path[i], message[i]);
    }
}

static void tear_down(void) {
    for (int i = 0; i < KINDS; i++) {
        free(path[i]);
    }
    oss_tempdir_remove(folder);
}

static void load_and_compare(void *context, int32_t task, int32_t worker) {
    int32_t *different = context;
    char said[400];
    load(path[task % KINDS], said);
    different[worker] += strcmp(said, message[task % KINDS]) != 0;
}

/* libsndfile keeps the reason of a failed open in one place for the whole process, and empties it at every other. */
START_TEST(test_reason_is_the_recordings_own) {
    int32_t different[THREADS] = {0};
    oss_pool *pool = NULL;
    ck_assert_str_eq(message[0], "");
    ck_assert_ptr_nonnull(strstr(message[1], "libsndfile: "));
    ck_assert_ptr_nonnull(strstr(message[2], "libsndfile: "));
    ck_assert_str_ne(strstr(message[1], "libsndfile: "), strstr(message[2], "libsndfile: "));
    ck_assert_int_eq(oss_pool_create(&pool, THREADS), OSS_OK);
    oss_pool_run(pool, TASKS, load_and_compare, different);
    oss_pool_free(pool);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(different[i], 0);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/decoder threads");
    TCase *tc = tcase_create("threads");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_reason_is_the_recordings_own);
    suite_add_tcase(suite, tc);
    return suite;
}
