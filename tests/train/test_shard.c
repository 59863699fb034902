#include "train/shard.h"

#include "base/rng.h"
#include "support/faults.h"
#include "support/suite.h"

enum { MAX_UTTERANCES = 300 };

static void draw_frames(int32_t *frames, int32_t utterances, uint64_t seed) {
    for (int32_t i = 0; i < utterances; i++) {
        frames[i] = 1 + (int32_t)(oss_rng_u64(seed, OSS_RNG_TEST, (uint64_t)i, 0) % 1500);
    }
}

/* Each utterance is in one shard, in rising order there, and the loads are what they say. */
static void assert_partition(const oss_shards *shards, const int32_t *frames, int32_t utterances) {
    bool seen[MAX_UTTERANCES] = {false};
    ck_assert_int_eq(shards->first[0], 0);
    ck_assert_int_eq(shards->first[shards->count], utterances);
    for (int32_t s = 0; s < shards->count; s++) {
        int64_t load = 0;
        for (int32_t i = shards->first[s]; i < shards->first[s + 1]; i++) {
            int32_t u = shards->utterance[i];
            ck_assert(!seen[u]);
            ck_assert(i == shards->first[s] || u > shards->utterance[i - 1]);
            seen[u] = true;
            load += frames[u];
        }
        ck_assert_int_eq(load, shards->load[s]);
    }
}

static void assert_turns(const oss_shards *shards) {
    int32_t filled = 0;
    for (int32_t s = 0; s < shards->count; s++) {
        filled += shards->load[s] > 0;
        if (s > 0) {
            int64_t before = shards->load[shards->turn[s - 1]], here = shards->load[shards->turn[s]];
            ck_assert(before > here || (before == here && shards->turn[s - 1] < shards->turn[s]));
        }
    }
    ck_assert_int_eq(shards->filled, filled);
}

START_TEST(test_partition) {
    static const int32_t counts[] = {1, 2, 3, 16, 31};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        oss_shards shards;
        ck_assert_int_eq(oss_shards_init(&shards, counts[c], MAX_UTTERANCES), OSS_OK);
        for (int32_t utterances = 1; utterances <= MAX_UTTERANCES; utterances += 23) {
            int32_t frames[MAX_UTTERANCES];
            draw_frames(frames, utterances, (uint64_t)utterances);
            oss_shards_assign(&shards, frames, utterances);
            assert_partition(&shards, frames, utterances);
            assert_turns(&shards);
        }
        oss_shards_deinit(&shards);
    }
}
END_TEST

START_TEST(test_balance) {
    oss_shards shards;
    int32_t frames[64];
    ck_assert_int_eq(oss_shards_init(&shards, 8, 64), OSS_OK);
    draw_frames(frames, 64, 9);
    oss_shards_assign(&shards, frames, 64);
    int64_t heaviest = shards.load[shards.turn[0]], lightest = shards.load[shards.turn[7]];
    ck_assert_int_le((heaviest - lightest) * 20, heaviest); /* within 5 % */
    oss_shards_deinit(&shards);
}
END_TEST

/* Worked by hand: 9 -> shard 0; 7 (place 1) -> 1; 7 (place 3) -> 2; 5 -> 1 (7 < 9, and before shard 2); 4 ->
 * 2; 2 -> 0 */
START_TEST(test_rule) {
    static const int32_t frames[] = {4, 7, 9, 7, 2, 5};
    static const int32_t wanted[] = {2, 1, 0, 2, 0, 1};
    oss_shards shards;
    ck_assert_int_eq(oss_shards_init(&shards, 3, 6), OSS_OK);
    oss_shards_assign(&shards, frames, 6);
    ck_assert_mem_eq(shards.home, wanted, sizeof wanted);
    ck_assert(shards.load[0] == 11 && shards.load[1] == 12 && shards.load[2] == 11);
    oss_shards_deinit(&shards);
}
END_TEST

/* Parts follow each other without a gap; each is full, or one utterance that is longer than a part. */
START_TEST(test_parts) {
    oss_shards shards;
    int32_t frames[MAX_UTTERANCES];
    ck_assert_int_eq(oss_shards_init(&shards, 5, MAX_UTTERANCES), OSS_OK);
    draw_frames(frames, MAX_UTTERANCES, 3);
    oss_shards_assign(&shards, frames, MAX_UTTERANCES);
    int32_t long_ones = 0;
    for (int32_t s = 0; s < shards.count; s++) {
        for (int32_t from = shards.first[s], end; from < shards.first[s + 1]; from = end) {
            end = oss_shards_part_end(&shards, frames, s, from);
            ck_assert(end > from && end <= shards.first[s + 1]);
            int64_t sum = 0;
            for (int32_t i = from; i < end; i++) {
                sum += frames[shards.utterance[i]];
            }
            long_ones += sum > OSS_SHARD_PART_FRAMES;
            ck_assert(sum <= OSS_SHARD_PART_FRAMES || end == from + 1);
            ck_assert(end == shards.first[s + 1] ||
                      sum + frames[shards.utterance[end]] > OSS_SHARD_PART_FRAMES);
        }
    }
    ck_assert_int_gt(long_ones, 0);
    oss_shards_deinit(&shards);
}
END_TEST

START_TEST(test_no_heap) {
    oss_shards shards;
    int32_t frames[MAX_UTTERANCES];
    ck_assert_int_eq(oss_shards_init(&shards, 16, MAX_UTTERANCES), OSS_OK);
    draw_frames(frames, MAX_UTTERANCES, 1);
    oss_faults_install();
    oss_shards_assign(&shards, frames, MAX_UTTERANCES);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    oss_faults_remove();
    oss_shards_deinit(&shards);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("shard");
    TCase *all = tcase_create("shard");
    tcase_add_test(all, test_partition);
    tcase_add_test(all, test_balance);
    tcase_add_test(all, test_rule);
    tcase_add_test(all, test_parts);
    tcase_add_test(all, test_no_heap);
    suite_add_tcase(suite, all);
    return suite;
}
