/* Damage of every kind to the newest checkpoint is seen, told and survived; nothing is deleted. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/sys.h"
#include "checkpoint/checkpoint_internal.h"
#include "support/rewrite.h"
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

static char *newest_file(int index) {
    static const char *const file[] = {OSS_CHECKPOINT_MODEL, OSS_CHECKPOINT_OPTIMIZER, OSS_CHECKPOINT_STATE};
    char name[128];
    snprintf(name, sizeof name, "checkpoints/step-00000002/%s", file[index]);
    return oss_tempdir_path(run, name);
}

/* The newest, damaged as it is now, is set aside, and the one before is used. */
static void assert_falls_back(const char *what) {
    heard[0] = '\0';
    assert_loads(1);
    ck_assert_msg(strstr(heard, "step-00000002 cannot be used") != NULL, "%s: %s", what, heard);
    ck_assert_msg(strstr(heard, "step-00000002.damaged") != NULL &&
                      strstr(heard, "going back to step-00000001") != NULL,
                  "%s: %s", what, heard);
    ck_assert_msg(!has("checkpoints/step-00000002") && has("checkpoints/step-00000002.damaged"), "%s", what);
}

static void put_back(void) {
    char *damaged = oss_tempdir_path(run, "checkpoints/step-00000002.damaged");
    char *whole = oss_tempdir_path(run, "checkpoints/step-00000002");
    ck_assert_int_eq(rename(damaged, whole), 0);
    free(damaged);
    free(whole);
}

START_TEST(test_truncation) {
    save(1, true, 3);
    save(2, true, 3);
    char *path = newest_file(_i);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    long stride = bytes / 40 + 1;
    for (long kept = bytes - 1; kept >= 0; kept -= kept < 16 ? 1 : stride) {
        ck_assert_int_eq(truncate(path, kept), 0);
        assert_falls_back("truncated");
        put_back();
    }
    free(text);
    free(path);
}
END_TEST

START_TEST(test_flipped_bytes) {
    save(1, true, 3);
    save(2, true, 3);
    char *path = newest_file(_i);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    for (long at = 0; at < bytes; at += bytes / 60 + 1) {
        char changed = (char)(text[at] ^ (1 << (at % 8)));
        ck_assert_int_eq(pwrite(fd, &changed, 1, at), 1);
        assert_falls_back("flipped");
        put_back();
        ck_assert_int_eq(pwrite(fd, &text[at], 1, at), 1);
    }
    close(fd);
    assert_loads(2);
    free(text);
    free(path);
}
END_TEST

START_TEST(test_missing_file) {
    save(1, true, 3);
    save(2, true, 3);
    char *path = newest_file(_i);
    ck_assert_int_eq(unlink(path), 0);
    assert_falls_back("missing");
    free(path);
}
END_TEST

/* Files that are each whole, of two checkpoints. */
START_TEST(test_swapped_file) {
    save(1, true, 3);
    save(2, true, 3);
    char *path = newest_file(_i);
    char *other = strdup(path);
    *(strstr(other, "step-00000002") + 12) = '1';
    long bytes = 0;
    char *text = oss_tempdir_read(other, &bytes);
    oss_tempdir_write(path, text, bytes);
    assert_falls_back("swapped");
    free(text);
    free(other);
    free(path);
}
END_TEST

START_TEST(test_all_damaged) {
    save(1, true, 3);
    save(2, true, 3);
    char *folder = oss_tempdir_path(run, "checkpoints");
    for (int step = 1; step <= 2; step++) {
        char name[64];
        snprintf(name, sizeof name, "checkpoints/step-%08d/%s", step, OSS_CHECKPOINT_OPTIMIZER);
        char *path = oss_tempdir_path(run, name);
        ck_assert_int_eq(truncate(path, 100), 0);
        free(path);
    }
    oss_training *got = NULL;
    ck_assert_int_eq(oss_training_load(&got, run), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "none of its 2 checkpoints can be used; the first: "));
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "step-00000002/optimizer.safetensors"));
    ck_assert_msg(oss_tempdir_count(folder) == 2, "nothing is deleted");
    ck_assert_int_eq(oss_training_load(&got, run), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "has no checkpoint"));
    ck_assert_ptr_null(got);
    free(folder);
}
END_TEST

