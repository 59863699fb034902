/* Which folders of RUN/checkpoints are checkpoints. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "checkpoint/checkpoint_internal.h"

static const char name_prefix[] = "step-";

char *oss_checkpoint_name(int64_t step, const char *suffix) {
    oss_strbuf name = {0};
    oss_strbuf_printf(&name, "%s%08" PRId64 "%s", name_prefix, step, suffix);
    return oss_strbuf_take(&name);
}

/* ".tmp-PID", ".tmp-old": what was set aside of those has more behind it, and is nobody's to remove. */
static bool is_temporary(const char *suffix) {
    static const char mark[] = ".tmp-";
    if (strncmp(suffix, mark, sizeof mark - 1) != 0) {
        return false;
    }
    const char *process = suffix + sizeof mark - 1;
    size_t digits = strspn(process, "0123456789");
    return strcmp(process, "old") == 0 || (digits > 0 && process[digits] == '\0');
}

/* The step, when the name is ours; the digits must be those that we write. */
static oss_checkpoint_kind read_name(const char *name, int64_t *out_step) {
    enum { MIN_DIGITS = 8, MAX_DIGITS = 18 };
    size_t prefix = sizeof name_prefix - 1;
    if (strncmp(name, name_prefix, prefix) != 0) {
        return OSS_CHECKPOINT_OTHER;
    }
    const char *digits = name + prefix;
    size_t count = strspn(digits, "0123456789");
    if (count < MIN_DIGITS || count > MAX_DIGITS || (count > MIN_DIGITS && digits[0] == '0')) {
        return OSS_CHECKPOINT_OTHER;
    }
    *out_step = strtoll(digits, NULL, 10);
    const char *suffix = digits + count;
    if (suffix[0] == '\0') {
        return OSS_CHECKPOINT_WHOLE;
    }
    if (strcmp(suffix, ".replaced") == 0) {
        return OSS_CHECKPOINT_REPLACED;
    }
    return is_temporary(suffix) ? OSS_CHECKPOINT_LEFTOVER : OSS_CHECKPOINT_OTHER;
}

