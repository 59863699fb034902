/* Whatever call fails, wherever the process or the power ends: the old state or the new one, to the bit. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/sys.h"
#include "checkpoint/checkpoint_internal.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/training.h"

static char *run;
static oss_sys_file plain_file;

static int skip_sync(int fd) {
    (void)fd;
    return 0;
}

static void set_up(void) {
    plain_file = oss_file;
    oss_file.fsync =
        skip_sync; /* the order of syncs is what the last test is about; here they only cost time */
    run = oss_tempdir_make();
}

static void tear_down(void) {
    oss_file = plain_file;
    oss_tempdir_remove(run);
}

/* What is on the disk: the training after step `old` or, when allowed, after step `new`. Returns which. */
static int64_t assert_old_or_new(int64_t old, int64_t new, const char *what, int64_t call) {
    oss_training *got = NULL;
    oss_status status = oss_training_load(&got, run);
    ck_assert_msg(status == OSS_OK, "%s %d: %s", what, (int)call, oss_last_error());
    int64_t step = got->state.step;
    ck_assert_msg(step == old || step == new, "%s %d: step %d", what, (int)call, (int)step);
    oss_training *wanted = oss_training_make(step);
    ck_assert_msg(oss_training_equal(got, wanted), "%s %d: step %d came back changed", what, (int)call,
                  (int)step);
    oss_training_free(wanted);
    oss_training_free(got);
    oss_model *model = NULL; /* the links lead to a whole model as well */
    ck_assert_msg(oss_model_load(&model, run) == OSS_OK, "%s %d: %s", what, (int)call, oss_last_error());
    oss_model_free(model);
    return step;
}

typedef struct plan {
    const char *what;
    oss_call kind;
    int error_number;
    bool lasts;     /* all later calls fail too: what a kill at that moment leaves */
    bool again;     /* the same step is saved again and again */
    int64_t stride; /* every call up to here, then ever fewer */
} plan;

static const plan plans[] = {
    {"any file call fails", OSS_CALL_ANY_FILE, EIO, false, false, 1000},
    {"the disk is full", OSS_CALL_WRITE, ENOSPC, true, false, 1000},
    {"killed", OSS_CALL_ANY_CHANGE, EIO, true, false, 1000},
    {"memory is short", OSS_CALL_ANY_HEAP, 0, false, false, 40},
    {"any file call fails, same step", OSS_CALL_ANY_FILE, EIO, false, true, 1000},
    {"killed, same step", OSS_CALL_ANY_CHANGE, EIO, true, true, 1000},
};

static void arm(const plan *p, int64_t k) {
    if (p->lasts) {
        oss_faults_fail_from(p->kind, k, p->error_number);
    } else {
        oss_faults_fail(p->kind, k, p->error_number);
    }
}

static void save_well(int64_t step, bool is_best) {
    oss_training *training = oss_training_make(step);
    ck_assert_msg(oss_training_save(training, run, is_best, 3) == OSS_OK, "%s", oss_last_error());
    oss_training_free(training);
}

static void make_run(void) {
    oss_tempdir_remove(run);
    run = oss_tempdir_make();
    save_well(1, true);
    save_well(2, false);
}

/* Under a good name is a whole folder, whatever happened; and when a single call failed, step 2 has its name. */
static void assert_names(const plan *p, int64_t k) {
    oss_checkpoint_list list;
    ck_assert_int_eq(oss_checkpoint_list_init(&list, run), OSS_OK);
    for (int32_t i = 0; i < list.count; i++) {
        char *folder = oss_tempdir_path(list.folder, list.entry[i].name);
        ck_assert_msg(list.entry[i].kind != OSS_CHECKPOINT_WHOLE || oss_tempdir_count(folder) == 3,
                      "%s %d: %s is not whole", p->what, (int)k, folder);
        free(folder);
    }
    ck_assert_msg(p->lasts || oss_checkpoint_list_find(&list, "step-00000002") != NULL || !p->again,
                  "%s %d: step 2 is under another name", p->what, (int)k);
    oss_checkpoint_list_deinit(&list);
}

