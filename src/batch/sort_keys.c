#include "batch/sort_keys.h"

#include <stdbool.h>
#include <string.h>

static void merge_runs(uint64_t *out, const uint64_t *key, int64_t low, int64_t middle, int64_t high) {
    for (int64_t left = low, right = middle, to = low; to < high; to++) {
        bool take_left = left < middle && (right >= high || key[left] <= key[right]);
        out[to] = take_left ? key[left++] : key[right++];
    }
}

void oss_sort_keys(uint64_t *key, uint64_t *work, int32_t count) {
    for (int64_t width = 1; width < count; width *= 2) {
        for (int64_t low = 0; low < count; low += 2 * width) {
            int64_t middle = low + width < count ? low + width : count;
            int64_t high = low + 2 * width < count ? low + 2 * width : count;
            merge_runs(work, key, low, middle, high);
        }
        memcpy(key, work, (size_t)count * sizeof *key);
    }
}
