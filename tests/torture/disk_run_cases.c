/* A run folder on a disk that lies: checkpoints with their links, and the log. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checkpoint/checkpoint_internal.h"
#include "support/faults.h"
#include "support/tempdir.h"
#include "support/training.h"
#include "torture/disk_cases.h"
#include "train/metrics.h"

enum { CHANGES_OF_A_SAVE = 40 };

/* ---- Checkpoints ---- */

static void save_step(const char *folder, int64_t step, bool is_best) {
    oss_training *training = oss_training_make(step);
    ck_assert_msg(oss_training_save(training, folder, is_best, 1) == OSS_OK, "%s", oss_last_error());
    oss_training_free(training);
}

/* The step that is there, whole and by every way that leads to it; -1: it is not as it was saved; 0: none at all. */
static int64_t find_step(const char *folder) {
    oss_training *got = NULL;
    oss_checkpoint_list list;
    ck_assert_int_eq(oss_checkpoint_list_init(&list, folder), OSS_OK);
    int32_t whole = 0;
    for (int32_t i = 0; i < list.count; i++) {
        whole += list.entry[i].kind == OSS_CHECKPOINT_WHOLE || list.entry[i].kind == OSS_CHECKPOINT_REPLACED;
    }
    oss_checkpoint_list_deinit(&list);
    if (oss_training_load(&got, folder) != OSS_OK) {
        return whole == 0 ? 0 : -1;
    }
    oss_training *wanted = oss_training_make(got->state.step);
    int64_t step = oss_training_equal(got, wanted) ? got->state.step : -1;
    oss_training_free(wanted);
    oss_training_free(got);
    char *latest = oss_tempdir_path(folder, "latest");
    struct stat info;
    bool has_link = lstat(latest, &info) == 0; /* not yet between the first folder's rename and its links */
    free(latest);
    oss_model *model = NULL; /* what `ossicle transcribe --model RUN` takes */
    if (has_link && oss_model_load(&model, folder) != OSS_OK) {
        return -1;
    }
    oss_model_free(model);
    char *checkpoints = oss_tempdir_path(folder, "checkpoints");
    step = oss_tempdir_has(checkpoints, ".damaged") ? -1 : step; /* under a good name was no whole folder */
    free(checkpoints);
    return step;
}

static void before_nothing(const char *folder) {
    (void)folder;
}

static void before_two_steps(const char *folder) {
    save_step(folder, 1, true);
    save_step(folder, 2, false);
}

static void save_first(const char *folder, uint64_t seed) {
    (void)seed;
    save_step(folder, 1, true);
}

static bool look_first(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    int64_t step = find_step(folder);
    bool has_links = oss_tempdir_has(folder, "latest") && oss_tempdir_has(folder, "best");
    return (step == 1 && (has_links || !crash->done)) || (step == 0 && !crash->done);
}

static void save_third(const char *folder, uint64_t seed) {
    (void)seed;
    save_step(folder, 3, false);
}

static void save_best(const char *folder, uint64_t seed) {
    (void)seed;
    save_step(folder, 3, true);
}

static bool look_third(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    int64_t step = find_step(folder);
    return step == 3 || (step == 2 && !crash->done);
}

static void save_second_again(const char *folder, uint64_t seed) {
    (void)seed;
    save_step(folder, 2, true);
}

static bool look_second(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    (void)crash;
    return find_step(folder) == 2;
}

static void save_two_more(const char *folder, uint64_t seed) {
    (void)seed;
    save_step(folder, 3, true);
    save_step(folder, 4, false);
}

static bool look_fourth(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    int64_t step = find_step(folder);
    return step == 4 || ((step == 2 || step == 3) && !crash->done);
}

/* A save that is killed at one of its changes of the disk, another that goes well, and then the power fails. */
static void save_killed(const char *folder, uint64_t seed) {
    oss_training *training = oss_training_make(3);
    oss_faults_install();
    oss_faults_fail_from(OSS_CALL_ANY_CHANGE, 1 + (int64_t)(seed % CHANGES_OF_A_SAVE), EIO);
    (void)oss_training_save(training, folder, true, 1);
    (void)oss_faults_clear();
    oss_faults_remove();
    oss_training_free(training);
    save_step(folder, 3, true);
}

/* ---- The log of a run ---- */

enum { OLD_LINES = 12, NEW_LINES = 9 };

static void append_lines(const char *folder, int64_t first, int64_t count) {
    char *path = oss_tempdir_path(folder, "metrics.jsonl");
    oss_metrics *metrics = NULL;
    ck_assert_msg(oss_metrics_create(&metrics, path, first - 1) == OSS_OK, "%s", oss_last_error());
    const oss_step_result result = {.loss = 1.5, .grad_norm = 0.25, .utterances = 3, .audio_seconds = 2};
    for (int64_t step = first; step < first + count; step++) {
        oss_metrics_add_step(metrics, &(oss_step_record){.step = step, .lr = 0.125, .result = &result});
    }
    ck_assert_msg(oss_metrics_flush(metrics) == OSS_OK, "%s", oss_last_error());
    oss_metrics_free(metrics);
    free(path);
}

/* Lines of steps 1, 2, ... from the top, whole. */
static int64_t count_lines(const char *folder) {
    char *path = oss_tempdir_path(folder, "metrics.jsonl"), *text = oss_tempdir_read(path, NULL), wanted[64];
    int64_t count = 0;
    for (const char *line = text, *end; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        snprintf(wanted, sizeof wanted, "{\"kind\":\"train\",\"step\":%d,", (int)count + 1);
        if (strncmp(line, wanted, strlen(wanted)) != 0 || end[-1] != '}') {
            break;
        }
        count++;
    }
    free(text);
    free(path);
    return count;
}

static void append_old(const char *folder) {
    append_lines(folder, 1, OLD_LINES);
}

static void append_new(const char *folder, uint64_t seed) {
    (void)seed;
    append_lines(folder, OLD_LINES + 1, NEW_LINES);
}

static void append_first(const char *folder, uint64_t seed) {
    (void)seed;
    append_old(folder);
}

/* What was there stays; a run that goes on from the old step finds just that, and can write again. */
static bool look_log(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    int64_t lines = count_lines(folder);
    if (lines < (crash->done ? OLD_LINES + NEW_LINES : OLD_LINES)) {
        return false;
    }
    append_new(folder, 0);
    return count_lines(folder) == OLD_LINES + NEW_LINES;
}

static bool look_new_log(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    return count_lines(folder) == OLD_LINES || !crash->done;
}

const oss_disk_case oss_disk_run_case[OSS_DISK_RUN_CASES] = {
    {"the first checkpoint of a run", before_nothing, save_first, look_first},
    {"a checkpoint", before_two_steps, save_third, look_third},
    {"a checkpoint that is the best", before_two_steps, save_best, look_third},
    {"the same step again", before_two_steps, save_second_again, look_second},
    {"two checkpoints", before_two_steps, save_two_more, look_fourth},
    {"killed, saved again", before_two_steps, save_killed, look_third},
    {"first lines of metrics.jsonl", before_nothing, append_first, look_new_log},
    {"lines of metrics.jsonl", append_old, append_new, look_log},
};
