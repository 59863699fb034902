/* A block that is handed out piece by piece and rewound, never freed piece by piece.
 *
 *   base                                   used                    size
 *   |  x  |pad|   y       |pad|  scratch   |  free                 |
 *
 * Pieces start on 64-byte boundaries. A take that does not fit sets `overflowed` (sticky until a rewind to 0)
 * and returns NULL, and `used` keeps growing as if it had fitted: so the arena then knows how much was needed
 * (`peak`). A measuring arena has no block: every take returns NULL and only counts. Callers that run in a
 * measuring or overflowed arena do shapes and no arithmetic. Not thread-safe: one arena, one thread. */
#ifndef OSS_BASE_ARENA_H
#define OSS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "ossicle/status.h"

typedef struct oss_arena {
    unsigned char *base; /* NULL while measuring */
    size_t size_bytes;
    size_t used_bytes;
    size_t peak_bytes; /* largest used_bytes since init */
    bool overflowed;
} oss_arena;

/* Reserves `bytes` on the heap. On failure *arena is a measuring arena. */
oss_status oss_arena_init(oss_arena *arena, size_t bytes);
void oss_arena_init_measuring(oss_arena *arena);
void oss_arena_deinit(oss_arena *arena);

/* Makes the block at least `bytes` large; what it held is lost and it is rewound. Heap call: not inside a
 * step. */
oss_status oss_arena_reserve(oss_arena *arena, size_t bytes);

/* `count` items of `size` bytes, uninitialised; NULL when measuring or when it does not fit. */
void *oss_arena_take(oss_arena *arena, size_t count, size_t size);

/* Gives back everything taken since `mark` (a value of used_bytes). Rewinding to 0 clears `overflowed`. */
void oss_arena_rewind(oss_arena *arena, size_t mark);

/* True when pointers that it hands out can be used. */
static inline bool oss_arena_is_live(const oss_arena *arena) {
    return arena->base != NULL && !arena->overflowed;
}

#endif
