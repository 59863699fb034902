#include "lm/record_sort.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"

enum { DIGIT_BITS = 11, BUCKETS = 1 << DIGIT_BITS, DIGITS = 3, MOST_PARTS = 16, LEAST_PART = 4096 };

oss_status oss_sorter_open(oss_sorter *sorter, oss_sort_form form, const oss_sort_room *room,
                           uint32_t *memory, size_t numbers) {
    *sorter = (oss_sorter){.form = form, .room = room, .memory = memory, .numbers = numbers};
    sorter->scratch.fd = -1;
    sorter->capacity = numbers / (2 * (size_t)form.width);
    sorter->sum = oss_alloc((size_t)form.width, sizeof *sorter->sum);
    return sorter->sum == NULL ? OSS_ENOMEM : OSS_OK;
}

void oss_sorter_close(oss_sorter *sorter) {
    if (sorter->memory != NULL) {
        oss_scratch_close(&sorter->scratch);
    }
    oss_free(sorter->run);
    oss_free(sorter->heap);
    oss_free(sorter->sum);
    *sorter = (oss_sorter){0};
}

static bool is_less(const oss_sorter *sorter, const uint32_t *a, const uint32_t *b) {
    int32_t keys = sorter->form.keys, i = 0;
    if (sorter->form.is_reversed) {
        for (i = keys - 1; i > 0 && a[i] == b[i];) {
            i--;
        }
    } else {
        while (i < keys - 1 && a[i] == b[i]) {
            i++;
        }
    }
    return a[i] < b[i];
}

static bool has_equal_keys(const oss_sorter *sorter, const uint32_t *a, const uint32_t *b) {
    return memcmp(a, b, (size_t)sorter->form.keys * sizeof *a) == 0;
}

static void add_count(const oss_sorter *sorter, uint32_t *sum, const uint32_t *record) {
    uint64_t total = (uint64_t)sum[sorter->form.keys] + record[sorter->form.keys];
    sum[sorter->form.keys] = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
}

/* ---- In memory ---- */

static void copy_record(uint32_t *to, const uint32_t *from, size_t width) {
    for (size_t i = 0; i < width; i++) {
        to[i] = from[i];
    }
}

/* One pass over one digit of one key; false: all have the same digit, and nothing was moved. */
static bool sort_by_digit(const oss_sorter *sorter, const uint32_t *from, uint32_t *to, size_t count,
                          int32_t key, int shift) {
    size_t place[BUCKETS] = {0}, width = (size_t)sorter->form.width, sum = 0;
    for (size_t i = 0; i < count; i++) {
        place[(from[i * width + (size_t)key] >> shift) & (BUCKETS - 1)]++;
    }
    if (place[(from[key] >> shift) & (BUCKETS - 1)] == count) {
        return false;
    }
    for (int i = 0; i < BUCKETS; i++) {
        size_t here = place[i];
        place[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t *record = from + i * width;
        copy_record(to + width * place[(record[key] >> shift) & (BUCKETS - 1)]++, record, width);
    }
    return true;
}

static size_t join_equal(const oss_sorter *sorter, uint32_t *record, size_t count) {
    size_t width = (size_t)sorter->form.width, kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t *last = record + (kept - 1) * width;
        if (kept > 0 && has_equal_keys(sorter, last, record + i * width)) {
            add_count(sorter, last, record + i * width);
        } else {
            if (kept != i) {
                copy_record(record + kept * width, record + i * width, width);
            }
            kept++;
        }
    }
    return kept;
}

/* Least significant digit first. Returns how many are left, in `record`. */
static size_t sort_part(const oss_sorter *sorter, uint32_t *record, uint32_t *room, size_t count) {
    uint32_t *from = record, *to = room;
    for (int32_t i = 0; i < sorter->form.keys; i++) {
        int32_t key = sorter->form.is_reversed ? i : sorter->form.keys - 1 - i;
        for (int digit = 0; digit < DIGITS; digit++) {
            if (sort_by_digit(sorter, from, to, count, key, digit * DIGIT_BITS)) {
                uint32_t *swap = from;
                from = to;
                to = swap;
            }
        }
    }
    if (from != record) {
        memcpy(record, from, count * (size_t)sorter->form.width * sizeof *record);
    }
    return sorter->form.is_summed ? join_equal(sorter, record, count) : count;
}