static int compare_entries(const void *a, const void *b) {
    const oss_checkpoint_entry *x = a;
    const oss_checkpoint_entry *y = b;
    if (x->step != y->step) {
        return x->step > y->step ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static oss_status fill_list(oss_checkpoint_list *list, char **name, size_t names) {
    list->entry = oss_alloc_zero(names, sizeof *list->entry);
    if (list->entry == NULL) {
        return OSS_ENOMEM;
    }
    for (size_t i = 0; i < names; i++) {
        oss_checkpoint_entry *entry = &list->entry[list->count];
        entry->kind = read_name(name[i], &entry->step);
        if (entry->kind == OSS_CHECKPOINT_OTHER) {
            continue;
        }
        entry->name = oss_strdup(name[i]);
        if (entry->name == NULL) {
            return OSS_ENOMEM;
        }
        list->count++;
    }
    if (list->count > 0) {
        qsort(list->entry, (size_t)list->count, sizeof *list->entry, compare_entries);
    }
    return OSS_OK;
}

bool oss_checkpoint_is_saved(const oss_checkpoint_entry *entry) {
    return entry->kind == OSS_CHECKPOINT_WHOLE || entry->kind == OSS_CHECKPOINT_REPLACED;
}

oss_status oss_checkpoint_has_entry(bool *out, const char *folder, const char *name) {
    char **names = NULL;
    size_t count = 0;
    oss_status status = oss_file_list(&names, &count, folder);
    if (status != OSS_OK) {
        return status;
    }
    *out = false;
    for (size_t i = 0; i < count; i++) {
        *out = *out || strcmp(names[i], name) == 0;
    }
    oss_file_free_names(names, count);
    return OSS_OK;
}

oss_status oss_checkpoint_list_init(oss_checkpoint_list *list, const char *run) {
    *list = (oss_checkpoint_list){.folder = oss_path_join(run, "checkpoints")};
    if (list->folder == NULL) {
        return OSS_ENOMEM;
    }
    char **name = NULL;
    size_t names = 0;
    bool is_there = false;
    oss_status status = oss_checkpoint_has_entry(&is_there, run, "checkpoints");
    if (status == OSS_OK && is_there) {
        status = oss_file_list(&name, &names, list->folder);
    }
    if (status == OSS_OK) {
        status = fill_list(list, name, names);
    }
    oss_file_free_names(name, names);
    if (status != OSS_OK) {
        oss_checkpoint_list_deinit(list);
    }
    return status;
}

void oss_checkpoint_list_deinit(oss_checkpoint_list *list) {
    for (int32_t i = 0; i < list->count; i++) {
        oss_free(list->entry[i].name);
    }
    oss_free(list->entry);
    oss_free(list->folder);
    *list = (oss_checkpoint_list){0};
}

const oss_checkpoint_entry *oss_checkpoint_list_find(const oss_checkpoint_list *list, const char *name) {
    for (int32_t i = 0; i < list->count; i++) {
        if (strcmp(list->entry[i].name, name) == 0) {
            return &list->entry[i];
        }
    }
    return NULL;
}

/* ---- The newest ---- */

void oss_checkpoint_free_paths(char **path, int32_t count) {
    for (int32_t i = 0; i < count && path != NULL; i++) {
        oss_free(path[i]);
    }
    oss_free((void *)path);
}

static int32_t count_whole(const oss_checkpoint_list *list) {
    int32_t whole = 0;
    for (int32_t i = 0; i < list->count; i++) {
        whole += list->entry[i].kind == OSS_CHECKPOINT_WHOLE;
    }
    return whole;
}

/* The list begins with the newest, the paths end with it. */
static oss_status fill_paths(char **path, const oss_checkpoint_list *list, int32_t count) {
    int32_t left = count;
    for (int32_t i = 0; i < list->count && left > 0; i++) {
        if (list->entry[i].kind == OSS_CHECKPOINT_WHOLE) {
            path[--left] = oss_path_join(list->folder, list->entry[i].name);
            if (path[left] == NULL) {
                return OSS_ENOMEM;
            }
        }
    }
    return OSS_OK;
}

static oss_status take_newest(char ***out_path, const oss_checkpoint_list *list, const char *run,
                              int32_t count) {
    int32_t whole = count_whole(list);
    if (whole < count) {
        return oss_fail(OSS_EINPUT, "%s has %d checkpoints, not %d: keep_last says how many a run keeps", run,
                        whole, count);
    }
    char **path = oss_alloc_zero((size_t)count, sizeof *path);
    oss_status status = path == NULL ? OSS_ENOMEM : fill_paths(path, list, count);
    if (status != OSS_OK) {
        oss_checkpoint_free_paths(path, count);
        return status;
    }
    *out_path = path;
    return OSS_OK;
}

oss_status oss_checkpoint_last_step(int64_t *out, const char *run) {
    oss_checkpoint_list list = {0};
    oss_status status = oss_file_is_folder(run) ? oss_checkpoint_list_init(&list, run) : OSS_OK;
    if (status != OSS_OK) {
        return status;
    }
    *out = -1;
    for (int32_t i = 0; i < list.count; i++) {
        const oss_checkpoint_entry *entry = &list.entry[i];
        *out = oss_checkpoint_is_saved(entry) && entry->step > *out ? entry->step : *out;
    }
    oss_checkpoint_list_deinit(&list);
    return OSS_OK;
}

oss_status oss_checkpoint_newest(char ***out_path, const char *run, int32_t count) {
    if (!oss_file_is_folder(run)) {
        return oss_fail(OSS_EINPUT, "%s is not a run folder", run);
    }
    oss_checkpoint_list list;
    oss_status status = oss_checkpoint_list_init(&list, run);
    if (status != OSS_OK) {
        return status;
    }
    status = take_newest(out_path, &list, run, count);
    oss_checkpoint_list_deinit(&list);
    return status;
}
