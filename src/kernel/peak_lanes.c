#include "kernel/lanes.h"
#include "kernel/peak_table.h"

#if defined(__aarch64__)
/* Some cores do four a cycle, and there are 32 registers. */
enum { CHAINS = 20 };
#else
/* Two multiply-adds a cycle of 4 to 5 cycles latency need 8 to 10, and 12 accumulators with factor and term
 * fit the 16 registers of SSE2 and AVX2. */
enum { CHAINS = 12 };
#endif

/* No chain grows or meets a denormal. NEON's sum replaces the addend (x86's may replace a factor), so a term
 * that is kept would cost a copy each time: there the addend is the chain itself, and the product too small
 * to change it. */
LANES_INLINE lanes_f multiply_add(lanes_f acc) {
#if defined(__aarch64__)
    return lanes_fma(acc, lanes_set(0x1p-30F), acc);
#else
    return lanes_fma(acc, lanes_set(0.999F), lanes_set(1e-3F));
#endif
}

static double run(int64_t rounds, float *out) {
    lanes_f acc[CHAINS];
    LANES_UNROLL
    for (int c = 0; c < CHAINS; c++) {
        acc[c] = lanes_set((float)c);
    }
    for (int64_t r = 0; r < rounds; r++) {
        LANES_UNROLL
        for (int c = 0; c < CHAINS; c++) {
            acc[c] = multiply_add(acc[c]);
            LANES_KEEP(acc[c]);
        }
    }
    lanes_f sum = acc[0];
    LANES_UNROLL
    for (int c = 1; c < CHAINS; c++) {
        sum += acc[c];
    }
    *out = lanes_sum(sum);
    return 2.0 * (double)(CHAINS * LANES) * (double)rounds;
}

const oss_peak_table OSS_LANES_TABLE(peak) = {.run = run};
