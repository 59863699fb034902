#include "train/reduce.h"

#include <string.h>

#include "kernel/vec.h"

/* Floats that are summed at a time. Long runs matter more than the first-level cache: the blocks come from
 * memory, whose prefetchers start anew in each run. 1,024 floats made small batches (40 s) 4 % slower. The
 * sums on the way take 32 KiB of stack a level, 11 levels at most. */
enum { TILE = 8192 };

typedef struct reduce_job {
    const oss_reduction *reduction;
    const oss_spans *spans;
} reduce_job;

/* out[n] = sum of block[0..blocks)[at..at+n), pairwise. */
static void sum_blocks(float *restrict out, float *const *block, int32_t blocks, size_t at, size_t n) {
    const float *first = block[0] + at;
    if (blocks == 1) {
        memcpy(out, first, n * sizeof *out);
    } else if (blocks == 2) {
        const float *second = block[1] + at;
        for (size_t i = 0; i < n; i++) {
            out[i] = first[i] + second[i];
        }
    } else {
        float right[TILE];
        int32_t half = (blocks + 1) / 2;
        sum_blocks(out, block, half, at, n);
        sum_blocks(right, block + half, blocks - half, at, n);
        for (size_t i = 0; i < n; i++) {
            out[i] += right[i];
        }
    }
}

static double reduce_tile(const oss_reduction *reduction, size_t at, size_t n) {
    float sum[TILE];
    float *total = reduction->total + at;
    if (reduction->blocks > 0) {
        sum_blocks(reduction->accumulate ? sum : total, reduction->block, reduction->blocks, at, n);
        if (reduction->accumulate) {
            oss_k_add(total, sum, n);
        }
    } else if (!reduction->accumulate) {
        memset(total, 0, n * sizeof *total);
    }
    return oss_k_sum_squares(total, n);
}

static void reduce_span(void *context, int32_t task, int32_t worker) {
    (void)worker;
    const reduce_job *job = context;
    const oss_span *span = &job->spans->item[task];
    double squares = 0;
    for (size_t done = 0; done < span->floats; done += TILE) {
        size_t left = span->floats - done;
        squares += reduce_tile(job->reduction, span->offset + done, left < TILE ? left : TILE);
    }
    job->reduction->partial[task] = squares;
}

double oss_reduce(const oss_reduction *reduction, const oss_spans *spans, oss_pool *pool) {
    reduce_job job = {.reduction = reduction, .spans = spans};
    oss_pool_run(pool, spans->count, reduce_span, &job);
    double squares = 0;
    for (int32_t i = 0; i < spans->count; i++) {
        squares += reduction->partial[i];
    }
    return squares;
}
