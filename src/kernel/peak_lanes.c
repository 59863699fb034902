#include "kernel/lanes.h"
#include "kernel/peak_table.h"

/* 12 chains: two multiply-adds a cycle of 4 to 5 cycles latency need 8 to 10, and 12 accumulators with factor
 * and term fit the 16 registers of SSE2 and AVX2. */
enum { CHAINS = 12 };

static double run(int64_t rounds, float *out) {
    lanes_f acc[CHAINS], factor = lanes_set(0.999F), term = lanes_set(1e-3F);
    LANES_UNROLL
    for (int c = 0; c < CHAINS; c++) {
        acc[c] = lanes_set((float)c);
    }
    for (int64_t r = 0; r < rounds; r++) {
        LANES_UNROLL
        for (int c = 0; c < CHAINS; c++) {
            acc[c] = acc[c] * factor + term;
            LANES_KEEP(acc[c]);
        }
    }
    lanes_f sum = acc[0];
    LANES_UNROLL
    for (int c = 1; c < CHAINS; c++) {
        sum += acc[c];
    }
    *out = lanes_sum(sum);
    return 2.0 * CHAINS * LANES * (double)rounds;
}

const oss_peak_table OSS_LANES_TABLE(peak) = {.run = run};
