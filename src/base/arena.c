#include "base/arena.h"

#include <stdint.h>

#include "base/mem.h"

/* Under AddressSanitizer what is not taken may not be touched, and a gap between pieces catches overruns. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
static void forbid(const oss_arena *arena, size_t from) {
    if (arena->base != NULL && from < arena->size_bytes) {
        ASAN_POISON_MEMORY_REGION(arena->base + from, arena->size_bytes - from);
    }
}
static void allow(const void *start, size_t bytes) {
    ASAN_UNPOISON_MEMORY_REGION(start, bytes);
}
#else
static void forbid(const oss_arena *arena, size_t from) {
    (void)arena;
    (void)from;
}
static void allow(const void *start, size_t bytes) {
    (void)start;
    (void)bytes;
}
#endif

enum { PIECE_ALIGNMENT = 64 };

void oss_arena_init_measuring(oss_arena *arena) {
    *arena = (oss_arena){0};
}

oss_status oss_arena_init(oss_arena *arena, size_t bytes) {
    oss_arena_init_measuring(arena);
    arena->base = oss_alloc_aligned(bytes, 1);
    if (arena->base == NULL) {
        return OSS_ENOMEM;
    }
    arena->size_bytes = bytes;
    forbid(arena, 0);
    return OSS_OK;
}

void oss_arena_deinit(oss_arena *arena) {
    if (arena->base != NULL) {
        allow(arena->base, arena->size_bytes);
        oss_free(arena->base);
    }
    oss_arena_init_measuring(arena);
}

oss_status oss_arena_reserve(oss_arena *arena, size_t bytes) {
    if (arena->base == NULL || arena->size_bytes < bytes) {
        unsigned char *block = oss_alloc_aligned(bytes, 1);
        if (block == NULL) {
            return OSS_ENOMEM;
        }
        size_t peak_bytes = arena->peak_bytes;
        oss_arena_deinit(arena);
        *arena = (oss_arena){.base = block, .size_bytes = bytes, .peak_bytes = peak_bytes};
    }
    oss_arena_rewind(arena, 0);
    return OSS_OK;
}

/* Where a piece of count*size bytes starts and ends after `used` bytes; SIZE_MAX when that is past any
 * memory. */
static void place_piece(size_t used, size_t count, size_t size, size_t *out_start, size_t *out_end) {
    size_t start, bytes, end;
    if (!oss_add_size(used, PIECE_ALIGNMENT - 1, &start) || !oss_mul_size(count, size, &bytes) ||
        !oss_add_size(start & ~(size_t)(PIECE_ALIGNMENT - 1), bytes, &end)) {
        *out_start = SIZE_MAX;
        *out_end = SIZE_MAX;
        return;
    }
    *out_start = start & ~(size_t)(PIECE_ALIGNMENT - 1);
    *out_end = end;
}

void *oss_arena_take(oss_arena *arena, size_t count, size_t size) {
    size_t start, end;
    place_piece(arena->used_bytes, count, size, &start, &end);
    arena->used_bytes = end;
    if (end > arena->peak_bytes) {
        arena->peak_bytes = end;
    }
    if (arena->base == NULL) {
        return NULL;
    }
    if (end > arena->size_bytes) {
        arena->overflowed = true;
    }
    if (arena->overflowed) {
        return NULL;
    }
    allow(arena->base + start, end - start);
    return arena->base + start;
}

void oss_arena_rewind(oss_arena *arena, size_t mark) {
    arena->used_bytes = mark;
    if (mark == 0) {
        arena->overflowed = false;
    }
    forbid(arena, mark);
}
