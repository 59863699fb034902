/* Every moment of a journal, and what a disk may hold after it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "support/disk_internal.h"
#include "support/fill.h"
#include "support/tempdir.h"

enum { SECTOR_BYTES = 512, SEEN_SLOTS = 1 << 18, ALL_SUBSETS_OF = 4, MOST_PENDING = 64, STALE = 0xdb };

typedef enum fate { KEPT, LOST, TORN, ZEROS, OLD_SECTORS, FATES } fate;

/* What becomes of the operations that no sync made certain. */
typedef struct choice {
    uint64_t names; /* bit i: the i-th uncertain name is there */
    bool ordered;
    int32_t writes; /* 0: all there, 1: all lost, else the number of a draw */
} choice;

typedef struct replay {
    const oss_disk *disk;
    const oss_disk_plan *plan;
    oss_disk_result result;
    uint64_t *seen; /* hashes of what was looked at at this and earlier moments, done or not */
    int64_t seens;
    int32_t moment;
    int32_t uncertain_names, uncertain_writes;
    bool *certain; /* [operations] */
} replay;

static bool is_name(const disk_operation *operation) {
    return operation->call == DISK_ADD || operation->call == DISK_TAKE || operation->call == DISK_MOVE;
}

static bool is_write(const disk_operation *operation) {
    return operation->call == DISK_WRITE || operation->call == DISK_SIZE;
}

static bool is_synced(const oss_disk *disk, int32_t after, int32_t moment, int32_t node) {
    for (int32_t i = after + 1; i < moment; i++) {
        if (disk->operation[i].call == DISK_SYNC && disk->operation[i].node == node) {
            return true;
        }
    }
    return false;
}

static void find_certain(replay *r) {
    r->uncertain_names = r->uncertain_writes = 0;
    for (int32_t i = 0; i < r->moment; i++) {
        const disk_operation *operation = &r->disk->operation[i];
        r->certain[i] = operation->call == DISK_SYNC ||
                        (is_synced(r->disk, i, r->moment, operation->node) &&
                         (operation->call != DISK_MOVE || operation->to_folder == operation->node ||
                          is_synced(r->disk, i, r->moment, operation->to_folder)));
        r->uncertain_names += !r->certain[i] && is_name(operation);
        r->uncertain_writes += !r->certain[i] && is_write(operation);
    }
    ck_assert_int_lt(r->uncertain_names, MOST_PENDING);
}

/* ---- One state ---- */

static uint64_t draw(const replay *r, const choice *c, int32_t what) {
    uint64_t seed = r->plan->seed * 1000003U + (uint64_t)r->moment * 1009U + (uint64_t)c->writes;
    return oss_fill_bits(seed, (uint64_t)what) >> 16;
}

/* Sector by sector; the length is that of the last that came. */
static void tear(disk_node *node, const disk_operation *write, uint64_t seed) {
    size_t end = write->offset + write->count;
    for (size_t at = write->offset, next; at < end; at = next) {
        next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
        next = next < end ? next : end;
        if ((oss_fill_bits(seed, at / SECTOR_BYTES) >> 20) % 2 == 0) {
            disk_set_bytes(node, at, write->bytes + (at - write->offset), next - at);
        }
    }
}

static void apply_write(disk_tree *tree, const disk_operation *operation, fate what, uint64_t seed) {
    disk_node *node = &tree->node[operation->node];
    if (what == KEPT || (operation->call == DISK_SIZE && what != LOST)) {
        disk_apply(tree, operation);
    } else if (what == TORN) {
        tear(node, operation, seed);
    } else if (what != LOST && operation->offset + operation->count > node->size) {
        disk_set_size(node, operation->offset + operation->count, what == ZEROS ? 0 : STALE);
    }
}

static fate choose_fate(const replay *r, const choice *c, int32_t i) {
    return c->writes == 0 ? KEPT : c->writes == 1 ? LOST : (fate)(draw(r, c, i) % FATES);
}

static void make_tree(disk_tree *tree, const replay *r, const choice *c) {
    disk_tree_copy(tree, &r->disk->begin, 0);
    for (int32_t i = tree->count; i < r->disk->now.count; i++) { /* what comes into being on the way */
        const disk_node *node = &r->disk->now.node[i];
        int32_t at = disk_tree_add(tree, node->kind);
        if (node->kind == DISK_LINK) {
            disk_set_bytes(&tree->node[at], 0, node->bytes, node->size);
        }
    }
    int32_t name = 0;
    for (int32_t i = 0; i < r->moment; i++) {
        const disk_operation *operation = &r->disk->operation[i];
        if (r->certain[i]) {
            disk_apply(tree, operation);
        } else if (is_write(operation)) {
            apply_write(tree, operation, choose_fate(r, c, i), draw(r, c, -1 - i));
        } else if ((c->names >> name++ & 1) != 0) {
            disk_apply(tree, operation);
        }
    }
}

