#include "text/bpe.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { FIRST_SLOTS = 256 };

/* ---- Pairs ---- */

static uint64_t pair_key(int32_t left, int32_t right) {
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

/* Index of the slot that holds the key, or of the empty one where it belongs. */
static uint32_t find_slot(const oss_bpe_pair *slot, uint32_t slots, uint64_t key) {
    uint64_t mixed =
        key * UINT64_C(0x9E3779B97F4A7C15); /* Fibonacci hashing: the high bits are the good ones */
    uint32_t at = (uint32_t)(mixed >> 32) & (slots - 1);
    while (slot[at].key != 0 && slot[at].key != key) {
        at = (at + 1) & (slots - 1);
    }
    return at;
}

void oss_bpe_table_deinit(oss_bpe_table *table) {
    oss_free(table->slot);
    *table = (oss_bpe_table){0};
}

static oss_status grow_table(oss_bpe_table *table) {
    uint32_t slots = table->slots == 0 ? FIRST_SLOTS : 2 * table->slots;
    oss_bpe_pair *slot = oss_alloc_zero(slots, sizeof *slot);
    if (slot == NULL) {
        return OSS_ENOMEM;
    }
    for (uint32_t i = 0; i < table->slots; i++) {
        if (table->slot[i].key != 0) {
            slot[find_slot(slot, slots, table->slot[i].key)] = table->slot[i];
        }
    }
    oss_free(table->slot);
    table->slot = slot;
    table->slots = slots;
    return OSS_OK;
}

oss_status oss_bpe_table_put(oss_bpe_table *table, int32_t left, int32_t right, int64_t value) {
    if (table->used >= table->slots / 2) {
        oss_status status = grow_table(table);
        if (status != OSS_OK) {
            return status;
        }
    }
    uint64_t key = pair_key(left, right);
    oss_bpe_pair *slot = &table->slot[find_slot(table->slot, table->slots, key)];
    table->used += slot->key == 0;
    *slot = (oss_bpe_pair){key, value};
    return OSS_OK;
}

int64_t oss_bpe_table_get(const oss_bpe_table *table, int32_t left, int32_t right) {
    if (table->slots == 0) {
        return -1;
    }
    const oss_bpe_pair *slot = &table->slot[find_slot(table->slot, table->slots, pair_key(left, right))];
    return slot->key == 0 ? -1 : slot->value;
}

/* ---- Merging ---- */

/* A sequence that is being merged: ids in a list, and a heap of the merges that were possible once. A merge
 * is id << 32 | place of its left part: the order of the encoding. */
typedef struct merging {
    const oss_bpe_table *table;
    int32_t *id;              /* [count]; DEAD: part of the unit before it */
    int32_t *previous, *next; /* [count]; -1: none */
    uint64_t *heap;           /* [3 * count]: every merge makes two new ones at most */
    int32_t heaped;
} merging;

enum { DEAD = -1 };

static void push_merge(merging *m, int32_t place) {
    int32_t right = place < 0 ? -1 : m->next[place];
    int64_t unit = right < 0 ? -1 : oss_bpe_table_get(m->table, m->id[place], m->id[right]);
    if (unit < 0) {
        return;
    }
    uint64_t merge = (uint64_t)unit << 32 | (uint32_t)place;
    int32_t at = m->heaped++;
    for (; at > 0 && m->heap[(at - 1) / 2] > merge; at = (at - 1) / 2) {
        m->heap[at] = m->heap[(at - 1) / 2];
    }
    m->heap[at] = merge;
}

static uint64_t pop_merge(merging *m) {
    uint64_t first = m->heap[0];
    uint64_t last = m->heap[--m->heaped];
    int32_t at = 0;
    for (int32_t child = 1; child < m->heaped; child = 2 * at + 1) {
        child += child + 1 < m->heaped && m->heap[child + 1] < m->heap[child];
        if (last <= m->heap[child]) {
            break;
        }
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = last;
    return first;
}

/* Does a merge, unless one of its parts was merged with something else since. */
static void apply_merge(merging *m, uint64_t merge) {
    int32_t unit = (int32_t)(merge >> 32);
    int32_t left = (int32_t)(uint32_t)merge;
    int32_t right = m->id[left] == DEAD ? -1 : m->next[left];
    if (right < 0 || oss_bpe_table_get(m->table, m->id[left], m->id[right]) != unit) {
        return;
    }
    m->id[left] = unit;
    m->id[right] = DEAD;
    m->next[left] = m->next[right];
    if (m->next[left] >= 0) {
        m->previous[m->next[left]] = left;
    }
    push_merge(m, m->previous[left]);
    push_merge(m, left);
}

static int32_t run_merges(merging *m, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        m->previous[i] = i - 1;
        m->next[i] = i + 1 < count ? i + 1 : -1;
    }
    for (int32_t i = 0; i < count; i++) {
        push_merge(m, i);
    }
    while (m->heaped > 0) {
        apply_merge(m, pop_merge(m));
    }
    int32_t left = 0;
    for (int32_t i = 0; i < count; i++) {
        if (m->id[i] != DEAD) {
            m->id[left++] = m->id[i];
        }
    }
    return left;
}

oss_status oss_bpe_merge(const oss_bpe_table *table, int32_t *id, int32_t *count) {
    size_t places = (size_t)*count;
    merging m = {.table = table, .id = id};
    m.previous = oss_alloc(2 * places, sizeof *m.previous);
    m.heap = oss_alloc(3 * places, sizeof *m.heap);
    oss_status status = m.previous == NULL || m.heap == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        m.next = m.previous + places;
        *count = run_merges(&m, *count);
    }
    oss_free(m.previous);
    oss_free(m.heap);
    return status;
}

/* ---- Merging with dropout ---- */

typedef struct dropping {
    const oss_bpe_table *table;
    double dropout;
    uint64_t seed;
    uint32_t key;
    uint32_t draws; /* so far */
} dropping;

/* Place of the merge that comes next in id[count], or -1; *out_unit is what it makes. */
static int32_t choose_merge(dropping *d, const int32_t *id, int32_t count, int32_t *out_unit) {
    int32_t best = -1;
    for (int32_t i = 0; i + 1 < count; i++) {
        int64_t unit = oss_bpe_table_get(d->table, id[i], id[i + 1]);
        if (unit < 0 || oss_rng_uniform(d->seed, OSS_RNG_SPELLING, d->key, d->draws++) < d->dropout) {
            continue;
        }
        if (best < 0 || unit < *out_unit) {
            best = i;
            *out_unit = (int32_t)unit;
        }
    }
    return best;
}

static int32_t draw_word(dropping *d, int32_t *id, int32_t count) {
    int32_t unit = -1;
    for (int32_t at; (at = choose_merge(d, id, count, &unit)) >= 0;) {
        id[at] = unit;
        memmove(id + at + 1, id + at + 2, (size_t)(count - at - 2) * sizeof *id);
        count--;
    }
    return count;
}

int32_t oss_bpe_draw(const oss_bpe_table *table, int32_t *id, int32_t count, int32_t space, double dropout,
                     uint64_t seed, uint32_t key) {
    dropping d = {.table = table, .dropout = dropout, .seed = seed, .key = key};
    int32_t kept = 0;
    for (int32_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && id[end] != space) {
            end++;
        }
        int32_t units = draw_word(&d, id + first, end - first);
        memmove(id + kept, id + first, (size_t)units * sizeof *id);
        kept += units;
    }
    return kept;
}
