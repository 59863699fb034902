/* LANES blocks of Philox make 2 LANES values; the layout in chunks of 32 (noise.h) needs no shuffling and is
 * the same for every width. */
#include <string.h>

#include "kernel/lanes.h"
#include "kernel/lanes_philox.h"
#include "kernel/noise_table.h"

enum { CHUNK_BLOCKS = 16, CHUNK = 2 * CHUNK_BLOCKS };

/* The four halves of two words, summed (exact), centred and scaled to variance 1: a sum of four uniform draws
 * from 0..65535 has mean 131070 and variance (2^32 - 1) / 3. */
LANES_INLINE lanes_f make_values(lanes_u a, lanes_u b) {
    const float scale = 2.6428998e-05f; /* sqrt(3 / (2^32 - 1)) */
    lanes_u sum = (a & 0xffffU) + (a >> 16) + (b & 0xffffU) + (b >> 16);
    return lanes_to_float((lanes_i)sum - 131070) * scale;
}

LANES_INLINE void make_chunk(float *y, uint32_t first_block, const uint32_t key[2],
                             const uint32_t counter[4]) {
    lanes_u lane;
    for (uint32_t l = 0; l < LANES; l++) {
        lane[l] = l;
    }
    for (uint32_t done = 0; done < CHUNK_BLOCKS; done += LANES) {
        lanes_u x[4] = {lane + (first_block + done), counter[1] + (lanes_u){0}, counter[2] + (lanes_u){0},
                        counter[3] + (lanes_u){0}};
        lanes_philox(x, key);
        lanes_store(y + done, make_values(x[0], x[1]));
        lanes_store(y + done + CHUNK_BLOCKS, make_values(x[2], x[3]));
    }
}

static void white_noise(float *y, size_t n, const uint32_t key[2], const uint32_t counter[4]) {
    uint32_t block = counter[0];
    size_t i = 0;
    for (; i + CHUNK <= n; i += CHUNK) {
        make_chunk(y + i, block, key, counter);
        block += CHUNK_BLOCKS;
    }
    if (i < n) {
        float last[CHUNK];
        make_chunk(last, block, key, counter);
        memcpy(y + i, last, (n - i) * sizeof *y);
    }
}

const oss_noise_table OSS_LANES_TABLE(noise) = {.white_noise = white_noise};
