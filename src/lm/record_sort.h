/* Sorts more records than memory holds: blocks of them are sorted there, written to a file without a name, and merged as
 * they are read. */
#ifndef OSS_LM_RECORD_SORT_H
#define OSS_LM_RECORD_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/scratch.h"
#include "base/stop.h"

enum { OSS_SORT_KEYS_MAX = 6 };

/* What a record is: `width` numbers, of which the first `keys` say where it belongs. */
typedef struct oss_sort_form {
    int32_t width, keys;
    bool is_reversed; /* the last key counts most, not the first */
    bool
        is_summed; /* records with equal keys become one, number [keys] of which is the sum, at most UINT32_MAX */
} oss_sort_form;

/* What all sorters of a job share. */
typedef struct oss_sort_room {
    oss_pool *pool;     /* NULL: one thread */
    oss_stop *stop;     /* NULL: nobody stops it */
    const char *folder; /* of temporary files */
} oss_sort_room;

/* A sorted run of records, in memory or in the file. */
typedef struct oss_sort_run {
    uint64_t left, offset; /* records that are not in memory, and where in the file they begin */
    uint32_t *at, *end;    /* those in memory */
    uint32_t *buffer;
} oss_sort_run;

typedef struct oss_sorter {
    oss_sort_form form;
    const oss_sort_room *room;
    uint32_t *memory; /* [2,capacity,width]: records, and as much room to sort them with; the caller's */
    size_t numbers;   /* all of the memory */
    size_t capacity, count;
    oss_scratch scratch;
    oss_sort_run *run;
    int32_t runs, run_capacity;
    int32_t *heap; /* runs, the one with the least record first */
    int32_t heap_count;
    size_t buffer_records;
    uint32_t *sum; /* [width] */
} oss_sorter;

/* Bytes of memory that a sorter works with at least. */
enum { OSS_SORTER_LEAST_BYTES = 1 << 12 };

/* Of `numbers` of memory, which is not freed. Zeroed sorters may be closed. */
oss_status oss_sorter_open(oss_sorter *sorter, oss_sort_form form, const oss_sort_room *room,
                           uint32_t *memory, size_t numbers);
void oss_sorter_close(oss_sorter *sorter);
oss_status oss_sorter_add(oss_sorter *sorter, const uint32_t *record);
/* After the last record, before the first oss_sorter_next. */
oss_status oss_sorter_finish(oss_sorter *sorter);
/* *out: the next record [width] in order, until the next call; NULL: there is none. */
oss_status oss_sorter_next(oss_sorter *sorter, const uint32_t **out);

#endif