/* A save, with links to move and old ones to remove, whose k-th call fails; what is there is loaded and
 * compared. False when k is past its last call. */
static bool save_with_failure(const plan *p, int64_t k) {
    int64_t next = p->again ? 2 : 3;
    oss_training *training = oss_training_make(next);
    int64_t blocks = oss_faults_blocks();
    arm(p, k);
    oss_status status = oss_training_save(training, run, k % 3 == 0, 1);
    bool fired = oss_faults_clear();
    ck_assert_msg(oss_faults_blocks() == blocks, "%s %d: memory is lost", p->what, (int)k);
    ck_assert_msg(fired || status == OSS_OK, "%s %d: %s", p->what, (int)k, oss_last_error());
    assert_names(p, k);
    int64_t on_disk = assert_old_or_new(2, next, p->what, k);
    ck_assert_msg(status != OSS_OK || on_disk == next, "%s %d: success without a checkpoint", p->what,
                  (int)k);
    oss_training_free(training);
    return fired;
}

START_TEST(test_save) {
    oss_faults_install();
    for (int64_t k = 1;; k += 1 + k / plans[_i].stride) {
        make_run();
        if (!save_with_failure(&plans[_i], k)) {
            ck_assert_int_gt(k, 3);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

/* Loading with a failing call: an error, or a whole state; and the newest is still there afterwards. */
START_TEST(test_load) {
    make_run();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        int64_t blocks = oss_faults_blocks();
        oss_faults_fail(_i == 0 ? OSS_CALL_ANY_FILE : OSS_CALL_ANY_HEAP, k, EIO);
        oss_training *got = NULL;
        oss_status status = oss_training_load(&got, run);
        bool fired = oss_faults_clear();
        ck_assert((status == OSS_OK) == (got != NULL));
        if (got != NULL) {
            ck_assert(got->state.step == 2 || (fired && got->state.step == 1));
            oss_training_free(got);
        }
        ck_assert_msg(oss_faults_blocks() == blocks, "call %d: memory is lost", (int)k);
        assert_old_or_new(2, 2, "after a load with a failing call", k);
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

static void hear(void *context, oss_log_level level, const char *line) {
    (void)level;
    *(bool *)context = *(bool *)context || strstr(line, "older ones could not be removed") != NULL;
}

/* The checkpoint is safe then: training need not stop, but is told. */
START_TEST(test_pruning_that_fails_is_a_warning) {
    bool warned = false;
    oss_log_set(hear, &warned);
    oss_faults_install();
    for (int64_t step = 1; step <= 3; step++) {
        oss_training *training = oss_training_make(step);
        oss_faults_fail(OSS_CALL_RMDIR, 1, EACCES);
        ck_assert_msg(oss_training_save(training, run, true, 1) == OSS_OK, "%s", oss_last_error());
        ck_assert(oss_faults_clear() == (step > 1));
        oss_training_free(training);
    }
    oss_faults_remove();
    oss_log_set(NULL, NULL);
    ck_assert(warned);
    assert_old_or_new(3, 3, "after pruning failed", 0);
}
END_TEST

/* ---- Power ---- */

/* A path is dirty from the moment its content (a file's bytes, a folder's entries) changed until it is
 * synced: a power cut may undo that. The rule: what a rename publishes, and everything below it, is clean;
 * and no link points to what is not. */
enum { MAX_PATHS = 64, MAX_FDS = 1024 };
static char *fd_path[MAX_FDS];
static char *dirty[MAX_PATHS];
static int renames_of_folders, renames_of_links;

static void set_dirty(const char *path, bool is_dirty) {
    int free_slot = -1;
    for (int i = 0; i < MAX_PATHS; i++) {
        if (dirty[i] == NULL) {
            free_slot = i;
        } else if (strcmp(dirty[i], path) == 0) {
            if (!is_dirty) {
                free(dirty[i]);
                dirty[i] = NULL;
            }
            return;
        }
    }
    if (is_dirty) {
        ck_assert_int_ge(free_slot, 0);
        dirty[free_slot] = strdup(path);
    }
}

static void set_parent_dirty(const char *path) {
    char *parent = strdup(path);
    *strrchr(parent, '/') = '\0';
    set_dirty(parent, true);
    free(parent);
}

/* Nothing dirty at `path` or below. */
static void assert_clean(const char *path, const char *when) {
    size_t length = strlen(path);
    for (int i = 0; i < MAX_PATHS; i++) {
        bool inside = dirty[i] != NULL && strncmp(dirty[i], path, length) == 0 &&
                      (dirty[i][length] == '/' || dirty[i][length] == '\0');
        ck_assert_msg(!inside, "%s: %s is not synced", when, dirty[i]);
    }
}

static int watch_open(const char *path, int flags, mode_t mode) {
    int fd = plain_file.open(path, flags, mode);
    ck_assert_int_lt(fd, MAX_FDS);
    if (fd >= 0) {
        free(fd_path[fd]);
        fd_path[fd] = strdup(path);
        if ((flags & O_CREAT) != 0) {
            set_dirty(path, true);
            set_parent_dirty(path);
        }
    }
    return fd;
}

static ssize_t watch_write(int fd, const void *bytes, size_t count) {
    set_dirty(fd_path[fd], true);
    return plain_file.write(fd, bytes, count);
}

static int watch_fsync(int fd) {
    set_dirty(fd_path[fd], false);
    return 0;
}

static int watch_mkdir(const char *path, mode_t mode) {
    set_dirty(path, true);
    set_parent_dirty(path);
    return plain_file.mkdir(path, mode);
}

static int watch_symlink(const char *target, const char *path) {
    set_parent_dirty(path);
    return plain_file.symlink(target, path);
}

/* A published folder must be clean and so must the folder that will hold it, but for this very rename. */
static int watch_rename(const char *from, const char *to) {
    bool is_link = strstr(to, "/latest") != NULL || strstr(to, "/best") != NULL;
    if (is_link) {
        char *checkpoints = oss_tempdir_path(run, "checkpoints");
        assert_clean(checkpoints, "a link is moved");
        free(checkpoints);
        renames_of_links++;
    } else {
        assert_clean(from, "a rename");
        renames_of_folders += strstr(to, ".safetensors") == NULL && strstr(to, ".json") == NULL;
    }
    set_parent_dirty(to);
    return plain_file.rename(from, to);
}

START_TEST(test_nothing_unsynced_is_published) {
    oss_file.open = watch_open;
    oss_file.write = watch_write;
    oss_file.fsync = watch_fsync;
    oss_file.mkdir = watch_mkdir;
    oss_file.symlink = watch_symlink;
    oss_file.rename = watch_rename;
    static const int64_t steps[] = {1, 2, 2, 3};
    for (int i = 0; i < 4; i++) {
        oss_training *training = oss_training_make(steps[i]);
        ck_assert_msg(oss_training_save(training, run, i % 2 == 0, 3) == OSS_OK, "%s", oss_last_error());
        assert_clean(run, "the save has ended");
        oss_training_free(training);
    }
    oss_file = plain_file;
    ck_assert_int_eq(renames_of_folders, 4 + 1); /* step 2 gives way once */
    ck_assert_int_eq(renames_of_links, 4 + 2);
    for (int i = 0; i < MAX_FDS; i++) {
        free(fd_path[i]);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("checkpoint under faults");
    TCase *faults = tcase_create("faults");
    tcase_set_timeout(faults, 60);
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_loop_test(faults, test_save, 0, (int)(sizeof plans / sizeof plans[0]));
    tcase_add_loop_test(faults, test_load, 0, 2);
    tcase_add_test(faults, test_pruning_that_fails_is_a_warning);
    tcase_add_test(faults, test_nothing_unsynced_is_published);
    suite_add_tcase(suite, faults);
    return suite;
}