/* At the end more is asked than on the way. */
static bool is_new(replay *r, const disk_tree *tree, bool done) {
    uint64_t hash = disk_tree_hash(tree) * 2 + done;
    for (uint64_t at = hash;; at++) {
        uint64_t *slot = &r->seen[at % SEEN_SLOTS];
        if (*slot == hash) {
            return false;
        }
        if (*slot == 0) {
            *slot = hash;
            ck_assert_int_lt(++r->seens, SEEN_SLOTS / 2);
            return true;
        }
    }
}

static void describe(char *out, size_t bytes, const replay *r, const choice *c) {
    static const char *const call[] = {"a write", "a length", "new", "away", "moved", "sync"};
    const disk_operation *last = r->moment == 0 ? NULL : &r->disk->operation[r->moment - 1];
    int length = snprintf(
        out, bytes, "after operation %d of %d (%s%s%s%s%s); names %s:", (int)r->moment,
        (int)r->disk->operations, last == NULL ? "none" : call[last->call],
        last != NULL && last->name != NULL ? " " : "", last != NULL && last->name != NULL ? last->name : "",
        last != NULL && last->to_name != NULL ? " to " : "",
        last != NULL && last->to_name != NULL ? last->to_name : "", c->ordered ? "in order" : "in any order");
    for (int32_t i = 0; i < r->uncertain_names && (size_t)length + 2 < bytes; i++) {
        out[length++] = (c->names >> i & 1) != 0 ? '+' : '-';
        out[length] = '\0';
    }
    (void)snprintf(out + length, bytes - (size_t)length, "; %d uncertain writes: %s %d",
                   (int)r->uncertain_writes,
                   c->writes == 0   ? "all there"
                   : c->writes == 1 ? "all lost"
                                    : "drawn",
                   (int)c->writes);
}

static void try_state(replay *r, const choice *c) {
    disk_tree tree = {0};
    bool done = r->moment == r->disk->operations;
    make_tree(&tree, r, c);
    if (is_new(r, &tree, done)) {
        char what[sizeof r->result.first];
        char *folder = oss_tempdir_make();
        disk_tree_write(&tree, folder);
        describe(what, sizeof what, r, c);
        const oss_disk_crash crash = {.operation = r->moment, .done = done, .what = what};
        r->result.states++;
        if (!r->plan->look(r->plan->context, folder, &crash) && r->result.lost++ == 0) {
            memcpy(r->result.first, what, sizeof what);
        }
        oss_tempdir_remove(folder);
    }
    disk_tree_free(&tree);
}

/* ---- All of them ---- */

static void try_writes(replay *r, uint64_t names, bool ordered) {
    int32_t ways = r->uncertain_writes == 0 ? 1 : 2 + r->plan->draws;
    for (int32_t i = 0; i < ways; i++) {
        try_state(r, &(choice){.names = names, .ordered = ordered, .writes = i});
    }
}

static void try_moment(replay *r) {
    find_certain(r);
    int32_t names = r->uncertain_names;
    for (int32_t kept = 0; kept <= names; kept++) {
        try_writes(r, ((uint64_t)1 << kept) - 1, true);
    }
    bool all = names <= ALL_SUBSETS_OF;
    int32_t ways = all ? 1 << names : r->plan->draws;
    for (int32_t i = 0; i < ways && names > 1; i++) {
        try_writes(r, all ? (uint64_t)i : draw(r, &(choice){.writes = -1}, i), false);
    }
}

static int skip_sync(int fd) {
    (void)fd;
    return 0;
}

/* What looks need not wait for the real disk. */
oss_disk_result oss_disk_replay(const oss_disk *disk, const oss_disk_plan *plan) {
    int (*const fsync)(int fd) = oss_file.fsync;
    oss_file.fsync = skip_sync;
    replay r = {.disk = disk, .plan = plan, .seen = calloc(SEEN_SLOTS, sizeof(uint64_t))};
    r.certain = calloc((size_t)disk->operations + 1, sizeof *r.certain);
    ck_assert(r.seen != NULL && r.certain != NULL);
    for (r.moment = 0; r.moment <= disk->operations; r.moment++) {
        try_moment(&r);
    }
    oss_file.fsync = fsync;
    r.result.moments = disk->operations + 1;
    free(r.seen);
    free(r.certain);
    return r.result;
}
