#include "kernel/resample.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/resample_table.h"

OSS_CPU_DECLARE_TABLES(oss_resample_table, resample);
static const oss_resample_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(resample);

void oss_k_resample(float *y, const float *x, size_t n, uint64_t position, uint64_t step, const float *h,
                    int32_t taps) {
    OSS_CONTRACT(taps > 0 && taps % OSS_RESAMPLE_TAPS_STEP == 0);
    OSS_CONTRACT(n == 0 || (y != NULL && x != NULL && h != NULL));
    OSS_CONTRACT(y != x || n == 0);
    tables[oss_cpu_isa()]->resample(y, x, n, position, step, h, taps);
}
