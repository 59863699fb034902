#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "support/suite.h"

/* Known answers of the Random123 distribution (tests/kat_vectors, "philox4x32 10"): zeros, ones, digits of
 * pi. */
START_TEST(test_philox_known_answers) {
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } row[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint32_t got[4];
        oss_rng_philox(got, row[i].key, row[i].counter);
        ck_assert_mem_eq(got, row[i].want, sizeof got);
    }
}
END_TEST

/* seed = key, low word first; a, b and stream = counter. */
START_TEST(test_place_is_the_counter) {
    const uint32_t key[2] = {0x89abcdef, 0x01234567};
    const uint32_t counter[4] = {0x76543210, 0xfedcba98, 0x1111, OSS_RNG_TEST};
    uint32_t word[4];
    oss_rng_philox(word, key, counter);
    uint64_t got = oss_rng_u64(0x0123456789abcdefULL, OSS_RNG_TEST, 0xfedcba9876543210ULL, 0x1111);
    ck_assert(got == (word[0] | (uint64_t)word[1] << 32));
    double uniform = oss_rng_uniform(0x0123456789abcdefULL, OSS_RNG_TEST, 0xfedcba9876543210ULL, 0x1111);
    ck_assert(uniform == (double)(got >> 11) / 9007199254740992.0);
}
END_TEST

START_TEST(test_order_does_not_matter) {
    enum { COUNT = 500 };
    uint64_t rising[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        rising[i] = oss_rng_u64(42, OSS_RNG_TEST, i / 10, i % 10);
    }
    int different = 0;
    for (uint32_t i = COUNT; i-- > 0;) {
        different += rising[i] != oss_rng_u64(42, OSS_RNG_TEST, i / 10, i % 10);
    }
    ck_assert_int_eq(different, 0);
    for (uint32_t i = 1; i < COUNT; i++) {
        different += rising[i] == rising[0];
    }
    ck_assert_int_eq(different, 0);
}
END_TEST

START_TEST(test_every_coordinate_counts) {
    uint64_t here = oss_rng_u64(1, 2, 3, 4);
    ck_assert(here != oss_rng_u64(2, 2, 3, 4));
    ck_assert(here != oss_rng_u64(1ULL << 32 | 1, 2, 3, 4));
    ck_assert(here != oss_rng_u64(1, 3, 3, 4));
    ck_assert(here != oss_rng_u64(1, 2, 4, 4));
    ck_assert(here != oss_rng_u64(1, 2, 1ULL << 32 | 3, 4));
    ck_assert(here != oss_rng_u64(1, 2, 3, 5));
}
END_TEST

/* Moments and range of the draws; the bounds are five standard deviations of the estimates. */
START_TEST(test_uniform_and_normal) {
    enum { COUNT = 100000 };
    double sum = 0.0, square = 0.0, third = 0.0, uniform_sum = 0.0, low = 1.0, high = 0.0;
    for (uint32_t i = 0; i < COUNT; i++) {
        double normal = oss_rng_normal(7, OSS_RNG_TEST, 0, i);
        double uniform = oss_rng_uniform(7, OSS_RNG_TEST, 1, i);
        sum += normal;
        square += normal * normal;
        third += normal * normal * normal;
        uniform_sum += uniform;
        low = fmin(low, uniform);
        high = fmax(high, uniform);
    }
    double root = sqrt((double)COUNT);
    ck_assert_double_le(fabs(sum / (double)COUNT), 5.0 / root);
    ck_assert_double_le(fabs(square / (double)COUNT - 1.0), 5.0 * sqrt(2.0) / root);
    ck_assert_double_le(fabs(third / (double)COUNT), 5.0 * sqrt(15.0) / root);
    ck_assert_double_le(fabs(uniform_sum / (double)COUNT - 0.5), 5.0 * sqrt(1.0 / 12.0) / root);
    ck_assert(low >= 0.0 && low < 1e-3 && high < 1.0 && high > 1.0 - 1e-3);
}
END_TEST

/* Each item in each place about equally often. */
START_TEST(test_shuffle) {
    enum { ITEMS = 5, ROUNDS = 20000 };
    int seen[ITEMS][ITEMS] = {{0}};
    for (uint64_t round = 0; round < ROUNDS; round++) {
        int32_t item[ITEMS] = {0, 1, 2, 3, 4};
        oss_rng_shuffle(item, ITEMS, 3, OSS_RNG_SHUFFLE, round);
        int sum = 0;
        for (int place = 0; place < ITEMS; place++) {
            seen[item[place]][place]++;
            sum |= 1 << item[place];
        }
        ck_assert_int_eq(sum, 31);
    }
    double expected = (double)ROUNDS / (double)ITEMS;
    for (int i = 0; i < ITEMS * ITEMS; i++) {
        ck_assert_double_le(fabs(seen[i / ITEMS][i % ITEMS] - expected), 5.0 * sqrt(expected));
    }
    int32_t first[100], again[100], other[100];
    for (int32_t i = 0; i < 100; i++) {
        first[i] = again[i] = other[i] = i;
    }
    oss_rng_shuffle(first, 100, 3, OSS_RNG_SHUFFLE, 0);
    oss_rng_shuffle(again, 100, 3, OSS_RNG_SHUFFLE, 0);
    oss_rng_shuffle(other, 100, 3, OSS_RNG_SHUFFLE, 1);
    ck_assert_mem_eq(first, again, sizeof first);
    ck_assert(memcmp(first, other, sizeof first) != 0);
    oss_rng_shuffle(first, 1, 3, OSS_RNG_SHUFFLE, 0);
    oss_rng_shuffle(NULL, 0, 3, OSS_RNG_SHUFFLE, 0);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/rng");
    TCase *rng = tcase_create("rng");
    tcase_add_test(rng, test_philox_known_answers);
    tcase_add_test(rng, test_place_is_the_counter);
    tcase_add_test(rng, test_order_does_not_matter);
    tcase_add_test(rng, test_every_coordinate_counts);
    tcase_add_test(rng, test_uniform_and_normal);
    tcase_add_test(rng, test_shuffle);
    suite_add_tcase(suite, rng);
    return suite;
}
