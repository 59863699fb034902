#include "support/sha256.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 64, ROUNDS = 64 };

static uint32_t rotate(uint32_t x, int bits) {
    return x >> bits | x << (32 - bits);
}

static uint32_t read_word(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int next_prime(int after) {
    for (int candidate = after + 1;; candidate++) {
        int divisor = 2;
        while (divisor * divisor <= candidate && candidate % divisor != 0) {
            divisor++;
        }
        if (divisor * divisor > candidate) {
            return candidate;
        }
    }
}

/* The first 32 bits of the fraction of a root: exact, since a double holds 53 bits and no root is within
 * 2^-40 of a change. */
static uint32_t fraction_bits(double root) {
    return (uint32_t)((root - floor(root)) * 0x1p32);
}

/* Constants: fractions of the square roots of the first 8 primes, of the cube roots of the first 64. */
static void make_constants(uint32_t hash[8], uint32_t k[ROUNDS]) {
    for (int i = 0, prime = 1; i < ROUNDS; i++) {
        prime = next_prime(prime);
        k[i] = fraction_bits(cbrt(prime));
        if (i < 8) {
            hash[i] = fraction_bits(sqrt(prime));
        }
    }
}

static void add_block(uint32_t hash[8], const uint32_t k[ROUNDS], const unsigned char block[BLOCK_BYTES]) {
    uint32_t w[ROUNDS];
    for (int t = 0; t < 16; t++) {
        w[t] = read_word(block + 4 * t);
    }
    for (int t = 16; t < ROUNDS; t++) {
        uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    uint32_t v[8];
    memcpy(v, hash, sizeof v);
    for (int t = 0; t < ROUNDS; t++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + choice + k[t] + w[t];
        uint32_t t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + majority;
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) {
        hash[i] += v[i];
    }
}

void oss_sha256(char out[65], const void *bytes, size_t count) {
    uint32_t hash[8], k[ROUNDS];
    make_constants(hash, k);
    size_t whole = count / BLOCK_BYTES * BLOCK_BYTES;
    for (size_t at = 0; at < whole; at += BLOCK_BYTES) {
        add_block(hash, k, (const unsigned char *)bytes + at);
    }
    unsigned char tail[2 * BLOCK_BYTES] = {0};
    size_t rest = count - whole;
    if (rest > 0) {
        memcpy(tail, (const unsigned char *)bytes + whole, rest);
    }
    tail[rest] = 0x80;
    size_t tail_bytes = rest < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    for (size_t i = 0; i < 8; i++) {
        tail[tail_bytes - 1 - i] = (unsigned char)((uint64_t)count * 8 >> (8 * i));
    }
    for (size_t at = 0; at < tail_bytes; at += BLOCK_BYTES) {
        add_block(hash, k, tail + at);
    }
    for (int i = 0; i < 8; i++) {
        snprintf(out + 8 * i, 9, "%08x", (unsigned)hash[i]);
    }
}
