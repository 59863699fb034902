/* Sorting without the heap, which the C library's qsort may call. */
#ifndef OSS_BATCH_SORT_KEYS_H
#define OSS_BATCH_SORT_KEYS_H

#include <stdint.h>

/* key[count] upwards, by merging; work[count] is scratch. The usual key holds what to sort by in its upper
 * half and the item's place in its lower half. */
void oss_sort_keys(uint64_t *key, uint64_t *work, int32_t count);

#endif
