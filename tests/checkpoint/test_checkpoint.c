/* Checkpoints: what goes in comes out to the bit, links and pruning, and damage of every kind is seen and
 * survived. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/sys.h"
#include "checkpoint/checkpoint_internal.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/training.h"

static char *run;
static char heard[65536];

static void hear(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    size_t length = strlen(heard);
    snprintf(heard + length, sizeof heard - length, "%s\n", line);
}

/* Waiting for the disk is left out: these tests do not cut the power (test_checkpoint_faults.c does). */
static int skip_sync(int fd) {
    (void)fd;
    return 0;
}

static void set_up(void) {
    oss_file.fsync = skip_sync;
    run = oss_tempdir_make();
    heard[0] = '\0';
    oss_log_set(hear, NULL);
}

static void tear_down(void) {
    oss_log_set(NULL, NULL);
    oss_tempdir_remove(run);
}

static void save(int64_t step, bool is_best, int32_t keep_last) {
    oss_training *training = oss_training_make(step);
    oss_status status = oss_training_save(training, run, is_best, keep_last);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    oss_training_free(training);
}

static void assert_loads(int64_t step) {
    oss_training *got = NULL;
    ck_assert_msg(oss_training_load(&got, run) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(got->state.step, step);
    oss_training *wanted = oss_training_make(step);
    ck_assert_msg(oss_training_equal(got, wanted), "step %d came back changed", (int)step);
    oss_training_free(got);
    oss_training_free(wanted);
}

static bool has(const char *name) {
    char *path = oss_tempdir_path(run, name);
    bool is_there = oss_file_exists(path);
    free(path);
    return is_there;
}

static void assert_link(const char *link, const char *target) {
    char *path = oss_tempdir_path(run, link);
    char *got = NULL;
    ck_assert_msg(oss_file_read_link(&got, path) == OSS_OK, "%s", oss_last_error());
    ck_assert_str_eq(got, target);
    oss_free(got);
    free(path);
}

START_TEST(test_round_trip) {
    save(0, true, 3);
    assert_loads(0);
    save(7, false, 3);
    assert_loads(7);
    assert_link("latest", "checkpoints/step-00000007");
    assert_link("best", "checkpoints/step-00000000");
    save(4, false, 3); /* with priors, and weights that are no average */
    assert_loads(4);
    save(123456789, true, 3);
    assert_loads(123456789);
    assert_link("best", "checkpoints/step-123456789");
    ck_assert_str_eq(heard, "");
}
END_TEST

/* Seeds and hashes need 64 bits, rates all digits of a double: JSON numbers alone would lose some. */
START_TEST(test_state_is_exact) {
    oss_training *training = oss_training_make(3);
    training->state.seed = UINT64_MAX - 1;
    training->state.data_hash = UINT64_MAX - 2;
    training->state.audio_seconds = 0.1 + 0.2;
    training->state.best_cer = -1.0;
    training->state.best_wer = 1.0 / 3.0;
    training->state.best_step = -1;
    snprintf(training->state.fingerprint, sizeof training->state.fingerprint,
             "a \"quoted\" \\ \xc3\xa9 text");
    memset(training->state.audio_libraries, 'x', sizeof training->state.audio_libraries - 1);
    ck_assert_int_eq(oss_training_save(training, run, false, 1), OSS_OK);
    oss_training *got = NULL;
    ck_assert_msg(oss_training_load(&got, run) == OSS_OK, "%s", oss_last_error());
    ck_assert(oss_training_equal(training, got));
    oss_training_free(got);
    oss_training_free(training);
}
END_TEST

START_TEST(test_same_state_same_bytes) {
    static const char *const file[] = {OSS_CHECKPOINT_MODEL, OSS_CHECKPOINT_OPTIMIZER, OSS_CHECKPOINT_STATE};
    char *text[2][3];
    long bytes[2][3];
    for (int round = 0; round < 2; round++) {
        save(5, round == 0, 2);
        for (int i = 0; i < 3; i++) {
            char name[128];
            snprintf(name, sizeof name, "checkpoints/step-00000005/%s", file[i]);
            char *path = oss_tempdir_path(run, name);
            text[round][i] = oss_tempdir_read(path, &bytes[round][i]);
            free(path);
        }
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(bytes[0][i], bytes[1][i]);
        ck_assert_msg(memcmp(text[0][i], text[1][i], (size_t)bytes[0][i]) == 0, "%s", file[i]);
        free(text[0][i]);
        free(text[1][i]);
    }
}
END_TEST

START_TEST(test_pruning) {
    save(0, true, 2);
    for (int64_t step = 1; step <= 5; step++) {
        save(step, step == 2, 2);
    }
    char *folder = oss_tempdir_path(run, "checkpoints");
    ck_assert_int_eq(oss_tempdir_count(folder), 3);
    ck_assert(has("checkpoints/step-00000002") && has("checkpoints/step-00000004") &&
              has("checkpoints/step-00000005"));
    assert_link("best", "checkpoints/step-00000002");
    save(6, false, 1);
    ck_assert_int_eq(oss_tempdir_count(folder), 2);
    ck_assert(has("checkpoints/step-00000002") && has("checkpoints/step-00000006"));
    free(folder);
}
END_TEST

/* What others keep there is none of our business; what a killed save left is. */
START_TEST(test_leftovers) {
    save(1, true, 2);
    static const char *const ours[] = {"step-00000002.tmp-99", "step-00000001.tmp-old",
                                       "step-00000001.replaced"};
    static const char *const others[] = {"step-2", "step-000000002x", "step-00000001.damaged", "notes",
                                         "step-0000000012"};
    for (int i = 0; i < 8; i++) {
        char name[128];
        snprintf(name, sizeof name, "checkpoints/%s/inner", i < 3 ? ours[i] : others[i - 3]);
        char *path = oss_tempdir_path(run, name);
        ck_assert_int_eq(oss_file_make_folders(path), OSS_OK);
        free(path);
    }
    assert_loads(1);
    save(2, false, 2);
    char *folder = oss_tempdir_path(run, "checkpoints");
    ck_assert_int_eq(oss_tempdir_count(folder), 2 + 5);
    free(folder);
    assert_loads(2);
}
END_TEST

START_TEST(test_same_step_again) {
    save(4, true, 2);
    oss_training *training = oss_training_make(4);
    training->optimizer.m[0] += 1.0f;
    ck_assert_int_eq(oss_training_save(training, run, false, 2), OSS_OK);
    oss_training *got = NULL;
    ck_assert_msg(oss_training_load(&got, run) == OSS_OK, "%s", oss_last_error());
    ck_assert(oss_training_equal(training, got));
    char *folder = oss_tempdir_path(run, "checkpoints");
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
    free(folder);
    oss_training_free(got);
    oss_training_free(training);
}
END_TEST

/* A kill between the two renames of a save leaves step-N.replaced and a link to nowhere. */
START_TEST(test_kill_while_replacing) {
    save(3, true, 3);
    save(4, true, 3);
    char *whole = oss_tempdir_path(run, "checkpoints/step-00000004");
    char *replaced = oss_tempdir_path(run, "checkpoints/step-00000004.replaced");
    ck_assert_int_eq(oss_file_rename(whole, replaced), OSS_OK);
    assert_loads(4);
    ck_assert_ptr_nonnull(strstr(heard, "latest points to step-00000004, which is not there"));
    ck_assert(has("checkpoints/step-00000004") && !has("checkpoints/step-00000004.replaced"));
    assert_loads(4);
    free(whole);
    free(replaced);
}
END_TEST

START_TEST(test_nothing_there) {
    oss_training *got = NULL;
    ck_assert_int_eq(oss_training_load(&got, run), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "has no checkpoint"));
    ck_assert_int_eq(oss_training_load(&got, "/nonexistent/run"), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "/nonexistent/run is not a run folder"));
    ck_assert_ptr_null(got);
}
END_TEST