typedef struct block_job {
    const oss_sorter *sorter;
    size_t begin[MOST_PARTS + 1], kept[MOST_PARTS];
} block_job;

static void sort_task(void *context, int32_t task, int32_t worker) {
    block_job *job = context;
    const oss_sorter *s = job->sorter;
    size_t begin = job->begin[task], width = (size_t)s->form.width;
    (void)worker;
    job->kept[task] = sort_part(s, s->memory + begin * width, s->memory + (s->capacity + begin) * width,
                                job->begin[task + 1] - begin);
}

static int32_t sort_block(oss_sorter *sorter, block_job *job) {
    int32_t parts = oss_pool_threads(sorter->room->pool);
    parts = parts > MOST_PARTS ? MOST_PARTS : parts;
    parts = sorter->count < (size_t)parts * LEAST_PART ? 1 : parts;
    *job = (block_job){.sorter = sorter};
    for (int32_t i = 0; i <= parts; i++) {
        job->begin[i] = sorter->count / (size_t)parts * (size_t)i;
    }
    job->begin[parts] = sorter->count;
    oss_pool_run(sorter->room->pool, parts, sort_task, job);
    return parts;
}

/* ---- Runs ---- */

static oss_status add_run(oss_sorter *sorter, oss_sort_run run) {
    if (sorter->runs == sorter->run_capacity) {
        int32_t capacity = sorter->run_capacity == 0 ? 16 : 2 * sorter->run_capacity;
        oss_sort_run *grown = oss_resize(sorter->run, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        sorter->run = grown;
        sorter->run_capacity = capacity;
    }
    sorter->run[sorter->runs++] = run;
    return OSS_OK;
}

static oss_status write_run(oss_sorter *sorter, const uint32_t *record, size_t count) {
    oss_status status = OSS_OK;
    if (sorter->scratch.fd < 0) {
        status = oss_scratch_open(&sorter->scratch, sorter->room->folder);
    }
    oss_sort_run run = {.left = count, .offset = sorter->scratch.bytes};
    if (status == OSS_OK) {
        status =
            oss_scratch_append(&sorter->scratch, record, count * (size_t)sorter->form.width * sizeof *record);
    }
    return status == OSS_OK ? add_run(sorter, run) : status;
}

static oss_status spill(oss_sorter *sorter) {
    block_job job;
    oss_status status = oss_stop_is_asked(sorter->room->stop) ? oss_stop_answer(sorter->room->stop) : OSS_OK;
    int32_t parts = status == OSS_OK ? sort_block(sorter, &job) : 0;
    for (int32_t i = 0; i < parts && status == OSS_OK; i++) {
        status = write_run(sorter, sorter->memory + job.begin[i] * (size_t)sorter->form.width, job.kept[i]);
    }
    sorter->count = 0;
    return status;
}

oss_status oss_sorter_add(oss_sorter *sorter, const uint32_t *record) {
    if (sorter->count == sorter->capacity) {
        oss_status status = spill(sorter);
        if (status != OSS_OK) {
            return status;
        }
    }
    size_t width = (size_t)sorter->form.width;
    copy_record(sorter->memory + sorter->count++ * width, record, width);
    return OSS_OK;
}

/* ---- Merging ---- */

/* The next records of a run into its buffer; none are left: at == end. */
static oss_status refill(oss_sorter *sorter, oss_sort_run *run) {
    size_t count = run->left < sorter->buffer_records ? (size_t)run->left : sorter->buffer_records;
    size_t bytes = count * (size_t)sorter->form.width * sizeof *run->at;
    if (count == 0) {
        return OSS_OK;
    }
    if (oss_stop_is_asked(sorter->room->stop)) {
        return oss_stop_answer(sorter->room->stop);
    }
    oss_status status = oss_scratch_read(&sorter->scratch, run->offset, run->buffer, bytes);
    run->at = run->buffer;
    run->end = run->buffer + count * (size_t)sorter->form.width;
    run->offset += bytes;
    run->left -= count;
    return status;
}

static bool comes_before(const oss_sorter *sorter, int32_t a, int32_t b) {
    return is_less(sorter, sorter->run[a].at, sorter->run[b].at);
}

static void sink(oss_sorter *sorter, int32_t at) {
    int32_t moved = sorter->heap[at];
    for (;;) {
        int32_t child = 2 * at + 1;
        if (child + 1 < sorter->heap_count &&
            comes_before(sorter, sorter->heap[child + 1], sorter->heap[child])) {
            child++;
        }
        if (child >= sorter->heap_count || !comes_before(sorter, sorter->heap[child], moved)) {
            break;
        }
        sorter->heap[at] = sorter->heap[child];
        at = child;
    }
    sorter->heap[at] = moved;
}

static oss_status start_merge(oss_sorter *sorter) {
    oss_status status = OSS_OK;
    sorter->heap = oss_alloc((size_t)sorter->runs + 1, sizeof *sorter->heap);
    if (sorter->heap == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < sorter->runs && status == OSS_OK; i++) {
        oss_sort_run *run = &sorter->run[i];
        if (run->at == run->end) {
            status = refill(sorter, run);
        }
        if (run->at != run->end) {
            sorter->heap[sorter->heap_count++] = i;
        }
    }
    for (int32_t i = sorter->heap_count / 2 - 1; i >= 0 && status == OSS_OK; i--) {
        sink(sorter, i);
    }
    return status;
}

/* All runs of a file share the memory. */
static oss_status share_memory(oss_sorter *sorter) {
    size_t width = (size_t)sorter->form.width, runs = (size_t)sorter->runs;
    sorter->buffer_records = sorter->numbers / (width * runs);
    if (sorter->buffer_records == 0) {
        return oss_fail(OSS_EUSAGE,
                        "%d blocks do not fit into the memory that sorting has: give it more (--memory)",
                        (int)sorter->runs);
    }
    for (int32_t i = 0; i < sorter->runs; i++) {
        sorter->run[i].buffer = sorter->memory + (size_t)i * sorter->buffer_records * width;
    }
    return OSS_OK;
}

oss_status oss_sorter_finish(oss_sorter *sorter) {
    oss_status status = OSS_OK;
    block_job job;
    size_t width = (size_t)sorter->form.width;
    if (sorter->runs > 0) {
        status = sorter->count > 0 ? spill(sorter) : OSS_OK;
        if (status == OSS_OK) {
            status = share_memory(sorter);
        }
        return status == OSS_OK ? start_merge(sorter) : status;
    }
    int32_t parts = sorter->count > 0 ? sort_block(sorter, &job) : 0;
    for (int32_t i = 0; i < parts && status == OSS_OK; i++) {
        uint32_t *at = sorter->memory + job.begin[i] * width;
        status = add_run(sorter, (oss_sort_run){.at = at, .end = at + job.kept[i] * width});
    }
    return status == OSS_OK ? start_merge(sorter) : status;
}

/* Into `sum`, and its run to the next one. */
static oss_status take(oss_sorter *sorter, bool is_first) {
    oss_sort_run *run = &sorter->run[sorter->heap[0]];
    oss_status status = OSS_OK;
    if (is_first) {
        copy_record(sorter->sum, run->at, (size_t)sorter->form.width);
    } else {
        add_count(sorter, sorter->sum, run->at);
    }
    run->at += sorter->form.width;
    if (run->at == run->end) {
        status = refill(sorter, run);
    }
    if (run->at == run->end) {
        sorter->heap[0] = sorter->heap[--sorter->heap_count];
    }
    if (sorter->heap_count > 1) {
        sink(sorter, 0);
    }
    return status;
}

oss_status oss_sorter_next(oss_sorter *sorter, const uint32_t **out) {
    *out = NULL;
    if (sorter->heap_count == 0) {
        return OSS_OK;
    }
    oss_status status = take(sorter, true);
    while (status == OSS_OK && sorter->form.is_summed && sorter->heap_count > 0 &&
           has_equal_keys(sorter, sorter->sum, sorter->run[sorter->heap[0]].at)) {
        status = take(sorter, false);
    }
    *out = status == OSS_OK ? sorter->sum : NULL;
    return status;
}
