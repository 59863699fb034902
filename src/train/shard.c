#include "train/shard.h"

#include <stddef.h>

#include "base/mem.h"
#include "batch/sort_keys.h"

oss_status oss_shards_init(oss_shards *out, int32_t count, int32_t capacity) {
    size_t most = (size_t)(capacity > count ? capacity : count);
    oss_shards shards = {.capacity = capacity, .count = count};
    shards.first = oss_alloc((size_t)count + 1, sizeof *shards.first);
    shards.utterance = oss_alloc((size_t)capacity, sizeof *shards.utterance);
    shards.load = oss_alloc((size_t)count, sizeof *shards.load);
    shards.turn = oss_alloc((size_t)count, sizeof *shards.turn);
    shards.home = oss_alloc((size_t)capacity, sizeof *shards.home);
    shards.rank = oss_alloc(most, sizeof *shards.rank);
    shards.work = oss_alloc(most, sizeof *shards.work);
    if (shards.first == NULL || shards.utterance == NULL || shards.load == NULL || shards.turn == NULL ||
        shards.home == NULL || shards.rank == NULL || shards.work == NULL) {
        oss_shards_deinit(&shards);
        return OSS_ENOMEM;
    }
    *out = shards;
    return OSS_OK;
}

void oss_shards_deinit(oss_shards *shards) {
    oss_free(shards->first);
    oss_free(shards->utterance);
    oss_free(shards->load);
    oss_free(shards->turn);
    oss_free(shards->home);
    oss_free(shards->rank);
    oss_free(shards->work);
    *shards = (oss_shards){0};
}

/* A key by which larger values come first, and equal ones by rising place. */
static uint64_t rank_downwards(int64_t value, int32_t place) {
    return (uint64_t)(UINT32_MAX - (uint32_t)value) << 32 | (uint32_t)place;
}

static int32_t find_lightest(const oss_shards *shards) {
    int32_t lightest = 0;
    for (int32_t s = 1; s < shards->count; s++) {
        if (shards->load[s] < shards->load[lightest]) {
            lightest = s;
        }
    }
    return lightest;
}

static void find_homes(oss_shards *shards, const int32_t *frames, int32_t utterances) {
    for (int32_t i = 0; i < utterances; i++) {
        shards->rank[i] = rank_downwards(frames[i], i);
    }
    oss_sort_keys(shards->rank, shards->work, utterances);
    for (int32_t s = 0; s < shards->count; s++) {
        shards->load[s] = 0;
    }
    for (int32_t i = 0; i < utterances; i++) {
        int32_t place = (int32_t)(uint32_t)shards->rank[i];
        int32_t shard = find_lightest(shards);
        shards->home[place] = shard;
        shards->load[shard] += frames[place];
    }
}

/* Lists utterances shard by shard. */
static void list_members(oss_shards *shards, int32_t utterances) {
    int32_t to = 0;
    for (int32_t s = 0; s < shards->count; s++) {
        shards->first[s] = to;
        for (int32_t i = 0; i < utterances; i++) {
            if (shards->home[i] == s) {
                shards->utterance[to++] = i;
            }
        }
    }
    shards->first[shards->count] = to;
}

static void order_turns(oss_shards *shards) {
    for (int32_t s = 0; s < shards->count; s++) {
        int64_t load = shards->load[s] < UINT32_MAX ? shards->load[s] : UINT32_MAX;
        shards->rank[s] = rank_downwards(load, s);
    }
    oss_sort_keys(shards->rank, shards->work, shards->count);
    shards->filled = 0;
    for (int32_t s = 0; s < shards->count; s++) {
        int32_t shard = (int32_t)(uint32_t)shards->rank[s];
        shards->turn[s] = shard;
        shards->filled += shards->load[shard] > 0;
    }
}

void oss_shards_assign(oss_shards *shards, const int32_t *frames, int32_t utterances) {
    find_homes(shards, frames, utterances);
    list_members(shards, utterances);
    order_turns(shards);
}

int32_t oss_shards_part_end(const oss_shards *shards, const int32_t *frames, int32_t shard, int32_t from) {
    int32_t end = from + 1;
    int64_t sum = frames[shards->utterance[from]];
    for (; end < shards->first[shard + 1]; end++) {
        sum += frames[shards->utterance[end]];
        if (sum > OSS_SHARD_PART_FRAMES) {
            break;
        }
    }
    return end;
}
