#include "base/rng.h"

#include <math.h>

enum { PHILOX_ROUNDS = 10 };

static const double TWO_PI = 6.283185307179586476925286766559;

/* One round (section 2.2 of the paper): the two products' halves cross over and are mixed with the key. */
static void mix_round(uint32_t x[4], uint32_t key0, uint32_t key1) {
    uint64_t product0 = (uint64_t)0xD2511F53u * x[0];
    uint64_t product1 = (uint64_t)0xCD9E8D57u * x[2];
    uint32_t x1 = x[1];
    uint32_t x3 = x[3];
    x[0] = (uint32_t)(product1 >> 32) ^ x1 ^ key0;
    x[1] = (uint32_t)product1;
    x[2] = (uint32_t)(product0 >> 32) ^ x3 ^ key1;
    x[3] = (uint32_t)product0;
}

void oss_rng_philox(uint32_t out[4], const uint32_t key[2], const uint32_t counter[4]) {
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t key0 = key[0];
    uint32_t key1 = key[1];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        mix_round(x, key0, key1);
        key0 += 0x9E3779B9u; /* golden ratio */
        key1 += 0xBB67AE85u; /* sqrt(3) - 1 */
    }
    for (int word = 0; word < 4; word++) {
        out[word] = x[word];
    }
}

/* 128 random bits: the seed is the key, the place is the counter, so no two places share a block. */
static void draw_block(uint64_t out[2], uint64_t seed, uint32_t stream, uint64_t a, uint32_t b) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)a, (uint32_t)(a >> 32), b, stream};
    uint32_t word[4];
    oss_rng_philox(word, key, counter);
    out[0] = word[0] | (uint64_t)word[1] << 32;
    out[1] = word[2] | (uint64_t)word[3] << 32;
}

static double to_unit(uint64_t bits) {
    return (double)(bits >> 11) * 0x1p-53;
}

uint64_t oss_rng_u64(uint64_t seed, uint32_t stream, uint64_t a, uint32_t b) {
    uint64_t bits[2];
    draw_block(bits, seed, stream, a, b);
    return bits[0];
}

double oss_rng_uniform(uint64_t seed, uint32_t stream, uint64_t a, uint32_t b) {
    return to_unit(oss_rng_u64(seed, stream, a, b));
}

double oss_rng_normal(uint64_t seed, uint32_t stream, uint64_t a, uint32_t b) {
    uint64_t bits[2];
    draw_block(bits, seed, stream, a, b);
    double radius =
        sqrt(-2.0 * log(1.0 - to_unit(bits[0]))); /* 1 - u is in (0, 1]: the logarithm is finite */
    return radius * cos(TWO_PI * to_unit(bits[1]));
}

void oss_rng_shuffle(int32_t *item, int32_t count, uint64_t seed, uint32_t stream, uint64_t a) {
    for (int32_t last = count - 1; last > 0; last--) {
        /* The remainder favours small numbers by less than count/2^64. */
        uint64_t pick = oss_rng_u64(seed, stream, a, (uint32_t)last) % ((uint64_t)last + 1);
        int32_t swapped = item[pick];
        item[pick] = item[last];
        item[last] = swapped;
    }
}