START_TEST(test_values_must_be_finite) {
    save(1, true, 2);
    oss_training *training = oss_training_make(3);
    float *const blocks[] = {training->model->value, training->optimizer.m, training->optimizer.v,
                             training->optimizer.raw};
    float *block = blocks[_i];
    block[0] = _i == 1 ? INFINITY : NAN;
    ck_assert_int_eq(oss_training_save(training, run, true, 2), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "encoder.down.0.net.0.weight"));
    oss_training_free(training);
    char *folder = oss_tempdir_path(run, "checkpoints");
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
    free(folder);
    assert_loads(1);
    assert_link("latest", "checkpoints/step-00000001");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("checkpoint");
    TCase *whole = tcase_create("whole");
    tcase_add_checked_fixture(whole, set_up, tear_down);
    tcase_add_test(whole, test_round_trip);
    tcase_add_test(whole, test_state_is_exact);
    tcase_add_test(whole, test_same_state_same_bytes);
    tcase_add_test(whole, test_pruning);
    tcase_add_test(whole, test_leftovers);
    tcase_add_test(whole, test_same_step_again);
    tcase_add_test(whole, test_kill_while_replacing);
    tcase_add_test(whole, test_nothing_there);
    tcase_add_loop_test(whole, test_values_must_be_finite, 0, 4);
    suite_add_tcase(suite, whole);
    return suite;
}
