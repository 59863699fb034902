/* The processor's own limit, which speeds are measured against. */
#ifndef OSS_KERNEL_PEAK_H
#define OSS_KERNEL_PEAK_H

#include <stdint.h>

/* Runs `rounds` rounds of independent multiply-adds that touch no memory, in the instruction set in use, with
 * as many chains as hide their latency: the most arithmetic that a core can do. Returns the operations done
 * (a multiply-add is 2). *out takes their sum, so that no compiler leaves them out. */
double oss_k_peak_run(int64_t rounds, float *out);

#endif
