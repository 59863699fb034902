#include "cli/cli_guard.h"

#include "base/mem.h"

/* The slot of the file, or the empty one where it belongs. There is always an empty one. */
static oss_guarded *find_slot(const oss_guard *guard, oss_file_id id) {
    uint64_t hash = (id.inode ^ id.device << 32) * UINT64_C(0x9e3779b97f4a7c15);
    int64_t at = (int64_t)(hash >> 32) & (guard->slots - 1);
    while (guard->slot[at].path != NULL &&
           (guard->slot[at].id.inode != id.inode || guard->slot[at].id.device != id.device)) {
        at = (at + 1) & (guard->slots - 1);
    }
    return &guard->slot[at];
}

const oss_guarded *oss_guard_find(const oss_guard *guard, oss_file_id id) {
    const oss_guarded *slot = guard->slots == 0 ? NULL : find_slot(guard, id);
    return slot == NULL || slot->path == NULL ? NULL : slot;
}

static oss_status grow(oss_guard *guard) {
    oss_guard larger = {.slots = guard->slots == 0 ? 64 : 2 * guard->slots, .files = guard->files};
    larger.slot = oss_alloc_zero((size_t)larger.slots, sizeof *larger.slot);
    if (larger.slot == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i < guard->slots; i++) {
        if (guard->slot[i].path != NULL) {
            *find_slot(&larger, guard->slot[i].id) = guard->slot[i];
        }
    }
    oss_free(guard->slot);
    *guard = larger;
    return OSS_OK;
}

oss_status oss_guard_add(oss_guard *guard, const oss_guarded *file) {
    oss_status status = 2 * guard->files >= guard->slots ? grow(guard) : OSS_OK;
    char *path = status == OSS_OK ? oss_strdup(file->path) : NULL;
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    oss_guarded *slot = find_slot(guard, file->id);
    *slot = *file;
    slot->path = path;
    guard->files++;
    return OSS_OK;
}

void oss_guard_deinit(oss_guard *guard) {
    for (int64_t i = 0; i < guard->slots; i++) {
        oss_free(guard->slot[i].path);
    }
    oss_free(guard->slot);
    *guard = (oss_guard){0};
}
