#include "torture/place_state.h"

#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "support/tempdir.h"

static uint64_t mix(uint64_t a, uint64_t b) {
    const uint64_t both[2] = {a, b};
    return oss_hash(both, sizeof both);
}

static uint64_t hash_file(const char *path) {
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    uint64_t hash = text == NULL ? 0 : oss_hash(text, (size_t)bytes);
    free(text);
    return hash;
}

/* Up to the step of each line: {"kind":"train","step":12 */
static uint64_t hash_log(const char *path) {
    char *text = oss_tempdir_read(path, NULL);
    uint64_t hash = 1;
    for (char *line = text; line != NULL && *line != '\0'; line += strcspn(line, "\n") + 1) {
        char *step = strstr(line, "\"step\":");
        ck_assert_msg(step != NULL, "%s: a line without a step: %.200s", path, line);
        hash = mix(hash, oss_hash(line, (size_t)(step - line) + strcspn(step + 1, ",}")));
    }
    free(text);
    return hash;
}

static uint64_t hash_run(const char *run) {
    static const char *const file[] = {"latest/model.safetensors", "latest/optimizer.safetensors",
                                       "latest/state.json", "best/model.safetensors"};
    uint64_t hash = 7;
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        char *path = oss_tempdir_path(run, file[i]);
        hash = mix(hash, hash_file(path));
        free(path);
    }
    char *log = oss_tempdir_path(run, "metrics.jsonl");
    hash = mix(hash, hash_log(log));
    free(log);
    return hash;
}

/* Names in any order: a sum of what each gives. */
static uint64_t hash_folder(const char *path) {
    DIR *dir = opendir(path);
    uint64_t hash = 3;
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            char *below = oss_tempdir_path(path, entry->d_name);
            hash += mix(oss_hash(entry->d_name, strlen(entry->d_name)), hash_file(below));
            free(below);
        }
    }
    closedir(dir);
    return hash;
}

bool oss_place_is_run(const char *folder, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s/config.json", folder, name);
    return access(path, F_OK) == 0;
}

uint64_t oss_place_hash(const char *folder, const char *name) {
    char *path = oss_tempdir_path(folder, name);
    struct stat info;
    uint64_t hash = 0;
    if (lstat(path, &info) == 0) {
        hash = !S_ISDIR(info.st_mode)           ? hash_file(path)
               : oss_place_is_run(folder, name) ? hash_run(path)
                                                : hash_folder(path);
    }
    free(path);
    return hash;
}

/* Not by the calls under test. */
static void run_tool(const char *const word[]) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)execvp(word[0], (char *const *)word);
        _exit(127);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s %s %s failed", word[0], word[1],
                  word[2]);
}

void oss_place_remove(const char *folder, const char *name) {
    char *path = oss_tempdir_path(folder, name);
    struct stat info;
    if (lstat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) {
            oss_tempdir_remove(path);
            return;
        }
        ck_assert_int_eq(unlink(path), 0);
    }
    free(path);
}

void oss_place_copy(const char *folder, const char *from, const char *to) {
    char *source = oss_tempdir_path(folder, from), *target = oss_tempdir_path(folder, to);
    oss_place_remove(folder, to);
    run_tool((const char *const[]){"cp", "-a", source, target, NULL});
    free(source);
    free(target);
}

int32_t oss_place_sweep(const char *folder) {
    DIR *dir = opendir(folder);
    char name[64][NAME_MAX + 1];
    int32_t count = 0;
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL && count < 64; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".tmp-") != NULL) {
            snprintf(name[count++], sizeof name[0], "%s", entry->d_name);
        }
    }
    closedir(dir);
    for (int32_t i = 0; i < count; i++) {
        oss_place_remove(folder, name[i]);
    }
    return count;
}
