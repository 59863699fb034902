/* Numbered tasks that a pool's threads do side by side, and whose results are taken in their order: task 0's first,
 * whichever was done first. */
#ifndef OSS_BASE_ORDERED_H
#define OSS_BASE_ORDERED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"

enum { OSS_ORDERED_MOST_SLOTS = 4096 };

typedef struct oss_ordered {
    void *context;
    /* Does a task, leaving its result in slot[slot], which no other task uses until this one's result is taken. Called
     * by several threads at once. */
    void (*work)(void *context, int32_t task, int32_t slot, int32_t worker);
    /* Takes the result of a task: one call at a time, in rising order of tasks, by any of the threads. false: no result
     * is taken any more, and tasks that have not begun never will. */
    bool (*take)(void *context, int32_t task, int32_t slot);
} oss_ordered;

/* Returns when all is done. At most `slots` results (1 to OSS_ORDERED_MOST_SLOTS) are there at a time: a thread that is
 * that far ahead of the one that is waited for waits too. After an early end slots may hold results that were not
 * taken. No heap call; pool NULL: in this thread. */
void oss_ordered_run(oss_pool *pool, int32_t tasks, int32_t slots, const oss_ordered *job);

#endif