/* The same step may be damaged twice: both are kept. */
START_TEST(test_damaged_twice) {
    save(1, true, 3);
    for (int round = 0; round < 2; round++) {
        save(2, false, 3);
        char *path = newest_file(2);
        ck_assert_int_eq(truncate(path, 10), 0);
        free(path);
        assert_loads(1);
    }
    ck_assert(has("checkpoints/step-00000002.damaged") && has("checkpoints/step-00000002.damaged-2"));
    save(2, false, 3);
    assert_loads(2);
}
END_TEST

/* ---- state.json with a right sum and wrong content ---- */

static const struct {
    const char *from, *to, *part;
} edits[] = {
    {"\"ossicle_format\": \"1\"", "\"ossicle_format\": \"3\"", "it has format 3"},
    {"\"step\": 2", "\"step\": 9", "it is of step 9 by its state.json"},
    {"\"epoch\"", "\"epach\"", "\"epoch\" is missing"},
    {"\"seed\": \"", "\"seed\": \"x", "no whole number"},
    {"\"batch_in_epoch\": ", "\"batch_in_epoch\": -", "\"batch_in_epoch\" is -"},
    {"\"grad_shards\": 16", "\"grad_shards\": 1.5", "must be a whole number"},
    {"\"fingerprint\": \"",
     "\"fingerprint\": "
     "\"......................................................................................"
     "......................................................................................................"
     "......................................................................................................",
     "more than 255 bytes"},
};

static void edit_state(const char *from, const char *to) {
    char *path = newest_file(2);
    oss_rewrite_state(path, from, to);
    free(path);
}

START_TEST(test_edited_state) {
    save(1, true, 3);
    save(2, true, 3);
    edit_state(edits[_i].from, edits[_i].to);
    assert_falls_back(edits[_i].part);
    ck_assert_msg(strstr(heard, edits[_i].part) != NULL, "%s", heard);
}
END_TEST

/* Version 0.1.0 kept no loss beside the best scores, and neither how the run began, whether a scoring is due, its config nor
 * what its recordings were; a later one may keep what this one does not know. */
START_TEST(test_state_of_another_version) {
    save(2, true, 3);
    edit_state("\"best_loss\"", "\"best_something\"");
    edit_state("\"eval_due\"", "\"eval_some\"");
    edit_state("\"fine_tuned\"", "\"fine_something\"");
    edit_state("\"audio_hash\"", "\"audio_something\"");
    edit_state("\"config\"", "\"something\"");
    oss_training *got = NULL;
    ck_assert_msg(oss_training_load(&got, run) == OSS_OK, "%s", oss_last_error());
    ck_assert_str_eq(heard, "");
    ck_assert(got->state.best_loss == -1.0);
    oss_training *wanted = oss_training_make(2);
    wanted->state.best_loss = -1.0;
    wanted->state.eval_due = -1;
    wanted->state.fine_tuned = -1;
    wanted->state.audio_hash = 0;
    oss_free(wanted->state.config);
    wanted->state.config = NULL;
    ck_assert(oss_training_equal(got, wanted));
    oss_training_free(wanted);
    oss_training_free(got);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("damaged checkpoint");
    TCase *damage = tcase_create("damage");
    tcase_set_timeout(damage, 30);
    tcase_add_checked_fixture(damage, set_up, tear_down);
    tcase_add_loop_test(damage, test_truncation, 0, 3);
    tcase_add_loop_test(damage, test_flipped_bytes, 0, 3);
    tcase_add_loop_test(damage, test_missing_file, 0, 3);
    tcase_add_loop_test(damage, test_swapped_file, 0, 3);
    tcase_add_test(damage, test_all_damaged);
    tcase_add_test(damage, test_damaged_twice);
    tcase_add_loop_test(damage, test_edited_state, 0, (int)(sizeof edits / sizeof edits[0]));
    tcase_add_test(damage, test_state_of_another_version);
    suite_add_tcase(suite, damage);
    return suite;
}
