#include "kernel/steady.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/steady_table.h"

OSS_CPU_DECLARE_TABLES(oss_steady_table, steady);
static const oss_steady_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(steady);

void oss_k_steady_rmsnorm(float *y, const float *x, const float *w, int32_t rows, int32_t c, float eps) {
    OSS_CONTRACT(rows >= 0 && c > 0 && eps > 0.0F);
    OSS_CONTRACT(w != NULL && (rows == 0 || (y != NULL && x != NULL)));
    OSS_CONTRACT(oss_is_same_or_apart(y, x, (size_t)rows * (size_t)c));
    tables[oss_cpu_isa()]->rmsnorm(y, x, w, rows, c, eps);
}

void oss_k_steady_rope(float *qkv, const float *table, int32_t s, int32_t heads, int32_t d) {
    OSS_CONTRACT(s >= 0 && heads > 0 && d > 0 && d % 2 == 0);
    OSS_CONTRACT(s == 0 || (qkv != NULL && table != NULL));
    const oss_steady_table *lanes = tables[oss_cpu_isa()];
    const int32_t half = d / 2;
    for (int32_t t = 0; t < s; t++) {
        const float *row = table + (int64_t)t * d;
        float *head = qkv + (int64_t)t * 3 * heads * d;
        for (int32_t h = 0; h < 2 * heads;
             h++, head += d) { /* the heads of q, then those of k, which follow */
            lanes->rotate(head, head + half, row, row + half, half);
        }
    }
}
