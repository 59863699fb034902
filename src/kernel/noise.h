/* White noise from the counter-based generator. */
#ifndef OSS_KERNEL_NOISE_H
#define OSS_KERNEL_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* y[n]: independent values of mean 0 and variance 1, each the centred sum of four 16-bit uniform draws
 * (Irwin-Hall: a bell within +-3.46). The same bits on every ISA. Draws come from Philox4x32-10 (base/rng.h):
 * key = seed; counter = (block, key, 0, stream); value i = 32 c + j takes words 0 and 1 of block 16 c + j
 * when j < 16, else words 2 and 3 of block 16 c + j - 16. */
void oss_k_white_noise(float *y, size_t n, uint64_t seed, uint32_t stream, uint32_t key);

#endif
